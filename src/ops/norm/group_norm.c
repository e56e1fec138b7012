/* GroupNormalization and InstanceNormalization: the elements of a group of channels (of one
 * channel) of an image are a row with a mean and a variance; scale and bias belong to channels. */
#include <math.h>

#include "kernels/kernels.h"
#include "ops/call.h"
#include "ops/infer.h"
#include "ops/norm/moments.h"
#include "ops/upgrade.h"

enum { IN_X, IN_SCALE, IN_BIAS };
enum { EPSILON, NUM_GROUPS };              /* attributes of both, and of GroupNormalization */
enum { SCALE_OF_CHANNEL, SCALE_OF_GROUP }; /* node->rev */

static const sdx_port inputs[] = {
    {.name = "X", .var = "T", .types = SDX_T_FLOATS},
    {.name = "scale", .var = "T", .types = SDX_T_FLOATS},
    {.name = "bias", .var = "T", .types = SDX_T_FLOATS},
};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_attr_def instance_attrs[] = {[EPSILON] = SDX_ATTR_F("epsilon", 1e-5f)};
static const sdx_attr_def group_attrs[] = {
    [EPSILON] = SDX_ATTR_F("epsilon", 1e-5f),
    [NUM_GROUPS] = SDX_ATTR_REQ("num_groups", SDX_ATTR_INT),
    SDX_ATTR_I("stash_type", 1),
};

/* ONNX: GroupNormalization-18 has one scale and one bias a group. */
static sdx_status group_from_18(sdx_upgrade *u) {
    u->node->rev = SCALE_OF_GROUP;
    return NULL;
}
static const sdx_upgrade_rule group_upgrades[] = {{.below = 21, .apply = group_from_18}};

static sdx_status instance_from_1(sdx_upgrade *u) {
    sdx_upgrade_drop(u, "consumed_inputs");
    return NULL;
}
static const sdx_upgrade_rule instance_upgrades[] = {{.below = 6, .apply = instance_from_1}};

/* 0: as many as there are channels */
static int64_t groups_of(const sdx_node *node) {
    return node->n_attrs > NUM_GROUPS ? sdx_node_int(node, NUM_GROUPS) : 0;
}

/* ---- shapes */

static sdx_status want_len(const sdx_infer *in, size_t input, sdx_dim len) {
    char text[96];
    SDX_TRY(sdx_infer_want_rank(in, input, 1));
    if (!sdx_infer_ranked(in, input) || !sdx_dim_is_number(len) ||
        !sdx_dim_is_number(in->in[input].dims[0]) || in->in[input].dims[0] == len)
        return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s' has shape %s, expected [%lld]",
                    inputs[input].name, sdx_infer_shape_text(in, input, text, sizeof text),
                    (long long)len);
}

static sdx_status infer(sdx_infer *in) {
    const int64_t groups = groups_of(in->node);
    char text[160];
    if (!sdx_infer_ranked(in, IN_X)) return NULL;
    if (in->in[IN_X].rank < 2)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'X' has shape %s, expected rank 2 or more",
                        sdx_infer_shape_text(in, IN_X, text, sizeof text));
    const sdx_dim channels = in->in[IN_X].dims[1];
    if (in->node->n_attrs > NUM_GROUPS &&
        (groups < 1 || (sdx_dim_is_number(channels) && channels % groups != 0)))
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "attribute 'num_groups' is %lld, expected a divisor of the channels of "
                        "input 'X' with shape %s",
                        (long long)groups, sdx_infer_shape_text(in, IN_X, text, sizeof text));
    const sdx_dim len = in->node->rev == SCALE_OF_GROUP ? groups : channels;
    SDX_TRY(want_len(in, IN_SCALE, len));
    SDX_TRY(want_len(in, IN_BIAS, len));
    return sdx_infer_same(in, 0, IN_X);
}

/* ---- rows */

