/* Reductions of a contiguous row, over the loops of reduce.h. */
#include "kernels/reduce.h"
#include "kernels/vmath.h"

static inline vf term_abs(vf x, vf p) {
    (void)p;
    return vf_abs(x);
}
static inline vf term_exp(vf x, vf p) { return vf_exp(vf_sub(x, p)); }
static inline vf join_prod(vf a, vf b) { return vf_mul(a, b); }
static inline vf join_min(vf a, vf b) { return vf_min_nan(a, b); }

float SDX_KERNEL(sum_f32)(const float *x, size_t n, SDX_UNUSED float p) { return row_sum(x, n); }

float SDX_KERNEL(sum_abs_f32)(const float *x, size_t n, SDX_UNUSED float p) {
    return vf_sum(reduce_row(x, n, 0.0f, 0.0f, term_abs, join_sum));
}

float SDX_KERNEL(sum_square_f32)(const float *x, size_t n, float p) {
    return row_sum_square(x, n, p);
}

float SDX_KERNEL(sum_exp_f32)(const float *x, size_t n, float p) {
    return vf_sum(reduce_row(x, n, p, 0.0f, term_exp, join_sum));
}

float SDX_KERNEL(prod_f32)(const float *x, size_t n, SDX_UNUSED float p) {
    return vf_prod(reduce_row(x, n, 0.0f, 1.0f, term_same, join_prod));
}

float SDX_KERNEL(max_row_f32)(const float *x, size_t n, SDX_UNUSED float p) {
    return row_max(x, n);
}

float SDX_KERNEL(min_row_f32)(const float *x, size_t n, SDX_UNUSED float p) {
    return vf_min_lane(reduce_row(x, n, 0.0f, INFINITY, term_same, join_min));
}
