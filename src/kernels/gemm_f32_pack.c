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

void SDX_KERNEL(gemm_f32_interleave)(float *dst, size_t width, const float *src, size_t count,
                                     size_t depth, size_t row, size_t col) {
    if (row == 1) {
        copy_lines(dst, width, src, count, depth, col);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const float *s = src + i * row;
        float *d = dst + i;
        for (size_t p = 0; p < depth; p++)
            d[p * width] = s[p * col];
    }
    for (size_t i = count; i < width; i++)
        for (size_t p = 0; p < depth; p++)
            dst[p * width + i] = 0.0f;
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
