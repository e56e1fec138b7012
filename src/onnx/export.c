/* A whole model as a message: opsets, labels, the main graph. */
#include "onnx/export.h"

#include "onnx/limits.h"

static sdx_status need_all(const sdx_onnx_model *model, sdx_opsets *needed) {
    SDX_TRY(sdx_opsets_need(needed, SDX_STR(""), 1));
    for (size_t i = 0; i < model->n_opsets; i++) {
        const sdx_onnx_opset *const opset = &model->opsets[i];
        SDX_TRY(sdx_opsets_need(needed, opset->domain, opset->version));
    }
    if (model->functions_opset > 0)
        SDX_TRY(sdx_opsets_need(needed, SDX_STR(""), model->functions_opset));
    for (const sdx_node *node = model->ir->main->first; node != NULL; node = node->next) {
        SDX_TRY(sdx_opsets_need_node(needed, node));
    }
    return NULL;
}

/* A node that nobody here can upgrade stays at its opset, and so do all. */
static sdx_status check_exact(const sdx_opsets *needed, int64_t opset) {
    const sdx_node *const node = needed->exact;
    if (node == NULL || node->version == opset) return NULL;
    return sdx_fail(SDX_INVALID_ARGUMENT,
                    "opset %lld: found node '%.*s' (%.*s, opset %lld), which this build cannot "
                    "bring to another opset, expected operators that it has; see `sardonyx ops`",
                    (long long)opset, SDX_FMT(node->name), SDX_FMT(node->op_type),
                    (long long)node->version);
}

static sdx_status choose_opset(sdx_opsets *needed, int64_t wanted) {
    const int64_t least = sdx_opsets_version(needed, SDX_STR(""));
    if (wanted == 0) return check_exact(needed, least);
    if (wanted > SDX_ONNX_NEWEST_OPSET && wanted > least)
        return sdx_fail(SDX_INVALID_ARGUMENT, "found opset %lld, expected at most %d",
                        (long long)wanted, (int)SDX_ONNX_NEWEST_OPSET);
    if (wanted < least) {
        const sdx_node *const node = needed->highest;
        if (node == NULL)
            return sdx_fail(SDX_INVALID_ARGUMENT,
                            "found opset %lld, expected at least that of the file, %lld",
                            (long long)wanted, (long long)least);
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "found opset %lld, expected at least %lld, which node '%.*s' (%.*s) needs",
                        (long long)wanted, (long long)least, SDX_FMT(node->name),
                        SDX_FMT(node->op_type));
    }
    SDX_TRY(sdx_opsets_need(needed, SDX_STR(""), wanted));
    return check_exact(needed, wanted);
}

static sdx_status export_metadata(const sdx_onnx_model *model, sdx_arena *arena,
                                  sdx_pb_model *out) {
    sdx_pb_string_pair *pairs;
    SDX_TRY(SDX_ARENA_NEW(arena, model->n_metadata + 1, &pairs));
    for (size_t i = 0; i < model->n_metadata; i++) {
        pairs[i] = (sdx_pb_string_pair){model->metadata[i].key, model->metadata[i].value};
    }
    out->metadata_props = pairs;
    out->n_metadata_props = model->n_metadata;
    return NULL;
}

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

static int64_t known_ir(const sdx_onnx_model *model) {
    return model->ir_version < SDX_ONNX_NEWEST_IR ? model->ir_version : SDX_ONNX_NEWEST_IR;
}

sdx_status sdx_export_model(const sdx_onnx_model *model, int64_t opset, sdx_arena *arena,
                            sdx_pb_model *out) {
    sdx_opsets needed;
    sdx_pb_graph *graph;
    sdx_opsets_init(&needed, arena);
    SDX_TRY(need_all(model, &needed));
    SDX_TRY(choose_opset(&needed, opset));
    const int64_t ir = sdx_ir_version_of(sdx_opsets_version(&needed, SDX_STR("")));
    *out = (sdx_pb_model){.ir_version = larger(ir, known_ir(model)),
                          .has_ir_version = true,
                          .producer_name = model->producer,
                          .producer_version = model->producer_version,
                          .domain = model->domain,
                          .model_version = model->model_version,
                          .has_model_version = model->model_version != 0,
                          .doc_string = model->doc};
    SDX_TRY(sdx_opsets_proto(&needed, &out->opset_import, &out->n_opset_import));
    SDX_TRY(export_metadata(model, arena, out));
    SDX_TRY(SDX_ARENA_NEW(arena, 1, &graph));
    SDX_TRY(sdx_export_graph(arena, model->ir->main, graph));
    out->graph = graph;
    return NULL;
}
