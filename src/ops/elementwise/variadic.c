/* Min, Max, Sum, Mean: a binary map folded over any number of inputs, from the left. */
#include <string.h>

#include "ops/elementwise/binary.h"

static const sdx_port number_in[] = {
    {.name = "data_0", .var = "T", .types = SDX_T_NUMERIC, .flags = SDX_PORT_VARIADIC}};
static const sdx_port number_out[] = {{.name = "result", .var = "T", .types = SDX_T_NUMERIC}};
static const sdx_port float_in[] = {
    {.name = "data_0", .var = "T", .types = SDX_T_FLOATS, .flags = SDX_PORT_VARIADIC}};
static const sdx_port float_out[] = {{.name = "result", .var = "T", .types = SDX_T_FLOATS}};

/* ONNX: Max-1 consumed_inputs */
static sdx_status drop_consumed(sdx_upgrade *u) {
    sdx_upgrade_drop(u, "consumed_inputs");
    return NULL;
}
static const sdx_upgrade_rule upgrades[] = {{.below = 6, .apply = drop_consumed}};

static sdx_status infer_min(sdx_infer *in) {
    return in->n_in == 2 ? sdx_binary_infer_ints(in, sdx_dim_min) : sdx_infer_broadcast_all(in);
}
static sdx_status infer_max(sdx_infer *in) {
    return in->n_in == 2 ? sdx_binary_infer_ints(in, sdx_dim_max) : sdx_infer_broadcast_all(in);
}

/* The number of inputs has no bound, so the walks are made here and not at binding. */
static sdx_status run(const sdx_call *c) {
    const sdx_view *const out = c->out[0], *left = c->in[0];
    for (size_t i = 1; i < c->n_in; i++) {
        const sdx_view *const pair[] = {left, c->in[i]};
        sdx_walk w;
        sdx_walk_init(&w, out, pair, 2);
        sdx_binary_walk(c, c->node->op->data, &w, out, left, c->in[i]);
        left = out;
    }
    if (c->n_in == 1 && out->len > 0) memcpy(out->data, c->in[0]->data, sdx_view_bytes(out));
    return NULL;
}

static sdx_status run_mean(const sdx_call *c) {
    const sdx_view *const out = c->out[0];
    SDX_TRY(run(c));
    double number;
    sdx_view n;
    SDX_TRY(sdx_view_init(&n, out->dtype, 0, NULL));
    n.data = &number;
    sdx_view_set_double(&n, 0, (double)c->n_in);
    const sdx_view *const pair[] = {out, &n};
    sdx_walk w;
    sdx_walk_init(&w, out, pair, 2);
    sdx_binary_walk(c, &sdx_binary_div, &w, out, out, &n);
    return NULL;
}

/* VARIADIC(min, "Min", ...) is sdx_op_min. Not in place: a later input would be overwritten. */
#define VARIADIC(id, name_, in_, out_, row_, infer_, run_) \
    const sdx_op sdx_op_##id = {                           \
        .name = name_,                                     \
        .domain = "",                                      \
        .since = 1,                                        \
        .newest = 13,                                      \
        SDX_ROWS(inputs, in_),                             \
        SDX_ROWS(outputs, out_),                           \
        SDX_ROWS(upgrades, upgrades),                      \
        .flags = SDX_OP_WIDEN,                             \
        .data = &row_,                                     \
        .infer = infer_,                                   \
        .run = run_,                                       \
    };

VARIADIC(min, "Min", number_in, number_out, sdx_binary_min, infer_min, run)
VARIADIC(max, "Max", number_in, number_out, sdx_binary_max, infer_max, run)
VARIADIC(sum, "Sum", float_in, float_out, sdx_binary_add, sdx_infer_broadcast_all, run)
VARIADIC(mean, "Mean", float_in, float_out, sdx_binary_add, sdx_infer_broadcast_all, run_mean)
