/* What rules that take an operator apart are written with. Rules see a node as it is in the file,
 * before any check. */
#ifndef SDX_OPS_COMPOUND_PARTS_H
#define SDX_OPS_COMPOUND_PARTS_H

#include "ops/upgrade.h"

/* Input `i`; NULL: absent. */
static inline sdx_gvalue *sdx_part_input(const sdx_upgrade *u, size_t i) {
    return i < u->node->n_inputs ? u->node->inputs[i] : NULL;
}

/* An integer attribute, or `other` where it is absent. */
sdx_status sdx_part_int(const sdx_upgrade *u, const char *name, int64_t other, int64_t *out)
    SDX_NODISCARD;

/* "input 'A' is absent, expected ...": required inputs, before they are taken apart. */
sdx_status sdx_part_require(const sdx_upgrade *u, size_t i) SDX_NODISCARD;

/* The node's inputs become these n, and it that operator of ai.onnx. */
sdx_status sdx_part_turn(sdx_upgrade *u, const char *op_type, sdx_gvalue *const *inputs, size_t n)
    SDX_NODISCARD;

/* DequantizeLinear of input `at`, whose scale and zero point (which may be absent) follow. */
sdx_status sdx_part_dequantise(sdx_upgrade *u, size_t at, sdx_gvalue **out) SDX_NODISCARD;
/* QuantizeLinear behind output 0, by inputs `at` and at + 1 and, where the latter is absent, to the
 * element type of `like`. */
sdx_status sdx_part_quantise(sdx_upgrade *u, size_t at, const sdx_gvalue *like) SDX_NODISCARD;

/* [N, H, ..., C] as [N, C, H, ...], before the node; the reverse behind it. */
sdx_status sdx_part_channels_first(sdx_upgrade *u, sdx_gvalue *value, sdx_gvalue **out)
    SDX_NODISCARD;
sdx_status sdx_part_channels_last(sdx_upgrade *u, int rank) SDX_NODISCARD;

#endif
