/* The runtime: what an application decides once. */
#include "exec/model.h"

void sdx_runtime_options_init(sdx_runtime_options *options) {
    *options = (sdx_runtime_options){.struct_size = sizeof *options, .log_level = SDX_LOG_INFO};
}

sdx_status sdx_runtime_create(const sdx_runtime_options *options, sdx_runtime **out) {
    if (out == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "runtime: found NULL for 'out', expected a place for the handle");
    if (options != NULL && options->struct_size != sizeof *options) {
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "runtime: found options of %zu bytes, expected %zu; call "
                        "sdx_runtime_options_init first",
                        options->struct_size, sizeof *options);
    }
    const sdx_allocator *const allocator = options != NULL ? options->allocator : NULL;
    sdx_heap base;
    sdx_heap_init(&base, allocator, 0, "runtime");
    sdx_runtime *runtime;
    SDX_TRY(SDX_NEW(&base, &runtime));
    sdx_refs_init(&runtime->refs);
    runtime->has_allocator = allocator != NULL;
    if (allocator != NULL) runtime->allocator = *allocator;
    if (options != NULL)
        runtime->logger = (sdx_logger){
            .write = options->log, .user = options->log_user, .level = options->log_level};
    *out = runtime;
    return NULL;
}

void sdx_runtime_release(sdx_runtime *runtime) {
    if (runtime == NULL || !sdx_refs_release(&runtime->refs)) return;
    sdx_heap base;
    const sdx_allocator allocator = runtime->allocator;
    sdx_heap_init(&base, runtime->has_allocator ? &allocator : NULL, 0, "runtime");
    sdx_heap_free(&base, runtime, sizeof *runtime);
}
