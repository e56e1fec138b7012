/* See parts.h. */
#include "ops/compound/parts.h"

sdx_status sdx_part_int(const sdx_upgrade *u, const char *name, int64_t other, int64_t *out) {
    const sdx_attr *const attr = sdx_node_named(u->node, name);
    if (attr != NULL && attr->kind != SDX_ATTR_INT)
        return sdx_fail(SDX_INVALID_MODEL, "attribute '%s' has another type, expected int", name);
    *out = attr != NULL ? attr->i : other;
    return NULL;
}

sdx_status sdx_part_require(const sdx_upgrade *u, size_t i) {
    if (sdx_part_input(u, i) != NULL) return NULL;
    const sdx_port *const port = sdx_op_input_port(u->node->op, i);
    return sdx_fail(SDX_INVALID_MODEL, "input '%s' is absent, expected a tensor",
                    port != NULL ? port->name : "");
}

sdx_status sdx_part_turn(sdx_upgrade *u, const char *op_type, sdx_gvalue *const *inputs, size_t n) {
    SDX_TRY(sdx_node_set_inputs(u->node, inputs, n));
    return sdx_upgrade_turn(u, op_type);
}

sdx_status sdx_part_dequantise(sdx_upgrade *u, size_t at, sdx_gvalue **out) {
    SDX_TRY(sdx_part_require(u, at));
    SDX_TRY(sdx_part_require(u, at + 1));
    sdx_gvalue *const inputs[] = {sdx_part_input(u, at), sdx_part_input(u, at + 1),
                                  sdx_part_input(u, at + 2)};
    return sdx_upgrade_before(u, "", "DequantizeLinear", inputs, inputs[2] != NULL ? 3 : 2, out);
}

sdx_status sdx_part_quantise(sdx_upgrade *u, size_t at, const sdx_gvalue *like) {
    SDX_TRY(sdx_part_require(u, at));
    sdx_gvalue *const inputs[] = {sdx_part_input(u, at), sdx_part_input(u, at + 1)};
    const bool byte =
        like->type != NULL && like->type->kind == SDX_TENSOR && like->type->dtype == SDX_INT8;
    sdx_node *node;
    SDX_TRY(
        sdx_upgrade_after(u, 0, "", "QuantizeLinear", inputs, inputs[1] != NULL ? 2 : 1, &node));
    if (node == NULL || inputs[1] != NULL || !byte) return NULL;
    return sdx_node_set_attr(node, "output_dtype",
                             (sdx_attr){.kind = SDX_ATTR_INT, .n = 1, .i = SDX_INT8});
}

/* ---- order of dims */

static sdx_status set_perm(sdx_node *node, int rank, bool first) {
    int64_t *perm;
    SDX_TRY(SDX_ARENA_NEW(node->graph->ir->arena, (size_t)rank, &perm));
    perm[0] = 0;
    for (int i = 1; i < rank; i++) {
        perm[i] = first ? (i == 1 ? rank - 1 : i - 1) : (i == rank - 1 ? 1 : i + 1);
    }
    return sdx_node_set_attr(node, "perm",
                             (sdx_attr){.kind = SDX_ATTR_INTS, .n = (size_t)rank, .ints = perm});
}

sdx_status sdx_part_channels_first(sdx_upgrade *u, sdx_gvalue *value, sdx_gvalue **out) {
    if (value->shape.rank < 3)
        return sdx_fail(SDX_UNSUPPORTED,
                        "found channels in the last dimension of a tensor whose rank is not known "
                        "or below 3, expected [N, sizes, C]");
    SDX_TRY(sdx_upgrade_before(u, "", "Transpose", &value, 1, out));
    return set_perm((*out)->producer, value->shape.rank, true);
}

sdx_status sdx_part_channels_last(sdx_upgrade *u, int rank) {
    sdx_node *node;
    SDX_TRY(sdx_upgrade_after(u, 0, "", "Transpose", NULL, 0, &node));
    return node != NULL ? set_perm(node, rank, false) : NULL;
}
