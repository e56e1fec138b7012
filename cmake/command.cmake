# The command. It sees the public headers only and carries the library with it; libpng and libjpeg are opened at run time, when a picture
# is read. All but main.c is a library of its own, so that its parts can be tested.

file(GLOB sdx_command_sources CONFIGURE_DEPENDS cli/*.c)
list(FILTER sdx_command_sources EXCLUDE REGEX "/cli/main\\.c$")
if(WIN32) # as in library.cmake
  list(FILTER sdx_command_sources EXCLUDE REGEX "/os_posix[^/]*$")
else()
  list(FILTER sdx_command_sources EXCLUDE REGEX "/os_windows[^/]*$")
endif()
if(sdx_command_sources AND TARGET sardonyx_static)
  set(sdx_page ${PROJECT_BINARY_DIR}/profile_html.c)
  add_custom_command(OUTPUT ${sdx_page}
    COMMAND ${CMAKE_COMMAND} -DFROM=${PROJECT_SOURCE_DIR}/cli/profile.html -DTO=${sdx_page} -DNAME=profile_html
            -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS cli/profile.html cmake/embed.cmake COMMENT "Embedding profile.html")
  add_library(sdx_command_parts STATIC ${sdx_command_sources} ${sdx_page})
  sdx_target(sdx_command_parts)
  target_include_directories(sdx_command_parts PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(sdx_command_parts PUBLIC sardonyx_static ${CMAKE_DL_LIBS})
endif()
if(TARGET sdx_command_parts AND EXISTS ${PROJECT_SOURCE_DIR}/cli/main.c)
  add_executable(sardonyx cli/main.c)
  sdx_target(sardonyx)
  target_link_libraries(sardonyx PRIVATE sdx_command_parts)
endif()
