/* Keys and values of the past and of a step brought together, batch by batch, for the operators of
 * com.microsoft. A cache may be quantised, and may be a window that slides. */
#ifndef SDX_OPS_ATTENTION_CACHE_H
#define SDX_OPS_ATTENTION_CACHE_H

#include "ops/attention/attention.h"

/* The tokens of one batch. */
typedef struct sdx_kv_batch {
    int64_t fresh; /* of this step, that are no padding */
    int64_t added; /* of them to the cache: all, or none where there are no new keys */
    int64_t first; /* row of the first query among those that are read */
    int64_t held;  /* rows of the past that are read */
    int64_t kept;  /* rows that the cache has afterwards: the last of held + added */
} sdx_kv_batch;

/* What happens to each head of a query or key before it is used. */
typedef struct sdx_kv_heads {
    const sdx_kernel_table *kernels;
    size_t size;       /* elements of a head */
    const float *norm; /* weights of an RMS norm; NULL: none */
    float epsilon;
    const float *cos, *sin; /* rows by position; NULL: no rotation */
    size_t half;            /* elements of such a row */
    bool interleaved;
    const int64_t *positions; /* of each token [batch, step] */
} sdx_kv_heads;

/* n heads of a token, in place. */
void sdx_kv_finish_heads(const sdx_kv_heads *h, float *heads, size_t n, size_t token);

/* Batches that are beams of one search: row r of the past of batch b is that of the beam at
 * source[b * len + r] of the same search. */
typedef struct sdx_kv_beams {
    const int32_t *source;
    size_t len, width; /* beams of a search */
} sdx_kv_beams;

/* Keys, or values. */
typedef struct sdx_kv_cache {
    size_t batches, heads, size, steps; /* kv heads, elements of a row, tokens of a step */
    const float *fresh;                 /* those of this step; NULL: none */
    sdx_heads from;                     /* where they are */
    const sdx_kv_heads *finish;         /* NULL: nothing is done to them */
    const sdx_view *past, *present;     /* [batch, head, row, element]; either may be NULL */
    const sdx_view *scale; /* of a quantised cache: one, or one for each channel; NULL: none */
    float *rows;           /* [batch, head, capacity, element]: what attention reads */
    size_t capacity;
    const sdx_kv_batch *batch;
    const sdx_kv_beams *beams; /* NULL: each batch has its own past */
} sdx_kv_cache;

/* Fills rows: what is held of the past, the tokens of this step, zeros. */
void sdx_kv_gather(const sdx_call *c, const sdx_kv_cache *cache);
/* Fills present from rows, where they stand apart. */
void sdx_kv_store(const sdx_call *c, const sdx_kv_cache *cache);

#endif
