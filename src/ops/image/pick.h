/* Elements picked by a map in which some places have none. */
#ifndef SDX_OPS_IMAGE_PICK_H
#define SDX_OPS_IMAGE_PICK_H

#include <stddef.h>

/* Element i of `to` is element map[i] of `from`, or *other where map[i] is negative. */
typedef void sdx_pick_fn(void *to, const void *from, const ptrdiff_t *map, size_t n,
                         const void *other);

/* The function for elements of `size` bytes: 1, 2, 4, 8 or 16. */
sdx_pick_fn *sdx_pick_of(size_t size);

#endif
