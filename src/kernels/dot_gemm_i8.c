/* The 8-bit product: a few steps of k side by side in an int32 lane, so that one instruction takes
 * them all. Where the set has a dot product of four bytes, these are it, and operands whose sign
 * does not suit it are moved by a bias: sum a b = sum (a + x)(b + y) - x sum (b + y) - y sum (a +
 * x) + k x y; the sums stand beside the packs. Elsewhere both are widened to int16, two steps of k
 * in a lane, and the biases are 0. */
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

#if defined(VI_DOT8_BIAS_SIGNED)
enum { GROUP = 4, BIAS_A_SIGNED = VI_DOT8_BIAS_SIGNED, BIAS_A_UNSIGNED = VI_DOT8_BIAS_UNSIGNED };
enum { BIAS_B_UNSIGNED = -128 }; /* b is signed in every set */
SDX_INLINE vi dot(vi sum, vi a, vi b) { return vi_dot8(sum, a, b); }
#else
enum { GROUP = 2, BIAS_A_SIGNED = 0, BIAS_A_UNSIGNED = 0, BIAS_B_UNSIGNED = 0 };
SDX_INLINE vi dot(vi sum, vi a, vi b) { return vi_dot16(sum, a, b); }
#endif

SDX_INLINE int32_t bias_a(bool is_signed) { return is_signed ? BIAS_A_SIGNED : BIAS_A_UNSIGNED; }
SDX_INLINE int32_t bias_b(bool is_signed) { return is_signed ? 0 : BIAS_B_UNSIGNED; }

SDX_INLINE size_t words_of(size_t k) { return (k + GROUP - 1) / GROUP; }

SDX_INLINE int32_t widen(uint8_t x, bool is_signed) { return is_signed ? (int8_t)x : x; }

/* n steps of k, `step` bytes apart, in one lane; the rest of the lane is 0. */
SDX_INLINE int32_t word(const uint8_t *p, size_t step, size_t n, bool is_signed, int32_t bias) {
    const unsigned bits = 32 / GROUP;
    uint32_t lane = 0;
    for (size_t i = 0; i < n && i < GROUP; i++) {
        const uint32_t value = (uint32_t)(widen(p[i * step], is_signed) + bias);
        lane |= (value & (UINT32_MAX >> (32 - bits))) << (i * bits);
    }
    return (int32_t)lane;
}

/* A panel: the lanes, [words][NR], then the sums of its NR columns, bias included. */
SDX_INLINE size_t panel_len(size_t k) { return (words_of(k) + 1) * NR; }

size_t SDX_KERNEL(gemm_i8_pack_size)(size_t n, size_t k) {
    return (n + NR - 1) / NR * panel_len(k) * sizeof(int32_t);
}

