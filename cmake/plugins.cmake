# Plugins: shared libraries that see include/sardonyx/ep.h and link to nothing of ours. Each folder of plugins/ is one:
# plugins/null becomes lib/sardonyx_null.so.

add_library(sardonyx_null MODULE plugins/null/null.c plugins/null/memory.c plugins/null/stream.c plugins/null/group.c)
sdx_target(sardonyx_null)
target_include_directories(sardonyx_null PRIVATE include .)
target_link_libraries(sardonyx_null PRIVATE ${sdx_pthreads})
target_link_options(sardonyx_null PRIVATE ${sdx_sanitizers})
set_target_properties(sardonyx_null PROPERTIES PREFIX "" C_VISIBILITY_PRESET hidden)