typedef struct job {
    const sdx_kernel_table *kernels;
    const void *x, *scale, *bias;
    void *y;
    size_t groups, channels; /* groups of an image, channels of a group */
    size_t plane;            /* elements of a channel */
    bool by_group;           /* scale and bias */
    double epsilon;
} job;

static size_t factor_at(const job *j, size_t group, size_t channel) {
    const size_t of_image = group % j->groups;
    return j->by_group ? of_image : of_image * j->channels + channel;
}

static void group_f32(const job *j, size_t group) {
    const sdx_kernel_table *const k = j->kernels;
    const size_t n = j->channels * j->plane;
    const float *const x = (const float *)j->x + group * n;
    float *const y = (float *)j->y + group * n;
    const float mean = k->sum_f32(x, n, 0) / (float)n;
    const float variance = k->sum_square_f32(x, n, mean) / (float)n;
    const float inv_std = 1 / sqrtf(variance + (float)j->epsilon);
    for (size_t c = 0; c < j->channels; c++) {
        const size_t at = factor_at(j, group, c);
        const float scale = ((const float *)j->scale)[at] * inv_std;
        const float shift = ((const float *)j->bias)[at] - mean * scale;
        k->affine_f32(y + c * j->plane, x + c * j->plane, j->plane, scale, shift);
    }
}

static void group_f64(const job *j, size_t group) {
    const size_t n = j->channels * j->plane;
    const double *const x = (const double *)j->x + group * n;
    double *const y = (double *)j->y + group * n;
    const double mean = sdx_mean_f64(x, n);
    const double inv_std = 1 / sqrt(sdx_variance_f64(x, n, mean) + j->epsilon);
    for (size_t i = 0; i < n; i++) {
        const size_t at = factor_at(j, group, i / j->plane);
        const double scale = ((const double *)j->scale)[at] * inv_std;
        y[i] = (x[i] - mean) * scale + ((const double *)j->bias)[at];
    }
}

static void chunk_f32(void *arg, size_t begin, size_t end, unsigned lane) {
    (void)lane;
    for (size_t group = begin; group < end; group++) {
        group_f32(arg, group);
    }
}

static void chunk_f64(void *arg, size_t begin, size_t end, unsigned lane) {
    (void)lane;
    for (size_t group = begin; group < end; group++) {
        group_f64(arg, group);
    }
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const x = c->in[IN_X];
    const int64_t given = groups_of(c->node);
    if (x->len == 0) return NULL;
    const size_t channels = (size_t)x->dims[1], groups = given > 0 ? (size_t)given : channels;
    job j = {.kernels = c->kernels,
             .x = x->data,
             .scale = c->in[IN_SCALE]->data,
             .bias = c->in[IN_BIAS]->data,
             .y = c->out[0]->data,
             .groups = groups,
             .channels = channels / groups,
             .plane = sdx_view_count(x, 2, x->rank),
             .by_group = c->node->rev == SCALE_OF_GROUP,
             .epsilon = (double)sdx_node_float(c->node, EPSILON)};
    sdx_call_for(c, (size_t)x->dims[0] * groups, sdx_grain(j.channels * j.plane * 2),
                 x->dtype == SDX_FLOAT32 ? chunk_f32 : chunk_f64, &j);
    return NULL;
}

const sdx_op sdx_op_group_normalization = {
    .name = "GroupNormalization",
    .domain = "",
    .since = 18,
    .newest = 21,
    .n_revs = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, group_attrs),
    SDX_ROWS(upgrades, group_upgrades),
    .flags = SDX_OP_WIDEN,
    .infer = infer,
    .run = run,
};

const sdx_op sdx_op_instance_normalization = {
    .name = "InstanceNormalization",
    .domain = "",
    .since = 1,
    .newest = 22,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, instance_attrs),
    SDX_ROWS(upgrades, instance_upgrades),
    .flags = SDX_OP_WIDEN,
    .infer = infer,
    .run = run,
};
