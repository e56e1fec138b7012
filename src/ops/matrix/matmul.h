/* Shapes of NumPy's matrix product, for MatMul and the operators that follow its rules. */
#ifndef SDX_OPS_MATRIX_MATMUL_H
#define SDX_OPS_MATRIX_MATMUL_H

#include "ops/infer.h"
#include "ops/matrix/product.h"

/* Output 0 is input 0 times input 1. With `swap_a`, `swap_b` the last two dims of that input change
 * places first (of a vector: nothing). */
sdx_status sdx_matmul_infer(sdx_infer *in, bool swap_a, bool swap_b) SDX_NODISCARD;

/* The same for a product that is being bound: sizes, strides and batch; alpha is 1. */
void sdx_matmul_describe(sdx_product *p, const sdx_view *a, const sdx_view *b, bool swap_a,
                         bool swap_b);

#endif
