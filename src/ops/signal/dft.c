/* DFT: the Fourier transform along an axis; the last dim holds real and imaginary parts. */
#include "ops/signal/spectrum.h"
#include "ops/upgrade.h"

enum { INVERSE, ONESIDED };
enum { IN_INPUT, IN_LENGTH, IN_AXIS };

static const sdx_port inputs[] = {
    {.name = "input", .var = "T1", .types = SDX_T_FLOATS},
    {.name = "dft_length", .var = "T2", .types = SDX_T_INDEX, .flags = SDX_PORT_OPTIONAL},
    {.name = "axis", .var = "T3", .types = SDX_T(INT64), .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "output", .var = "T1", .types = SDX_T_FLOATS}};
static const sdx_attr_def attrs[] = {
    [INVERSE] = SDX_ATTR_I("inverse", 0), [ONESIDED] = SDX_ATTR_I("onesided", 0)};

/* ONNX: DFT-20 the axis became an input, and its default the last axis of the signal. */
static sdx_status from_17(sdx_upgrade *u) {
    SDX_TRY(sdx_upgrade_default_int(u, "axis", 1));
    return sdx_upgrade_int_to_input(u, "axis", IN_AXIS, 0);
}
static const sdx_upgrade_rule upgrades[] = {{.below = 20, .apply = from_17}};

/* ONNX: DFT-20 axis: any but the last one, which holds the parts. */
static sdx_status find_axis(int64_t axis, size_t rank, size_t *at) {
    SDX_TRY(sdx_axis(axis, rank, "input 'axis'", at));
    if (*at + 1 < rank) return NULL;
    return sdx_fail(SDX_OUT_OF_RANGE,
                    "input 'axis' is %lld, the last axis, which holds real and imaginary parts; "
                    "expected another one",
                    (long long)axis);
}

/* Samples of the transform: as told, or what the axis holds. ONNX: DFT-20 dft_length */
static sdx_status infer_length(sdx_infer *in, sdx_dim held, bool halved, sdx_dim *n) {
    *n = halved ? sdx_dim_mul(in->dims, 2, sdx_dim_sub(in->dims, held, 1)) : held;
    if (!sdx_infer_has(in, IN_LENGTH)) return NULL;
    SDX_TRY(sdx_infer_scalar(in, IN_LENGTH, n));
    if (!sdx_dim_is_number(*n) || *n > 0) return NULL;
    return sdx_fail(SDX_OUT_OF_RANGE, "input 'dft_length' is %lld, expected at least 1",
                    (long long)*n);
}

static sdx_status infer(sdx_infer *in) {
    const bool onesided = sdx_node_int(in->node, ONESIDED) != 0;
    const bool inverse = sdx_node_int(in->node, INVERSE) != 0;
    if (!sdx_infer_ranked(in, IN_INPUT)) return NULL;
    SDX_TRY(sdx_spectrum_check(in, "input", !(onesided && inverse), !onesided || inverse));
    const size_t rank = (size_t)in->in[IN_INPUT].rank;
    sdx_dim axis = -2, n, dims[SDX_MAX_RANK];
    if (sdx_infer_has(in, IN_AXIS)) SDX_TRY(sdx_infer_scalar(in, IN_AXIS, &axis));
    if (!sdx_dim_is_number(axis)) return sdx_infer_set_rank(in, 0, rank);
    size_t at;
    SDX_TRY(find_axis(axis, rank, &at));
    for (size_t i = 0; i < rank; i++)
        dims[i] = in->in[IN_INPUT].dims[i];
    SDX_TRY(infer_length(in, dims[at], onesided && inverse, &n));
    dims[at] = onesided && !inverse ? sdx_spectrum_half(in->dims, n) : n;
    dims[rank - 1] = onesided && inverse ? 1 : 2;
    return sdx_infer_set_shape(in, 0, rank, dims);
}

/* The length of the transform once shapes are known. */
static size_t length(const sdx_call *c, size_t at, bool halved) {
    const sdx_view *const told = sdx_call_in(c, IN_LENGTH);
    if (!halved) return (size_t)c->out[0]->dims[at];
    return told ? (size_t)sdx_view_int(told, 0) : (size_t)c->in[IN_INPUT]->dims[at];
}

static sdx_samples samples(const sdx_view *view, size_t at) {
    const size_t parts = (size_t)view->dims[view->rank - 1];
    const size_t step = sdx_view_count(view, at + 1, view->rank);
    const size_t held = (size_t)view->dims[at];
    return (sdx_samples){
        .outer = held * step, .beside = parts, .step = step, .parts = parts, .count = held};
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const x = c->in[IN_INPUT], *const axis = sdx_call_in(c, IN_AXIS);
    const bool onesided = sdx_node_int(c->node, ONESIDED) != 0;
    const bool inverse = sdx_node_int(c->node, INVERSE) != 0;
    size_t at;
    if (c->out[0]->len == 0) return NULL;
    SDX_TRY(find_axis(axis ? sdx_view_int(axis, 0) : -2, x->rank, &at));
    const size_t n = length(c, at, onesided && !inverse);
    if (n == 0)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'input' has no samples, expected one or more");
    sdx_spectrum s = {.n = n,
                      .rows = sdx_view_count(c->out[0], 0, at) *
                              sdx_view_count(c->out[0], at + 1, (size_t)x->rank - 1),
                      .inner = sdx_view_count(x, at + 1, (size_t)x->rank - 1),
                      .src = samples(x, at),
                      .dst = samples(c->out[0], at),
                      .inverse = inverse,
                      .mirrored = onesided && inverse};
    const size_t used = s.mirrored ? n / 2 + 1 : n;
    if (s.src.count > used) s.src.count = used;
    return sdx_spectrum_run(c, &s, NULL);
}

const sdx_op sdx_op_dft = {
    .name = "DFT",
    .domain = "",
    .since = 17,
    .newest = 20,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    SDX_ROWS(upgrades, upgrades),
    .flags = SDX_OP_WIDEN,
    .infer = infer,
    .run = run,
};
