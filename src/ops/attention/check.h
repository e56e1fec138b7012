/* Checks of shapes that the operators of this folder share. */
#ifndef SDX_OPS_ATTENTION_CHECK_H
#define SDX_OPS_ATTENTION_CHECK_H

#include "ops/infer.h"

/* Known to differ. */
static inline bool sdx_dims_differ(sdx_dim a, sdx_dim b) {
    return sdx_dim_is_number(a) && sdx_dim_is_number(b) && a != b;
}

/* "input 'K' has shape [...], expected ..." */
sdx_status sdx_wrong_shape(const sdx_infer *in, size_t input, const char *expected) SDX_NODISCARD;

/* Requires input `input`, where it is known, to have these dims; -1 is anything. */
sdx_status sdx_want_shape(const sdx_infer *in, size_t input, size_t rank, const sdx_dim *want,
                          const char *expected) SDX_NODISCARD;

#endif
