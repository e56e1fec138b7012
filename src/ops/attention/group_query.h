/* GroupQueryAttention of com.microsoft in two parts: group_query.c has the schema and shapes,
 * group_query_run.c the order of work. */
#ifndef SDX_OPS_ATTENTION_GROUP_QUERY_H
#define SDX_OPS_ATTENTION_GROUP_QUERY_H

#include "ops/attention/attention.h"
#include "ops/attention/cache.h"

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

#endif
