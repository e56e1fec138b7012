/* Layer norm and RMS norm of a row: moments by the pairwise sums of reduce.h (the variance from the
 * distances to the mean, so nothing cancels), then one pass. */
#include "kernels/reduce.h"

SDX_INLINE vf normal(vf x, vf mean, vf inv_std, vf scale, vf bias) {
    return vf_fma(vf_mul(vf_sub(x, mean), inv_std), scale, bias);
}

static void normalise(float *y, const float *x, size_t n, float centre, float inverse,
                      const sdx_norm_f32 *norm) {
    const vf mean = vf_set(centre);
    const vf inv_std = vf_set(inverse);
    const float *scale = norm->scale;
    const float *bias = norm->bias;
    vf s = vf_set(1.0f);
    vf b = vf_set(0.0f);
    size_t i = 0;
    for (; n - i >= VF_N; i += VF_N) {
        if (scale) s = vf_load(scale + i);
        if (bias) b = vf_load(bias + i);
        vf_store(y + i, normal(vf_load(x + i), mean, inv_std, s, b));
    }
    if (i == n) return;
    if (scale) s = vf_load_n(scale + i, n - i);
    if (bias) b = vf_load_n(bias + i, n - i);
    vf_store_n(y + i, normal(vf_load_n(x + i, n - i), mean, inv_std, s, b), n - i);
}

/* 1 / sqrt(sum / n + epsilon) */
static float inverse_root(float sum, size_t n, float epsilon) {
    const vf variance = vf_div(vf_set(sum), vf_set((float)n));
    return vf_first(vf_div(vf_set(1.0f), vf_sqrt(vf_add(variance, vf_set(epsilon)))));
}

void SDX_KERNEL(layer_norm_f32)(float *y, const float *x, size_t n, const sdx_norm_f32 *norm) {
    const float mean = row_sum(x, n) / (float)n;
    const float inv_std = inverse_root(row_sum_square(x, n, mean), n, norm->epsilon);
    if (norm->mean) *norm->mean = mean;
    if (norm->inv_std) *norm->inv_std = inv_std;
    normalise(y, x, n, mean, inv_std, norm);
}

void SDX_KERNEL(rms_norm_f32)(float *y, const float *x, size_t n, const sdx_norm_f32 *norm) {
    const float inv_std = inverse_root(row_sum_square(x, n, 0.0f), n, norm->epsilon);
    if (norm->inv_std) *norm->inv_std = inv_std;
    normalise(y, x, n, 0.0f, inv_std, norm);
}
