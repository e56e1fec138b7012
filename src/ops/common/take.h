/* Elements picked by index, whatever they mean, and runs of one element repeated. */
#ifndef SDX_OPS_COMMON_TAKE_H
#define SDX_OPS_COMMON_TAKE_H

#include <stddef.h>
#include <stdint.h>

/* Element i of dst is element index[i] * scale + i * step of src, for i < n. Elements may be
 * misaligned. */
typedef void sdx_take_fn(void *dst, const void *src, const int64_t *index, int64_t scale,
                         int64_t step, size_t n);

/* The function for elements of `size` bytes: 1, 2, 4, 8 or 16; NULL for any other size. */
sdx_take_fn *sdx_take_of(size_t size);

/* n copies of one element of `size` bytes (1 to 16). */
void sdx_fill(void *dst, const void *element, size_t size, size_t n);

#endif
