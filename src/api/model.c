/* Models: loading and what can be asked of them. */
#include <string.h>

#include "api/growing.h"
#include "base/checked.h"
#include "base/knobs.h"
#include "exec/model.h"
#include "ops/work.h"

void sdx_model_options_defaults(sdx_model_options *options) {
    const sdx_model_options own = {
        .struct_size = sizeof own, .load = SDX_LOAD_MAP, .optimize = true};
    sdx_growing_give(options, &own, sizeof own);
}

static sdx_status check_options(const sdx_model_options *options) {
    if ((unsigned)options->load > SDX_LOAD_SNAPSHOT) {
        return sdx_fail(
            SDX_INVALID_ARGUMENT,
            "model: found load mode %d, expected SDX_LOAD_MAP, SDX_LOAD_COPY or SDX_LOAD_SNAPSHOT",
            (int)options->load);
    }
    if ((unsigned)options->numerics > SDX_NUMERICS_STRICT) {
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "model: found numerics %d, expected SDX_NUMERICS_AUTO, "
                        "SDX_NUMERICS_DEFAULT or SDX_NUMERICS_STRICT",
                        (int)options->numerics);
    }
    return NULL;
}

/* AUTO becomes what the environment says. */
static sdx_status choose_numerics(sdx_numerics *numerics) {
    const char *const knob = sdx_knob(SDX_KNOB_NUMERICS);
    if (*numerics != SDX_NUMERICS_AUTO) return NULL;
    if (strcmp(knob, "default") != 0 && strcmp(knob, "strict") != 0)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "SDX_NUMERICS: found '%s', expected default or strict", knob);
    *numerics = strcmp(knob, "strict") == 0 ? SDX_NUMERICS_STRICT : SDX_NUMERICS_DEFAULT;
    return NULL;
}

static sdx_status make(sdx_runtime *runtime, const char *path, const void *bytes, size_t size,
                       const sdx_model_options *options, sdx_model **out) {
    sdx_model_options chosen;
    sdx_model_options_init(&chosen);
    if (runtime == NULL || out == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "model: found NULL, expected a runtime and a place for the handle");
    if (options != NULL) {
        SDX_TRY(sdx_growing_take("model", &chosen, sizeof chosen, options));
        SDX_TRY(check_options(&chosen));
    }
    SDX_TRY(choose_numerics(&chosen.numerics));
    return sdx_model_make(runtime, path, bytes, size, &chosen, out);
}

sdx_status sdx_model_load(sdx_runtime *runtime, const char *path, const sdx_model_options *options,
                          sdx_model **out) {
    if (path == NULL) return sdx_fail(SDX_INVALID_ARGUMENT, "model: found NULL, expected a path");
    return make(runtime, path, NULL, 0, options, out);
}

sdx_status sdx_model_load_memory(sdx_runtime *runtime, const void *bytes, size_t size,
                                 const sdx_model_options *options, sdx_model **out) {
    if (bytes == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT, "model: found NULL, expected the bytes of a model");
    return make(runtime, NULL, bytes, size, options, out);
}

sdx_model *sdx_model_retain(sdx_model *model) {
    if (model != NULL) sdx_refs_retain(&model->refs);
    return model;
}

void sdx_model_release(sdx_model *model) {
    if (model != NULL && sdx_refs_release(&model->refs)) sdx_model_free(model);
}

/* ---- inputs and outputs
 * ----------------------------------------------------------------------------------------------------------------------------
 */

static const sdx_graph *main_graph(const sdx_model *model) { return model->fixed.onnx.ir->main; }

size_t sdx_model_n_inputs(const sdx_model *model) { return main_graph(model)->n_inputs; }
size_t sdx_model_n_outputs(const sdx_model *model) { return main_graph(model)->n_outputs; }

/* The kept copy of a text; made at the first call with it. The caller holds the lock. */
static sdx_status intern(sdx_model *model, const char *text, sdx_str *out) {
    const sdx_str *const kept = sdx_map_get(&model->symbols, sdx_str_from(text));
    if (kept != NULL) {
        *out = *kept;
        return NULL;
    }
    sdx_str *made;
    SDX_TRY(SDX_ARENA_NEW(&model->strings, 1, &made));
    SDX_TRY(sdx_arena_str(&model->strings, sdx_str_from(text), made));
    SDX_TRY(sdx_map_put(&model->symbols, *made, made));
    *out = *made;
    return NULL;
}

