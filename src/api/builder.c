/* graph.h, section "builder": labels, and finishing a model. The rest is in onnx/build_*.c. */
#include "onnx/builder.h"

#include "api/growing.h"
#include "api/save.h"
#include "exec/model.h"

static sdx_status null_argument(const char *expected) {
    return sdx_fail(SDX_INVALID_ARGUMENT, "builder: found NULL, expected %s", expected);
}

/* ---- labels ---------------------------------------------------------------------------------- */

void sdx_label_options_defaults(sdx_label_options *options) {
    const sdx_label_options own = {.struct_size = sizeof own,
                                   .producer = "sardonyx",
                                   .producer_version = sdx_version(),
                                   .domain = "",
                                   .graph_name = "main",
                                   .doc = ""};
    sdx_growing_give(options, &own, sizeof own);
}

static sdx_status copy_label(sdx_builder *builder, const char *given, const char *standard,
                             sdx_str *out) {
    return sdx_arena_str(&builder->arena, sdx_str_from(given != NULL ? given : standard), out);
}

sdx_status sdx_builder_set_labels(sdx_builder *builder, const sdx_label_options *options) {
    sdx_label_options own, chosen;
    sdx_pb_model labels = {0};
    sdx_str graph_name;
    if (builder == NULL || options == NULL) return null_argument("a builder and labels");
    sdx_label_options_init(&own);
    chosen = own;
    SDX_TRY(sdx_growing_take("label", &chosen, sizeof chosen, options));
    SDX_TRY(copy_label(builder, chosen.producer, own.producer, &labels.producer_name));
    SDX_TRY(copy_label(builder, chosen.producer_version, own.producer_version,
                       &labels.producer_version));
    SDX_TRY(copy_label(builder, chosen.domain, own.domain, &labels.domain));
    SDX_TRY(copy_label(builder, chosen.doc, own.doc, &labels.doc_string));
    SDX_TRY(copy_label(builder, chosen.graph_name, own.graph_name, &graph_name));
    labels.model_version = chosen.model_version;
    labels.has_model_version = chosen.model_version != 0;
    builder->labels = labels;
    builder->main->name = graph_name.len != 0 ? graph_name : SDX_STR("main");
    return NULL;
}

static sdx_status copy_metadata(sdx_builder *builder, const sdx_onnx_model *onnx) {
    sdx_pb_string_pair *pairs;
    SDX_TRY(SDX_ARENA_NEW(&builder->arena, onnx->n_metadata + 1, &pairs));
    for (size_t i = 0; i < onnx->n_metadata; i++) {
        SDX_TRY(sdx_arena_str(&builder->arena, onnx->metadata[i].key, &pairs[i].key));
        SDX_TRY(sdx_arena_str(&builder->arena, onnx->metadata[i].value, &pairs[i].value));
    }
    builder->metadata = (sdx_build_list){pairs, onnx->n_metadata, onnx->n_metadata};
    return NULL;
}

static sdx_status copy_opsets(sdx_builder *builder, const sdx_onnx_model *onnx) {
    sdx_str domain;
    for (size_t i = 0; i < onnx->n_opsets; i++) {
        SDX_TRY(sdx_arena_str(&builder->arena, onnx->opsets[i].domain, &domain));
        SDX_TRY(sdx_opsets_need(&builder->opsets, domain, onnx->opsets[i].version));
    }
    return onnx->functions_opset > 0
               ? sdx_opsets_need(&builder->opsets, SDX_STR(""), onnx->functions_opset)
               : NULL;
}

sdx_status sdx_builder_copy_labels(sdx_builder *builder, sdx_model *model) {
    const sdx_variant *variant;
    if (builder == NULL || model == NULL) return null_argument("a builder and a model");
    SDX_TRY(sdx_model_view(model, &variant));
    const sdx_onnx_model *const onnx = &variant->onnx;
    sdx_arena *const arena = &builder->arena;
    sdx_pb_model labels = {.model_version = onnx->model_version,
                           .has_model_version = onnx->model_version != 0};
    sdx_str graph_name;
    SDX_TRY(sdx_arena_str(arena, onnx->producer, &labels.producer_name));
    SDX_TRY(sdx_arena_str(arena, onnx->producer_version, &labels.producer_version));
    SDX_TRY(sdx_arena_str(arena, onnx->domain, &labels.domain));
    SDX_TRY(sdx_arena_str(arena, onnx->doc, &labels.doc_string));
    SDX_TRY(sdx_arena_str(arena, onnx->graph_name, &graph_name));
    SDX_TRY(copy_opsets(builder, onnx));
    SDX_TRY(copy_metadata(builder, onnx));
    builder->labels = labels;
    if (graph_name.len != 0) builder->main->name = graph_name;
    return NULL;
}

/* ---- finishing ------------------------------------------------------------------------------- */

sdx_status sdx_builder_serialize(sdx_builder *builder, const sdx_allocator *allocator, void **bytes,
                                 size_t *size) {
    sdx_pb_model proto;
    sdx_arena arena;
    if (builder == NULL || bytes == NULL || size == NULL)
        return null_argument("a builder and places for the bytes and their number");
    sdx_arena_init(&arena, &builder->heap);
    sdx_status status = sdx_builder_assemble(builder, &arena, &proto);
    if (status == NULL) status = sdx_save_bytes(&proto, &builder->heap, allocator, bytes, size);
    sdx_arena_deinit(&arena);
    return status;
}

sdx_status sdx_builder_save(sdx_builder *builder, const char *path,
                            const sdx_save_options *options) {
    sdx_pb_model proto;
    sdx_arena arena;
    sdx_save_options chosen;
    if (builder == NULL || path == NULL) return null_argument("a builder and a path");
    SDX_TRY(sdx_save_take(options, &chosen));
    if (chosen.opset != 0)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "save '%s': found opset %lld, expected 0: the builder has its own", path,
                        (long long)chosen.opset);
    sdx_arena_init(&arena, &builder->heap);
    const sdx_onnx_places places = {chosen.external_from, chosen.external_name};
    sdx_status status = sdx_builder_assemble(builder, &arena, &proto);
    if (status == NULL) status = sdx_onnx_write(&proto, path, &places, &arena);
    sdx_arena_deinit(&arena);
    return sdx_in(status, "save '%s'", path);
}

/* The bytes go when the model is made: it keeps a copy whatever the options say. */
sdx_status sdx_builder_load(sdx_builder *builder, sdx_runtime *runtime,
                            const sdx_model_options *options, sdx_model **out) {
    sdx_model_options chosen;
    void *bytes;
    size_t size;
    if (builder == NULL || runtime == NULL || out == NULL)
        return null_argument("a builder, a runtime and a place for the model");
    sdx_model_options_init(&chosen);
    if (options != NULL) SDX_TRY(sdx_growing_take("model", &chosen, sizeof chosen, options));
    chosen.load = SDX_LOAD_COPY;
    SDX_TRY(sdx_builder_serialize(builder, NULL, &bytes, &size));
    const sdx_status status = sdx_model_load_memory(runtime, bytes, size, &chosen, out);
    sdx_bytes_free(bytes, size);
    return status;
}
