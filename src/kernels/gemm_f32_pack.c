/* Packing for the float32 product: both formats are strips, [k][width], of rows of A or columns of
 * B. */
#include "kernels/gemm_f32.h"

static const sdx_gemm_info info = {
    .format = GEMM_FORMAT, .mr = GEMM_MR, .nr = GEMM_NR, .kc = GEMM_KC, .mc = GEMM_MC};

const sdx_gemm_info *SDX_KERNEL(gemm_f32_info)(void) { return &info; }

/* Strips whose lines lie side by side in the source: whole vectors. */
static void copy_lines(float *dst, size_t width, const float *src, size_t count, size_t depth,
                       size_t col) {
    for (size_t p = 0; p < depth; p++) {
        const float *s = src + p * col;
        float *d = dst + p * width;
        size_t i = 0;
        for (; count - i >= VF_N; i += VF_N)
            vf_store(d + i, vf_load(s + i));
        for (; i < width; i++)
            d[i] = i < count ? s[i] : 0.0f;
    }
}

/* VF_N steps of up to VF_N lines that run along the source: a transposition in registers. */
SDX_INLINE void turn_block(float *dst, size_t width, const float *src, size_t count, size_t row,
                           size_t room) {
    vf v[VF_N];
    for (size_t i = 0; i < VF_N; i++)
        v[i] = i < count ? vf_load(src + i * row) : vf_set(0.0f);
    vf_transpose(v);
    for (size_t p = 0; p < VF_N; p++) {
        if (room < VF_N) {
            vf_store_n(dst + p * width, v[p], room);
        } else {
            vf_store(dst + p * width, v[p]);
        }
    }
}

/* Strips whose lines run along the source; whole blocks by turning, the last steps one by one. */
static void turn_lines(float *dst, size_t width, const float *src, size_t count, size_t depth,
                       size_t row) {
    for (size_t i = 0; i < width; i += VF_N) {
        const size_t lines = count < i ? 0 : count - i < VF_N ? count - i : VF_N;
        const size_t room = width - i < VF_N ? width - i : VF_N;
        const float *s = lines ? src + i * row : src;
        size_t p = 0;
        for (; depth - p >= VF_N; p += VF_N)
            turn_block(dst + p * width + i, width, s + p, lines, row, room);
        for (; p < depth; p++)
            for (size_t r = 0; r < room; r++)
                dst[p * width + i + r] = r < lines ? s[r * row + p] : 0.0f;
    }
}

void SDX_KERNEL(gemm_f32_interleave)(float *dst, size_t width, const float *src, size_t count,
                                     size_t depth, size_t row, size_t col) {
    if (row == 1) {
        copy_lines(dst, width, src, count, depth, col);
    } else if (col == 1) {
        turn_lines(dst, width, src, count, depth, row);
    } else {
        for (size_t p = 0; p < depth; p++)
            for (size_t i = 0; i < width; i++)
                dst[p * width + i] = i < count ? src[i * row + p * col] : 0.0f;
    }
}

void SDX_KERNEL(gemm_f32_pack_a)(float *dst, const sdx_matrix_f32 *m, size_t first, size_t last) {
    const size_t tiles = gemm_tiles(m->rows);
    for (size_t i = gemm_tile_from(first, m->rows); i < tiles; i++) {
        const size_t begin = gemm_tile_row(i, m->rows);
        if (begin >= last) return;
        const size_t height = gemm_tile_row(i + 1, m->rows) - begin;
        SDX_KERNEL(gemm_f32_interleave)
        (dst + begin * m->cols, height, m->src + begin * m->row, height, m->cols, m->row, m->col);
    }
}

void SDX_KERNEL(gemm_f32_pack_b)(float *dst, const sdx_matrix_f32 *m, size_t first, size_t last) {
    for (size_t q = first; q < last; q++) {
        const size_t begin = q * GEMM_NR;
        const size_t left = m->cols - begin;
        SDX_KERNEL(gemm_f32_interleave)
        (dst + begin * m->rows, GEMM_NR, m->src + begin * m->col, left < GEMM_NR ? left : GEMM_NR,
         m->rows, m->col, m->row);
    }
}
