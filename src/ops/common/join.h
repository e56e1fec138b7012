/* Tensors of one type put together along an axis. */
#ifndef SDX_OPS_COMMON_JOIN_H
#define SDX_OPS_COMMON_JOIN_H

#include "tensor/value.h"

/* n >= 1 tensors of one type and shape become one tensor with a new axis of n before axis `axis` (0
 * .. rank). With `reverse` the last item comes first. */
sdx_status sdx_values_stack(sdx_store *store, sdx_value *const *items, size_t n, size_t axis,
                            bool reverse, sdx_value **out) SDX_NODISCARD;

/* n >= 1 tensors of one type, and of one shape but for axis `axis` (0 .. rank - 1), one after the
 * other along it. */
sdx_status sdx_values_join(sdx_store *store, sdx_value *const *items, size_t n, size_t axis,
                           sdx_value **out) SDX_NODISCARD;

#endif
