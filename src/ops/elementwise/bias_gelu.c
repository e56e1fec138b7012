/* BiasGelu and FastGelu of com.microsoft: Gelu of an input plus a bias along its last axis. */
#include "ops/elementwise/binary.h"
#include "ops/elementwise/unary.h"

static const sdx_port bias_in[] = {{.name = "A", .var = "T", .types = SDX_T_FLOATS},
                                   {.name = "B", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_port fast_in[] = {
    {.name = "X", .var = "T", .types = SDX_T_FLOATS},
    {.name = "bias", .var = "T", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL}};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = SDX_T_FLOATS}};

static sdx_status infer(sdx_infer *in) {
    SDX_TRY(sdx_infer_same(in, 0, 0));
    if (!sdx_infer_ranked(in, 0) || !sdx_infer_ranked(in, 1)) return NULL;
    SDX_TRY(sdx_infer_want_rank(in, 1, 1));
    const int rank = in->in[0].rank;
    const sdx_dim last = rank > 0 ? in->in[0].dims[rank - 1] : 1, have = in->in[1].dims[0];
    if (!sdx_dim_is_number(last) || !sdx_dim_is_number(have) || last == have) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "input '%s' has %lld elements, expected %lld as the last axis of '%s'",
                    sdx_op_input_port(in->node->op, 1)->name, (long long)have, (long long)last,
                    sdx_op_input_port(in->node->op, 0)->name);
}

static sdx_status bind(sdx_bind *b) { return b->n_in > 1 && b->in[1] ? sdx_binary_bind(b) : NULL; }

static sdx_status run(const sdx_call *c) {
    const sdx_view *const sum[] = {c->out[0]};
    sdx_call then = *c;
    if (sdx_call_in(c, 1)) {
        SDX_TRY(sdx_binary_run_row(c, &sdx_binary_add));
        then.in = sum;
        then.n_in = 1;
    }
    return sdx_unary_run(&then, c->node->op->data, 0, 0);
}

const sdx_op sdx_op_ms_bias_gelu = {
    .name = "BiasGelu",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, bias_in),
    SDX_ROWS(outputs, outputs),
    .flags = SDX_OP_INPLACE | SDX_OP_WIDEN,
    .bound_size = sizeof(sdx_walk),
    .data = &sdx_unary_gelu_erf,
    .infer = infer,
    .bind = bind,
    .run = run,
};

const sdx_op sdx_op_ms_fast_gelu = {
    .name = "FastGelu",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, fast_in),
    SDX_ROWS(outputs, outputs),
    .flags = SDX_OP_INPLACE | SDX_OP_WIDEN,
    .bound_size = sizeof(sdx_walk),
    .data = &sdx_unary_gelu_tanh,
    .infer = infer,
    .bind = bind,
    .run = run,
};
