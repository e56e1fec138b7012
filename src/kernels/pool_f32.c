/* Maximum and average pooling of one plane, over the rows of window.h. */
#include <math.h>

#include "kernels/window.h"

typedef vf pool_join(vf a, vf b);

static inline vf join_max(vf a, vf b) { return vf_max_nan(a, b); }
static inline vf join_sum(vf a, vf b) { return vf_add(a, b); }

/* All taps of n outputs of row oy from ox on, in order. join is a constant at every call. */
SDX_INLINE vf taps(const window_rows *rows, size_t oy, size_t ox, size_t n, pool_join *join) {
    const sdx_window *w = rows->window;
    vf v = vf_set(rows->pad);
    for (size_t ky = 0; ky < w->kernel_h; ky++) {
        for (size_t kx = 0; kx < w->kernel_w; kx++) {
            const float *x = window_tap(rows, oy, ky, kx) + ox;
            v = join(v, n < VF_N ? vf_load_n(x, n) : vf_load(x));
        }
    }
    return v;
}

void SDX_KERNEL(max_pool_f32)(float *y, const float *x, const sdx_pool_f32 *pool) {
    const sdx_window *w = &pool->window;
    if (w->out_h == 0 || w->out_w == 0) return;
    window_rows rows = window_open(w, x, -INFINITY, pool->scratch);
    for (size_t oy = 0; oy < w->out_h; oy++, y += w->out_w) {
        window_advance(&rows, oy);
        size_t ox = 0;
        for (; w->out_w - ox >= VF_N; ox += VF_N)
            vf_store(y + ox, taps(&rows, oy, ox, VF_N, join_max));
        if (ox < w->out_w)
            vf_store_n(y + ox, taps(&rows, oy, ox, w->out_w - ox, join_max), w->out_w - ox);
    }
}

/* Of the places o * stride + k * dilation, those that count: within the input, or within its pads.
 */
static size_t count(size_t place, size_t kernel, size_t dilation, size_t begin, size_t end) {
    size_t n = 0;
    for (size_t k = 0; k < kernel; k++, place += dilation)
        n += place >= begin && place < end;
    return n;
}

void SDX_KERNEL(average_pool_f32)(float *y, const float *x, const sdx_pool_f32 *pool) {
    const sdx_window *w = &pool->window;
    if (w->out_h == 0 || w->out_w == 0) return;
    const bool all = pool->count_padding;
    window_rows rows = window_open(w, x, 0.0f, pool->scratch);
    float *across = pool->scratch + rows.rows * rows.row_len;
    for (size_t ox = 0; ox < w->out_w; ox++)
        across[ox] =
            (float)count(ox * w->stride_w, w->kernel_w, w->dilation_w, all ? 0 : w->pad_left,
                         w->pad_left + w->in_w + (all ? w->pad_right : 0));
    for (size_t oy = 0; oy < w->out_h; oy++, y += w->out_w) {
        const size_t down =
            count(oy * w->stride_h, w->kernel_h, w->dilation_h, all ? 0 : w->pad_top,
                  w->pad_top + w->in_h + (all ? w->pad_bottom : 0));
        const vf rows_counted = vf_set((float)down);
        window_advance(&rows, oy);
        size_t ox = 0;
        for (; w->out_w - ox >= VF_N; ox += VF_N) {
            const vf n = vf_mul(vf_load(across + ox), rows_counted);
            vf_store(y + ox, vf_div(taps(&rows, oy, ox, VF_N, join_sum), n));
        }
        if (ox == w->out_w) continue;
        const size_t left = w->out_w - ox;
        const vf n = vf_mul(vf_load_n(across + ox, left), rows_counted);
        vf_store_n(y + ox, vf_div(taps(&rows, oy, ox, left, join_sum), n), left);
    }
}
