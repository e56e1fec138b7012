/* Depthwise convolution of one plane: four vectors of outputs at a time gather the taps in order.
 */
#include "kernels/window.h"

enum { CHAINS = 4 };

/* `width` vectors of outputs of the current row from ox on, n elements in the last. width is a
 * constant at every call, the kernel's width where that pays. */
SDX_INLINE void outputs(float *y, const window_rows *rows, const sdx_depthwise_f32 *d,
                        size_t kernel_w, size_t ox, size_t width, size_t n) {
    const float *weight = d->weight;
    vf sum[CHAINS];
    SDX_UNROLL(4)
    for (size_t c = 0; c < width; c++)
        sum[c] = vf_set(d->bias);
    for (size_t ky = 0; ky < d->window.kernel_h; ky++) {
        const float *row = window_row(rows, ky) + ox;
        window_tap tap = {0, 0};
        SDX_UNROLL(5)
        for (size_t kx = 0; kx < kernel_w; kx++, tap = window_next(rows, tap)) {
            const vf factor = vf_set(*weight++);
            const float *x = row + window_at(rows, tap);
            SDX_UNROLL(4)
            for (size_t c = 0; c + 1 < width; c++)
                sum[c] = vf_fma(factor, vf_load(x + c * VF_N), sum[c]);
            const float *last = x + (width - 1) * VF_N;
            const vf v = n < VF_N ? vf_load_n(last, n) : vf_load(last);
            sum[width - 1] = vf_fma(factor, v, sum[width - 1]);
        }
    }
    const vf scale = vf_set(d->scale), shift = vf_set(d->shift);
    SDX_UNROLL(4)
    for (size_t c = 0; c < width; c++)
        sum[c] = vf_fma(scale, sum[c], shift);
    y += ox;
    SDX_UNROLL(4)
    for (size_t c = 0; c + 1 < width; c++)
        vf_store(y + c * VF_N, sum[c]);
    y += (width - 1) * VF_N;
    if (n < VF_N) {
        vf_store_n(y, sum[width - 1], n);
    } else {
        vf_store(y, sum[width - 1]);
    }
}

SDX_INLINE void plane(float *y, const float *x, const sdx_depthwise_f32 *d, size_t kernel_w) {
    const sdx_window *w = &d->window;
    window_rows rows = window_open(w, x, 0.0f, d->scratch);
    for (size_t oy = 0; oy < w->out_h; oy++, y += w->out_w) {
        window_advance(&rows, oy);
        size_t ox = 0;
        for (; w->out_w - ox >= CHAINS * VF_N; ox += CHAINS * VF_N)
            outputs(y, &rows, d, kernel_w, ox, CHAINS, VF_N);
        const size_t left = w->out_w - ox;
        if (left > 3 * VF_N) {
            outputs(y, &rows, d, kernel_w, ox, 4, left - 3 * VF_N);
        } else if (left > 2 * VF_N) {
            outputs(y, &rows, d, kernel_w, ox, 3, left - 2 * VF_N);
        } else if (left > VF_N) {
            outputs(y, &rows, d, kernel_w, ox, 2, left - VF_N);
        } else if (left > 0) {
            outputs(y, &rows, d, kernel_w, ox, 1, left);
        }
    }
}

void SDX_KERNEL(depthwise_f32)(float *y, const float *x, const sdx_depthwise_f32 *d) {
    if (d->window.out_h == 0 || d->window.out_w == 0) return;
    if (d->window.kernel_w == 3) {
        plane(y, x, d, 3);
    } else if (d->window.kernel_w == 5) {
        plane(y, x, d, 5);
    } else {
        plane(y, x, d, d->window.kernel_w);
    }
}
