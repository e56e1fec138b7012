/* Loading: bytes, graph, rewrites, program. */
#include "exec/model.h"

#include <string.h>

#include "cpu/lower.h"
#include "exec/foreign.h"

static sdx_status copy_string(sdx_arena *arena, const char *text, const char **out) {
    sdx_str copy;
    *out = NULL;
    if (text == NULL) return NULL;
    SDX_TRY(sdx_arena_str(arena, sdx_str_from(text), &copy));
    *out = copy.ptr;
    return NULL;
}

static sdx_status folder_of(sdx_arena *arena, const char *path, const char **out) {
    sdx_str folder;
    SDX_TRY(sdx_arena_str(arena, sdx_file_folder(path), &folder));
    *out = folder.ptr;
    return NULL;
}

static sdx_status read_bytes(sdx_model *model, const char *path, const void *bytes, size_t size) {
    if (path == NULL) {
        model->bytes = bytes;
        model->size = size;
        if (model->options.load == SDX_LOAD_MAP || size == 0) return NULL;
        SDX_TRY(sdx_heap_alloc(&model->heap, size, &model->copy));
        memcpy(model->copy, bytes, size);
        model->bytes = model->copy;
        return NULL;
    }
    switch (model->options.load) { /* one case for each mode of the public enum */
    case SDX_LOAD_MAP: SDX_TRY(sdx_file_map(path, &model->file)); break;
    case SDX_LOAD_COPY: SDX_TRY(sdx_file_read(path, &model->heap, &model->file)); break;
    case SDX_LOAD_SNAPSHOT: SDX_TRY(sdx_file_snapshot(path, &model->file)); break;
    }
    model->bytes = model->file.data;
    model->size = model->file.size;
    return NULL;
}

/* A pack has the elements now: their pages of the file go back, and so does a copy that nobody else
 * reads. Whoever touches such pages again finds them as they were, since they are the file's. */
static void release_packed(void *owner, const sdx_view *view, bool last) {
    const sdx_variant *const variant = owner;
    const size_t size = sdx_view_bytes(view);
    sdx_file_release_pages(variant->file, view->data, size);
    for (size_t i = 0; i < variant->onnx.n_files; i++) {
        sdx_file_release_pages(&variant->onnx.files[i], view->data, size);
    }
    if (last) sdx_copies_drop(&variant->onnx.ir->copies, view->data);
}

/* What loading looked at is not needed soon. */
static void release_files(const sdx_model *model, const sdx_variant *variant) {
    sdx_file_release_pages(&model->file, model->file.data, model->file.size);
    for (size_t i = 0; i < variant->onnx.n_files; i++) {
        const sdx_file *const file = &variant->onnx.files[i];
        sdx_file_release_pages(file, file->data, file->size);
    }
}

static sdx_status import_graph(sdx_model *model, sdx_variant *variant, sdx_variant_kind kind) {
    const sdx_model_options *const options = &model->options;
    const sdx_onnx_options import = {.folder = options->folder,
                                     .read = options->read,
                                     .read_user = options->read_user,
                                     .allow_missing = options->allow_missing,
                                     .overridable = kind == SDX_VARIANT_OVERRIDABLE,
                                     .custom = model->custom,
                                     .logger = &model->runtime->logger};
    SDX_TRY(sdx_onnx_import(model->bytes, model->size, &import, &variant->arena, &variant->onnx));
    const sdx_opt_options opt = {.arena = &variant->arena,
                                 .heap = &model->heap,
                                 .kernels = sdx_kernels(options->numerics),
                                 .disabled = options->disabled_rules,
                                 .custom = model->custom,
                                 .logger = &model->runtime->logger};
    SDX_TRY(sdx_check_rule_names(opt.disabled));
    if (options->optimize && variant->onnx.n_missing == 0) {
        SDX_TRY(sdx_opt_run(variant->onnx.ir, &opt));
        /* providers claim nodes of ONNX: what the CPU keeps beside them is not lowered */
        if (kind != SDX_VARIANT_VIEW && model->n_targets == 0)
            SDX_TRY(sdx_cpu_lower(variant->onnx.ir, &opt));
    }
    if (kind == SDX_VARIANT_VIEW) SDX_TRY(sdx_ir_tidy(variant->onnx.ir));
    return variant->onnx.n_missing == 0 ? sdx_ir_sweep(variant->onnx.ir) : NULL;
}

static sdx_status build_program(sdx_model *model, sdx_variant *variant) {
    sdx_arena *const arena = &variant->arena;
    const sdx_graph *const graph = variant->onnx.ir->main;
    SDX_TRY(
        sdx_program_build(graph, NULL, &variant->packer, arena, &model->heap, &variant->program));
    if (SDX_LIKELY(model->n_targets == 0)) return NULL;
    variant->partition = (sdx_partition){.targets = model->targets,
                                         .n_targets = model->n_targets,
                                         .ops = &sdx_exec_foreign_ops,
                                         .arena = arena,
                                         .heap = &model->heap,
                                         .logger = &model->runtime->logger};
    SDX_TRY(
        sdx_partition_make(&variant->partition, variant->program, model->options.require_provider));
    return sdx_program_build(graph, &variant->partition, &variant->packer, arena, &model->heap,
                             &variant->program);
}

