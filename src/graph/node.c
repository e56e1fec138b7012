/* Nodes: making, linking and changing them; every change keeps the lists of uses right. */
#include <string.h>

#include "graph/uses.h"

static void link_before(sdx_graph *graph, sdx_node *node, sdx_node *before) {
    node->next = before;
    node->prev = before ? before->prev : graph->last;
    *(node->prev ? &node->prev->next : &graph->first) = node;
    *(before ? &before->prev : &graph->last) = node;
    graph->n_nodes++;
}

static void unlink_node(sdx_node *node) {
    sdx_graph *graph = node->graph;
    *(node->prev ? &node->prev->next : &graph->first) = node->next;
    *(node->next ? &node->next->prev : &graph->last) = node->prev;
    node->prev = node->next = NULL;
    graph->n_nodes--;
}

/* Lists of one value many times reserve as they go; what was reserved too much does no harm. */
static sdx_status enter_uses(sdx_node *node, sdx_gvalue *const *inputs, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (!inputs[i]) continue;
        const sdx_status status = sdx_use_reserve(inputs[i], 1);
        if (status) {
            while (i-- > 0)
                if (inputs[i]) sdx_use_drop(inputs[i], node);
            return status;
        }
        sdx_use_add(inputs[i], node);
    }
    return NULL;
}

static void leave_uses(sdx_node *node) {
    for (size_t i = node->n_inputs; i-- > 0;)
        if (node->inputs[i]) sdx_use_drop(node->inputs[i], node);
}

/* A made-up name is no origin: that comes from the nodes it was made of. */
static sdx_status name_node(sdx_node *node, sdx_str name) {
    node->name = node->origin = name;
    if (name.len > 0) return NULL;
    return sdx_arena_printf(node->graph->ir->arena, &node->name, "%.*s#%lu", SDX_FMT(node->op_type),
                            (unsigned long)node->id);
}

sdx_status sdx_node_create(sdx_graph *graph, sdx_node *before, sdx_str domain, sdx_str op_type,
                           sdx_str name, sdx_gvalue *const *inputs, size_t n_inputs,
                           sdx_gvalue *const *outputs, size_t n_outputs, sdx_node **out) {
    sdx_ir *ir = graph->ir;
    if (ir->n_nodes == UINT32_MAX) return sdx_fail(SDX_LIMIT, "the model has too many nodes");
    sdx_node *node;
    SDX_TRY(SDX_ARENA_NEW(ir->arena, 1, &node));
    node->domain = sdx_str_is(domain, "ai.onnx") ? (sdx_str){NULL, 0} : domain;
    node->op_type = op_type;
    node->graph = graph;
    node->id = ir->n_nodes;
    SDX_TRY(name_node(node, name));
    void *list;
    SDX_TRY(sdx_arena_copy(ir->arena, outputs, n_outputs * sizeof *outputs, &list));
    node->outputs = list;
    node->n_outputs = n_outputs;
    SDX_TRY(sdx_node_set_inputs(node, inputs, n_inputs));
    for (size_t k = 0; k < n_outputs; k++) {
        if (!outputs[k]) continue;
        outputs[k]->producer = node;
        outputs[k]->output = k;
    }
    ir->n_nodes++;
    link_before(graph, node, before);
    *out = node;
    return NULL;
}

sdx_status sdx_node_set_inputs(sdx_node *node, sdx_gvalue *const *inputs, size_t n) {
    void *list;
    SDX_TRY(sdx_arena_copy(node->graph->ir->arena, inputs, n * sizeof *inputs, &list));
    SDX_TRY(enter_uses(node, inputs, n));
    leave_uses(node);
    node->inputs = list;
    node->n_inputs = n;
    return NULL;
}

sdx_status sdx_node_set_input(sdx_node *node, size_t index, sdx_gvalue *value) {
    if (index >= node->n_inputs) {
        sdx_gvalue **list;
        SDX_TRY(SDX_ARENA_NEW(node->graph->ir->arena, index + 1, &list));
        if (node->n_inputs) memcpy(list, node->inputs, node->n_inputs * sizeof *list);
        node->inputs = list;
        node->n_inputs = index + 1;
    }
    SDX_TRY(enter_uses(node, &value, 1));
    if (node->inputs[index]) sdx_use_drop(node->inputs[index], node);
    node->inputs[index] = value;
    return NULL;
}

static sdx_named_attr *find_attr(const sdx_node *node, const char *name) {
    for (size_t i = 0; i < node->n_named; i++)
        if (sdx_str_is(node->named[i].name, name)) return &node->named[i];
    return NULL;
}

const sdx_attr *sdx_node_named(const sdx_node *node, const char *name) {
    const sdx_named_attr *found = find_attr(node, name);
    return found ? &found->value : NULL;
}

sdx_status sdx_node_set_attr(sdx_node *node, const char *name, sdx_attr value) {
    sdx_named_attr *found = find_attr(node, name);
    if (!found) {
        sdx_arena *arena = node->graph->ir->arena;
        sdx_named_attr *named;
        SDX_TRY(SDX_ARENA_NEW(arena, node->n_named + 1, &named));
        if (node->n_named) memcpy(named, node->named, node->n_named * sizeof *named);
        found = &named[node->n_named];
        SDX_TRY(sdx_arena_str(arena, sdx_str_from(name), &found->name));
        node->named = named;
        node->n_named++;
    }
    found->value = value;
    return NULL;
}

void sdx_node_drop_attr(sdx_node *node, const char *name) {
    sdx_named_attr *found = find_attr(node, name);
    if (!found) return;
    const size_t after = (size_t)(node->named + node->n_named - found) - 1;
    memmove(found, found + 1, after * sizeof *found);
    node->n_named--;
}

sdx_status sdx_node_add_origin(sdx_node *node, const sdx_node *from) {
    const sdx_str origin = from->origin.len > 0 ? from->origin : from->name;
    if (sdx_str_eq(node->origin, origin)) return NULL;
    if (node->origin.len == 0) {
        node->origin = origin;
        return NULL;
    }
    return sdx_arena_printf(node->graph->ir->arena, &node->origin, "%.*s+%.*s",
                            SDX_FMT(node->origin), SDX_FMT(origin));
}

void sdx_node_remove(sdx_node *node) {
    leave_uses(node);
    node->n_inputs = 0;
    for (size_t k = 0; k < node->n_outputs; k++)
        if (node->outputs[k] && node->outputs[k]->producer == node)
            node->outputs[k]->producer = NULL;
    unlink_node(node);
}

sdx_status sdx_node_subgraphs(const sdx_node *node,
                              sdx_status (*visit)(void *arg, sdx_graph *graph), void *arg) {
    for (size_t i = 0; i < node->n_named; i++) {
        const sdx_attr *attr = &node->named[i].value;
        if (attr->kind == SDX_ATTR_GRAPH) SDX_TRY(visit(arg, attr->graph));
        for (size_t g = 0; attr->kind == SDX_ATTR_GRAPHS && g < attr->n; g++)
            SDX_TRY(visit(arg, attr->graphs[g]));
    }
    return NULL;
}
