/* The table of compute kernels: pointers, strides and sizes in, results out. One const table per
 * instruction set, all expanded from kernels.def.
 *
 * Common to every kernel, unless its type says otherwise:
 * - n, m, k and rows count elements and may be 0; a stride counts elements between two rows;
 *   pointers need no alignment beyond the element's own;
 * - y may be the very pointer x, a or b (in place), no other overlap of output and input is
 * allowed;
 * - element i has the same bits at every offset, length and alignment, and they depend on the shape
 *   and the instruction set alone (which NaN a NaN is, is not promised);
 * - nothing is allocated, no state is kept: all kernels may run on any number of threads at once;
 * - sizes are the caller's to check: rows * stride must fit the buffer. */
#ifndef SDX_KERNELS_KERNELS_H
#define SDX_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"
#include "sardonyx/sardonyx.h"

/* 16-bit floats, as bits. Widening is exact (a signalling NaN becomes quiet); narrowing rounds to
 * nearest, ties to even, overflows to infinity, keeps denormals, and keeps the upper bits of a NaN
 * and makes it quiet. Not in place. */
typedef void sdx_widen_f32_fn(float *y, const uint16_t *x, size_t n);
typedef void sdx_narrow_f32_fn(uint16_t *y, const float *x, size_t n);

/* y[i] = f(x[i]; p0, p1). NaN in gives NaN out, but where kernels.def says so. */
typedef void sdx_unary_f32_fn(float *y, const float *x, size_t n, float p0, float p1);

/* y[i] is x[i] after x = x * a + b was done `rounds` times. NaN in gives NaN. */
typedef void sdx_iterate_f32_fn(float *y, const float *x, size_t n, float a, float b,
                                size_t rounds);

/* Which operand of a binary map is one element for the whole row. */
typedef enum sdx_form {
    SDX_FORM_VV, /* y[i] = f(a[i], b[i]) */
    SDX_FORM_VS, /* y[i] = f(a[i], b[0]) */
    SDX_FORM_SV  /* y[i] = f(a[0], b[i]) */
} sdx_form;

/* Binary maps. Integers wrap; float min and max give NaN when either operand is NaN. In place: y
 * may be a or b where that one is a vector. */
typedef void sdx_binary_f32_fn(float *y, const float *a, const float *b, size_t n, sdx_form form);
typedef void sdx_binary_f64_fn(double *y, const double *a, const double *b, size_t n,
                               sdx_form form);
typedef void sdx_binary_i32_fn(int32_t *y, const int32_t *a, const int32_t *b, size_t n,
                               sdx_form form);
typedef void sdx_binary_i64_fn(int64_t *y, const int64_t *a, const int64_t *b, size_t n,
                               sdx_form form);

/* y[i] = 1 where the relation holds, else 0; every relation with a NaN is false. Not in place. */
typedef void sdx_compare_f32_fn(uint8_t *y, const float *a, const float *b, size_t n,
                                sdx_form form);
typedef void sdx_compare_f64_fn(uint8_t *y, const double *a, const double *b, size_t n,
                                sdx_form form);
typedef void sdx_compare_i32_fn(uint8_t *y, const int32_t *a, const int32_t *b, size_t n,
                                sdx_form form);
typedef void sdx_compare_i64_fn(uint8_t *y, const int64_t *a, const int64_t *b, size_t n,
                                sdx_form form);

/* One number from a contiguous row of n; p is a parameter of some. Sums are pairwise over blocks of
 * lanes: the error grows with log n. An empty row gives the neutral element: 0, 1 for products,
 * -inf for max, +inf for min. Any NaN in x gives NaN. */
typedef float sdx_reduce_f32_fn(const float *x, size_t n, float p);

/* The same over the outer axis: y[j] = reduction over r of x[r * stride + j], for j < n. y is
 * written, not read, and must not overlap x. The order over r depends on rows alone. */
typedef void sdx_reduce_rows_f32_fn(float *y, const float *x, size_t rows, size_t n, size_t stride);

/* Softmax and log-softmax of one contiguous row. A row that holds a NaN, or +inf, or -inf alone,
 * gives NaN as the formula does. */
typedef void sdx_row_f32_fn(float *y, const float *x, size_t n);

/* Layer norm and RMS norm of one contiguous row, n at least 1: y[i] = (x[i] - mean) * inv_std *
 * scale[i] + bias[i], inv_std = 1 / sqrt(variance + epsilon). RMS norm takes mean as 0. */
