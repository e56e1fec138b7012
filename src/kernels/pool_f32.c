/* Maximum and average pooling of one plane, over the rows of window.h. */
#include <math.h>

#include "kernels/window.h"

enum { WIDTH = 4 }; /* vectors of outputs whose taps are gathered side by side */

typedef vf pool_join(vf a, vf b);

static inline vf join_max(vf a, vf b) { return vf_max(a, b); }
static inline vf join_max_nan(vf a, vf b) { return vf_max_nan(a, b); }
static inline vf join_sum(vf a, vf b) { return vf_add(a, b); }

/* All taps, in order, of `width` vectors of outputs of the current row from ox on; of one vector, n
 * elements. width and join are constants at every call. */
SDX_INLINE void taps(vf *v, const window_rows *rows, size_t ox, size_t width, size_t n,
                     pool_join *join) {
    const sdx_window *w = rows->window;
    for (size_t c = 0; c < width; c++)
        v[c] = vf_set(rows->pad);
    for (size_t ky = 0; ky < w->kernel_h; ky++) {
        const float *row = window_row(rows, ky) + ox;
        window_tap tap = {0, 0};
        for (size_t kx = 0; kx < w->kernel_w; kx++, tap = window_next(rows, tap)) {
            const float *x = row + window_at(rows, tap);
            SDX_UNROLL(4)
            for (size_t c = 0; c < width; c++)
                v[c] = join(v[c], n < VF_N ? vf_load_n(x, n) : vf_load(x + c * VF_N));
        }
    }
}

/* `width` vectors of maxima from ox on; of one vector, n elements. Of the taps of one row that lies
 * in the ring, or (row is NULL) of the rows that the current outputs see. width, join and whether
 * there is a row are constants at every call. */
SDX_INLINE void maxima(float *y, const window_rows *rows, const float *row, size_t ox, size_t width,
                       size_t n, pool_join *join) {
    const sdx_window *w = rows->window;
    const size_t n_lines = row ? w->kernel_w : w->kernel_h;
    window_tap tap = {0, 0};
    vf v[WIDTH];
    for (size_t c = 0; c < width; c++)
        v[c] = vf_set(rows->pad);
    for (size_t k = 0; k < n_lines; k++, tap = window_next(rows, tap)) {
        const float *x = (row ? row + window_at(rows, tap) : window_row(rows, k)) + ox;
        SDX_UNROLL(4)
        for (size_t c = 0; c < width; c++)
            v[c] = join(v[c], n < VF_N ? vf_load_n(x, n) : vf_load(x + c * VF_N));
    }
    if (n < VF_N) {
        vf_store_n(y + ox, v[0], n);
        return;
    }
    for (size_t c = 0; c < width; c++)
        vf_store(y + ox + c * VF_N, v[c]);
}

SDX_INLINE void row_of_maxima(float *y, const window_rows *rows, const float *row,
                              pool_join *join) {
    const size_t out_w = rows->window->out_w;
    size_t ox = 0;
    for (; out_w - ox >= WIDTH * VF_N; ox += WIDTH * VF_N)
        maxima(y, rows, row, ox, WIDTH, VF_N, join);
    for (; out_w - ox >= VF_N; ox += VF_N)
        maxima(y, rows, row, ox, 1, VF_N, join);
    if (ox < out_w) maxima(y, rows, row, ox, 1, out_w - ox, join);
}

/* The maximum of a window is that of its rows' maxima. Each row is reduced once, in the ring: what
 * is written at ox is read by no output behind it. The order of the taps is that of the window. */
SDX_INLINE void max_split(float *y, window_rows rows, pool_join *join) {
    const sdx_window *w = rows.window;
    for (size_t oy = 0; oy < w->out_h; oy++, y += w->out_w) {
        const size_t first = oy * w->stride_h;
        if (rows.next < first) rows.next = first;
        for (; rows.next < first + rows.rows; rows.next++) {
            float *row = rows.ring + rows.next % rows.rows * rows.row_len;
            window_prepare(&rows, rows.next);
            row_of_maxima(row, &rows, row, join);
        }
        rows.top = first % rows.rows;
        row_of_maxima(y, &rows, NULL, join);
    }
}

