/* The runtime: what an application decides once. */
#include "api/growing.h"
#include "exec/model.h"

static sdx_runtime_options standard(void) {
    return (sdx_runtime_options){.struct_size = sizeof(sdx_runtime_options),
                                 .log_level = SDX_LOG_INFO};
}

void sdx_runtime_options_defaults(sdx_runtime_options *options) {
    const sdx_runtime_options own = standard();
    sdx_growing_give(options, &own, sizeof own);
}

sdx_status sdx_runtime_create(const sdx_runtime_options *options, sdx_runtime **out) {
    if (out == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "runtime: found NULL for 'out', expected a place for the handle");
    sdx_runtime_options own = standard();
    if (options != NULL) SDX_TRY(sdx_growing_take("runtime", &own, sizeof own, options));
    const sdx_allocator *const allocator = own.allocator;
    sdx_heap base;
    sdx_heap_init(&base, allocator, 0, "runtime");
    sdx_runtime *runtime;
    SDX_TRY(SDX_NEW(&base, &runtime));
    sdx_refs_init(&runtime->refs);
    runtime->has_allocator = allocator != NULL;
    if (allocator != NULL) runtime->allocator = *allocator;
    runtime->logger = (sdx_logger){.write = own.log, .user = own.log_user, .level = own.log_level};
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
