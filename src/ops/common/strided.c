/* See strided.h. Rows that are contiguous in the source are copied whole. Where the source runs
 * along another dim than the last one, that dim and the last one are walked in square tiles, so
 * that both sides are read and written by cache lines. */
#include "ops/common/strided.h"

#include <string.h>

typedef struct wide {
    uint64_t half[2];
} wide;

#define T uint8_t
#define NAME(x) x##_1
#include "ops/common/strided_tmpl.h"
#define T uint16_t
#define NAME(x) x##_2
#include "ops/common/strided_tmpl.h"
#define T uint32_t
#define NAME(x) x##_4
#include "ops/common/strided_tmpl.h"
#define T uint64_t
#define NAME(x) x##_8
#include "ops/common/strided_tmpl.h"
#define T wide
#define NAME(x) x##_16
#include "ops/common/strided_tmpl.h"

enum { TILE = 32 };

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
    for (size_t i = 0; i + 1 < s->rank; i++) {
        s->rows *= (size_t)s->dims[i];
    }
    if (s->dims[s->rank - 1] == 0) s->rows = 0;
    s->plane = s->rank;
    const int64_t last = s->strides[s->rank - 1];
    for (size_t i = 0; i + 1 < s->rank && last != 1 && last != 0; i++) {
        if (s->strides[i] == 1 && s->dims[i] > 1) s->plane = i;
    }
}

/* ---- rows
 * ------------------------------------------------------------------------------------------------------------------------------------
 */

typedef struct copy {
    char *dst;
    const char *src;
    size_t size;
    const sdx_strided *s;
    void (*row)(char *dst, const char *src, int64_t n, int64_t stride);
    void (*tile)(char *dst, int64_t dst_stride, const char *src, int64_t src_stride, int64_t rows,
                 int64_t n);
} copy;

/* By the logarithm of the element size. */
static void (*const rows_of[])(char *, const char *, int64_t, int64_t) = {row_1, row_2, row_4,
                                                                          row_8, row_16};
static void (*const tiles_of[])(char *, int64_t, const char *, int64_t, int64_t,
                                int64_t) = {tile_1, tile_2, tile_4, tile_8, tile_16};

/* Where row `row` of the destination begins in the source; dims but the last, and but `skip`. */
static int64_t source_of(const sdx_strided *s, size_t row, size_t skip) {
    int64_t at = s->offset;
    for (size_t i = s->rank - 1; i-- > 0;) {
        if (i == skip) continue;
        at += (int64_t)(row % (size_t)s->dims[i]) * s->strides[i];
        row /= (size_t)s->dims[i];
    }
    return at;
}

static void copy_rows(void *arg, size_t begin, size_t end, unsigned lane) {
    const copy *const c = arg;
    const sdx_strided *const s = c->s;
    const int64_t n = s->dims[s->rank - 1], stride = s->strides[s->rank - 1];
    const size_t bytes = (size_t)n * c->size;
    (void)lane;
    for (size_t r = begin; r < end; r++) {
        char *const dst = c->dst + r * bytes;
        const char *const src = c->src + source_of(s, r, s->rank) * (int64_t)c->size;
        if (stride == 1)
            memcpy(dst, src, bytes);
        else
            c->row(dst, src, n, stride);
    }
}

/* ---- planes
 * ----------------------------------------------------------------------------------------------------------------------------------
 */

/* Where element `index` of all dims but the last and the plane's begins in the destination. */
static int64_t target_of(const sdx_strided *s, size_t index) {
    int64_t at = 0, stride = s->dims[s->rank - 1];
    for (size_t i = s->rank - 1; i-- > 0;) {
        if (i != s->plane) {
            at += (int64_t)(index % (size_t)s->dims[i]) * stride;
            index /= (size_t)s->dims[i];
        }
        stride *= s->dims[i];
    }
    return at;
}

static int64_t plane_stride(const sdx_strided *s) {
    int64_t stride = 1;
    for (size_t i = s->plane + 1; i < s->rank; i++) {
        stride *= s->dims[i];
    }
    return stride;
}

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* Item: one band of TILE rows of one plane. */
static void copy_planes(void *arg, size_t begin, size_t end, unsigned lane) {
    const copy *const c = arg;
    const sdx_strided *const s = c->s;
    const int64_t high = s->dims[s->plane], n = s->dims[s->rank - 1];
    const int64_t src_stride = s->strides[s->rank - 1], dst_stride = plane_stride(s),
                  size = (int64_t)c->size;
    const size_t bands = (size_t)((high + TILE - 1) / TILE);
    (void)lane;
    for (size_t item = begin; item < end; item++) {
        const size_t plane = item / bands;
        const int64_t r = (int64_t)(item % bands) * TILE;
        char *const dst = c->dst + (target_of(s, plane) + r * dst_stride) * size;
        const char *const src = c->src + (source_of(s, plane, s->plane) + r) * size;
        for (int64_t i = 0; i < n; i += TILE) {
            c->tile(dst + i * size, dst_stride, src + i * src_stride * size, src_stride,
                    least(TILE, high - r), least(TILE, n - i));
        }
    }
}

void sdx_strided_copy(const sdx_call *call, void *dst, const void *src, size_t size,
                      const sdx_strided *s) {
    size_t log = 0;
    while (((size_t)1 << log) < size) {
        log++;
    }
    copy c = {
        .dst = dst, .src = src, .size = size, .s = s, .row = rows_of[log], .tile = tiles_of[log]};
    const size_t n = (size_t)s->dims[s->rank - 1];
    if (s->rows == 0) return;
    if (s->plane == s->rank) {
        sdx_call_for(call, s->rows, sdx_grain(n * size / 4 + 1), copy_rows, &c);
        return;
    }
    const size_t high = (size_t)s->dims[s->plane];
    const size_t bands = (high + TILE - 1) / TILE;
    sdx_call_for(call, s->rows / high * bands, sdx_grain(TILE * n), copy_planes, &c);
}