typedef struct sdx_norm_f32 {
    const float *scale; /* n factors, or NULL for 1 */
    const float *bias;  /* n terms, or NULL for 0 */
    float *mean;        /* where to put the mean, or NULL; RMS norm does not write it */
    float *inv_std;     /* where to put the inverse standard deviation, or NULL */
    float epsilon;
} sdx_norm_f32;
typedef void sdx_norm_f32_fn(float *y, const float *x, size_t n, const sdx_norm_f32 *norm);

/* The packed matrix product: C = post(scale * (alpha * A B + beta * D) + shift + R), all in
 * float32; what is NULL is left out.
 *
 * Order of the sum (the promise to the caller): k is cut into ceil(k / kc) blocks of equal length,
 * rounded up; within a block the products are added in order of k from 0 by FMA (the scalar set
 * multiplies and adds); C = alpha * first block + beta * D, then C += alpha * block for each other
 * one. It does not depend on m, n, the ranges, on which operands are packed, nor on the position in
 * C. */
typedef struct sdx_gemm_info {
    const char *
        format; /* key of the packed formats: packs may be exchanged between sets of equal format */
    size_t mr, nr; /* rows and columns of the largest tile; B is packed in panels of nr columns */
    size_t kc;     /* the longest block of k */
    size_t mc;     /* rows of A that are packed into scratch at a time */
} sdx_gemm_info;
typedef const sdx_gemm_info *sdx_gemm_info_fn(void);

typedef struct sdx_gemm_f32 {
    size_t m, n, k; /* of the whole product */
    size_t m0, m1, n0,
        n1; /* the part to compute, for callers that split it: m0 <= m1 <= m; n0 a multiple of nr;
               with a packed A every tile whose first row lies in [m0, m1) is computed, so any cuts
               of [0, m) give each tile to one part */
    const float *a; /* A[i, p] = a[i * a_row + p * a_col], or a pack of gemm_f32_pack_a */
    size_t a_row, a_col;
    bool a_packed;
    bool b_packed;
    const float *b; /* B[p, j] = b[p * b_row + j], or a pack of gemm_f32_pack_b; from about 2 * mr
                       rows of A on, packing first is faster */
    size_t b_row;
    float *c; /* C[i, j] = c[i * c_row + j]; must not overlap A or B */
    size_t c_row;
    const float *d; /* D[i, j] = d[i * d_row + j * d_col], d_col 0 or 1, or NULL for none; D may be
                       C itself with the strides of C */
    size_t d_row, d_col;
    float alpha, beta;
    /* What follows is done once to each finished sum, rounding in between but for scale and shift,
     * which are one vf_fma. */
    const float *scale, *shift; /* a factor and a term for each row of C: both or none */
    const float *r;             /* R[i, j] = r[i * r_row + j]; must not overlap C */
    size_t r_row;
    sdx_unary_f32_fn *post; /* applied to the finished rows */
    float p0, p1;           /* its parameters */
    float *scratch;         /* sdx_gemm_f32_scratch() bytes; may be NULL where that is 0 */
} sdx_gemm_f32;
typedef void sdx_gemm_f32_fn(const sdx_gemm_f32 *g);

/* Bytes of scratch that a product needs, whole or part: for a block of A and for a last panel of B,
 * where these are not packed. */
static inline size_t sdx_gemm_f32_scratch(const sdx_gemm_info *info, const sdx_gemm_f32 *g) {
    const size_t rows = g->m < info->mc ? g->m : info->mc;
    const size_t depth = g->k < info->kc ? g->k : info->kc;
    return ((g->a_packed ? 0 : rows) + (g->b_packed ? 0 : info->nr)) * depth * sizeof(float);
}

/* Elements of a packed B: n is rounded up to whole panels, the last one padded with zeros. A packed
 * A has m * k elements. Panel q (columns q * nr on) stands at element q * nr * k of the pack. */
static inline size_t sdx_gemm_packed_b_len(const sdx_gemm_info *info, size_t n, size_t k) {
    return (n + info->nr - 1) / info->nr * info->nr * k;
}

/* A matrix to pack: element (i, j) is src[i * row + j * col], so that a transposed one only swaps
 * the strides. */
typedef struct sdx_matrix_f32 {
    const float *src;
    size_t rows, cols; /* B: k and n; A: m and k */
    size_t row, col;
} sdx_matrix_f32;
/* Packs B: panels [first, last) into the pack that begins at dst. Packs A: all tiles; first and
 * last are rows, as m0 and m1 above. */
typedef void sdx_pack_f32_fn(float *dst, const sdx_matrix_f32 *matrix, size_t first, size_t last);

