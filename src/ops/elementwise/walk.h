/* Walking along an output and the inputs broadcast into it: dims are collapsed at binding, run
 * loops over runs in which each input either moves with the output or stands still. */
#ifndef SDX_OPS_ELEMENTWISE_WALK_H
#define SDX_OPS_ELEMENTWISE_WALK_H

#include "ops/call.h"

enum { SDX_WALK_INPUTS = 3 };

/* Strides count elements. The last dim is the run: at least one input moves along it, by 1; an
 * output with one element has runs of 1. */
typedef struct sdx_walk {
    size_t n_inputs;
    size_t rank; /* of the dims before the run */
    int64_t dims[SDX_MAX_RANK];
    int64_t strides[SDX_WALK_INPUTS][SDX_MAX_RANK];
    bool moves[SDX_WALK_INPUTS]; /* along the run */
    size_t run;                  /* elements */
    size_t rows;                 /* number of runs; 0: the output is empty */
} sdx_walk;

/* The walk of n <= SDX_WALK_INPUTS inputs into an output of this shape, to which they broadcast. */
void sdx_walk_init(sdx_walk *w, const sdx_view *out, const sdx_view *const *in, size_t n);

/* For people: how the inputs go together. */
const char *sdx_walk_how(const sdx_walk *w);

/* One piece of a run: `n` elements, the first of which are `out` and `in[k]`. */
typedef void sdx_walk_fn(void *arg, size_t out, const size_t *in, size_t n);

/* Calls fn for all pieces, on the call's lanes; `work` is that of an element (sdx_grain). */
void sdx_walk_run(const sdx_call *c, const sdx_walk *w, size_t work, sdx_walk_fn *fn, void *arg);

#endif
