/* Index tensors: checked completely before anything is moved, then resolved to numbers from 0 on.
 * The check is one pass of additions that compilers vectorise; only a fault is searched for. */
#ifndef SDX_OPS_COMMON_INDICES_H
#define SDX_OPS_COMMON_INDICES_H

#include "ops/call.h"

/* Input `input`, int32 or int64, as indices into a dim: those from -dim to -1 count from the end.
 * *out is the tensor's own memory where nothing needs to change, else `scratch`, of
 * sdx_indices_scratch() bytes. Errors name the position. */
sdx_status sdx_indices(const sdx_call *c, size_t input, int64_t dim, void *scratch,
                       const int64_t **out) SDX_NODISCARD;
size_t sdx_indices_scratch(const sdx_view *indices);

/* Tuples of indices, as the last axis of an int64 input holds them: `len` indices each, into the
 * first `len` of these dims. */
typedef struct sdx_tuples {
    size_t input, len;
    const int64_t *dims, *strides; /* len of each */
} sdx_tuples;

/* offsets[t] = sum over k of index k of tuple t * strides[k]. */
sdx_status sdx_index_tuples(const sdx_call *c, const sdx_tuples *t, int64_t *offsets) SDX_NODISCARD;

#endif
