# The command. It sees the public headers only and carries the library with it; libpng and libjpeg are opened at run time, when a picture is read.

file(GLOB sdx_command_sources CONFIGURE_DEPENDS cli/*.c)
if(sdx_command_sources AND TARGET sardonyx_static)
  add_executable(sardonyx ${sdx_command_sources})
  sdx_target(sardonyx)
  target_include_directories(sardonyx PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(sardonyx PRIVATE sardonyx_static ${CMAKE_DL_LIBS})
endif()
