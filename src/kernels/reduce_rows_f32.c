/* Reductions over the outer axis: column tiles of four vectors walk down the rows; blocks of rows
 * are joined in pairs like the blocks of reduce.h. */
#include "kernels/reduce.h"

enum { TILE = 4 };

/* rows [0, rows) of one tile, one after the other. `width` vectors, of `n` elements in the last. */
SDX_INLINE void tile_block(vf *acc, const float *x, size_t rows, size_t stride, size_t width,
                           size_t n, vf neutral, reduce_term *term, reduce_join *join) {
    for (size_t w = 0; w < width; w++)
        acc[w] = neutral;
    for (size_t r = 0; r < rows; r++) {
        SDX_UNROLL(4)
        for (size_t w = 0; w < width; w++) {
            const float *p = x + r * stride + w * VF_N;
            const vf v = n < VF_N ? vf_load_n(p, n) : vf_load(p);
            acc[w] = join(acc[w], term(v, neutral));
        }
    }
}

SDX_INLINE void tile_columns(float *y, const float *x, size_t rows, size_t stride, size_t width,
                             size_t n, vf neutral, reduce_term *term, reduce_join *join) {
    vf level[REDUCE_LEVELS][TILE];
    vf acc[TILE];
    size_t depth = 0;
    size_t r = 0;
    for (size_t done = 1; rows - r >= REDUCE_BLOCK; done++, r += REDUCE_BLOCK) {
        tile_block(acc, x + r * stride, REDUCE_BLOCK, stride, width, n, neutral, term, join);
        for (size_t pairs = done; pairs % 2 == 0; pairs /= 2, depth--)
            for (size_t w = 0; w < width; w++)
                acc[w] = join(level[depth - 1][w], acc[w]);
        for (size_t w = 0; w < width; w++)
            level[depth][w] = acc[w];
        depth++;
    }
    tile_block(acc, x + r * stride, rows - r, stride, width, n, neutral, term, join);
    for (; depth > 0; depth--)
        for (size_t w = 0; w < width; w++)
            acc[w] = join(level[depth - 1][w], acc[w]);
    for (size_t w = 0; w + 1 < width; w++)
        vf_store(y + w * VF_N, acc[w]);
    if (n < VF_N) {
        vf_store_n(y, acc[0], n);
    } else {
        vf_store(y + (width - 1) * VF_N, acc[width - 1]);
    }
}

/* width is a constant at every call of tile_columns. */
SDX_INLINE void reduce_rows(float *y, const float *x, size_t rows, size_t n, size_t stride,
                            float empty, reduce_term *term, reduce_join *join) {
    const vf neutral = vf_set(empty);
    size_t j = 0;
    for (; n - j >= TILE * VF_N; j += TILE * VF_N)
        tile_columns(y + j, x + j, rows, stride, TILE, VF_N, neutral, term, join);
    for (; n - j >= VF_N; j += VF_N)
        tile_columns(y + j, x + j, rows, stride, 1, VF_N, neutral, term, join);
    if (j < n) tile_columns(y + j, x + j, rows, stride, 1, n - j, neutral, term, join);
}

static inline vf term_abs(vf x, vf p) {
    (void)p;
    return vf_abs(x);
}
static inline vf term_own_square(vf x, vf p) {
    (void)p;
    return vf_mul(x, x);
}
static inline vf join_prod(vf a, vf b) { return vf_mul(a, b); }
static inline vf join_min(vf a, vf b) { return vf_min_nan(a, b); }

void SDX_KERNEL(sum_rows_f32)(float *y, const float *x, size_t rows, size_t n, size_t stride) {
    reduce_rows(y, x, rows, n, stride, 0.0f, term_same, join_sum);
}

void SDX_KERNEL(sum_abs_rows_f32)(float *y, const float *x, size_t rows, size_t n, size_t stride) {
    reduce_rows(y, x, rows, n, stride, 0.0f, term_abs, join_sum);
}

void SDX_KERNEL(sum_square_rows_f32)(float *y, const float *x, size_t rows, size_t n,
                                     size_t stride) {
    reduce_rows(y, x, rows, n, stride, 0.0f, term_own_square, join_sum);
}

void SDX_KERNEL(prod_rows_f32)(float *y, const float *x, size_t rows, size_t n, size_t stride) {
    reduce_rows(y, x, rows, n, stride, 1.0f, term_same, join_prod);
}

void SDX_KERNEL(max_rows_f32)(float *y, const float *x, size_t rows, size_t n, size_t stride) {
    reduce_rows(y, x, rows, n, stride, -INFINITY, term_same, join_max);
}

void SDX_KERNEL(min_rows_f32)(float *y, const float *x, size_t rows, size_t n, size_t stride) {
    reduce_rows(y, x, rows, n, stride, INFINITY, term_same, join_min);
}
