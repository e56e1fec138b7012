/* Slices picked by index, batch by batch: what Gather, GatherND, Compress and Unique do once they
 * know which. */
#ifndef SDX_OPS_COMMON_SLICES_H
#define SDX_OPS_COMMON_SLICES_H

#include "ops/call.h"

typedef struct sdx_slices {
    void *dst;
    const void *src;
    size_t batches;
    size_t n;             /* slices that are picked of a batch */
    size_t batch, size;   /* slices that the source has in a batch; bytes of a slice */
    const int64_t *index; /* n of them, or n for each batch */
    bool own_index;       /* each batch has its own */
} sdx_slices;

/* dst is written in order: batch by batch, n slices each. */
void sdx_slices_copy(const sdx_call *c, const sdx_slices *s);

#endif
