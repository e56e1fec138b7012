/* Batched matrix products for MatMul, Gemm and their kind: C = alpha * A B + beta * D in any
 * element type that has a product kernel (float32, float64, 32- and 64-bit integers).
 *
 * Operators fill in sizes and strides when they are bound; sdx_product_bind chooses how B is read
 * and how the work is cut. A float32 B may be a pack that sdx_product_prepare asked for. */
#ifndef SDX_OPS_MATRIX_PRODUCT_H
#define SDX_OPS_MATRIX_PRODUCT_H

#include "kernels/kernels.h"
#include "ops/call.h"

/* How B comes to the kernel. */
typedef enum sdx_product_mode {
    SDX_PRODUCT_DIRECT, /* as it lies in memory */
    SDX_PRODUCT_PACKED, /* packed once, a constant */
    SDX_PRODUCT_SHARED, /* packed in each run by all lanes, one product after the other */
    SDX_PRODUCT_LANE    /* packed in each run by the lane that computes the product */
} sdx_product_mode;

typedef struct sdx_product {
    /* Set by the operator. Strides count elements. */
    sdx_dtype dtype;
    size_t m, n, k;
    size_t a_row, a_col, b_row, b_col; /* C is contiguous */
    size_t rank;                       /* of the batch */
    size_t dims[SDX_MAX_RANK], a_strides[SDX_MAX_RANK], b_strides[SDX_MAX_RANK];
    size_t d_row, d_col;    /* float32 only; d_col is 0 or 1 */
    float alpha, beta;      /* float32 only */
    sdx_unary_f32_fn *post; /* float32 only: applied to the finished elements, or NULL */
    float p0, p1;
    /* Set by sdx_product_bind. */
    const sdx_kernel_table *kernels;
    sdx_product_mode mode;
    size_t batch;                  /* product of dims */
    size_t rows, cols;             /* of a part of a product; cols are whole panels */
    size_t row_parts, parts;       /* of one product */
    size_t shared_size, lane_size; /* bytes of scratch: B packed by all; of each lane */
    size_t pack_len;               /* elements of one packed B */
} sdx_product;

/* A pack of the constant input `input`, matrices [..., k, n] or with `transposed` [..., n, k] of
 * any float type that runs as float32. *out stays NULL when it is no such constant or has no
 * elements. */
sdx_status sdx_product_prepare(sdx_prepare *p, size_t input, bool transposed, sdx_pack **out)
    SDX_NODISCARD;

/* Batch dims of A and B, shapes without their matrices, broadcast by NumPy's rule into p->dims and
 * the strides, given the elements of one matrix of each. */
void sdx_product_set_batch(sdx_product *p, size_t rank_a, const int64_t *dims_a, size_t rank_b,
                           const int64_t *dims_b, size_t size_a, size_t size_b);

/* Many rows of A times one B become one product, where A's rows follow each other. */
void sdx_product_join(sdx_product *p);

/* Where the matrices of one product of the batch begin, in elements. */
void sdx_product_locate(const sdx_product *p, size_t product, size_t *a, size_t *b);

/* Chooses mode and parts; *scratch receives the bytes that running needs. */
sdx_status sdx_product_bind(sdx_product *p, const sdx_kernel_table *kernels, bool packed,
                            unsigned lanes, size_t *scratch) SDX_NODISCARD;

/* For people: what was chosen and why. After sdx_product_bind. */
const char *sdx_product_how(const sdx_product *p);

/* What is added, in float32; NULL: nothing. */
typedef struct sdx_product_terms {
    const float *d;        /* times beta, before other blocks of k */
    const float *residual; /* of the result's shape, before `post`; must not overlap it */
} sdx_product_terms;

/* Computes. `b` is the bytes of the pack in mode PACKED. */
void sdx_product_run(const sdx_product *p, const sdx_call *c, void *out, const void *a,
                     const void *b, sdx_product_terms terms);

#endif
