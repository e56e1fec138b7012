# The library. Sources are compiled once, with hidden visibility and position-independent, and put into
#
#   sardonyx_static   libsardonyx.a
#   sardonyx_shared   libsardonyx.so or a DLL, which exports what sardonyx.h marks SDX_API and nothing else
#   sardonyx_core     libsardonyx.a with the headers of src/, for tests and fuzzers of this tree
#   sardonyx::sardonyx  what a consumer links: the shared one where BUILD_SHARED_LIBS asks for it, else the static one

file(GLOB sdx_sources CONFIGURE_DEPENDS
  src/base/*.c src/wire/*.c src/kernels/host_*.c src/tensor/*.c src/graph/*.c src/ops/*.c src/ops/*/*.c src/onnx/*.c
  src/opt/*.c src/ep/*.c src/cpu/*.c src/plan/*.c src/exec/*.c src/api/*.c)
if(WIN32) # os_*.c: one for each kind of system
  list(FILTER sdx_sources EXCLUDE REGEX "/os_posix[^/]*$")
else()
  list(FILTER sdx_sources EXCLUDE REGEX "/os_windows[^/]*$")
endif()
if(NOT sdx_sources)
  message(STATUS "sardonyx: no sources in src/, nothing to build")
  return()
endif()

if(WIN32)
  set(sdx_link_libraries synchronization)
else()
  find_library(SDX_LIBM m)
  mark_as_advanced(SDX_LIBM)
  set(sdx_link_libraries Threads::Threads ${CMAKE_DL_LIBS})
  if(SDX_LIBM)
    list(APPEND sdx_link_libraries m)
  endif()
endif()

# These families are loops of many element types, from templates: the compiler makes vectors of them at -O3.
file(GLOB sdx_loops CONFIGURE_DEPENDS src/ops/elementwise/*.c src/ops/cast/*.c
     src/ops/reduce/*.c src/ops/quant/*.c src/ops/attention/*.c)
set_source_files_properties(${sdx_loops} PROPERTIES COMPILE_OPTIONS "$<$<CONFIG:Release>:-O3>")

add_library(sdx_objects OBJECT ${sdx_sources})
sdx_target(sdx_objects)
target_include_directories(sdx_objects PRIVATE src include)

function(sdx_library target kind)
  add_library(${target} ${kind} $<TARGET_OBJECTS:sdx_objects> ${sdx_kernel_objects})
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_options(${target} PUBLIC $<BUILD_INTERFACE:${sdx_sanitizers}>)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME sardonyx LINKER_LANGUAGE C)
endfunction()

sdx_library(sardonyx_static STATIC)
target_link_libraries(sardonyx_static PUBLIC ${sdx_link_libraries})

add_library(sardonyx_core INTERFACE)
target_link_libraries(sardonyx_core INTERFACE sardonyx_static)
target_include_directories(sardonyx_core INTERFACE ${PROJECT_SOURCE_DIR}/src)

if(SDX_SHARED)
  sdx_library(sardonyx_shared SHARED)
  target_link_libraries(sardonyx_shared PRIVATE ${sdx_link_libraries})
  if(WIN32) # exports by a list of names, so that objects need no mark that the static library would carry into its users
    file(GLOB sdx_headers CONFIGURE_DEPENDS include/sardonyx/*.h)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${sdx_headers})
    set(sdx_exports EXPORTS)
    foreach(header IN LISTS sdx_headers)
      file(READ ${header} text)
      string(REGEX MATCHALL "SDX_API [^\n(;]*sdx_[a-z0-9_]+\\(" declared "${text}")
      list(TRANSFORM declared REPLACE ".*(sdx_[a-z0-9_]+)\\($" "\\1")
      list(APPEND sdx_exports ${declared})
    endforeach()
    list(JOIN sdx_exports "\n" text)
    file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/sardonyx.def CONTENT "${text}\n")
    target_sources(sardonyx_shared PRIVATE ${PROJECT_BINARY_DIR}/sardonyx.def)
    target_link_options(sardonyx_shared PRIVATE $<$<BOOL:${MINGW}>:-static-libgcc>)
    set_target_properties(sardonyx_shared PROPERTIES RUNTIME_OUTPUT_NAME sardonyx-${PROJECT_VERSION_MAJOR})
  else()
    target_link_options(sardonyx_shared PRIVATE "-Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/sardonyx.map" -Wl,--no-undefined)
    set_target_properties(sardonyx_shared PROPERTIES
      VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR} LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/sardonyx.map)
  endif()
endif()

if(SDX_SHARED AND BUILD_SHARED_LIBS)
  add_library(sardonyx::sardonyx ALIAS sardonyx_shared)
else()
  add_library(sardonyx::sardonyx ALIAS sardonyx_static)
endif()

add_custom_target(libraries)
add_dependencies(libraries sardonyx_static)
if(SDX_SHARED)
  add_dependencies(libraries sardonyx_shared)
endif()
