/* The import as a whole: decode, describe, build, settle. */
#include "onnx/import.h"

#include <string.h>

#include "onnx/importer.h"
#include "onnx/settle.h"

static int64_t highest_of_functions(const sdx_pb_model *model) {
    int64_t highest = 0;
    for (size_t i = 0; i < model->n_functions; i++) {
        const sdx_pb_function *const function = &model->functions[i];
        for (size_t k = 0; k < function->n_opset_import; k++) {
            const sdx_pb_opset *const opset = &function->opset_import[k];
            if (sdx_domain(opset->domain).len == 0 && opset->version > highest)
                highest = opset->version;
        }
    }
    return highest < SDX_ONNX_NEWEST_OPSET ? highest : SDX_ONNX_NEWEST_OPSET;
}

static sdx_status describe(sdx_importer *im) {
    const sdx_pb_model *const model = im->model;
    sdx_onnx_model *const out = im->out;
    out->ir_version = model->ir_version;
    out->model_version = model->model_version;
    out->n_functions = model->n_functions;
    SDX_TRY(sdx_arena_str(im->arena, model->producer_name, &out->producer));
    SDX_TRY(sdx_arena_str(im->arena, model->producer_version, &out->producer_version));
    SDX_TRY(sdx_arena_str(im->arena, model->domain, &out->domain));
    SDX_TRY(sdx_arena_str(im->arena, model->doc_string, &out->doc));
    SDX_TRY(sdx_arena_str(im->arena, model->graph->name, &out->graph_name));
    sdx_onnx_opset *opsets;
    SDX_TRY(SDX_ARENA_NEW(im->arena, model->n_opset_import + 1, &opsets));
    for (size_t i = 0; i < model->n_opset_import; i++) {
        SDX_TRY(
            sdx_arena_str(im->arena, sdx_domain(model->opset_import[i].domain), &opsets[i].domain));
        opsets[i].version = model->opset_import[i].version;
    }
    out->opsets = opsets;
    out->n_opsets = model->n_opset_import;
    out->functions_opset = highest_of_functions(model);
    sdx_onnx_pair *metadata;
    SDX_TRY(SDX_ARENA_NEW(im->arena, model->n_metadata_props + 1, &metadata));
    for (size_t i = 0; i < model->n_metadata_props; i++) {
        SDX_TRY(sdx_arena_str(im->arena, model->metadata_props[i].key, &metadata[i].key));
        SDX_TRY(sdx_arena_str(im->arena, model->metadata_props[i].value, &metadata[i].value));
    }
    out->metadata = metadata;
    out->n_metadata = model->n_metadata_props;
    return NULL;
}

static sdx_status check_versions(const sdx_importer *im) {
    const sdx_pb_model *const model = im->model;
    if (model->graph == NULL)
        return sdx_fail(SDX_INVALID_MODEL, "found no graph, expected one; is this an ONNX file?");
    if (model->has_ir_version && model->ir_version > SDX_ONNX_NEWEST_IR) {
        sdx_log(im->options->logger, SDX_LOG_WARN,
                "model has IR version %lld, newer than %d: read as %d",
                (long long)model->ir_version, (int)SDX_ONNX_NEWEST_IR, (int)SDX_ONNX_NEWEST_IR);
    }
    for (size_t i = 0; i < model->n_opset_import; i++) {
        const sdx_pb_opset *const opset = &model->opset_import[i];
        if (sdx_domain(opset->domain).len != 0) continue;
        if (opset->version < 1) {
            return sdx_fail(
                SDX_INVALID_MODEL,
                "opset_import: found version %lld of ai.onnx, expected 1 to %d; export the "
                "model again",
                (long long)opset->version, (int)SDX_ONNX_NEWEST_OPSET);
        }
        if (opset->version > SDX_ONNX_NEWEST_OPSET) {
            sdx_log(im->options->logger, SDX_LOG_WARN,
                    "model has opset %lld, newer than %d: operators are taken as of %d",
                    (long long)opset->version, (int)SDX_ONNX_NEWEST_OPSET,
                    (int)SDX_ONNX_NEWEST_OPSET);
        }
    }
    return NULL;
}

