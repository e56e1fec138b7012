/* See activation.h. */
#include "ops/elementwise/activation.h"

#include "ops/elementwise/unary_math.h"

static double math_clip(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

/* KERNEL(relu_f32) is .kernel = where relu_f32 stands in the table. */
#define KERNEL(field) .kernel = offsetof(sdx_kernel_table, field)

static const sdx_activation activations[] = {
    {"Clip", 2, 0, 0, {KERNEL(clip_f32), .with = math_clip, .work = 1}},
    {"Elu", 1, 1, 0, {KERNEL(elu_f32), .with = math_elu, .work = 8}},
    {"FastGelu", 0, 0, 0, {KERNEL(gelu_tanh_f32), .plain = math_gelu_tanh, .work = 8}},
    {"Gelu", 0, 0, 0, {KERNEL(gelu_erf_f32), .plain = math_gelu_erf, .work = 8}},
    {"HardSigmoid",
     2,
     0.2f,
     0.5f,
     {KERNEL(hard_sigmoid_f32), .with = math_hard_sigmoid, .work = 1}},
    {"HardSwish", 0, 0, 0, {KERNEL(hard_swish_f32), .plain = math_hard_swish, .work = 2}},
    {"LeakyRelu", 1, 0.01f, 0, {KERNEL(leaky_relu_f32), .with = math_leaky_relu, .work = 1}},
    {"QuickGelu", 1, 1.702f, 0, {KERNEL(silu_f32), .with = math_swish, .work = 8}},
    {"Relu", 0, 0, 0, {KERNEL(relu_f32), .plain = math_relu, .work = 1}},
    {"Sigmoid", 0, 0, 0, {KERNEL(sigmoid_f32), .plain = math_sigmoid, .work = 8}},
    {"Softplus", 0, 0, 0, {KERNEL(softplus_f32), .plain = math_softplus, .work = 16}},
    {"Softsign", 0, 0, 0, {KERNEL(softsign_f32), .plain = math_softsign, .work = 2}},
    {"Tanh", 0, 0, 0, {KERNEL(tanh_f32), .plain = tanh, .work = 8}},
    {"ThresholdedRelu",
     1,
     1,
     0,
     {KERNEL(thresholded_relu_f32), .with = math_thresholded_relu, .work = 1}},
};

sdx_status sdx_activation_find(sdx_str name, const sdx_activation **out) {
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++) {
        if (!sdx_str_is(name, activations[i].name)) continue;
        *out = &activations[i];
        return NULL;
    }
    return sdx_fail(
        SDX_INVALID_MODEL,
        "attribute 'activation' is '%.*s', expected Clip, Elu, FastGelu, Gelu, HardSigmoid, "
        "HardSwish, LeakyRelu, QuickGelu, Relu, Sigmoid, Softplus, Softsign, Tanh or "
        "ThresholdedRelu",
        SDX_FMT(name));
}

sdx_status sdx_activation_read(const sdx_node *node, size_t name, size_t params,
                               sdx_activation_use *out) {
    const sdx_attr *const given = sdx_node_attr(node, params);
    *out = (sdx_activation_use){.activation = NULL};
    if (!sdx_node_has(node, name) || sdx_node_str(node, name).len == 0) return NULL;
    SDX_TRY(sdx_activation_find(sdx_node_str(node, name), &out->activation));
    const size_t want = out->activation->n_params;
    out->p0 = out->activation->p0;
    out->p1 = out->activation->p1;
    if (given->n == 0 && !sdx_str_is(sdx_node_str(node, name), "Clip")) return NULL;
    if (given->n != want)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'activation_params' has %zu elements, expected %zu for %s",
                        given->n, want, out->activation->name);
    if (want > 0) out->p0 = given->floats[0];
    if (want > 1) out->p1 = given->floats[1];
    return NULL;
}

void sdx_activation_f64(const sdx_activation *activation, double *y, size_t n, float p0, float p1) {
    const sdx_unary *const f = &activation->unary;
    for (size_t i = 0; i < n; i++) {
        y[i] = f->plain != NULL ? f->plain(y[i]) : f->with(y[i], (double)p0, (double)p1);
    }
}
