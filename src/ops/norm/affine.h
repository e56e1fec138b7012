/* Scale and bias of a norm over the last dims: any shape that broadcasts to X's, as rows. */
#ifndef SDX_OPS_NORM_AFFINE_H
#define SDX_OPS_NORM_AFFINE_H

#include "ops/call.h"

/* n elements for row r at data + r * step elements; data NULL: absent. */
typedef struct sdx_affine {
    const void *data;
    size_t step; /* n, or 0 where all rows share one */
} sdx_affine;

/* Input `input` (absent: fine) for rows that hold the dims of `x` from `axis` on. It has the
 * element type of x's view or is used as it is. */
sdx_status sdx_affine_make(const sdx_call *c, size_t input, const sdx_view *x, size_t axis,
                           sdx_affine *out) SDX_NODISCARD;

static inline const void *sdx_affine_row(const sdx_affine *a, size_t row, size_t size) {
    return a->data == NULL ? NULL : (const char *)a->data + row * a->step * size;
}

#endif
