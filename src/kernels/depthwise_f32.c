/* Depthwise convolution of one plane: four vectors of outputs at a time gather the taps in order.
 */
#include "kernels/window.h"

enum { CHAINS = 4 };

/* `width` vectors of outputs from ox on, n elements in the last. */
SDX_INLINE void outputs(float *y, const window_rows *rows, const sdx_depthwise_f32 *d, size_t oy,
                        size_t ox, size_t width, size_t n) {
    const sdx_window *w = &d->window;
    vf sum[CHAINS];
    for (size_t c = 0; c < width; c++)
        sum[c] = vf_set(d->bias);
    for (size_t ky = 0; ky < w->kernel_h; ky++) {
        for (size_t kx = 0; kx < w->kernel_w; kx++) {
            const vf weight = vf_set(d->weight[ky * w->kernel_w + kx]);
            const float *x = window_tap(rows, oy, ky, kx) + ox;
            SDX_UNROLL(4)
            for (size_t c = 0; c < width; c++) {
                const vf v = n < VF_N ? vf_load_n(x, n) : vf_load(x + c * VF_N);
                sum[c] = vf_fma(weight, v, sum[c]);
            }
        }
    }
    SDX_UNROLL(4)
    for (size_t c = 0; c < width; c++) {
        if (n < VF_N) {
            vf_store_n(y + ox, sum[c], n);
        } else {
            vf_store(y + ox + c * VF_N, sum[c]);
        }
    }
}

/* width is a constant at every call of outputs. */
void SDX_KERNEL(depthwise_f32)(float *y, const float *x, const sdx_depthwise_f32 *d) {
    const sdx_window *w = &d->window;
    if (w->out_h == 0 || w->out_w == 0) return;
    window_rows rows = window_open(w, x, 0.0f, d->scratch);
    for (size_t oy = 0; oy < w->out_h; oy++, y += w->out_w) {
        window_advance(&rows, oy);
        size_t ox = 0;
        for (; w->out_w - ox >= CHAINS * VF_N; ox += CHAINS * VF_N)
            outputs(y, &rows, d, oy, ox, CHAINS, VF_N);
        for (; w->out_w - ox >= VF_N; ox += VF_N)
            outputs(y, &rows, d, oy, ox, 1, VF_N);
        if (ox < w->out_w) outputs(y, &rows, d, oy, ox, 1, w->out_w - ox);
    }
}
