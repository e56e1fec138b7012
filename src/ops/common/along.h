/* Functions of a row, applied along any axis: Softmax and its kind, LpNormalization. Where the axis
 * is not the last one, a few rows at a time are brought together in scratch and back. */
#ifndef SDX_OPS_COMMON_ALONG_H
#define SDX_OPS_COMMON_ALONG_H

#include "ops/call.h"

/* y = f(x) for a contiguous row of n elements, n at least 1; y may be x. */
typedef void sdx_along_fn(const sdx_kernel_table *k, void *y, const void *x, size_t n);

/* What bind leaves for run: bound_size of the operator. */
typedef struct sdx_along {
    size_t rows, n, inner; /* element (r, i) is at r / inner * n * inner + i * inner + r % inner */
    size_t width;          /* rows that are brought together at a time */
} sdx_along;

/* The function of each element type that an operator has after widening. */
typedef struct sdx_along_row {
    sdx_along_fn *f32, *f64;
} sdx_along_row;

sdx_status sdx_along_bind(sdx_bind *b, int64_t axis) SDX_NODISCARD;
void sdx_along_run(const sdx_call *c, const sdx_along_row *row);

#endif
