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
    return sdx_fail(SDX_INVALID_MODEL,
                    "attribute 'activation' is '%.*s', expected Clip, Elu, Gelu, HardSigmoid, "
                    "HardSwish, LeakyRelu, QuickGelu, Relu, Sigmoid, Softplus, Softsign, Tanh or "
                    "ThresholdedRelu",
                    SDX_FMT(name));
}

void sdx_activation_f64(const sdx_activation *activation, double *y, size_t n, float p0, float p1) {
    const sdx_unary *const f = &activation->unary;
    for (size_t i = 0; i < n; i++) {
        y[i] = f->plain != NULL ? f->plain(y[i]) : f->with(y[i], (double)p0, (double)p1);
    }
}
