/* Elements picked by index or by step, whatever they mean. */
#ifndef SDX_OPS_COMMON_TAKE_H
#define SDX_OPS_COMMON_TAKE_H

#include "kernels/kernels.h"

/* Element i of dst is element index[i] * scale + i * step of src, for i < n. Elements may be
 * misaligned. */
typedef void sdx_take_fn(void *dst, const void *src, const int64_t *index, int64_t scale,
                         int64_t step, size_t n);

/* The function for elements of `size` bytes: 1, 2, 4, 8 or 16; NULL for any other size. */
sdx_take_fn *sdx_take_of(size_t size);

/* The copy kernel for elements of `size` bytes, likewise; source step 0 repeats one element. */
sdx_copy_fn *sdx_copy_of(size_t size);

#endif
