/* GroupQueryAttention of com.microsoft in three parts: group_query.c has the schema and shapes,
 * group_query_run.c the order of work; group_query_cache.c the cache of keys and values, which may
 * be quantised and may be a window that slides. */
#ifndef SDX_OPS_ATTENTION_GROUP_QUERY_H
#define SDX_OPS_ATTENTION_GROUP_QUERY_H

#include "ops/attention/attention.h"

/* Ports and attributes. */
enum {
    SDX_GQ_IN_Q,
    SDX_GQ_IN_K,
    SDX_GQ_IN_V,
    SDX_GQ_IN_PAST_KEY,
    SDX_GQ_IN_PAST_VALUE,
    SDX_GQ_IN_LENGTHS, /* of the cache after this step, less one */
    SDX_GQ_IN_TOTAL,
    SDX_GQ_IN_COS,
    SDX_GQ_IN_SIN,
    SDX_GQ_IN_POSITIONS,
    SDX_GQ_IN_BIAS,
    SDX_GQ_IN_SINK,
    SDX_GQ_IN_K_SCALE,
    SDX_GQ_IN_V_SCALE,
    SDX_GQ_IN_Q_NORM,
    SDX_GQ_IN_K_NORM,
    SDX_GQ_IN_FRESH /* tokens of this step that are no padding */
};
enum { SDX_GQ_OUT_Y, SDX_GQ_OUT_PRESENT_KEY, SDX_GQ_OUT_PRESENT_VALUE, SDX_GQ_OUT_QK };
enum {
    SDX_GQ_CAUSAL,
    SDX_GQ_DO_ROTARY,
    SDX_GQ_K_EPSILON,
    SDX_GQ_K_QUANT,
    SDX_GQ_BIT_WIDTH,
    SDX_GQ_KV_HEADS,
    SDX_GQ_WINDOW,
    SDX_GQ_HEADS,
    SDX_GQ_Q_EPSILON,
    SDX_GQ_EPSILON,
    SDX_GQ_QK_OUTPUT,
    SDX_GQ_INTERLEAVED,
    SDX_GQ_SCALE,
    SDX_GQ_SLIDES,
    SDX_GQ_SMOOTH,
    SDX_GQ_SOFTCAP,
    SDX_GQ_V_QUANT
};

/* What binding leaves for run. */
typedef struct sdx_gq_plan {
    sdx_attention a;
    size_t hidden; /* elements of a row of the query input */
    size_t kv_steps, capacity;
    bool packed, staged; /* staged: what attention reads stands beside the present states */
    bool finished_q;     /* queries are copied to be normed or turned */
    size_t bias_len;     /* of a bias that is brought into the order of a sliding window */
    size_t k_len, v_len; /* floats of scratch; 0 where an output takes them */
} sdx_gq_plan;

/* Parts of scratch begin at multiples of 64. */
static inline size_t sdx_gq_padded(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

sdx_status sdx_gq_run(const sdx_call *c) SDX_NODISCARD;

/* The tokens of one batch. */
typedef struct sdx_gq_batch {
    int64_t fresh; /* of this step, that are no padding */
    int64_t added; /* of them to the cache: all, or none where there are no new keys */
    int64_t first; /* row of the first query among those that are read */
    int64_t held;  /* rows of the past that are read */
    int64_t kept;  /* rows that the cache has afterwards: the last of held + added */
} sdx_gq_batch;

/* What happens to each head of a query or key before it is used. */
typedef struct sdx_gq_heads {
    const sdx_kernel_table *kernels;
    size_t size;       /* elements of a head */
    const float *norm; /* weights of an RMS norm; NULL: none */
    float epsilon;
    const float *cos, *sin; /* rows by position; NULL: no rotation */
    size_t half;            /* elements of such a row */
    bool interleaved;
    const int64_t *positions; /* of each token [batch, step] */
} sdx_gq_heads;

/* n heads of a token, in place. */
void sdx_gq_finish_heads(const sdx_gq_heads *h, float *heads, size_t n, size_t token);

/* Keys, or values. */
typedef struct sdx_gq_cache {
    size_t batches, heads, size, steps; /* kv heads, elements of a row, tokens of a step */
    const float *fresh;                 /* those of this step; NULL: none */
    sdx_heads from;                     /* where they are */
    const sdx_gq_heads *finish;         /* NULL: nothing is done to them */
    const sdx_view *past, *present;     /* [batch, head, row, element]; either may be NULL */
    const sdx_view *scale; /* of a quantised cache: one, or one for each channel; NULL: none */
    float *rows;           /* [batch, head, capacity, element]: what attention reads */
    size_t capacity;
    const sdx_gq_batch *batch;
} sdx_gq_cache;

/* Fills rows: what is held of the past, the tokens of this step, zeros. */
void sdx_gq_gather(const sdx_call *c, const sdx_gq_cache *cache);
/* Fills present from rows, where they stand apart. */
void sdx_gq_store(const sdx_call *c, const sdx_gq_cache *cache);

#endif
