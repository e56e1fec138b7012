# Measurements: each bench/NAME.c is the program bench_NAME, over the public header alone; each bench/runner/engine_NAME.c makes, with what
# all engines share, the program bench_run_NAME.

if(NOT UNIX OR CMAKE_CROSSCOMPILING)
  return() # they start processes and open shared libraries, and measure this machine
endif()

file(GLOB bench_sources CONFIGURE_DEPENDS bench/*.c)
foreach(source IN LISTS bench_sources)
  get_filename_component(name ${source} NAME_WE)
  add_executable(bench_${name} ${source})
  sdx_target(bench_${name})
  target_link_libraries(bench_${name} PRIVATE sardonyx::sardonyx)
endforeach()

add_custom_target(bench_runners)
add_dependencies(bench_runners bench_calibrate bench_spawn bench_rebind bench_cancel)
file(GLOB engines CONFIGURE_DEPENDS bench/runner/engine_*.c)
foreach(source IN LISTS engines)
  get_filename_component(name ${source} NAME_WE)
  string(REPLACE "engine_" "bench_run_" name ${name})
  add_executable(${name} bench/runner/main.c bench/runner/tensors.c ${source})
  sdx_target(${name})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${CMAKE_DL_LIBS})
  add_dependencies(bench_runners ${name})
endforeach()

# The shared library as a system has it, where it is built: the peers come as shared libraries too.
if(TARGET sardonyx_shared)
  target_link_libraries(bench_run_sardonyx PRIVATE sardonyx_shared)
else()
  target_link_libraries(bench_run_sardonyx PRIVATE sardonyx_static)
endif()

add_test(NAME bench_runner COMMAND ${PROJECT_SOURCE_DIR}/tests/bench/runner.sh $<TARGET_FILE_DIR:bench_run_sardonyx>
  ${PROJECT_SOURCE_DIR}/models/digits/digits.onnx image)
find_program(SDX_PYTHON python3)
mark_as_advanced(SDX_PYTHON)
if(SDX_PYTHON)
  add_test(NAME bench_driver COMMAND ${SDX_PYTHON} ${PROJECT_SOURCE_DIR}/tests/bench/test_driver.py)
  set_tests_properties(bench_driver PROPERTIES LABELS unit TIMEOUT 60)
endif()
set_tests_properties(bench_runner PROPERTIES LABELS unit TIMEOUT 60)
