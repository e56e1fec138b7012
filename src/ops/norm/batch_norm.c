/* BatchNormalization: every channel is scaled and shifted by statistics that are given, or, in
 * training, measured over the batch. The old form without `spatial`, where each feature is a
 * channel, is revision 1. */
#include <math.h>

#include "kernels/kernels.h"
#include "ops/call.h"
#include "ops/infer.h"
#include "ops/upgrade.h"

enum { IN_X, IN_SCALE, IN_B, IN_MEAN, IN_VAR };
enum { OUT_Y, OUT_MEAN, OUT_VAR, OUT_SAVED_MEAN, OUT_SAVED_VAR, N_OUT };
enum { EPSILON, MOMENTUM, TRAINING_MODE };
enum { REV_FEATURES = 1 };

static const sdx_port inputs[] = {
    {.name = "X", .var = "T", .types = SDX_T_FLOATS},
    {.name = "scale", .var = "T1", .types = SDX_T_FLOATS},
    {.name = "B", .var = "T1", .types = SDX_T_FLOATS},
    {.name = "input_mean", .var = "T2", .types = SDX_T_FLOATS},
    {.name = "input_var", .var = "T2", .types = SDX_T_FLOATS},
};
/* ONNX: BatchNormalization-9 the last two were there until opset 13. */
static const sdx_port outputs[] = {
    {.name = "Y", .var = "T", .types = SDX_T_FLOATS},
    {.name = "running_mean", .var = "T2", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
    {.name = "running_var", .var = "T2", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
    {.name = "saved_mean", .var = "T2", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
    {.name = "saved_var", .var = "T2", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_attr_def attrs[] = {
    [EPSILON] = SDX_ATTR_F("epsilon", 1e-5f),
    [MOMENTUM] = SDX_ATTR_F("momentum", 0.9f),
    [TRAINING_MODE] = SDX_ATTR_I("training_mode", 0),
};

/* ---- old forms */

/* ONNX: BatchNormalization-9: whoever asks for the statistics is training. */
static sdx_status from_13(sdx_upgrade *u) {
    const sdx_attr *const spatial = sdx_node_named(u->node, "spatial");
    if (spatial != NULL && spatial->kind == SDX_ATTR_INT && spatial->i == 0)
        u->node->rev = REV_FEATURES;
    sdx_upgrade_drop(u, "spatial");
    sdx_upgrade_drop(u, "is_test");
    sdx_upgrade_drop(u, "consumed_inputs");
    for (size_t i = 1; i < u->node->n_outputs; i++) {
        if (u->node->outputs[i] != NULL) return sdx_upgrade_default_int(u, "training_mode", 1);
    }
    return NULL;
}
static const sdx_upgrade_rule upgrades[] = {{.below = 14, .apply = from_13}};

/* ---- inference */

/* ONNX: BatchNormalization-15: a single dimension is the batch, of one channel. */
static sdx_dim channels_of(const sdx_infer *in) {
    const sdx_fact *const x = &in->in[IN_X];
    if (x->rank < 2) return 1;
    sdx_dim n = x->dims[1];
    for (int i = 2; i < x->rank && in->node->rev == REV_FEATURES; i++) {
        n = sdx_dim_mul(in->dims, n, x->dims[i]);
    }
    return n;
}

static sdx_status check_parameter(const sdx_infer *in, size_t i, sdx_dim channels) {
    if (!sdx_infer_ranked(in, i) || !sdx_dim_is_number(channels)) return NULL;
    sdx_dim len = 1;
    for (int d = 0; d < in->in[i].rank; d++) {
        len = sdx_dim_mul(in->dims, len, in->in[i].dims[d]);
    }
    if (!sdx_dim_is_number(len) || len == channels) return NULL;
    char text[160];
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "input '%s' has shape %s, expected one element for each of %lld channels",
                    inputs[i].name, sdx_infer_shape_text(in, i, text, sizeof text),
                    (long long)channels);
}

static sdx_status infer(sdx_infer *in) {
    for (size_t k = 1; k < N_OUT; k++) {
        if (sdx_infer_ranked(in, IN_MEAN))
            SDX_TRY(sdx_infer_set_shape(in, k, (size_t)in->in[IN_MEAN].rank, in->in[IN_MEAN].dims));
    }
    if (!sdx_infer_ranked(in, IN_X)) return NULL;
    if (in->in[IN_X].rank == 0) return sdx_infer_want_rank(in, IN_X, 2);
    for (size_t i = IN_SCALE; i <= IN_VAR; i++) {
        SDX_TRY(check_parameter(in, i, channels_of(in)));
    }
    return sdx_infer_set_shape(in, OUT_Y, (size_t)in->in[IN_X].rank, in->in[IN_X].dims);
}

/* ---- binding */

typedef struct batch_norm {
    size_t images, channels, inner;
} batch_norm;

static sdx_status bind(sdx_bind *b) {
    batch_norm *const n = b->bound;
    const sdx_view *const x = b->in[IN_X];
    const bool features = b->node->rev == REV_FEATURES;
    n->images = (size_t)x->dims[0];
    n->channels = x->rank < 2 ? 1 : sdx_view_count(x, 1, features ? x->rank : 2);
    n->inner = x->rank <= 2 || features ? 1 : sdx_view_count(x, 2, x->rank);
    if (!sdx_mul_size(n->channels, 2 * sizeof(double), &b->scratch))
        return sdx_fail(SDX_LIMIT, "found %zu channels, too many", n->channels);
    return NULL;
}

/* ---- running */

typedef struct job {
    const batch_norm *norm;
    const void *x;
    void *y;
    double *factor, *term; /* one of each channel: y = x * factor + term */
    const sdx_call *call;
    bool training;
} job;

#define T float
#define NAME(x) x##_f32
#include "ops/norm/batch_norm_tmpl.h"
#define T double
#define NAME(x) x##_f64
#include "ops/norm/batch_norm_tmpl.h"

static void set(const sdx_call *c, size_t output, size_t i, double x) {
    sdx_view *const out = sdx_call_out(c, output);
    if (out != NULL) sdx_view_set_double(out, i, x);
}

/* ONNX: BatchNormalization-15: momentum is the weight of the statistics that come in; the variance
 * is that of the population. */
static void measure(const job *j, size_t i, double *mean, double *variance) {
    const sdx_call *const c = j->call;
    const double old_mean = *mean, old_variance = *variance;
    const double momentum = (double)sdx_node_float(c->node, MOMENTUM);
    if (c->in[IN_X]->dtype == SDX_FLOAT64)
        moments_f64(j->norm, j->x, i, mean, variance);
    else
        moments_f32(j->norm, j->x, i, mean, variance);
    set(c, OUT_MEAN, i, old_mean * momentum + *mean * (1.0 - momentum));
    set(c, OUT_VAR, i, old_variance * momentum + *variance * (1.0 - momentum));
    set(c, OUT_SAVED_MEAN, i, *mean);
    set(c, OUT_SAVED_VAR, i, *variance);
}

static void find_factors(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const sdx_call *const c = j->call;
    const double epsilon = (double)sdx_node_float(c->node, EPSILON);
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        double mean = sdx_view_double(c->in[IN_MEAN], i);
        double variance = sdx_view_double(c->in[IN_VAR], i);
        if (j->training) {
            measure(j, i, &mean, &variance);
        } else {
            set(c, OUT_MEAN, i, mean);
            set(c, OUT_VAR, i, variance);
            set(c, OUT_SAVED_MEAN, i, mean);
            set(c, OUT_SAVED_VAR, i, variance);
        }
        j->factor[i] = sdx_view_double(c->in[IN_SCALE], i) / sqrt(variance + epsilon);
        j->term[i] = sdx_view_double(c->in[IN_B], i) - mean * j->factor[i];
    }
}

static void affine_planes(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const size_t inner = j->norm->inner, channels = j->norm->channels;
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        j->call->kernels->affine_f32((float *)j->y + i * inner, (const float *)j->x + i * inner,
                                     inner, (float)j->factor[i % channels],
                                     (float)j->term[i % channels]);
    }
}

static sdx_status run(const sdx_call *c) {
    const batch_norm *const n = c->bound;
    double *const scratch = c->scratch;
    job j = {.norm = n,
             .x = c->in[IN_X]->data,
             .y = c->out[OUT_Y]->data,
             .factor = scratch,
             .term = scratch + n->channels,
             .call = c,
             .training = sdx_node_int(c->node, TRAINING_MODE) != 0};
    const size_t seen = j.training ? n->images * n->inner : 0;
    sdx_call_for(c, n->channels, sdx_grain(2 * seen + 16), find_factors, &j);
    sdx_loop_fn *const loop = c->in[IN_X]->dtype == SDX_FLOAT64 ? planes_f64
                              : n->inner < 8                    ? planes_f32
                                                                : affine_planes;
    if (c->out[OUT_Y]->len > 0)
        sdx_call_for(c, n->images * n->channels, sdx_grain(n->inner), loop, &j);
    return NULL;
}

const sdx_op sdx_op_batch_normalization = {
    .name = "BatchNormalization",
    .domain = "",
    .since = 1,
    .newest = 15,
    .n_revs = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    SDX_ROWS(upgrades, upgrades),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(batch_norm),
    .infer = infer,
    .bind = bind,
    .run = run,
};
