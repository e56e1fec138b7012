# Measurements: each bench/NAME.c is the program bench_NAME, over the public header alone.

file(GLOB bench_sources CONFIGURE_DEPENDS bench/*.c)
foreach(source IN LISTS bench_sources)
  get_filename_component(name ${source} NAME_WE)
  add_executable(bench_${name} ${source})
  sdx_target(bench_${name})
  target_link_libraries(bench_${name} PRIVATE sardonyx::sardonyx)
endforeach()
