/* CausalConvWithState: each channel is convolved with a kernel of its own that looks backwards,
 * into the end of the previous call where it has to. */
#include <string.h>

#include "kernels/kernels.h"
#include "ops/call.h"
#include "ops/infer.h"

enum { IN_X, IN_WEIGHT, IN_BIAS, IN_PAST };
enum { OUT_Y, OUT_PRESENT };
enum { ACTIVATION };

#define TYPES (SDX_T(FLOAT32) | SDX_T_HALVES)

static const sdx_port inputs[] = {
    {.name = "input", .var = "T", .types = TYPES},
    {.name = "weight", .var = "T", .types = TYPES},
    {.name = "bias", .var = "T", .types = TYPES, .flags = SDX_PORT_OPTIONAL},
    {.name = "past_state", .var = "T", .types = TYPES, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {
    {.name = "output", .var = "T", .types = TYPES},
    {.name = "present_state", .var = "T", .types = TYPES},
};
static const sdx_attr_def attrs[] = {[ACTIVATION] = SDX_ATTR_S("activation", "none")};

/* ---- shapes */

static sdx_status want_shape(const sdx_infer *in, size_t input, size_t rank, const sdx_dim *want) {
    char text[160], expected[160];
    if (!sdx_infer_ranked(in, input)) return NULL;
    const sdx_fact *const fact = &in->in[input];
    bool fits = fact->rank == (int)rank;
    for (size_t i = 0; fits && i < rank; i++) {
        fits = fact->dims[i] == want[i] || !sdx_dim_is_number(fact->dims[i]) ||
               !sdx_dim_is_number(want[i]);
    }
    if (fits) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s' has shape %s, expected %s", inputs[input].name,
                    sdx_infer_shape_text(in, input, text, sizeof text),
                    sdx_dims_text(in->dims, rank, want, expected, sizeof expected));
}

static sdx_status infer(sdx_infer *in) {
    const sdx_str activation = sdx_node_str(in->node, ACTIVATION);
    char text[160];
    if (!sdx_str_is(activation, "none") && !sdx_str_is(activation, "silu") &&
        !sdx_str_is(activation, "swish"))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'activation' is '%.*s', expected 'none', 'silu' or 'swish'",
                        SDX_FMT(activation));
    SDX_TRY(sdx_infer_want_rank(in, IN_X, 3));
    SDX_TRY(sdx_infer_want_rank(in, IN_WEIGHT, 3));
    if (!sdx_infer_ranked(in, IN_X) || !sdx_infer_ranked(in, IN_WEIGHT)) return NULL;
    const sdx_dim *const x = in->in[IN_X].dims, taps = in->in[IN_WEIGHT].dims[2];
    const sdx_dim weight[] = {x[1], 1, taps};
    const sdx_dim state[] = {x[0], x[1], sdx_dim_sub(in->dims, taps, 1)};
    if (taps == 0)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'weight' has shape %s, expected one tap or more",
                        sdx_infer_shape_text(in, IN_WEIGHT, text, sizeof text));
    SDX_TRY(want_shape(in, IN_WEIGHT, 3, weight));
    SDX_TRY(want_shape(in, IN_BIAS, 1, &x[1]));
    SDX_TRY(want_shape(in, IN_PAST, 3, state));
    SDX_TRY(sdx_infer_same(in, OUT_Y, IN_X));
    return sdx_infer_set_shape(in, OUT_PRESENT, 3, state);
}

/* ---- rows */

typedef struct job {
    const sdx_kernel_table *kernels;
    const float *x, *weight, *bias, *past; /* the last two may be NULL */
    float *y, *present;                    /* NULL: not wanted */
    float *padded;                         /* taps - 1 + len, then len, for each lane */
    size_t channels, len, taps;
    bool silu;
} job;

static void convolve(float *y, const float *padded, const float *weight, float bias, const job *j) {
    for (size_t t = 0; t < j->len; t++) {
        y[t] = bias;
    }
    for (size_t tap = 0; tap < j->taps; tap++) {
        const float w = weight[tap];
        for (size_t t = 0; t < j->len; t++) {
            y[t] += w * padded[tap + t];
        }
    }
    if (j->silu) j->kernels->silu_f32(y, y, j->len, 1, 0);
}

/* Item: a channel of a batch. */
static void chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const size_t before = j->taps - 1;
    float *const padded = j->padded + lane * (before + 2 * j->len);
    for (size_t r = begin; r < end; r++) {
        const size_t channel = r % j->channels;
        const float bias = j->bias != NULL ? j->bias[channel] : 0;
        if (j->past != NULL && before != 0)
            memcpy(padded, j->past + r * before, before * sizeof *padded);
        else
            memset(padded, 0, before * sizeof *padded);
        if (j->len != 0) memcpy(padded + before, j->x + r * j->len, j->len * sizeof *padded);
        convolve(j->y != NULL ? j->y + r * j->len : padded + before + j->len, padded,
                 j->weight + channel * j->taps, bias, j);
        if (j->present != NULL && before != 0)
            memcpy(j->present + r * before, padded + j->len, before * sizeof *padded);
    }
}

static sdx_status bind(sdx_bind *b) {
    const size_t len = (size_t)b->in[IN_X]->dims[2], taps = (size_t)b->in[IN_WEIGHT]->dims[2];
    b->scratch = b->lanes * (taps - 1 + 2 * len) * sizeof(float);
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const x = c->in[IN_X], *const y = sdx_call_out(c, OUT_Y);
    const sdx_view *const bias = sdx_call_in(c, IN_BIAS), *const past = sdx_call_in(c, IN_PAST);
    const sdx_view *const present = sdx_call_out(c, OUT_PRESENT);
    job j = {.kernels = c->kernels,
             .x = x->data,
             .weight = c->in[IN_WEIGHT]->data,
             .bias = bias != NULL ? bias->data : NULL,
             .past = past != NULL ? past->data : NULL,
             .y = y != NULL ? y->data : NULL,
             .present = present != NULL ? present->data : NULL,
             .padded = c->scratch,
             .channels = (size_t)x->dims[1],
             .len = (size_t)x->dims[2],
             .taps = (size_t)c->in[IN_WEIGHT]->dims[2],
             .silu = !sdx_str_is(sdx_node_str(c->node, ACTIVATION), "none")};
    sdx_call_for(c, (size_t)x->dims[0] * j.channels, sdx_grain(j.len * j.taps), chunk, &j);
    return NULL;
}

const sdx_op sdx_op_causal_conv_with_state = {
    .name = "CausalConvWithState",
    .domain = "",
    .since = 27,
    .newest = 27,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .infer = infer,
    .bind = bind,
    .run = run,
};
