/* Unary maps of a few instructions: rounding, clipping, piecewise linear activations. */
#include "kernels/unary.h"

static inline vf abs_map(vf x, SDX_UNUSED vf p0, SDX_UNUSED vf p1) { return vf_abs(x); }
void SDX_KERNEL(abs_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, abs_map);
}

static inline vf neg_map(vf x, SDX_UNUSED vf p0, SDX_UNUSED vf p1) { return vf_neg(x); }
void SDX_KERNEL(neg_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, neg_map);
}

static inline vf sqrt_map(vf x, SDX_UNUSED vf p0, SDX_UNUSED vf p1) { return vf_sqrt(x); }
void SDX_KERNEL(sqrt_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, sqrt_map);
}

static inline vf reciprocal_map(vf x, SDX_UNUSED vf p0, SDX_UNUSED vf p1) {
    return vf_div(vf_set(1.0f), x);
}
void SDX_KERNEL(reciprocal_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, reciprocal_map);
}

static inline vf floor_map(vf x, SDX_UNUSED vf p0, SDX_UNUSED vf p1) { return vf_floor(x); }
void SDX_KERNEL(floor_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, floor_map);
}

static inline vf ceil_map(vf x, SDX_UNUSED vf p0, SDX_UNUSED vf p1) { return vf_ceil(x); }
void SDX_KERNEL(ceil_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, ceil_map);
}

static inline vf round_map(vf x, SDX_UNUSED vf p0, SDX_UNUSED vf p1) { return vf_round(x); }
void SDX_KERNEL(round_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, round_map);
}

static inline vf sign_map(vf x, SDX_UNUSED vf p0, SDX_UNUSED vf p1) {
    return vf_if(vf_lt(x, vf_set(0.0f)), vf_set(-1.0f),
                 vf_if(vf_lt(vf_set(0.0f), x), vf_set(1.0f), x));
}
void SDX_KERNEL(sign_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, sign_map);
}

static inline vf relu_map(vf x, SDX_UNUSED vf p0, SDX_UNUSED vf p1) {
    return vf_max(vf_set(0.0f), x);
}
void SDX_KERNEL(relu_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, relu_map);
}

/* from p0 to p1; the constants come first, so NaN stays */
static inline vf clip_map(vf x, vf p0, vf p1) { return vf_min(p1, vf_max(p0, x)); }
void SDX_KERNEL(clip_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, clip_map);
}

static inline vf affine_map(vf x, vf p0, vf p1) { return vf_fma(x, p0, p1); }
void SDX_KERNEL(affine_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, affine_map);
}

static inline vf leaky_relu_map(vf x, vf p0, SDX_UNUSED vf p1) {
    return vf_if(vf_lt(x, vf_set(0.0f)), vf_mul(p0, x), x);
}
void SDX_KERNEL(leaky_relu_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, leaky_relu_map);
}

/* x > p0 ? x : 0 */
static inline vf thresholded_relu_map(vf x, vf p0, SDX_UNUSED vf p1) {
    return vf_if(vf_lt(p0, x), x, vf_set(0.0f));
}
void SDX_KERNEL(thresholded_relu_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, thresholded_relu_map);
}

/* bias p0, lambd p1 */
static inline vf shrink_map(vf x, vf p0, vf p1) {
    const vf low = vf_if(vf_lt(x, vf_neg(p1)), vf_add(x, p0), vf_set(0.0f));
    return vf_if(vf_lt(p1, x), vf_sub(x, p0), low);
}
void SDX_KERNEL(shrink_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, shrink_map);
}

static inline vf hard_sigmoid_map(vf x, vf p0, vf p1) {
    return vf_max(vf_set(0.0f), vf_min(vf_set(1.0f), vf_fma(p0, x, p1)));
}
void SDX_KERNEL(hard_sigmoid_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, hard_sigmoid_map);
}

static inline vf hard_swish_map(vf x, SDX_UNUSED vf p0, SDX_UNUSED vf p1) {
    const vf ramp = vf_fma(x, vf_set(1.0f / 6.0f), vf_set(0.5f));
    return vf_mul(x, vf_max(vf_set(0.0f), vf_min(vf_set(1.0f), ramp)));
}
void SDX_KERNEL(hard_swish_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, hard_swish_map);
}

static inline vf softsign_map(vf x, SDX_UNUSED vf p0, SDX_UNUSED vf p1) {
    return vf_div(x, vf_add(vf_set(1.0f), vf_abs(x)));
}
void SDX_KERNEL(softsign_f32)(float *y, const float *x, size_t n, float p0, float p1) {
    unary(y, x, n, p0, p1, softsign_map);
}
