/* Products of 8-bit matrices, each less its zero point, in int32, for MatMulInteger and the
 * operators that scale its results. */
#ifndef SDX_OPS_MATRIX_INTEGER_H
#define SDX_OPS_MATRIX_INTEGER_H

#include "ops/matrix/matmul.h"

typedef struct sdx_integer {
    sdx_product product;
    size_t rows; /* of one matrix A, before matrices were joined */
    size_t batch, pack_size, lane_size;
    bool b_signed;
} sdx_integer;

/* Checks a zero point or scale: one, one for each row of `of` (with `column`: each column), or one
 * for each row of each matrix. */
sdx_status sdx_integer_check(const sdx_infer *in, size_t input, size_t of, bool column)
    SDX_NODISCARD;

/* A pack of the constant matrix `input`; *out stays NULL where it is none. */
sdx_status sdx_integer_prepare(sdx_prepare *p, size_t input, sdx_pack **out) SDX_NODISCARD;

/* The product of a and b by NumPy's rules. Asks for scratch, which it finds at its beginning. */
sdx_status sdx_integer_bind(sdx_integer *i, sdx_bind *b, const sdx_view *a_view,
                            const sdx_view *b_view, bool packed) SDX_NODISCARD;

typedef struct sdx_integer_call {
    const sdx_view *a, *b, *a_zero, *b_zero; /* zero points may be NULL */
    sdx_pack *pack;                          /* of b; NULL: none */
    int32_t *out;
} sdx_integer_call;
sdx_status sdx_integer_run(const sdx_integer *i, const sdx_call *c, const sdx_integer_call *call)
    SDX_NODISCARD;

/* Which element of a zero point or scale of `len` a row (column) has, when a matrix has n of them.
 */
static inline size_t sdx_integer_param(size_t index, size_t len, size_t n) {
    return len == 1 ? 0 : len == n ? index % n : index;
}

#endif
