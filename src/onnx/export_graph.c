/* Graphs, nodes and values as messages. */
#include "onnx/export.h"
#include "ops/op.h"

/* ---- values ---------------------------------------------------------------------------------- */

enum { DIM_TEXT = 128 };

/* A dim that has no name in the file is left open: "?7" would mean nothing to others. */
static sdx_status export_dim(sdx_arena *arena, const sdx_dims *dims, sdx_dim dim,
                             sdx_pb_dimension *out) {
    *out = (sdx_pb_dimension){0};
    if (sdx_dim_is_number(dim)) {
        out->has_dim_value = dim >= 0;
        out->dim_value = dim;
        return NULL;
    }
    char text[DIM_TEXT];
    sdx_dim_text(dims, dim, text, sizeof text);
    const sdx_str whole = sdx_str_from(text);
    for (size_t i = 0; i < whole.len; i++) {
        if (text[i] == '?') return NULL;
    }
    return whole.len + 1 < sizeof text ? sdx_arena_str(arena, whole, &out->dim_param) : NULL;
}

static sdx_status export_shape(sdx_arena *arena, const sdx_dims *dims, const sdx_shape *shape,
                               const sdx_pb_shape **out) {
    sdx_pb_dimension *protos;
    sdx_pb_shape *proto;
    const size_t rank = (size_t)shape->rank;
    SDX_TRY(SDX_ARENA_NEW(arena, 1, &proto));
    SDX_TRY(SDX_ARENA_NEW(arena, rank, &protos));
    for (size_t i = 0; i < rank; i++) {
        SDX_TRY(export_dim(arena, dims, shape->dims[i], &protos[i]));
    }
    *proto = (sdx_pb_shape){.dim = protos, .n_dim = rank};
    *out = proto;
    return NULL;
}

static sdx_status export_value(sdx_arena *arena, const sdx_gvalue *value, const sdx_shape *shape,
                               sdx_pb_value_info *out) {
    sdx_pb_type *type;
    *out = (sdx_pb_value_info){.name = value->name};
    if (value->type == NULL) return NULL;
    SDX_TRY(SDX_ARENA_NEW(arena, 1, &type));
    SDX_TRY(sdx_export_type(arena, value->type, type));
    out->type = type;
    if (value->type->kind != SDX_TENSOR || shape->rank < 0) return NULL;
    sdx_pb_type_tensor *const tensor = (sdx_pb_type_tensor *)(uintptr_t)type->tensor_type;
    return export_shape(arena, value->graph->ir->dims, shape, &tensor->shape);
}

sdx_status sdx_export_value(sdx_arena *arena, const sdx_gvalue *value, sdx_pb_value_info *out) {
    return export_value(arena, value, &value->shape, out);
}

/* ONNX: onnx.proto: outputs of the main graph have a shape: what cannot be told is as the file had
 * it. */
static sdx_status export_outputs(sdx_arena *arena, const sdx_graph *graph,
                                 const sdx_pb_value_info **out) {
    sdx_pb_value_info *infos;
    SDX_TRY(SDX_ARENA_NEW(arena, graph->n_outputs + 1, &infos));
    for (size_t i = 0; i < graph->n_outputs; i++) {
        const sdx_gvalue *const value = graph->outputs[i];
        const bool known = value->shape.rank >= 0 || graph->declared == NULL;
        SDX_TRY(export_value(arena, value, known ? &value->shape : &graph->declared[i], &infos[i]));
    }
    *out = infos;
    return NULL;
}

