/* The 8-bit product: both operands are widened to int16, two of k side by side in an int32 lane, so
 * that one multiply-and-add instruction takes two steps of k for any mixture of signs. */
#include "kernels/set.h"

#if defined(__AVX512F__)
enum { TILE_ROWS = 14, VECTORS = 2 };
#elif defined(__AVX2__)
enum { TILE_ROWS = 6, VECTORS = 2 };
#elif defined(__ARM_NEON) && !defined(SDX_SET_SCALAR)
enum { TILE_ROWS = 6, VECTORS = 4 };
#else
enum { TILE_ROWS = 4, VECTORS = 4 };
#endif
enum { NR = VECTORS * VF_N, MC = TILE_ROWS * 8 };

SDX_INLINE size_t pairs_of(size_t k) { return k / 2 + k % 2; }

SDX_INLINE int32_t widen(uint8_t x, bool is_signed) { return is_signed ? (int8_t)x : x; }

SDX_INLINE int32_t pair(int32_t low, int32_t high) {
    return (int32_t)((uint32_t)low & 0xffffu) | (int32_t)((uint32_t)high << 16);
}

size_t SDX_KERNEL(gemm_i8_pack_size)(size_t n, size_t k) {
    return (n + NR - 1) / NR * NR * pairs_of(k) * sizeof(int32_t);
}

size_t SDX_KERNEL(gemm_i8_scratch)(size_t m, size_t k) {
    return (m < MC ? m : MC) * pairs_of(k) * sizeof(int32_t);
}

int32_t SDX_KERNEL(sum_i8)(const void *x, size_t n, bool is_signed) {
    const uint8_t *p = x;
    uint32_t sum = 0;
    if (is_signed) {
        for (size_t i = 0; i < n; i++)
            sum += (uint32_t)widen(p[i], true);
    } else {
        for (size_t i = 0; i < n; i++)
            sum += (uint32_t)widen(p[i], false);
    }
    return (int32_t)sum;
}

static void pack_panel(int32_t *dst, const sdx_matrix_i8 *m, size_t col, size_t n) {
    const uint8_t *src = (const uint8_t *)m->src + col * m->col;
    for (size_t p = 0; p < m->rows; p += 2) {
        const uint8_t *line = src + p * m->row;
        for (size_t j = 0; j < NR; j++) {
            const int32_t low = j < n ? widen(line[j * m->col], m->is_signed) : 0;
            const int32_t high =
                j < n && p + 1 < m->rows ? widen(line[m->row + j * m->col], m->is_signed) : 0;
            *dst++ = pair(low, high);
        }
    }
}

void SDX_KERNEL(gemm_i8_pack)(void *dst, int32_t *col_sums, const sdx_matrix_i8 *m) {
    const size_t panel = pairs_of(m->rows) * NR;
    for (size_t col = 0; col < m->cols; col += NR) {
        const size_t n = m->cols - col < NR ? m->cols - col : NR;
        pack_panel((int32_t *)dst + col / NR * panel, m, col, n);
    }
    if (!col_sums) return;
    for (size_t j = 0; j < m->cols; j++) {
        uint32_t sum = 0;
        const uint8_t *src = (const uint8_t *)m->src + j * m->col;
        for (size_t p = 0; p < m->rows; p++)
            sum += (uint32_t)widen(src[p * m->row], m->is_signed);
        col_sums[j] = (int32_t)sum;
    }
}

/* out[i * NR + j]; a[p * rows + i], b[p * NR + j]; rows is a constant at every call. */
SDX_INLINE void tile_run(const int32_t *a, const int32_t *b, size_t pairs, int32_t *out,
                         size_t rows) {
    vi sum[TILE_ROWS][VECTORS];
    SDX_UNROLL(14)
    for (size_t i = 0; i < rows; i++)
        SDX_UNROLL(4)
    for (size_t j = 0; j < VECTORS; j++)
        sum[i][j] = vi_set(0);
    for (size_t p = 0; p < pairs; p++, a += rows, b += NR) {
        vi line[VECTORS];
        SDX_UNROLL(4)
        for (size_t j = 0; j < VECTORS; j++)
            line[j] = vi_load(b + j * VF_N);
        SDX_UNROLL(14)
        for (size_t i = 0; i < rows; i++) {
            const vi factor = vi_set(a[i]);
            SDX_UNROLL(4)
            for (size_t j = 0; j < VECTORS; j++)
                sum[i][j] = vi_dot16(sum[i][j], factor, line[j]);
        }
    }
    SDX_UNROLL(14)
    for (size_t i = 0; i < rows; i++)
        SDX_UNROLL(4)
    for (size_t j = 0; j < VECTORS; j++)
        vi_store(out + i * NR + j * VF_N, sum[i][j]);
}

/* Tiles of full height, and of one to three rows for the rest: few enough to be quick to compile.
 */
static void tile_full(const int32_t *a, const int32_t *b, size_t pairs, int32_t *out) {
    tile_run(a, b, pairs, out, TILE_ROWS);
}
static void tile_two(const int32_t *a, const int32_t *b, size_t pairs, int32_t *out) {
    tile_run(a, b, pairs, out, 2);
}
static void tile_one(const int32_t *a, const int32_t *b, size_t pairs, int32_t *out) {
    tile_run(a, b, pairs, out, 1);
}

SDX_INLINE size_t tile_height(size_t left) {
    return left >= TILE_ROWS ? TILE_ROWS : left >= 2 ? 2 : 1;
}

static void pack_rows(int32_t *dst, const sdx_gemm_i8 *g, size_t row, size_t rows) {
    for (size_t i = 0; i < rows;) {
        const size_t height = tile_height(rows - i);
        for (size_t r = 0; r < height; r++) {
            const uint8_t *src = (const uint8_t *)g->a + (row + i + r) * g->a_row;
            int32_t *d = dst + r;
            for (size_t p = 0; p < g->k; p += 2, d += height)
                *d = pair(widen(src[p], g->a_signed),
                          p + 1 < g->k ? widen(src[p + 1], g->a_signed) : 0);
        }
        dst += height * pairs_of(g->k);
        i += height;
    }
}

static void run_panel(const sdx_gemm_i8 *g, size_t row, size_t rows, size_t col) {
    const size_t pairs = pairs_of(g->k);
    const size_t n = g->n - col < NR ? g->n - col : NR;
    const int32_t *a = g->scratch;
    const int32_t *b = (const int32_t *)g->b + col * pairs;
    int32_t out[TILE_ROWS * NR];
    for (size_t i = 0; i < rows;) {
        const size_t height = tile_height(rows - i);
        (height == TILE_ROWS ? tile_full : height == 2 ? tile_two : tile_one)(a, b, pairs, out);
        for (size_t r = 0; r < height; r++)
            memcpy(g->c + (row + i + r) * g->c_row + col, out + r * NR, n * sizeof *out);
        a += height * pairs;
        i += height;
    }
}

void SDX_KERNEL(gemm_i8)(const sdx_gemm_i8 *g) {
    for (size_t row = g->m0; row < g->m1; row += MC) {
        const size_t rows = g->m1 - row < MC ? g->m1 - row : MC;
        pack_rows(g->scratch, g, row, rows);
        for (size_t col = 0; col < g->n; col += NR)
            run_panel(g, row, rows, col);
    }
}