/* All taps of an output at once: for windows that hardly overlap. */
SDX_INLINE void max_direct(float *y, window_rows rows, pool_join *join) {
    const sdx_window *w = rows.window;
    vf v[WIDTH];
    for (size_t oy = 0; oy < w->out_h; oy++, y += w->out_w) {
        window_advance(&rows, oy);
        size_t ox = 0;
        for (; w->out_w - ox >= WIDTH * VF_N; ox += WIDTH * VF_N) {
            taps(v, &rows, ox, WIDTH, VF_N, join);
            for (size_t c = 0; c < WIDTH; c++)
                vf_store(y + ox + c * VF_N, v[c]);
        }
        while (ox < w->out_w) {
            const size_t n = w->out_w - ox < VF_N ? w->out_w - ox : VF_N;
            taps(v, &rows, ox, 1, n, join);
            vf_store_n(y + ox, v[0], n);
            ox += n;
        }
    }
}

static bool has_nan(const float *x, size_t n) {
    vf bad = vf_set(0.0f);
    for (size_t i = 0; i < n; i += VF_N) {
        const vf v = n - i < VF_N ? vf_load_n(x + i, n - i) : vf_load(x + i);
        bad = vf_if(vf_is_nan(v), v, bad);
    }
    return isnan(vf_sum(bad));
}

/* Where there is no NaN the maximum need not look for one, which is a third of the work; to find
 * that out pays from more than FEW taps on. Rows are reduced on their own where that is less. */
void SDX_KERNEL(max_pool_f32)(float *y, const float *x, const sdx_pool_f32 *pool) {
    enum { FEW = 4 };
    const sdx_window *w = &pool->window;
    if (w->out_h == 0 || w->out_w == 0) return;
    const window_rows rows = window_open(w, x, -INFINITY, pool->scratch);
    const size_t all = w->kernel_h * w->kernel_w, steps = w->stride_h * w->kernel_w + w->kernel_h;
    const bool nan = all <= FEW || has_nan(x, w->in_h * w->in_w);
    if (nan && steps < all)
        max_split(y, rows, join_max_nan);
    else if (nan)
        max_direct(y, rows, join_max_nan);
    else if (steps < all)
        max_split(y, rows, join_max);
    else
        max_direct(y, rows, join_max);
}

/* Of the places o * stride + k * dilation, those that count: within the input, or within its pads.
 */
static size_t count(size_t place, size_t kernel, size_t dilation, size_t begin, size_t end) {
    size_t n = 0;
    for (size_t k = 0; k < kernel; k++, place += dilation)
        n += place >= begin && place < end;
    return n;
}

SDX_INLINE void average(float *y, vf sum, const float *across, vf down, size_t n) {
    const vf count_across = n < VF_N ? vf_load_n(across, n) : vf_load(across);
    const vf v = vf_div(sum, vf_mul(count_across, down));
    if (n < VF_N) {
        vf_store_n(y, v, n);
    } else {
        vf_store(y, v);
    }
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
        vf v[WIDTH];
        size_t ox = 0;
        for (; w->out_w - ox >= WIDTH * VF_N; ox += WIDTH * VF_N) {
            taps(v, &rows, ox, WIDTH, VF_N, join_sum);
            for (size_t c = 0; c < WIDTH; c++)
                average(y + ox + c * VF_N, v[c], across + ox + c * VF_N, rows_counted, VF_N);
        }
        while (ox < w->out_w) {
            const size_t n = w->out_w - ox < VF_N ? w->out_w - ox : VF_N;
            taps(v, &rows, ox, 1, n, join_sum);
            average(y + ox, v[0], across + ox, rows_counted, n);
            ox += n;
        }
    }
}
