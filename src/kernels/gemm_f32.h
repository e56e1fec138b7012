/* The shape of the packed product in this set, and how rows are cut into tiles; shared by the
 * product and by packing. */
#ifndef SDX_KERNELS_GEMM_F32_H
#define SDX_KERNELS_GEMM_F32_H

#include "kernels/set.h"

#if defined(__AVX512F__)
#define GEMM_FORMAT "f32-m14-n32"
enum { GEMM_MR = 14, GEMM_VECTORS = 2, GEMM_MC = 224 };
#elif defined(__AVX2__)
#define GEMM_FORMAT "f32-m6-n16"
enum { GEMM_MR = 6, GEMM_VECTORS = 2, GEMM_MC = 96 };
#elif defined(__ARM_NEON) && !defined(SDX_SET_SCALAR)
#define GEMM_FORMAT "f32-m6-n16"
enum { GEMM_MR = 6, GEMM_VECTORS = 4, GEMM_MC = 96 };
#else
#define GEMM_FORMAT "f32-m4-n4"
enum { GEMM_MR = 4, GEMM_VECTORS = 4, GEMM_MC = 64 };
#endif
enum { GEMM_NR = GEMM_VECTORS * VF_N, GEMM_KC = 384 };

/* Rows are cut into as few tiles as possible, of heights that differ by at most one: tile i of n
 * begins at row i * rows / n. */
SDX_INLINE size_t gemm_tiles(size_t rows) { return (rows + GEMM_MR - 1) / GEMM_MR; }
SDX_INLINE size_t gemm_tile_row(size_t i, size_t rows) {
    const size_t n = gemm_tiles(rows);
    return i * (rows / n) + i * (rows % n) / n; /* i * rows / n without its overflow */
}
/* The first tile that begins at row `from` or later. */
SDX_INLINE size_t gemm_tile_from(size_t from, size_t rows) {
    const size_t n = gemm_tiles(rows);
    size_t i = from / GEMM_MR;
    while (i < n && gemm_tile_row(i, rows) < from)
        i++;
    return i;
}

/* dst[p * width + i] = src[i * row + p * col] for i < count, 0 for the rest of the width. */
void SDX_KERNEL(gemm_f32_interleave)(float *dst, size_t width, const float *src, size_t count,
                                     size_t depth, size_t row, size_t col);

#endif