static bool comes_before(const sdx_onnx_op_count *a, const sdx_onnx_op_count *b) {
    const int order = sdx_str_cmp(a->domain, b->domain);
    return order != 0 ? order < 0 : sdx_str_cmp(a->name, b->name) < 0;
}

/* Insertion sort: a model uses some tens of operators; a hostile one has its nodes limited. */
static sdx_status list_operators(sdx_importer *im) {
    sdx_onnx_op_count *list;
    size_t n = 0;
    enum { MAX_LISTED = 2000 };
    const size_t most = im->op_counts.len < MAX_LISTED ? im->op_counts.len : MAX_LISTED;
    SDX_TRY(SDX_ARENA_NEW(im->arena, most + 1, &list));
    for (size_t i = 0; i < im->op_counts.capacity && n < most; i++) {
        const sdx_onnx_op_count *const entry = im->op_counts.entries[i].value;
        if (entry == NULL) continue;
        size_t at = n++;
        for (; at > 0 && comes_before(entry, &list[at - 1]); at--) {
            list[at] = list[at - 1];
        }
        list[at] = *entry;
    }
    im->out->operators = list;
    im->out->n_operators = n;
    return NULL;
}

static sdx_status settle_all(sdx_importer *im) {
    sdx_onnx_model *const out = im->out;
    sdx_settler settler;
    sdx_settler_init(&settler, im->options->custom, im->arena, im->heap);
    sdx_status status = sdx_settle(&settler, out->ir->main);
    if (status == NULL) status = sdx_settle_missing(&settler, &out->missing, &out->n_missing);
    sdx_settler_deinit(&settler);
    SDX_TRY(status);
    return im->options->allow_missing ? NULL : sdx_missing_error(out->missing, out->n_missing);
}

static sdx_status import_model(sdx_importer *im) {
    SDX_TRY(check_versions(im));
    SDX_TRY(describe(im));
    SDX_TRY(sdx_ir_create(im->arena, &im->out->ir));
    SDX_TRY(sdx_import_functions(im));
    SDX_TRY(sdx_import_graph(im, im->model->graph, NULL, NULL, &im->out->ir->main));
    SDX_TRY(list_operators(im));
    return settle_all(im);
}

sdx_status sdx_onnx_import(const void *bytes, size_t size, const sdx_onnx_options *options,
                           sdx_arena *arena, sdx_onnx_model *out) {
    *out = (sdx_onnx_model){.heap = arena->heap};
    if (size == 0) return sdx_fail(SDX_INVALID_MODEL, "found 0 bytes, expected an ONNX file");
    sdx_pb_model model;
    sdx_arena protos; /* the decoded file: gone after the import */
    sdx_arena_init(&protos, arena->heap);
    sdx_importer im = {.options = options,
                       .arena = arena,
                       .heap = arena->heap,
                       .bytes = bytes,
                       .size = size,
                       .model = &model,
                       .out = out};
    sdx_map_init(&im.functions, arena->heap);
    sdx_map_init(&im.op_counts, arena->heap);
    sdx_status status = sdx_wire_decode(&sdx_pb_model_def, bytes, size, &protos, &model);
    if (status == NULL) status = import_model(&im);
    sdx_map_deinit(&im.functions);
    sdx_map_deinit(&im.op_counts);
    sdx_arena_deinit(&protos);
    if (status != NULL) sdx_onnx_close(out);
    return status;
}

void sdx_onnx_close(sdx_onnx_model *model) {
    for (size_t i = 0; i < model->n_files; i++) {
        sdx_file_close(&model->files[i]);
    }
    sdx_heap_free(model->heap, model->files, model->cap_files * sizeof(sdx_file));
    sdx_ir_destroy(model->ir);
    *model = (sdx_onnx_model){0};
}
