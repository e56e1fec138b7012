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

typedef struct window_rows {
    const sdx_window *window;
    const float *x;
    float *ring; /* `rows` rows of row_len */
    float pad;
    size_t rows, row_len, phase;
    size_t next; /* the first padded row (input row + pad_top) that is not prepared yet */
} window_rows;

static inline window_rows window_open(const sdx_window *w, const float *x, float pad, float *ring) {
    const size_t len = sdx_window_row_len(w);
    return (window_rows){.window = w,
                         .x = x,
                         .ring = ring,
                         .pad = pad,
                         .rows = (w->kernel_h - 1) * w->dilation_h + 1,
                         .row_len = len,
                         .phase = len / w->stride_w};
}

/* Columns of the phase that begins at padded place `start`: dst[i] = place start + i * step. */
static inline void window_phase(float *dst, size_t n, const float *row, const sdx_window *w,
                                size_t start, float pad) {
    const size_t step = w->stride_w;
    size_t i = 0;
    for (; i < n && start + i * step < w->pad_left; i++)
        dst[i] = pad;
    if (step == 1) {
        const size_t column = start + i - w->pad_left;
        size_t end = column < w->in_w ? i + (w->in_w - column) : i;
        end = end < n ? end : n;
        for (const float *s = row + column - i; i < end; i++)
            dst[i] = s[i];
    } else {
        for (; i < n && start + i * step - w->pad_left < w->in_w; i++)
            dst[i] = row[start + i * step - w->pad_left];
    }
    for (; i < n; i++)
        dst[i] = pad;
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
    for (size_t f = 0; f < w->stride_w; f++)
        window_phase(dst + f * r->phase, r->phase, row, w, f, r->pad);
}

/* Makes sure that all rows which row oy of the outputs sees are in the ring. */
static inline void window_advance(window_rows *r, size_t oy) {
    const size_t first = oy * r->window->stride_h;
    if (r->next < first) r->next = first;
    for (; r->next < first + r->rows; r->next++)
        window_prepare(r, r->next);
}

/* Where the inputs of tap (ky, kx) begin for row oy: one for each output, side by side. */
SDX_INLINE const float *window_tap(const window_rows *r, size_t oy, size_t ky, size_t kx) {
    const sdx_window *w = r->window;
    const size_t row = (oy * w->stride_h + ky * w->dilation_h) % r->rows;
    const size_t place = kx * w->dilation_w;
    return r->ring + row * r->row_len + place % w->stride_w * r->phase + place / w->stride_w;
}

#endif
