/* See slab.h. Free ranges are few (a network has some tens of live values), so they are a sorted
 * array. */
#include "plan/slab.h"

#include <string.h>

#include "base/checked.h"

sdx_status sdx_slab_init(sdx_slab_plan *plan, sdx_heap *heap, size_t most) {
    *plan = (sdx_slab_plan){.heap = heap, .cap_free = most + 2};
    return SDX_NEW_ARRAY(heap, plan->cap_free, &plan->free);
}

void sdx_slab_deinit(sdx_slab_plan *plan) {
    if (plan->heap != NULL)
        sdx_heap_free(plan->heap, plan->free, plan->cap_free * sizeof *plan->free);
    *plan = (sdx_slab_plan){0};
}

void sdx_slab_reset(sdx_slab_plan *plan) {
    plan->n_free = plan->end = plan->live = plan->bound = 0;
}

static void remove_range(sdx_slab_plan *plan, size_t at) {
    plan->n_free--;
    memmove(&plan->free[at], &plan->free[at + 1], (plan->n_free - at) * sizeof *plan->free);
}

bool sdx_slab_take(sdx_slab_plan *plan, size_t size, size_t *offset) {
    if (!sdx_round_up(size, SDX_ALIGN, &size) || size > SIZE_MAX / 2 - plan->end) return false;
    plan->live += size;
    if (plan->live > plan->bound) plan->bound = plan->live;
    size_t best = plan->n_free;
    for (size_t i = 0; i < plan->n_free; i++) {
        const size_t room = plan->free[i].end - plan->free[i].begin;
        if (room < size) continue;
        if (best == plan->n_free || room < plan->free[best].end - plan->free[best].begin) best = i;
    }
    if (best < plan->n_free) {
        *offset = plan->free[best].begin;
        plan->free[best].begin += size;
        if (plan->free[best].begin == plan->free[best].end) remove_range(plan, best);
        return true;
    }
    /* Nothing fits: grow the block, from within a free range at its end if there is one. */
    const bool at_end = plan->n_free != 0 && plan->free[plan->n_free - 1].end == plan->end;
    *offset = at_end ? plan->free[plan->n_free - 1].begin : plan->end;
    if (at_end) plan->n_free--;
    plan->end = *offset + size;
    return true;
}

void sdx_slab_give(sdx_slab_plan *plan, size_t size, size_t offset) {
    const size_t rounded =
        (size + SDX_ALIGN - 1) & ~(size_t)(SDX_ALIGN - 1); /* did not overflow when it was taken */
    if (rounded == 0) return;
    plan->live -= rounded;
    const size_t end = offset + rounded;
    size_t at = plan->n_free;
    while (at > 0 && plan->free[at - 1].begin > offset) {
        at--;
    }
    const bool joins_left = at > 0 && plan->free[at - 1].end == offset;
    const bool joins_right = at < plan->n_free && plan->free[at].begin == end;
    if (joins_left && joins_right) {
        plan->free[at - 1].end = plan->free[at].end;
        remove_range(plan, at);
    } else if (joins_left) {
        plan->free[at - 1].end = end;
    } else if (joins_right) {
        plan->free[at].begin = offset;
    } else {
        memmove(&plan->free[at + 1], &plan->free[at], (plan->n_free - at) * sizeof *plan->free);
        plan->free[at] = (sdx_slab_range){offset, end};
        plan->n_free++;
    }
}