/* Texts of expressions are made on demand and live as long as the model. */
static sdx_status symbol_text(const sdx_model *model, sdx_dim dim, sdx_str *out) {
    sdx_model *const owner = (sdx_model *)(uintptr_t)model;
    char text[128];
    sdx_dim_text(model->fixed.onnx.ir->dims, dim, text, sizeof text);
    sdx_mutex_lock(&owner->mutex);
    const sdx_status status = intern(owner, text, out);
    sdx_mutex_unlock(&owner->mutex);
    return status;
}

static void describe_type(const sdx_type *type, sdx_port_info *info) {
    info->kind = type != NULL ? type->kind : SDX_TENSOR;
    info->dtype = sdx_type_leaf(type);
    if (type != NULL && type->kind == SDX_MAP) info->key = type->dtype;
}

static sdx_status describe(const sdx_model *model, const sdx_gvalue *value, sdx_port_info *out) {
    sdx_port_info info = {.name = value->name,
                          .has_default = value->is_input && value->constant != NULL};
    describe_type(value->type, &info);
    info.has_rank = value->shape.rank >= 0;
    info.rank = info.has_rank ? (size_t)value->shape.rank : 0;
    for (size_t i = 0; i < info.rank; i++) {
        const sdx_dim dim = value->shape.dims[i];
        info.dims[i] = sdx_dim_is_number(dim) ? dim : -1;
        if (!sdx_dim_is_number(dim)) SDX_TRY(symbol_text(model, dim, &info.symbols[i]));
    }
    *out = info;
    return NULL;
}

static sdx_status no_such(const char *what, size_t index, size_t n) {
    return sdx_fail(SDX_INVALID_ARGUMENT, "%s %zu: expected an index below %zu", what, index, n);
}

sdx_status sdx_model_input(const sdx_model *model, size_t index, sdx_port_info *out) {
    const sdx_graph *const graph = main_graph(model);
    return index < graph->n_inputs ? describe(model, graph->inputs[index], out)
                                   : no_such("input", index, graph->n_inputs);
}

sdx_status sdx_model_output(const sdx_model *model, size_t index, sdx_port_info *out) {
    const sdx_graph *const graph = main_graph(model);
    return index < graph->n_outputs ? describe(model, graph->outputs[index], out)
                                    : no_such("output", index, graph->n_outputs);
}

/* ---- facts
 * -------------------------------------------------------------------------------------------------------------------------------------------
 */

static sdx_status count_nodes(void *arg, sdx_graph *graph) {
    size_t *const n = arg;
    *n += graph->n_nodes;
    for (const sdx_node *node = graph->first; node != NULL; node = node->next) {
        SDX_TRY(sdx_node_subgraphs(node, count_nodes, arg));
    }
    return NULL;
}

enum { MAX_PORTS = 8 }; /* of a node, as far as hooks look at them */

/* The declared shape, unknown dims being 1. Returns NULL for what is no tensor. */
static const sdx_view *declared(const sdx_gvalue *value, sdx_view *view) {
    if (value == NULL || value->shape.rank < 0) return NULL;
    *view = (sdx_view){.rank = (uint8_t)value->shape.rank, .len = 1};
    for (int i = 0; i < value->shape.rank; i++) {
        const sdx_dim dim = value->shape.dims[i];
        view->dims[i] = sdx_dim_is_number(dim) ? dim : 1;
        if (!sdx_mul_size(view->len, (size_t)view->dims[i], &view->len)) return NULL;
    }
    return view;
}

static double flops_of(const sdx_node *node) {
    sdx_view shapes[2 * MAX_PORTS];
    const sdx_view *in[MAX_PORTS], *out[MAX_PORTS];
    const size_t n_in = node->n_inputs < MAX_PORTS ? node->n_inputs : MAX_PORTS;
    const size_t n_out = node->n_outputs < MAX_PORTS ? node->n_outputs : MAX_PORTS;
    for (size_t i = 0; i < n_in; i++) {
        in[i] = declared(node->inputs[i], &shapes[i]);
    }
    for (size_t k = 0; k < n_out; k++) {
        out[k] = declared(node->outputs[k], &shapes[MAX_PORTS + k]);
    }
    const sdx_work work = {.node = node, .in = in, .out = out, .n_in = n_in, .n_out = n_out};
    return sdx_work_flops(&work);
}

