/* Values of equal type and shape, stacked along a new axis. */
#ifndef SDX_OPS_COMMON_STACK_H
#define SDX_OPS_COMMON_STACK_H

#include "tensor/value.h"

/* n >= 1 tensors of one type and shape become one tensor with a new axis of n before axis `axis` (0
 * .. rank). With `reverse` the last item comes first. */
sdx_status sdx_stack(sdx_store *store, sdx_value *const *items, size_t n, size_t axis, bool reverse,
                     sdx_value **out) SDX_NODISCARD;

#endif
