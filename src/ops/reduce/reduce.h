/* What the ten reductions share: a tensor as [outer, reduced, inner], and the loops over it, one
 * pair for each element type.
 *
 * Adjacent dims of one fate (kept or reduced) count as one. When then more than one reduced dim is
 * left, the elements are first put in order, kept dims before reduced ones; so every loop sees one
 * reduced dim. */
#ifndef SDX_OPS_REDUCE_REDUCE_H
#define SDX_OPS_REDUCE_REDUCE_H

#include "ops/call.h"

/* What happens on the way through the elements. */
typedef enum sdx_reduction {
    SDX_REDUCE_SUM,
    SDX_REDUCE_SUM_ABS,
    SDX_REDUCE_SUM_SQUARE,
    SDX_REDUCE_PROD,
    SDX_REDUCE_MAX,
    SDX_REDUCE_MIN,
    SDX_REDUCE_LOG_SUM_EXP, /* rows only: inner is 1 */
    SDX_N_REDUCTIONS
} sdx_reduction;

/* What happens to the result. */
typedef enum sdx_reduce_end {
    SDX_REDUCE_PLAIN,
    SDX_REDUCE_MEAN,
    SDX_REDUCE_SQRT,
    SDX_REDUCE_LOG
} sdx_reduce_end;

typedef struct sdx_reduce_job {
    const sdx_kernel_table *kernels;
    sdx_reduction reduction;
    sdx_reduce_end end;
    void *y;       /* [outer, inner] */
    const void *x; /* [outer, reduced, inner] */
    size_t outer, reduced, inner;
} sdx_reduce_job;

/* Columns that the loops over columns take at a time. */
enum { SDX_REDUCE_COLUMNS = 256 };

/* Where inner is 1: rows [begin, end). Else: tiles [begin, end) of SDX_REDUCE_COLUMNS columns;
 * each row of columns begins a tile. */
typedef struct sdx_reduce_loops {
    void (*rows)(const sdx_reduce_job *job, size_t begin, size_t end);
    void (*columns)(const sdx_reduce_job *job, size_t begin, size_t end);
} sdx_reduce_loops;

extern const sdx_reduce_loops sdx_reduce_f32;
/* By element type, float32 left out; bool is a number of one byte. */
extern const sdx_reduce_loops sdx_reduce_plain[];

/* A tile of columns: where it begins in y and x, and how wide it is. */
typedef struct sdx_reduce_tile {
    size_t y, x, width;
} sdx_reduce_tile;

static inline size_t sdx_reduce_tiles(size_t inner) {
    return (inner + SDX_REDUCE_COLUMNS - 1) / SDX_REDUCE_COLUMNS;
}

static inline sdx_reduce_tile sdx_reduce_tile_at(const sdx_reduce_job *job, size_t index) {
    const size_t tiles = sdx_reduce_tiles(job->inner);
    const size_t outer = index / tiles, column = index % tiles * SDX_REDUCE_COLUMNS;
    const size_t rest = job->inner - column;
    return (sdx_reduce_tile){.y = outer * job->inner + column,
                             .x = outer * job->reduced * job->inner + column,
                             .width = rest < SDX_REDUCE_COLUMNS ? rest : SDX_REDUCE_COLUMNS};
}

#endif