/* Plain products for the other types: C[i, j] = sum over p of A[i, p] * B[p, j] in order of p, from
 * 0; integers wrap. Rows of C from m0 to m1. Strides of A and B are free; C has stride 1 along j
 * and must not overlap A or B. */
typedef struct sdx_gemm_plain {
    size_t m0, m1, n, k;
    size_t a_row, a_col, b_row, b_col, c_row;
} sdx_gemm_plain;
typedef void sdx_gemm_f64_fn(double *c, const double *a, const double *b, const sdx_gemm_plain *g);
typedef void sdx_gemm_i32_fn(int32_t *c, const int32_t *a, const int32_t *b,
                             const sdx_gemm_plain *g);
typedef void sdx_gemm_i64_fn(int64_t *c, const int64_t *a, const int64_t *b,
                             const sdx_gemm_plain *g);

/* The 8-bit product: C (int32, wrapping) = A B, where A and B are each int8 or uint8. Zero points
 * are the caller's, through row and column sums: sum (a - za)(b - zb) = C - zb * row_sum(a) - za *
 * col_sum(b) + k * za * zb. */
typedef struct sdx_gemm_i8 {
    size_t m0, m1, n, k; /* rows [m0, m1) are computed */
    const void *a;       /* A[i, p] at a + i * a_row + p, int8 or uint8 */
    size_t a_row;
    const void *b; /* a pack of gemm_i8_pack */
    int32_t *c;
    size_t c_row;
    bool a_signed, b_signed;
    void *scratch; /* gemm_i8_scratch(m1 - m0, k) bytes, aligned to 4 */
} sdx_gemm_i8;
typedef void sdx_gemm_i8_fn(const sdx_gemm_i8 *g);

typedef struct sdx_matrix_i8 {
    const void *src;   /* element (p, j) at src + p * row + j * col, int8 or uint8 */
    size_t rows, cols; /* k and n */
    size_t row, col;
    bool is_signed;
} sdx_matrix_i8;
/* Packs B into dst, of gemm_i8_pack_size(n, k) bytes, aligned to 4; col_sums (n of them) may be
 * NULL. */
typedef void sdx_pack_i8_fn(void *dst, int32_t *col_sums, const sdx_matrix_i8 *matrix);
/* Bytes: gemm_i8_pack_size(n, k), gemm_i8_scratch(m, k). */
typedef size_t sdx_gemm_size_fn(size_t n, size_t k);

/* The sum of n bytes, int8 or uint8. */
typedef int32_t sdx_sum_i8_fn(const void *x, size_t n, bool is_signed);

/* A window that slides over one plane: output (oy, ox) sees the inputs at row
 * oy * stride_h + ky * dilation_h - pad_top and column ox * stride_w + kx * dilation_w - pad_left,
 * for ky < kernel_h and kx < kernel_w. What lies outside the plane is padding, on every side and as
 * far as the outputs reach. */
typedef struct sdx_window {
    size_t in_h, in_w;   /* of the plane, whose rows are contiguous */
    size_t out_h, out_w; /* of the result, contiguous */
    size_t kernel_h, kernel_w;
    size_t stride_h, stride_w;     /* at least 1 */
    size_t dilation_h, dilation_w; /* at least 1 */
    size_t pad_top, pad_left;
    size_t pad_bottom, pad_right; /* only averages that count padding look at these */
} sdx_window;

/* Convolution as a product: the matrix [channels * kernel_h * kernel_w][out_h * out_w] of what each
 * output sees (0 in the padding), packed like gemm_f32_pack_b. Writes panels [first, last), panel
 * `first` at dst, so that a strip of the matrix is enough scratch. x: `channels` planes. */
typedef struct sdx_im2col {
    sdx_window window;
    size_t channels;
    size_t first, last;
} sdx_im2col;
typedef void sdx_im2col_f32_fn(float *dst, const float *x, const sdx_im2col *im2col);

/* One plane of a depthwise convolution: y = scale * (bias + sum of weight (kernel_h * kernel_w)
 * times input) + shift. The sum is in the order of the taps by FMA, and so is the end; padding
 * counts as 0. With a scale of 1 and a shift of -0 the end changes nothing. */
typedef struct sdx_depthwise_f32 {
    sdx_window window;
    const float *weight;
    float bias, scale, shift;
    float *scratch; /* sdx_window_scratch() bytes */
} sdx_depthwise_f32;
typedef void sdx_depthwise_f32_fn(float *y, const float *x, const sdx_depthwise_f32 *depthwise);

