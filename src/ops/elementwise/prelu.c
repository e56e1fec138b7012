/* PRelu: x where it is positive, else slope * x. */
#include "ops/elementwise/binary.h"

#define NUMBERS (SDX_T_FLOATS | SDX_T(INT32) | SDX_T(INT64) | SDX_T(UINT32) | SDX_T(UINT64))

static const sdx_port inputs[] = {{.name = "X", .var = "T", .types = NUMBERS},
                                  {.name = "slope", .var = "T", .types = NUMBERS}};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = NUMBERS}};

/* ONNX: PRelu-6: one slope for all, or one for each channel, which is axis 1. */
static sdx_status from_1(sdx_upgrade *u) {
    sdx_upgrade_drop(u, "consumed_inputs");
    if (u->node->n_inputs < 2 || !u->node->inputs[0] || !u->node->inputs[1]) return NULL;
    const sdx_shape *const slope = &u->node->inputs[1]->shape;
    if (slope->rank != 1 || slope->dims[0] == 1 || u->node->inputs[0]->shape.rank == 1) return NULL;
    sdx_gvalue *aligned, *const both[] = {u->node->inputs[1], u->node->inputs[0]};
    SDX_TRY(sdx_upgrade_before(u, "sardonyx", "AlignAxis", both, 2, &aligned));
    SDX_TRY(sdx_node_set_attr(aligned->producer, "axis",
                              (sdx_attr){.kind = SDX_ATTR_INT, .n = 1, .i = 1}));
    return sdx_node_set_input(u->node, 1, aligned);
}
static const sdx_upgrade_rule upgrades[] = {{.below = 7, .apply = from_1}};

/* ONNX: PRelu-7: the slope broadcasts to X, never the other way. */
static sdx_status infer(sdx_infer *in) {
    SDX_TRY(sdx_infer_same(in, 0, 0));
    if (!sdx_infer_ranked(in, 0) || !sdx_infer_ranked(in, 1)) return NULL;
    const sdx_fact *const x = &in->in[0], *const slope = &in->in[1];
    bool fits = slope->rank <= x->rank;
    for (int i = 0; fits && i < slope->rank; i++) {
        const sdx_dim have = slope->dims[i], want = x->dims[i + x->rank - slope->rank];
        const bool numbers = sdx_dim_is_number(have) && sdx_dim_is_number(want);
        fits = !numbers || have == 1 || have == want;
    }
    if (fits) return NULL;
    char have[160], want[160];
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "input 'slope' has shape %s, expected one that broadcasts to %s of 'X'",
                    sdx_infer_shape_text(in, 1, have, sizeof have),
                    sdx_infer_shape_text(in, 0, want, sizeof want));
}

static const sdx_binary row = {.loops = sdx_loops_prelu,
                               .f32 = offsetof(sdx_exact_table, prelu_f32)};

const sdx_op sdx_op_prelu = {
    .name = "PRelu",
    .domain = "",
    .since = 1,
    .newest = 16,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(upgrades, upgrades),
    .flags = SDX_OP_INPLACE | SDX_OP_WIDEN,
    .bound_size = sizeof(sdx_walk),
    .data = &row,
    .infer = infer,
    .bind = sdx_binary_bind,
    .run = sdx_binary_run,
};
