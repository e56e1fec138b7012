/* The rows of a plane as a sliding window wants them: padded, and split into stride_w phases, so
 * that tap kx of neighbouring outputs lies side by side. A ring keeps the rows that one row of
 * outputs sees; each is prepared once.
 *
 * A padded row has places u = input column + pad_left; place u stands at
 * (u % stride_w) * phase + u / stride_w, and tap kx of output ox is place ox * stride_w + kx *
 * dilation_w. */
#ifndef SDX_KERNELS_WINDOW_H
#define SDX_KERNELS_WINDOW_H

#include "kernels/set.h"

/* Where the inputs of a tap begin in their row, one for each output, side by side. */
typedef struct window_tap {
    size_t phase, shift;
} window_tap;

typedef struct window_rows {
    const sdx_window *window;
    const float *x;
    float *ring; /* `rows` rows of row_len */
    float pad;
    size_t rows, row_len, phase;
    size_t next;    /* the first padded row (input row + pad_top) that is not prepared yet */
    size_t top;     /* where in the ring the rows of the current outputs begin */
    window_tap tap; /* from one tap to the next */
} window_rows;

static inline window_rows window_open(const sdx_window *w, const float *x, float pad, float *ring) {
    const size_t len = sdx_window_row_len(w);
    return (window_rows){.window = w,
                         .x = x,
                         .ring = ring,
                         .pad = pad,
                         .rows = (w->kernel_h - 1) * w->dilation_h + 1,
                         .row_len = len,
                         .phase = len / w->stride_w,
                         .tap = {w->dilation_w % w->stride_w, w->dilation_w / w->stride_w}};
}

/* The places of groups [first, last): group g is the places g * stride_w on, one of each phase. */
static inline void window_groups(const window_rows *r, float *dst, const float *row, size_t first,
                                 size_t last) {
    const sdx_window *w = r->window;
    for (size_t g = first; g < last; g++) {
        for (size_t f = 0; f < w->stride_w; f++) {
            const size_t place = g * w->stride_w + f;
            const bool inside = place >= w->pad_left && place - w->pad_left < w->in_w;
            dst[f * r->phase + g] = inside ? row[place - w->pad_left] : r->pad;
        }
    }
}

/* The same for groups that lie inside the row, the first at `columns`, where vectors do it: all of
 * stride 1, whole vectors of stride 2. Returns how many groups it did. */
static inline size_t window_vectors(const window_rows *r, float *dst, const float *columns,
                                    size_t n) {
    const size_t stride = r->window->stride_w;
    size_t g = 0;
    if (stride == 1) {
        for (; n - g >= VF_N; g += VF_N)
            vf_store(dst + g, vf_load(columns + g));
    } else if (stride == 2) {
        for (; n - g >= VF_N; g += VF_N) {
            vf even, odd;
            vf_load_split(columns + 2 * g, &even, &odd);
            vf_store(dst + g, even);
            vf_store(dst + r->phase + g, odd);
        }
    }
    return g;
}

static inline void window_prepare(window_rows *r, size_t padded_row) {
    const sdx_window *w = r->window;
    float *dst = r->ring + padded_row % r->rows * r->row_len;
    if (padded_row < w->pad_top || padded_row - w->pad_top >= w->in_h) {
        for (size_t i = 0; i < r->row_len; i++)
            dst[i] = r->pad;
        return;
    }
    const float *row = r->x + (padded_row - w->pad_top) * w->in_w;
    const size_t begin = (w->pad_left + w->stride_w - 1) / w->stride_w;
    const size_t end = (w->pad_left + w->in_w) / w->stride_w;
    size_t first = begin < r->phase ? begin : r->phase;
    const size_t last = end < first ? first : end < r->phase ? end : r->phase;
    window_groups(r, dst, row, 0, first);
    if (first < last)
        first +=
            window_vectors(r, dst + first, row + first * w->stride_w - w->pad_left, last - first);
    window_groups(r, dst, row, first, r->phase);
}

/* Makes sure that all rows which row oy of the outputs sees are in the ring. */
static inline void window_advance(window_rows *r, size_t oy) {
    const size_t first = oy * r->window->stride_h;
    if (r->next < first) r->next = first;
    for (; r->next < first + r->rows; r->next++)
        window_prepare(r, r->next);
    r->top = first % r->rows;
}

/* The padded row that tap row ky sees, of the row of outputs that was advanced to. */
SDX_INLINE const float *window_row(const window_rows *r, size_t ky) {
    const size_t row = r->top + ky * r->window->dilation_h;
    return r->ring + (row < r->rows ? row : row - r->rows) * r->row_len;
}

SDX_INLINE size_t window_at(const window_rows *r, window_tap t) {
    return t.phase * r->phase + t.shift;
}
SDX_INLINE window_tap window_next(const window_rows *r, window_tap t) {
    const window_tap next = {t.phase + r->tap.phase, t.shift + r->tap.shift};
    const size_t stride = r->window->stride_w;
    return next.phase < stride ? next : (window_tap){next.phase - stride, next.shift + 1};
}

#endif
