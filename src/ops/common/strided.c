/* See strided.h. Rows that are contiguous in the source are copied whole. Where the source runs
 * along another dim than the last one, that dim and the last one form a plane that the kernels
 * transpose, so that both sides are read and written by cache lines. */
#include "ops/common/strided.h"

#include <string.h>

#include "ops/common/take.h"

enum { BAND = 64 }; /* columns of a plane that one item transposes */

static void remove_dim(sdx_strided *s, size_t at) {
    s->rank--;
    memmove(&s->dims[at], &s->dims[at + 1], (s->rank - at) * sizeof *s->dims);
    memmove(&s->strides[at], &s->strides[at + 1], (s->rank - at) * sizeof *s->strides);
}

static void join_dims(sdx_strided *s) {
    for (size_t i = 0; i < s->rank;) {
        if (s->dims[i] == 1) {
            remove_dim(s, i);
        } else if (i > 0 && s->strides[i - 1] == s->strides[i] * s->dims[i]) {
            s->dims[i] *= s->dims[i - 1];
            remove_dim(s, i - 1);
        } else {
            i++;
        }
    }
}

void sdx_strided_collapse(sdx_strided *s) {
    join_dims(s);
    if (s->rank == 0) {
        s->rank = 1;
        s->dims[0] = s->strides[0] = 1;
    }
    s->rows = 1;
    for (size_t i = 0; i + 1 < s->rank; i++)
        s->rows *= (size_t)s->dims[i];
    if (s->dims[s->rank - 1] == 0) s->rows = 0;
    s->plane = s->rank;
    for (size_t i = 0; i + 1 < s->rank && s->strides[s->rank - 1] > 1; i++)
        if (s->strides[i] == 1 && s->dims[i] > 1) s->plane = i;
}

const char *sdx_strided_how(const sdx_strided *s) {
    const int64_t last = s->strides[s->rank - 1];
    if (last == 1) return "rows are copied whole: the last dimension stays";
    if (s->plane < s->rank) return "planes are transposed by blocks";
    return last == 0 ? "rows are filled with one element" : "element by element";
}

void sdx_strided_walk_begin(sdx_strided_walk *w, const sdx_strided *s, size_t row) {
    w->s = s;
    w->at = s->offset;
    for (size_t i = s->rank - 1; i-- > 0;) {
        w->index[i] = (int64_t)(row % (size_t)s->dims[i]);
        w->at += w->index[i] * s->strides[i];
        row /= (size_t)s->dims[i];
    }
}

typedef struct copy {
    char *dst;
    const char *src;
    size_t size;
    const sdx_strided *s;
    sdx_copy_fn *row;
    sdx_transpose_fn *plane;
} copy;

static sdx_transpose_fn *transpose_of(size_t size) {
    const sdx_exact_table *const k = sdx_exact_kernels();
    sdx_transpose_fn *const by_size[] = {[1] = k->transpose_1,
                                         [2] = k->transpose_2,
                                         [4] = k->transpose_4,
                                         [8] = k->transpose_8,
                                         [16] = k->transpose_16};
    return by_size[size];
}

static void copy_rows(void *arg, size_t begin, size_t end, unsigned lane) {
    const copy *const c = arg;
    const sdx_strided *const s = c->s;
    const size_t n = (size_t)s->dims[s->rank - 1];
    const int64_t stride = s->strides[s->rank - 1];
    sdx_strided_walk w;
    (void)lane;
    sdx_strided_walk_begin(&w, s, begin);
    for (size_t r = begin; r < end; r++) {
        c->row(c->dst + r * n * c->size, 1, c->src + w.at * (int64_t)c->size, (ptrdiff_t)stride, n);
        sdx_strided_walk_next(&w);
    }
}

/* Where plane `index` begins on both sides; of the dims but the last one and the plane's. */
static void place_plane(const sdx_strided *s, size_t index, int64_t *dst, int64_t *src) {
    int64_t stride = s->dims[s->rank - 1];
    *dst = 0;
    *src = s->offset;
    for (size_t i = s->rank - 1; i-- > 0;) {
        if (i != s->plane) {
            const int64_t at = (int64_t)(index % (size_t)s->dims[i]);
            *dst += at * stride;
            *src += at * s->strides[i];
            index /= (size_t)s->dims[i];
        }
        stride *= s->dims[i];
    }
}

static size_t plane_stride(const sdx_strided *s) {
    size_t stride = 1;
    for (size_t i = s->plane + 1; i < s->rank; i++)
        stride *= (size_t)s->dims[i];
    return stride;
}

/* Item: one band of a plane. */
static void copy_planes(void *arg, size_t begin, size_t end, unsigned lane) {
    const copy *const c = arg;
    const sdx_strided *const s = c->s;
    const size_t high = (size_t)s->dims[s->plane], bands = (high + BAND - 1) / BAND;
    sdx_transpose t = {.rows = (size_t)s->dims[s->rank - 1],
                       .dst_row = plane_stride(s),
                       .src_row = (size_t)s->strides[s->rank - 1]};
    (void)lane;
    for (size_t item = begin; item < end; item++) {
        int64_t dst, src;
        const size_t first = item % bands * BAND;
        place_plane(s, item / bands, &dst, &src);
        t.cols = high - first < BAND ? high - first : BAND;
        c->plane(c->dst + ((size_t)dst + first * t.dst_row) * c->size,
                 c->src + ((size_t)src + first) * c->size, &t);
    }
}

void sdx_strided_copy(const sdx_call *call, void *dst, const void *src, size_t size,
                      const sdx_strided *s) {
    copy c = {.dst = dst,
              .src = src,
              .size = size,
              .s = s,
              .row = sdx_copy_of(size),
              .plane = transpose_of(size)};
    const size_t n = (size_t)s->dims[s->rank - 1];
    if (s->rows == 0) return;
    if (s->plane == s->rank) {
        sdx_call_for(call, s->rows, sdx_grain(n * size / 4 + 1), copy_rows, &c);
        return;
    }
    const size_t high = (size_t)s->dims[s->plane];
    sdx_call_for(call, s->rows / high * ((high + BAND - 1) / BAND), sdx_grain(BAND * n),
                 copy_planes, &c);
}
