/* graph.h, section "writer": a loaded model as bytes or as a file. */
#include <string.h>

#include "api/growing.h"
#include "api/save.h"
#include "exec/model.h"
#include "onnx/export.h"

void sdx_save_options_defaults(sdx_save_options *options) {
    const sdx_save_options own = {.struct_size = sizeof own, .external_from = SIZE_MAX};
    sdx_growing_give(options, &own, sizeof own);
}

sdx_status sdx_save_take(const sdx_save_options *given, sdx_save_options *out) {
    sdx_save_options_init(out);
    return given != NULL ? sdx_growing_take("save", out, sizeof *out, given) : NULL;
}

static sdx_status null_argument(const char *expected) {
    return sdx_fail(SDX_INVALID_ARGUMENT, "save: found NULL, expected %s", expected);
}

typedef struct job {
    sdx_arena arena; /* of the messages */
    sdx_heap heap;   /* for what is gone afterwards: not counted to the model, which others use */
    sdx_pb_model proto;
} job;

static sdx_status export_into(job *j, sdx_model *model, const sdx_save_options *options) {
    const sdx_variant *variant;
    SDX_TRY(sdx_model_view(model, &variant));
    return sdx_export_model(&variant->onnx, options->opset, &j->arena, &j->proto);
}

static void begin(job *j, const sdx_model *model) {
    const sdx_allocator *const own =
        model->runtime->has_allocator ? &model->runtime->allocator : NULL;
    sdx_heap_init(&j->heap, own, 0, "save");
    sdx_arena_init(&j->arena, &j->heap);
}

sdx_status sdx_model_save(sdx_model *model, const char *path, const sdx_save_options *options) {
    sdx_save_options chosen;
    job j;
    if (model == NULL || path == NULL) return null_argument("a model and a path");
    SDX_TRY(sdx_save_take(options, &chosen));
    begin(&j, model);
    const sdx_onnx_places places = {chosen.external_from, chosen.external_name};
    sdx_status status = export_into(&j, model, &chosen);
    if (status == NULL) status = sdx_onnx_write(&j.proto, path, &places, &j.arena);
    sdx_arena_deinit(&j.arena);
    return sdx_in(status, "save '%s'", path);
}

/* The caller gives the block back by its size, so it must have no slack. */
sdx_status sdx_save_bytes(const sdx_pb_model *proto, sdx_heap *heap, const sdx_allocator *allocator,
                          void **bytes, size_t *size) {
    sdx_heap own;
    sdx_buf buf;
    void *block = NULL;
    sdx_heap_init(&own, allocator, 0, "save");
    sdx_buf_init(&buf, heap, INT32_MAX);
    sdx_status status = sdx_onnx_encode(proto, &buf);
    if (status == NULL)
        status = sdx_heap_alloc(allocator != NULL ? &own : sdx_heap_global(), buf.size, &block);
    if (status == NULL) {
        memcpy(block, buf.ptr, buf.size);
        *bytes = block;
        *size = buf.size;
    }
    sdx_buf_deinit(&buf);
    return status;
}

sdx_status sdx_model_serialize(sdx_model *model, const sdx_allocator *allocator,
                               const sdx_save_options *options, void **bytes, size_t *size) {
    sdx_save_options chosen;
    job j;
    if (model == NULL || bytes == NULL || size == NULL)
        return null_argument("a model and places for the bytes and their number");
    SDX_TRY(sdx_save_take(options, &chosen));
    begin(&j, model);
    sdx_status status = export_into(&j, model, &chosen);
    if (status == NULL) status = sdx_save_bytes(&j.proto, &j.heap, allocator, bytes, size);
    sdx_arena_deinit(&j.arena);
    return sdx_in(status, "save");
}
