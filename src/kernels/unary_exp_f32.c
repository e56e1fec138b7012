/* Unary maps that need an exponential or a logarithm (vmath.h). */
#include "kernels/unary.h"
#include "kernels/vmath.h"

static inline vf exp_map(vf x, SDX_UNUSED vf p0, SDX_UNUSED vf p1) { return vf_exp(x); }
void SDX_KERNEL(exp_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, exp_map);
}

static inline vf log_map(vf x, SDX_UNUSED vf p0, SDX_UNUSED vf p1) { return vf_log(x); }
void SDX_KERNEL(log_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, log_map);
}

static inline vf tanh_map(vf x, SDX_UNUSED vf p0, SDX_UNUSED vf p1) { return vf_tanh(x); }
void SDX_KERNEL(tanh_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, tanh_map);
}

static inline vf sigmoid_map(vf x, SDX_UNUSED vf p0, SDX_UNUSED vf p1) { return vf_sigmoid(x); }
void SDX_KERNEL(sigmoid_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, sigmoid_map);
}

static inline vf erf_map(vf x, SDX_UNUSED vf p0, SDX_UNUSED vf p1) { return vf_erf(x); }
void SDX_KERNEL(erf_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, erf_map);
}

/* ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|) */
static inline vf softplus_map(vf x, SDX_UNUSED vf p0, SDX_UNUSED vf p1) {
    return vf_add(vf_max(vf_set(0.0f), x), vf_log1p_unit(vf_exp(vf_neg(vf_abs(x)))));
}
void SDX_KERNEL(softplus_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, softplus_map);
}

/* x > 0 ? x : p0 * (e^x - 1) */
static inline vf elu_map(vf x, vf p0, SDX_UNUSED vf p1) {
    const vf zero = vf_set(0.0f);
    return vf_if(vf_lt(zero, x), x, vf_mul(p0, vf_expm1_negative(vf_min(zero, x))));
}
void SDX_KERNEL(elu_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, elu_map);
}

/* p1 * (x > 0 ? x : p0 * (e^x - 1)) */
static inline vf selu_map(vf x, vf p0, vf p1) {
    const vf zero = vf_set(0.0f);
    const vf below = vf_mul(p0, vf_expm1_negative(vf_min(zero, x)));
    return vf_mul(p1, vf_if(vf_lt(zero, x), x, below));
}
void SDX_KERNEL(selu_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, selu_map);
}

/* x > 0 ? x : p0 * (e^(x / p0) - 1), for p0 > 0 */
static inline vf celu_map(vf x, vf p0, SDX_UNUSED vf p1) {
    const vf zero = vf_set(0.0f);
    const vf below = vf_mul(p0, vf_expm1_negative(vf_min(zero, vf_div(x, p0))));
    return vf_if(vf_lt(zero, x), x, below);
}
void SDX_KERNEL(celu_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, celu_map);
}

/* also Swish: x * sigmoid(p0 * x) */
static inline vf silu_map(vf x, vf p0, SDX_UNUSED vf p1) {
    return vf_mul(x, vf_sigmoid(vf_mul(p0, x)));
}
void SDX_KERNEL(silu_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, silu_map);
}

/* x / 2 * (1 + erf(x / sqrt(2))): the error is relative to x, not to the small results below -3 */
static inline vf gelu_erf_map(vf x, SDX_UNUSED vf p0, SDX_UNUSED vf p1) {
    const vf half = vf_mul(vf_set(0.5f), x);
    return vf_fma(half, vf_erf(vf_mul(x, vf_set(0.707106781f))), half);
}
void SDX_KERNEL(gelu_erf_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, gelu_erf_map);
}

/* x / 2 * (1 + tanh(u)) = x * sigmoid(2 u), with 2 u = sqrt(8 / pi) * (x + 0.044715 x^3) */
static inline vf gelu_tanh_map(vf x, SDX_UNUSED vf p0, SDX_UNUSED vf p1) {
    const vf inner = vf_fma(vf_mul(x, x), vf_set(0.0713548163f), vf_set(1.59576912f));
    return vf_mul(x, vf_sigmoid(vf_mul(x, inner)));
}
void SDX_KERNEL(gelu_tanh_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, gelu_tanh_map);
}

/* x * tanh(ln(1 + e^x)): with z = e^x that is x * n / (n + 2), n = z (z + 2); from 20 on, x */
static inline vf mish_map(vf x, SDX_UNUSED vf p0, SDX_UNUSED vf p1) {
    const vf z = vf_exp(vf_min(vf_set(20.0f), x));
    const vf n = vf_mul(z, vf_add(z, vf_set(2.0f)));
    return vf_mul(x, vf_div(n, vf_add(n, vf_set(2.0f))));
}
void SDX_KERNEL(mish_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, mish_map);
}