/* A row times columns of weights that are codes of 4 bits, in blocks with a scale and a zero point:
 * y[i] = sum over k of a[k] * (code - zero) * scale. A column's codes are blocks * block / 2 bytes,
 * even elements in the low halves; its packed zero points (blocks + 1) / 2. */
typedef struct sdx_codes4_f32 {
    const float *a;
    size_t k;
    size_t block, blocks; /* a multiple of 32; k / block rounded up */
    size_t columns;
    const uint8_t *codes;
    const float *scales;      /* blocks of each column */
    const uint8_t *zeros;     /* packed as the codes are; NULL: */
    const float *zero_floats; /* blocks of each column; NULL as well: all are 8 */
    float *scratch;           /* block * blocks */
} sdx_codes4_f32;
typedef void sdx_codes4_f32_fn(float *y, const sdx_codes4_f32 *codes);

/* One plane of pooling. The maximum gives NaN where the window holds one, -inf where it holds
 * padding alone. The average divides by the inputs that the window holds, with count_padding also
 * by the padding of the four pads. */
typedef struct sdx_pool_f32 {
    sdx_window window;
    bool count_padding;
    float *scratch; /* sdx_window_scratch() bytes */
} sdx_pool_f32;
typedef void sdx_pool_f32_fn(float *y, const float *x, const sdx_pool_f32 *pool);

/* Scratch of depthwise convolution and pooling, in bytes: the rows that one row of outputs sees,
 * each padded and split by its place modulo stride_w, and one row of divisors. */
static inline size_t sdx_window_row_len(const sdx_window *w) {
    const size_t reach = (w->out_w - 1) * w->stride_w + (w->kernel_w - 1) * w->dilation_w + 1;
    return (reach + w->stride_w - 1) / w->stride_w * w->stride_w;
}
static inline size_t sdx_window_scratch(const sdx_window *w) {
    const size_t rows = (w->kernel_h - 1) * w->dilation_h + 1;
    return (rows * sdx_window_row_len(w) + w->out_w) * sizeof(float);
}

/* Elements of 1, 2, 4, 8 or 16 bytes, whatever they mean. */

/* dst[i * dst_step] = src[i * src_step] for i < n. Steps count elements; src_step 0 fills. The two
 * may not overlap. */
typedef void sdx_copy_fn(void *dst, ptrdiff_t dst_step, const void *src, ptrdiff_t src_step,
                         size_t n);

/* dst[j * dst_row + i] = src[i * src_row + j] for i < rows, j < cols. */
typedef struct sdx_transpose {
    size_t rows, cols;
    size_t dst_row, src_row;
} sdx_transpose;
typedef void sdx_transpose_fn(void *dst, const void *src, const sdx_transpose *t);

/* All kernels of a set, or of a policy of numerics. */
typedef struct sdx_kernel_table {
    sdx_isa isa;
#define K(name, type, sets, oracle, bound, bits) sdx_##type##_fn *name;
#include "kernels/kernels.def"
#undef K
} sdx_kernel_table;

/* The unary map at offsetof(sdx_kernel_table, its name), for tables of operators; 0: NULL, none. */
static inline sdx_unary_f32_fn *sdx_unary_at(const sdx_kernel_table *kernels, size_t place) {
    if (place == 0) return NULL;
    return *(sdx_unary_f32_fn *const *)(const void *)((const char *)kernels + place);
}

/* The kernels whose bits are the same in every set (SAME in kernels.def). */
typedef struct sdx_exact_table {
#define SDX_EXACT_SAME(name, type) sdx_##type##_fn *name;
#define SDX_EXACT_OWN(name, type)
#define K(name, type, sets, oracle, bound, bits) SDX_EXACT_##bits(name, type)
#include "kernels/kernels.def"
#undef K
#undef SDX_EXACT_SAME
#undef SDX_EXACT_OWN
} sdx_exact_table;

/* What a policy of numerics computes with. Default: the best set of this CPU, or the one that
 * SDX_ISA names. Strict: the same for kernels that are exact, and the scalar set for the others.
 * Never NULL. */
const sdx_kernel_table *sdx_kernels(sdx_numerics numerics);
/* Kernels that no policy changes: moving, converting and comparing elements, integers, one rounded
 * operation. Never NULL. */
const sdx_exact_table *sdx_exact_kernels(void);
/* The table of one set; NULL where this CPU or this build lacks it. */
const sdx_kernel_table *sdx_kernels_of(sdx_isa isa);

#endif
