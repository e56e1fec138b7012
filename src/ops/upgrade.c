/* What upgrades are written with. */
#include "ops/upgrade.h"

#include <string.h>

static sdx_str sub_name(sdx_upgrade *u, sdx_str base, const char *suffix, sdx_status *status) {
    sdx_str name = {NULL, 0};
    *status = sdx_arena_printf(u->node->graph->ir->arena, &name, "%.*s.%s", SDX_FMT(base), suffix);
    return name;
}

sdx_status sdx_upgrade_constant(sdx_upgrade *u, const char *name, sdx_dtype dtype, size_t rank,
                                const int64_t *dims, const void *data, sdx_gvalue **out) {
    sdx_graph *const graph = u->node->graph;
    sdx_view *view;
    sdx_status status;
    SDX_TRY(SDX_ARENA_NEW(graph->ir->arena, 1, &view));
    SDX_TRY(sdx_view_init(view, dtype, rank, dims));
    SDX_TRY(sdx_arena_copy(graph->ir->arena, data, sdx_view_bytes(view), &view->data));
    const sdx_str value_name = sub_name(u, u->node->name, name, &status);
    SDX_TRY(status);
    return sdx_graph_constant(graph, value_name, view, out);
}

sdx_status sdx_upgrade_turn(sdx_upgrade *u, const char *op_type) {
    const sdx_op *const op = sdx_op_find(SDX_STR(""), sdx_str_from(op_type));
    if (!op)
        return sdx_fail(SDX_UNSUPPORTED_OPERATOR, "opset %d of '%.*s' needs %s, which is missing",
                        u->version, SDX_FMT(u->node->op_type), op_type);
    u->node->domain = sdx_str_from(op->domain);
    u->node->op_type = sdx_str_from(op->name);
    u->node->version = op->newest;
    return NULL;
}

/* ---- attributes to inputs */

static sdx_status wrong_kind(const char *name, const char *expected) {
    return sdx_fail(SDX_INVALID_MODEL, "attribute '%s' has another type, expected %s; change it",
                    name, expected);
}

static sdx_status take_ints(sdx_upgrade *u, const char *name, size_t index, size_t rank,
                            const int64_t *ints, size_t n) {
    sdx_gvalue *value;
    SDX_TRY(sdx_graph_const_ints(u->node->graph, rank, ints, n, &value));
    SDX_TRY(sdx_node_set_input(u->node, index, value));
    sdx_node_drop_attr(u->node, name);
    return NULL;
}

sdx_status sdx_upgrade_ints_to_input(sdx_upgrade *u, const char *name, size_t index) {
    const sdx_attr *attr = sdx_node_named(u->node, name);
    if (!attr) return NULL;
    if (attr->kind != SDX_ATTR_INTS) return wrong_kind(name, "ints");
    return take_ints(u, name, index, 1, attr->ints, attr->n);
}

sdx_status sdx_upgrade_int_to_input(sdx_upgrade *u, const char *name, size_t index, size_t rank) {
    const sdx_attr *attr = sdx_node_named(u->node, name);
    if (!attr) return NULL;
    if (attr->kind != SDX_ATTR_INT) return wrong_kind(name, "int");
    const int64_t x = attr->i;
    return take_ints(u, name, index, rank, &x, 1);
}

sdx_status sdx_upgrade_float_to_input(sdx_upgrade *u, const char *name, size_t index,
                                      sdx_dtype dtype) {
    const sdx_attr *attr = sdx_node_named(u->node, name);
    if (!attr) return NULL;
    if (attr->kind != SDX_ATTR_FLOAT) return wrong_kind(name, "float");
    sdx_view scalar;
    unsigned char element[sizeof(double)];
    SDX_TRY(sdx_view_init(&scalar, dtype, 0, NULL));
    scalar.data = element;
    sdx_view_set_double(&scalar, 0, (double)attr->f);
    sdx_gvalue *value;
    SDX_TRY(sdx_upgrade_constant(u, name, dtype, 0, NULL, element, &value));
    SDX_TRY(sdx_node_set_input(u->node, index, value));
    sdx_node_drop_attr(u->node, name);
    return NULL;
}

void sdx_upgrade_drop(sdx_upgrade *u, const char *name) { sdx_node_drop_attr(u->node, name); }