static sdx_status add_flops(void *arg, sdx_graph *graph) {
    double *const flops = arg;
    for (const sdx_node *node = graph->first; node != NULL; node = node->next) {
        *flops += flops_of(node);
        SDX_TRY(sdx_node_subgraphs(node, add_flops, arg));
    }
    return NULL;
}

void sdx_model_summarize(const sdx_model *model, sdx_model_summary *out) {
    const sdx_onnx_model *const onnx = &model->fixed.onnx;
    size_t n_final = 0;
    double flops = 0;
    sdx_status_free(count_nodes(&n_final, onnx->ir->main));
    sdx_status_free(add_flops(&flops, onnx->ir->main));
    const sdx_model_summary own = {.producer = onnx->producer,
                                   .producer_version = onnx->producer_version,
                                   .graph_name = onnx->graph_name,
                                   .domain = onnx->domain,
                                   .doc = onnx->doc,
                                   .ir_version = onnx->ir_version,
                                   .model_version = onnx->model_version,
                                   .n_nodes = onnx->n_nodes,
                                   .n_nodes_final = n_final,
                                   .n_functions = onnx->n_functions,
                                   .n_initializers = onnx->n_initializers,
                                   .n_parameters = onnx->n_parameters,
                                   .flops = flops < 1.8e19 ? (uint64_t)flops : UINT64_MAX,
                                   .file_size = model->size};
    sdx_growing_give(out, &own, sizeof own);
}

size_t sdx_model_n_opsets(const sdx_model *model) { return model->fixed.onnx.n_opsets; }

sdx_status sdx_model_opset(const sdx_model *model, size_t index, sdx_str *domain,
                           int64_t *version) {
    const sdx_onnx_model *const onnx = &model->fixed.onnx;
    if (index >= onnx->n_opsets) return no_such("opset", index, onnx->n_opsets);
    *domain = onnx->opsets[index].domain;
    *version = onnx->opsets[index].version;
    return NULL;
}

size_t sdx_model_n_metadata(const sdx_model *model) { return model->fixed.onnx.n_metadata; }

sdx_status sdx_model_metadata(const sdx_model *model, size_t index, sdx_str *key, sdx_str *value) {
    const sdx_onnx_model *const onnx = &model->fixed.onnx;
    if (index >= onnx->n_metadata) return no_such("metadata", index, onnx->n_metadata);
    *key = onnx->metadata[index].key;
    *value = onnx->metadata[index].value;
    return NULL;
}

size_t sdx_model_n_operators(const sdx_model *model) { return model->fixed.onnx.n_operators; }

sdx_status sdx_model_operator(const sdx_model *model, size_t index, sdx_str *domain, sdx_str *name,
                              size_t *count) {
    const sdx_onnx_model *const onnx = &model->fixed.onnx;
    if (index >= onnx->n_operators) return no_such("operator", index, onnx->n_operators);
    *domain = onnx->operators[index].domain;
    *name = onnx->operators[index].name;
    *count = onnx->operators[index].count;
    return NULL;
}

size_t sdx_model_n_missing(const sdx_model *model) { return model->fixed.onnx.n_missing; }

sdx_status sdx_model_missing(const sdx_model *model, size_t index, sdx_missing_info *out) {
    const sdx_onnx_model *const onnx = &model->fixed.onnx;
    if (index >= onnx->n_missing) return no_such("missing operator", index, onnx->n_missing);
    *out = onnx->missing[index];
    return NULL;
}

sdx_status sdx_model_dump(const sdx_model *model, void **text, size_t *size) {
    sdx_buf buf;
    sdx_buf_init(&buf, sdx_heap_global(), SIZE_MAX);
    sdx_status status = sdx_graph_dump(main_graph(model), &buf);
    void *bytes = NULL;
    if (status == NULL) status = sdx_heap_alloc(sdx_heap_global(), buf.size + 1, &bytes);
    if (status == NULL) {
        if (buf.size != 0) memcpy(bytes, buf.ptr, buf.size);
        ((char *)bytes)[buf.size] = 0;
        *text = bytes;
        *size = buf.size + 1;
    }
    sdx_buf_deinit(&buf);
    return status;
}