/* Rows of A: the same, a tile at a time. */
size_t SDX_KERNEL(gemm_i8_scratch)(size_t m, size_t k) {
    return (m < MC ? m : MC) * (words_of(k) + 1) * sizeof(int32_t);
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

/* Adds k biases to a sum, wrapping. */
SDX_INLINE int32_t with_bias(uint32_t sum, size_t k, int32_t bias) {
    return (int32_t)(sum + (uint32_t)k * (uint32_t)bias);
}

static void pack_panel(int32_t *dst, int32_t *sums, const sdx_matrix_i8 *m, size_t col, size_t n) {
    const uint8_t *src = (const uint8_t *)m->src + col * m->col;
    const int32_t bias = bias_b(m->is_signed);
    for (size_t p = 0; p < m->rows; p += GROUP, dst += NR)
        for (size_t j = 0; j < NR; j++)
            dst[j] =
                j < n ? word(src + p * m->row + j * m->col, m->row, m->rows - p, m->is_signed, bias)
                      : 0;
    for (size_t j = 0; j < NR; j++) {
        uint32_t sum = 0;
        for (size_t p = 0; j < n && p < m->rows; p++)
            sum += (uint32_t)widen(src[p * m->row + j * m->col], m->is_signed);
        dst[j] = with_bias(sum, j < n ? m->rows : 0, bias);
        if (sums && j < n) sums[col + j] = (int32_t)sum;
    }
}

void SDX_KERNEL(gemm_i8_pack)(void *dst, int32_t *col_sums, const sdx_matrix_i8 *m) {
    int32_t *panel = dst;
    for (size_t col = 0; col < m->cols; col += NR, panel += panel_len(m->rows)) {
        const size_t n = m->cols - col < NR ? m->cols - col : NR;
        pack_panel(panel, col_sums, m, col, n);
    }
}

/* out[i * NR + j]; a[p * rows + i], b[p * NR + j]; rows is a constant at every call. */
SDX_INLINE void tile_run(const int32_t *a, const int32_t *b, size_t words, int32_t *out,
                         size_t rows) {
    vi sum[TILE_ROWS][VECTORS];
    SDX_UNROLL(14)
    for (size_t i = 0; i < rows; i++)
        SDX_UNROLL(4)
    for (size_t j = 0; j < VECTORS; j++)
        sum[i][j] = vi_set(0);
    for (size_t p = 0; p < words; p++, a += rows, b += NR) {
        vi line[VECTORS];
        SDX_UNROLL(4)
        for (size_t j = 0; j < VECTORS; j++)
            line[j] = vi_load(b + j * VF_N);
        SDX_UNROLL(14)
        for (size_t i = 0; i < rows; i++) {
            const vi factor = vi_set(a[i]);
            SDX_UNROLL(4)
            for (size_t j = 0; j < VECTORS; j++)
                sum[i][j] = dot(sum[i][j], factor, line[j]);
        }
    }
    SDX_UNROLL(14)
    for (size_t i = 0; i < rows; i++)
        SDX_UNROLL(4)
    for (size_t j = 0; j < VECTORS; j++)
        vi_store(out + i * NR + j * VF_N, sum[i][j]);
}

/* Tiles of full height, of four rows, of one: few enough to be quick to compile. */
static void tile_full(const int32_t *a, const int32_t *b, size_t words, int32_t *out) {
    tile_run(a, b, words, out, TILE_ROWS);
}
static void tile_four(const int32_t *a, const int32_t *b, size_t words, int32_t *out) {
    tile_run(a, b, words, out, 4);
}
static void tile_one(const int32_t *a, const int32_t *b, size_t words, int32_t *out) {
    tile_run(a, b, words, out, 1);
}

SDX_INLINE size_t tile_height(size_t left) {
    return left >= TILE_ROWS ? TILE_ROWS : left >= 4 ? 4 : 1;
}

/* A tile of A: lanes [words][height], then the sums of its rows, bias included. */
static void pack_rows(int32_t *dst, const sdx_gemm_i8 *g, size_t row, size_t rows) {
    const int32_t bias = bias_a(g->a_signed);
    for (size_t i = 0; i < rows;) {
        const size_t height = tile_height(rows - i);
        const size_t words = words_of(g->k);
        for (size_t r = 0; r < height; r++) {
            const uint8_t *src = (const uint8_t *)g->a + (row + i + r) * g->a_row;
            for (size_t p = 0; p < g->k / GROUP; p++)
                dst[p * height + r] = word(src + p * GROUP, 1, GROUP, g->a_signed, bias);
            if (g->k % GROUP)
                dst[(words - 1) * height + r] =
                    word(src + (words - 1) * GROUP, 1, g->k % GROUP, g->a_signed, bias);
            const int32_t sum = SDX_KERNEL(sum_i8)(src, g->k, g->a_signed);
            dst[words * height + r] = with_bias((uint32_t)sum, g->k, bias);
        }
        dst += height * (words + 1);
        i += height;
    }
}

/* Takes the biases out of a row of sums. */
static void finish(int32_t *c, const int32_t *sum, const int32_t *col_sums, int32_t row_sum,
                   const sdx_gemm_i8 *g, size_t n) {
    const uint32_t x = (uint32_t)bias_a(g->a_signed);
    const uint32_t y = (uint32_t)bias_b(g->b_signed);
    const uint32_t whole = y * (uint32_t)row_sum - (uint32_t)g->k * x * y;
    for (size_t j = 0; j < n; j++)
        c[j] = (int32_t)((uint32_t)sum[j] - x * (uint32_t)col_sums[j] - whole);
}

static void run_panel(const sdx_gemm_i8 *g, size_t row, size_t rows, size_t col) {
    const size_t words = words_of(g->k);
    const size_t n = g->n - col < NR ? g->n - col : NR;
    const int32_t *a = g->scratch;
    const int32_t *b = (const int32_t *)g->b + col / NR * panel_len(g->k);
    int32_t out[TILE_ROWS * NR];
    for (size_t i = 0; i < rows;) {
        const size_t height = tile_height(rows - i);
        (height == TILE_ROWS ? tile_full : height == 4 ? tile_four : tile_one)(a, b, words, out);
        for (size_t r = 0; r < height; r++)
            finish(g->c + (row + i + r) * g->c_row + col, out + r * NR, b + words * NR,
                   a[words * height + r], g, n);
        a += height * (words + 1);
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