static sdx_status make_variant(sdx_model *model, sdx_variant *variant, sdx_variant_kind kind) {
    sdx_arena_init(&variant->arena, &model->heap);
    sdx_packer_init(&variant->packer, sdx_kernels(model->options.numerics), &variant->arena,
                    &model->heap);
    variant->packer.packed = release_packed;
    variant->packer.owner = variant;
    variant->file = &model->file;
    SDX_TRY(import_graph(model, variant, kind));
    variant->graph_bytes = variant->arena.used - variant->onnx.ir->copies.in_arena;
    /* what has missing operators is to be described only */
    if (kind != SDX_VARIANT_VIEW && variant->onnx.n_missing == 0) {
        SDX_TRY(build_program(model, variant));
        SDX_TRY(sdx_program_prepare(variant->program, &variant->packer, &variant->arena));
    }
    release_files(model, variant);
    variant->made = true;
    return NULL;
}

static void free_variant(sdx_variant *variant) {
    if (variant->arena.heap == NULL) return;
    sdx_program_release(variant->program);
    sdx_partition_end(&variant->partition);
    sdx_packer_deinit(&variant->packer);
    sdx_onnx_close(&variant->onnx);
    sdx_arena_deinit(&variant->arena);
    *variant = (sdx_variant){0};
}

static sdx_status load(sdx_model *model, const char *path, const void *bytes, size_t size) {
    sdx_model_options *const options = &model->options;
    SDX_TRY(copy_string(&model->strings, options->disabled_rules, &options->disabled_rules));
    if (options->folder != NULL || path == NULL) {
        SDX_TRY(copy_string(&model->strings, options->folder, &options->folder));
    } else {
        SDX_TRY(folder_of(&model->strings, path, &options->folder));
    }
    SDX_TRY(sdx_model_choose_targets(model));
    SDX_TRY(read_bytes(model, path, bytes, size));
    return make_variant(model, &model->fixed,
                        options->graph_only ? SDX_VARIANT_VIEW : SDX_VARIANT_FIXED);
}

const sdx_op_set *sdx_runtime_operators(sdx_runtime *runtime) {
    sdx_mutex_lock(&runtime->mutex);
    const sdx_custom *const latest = runtime->custom;
    sdx_mutex_unlock(&runtime->mutex);
    return latest != NULL ? &latest->set : NULL;
}

sdx_status sdx_model_make(sdx_runtime *runtime, const char *path, const void *bytes, size_t size,
                          const sdx_model_options *options, sdx_model **out) {
    sdx_model *model;
    sdx_heap base;
    const sdx_allocator *const allocator = runtime->has_allocator ? &runtime->allocator : NULL;
    sdx_heap_init(&base, allocator, 0, "model");
    SDX_TRY(SDX_NEW(&base, &model));
    sdx_heap_init(&model->heap, allocator, options->memory_limit, "model");
    sdx_refs_init(&model->refs);
    sdx_refs_retain(&runtime->refs);
    model->runtime = runtime;
    model->custom = sdx_runtime_operators(runtime);
    model->options = *options;
    sdx_arena_init(&model->strings, &model->heap);
    sdx_map_init(&model->symbols, &model->heap);
    const sdx_status status = load(model, path, bytes, size);
    if (status != NULL) {
        sdx_model_free(model);
        return sdx_in(status, "model '%s'", path != NULL ? path : "(memory)");
    }
    *out = model;
    return NULL;
}

void sdx_model_free(sdx_model *model) {
    sdx_runtime *const runtime = model->runtime;
    free_variant(&model->fixed);
    free_variant(&model->overridable);
    free_variant(&model->view);
    sdx_model_drop_targets(model);
    sdx_map_deinit(&model->symbols);
    sdx_arena_deinit(&model->strings);
    sdx_file_close(&model->file);
    sdx_heap_free(&model->heap, model->copy, model->size);
    sdx_heap base;
    sdx_heap_init(&base, runtime->has_allocator ? &runtime->allocator : NULL, 0, "model");
    sdx_heap_free(&base, model, sizeof *model);
    sdx_runtime_release(runtime);
}

/* A variant that is not made at load: made now, if nobody was faster. */
static sdx_status make_once(sdx_model *model, sdx_variant *variant, sdx_variant_kind kind,
                            atomic_bool *has) {
    if (atomic_load_explicit(has, memory_order_acquire)) return NULL;
    sdx_mutex_lock(&model->mutex);
    sdx_status status = NULL;
    if (!variant->made) {
        status = make_variant(model, variant, kind);
        if (status != NULL)
            free_variant(variant);
        else
            atomic_store_explicit(has, true, memory_order_release);
    }
    sdx_mutex_unlock(&model->mutex);
    return status;
}

sdx_status sdx_model_overridable(sdx_model *model, const sdx_variant **out) {
    SDX_TRY(
        make_once(model, &model->overridable, SDX_VARIANT_OVERRIDABLE, &model->has_overridable));
    *out = &model->overridable;
    return NULL;
}

sdx_status sdx_model_view(sdx_model *model, const sdx_variant **out) {
    *out = &model->fixed;
    if (model->options.graph_only) return NULL;
    SDX_TRY(make_once(model, &model->view, SDX_VARIANT_VIEW, &model->has_view));
    *out = &model->view;
    return NULL;
}
