/* LRN: every element is divided by a power of the squares around it, across channels. The sum over
 * the window is added anew for each channel, so that no rounding drifts along. */
#include <math.h>

#include "kernels/kernels.h"
#include "ops/call.h"
#include "ops/infer.h"

enum { ALPHA, BETA, BIAS, SIZE };
enum { BLOCK = 256 }; /* neighbours along a plane that are summed at a time */

static const sdx_port inputs[] = {{.name = "X", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_attr_def attrs[] = {
    [ALPHA] = SDX_ATTR_F("alpha", 0.0001f),
    [BETA] = SDX_ATTR_F("beta", 0.75f),
    [BIAS] = SDX_ATTR_F("bias", 1.0f),
    [SIZE] = SDX_ATTR_REQ("size", SDX_ATTR_INT),
};

static sdx_status infer(sdx_infer *in) {
    const int64_t size = sdx_node_int(in->node, SIZE);
    if (size < 1)
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'size' is %lld, expected 1 or more",
                        (long long)size);
    if (sdx_infer_ranked(in, 0) && in->in[0].rank < 2) return sdx_infer_want_rank(in, 0, 4);
    return sdx_infer_same(in, 0, 0);
}

typedef struct job {
    const void *x;
    void *y;
    size_t channels, inner;
    size_t before, after; /* channels that the window reaches in each direction */
    double scale, beta, bias;
} job;

/* The usual exponent needs no pow. */
static double power(double x, double exponent) {
    return exponent == 0.75 ? sqrt(x) * sqrt(sqrt(x)) : pow(x, exponent);
}

#define T float
#define NAME(x) x##_f32
#include "ops/norm/lrn_tmpl.h"
#define T double
#define NAME(x) x##_f64
#include "ops/norm/lrn_tmpl.h"

static sdx_status run(const sdx_call *c) {
    const sdx_view *const x = c->in[0];
    const size_t size = (size_t)sdx_node_int(c->node, SIZE);
    const size_t images = (size_t)x->dims[0];
    /* ONNX: LRN-13: floor((size - 1) / 2) channels before, ceil((size - 1) / 2) after. */
    job j = {.x = x->data,
             .y = c->out[0]->data,
             .channels = (size_t)x->dims[1],
             .inner = sdx_view_count(x, 2, x->rank),
             .before = (size - 1) / 2,
             .after = size / 2,
             .scale = (double)sdx_node_float(c->node, ALPHA) / (double)size,
             .beta = (double)sdx_node_float(c->node, BETA),
             .bias = (double)sdx_node_float(c->node, BIAS)};
    if (x->len == 0) return NULL;
    const size_t window = size < j.channels ? size : j.channels;
    sdx_call_for(c, images * j.channels, sdx_grain(j.inner * (window + 16)),
                 x->dtype == SDX_FLOAT64 ? planes_f64 : planes_f32, &j);
    return NULL;
}

const sdx_op sdx_op_lrn = {
    .name = "LRN",
    .domain = "",
    .since = 1,
    .newest = 13,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .infer = infer,
    .run = run,
};
