/* Elements of any real type as unsigned keys: comparing keys is comparing elements, equal keys are
 * equal elements (-0 and 0; all NaNs). */
#ifndef SDX_OPS_SEARCH_KEYS_H
#define SDX_OPS_SEARCH_KEYS_H

#include "tensor/dtype.h"

typedef struct sdx_order {
    bool descending; /* keys rise as elements fall */
    bool nan_first;  /* the key of NaN is below all others, else above */
} sdx_order;

/* keys[i] of element i * stride of src, for i < n. Types: SDX_T_NUMERIC and bool.
 */
void sdx_keys(sdx_order order, sdx_dtype dtype, uint64_t *keys, const void *src, int64_t stride,
              size_t n);

#endif
