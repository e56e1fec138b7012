/* Softmax of a row: the maximum, the exponentials of the distances to it, their sum, the quotient.
 */
#include "kernels/reduce.h"
#include "kernels/vmath.h"

static void exp_below(float *y, const float *x, size_t n, float max) {
    const vf top = vf_set(max);
    size_t i = 0;
    for (; n - i >= VF_N; i += VF_N)
        vf_store(y + i, vf_exp(vf_sub(vf_load(x + i), top)));
    if (i < n) vf_store_n(y + i, vf_exp(vf_sub(vf_load_n(x + i, n - i), top)), n - i);
}

void SDX_KERNEL(softmax_f32)(float *y, const float *x, size_t n) {
    exp_below(y, x, n, row_max(x, n));
    const vf factor = vf_div(vf_set(1.0f), vf_set(row_sum(y, n)));
    size_t i = 0;
    for (; n - i >= VF_N; i += VF_N)
        vf_store(y + i, vf_mul(vf_load(y + i), factor));
    if (i < n) vf_store_n(y + i, vf_mul(vf_load_n(y + i, n - i), factor), n - i);
}

static inline vf term_exp(vf x, vf p) { return vf_exp(vf_sub(x, p)); }

void SDX_KERNEL(log_softmax_f32)(float *y, const float *x, size_t n) {
    const float max = row_max(x, n);
    const vf top = vf_set(max);
    const vf sum = vf_set(vf_sum(reduce_row(x, n, max, 0.0f, term_exp, join_sum)));
    const vf log_sum = vf_log(sum);
    size_t i = 0;
    for (; n - i >= VF_N; i += VF_N)
        vf_store(y + i, vf_sub(vf_sub(vf_load(x + i), top), log_sum));
    if (i < n) vf_store_n(y + i, vf_sub(vf_sub(vf_load_n(x + i, n - i), top), log_sum), n - i);
}
