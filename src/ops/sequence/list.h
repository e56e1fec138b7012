/* What operators on sequences share. */
#ifndef SDX_OPS_SEQUENCE_LIST_H
#define SDX_OPS_SEQUENCE_LIST_H

#include "ops/call.h"
#include "ops/infer.h"

/* Type of the elements of sequence input i; NULL: not known. */
const sdx_type *sdx_list_element(const sdx_infer *in, size_t i);
/* Output 0 has the type of sequence input 0. */
sdx_status sdx_list_infer_same(sdx_infer *in) SDX_NODISCARD;

/* Input i, which must be a sequence; borrowed. */
sdx_status sdx_list_in(const sdx_call *c, size_t i, const sdx_value **out) SDX_NODISCARD;
/* Input i, an integer in [-n, high], as a position in [0, high]: -1 is n - 1. `otherwise` where it
 * is absent. */
sdx_status sdx_list_position(const sdx_call *c, size_t i, size_t n, int64_t high, size_t otherwise,
                             size_t *out) SDX_NODISCARD;
/* Output 0 is a sequence of these items; they are what `like` holds, or tensors of `element` where
 * that is an empty one of no type. */
sdx_status sdx_list_out(const sdx_call *c, const sdx_value *like, sdx_dtype element,
                        sdx_value *const *items, size_t n) SDX_NODISCARD;

#endif
