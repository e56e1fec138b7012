/* Offsets in one block for things that come and go in a known order. Best fit over the free ranges,
 * which are kept sorted and merged. One thread; no allocation after init. */
#ifndef SDX_PLAN_SLAB_H
#define SDX_PLAN_SLAB_H

#include "base/heap.h"

typedef struct sdx_slab_range {
    size_t begin, end;
} sdx_slab_range;

typedef struct sdx_slab_plan {
    sdx_heap *heap;
    sdx_slab_range *free; /* owned, sorted by begin, never touching; n_free of at most cap_free */
    size_t n_free, cap_free;
    size_t end;   /* bytes of the block that are needed so far */
    size_t live;  /* bytes taken now */
    size_t bound; /* the most bytes taken at once: no plan could need less */
} sdx_slab_plan;

/* For at most `most` things at once. */
sdx_status sdx_slab_init(sdx_slab_plan *plan, sdx_heap *heap, size_t most) SDX_NODISCARD;
void sdx_slab_deinit(sdx_slab_plan *plan);
void sdx_slab_reset(sdx_slab_plan *plan); /* everything is free again */

/* Takes `size` bytes (rounded up to SDX_ALIGN) and says where. False when offsets would overflow.
 */
bool sdx_slab_take(sdx_slab_plan *plan, size_t size, size_t *offset) SDX_NODISCARD;
/* Gives back what was taken with this size at this offset. */
void sdx_slab_give(sdx_slab_plan *plan, size_t size, size_t offset);

#endif
