/* Writing and reducing rows of updates: what ScatterElements and ScatterND do once they know
 * where. */
#ifndef SDX_OPS_INDEX_SCATTER_H
#define SDX_OPS_INDEX_SCATTER_H

#include "ops/call.h"

/* Element i of src goes to, or is combined with, element i * step + index[i] * scale of dst
 * (without index: i * step), one after the other. */
typedef void sdx_scatter_fn(void *dst, const void *src, const int64_t *index, int64_t scale,
                            int64_t step, size_t n);

/* Attribute 'reduction' has a value that ONNX knows. */
sdx_status sdx_scatter_check(sdx_str reduction) SDX_NODISCARD;

/* The function for a reduction and an element type; SDX_UNSUPPORTED where they do not go together
 * (sums of strings). */
sdx_status sdx_scatter_of(sdx_str reduction, sdx_dtype dtype, sdx_scatter_fn **out) SDX_NODISCARD;

/* Output 0 becomes a copy of input 0, which has its shape. */
void sdx_scatter_begin(const sdx_call *c);

#endif
