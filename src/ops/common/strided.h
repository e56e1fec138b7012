/* Copies out of a strided array: dst is row-major, element (i0, i1, ...) of it comes from
 * src[offset + sum of ik * strides[k]]. Strides count elements and may be 0 (broadcast) or negative
 * (reversed). Transpose, Slice, Expand, Tile and their kind are this copy with other strides. */
#ifndef SDX_OPS_COMMON_STRIDED_H
#define SDX_OPS_COMMON_STRIDED_H

#include "ops/call.h"

/* Twice the rank of a tensor: Tile and DepthToSpace split dims. */
enum { SDX_STRIDED_MAX = 2 * SDX_MAX_RANK };

typedef struct sdx_strided {
    size_t rank; /* at least 1 after collapsing */
    int64_t dims[SDX_STRIDED_MAX];
    int64_t strides[SDX_STRIDED_MAX]; /* of the source */
    int64_t offset;                   /* of the first element in the source */
    size_t rows;                      /* product of all dims but the last one */
    size_t plane; /* the dim that runs along the source where the last one does not; rank: none */
} sdx_strided;

/* Leaves out dims of 1, joins dims that follow each other in the source, and finds rows and plane.
 * Call it once, at binding. A copy without elements has rows 0. */
void sdx_strided_collapse(sdx_strided *s);

/* For people: how elements move. After sdx_strided_collapse. */
const char *sdx_strided_how(const sdx_strided *s);

/* Runs the copy on the call's lanes. `size` is that of an element: 1, 2, 4, 8 or 16 bytes. */
void sdx_strided_copy(const sdx_call *c, void *dst, const void *src, size_t size,
                      const sdx_strided *s);

/* A walk over the rows (all dims but the last) in order, without a division a row: `at` is where
 * the row begins in the source. */
typedef struct sdx_strided_walk {
    const sdx_strided *s;
    int64_t at;
    int64_t index[SDX_STRIDED_MAX];
} sdx_strided_walk;

void sdx_strided_walk_begin(sdx_strided_walk *w, const sdx_strided *s, size_t row);

static inline void sdx_strided_walk_next(sdx_strided_walk *w) {
    const sdx_strided *const s = w->s;
    for (size_t i = s->rank - 1; i-- > 0;) {
        w->at += s->strides[i];
        if (++w->index[i] < s->dims[i]) return;
        w->at -= s->dims[i] * s->strides[i];
        w->index[i] = 0;
    }
}

#endif
