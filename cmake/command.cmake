# The command. It sees the public headers only and carries the library with it; libpng, libturbojpeg and zlib are opened at run time, when a file
# needs them. All but main.c is an object library, so that tests can link it.

file(GLOB sdx_command_sources CONFIGURE_DEPENDS cli/*.c)
list(FILTER sdx_command_sources EXCLUDE REGEX "/cli/main\\.c$")
file(GLOB sdx_api_sources CONFIGURE_DEPENDS src/api/*.c)
if(sdx_command_sources AND sdx_api_sources AND TARGET sardonyx_static)
  add_library(sardonyx_cli OBJECT ${sdx_command_sources})
  sdx_target(sardonyx_cli)
  target_include_directories(sardonyx_cli PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(sardonyx_cli PUBLIC ${CMAKE_DL_LIBS} m)

  add_executable(sardonyx cli/main.c)
  sdx_target(sardonyx)
  target_link_libraries(sardonyx PRIVATE sardonyx_cli sardonyx_static)
endif()