sdx_status sdx_upgrade_default_int(sdx_upgrade *u, const char *name, int64_t value) {
    if (sdx_node_named(u->node, name)) return NULL;
    return sdx_node_set_attr(u->node, name, (sdx_attr){.kind = SDX_ATTR_INT, .n = 1, .i = value});
}

/* ---- nodes around the node */

static sdx_status add_node(sdx_upgrade *u, sdx_node *before, const char *domain,
                           const char *op_type, sdx_gvalue *const *inputs, size_t n,
                           sdx_gvalue *output, sdx_node **out) {
    const sdx_str type = sdx_str_from(op_type), in_domain = sdx_str_from(domain);
    const sdx_op *op = sdx_op_find(in_domain, type);
    if (!op)
        return sdx_fail(SDX_UNSUPPORTED_OPERATOR, "opset %d of '%.*s' needs %s, which is missing",
                        u->version, SDX_FMT(u->node->op_type), op_type);
    sdx_node *node;
    SDX_TRY(sdx_node_create(u->node->graph, before, in_domain, type, (sdx_str){NULL, 0}, inputs, n,
                            &output, 1, &node));
    node->op = op;
    node->version = op->newest;
    SDX_TRY(sdx_node_add_origin(node, u->node));
    *out = node;
    return NULL;
}

sdx_status sdx_upgrade_before(sdx_upgrade *u, const char *domain, const char *op_type,
                              sdx_gvalue *const *inputs, size_t n, sdx_gvalue **out) {
    sdx_status status;
    const sdx_str name = sub_name(u, u->node->name, op_type, &status);
    SDX_TRY(status);
    sdx_gvalue *value;
    SDX_TRY(sdx_gvalue_create(u->node->graph, name, &value));
    sdx_node *node;
    SDX_TRY(add_node(u, u->node, domain, op_type, inputs, n, value, &node));
    *out = value;
    return NULL;
}

sdx_status sdx_upgrade_after(sdx_upgrade *u, size_t index, const char *domain, const char *op_type,
                             sdx_gvalue *const *more, size_t n_more, sdx_node **out) {
    sdx_graph *graph = u->node->graph;
    sdx_gvalue *const output = index < u->node->n_outputs ? u->node->outputs[index] : NULL;
    sdx_status status;
    *out = NULL;
    if (!output) return NULL;
    const sdx_str name = sub_name(u, output->name, op_type, &status);
    SDX_TRY(status);
    sdx_gvalue *value, **inputs;
    SDX_TRY(sdx_gvalue_create(graph, name, &value));
    SDX_TRY(SDX_ARENA_NEW(graph->ir->arena, n_more + 1, &inputs));
    inputs[0] = value;
    if (n_more > 0) memcpy(inputs + 1, more, n_more * sizeof *more);
    SDX_TRY(add_node(u, u->node->next, domain, op_type, inputs, n_more + 1, output, out));
    u->node->outputs[index] = value;
    value->producer = u->node;
    value->output = index;
    return NULL;
}

/* ONNX: Add-6 broadcast, axis. Without an axis the last dims line up, as they do today. */
sdx_status sdx_upgrade_broadcast(sdx_upgrade *u) {
    sdx_node *node = u->node;
    const sdx_attr *broadcast = sdx_node_named(node, "broadcast");
    const sdx_attr *axis = sdx_node_named(node, "axis");
    const bool aligned = broadcast && broadcast->kind == SDX_ATTR_INT && broadcast->i != 0 &&
                         axis && axis->kind == SDX_ATTR_INT;
    if (aligned && node->n_inputs >= 2 && node->inputs[0] && node->inputs[1]) {
        const sdx_attr at = *axis;
        sdx_gvalue *value, *const inputs[] = {node->inputs[1], node->inputs[0]};
        SDX_TRY(sdx_upgrade_before(u, "sardonyx", "AlignAxis", inputs, 2, &value));
        SDX_TRY(sdx_node_set_attr(value->producer, "axis", at));
        SDX_TRY(sdx_node_set_input(node, 1, value));
    }
    sdx_node_drop_attr(node, "axis");
    sdx_node_drop_attr(node, "broadcast");
    return NULL;
}
