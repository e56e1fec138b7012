/* Scaled dot-product attention, in tiles: for some rows of one head of one batch the scores against
 * all keys that any of them sees, masked and normalised row by row, then their product with the
 * values. attention.c arranges tensors, attention_tile.c computes. */
#ifndef SDX_OPS_ATTENTION_ATTENTION_H
#define SDX_OPS_ATTENTION_ATTENTION_H

#include "ops/call.h"

/* Rows of a tensor of heads: row r of head h of batch b begins at element b * batch + h * head +
 * r * row. */
typedef struct sdx_heads {
    size_t batch, head, row;
} sdx_heads;

static inline size_t sdx_heads_at(const sdx_heads *at, size_t b, size_t h, size_t r) {
    return b * at->batch + h * at->head + r * at->row;
}

/* What the fourth output holds: ONNX: Attention-25 qk_matmul_output_mode. */
typedef enum sdx_qk_stage {
    SDX_QK_RAW,
    SDX_QK_CAPPED,
    SDX_QK_MASKED,
    SDX_QK_SOFTMAX,
    SDX_QK_STAGES
} sdx_qk_stage;

/* Added to the scores, or where it is bool: says which count. */
typedef struct sdx_attention_mask {
    const void *data; /* NULL: none */
    bool boolean;     /* else the type of the scores */
    sdx_heads at;
    size_t len; /* keys it speaks about; those beyond are not seen. Without a mask: all */
} sdx_attention_mask;

typedef struct sdx_attention {
    const sdx_kernel_table *kernels; /* set before it is planned */
    size_t batches, heads, kv_heads; /* kv_heads divides heads */
    size_t q_len, total;             /* queries and keys */
    size_t head, v_head;             /* elements of a query or key, of a value */
    sdx_heads q_at, k_at, v_at, y_at;
    const void *q, *k, *v;
    void *y;  /* NULL: not wanted */
    void *qk; /* [batch, head, q_len, total]; NULL: not wanted */
    sdx_qk_stage stage;
    sdx_attention_mask mask;
    sdx_attention_mask bias; /* a second one, of numbers, for all keys */
    const int64_t *valid;    /* keys of each batch that are no padding; NULL: all */
    const int64_t *first;    /* position of the first query of each batch among the keys; NULL: such
                                that the last one is that of the last valid key */
    int64_t past;            /* keys before the first query, where valid is NULL */
    bool causal;
    int64_t left, right; /* keys seen to each side of a query's own position; negative: all */
    double scale, softcap;
    bool sunk;          /* a row's weights leave some to a key that is not there, whose score is */
    const float *sinks; /* this of each head; NULL: 0 */
    double hidden;      /* what qk before the softmax shows of keys that are not seen */
    size_t tile;        /* rows at a time */
    size_t pack_bytes, lane_bytes; /* scratch of a head of keys, and of a lane */
    void *packs, *lanes;
} sdx_attention;

/* For people: how it is computed in `dtype`. */
const char *sdx_attention_how(sdx_dtype dtype);
/* Fills tile, pack_bytes and lane_bytes; then packs has batches * kv_heads of pack_bytes. */
void sdx_attention_plan(sdx_attention *a, sdx_dtype dtype);
void sdx_attention_run(const sdx_call *c, const sdx_attention *a, sdx_dtype dtype);

#endif
