/* What operators with a body share. */
#ifndef SDX_OPS_CONTROL_BODY_H
#define SDX_OPS_CONTROL_BODY_H

#include "ops/call.h"
#include "ops/infer.h"

/* Output `k` of the node gets the type of `value`, and its shape with n new dims before axis `axis`
 * (0 .. rank). */
sdx_status sdx_body_output(sdx_infer *in, size_t k, const sdx_gvalue *value, size_t axis,
                           const sdx_dim *dims, size_t n) SDX_NODISCARD;
/* What is known of `from` when one step is taken out of its axis `axis` (0 .. rank - 1). */
sdx_status sdx_body_step(sdx_infer *in, const sdx_fact *from, size_t axis, sdx_fact *out)
    SDX_NODISCARD;

/* A scalar tensor. */
sdx_status sdx_body_int(sdx_store *store, int64_t x, sdx_value **out) SDX_NODISCARD;
sdx_status sdx_body_bool(sdx_store *store, bool x, sdx_value **out) SDX_NODISCARD;
/* The single element of a bool tensor; `what` names it in the error. */
sdx_status sdx_body_condition(const sdx_view *view, const char *what, bool *out) SDX_NODISCARD;

/* Lets go of n values and sets their places to NULL. */
void sdx_body_release(sdx_value **values, size_t n);

/* Zeros in the shape that the body declares for an output (dims that are not numbers: 0), with n
 * new dims before axis `axis`: what no iteration made. */
sdx_status sdx_body_zeros(sdx_store *store, const sdx_gvalue *output, size_t axis,
                          const int64_t *dims, size_t n, sdx_value **out) SDX_NODISCARD;

#endif
