/* im2col by runs: outputs that follow each other along the last dim see, through one tap, inputs
 * that are evenly spaced. */
#include "ops/conv/columns.h"

#include <string.h>

static void split_index(size_t rank, const size_t *dims, size_t index, size_t *place) {
    for (size_t d = rank; d-- > 0;) {
        place[d] = index % dims[d];
        index /= dims[d];
    }
}

static void next_index(size_t rank, const size_t *dims, size_t *place) {
    for (size_t d = rank; d-- > 0;) {
        if (++place[d] < dims[d]) return;
        place[d] = 0;
    }
}

/* Where the line of inputs lies that a tap sees; false when it lies in the padding. */
static bool outer_offset(const sdx_window_nd *w, const size_t *place, const size_t *tap,
                         size_t *out) {
    size_t offset = 0;
    for (size_t d = 0; d + 1 < w->rank; d++) {
        const size_t at = place[d] * w->stride[d] + tap[d] * w->dilation[d];
        if (at < w->before[d] || at - w->before[d] >= w->in[d]) {
            *out = 0;
            return false;
        }
        offset = offset * w->in[d] + at - w->before[d];
    }
    *out = offset * w->in[w->rank - 1];
    return true;
}

/* The input along dim `d` that a tap sees; may lie outside. */
static ptrdiff_t line_start(const sdx_window_nd *w, size_t d, const size_t *place,
                            const size_t *tap) {
    return (ptrdiff_t)(place[d] * w->stride[d] + tap[d] * w->dilation[d]) - (ptrdiff_t)w->before[d];
}

/* The place of column `col`, and how many columns follow along the last dim. */
static size_t run_at(const sdx_columns *c, size_t col, size_t *place) {
    const sdx_window_nd *const w = c->window;
    split_index(w->rank, w->out, col, place);
    const size_t left = c->first + c->n - col;
    const size_t run = w->out[w->rank - 1] - place[w->rank - 1];
    return left < run ? left : run;
}

#define T uint8_t
#define NAME(x) x##_1
#include "ops/conv/columns_tmpl.h"
#define T uint32_t
#define NAME(x) x##_4
#include "ops/conv/columns_tmpl.h"
#define T uint64_t
#define NAME(x) x##_8
#include "ops/conv/columns_tmpl.h"

void sdx_columns_fill(void *dst, const void *x, size_t size, const sdx_columns *c) {
    if (size == 1)
        columns_1(dst, x, c);
    else if (size == 4)
        columns_4(dst, x, c);
    else
        columns_8(dst, x, c);
}

#define T float
#define NAME(x) x##_f32
#include "ops/conv/columns_add_tmpl.h"
#define T double
#define NAME(x) x##_f64
#include "ops/conv/columns_add_tmpl.h"

void sdx_columns_add(void *x, const void *columns, size_t size, const sdx_columns *c) {
    if (size == sizeof(float))
        add_columns_f32(x, columns, c);
    else
        add_columns_f64(x, columns, c);
}
