/* The runtime: what an application decides once, operators it brings. */
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
    sdx_heap_init(&runtime->heap, allocator, 0, "runtime");
    runtime->logger = (sdx_logger){.write = own.log, .user = own.log_user, .level = own.log_level};
    *out = runtime;
    return NULL;
}

void sdx_runtime_release(sdx_runtime *runtime) {
    if (runtime == NULL || !sdx_refs_release(&runtime->refs)) return;
    while (runtime->custom != NULL) {
        sdx_custom *const latest = runtime->custom;
        runtime->custom = (sdx_custom *)(uintptr_t)latest->set.next;
        sdx_custom_destroy(latest);
    }
    sdx_runtime_drop_providers(runtime);
    sdx_heap base;
    const sdx_allocator allocator = runtime->allocator;
    sdx_heap_init(&base, runtime->has_allocator ? &allocator : NULL, 0, "runtime");
    sdx_heap_free(&base, runtime, sizeof *runtime);
}

/* ---- custom operators */

/* Takes `loaded` on success alone. */
static sdx_status register_ops(sdx_runtime *runtime, const sdx_op_library *library,
                               sdx_library loaded) {
    sdx_custom *custom = NULL;
    if (library == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT, "found NULL, expected a table of operators");
    sdx_mutex_lock(&runtime->mutex);
    const sdx_op_set *const before = runtime->custom != NULL ? &runtime->custom->set : NULL;
    const sdx_status status =
        sdx_custom_create(library, before, &runtime->heap, &runtime->logger, &custom);
    if (status == NULL) {
        custom->library = loaded;
        runtime->custom = custom;
    }
    sdx_mutex_unlock(&runtime->mutex);
    return status;
}

static sdx_status check_runtime(const sdx_runtime *runtime) {
    if (runtime != NULL) return NULL;
    return sdx_fail(SDX_INVALID_ARGUMENT, "runtime: found NULL, expected a runtime");
}

sdx_status sdx_runtime_register_ops(sdx_runtime *runtime, const sdx_op_library *library) {
    SDX_TRY(check_runtime(runtime));
    return sdx_in(register_ops(runtime, library, (sdx_library){0}), "custom operators");
}

static sdx_status open_and_register(sdx_runtime *runtime, const char *path, sdx_library *library) {
    const sdx_op_library *(*open)(const sdx_op_host *host, uint32_t version);
    SDX_TRY(sdx_library_open(path, library));
    SDX_TRY(sdx_library_function(library, "sdx_op_library_open", &open));
    const sdx_op_library *const table = open(&sdx_custom_host, SDX_OP_VERSION);
    if (table == NULL)
        return sdx_fail(SDX_UNSUPPORTED, "sdx_op_library_open refused version %u of op.h",
                        SDX_OP_VERSION);
    return register_ops(runtime, table, *library);
}

sdx_status sdx_runtime_load_ops(sdx_runtime *runtime, const char *path) {
    SDX_TRY(check_runtime(runtime));
    if (path == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT, "custom operators: found NULL, expected a path");
    sdx_library library = {0};
    const sdx_status status = open_and_register(runtime, path, &library);
    if (status != NULL) sdx_library_close(&library);
    return sdx_in(status, "library '%s'", path);
}
