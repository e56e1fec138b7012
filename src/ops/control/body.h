/* What operators with a body share. */
#ifndef SDX_OPS_CONTROL_BODY_H
#define SDX_OPS_CONTROL_BODY_H

#include "ops/call.h"
#include "ops/infer.h"

/* Output `k` of the node gets the type of `value`, and its shape behind `n_front` new dims
 * (SDX_DIM_UNKNOWN ones). */
sdx_status sdx_body_output(sdx_infer *in, size_t k, const sdx_gvalue *value, size_t n_front)
    SDX_NODISCARD;

/* A scalar tensor. */
sdx_status sdx_body_int(sdx_store *store, int64_t x, sdx_value **out) SDX_NODISCARD;
sdx_status sdx_body_bool(sdx_store *store, bool x, sdx_value **out) SDX_NODISCARD;
/* The single element of a bool tensor; `what` names it in the error. */
sdx_status sdx_body_condition(const sdx_view *view, const char *what, bool *out) SDX_NODISCARD;

/* Lets go of n values and sets their places to NULL. */
void sdx_body_release(sdx_value **values, size_t n);

/* An empty scan output: `front` before the shape that the body declares (dims that are not numbers:
 * 0). */
sdx_status sdx_body_empty(sdx_store *store, const sdx_gvalue *output, sdx_value **out)
    SDX_NODISCARD;

#endif