static sdx_status export_inputs(sdx_arena *arena, const sdx_graph *graph,
                                const sdx_pb_value_info **out) {
    sdx_pb_value_info *infos;
    SDX_TRY(SDX_ARENA_NEW(arena, graph->n_inputs + 1, &infos));
    for (size_t i = 0; i < graph->n_inputs; i++) {
        SDX_TRY(sdx_export_value(arena, graph->inputs[i], &infos[i]));
    }
    *out = infos;
    return NULL;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static sdx_status export_names(sdx_arena *arena, sdx_gvalue *const *values, size_t n,
                               const sdx_str **out, size_t *n_out) {
    sdx_str *names;
    while (n > 0 && values[n - 1] == NULL) {
        n--;
    }
    SDX_TRY(SDX_ARENA_NEW(arena, n + 1, &names));
    for (size_t i = 0; i < n; i++) {
        names[i] = values[i] != NULL ? values[i]->name : SDX_STR("");
    }
    *out = names;
    *n_out = n;
    return NULL;
}

static sdx_status export_attrs(sdx_arena *arena, const sdx_node *node, sdx_pb_node *out) {
    sdx_pb_attribute *attrs;
    size_t n = 0;
    SDX_TRY(SDX_ARENA_NEW(arena, node->n_named + 1, &attrs));
    for (size_t i = 0; i < node->n_named; i++) {
        if (node->named[i].value.kind == SDX_ATTR_ABSENT) continue;
        SDX_TRY(sdx_export_attr(arena, node, &node->named[i], &attrs[n++]));
    }
    if (node->rev != 0) {
        attrs[n++] = (sdx_pb_attribute){.name = SDX_STR(SDX_OWN_REV),
                                        .type = SDX_PB_ATTRIBUTE_INT,
                                        .has_type = true,
                                        .i = node->rev,
                                        .has_i = true};
    }
    out->attribute = attrs;
    out->n_attribute = n;
    return NULL;
}

sdx_status sdx_export_node(sdx_arena *arena, const sdx_node *node, sdx_pb_node *out) {
    *out = (sdx_pb_node){.name = node->name,
                         .op_type = node->op_type,
                         .domain = node->rev != 0 ? SDX_STR(SDX_OWN_DOMAIN) : node->domain};
    SDX_TRY(export_names(arena, node->inputs, node->n_inputs, &out->input, &out->n_input));
    SDX_TRY(export_names(arena, node->outputs, node->n_outputs, &out->output, &out->n_output));
    return export_attrs(arena, node, out);
}

/* ---- graphs ---------------------------------------------------------------------------------- */

/* Types of what flows between the nodes. */
static sdx_status export_inner(sdx_arena *arena, const sdx_graph *graph, sdx_pb_graph *out) {
    sdx_pb_value_info *infos;
    size_t most = 0, n = 0;
    for (const sdx_node *node = graph->first; node != NULL; node = node->next) {
        most += node->n_outputs;
    }
    SDX_TRY(SDX_ARENA_NEW(arena, most + 1, &infos));
    for (const sdx_node *node = graph->first; node != NULL; node = node->next) {
        for (size_t k = 0; k < node->n_outputs; k++) {
            const sdx_gvalue *const value = node->outputs[k];
            if (value == NULL || value->is_output || value->type == NULL) continue;
            SDX_TRY(sdx_export_value(arena, value, &infos[n++]));
        }
    }
    out->value_info = infos;
    out->n_value_info = n;
    return NULL;
}

static sdx_status export_constants(sdx_arena *arena, const sdx_graph *graph, sdx_pb_graph *out) {
    sdx_pb_tensor *tensors;
    SDX_TRY(SDX_ARENA_NEW(arena, graph->n_constants + 1, &tensors));
    for (size_t i = 0; i < graph->n_constants; i++) {
        const sdx_gvalue *const value = graph->constants[i];
        sdx_export_tensor(value->constant, value->name, &tensors[i]);
    }
    out->initializer = tensors;
    out->n_initializer = graph->n_constants;
    return NULL;
}

static sdx_status export_nodes(sdx_arena *arena, const sdx_graph *graph, sdx_pb_graph *out) {
    sdx_pb_node *nodes;
    size_t n = 0;
    SDX_TRY(SDX_ARENA_NEW(arena, graph->n_nodes + 1, &nodes));
    for (const sdx_node *node = graph->first; node != NULL; node = node->next) {
        SDX_TRY(sdx_export_node(arena, node, &nodes[n++]));
    }
    out->node = nodes;
    out->n_node = n;
    return NULL;
}

sdx_status sdx_export_graph(sdx_arena *arena, const sdx_graph *graph, sdx_pb_graph *out) {
    *out = (sdx_pb_graph){.name = graph->name.len != 0 ? graph->name : SDX_STR("graph"),
                          .n_input = graph->n_inputs,
                          .n_output = graph->n_outputs};
    SDX_TRY(export_inputs(arena, graph, &out->input));
    SDX_TRY(export_outputs(arena, graph, &out->output));
    SDX_TRY(export_constants(arena, graph, out));
    SDX_TRY(export_nodes(arena, graph, out));
    return export_inner(arena, graph, out);
}
