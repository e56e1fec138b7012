/* What Attention, QAttention, MultiHeadAttention and their kind of com.microsoft share: queries
 * that have been projected, keys and values behind those of a past state, padding described by
 * integers, and a bias. The operators say where things are; masked.c brings them together. */
#ifndef SDX_OPS_ATTENTION_MASKED_H
#define SDX_OPS_ATTENTION_MASKED_H

#include "ops/attention/attention.h"
#include "ops/infer.h"

/* Added to the score of a key that lies in padding, by default. */
#define SDX_MASKED_FILTER (-10000.0f)

/* Sizes, by symbols or numbers. */
typedef struct sdx_masked_dims {
    sdx_dim batches, heads, steps, total;
} sdx_masked_dims;

/* Checks the inputs for padding (`mask`) and bias against them. */
sdx_status sdx_masked_check(const sdx_infer *in, size_t mask, size_t bias,
                            const sdx_masked_dims *dims) SDX_NODISCARD;

typedef struct sdx_masked {
    sdx_attention a;     /* sizes, and strides of queries and results: set by the operator */
    size_t fresh;        /* keys of a step: set by the operator */
    size_t capacity;     /* rows of the state, or all keys: set by the operator */
    size_t k_len, v_len; /* floats of scratch for keys and values that are brought together */
    size_t mask_len;     /* floats of padding */
} sdx_masked;

/* What of it there is: these decide the scratch, which is added to *scratch. */
typedef struct sdx_masked_parts {
    bool past, present_key, present_value;
    bool beams;           /* the past is read through sdx_masked_call.beams */
    const sdx_view *mask; /* NULL: none */
} sdx_masked_parts;
sdx_status sdx_masked_bind(sdx_masked *m, sdx_bind *b, const sdx_masked_parts *parts) SDX_NODISCARD;

/* One run. Views of states are [batch, head, row, element]; NULL: none. */
typedef struct sdx_masked_call {
    const float *q, *k, *v;
    sdx_heads k_from, v_from; /* of the keys and values of this step */
    const sdx_view *past_key, *past_value, *present_key, *present_value;
    size_t past;                 /* rows of it that count */
    const sdx_view *beams;       /* [search, beam, rows]: whose past each row is; NULL: one's own */
    const sdx_view *mask, *bias; /* NULL: none */
    float filter;
    bool causal;
    double scale;  /* 0: 1 / sqrt(elements of a head) */
    float *y, *qk; /* NULL: not wanted */
} sdx_masked_call;
/* `scratch` is the part that binding asked for. */
sdx_status sdx_masked_run(const sdx_call *c, const sdx_masked *m, const sdx_masked_call *call,
                          void *scratch) SDX_NODISCARD;

#endif
