/* SkipLayerNormalization and SkipSimplifiedLayerNormalization of com.microsoft: the norm of a sum
 * (input, skip and, where given, a bias) over the last dim; the sum can be had as well. */
#include <string.h>

#include "kernels/kernels.h"
#include "ops/call.h"
#include "ops/infer.h"

enum { IN_INPUT, IN_SKIP, IN_GAMMA }; /* then, by operator: beta, bias */
enum { OUT_Y, OUT_MEAN, OUT_INV_STD, OUT_SUM };
enum { EPSILON };

#define TYPES (SDX_T(FLOAT32) | SDX_T_HALVES)

static const sdx_port inputs[] = {
    {.name = "input", .var = "T", .types = TYPES},
    {.name = "skip", .var = "T", .types = TYPES},
    {.name = "gamma", .var = "T", .types = TYPES},
    {.name = "beta", .var = "T", .types = TYPES, .flags = SDX_PORT_OPTIONAL},
    {.name = "bias", .var = "T", .types = TYPES, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port simplified_inputs[] = {
    {.name = "input", .var = "T", .types = TYPES},
    {.name = "skip", .var = "T", .types = TYPES},
    {.name = "gamma", .var = "T", .types = TYPES},
    {.name = "bias", .var = "T", .types = TYPES, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {
    {.name = "output", .var = "T", .types = TYPES},
    {.name = "mean", .var = "U", .types = SDX_T(FLOAT32), .flags = SDX_PORT_OPTIONAL},
    {.name = "inv_std_var", .var = "U", .types = SDX_T(FLOAT32), .flags = SDX_PORT_OPTIONAL},
    {.name = "input_skip_bias_sum", .var = "T", .types = TYPES, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_attr_def attrs[] = {[EPSILON] = SDX_ATTR_F("epsilon", 1e-12f)};

/* What the two operators differ in. */
typedef struct variant {
    size_t beta, bias; /* inputs; 0: none */
    bool centred;
} variant;
static const variant layer = {.beta = 3, .bias = 4, .centred = true};
static const variant simplified = {.bias = 3};

/* ---- shapes */

/* A vector as long as the rows. */
static sdx_status want_row(const sdx_infer *in, size_t input) {
    char text[96], whole[160];
    if (!sdx_infer_ranked(in, input)) return NULL;
    SDX_TRY(sdx_infer_want_rank(in, input, 1));
    const sdx_fact *const x = &in->in[IN_INPUT];
    const sdx_dim n = x->dims[x->rank - 1], len = in->in[input].dims[0];
    if (n == len || !sdx_dim_is_number(n) || !sdx_dim_is_number(len)) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "input '%s' has shape %s, expected the last dimension of %s of 'input'",
                    sdx_op_input_port(in->node->op, input)->name,
                    sdx_infer_shape_text(in, input, text, sizeof text),
                    sdx_infer_shape_text(in, IN_INPUT, whole, sizeof whole));
}

/* 'skip' has the shape of 'input', or lacks the batch, or has a batch of 1. */
static sdx_status check_skip(const sdx_infer *in) {
    const sdx_fact *const x = &in->in[IN_INPUT], *const skip = &in->in[IN_SKIP];
    char text[160], whole[160];
    if (!sdx_infer_ranked(in, IN_SKIP)) return NULL;
    bool fits = skip->rank >= 1 && skip->rank <= x->rank && skip->rank + 1 >= x->rank;
    for (int i = 1; fits && i <= skip->rank; i++) {
        const sdx_dim a = skip->dims[skip->rank - i], b = x->dims[x->rank - i];
        fits = a == b || !sdx_dim_is_number(a) || !sdx_dim_is_number(b) || (a == 1 && i == x->rank);
    }
    if (fits) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "input 'skip' has shape %s, expected %s of 'input', or that without its batch",
                    sdx_infer_shape_text(in, IN_SKIP, text, sizeof text),
                    sdx_infer_shape_text(in, IN_INPUT, whole, sizeof whole));
}

static sdx_status infer(sdx_infer *in) {
    char text[96];
    sdx_infer_set_dtype(in, OUT_MEAN, SDX_FLOAT32);
    sdx_infer_set_dtype(in, OUT_INV_STD, SDX_FLOAT32);
    if (!sdx_infer_ranked(in, IN_INPUT)) return NULL;
    const sdx_fact *const x = &in->in[IN_INPUT];
    const size_t rank = (size_t)x->rank;
    if (rank == 0)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'input' has shape %s, expected rank 2 or 3",
                        sdx_infer_shape_text(in, IN_INPUT, text, sizeof text));
    SDX_TRY(check_skip(in));
    for (size_t i = IN_GAMMA; i < in->n_in; i++) {
        SDX_TRY(want_row(in, i));
    }
    sdx_dim dims[SDX_MAX_RANK];
    memcpy(dims, x->dims, rank * sizeof *dims);
    dims[rank - 1] = 1;
    SDX_TRY(sdx_infer_set_shape(in, OUT_MEAN, rank, dims));
    SDX_TRY(sdx_infer_set_shape(in, OUT_INV_STD, rank, dims));
    SDX_TRY(sdx_infer_same(in, OUT_SUM, IN_INPUT));
    return sdx_infer_same(in, OUT_Y, IN_INPUT);
}

/* ---- rows */

typedef struct job {
    const sdx_kernel_table *kernels;
    const float *x, *skip, *gamma, *beta, *bias; /* the last two may be NULL */
    float *y, *sum, *mean, *inv_std;             /* all but y may be NULL */
    size_t n, skip_rows;                         /* rows of skip: they repeat */
    float epsilon;
    sdx_norm_f32_fn *kernel;
} job;

static void chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const sdx_kernel_table *const k = j->kernels;
    const size_t n = j->n;
    (void)lane;
    for (size_t r = begin; r < end; r++) {
        float *const y = j->y + r * n, *const sum = j->sum != NULL ? j->sum + r * n : y;
        const sdx_norm_f32 norm = {.scale = j->gamma,
                                   .bias = j->beta,
                                   .mean = j->mean != NULL ? j->mean + r : NULL,
                                   .inv_std = j->inv_std != NULL ? j->inv_std + r : NULL,
                                   .epsilon = j->epsilon};
        k->add_f32(sum, j->x + r * n, j->skip + r % j->skip_rows * n, n, SDX_FORM_VV);
        if (j->bias != NULL) k->add_f32(sum, sum, j->bias, n, SDX_FORM_VV);
        j->kernel(y, sum, n, &norm);
    }
}

static const float *read(const sdx_call *c, size_t input) {
    const sdx_view *const in = input != 0 ? sdx_call_in(c, input) : NULL;
    return in != NULL ? in->data : NULL;
}

static float *written(const sdx_call *c, size_t output) {
    const sdx_view *const out = sdx_call_out(c, output);
    return out != NULL ? out->data : NULL;
}

static sdx_status run(const sdx_call *c) {
    const variant *const v = c->node->op->data;
    const sdx_view *const x = c->in[IN_INPUT];
    if (x->len == 0) return NULL;
    const size_t n = (size_t)x->dims[x->rank - 1], rows = x->len / n;
    job j = {.kernels = c->kernels,
             .x = x->data,
             .skip = c->in[IN_SKIP]->data,
             .gamma = c->in[IN_GAMMA]->data,
             .beta = read(c, v->beta),
             .bias = read(c, v->bias),
             .y = c->out[OUT_Y]->data,
             .sum = written(c, OUT_SUM),
             .mean = written(c, OUT_MEAN),
             .inv_std = written(c, OUT_INV_STD),
             .n = n,
             .skip_rows = c->in[IN_SKIP]->len / n,
             .epsilon = sdx_node_float(c->node, EPSILON),
             .kernel = v->centred ? c->kernels->layer_norm_f32 : c->kernels->rms_norm_f32};
    for (size_t r = 0; !v->centred && j.mean != NULL && r < rows; r++) {
        j.mean[r] = 0; /* a root of mean squares knows no mean */
    }
    sdx_call_for(c, rows, sdx_grain(n * 3), chunk, &j);
    return NULL;
}

const sdx_op sdx_op_skip_layer_normalization = {
    .name = "SkipLayerNormalization",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .data = &layer,
    .infer = infer,
    .run = run,
};

const sdx_op sdx_op_skip_simplified_layer_normalization = {
    .name = "SkipSimplifiedLayerNormalization",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, simplified_inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .data = &simplified,
    .infer = infer,
    .run = run,
};
