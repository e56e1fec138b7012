/* Parts of loaded models in models that are built: messages as the exporter makes them. */
#include "onnx/builder.h"

static sdx_status null_part(const char *what) {
    return sdx_fail(SDX_INVALID_ARGUMENT, "found NULL, expected %s of a loaded model", what);
}

/* ---- nodes ----------------------------------------------------------------------------------- */

typedef struct captures {
    const sdx_build_graph *graph;
    const sdx_graph *outside; /* where the node stands: what it and the graphs around it define */
} captures;

static bool is_outside(const captures *c, const sdx_gvalue *value) {
    for (const sdx_graph *graph = c->outside; graph != NULL; graph = graph->outer) {
        if (value->graph == graph) return true;
    }
    return false;
}

static sdx_status check_uses(const captures *c, sdx_gvalue *const *values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (values[i] != NULL && is_outside(c, values[i]))
            SDX_TRY(sdx_build_check_known(c->graph, values[i]->name));
    }
    return NULL;
}

/* What the nodes of subgraphs take from around the copied node has to be there. */
static sdx_status check_captures(void *arg, sdx_graph *graph) {
    const captures *const c = arg;
    SDX_TRY(check_uses(c, graph->outputs, graph->n_outputs));
    for (const sdx_node *node = graph->first; node != NULL; node = node->next) {
        SDX_TRY(check_uses(c, node->inputs, node->n_inputs));
        SDX_TRY(sdx_node_subgraphs(node, check_captures, arg));
    }
    return NULL;
}

static sdx_status copy_node(sdx_build_graph *graph, const sdx_node *node) {
    sdx_builder *const builder = graph->builder;
    captures c = {.graph = graph, .outside = node->graph};
    sdx_pb_node proto;
    SDX_TRY(sdx_export_node(&builder->arena, node, &proto));
    SDX_TRY(sdx_build_check_names(graph, &proto));
    SDX_TRY(sdx_node_subgraphs(node, check_captures, &c));
    SDX_TRY(sdx_opsets_need_node(&builder->opsets, node));
    return sdx_build_add_node(graph, &proto, NULL);
}

sdx_status sdx_build_copy_node(sdx_build_graph *graph, const sdx_node *node) {
    if (node == NULL) return null_part("a node");
    return sdx_in(copy_node(graph, node), "graph '%.*s': node '%.*s' (%.*s)", SDX_FMT(graph->name),
                  SDX_FMT(node->name), SDX_FMT(node->op_type));
}

/* ---- values ---------------------------------------------------------------------------------- */

static sdx_status copy_port(sdx_build_graph *graph, const sdx_gvalue *value, bool is_input) {
    sdx_builder *const builder = graph->builder;
    sdx_build_list *const list = is_input ? &graph->inputs : &graph->outputs;
    sdx_pb_value_info *place, info;
    if (graph->function != NULL && graph->outer == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "found a type, expected none in a function; call sdx_build_input or "
                        "sdx_build_output");
    SDX_TRY(sdx_export_value(&builder->arena, value, &info));
    if (info.type == NULL && graph == builder->main)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "found no type, expected one in the main graph; call sdx_build_input or "
                        "sdx_build_output with it");
    SDX_TRY(sdx_build_room(builder, list, sizeof *place, &place));
    if (is_input) {
        SDX_TRY(sdx_build_check_free(graph, info.name));
        SDX_TRY(sdx_build_define(graph, info.name, true));
    }
    *place = info;
    list->n++;
    return NULL;
}

sdx_status sdx_build_copy_input(sdx_build_graph *graph, const sdx_gvalue *value) {
    if (value == NULL) return null_part("a value");
    return sdx_in(copy_port(graph, value, true), "graph '%.*s': input '%.*s'", SDX_FMT(graph->name),
                  SDX_FMT(value->name));
}

sdx_status sdx_build_copy_output(sdx_build_graph *graph, const sdx_gvalue *value) {
    if (value == NULL) return null_part("a value");
    return sdx_in(copy_port(graph, value, false), "graph '%.*s': output '%.*s'",
                  SDX_FMT(graph->name), SDX_FMT(value->name));
}

sdx_status sdx_build_copy_constant(sdx_build_graph *graph, const sdx_gvalue *value) {
    sdx_pb_tensor proto;
    if (value == NULL) return null_part("a value");
    if (value->constant == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "value '%.*s': found no elements, expected a constant",
                        SDX_FMT(value->name));
    sdx_export_tensor(value->constant, value->name, &proto);
    return sdx_in(sdx_build_add_constant(graph, &proto), "graph '%.*s': constant '%.*s'",
                  SDX_FMT(graph->name), SDX_FMT(value->name));
}
