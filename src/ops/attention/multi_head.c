/* MultiHeadAttention and DecoderMaskedMultiHeadAttention of com.microsoft: queries, keys and values
 * come projected, in one of several layouts, and their biases with them. The rest is in masked.c.
 */
#include <string.h>

#include "ops/attention/masked.h"
#include "ops/infer.h"

#define TYPES (SDX_T(FLOAT32) | SDX_T_HALVES)

enum { IN_Q, IN_K, IN_V }; /* of both */
enum { OUT_Y, OUT_PRESENT_KEY, OUT_PRESENT_VALUE, OUT_QK };
enum {
    FILTER,
    HEADS,
    SCALE,
    CAUSAL,        /* MultiHeadAttention */
    OUTPUT_QK = 3, /* DecoderMaskedMultiHeadAttention: that the output is there says it too */
    SHARED
};

/* Where an operator has the other inputs. */
typedef struct row {
    size_t bias, mask, score_bias, past_key, past_value, past_len, beams;
    bool step; /* one query, which may be packed with its key and value by columns */
} row;

static const row multi_row = {.bias = 3,
                              .mask = 4,
                              .score_bias = 5,
                              .past_key = 6,
                              .past_value = 7,
                              .past_len = 8,
                              .beams = 9};
static const row step_row = {.mask = 3,
                             .score_bias = 4,
                             .past_key = 5,
                             .past_value = 6,
                             .past_len = 7,
                             .beams = 9,
                             .bias = 10,
                             .step = true};

/* FLOATS("key") is {.name = "key", ..., .flags = SDX_PORT_OPTIONAL} */
#define FLOATS(text) \
    { .name = (text), .var = "T", .types = TYPES, .flags = SDX_PORT_OPTIONAL }
#define NUMBERS(text) \
    { .name = (text), .var = "M", .types = SDX_T(INT32), .flags = SDX_PORT_OPTIONAL }

static const sdx_port multi_inputs[] = {
    {.name = "query", .var = "T", .types = TYPES},
    FLOATS("key"),
    FLOATS("value"),
    FLOATS("bias"),
    NUMBERS("key_padding_mask"),
    FLOATS("attention_bias"),
    FLOATS("past_key"),
    FLOATS("past_value"),
    NUMBERS("past_sequence_length"),
    NUMBERS("cache_indirection"),
};
static const sdx_port step_inputs[] = {
    {.name = "query", .var = "T", .types = TYPES},
    FLOATS("key"),
    FLOATS("value"),
    NUMBERS("mask_index"),
    FLOATS("attention_bias"),
    FLOATS("past_key"),
    FLOATS("past_value"),
    NUMBERS("past_sequence_length"),
    NUMBERS("beam_width"), /* as the shape of cache_indirection says */
    NUMBERS("cache_indirection"),
    FLOATS("bias"),
};
static const sdx_port outputs[] = {
    {.name = "output", .var = "T", .types = TYPES},
    FLOATS("present_key"),
    FLOATS("present_value"),
    {.name = "qk", .var = "QK", .types = TYPES, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_attr_def multi_attrs[] = {
    [FILTER] = SDX_ATTR_F("mask_filter_value", SDX_MASKED_FILTER),
    [HEADS] = SDX_ATTR_REQ("num_heads", SDX_ATTR_INT),
    [SCALE] = SDX_ATTR_F("scale", 0),
    [CAUSAL] = SDX_ATTR_I("unidirectional", 0),
};
static const sdx_attr_def step_attrs[] = {
    [FILTER] = SDX_ATTR_F("mask_filter_value", SDX_MASKED_FILTER),
    [HEADS] = SDX_ATTR_REQ("num_heads", SDX_ATTR_INT),
    [SCALE] = SDX_ATTR_F("scale", 0),
    [OUTPUT_QK] = SDX_ATTR_I("output_qk", 0),
    [SHARED] = SDX_ATTR_I("past_present_share_buffer", 0),
};

/* ---- layouts */

typedef enum layout {
    SEPARATE,   /* [batch, length, heads * size], each */
    BY_HEAD,    /* keys and values [batch, heads, length, size] */
    PACKED_KV,  /* keys and values [batch, length, heads, 2, size] */
    PACKED_QKV, /* all [batch, length, heads, 3, size] */
    BY_COLUMN   /* all [batch, length, columns of query, key, value] */
} layout;

typedef struct geometry {
    layout layout;
    sdx_dim batches, steps, keys, head, v_head;
} geometry;

/* Dims of what there is; NULL: absent. */
typedef struct operands {
    const sdx_dim *q, *k, *v;
    int q_rank, k_rank;
} operands;

static geometry measure(sdx_dims *dims, int64_t heads, const operands *o) {
    geometry g = {.batches = o->q[0], .steps = o->q[1], .keys = o->q[1]};
    if (o->k == NULL) {
        g.layout = o->q_rank == 5 ? PACKED_QKV : BY_COLUMN;
        g.head = g.v_head = o->q_rank == 5 ? o->q[4] : sdx_dim_div(dims, o->q[2], heads * 3);
        return g;
    }
    g.head = sdx_dim_div(dims, o->q[2], heads);
    g.layout = o->k_rank == 4 ? BY_HEAD : o->k_rank == 5 ? PACKED_KV : SEPARATE;
    g.keys = o->k[g.layout == BY_HEAD ? 2 : 1];
    g.v_head = o->v == NULL          ? g.head
               : g.layout == BY_HEAD ? o->v[3]
                                     : sdx_dim_div(dims, o->v[2], heads);
    return g;
}

/* ---- shapes */

static sdx_status check_ranks(const sdx_infer *in) {
    const row *const r = in->node->op->data;
    const bool k = sdx_infer_has(in, IN_K), v = sdx_infer_has(in, IN_V);
    const int q_rank = in->in[IN_Q].rank, k_rank = k ? in->in[IN_K].rank : 0;
    if (q_rank != (k || r->step ? 3 : 5))
        return sdx_wrong_shape(in, IN_Q,
                               k || r->step ? "rank 3" : "[batch, length, heads, 3, size]");
    if (k && k_rank != 3 && k_rank != 4 && (k_rank != 5 || r->step))
        return sdx_wrong_shape(in, IN_K, "rank 3, 4 or, with values in it, 5");
    if (v != (k && k_rank != 5))
        return sdx_fail(SDX_INVALID_MODEL,
                        "input 'value' is %s, expected it with keys that do "
                        "not have values in them",
                        v ? "there" : "absent");
    return v ? sdx_infer_want_rank(in, IN_V, k_rank) : NULL;
}

static sdx_status check_operands(const sdx_infer *in, const geometry *g) {
    const int64_t heads = sdx_node_int(in->node, HEADS);
    const sdx_dim hidden = sdx_dim_mul(in->dims, g->head, heads);
    const sdx_dim key[] = {g->batches, -1, hidden}, value[] = {g->batches, g->keys, -1};
    const sdx_dim by_head[] = {g->batches, heads, -1, g->head};
    const sdx_dim value_by_head[] = {g->batches, heads, g->keys, -1};
    const sdx_dim kv[] = {g->batches, -1, heads, 2, g->head};
    const sdx_dim qkv[] = {-1, -1, heads, 3, -1};
    const sdx_dim last = in->in[IN_Q].dims[in->in[IN_Q].rank - 1];
    const int64_t parts = g->layout == BY_COLUMN ? 3 * heads : g->layout == PACKED_QKV ? 1 : heads;
    if (sdx_dim_is_number(last) && last % parts != 0)
        return sdx_wrong_shape(in, IN_Q, "a last dimension that the number of heads divides");
    if (g->layout == PACKED_QKV)
        return sdx_want_shape(in, IN_Q, 5, qkv, "[batch, length, heads, 3, size]");
    if (g->layout == PACKED_KV)
        return sdx_want_shape(in, IN_K, 5, kv, "[batch, length, heads, 2, size of a head]");
    if (g->layout == BY_HEAD) {
        SDX_TRY(sdx_want_shape(in, IN_K, 4, by_head, "[batch, heads, length, size of a head]"));
        return sdx_want_shape(in, IN_V, 4, value_by_head, "batch, heads and length of 'key'");
    }
    if (g->layout == BY_COLUMN) return NULL;
    SDX_TRY(sdx_want_shape(in, IN_K, 3, key, "batch and columns of 'query'"));
    SDX_TRY(sdx_want_shape(in, IN_V, 3, value, "batch and length of 'key'"));
    const sdx_dim columns = in->in[IN_V].dims[2];
    if (sdx_dim_is_number(columns) && columns % heads != 0)
        return sdx_wrong_shape(in, IN_V, "a last dimension that the number of heads divides");
    return NULL;
}

/* Of a buffer that past and present share the first rows count. */
static bool shares(const sdx_node *node, bool has_length) {
    const row *const r = node->op->data;
    return r->step ? sdx_node_int(node, SHARED) != 0 : has_length;
}

static sdx_status check_states(const sdx_infer *in, const geometry *g, sdx_dim *total,
                               sdx_dim *rows) {
    const row *const r = in->node->op->data;
    const int64_t heads = sdx_node_int(in->node, HEADS);
    const bool past = sdx_infer_has(in, r->past_key);
    const sdx_dim key[] = {g->batches, heads, -1, g->head};
    const bool ranked = sdx_infer_ranked(in, r->past_key);
    sdx_dim used;
    *total = *rows = g->keys;
    if (past != sdx_infer_has(in, r->past_value))
        return sdx_fail(SDX_INVALID_MODEL,
                        "one of 'past_key' and 'past_value' is absent, expected both or none");
    if (!past || g->layout == BY_HEAD) return NULL; /* keys by head are all that there are */
    SDX_TRY(sdx_want_shape(in, r->past_key, 4, key, "[batch, heads, rows, size of a head]"));
    *rows = ranked && in->in[r->past_key].rank == 4 ? in->in[r->past_key].dims[2] : SDX_DIM_UNKNOWN;
    const sdx_dim value[] = {g->batches, heads, ranked ? *rows : -1, g->v_head};
    SDX_TRY(sdx_want_shape(in, r->past_value, 4, value, "batch, heads and rows of 'past_key'"));
    if (!shares(in->node, sdx_infer_has(in, r->past_len))) {
        *total = *rows = sdx_dim_add(in->dims, *rows, g->keys);
        return NULL;
    }
    if (!sdx_infer_has(in, r->past_len))
        return sdx_fail(SDX_INVALID_MODEL, "input 'past_sequence_length' is absent, expected it "
                                           "with 'past_present_share_buffer'");
    SDX_TRY(sdx_infer_scalar(in, r->past_len, &used));
    *total = sdx_dim_add(in->dims, used, g->keys);
    return NULL;
}

static sdx_status check_bias(const sdx_infer *in, const geometry *g) {
    const row *const r = in->node->op->data;
    const sdx_dim all =
        sdx_dim_mul(in->dims, sdx_dim_add(in->dims, sdx_dim_mul(in->dims, g->head, 2), g->v_head),
                    sdx_node_int(in->node, HEADS));
    return sdx_want_shape(in, r->bias, 1, &all, "one element for each column of query, key, value");
}

static sdx_status infer(sdx_infer *in) {
    const row *const r = in->node->op->data;
    const int64_t heads = sdx_node_int(in->node, HEADS);
    sdx_infer_set_dtype(in, OUT_QK, sdx_infer_dtype(in, IN_Q));
    if (heads < 1 || heads > INT32_MAX)
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'num_heads' is %lld, expected 1 or more",
                        (long long)heads);
    for (size_t i = IN_Q; i <= IN_V; i++) {
        if (sdx_infer_has(in, i) && !sdx_infer_ranked(in, i)) return NULL;
    }
    SDX_TRY(check_ranks(in));
    SDX_TRY(sdx_infer_want_rank(in, r->beams, 3));
    const operands o = {.q = in->in[IN_Q].dims,
                        .k = sdx_infer_has(in, IN_K) ? in->in[IN_K].dims : NULL,
                        .v = sdx_infer_has(in, IN_V) ? in->in[IN_V].dims : NULL,
                        .q_rank = in->in[IN_Q].rank,
                        .k_rank = sdx_infer_has(in, IN_K) ? in->in[IN_K].rank : 0};
    const geometry g = measure(in->dims, heads, &o);
    sdx_dim total, rows;
    SDX_TRY(check_operands(in, &g));
    SDX_TRY(check_bias(in, &g));
    SDX_TRY(check_states(in, &g, &total, &rows));
    const sdx_masked_dims dims = {
        .batches = g.batches, .heads = heads, .steps = g.steps, .total = total};
    SDX_TRY(sdx_masked_check(in, r->mask, r->score_bias, &dims));
    const sdx_dim y[] = {g.batches, g.steps, sdx_dim_mul(in->dims, heads, g.v_head)};
    const sdx_dim key[] = {g.batches, heads, rows, g.head};
    const sdx_dim value[] = {g.batches, heads, rows, g.v_head};
    const sdx_dim qk[] = {g.batches, heads, g.steps, total};
    SDX_TRY(sdx_infer_set_shape(in, OUT_Y, 3, y));
    SDX_TRY(sdx_infer_set_shape(in, OUT_PRESENT_KEY, 4, key));
    SDX_TRY(sdx_infer_set_shape(in, OUT_PRESENT_VALUE, 4, value));
    return sdx_infer_set_shape(in, OUT_QK, 4, qk);
}

/* ---- binding */

/* Where queries, keys or values are, and their sizes. */
typedef struct side {
    size_t input, offset; /* elements before the first */
    sdx_heads at;
    size_t len, size; /* tokens; elements of a head */
    size_t bias;      /* its first element of the bias */
    bool biased;      /* a copy in scratch has the bias added */
} side;

typedef struct plan {
    sdx_masked masked;
    side sides[3];
    size_t masked_at; /* in scratch */
    bool past;        /* of keys that come by head there is none */
} plan;

static const sdx_view *given(const sdx_bind *b, size_t i) { return i < b->n_in ? b->in[i] : NULL; }
static bool wanted(const sdx_bind *b, size_t k) { return k < b->n_out && b->out[k] != NULL; }

/* Token by token: rows of some heads side by side, `parts` elements of a head apart. */
static sdx_heads by_token(size_t len, size_t step, size_t head) {
    return (sdx_heads){.batch = len * step, .head = head, .row = step};
}

static void place_sides(plan *p, const geometry *g, size_t heads) {
    const size_t steps = (size_t)g->steps, keys = (size_t)g->keys;
    const size_t h = (size_t)g->head, v = (size_t)g->v_head;
    side *const s = p->sides;
    s[0] = (side){.input = IN_Q, .at = by_token(steps, heads * h, h), .len = steps, .size = h};
    s[1] = (side){.input = IN_K, .at = by_token(keys, heads * h, h), .len = keys, .size = h};
    s[2] = (side){.input = IN_V, .at = by_token(keys, heads * v, v), .len = keys, .size = v};
    s[1].bias = heads * h;
    s[2].bias = 2 * heads * h;
    if (g->layout == BY_HEAD) {
        s[1].at = (sdx_heads){.batch = heads * keys * h, .head = keys * h, .row = h};
        s[2].at = (sdx_heads){.batch = heads * keys * v, .head = keys * v, .row = v};
    }
    for (size_t i = 1; i < 3 && g->layout == PACKED_KV; i++) {
        s[i].input = IN_K;
        s[i].at = by_token(keys, heads * 2 * h, 2 * h);
        s[i].offset = (i - 1) * h;
    }
    for (size_t i = 0; i < 3 && (g->layout == PACKED_QKV || g->layout == BY_COLUMN); i++) {
        const bool columns = g->layout == BY_COLUMN;
        s[i].input = IN_Q;
        s[i].at = by_token(steps, heads * 3 * h, columns ? h : 3 * h);
        s[i].offset = i * (columns ? heads * h : h);
    }
}

static size_t side_bytes(const plan *p, const side *s) {
    const sdx_attention *const a = &p->masked.a;
    const size_t bytes = a->batches * s->len * a->heads * s->size * sizeof(float);
    return s->biased ? (bytes + 63) & ~(size_t)63 : 0;
}

static sdx_status bind(sdx_bind *b) {
    plan *const p = b->bound;
    const row *const r = b->node->op->data;
    const sdx_view *const q = b->in[IN_Q], *const k = given(b, IN_K), *const v = given(b, IN_V);
    const sdx_view *const past = given(b, r->past_key);
    const operands o = {.q = q->dims,
                        .k = k != NULL ? k->dims : NULL,
                        .v = v != NULL ? v->dims : NULL,
                        .q_rank = q->rank,
                        .k_rank = k != NULL ? k->rank : 0};
    const size_t heads = (size_t)sdx_node_int(b->node, HEADS);
    const geometry g = measure(NULL, (int64_t)heads, &o);
    sdx_attention *const a = &p->masked.a;
    a->batches = (size_t)g.batches;
    a->heads = heads;
    a->q_len = (size_t)g.steps;
    a->head = (size_t)g.head;
    a->v_head = (size_t)g.v_head;
    a->y_at = by_token(a->q_len, heads * a->v_head, a->v_head);
    p->past = past != NULL && g.layout != BY_HEAD;
    p->masked.fresh = p->masked.capacity = (size_t)g.keys;
    const bool shared = shares(b->node, given(b, r->past_len) != NULL);
    if (p->past) p->masked.capacity = (size_t)past->dims[2] + (shared ? 0 : p->masked.fresh);
    place_sides(p, &g, heads);
    for (size_t i = 0; i < 3; i++) {
        side *const s = &p->sides[i];
        /* keys that come by head were projected long ago, their bias with them */
        s->biased = given(b, r->bias) != NULL && (i == 0 || g.layout != BY_HEAD);
        p->masked_at += side_bytes(p, s);
    }
    a->q_at = p->sides[0].biased ? by_token(a->q_len, heads * a->head, a->head) : p->sides[0].at;
    b->scratch = p->masked_at;
    const sdx_masked_parts parts = {.past = p->past,
                                    .present_key = wanted(b, OUT_PRESENT_KEY),
                                    .present_value = wanted(b, OUT_PRESENT_VALUE),
                                    .beams = p->past && given(b, r->beams) != NULL,
                                    .mask = given(b, r->mask)};
    return sdx_masked_bind(&p->masked, b, &parts);
}

/* ---- running */

typedef struct bias_job {
    const sdx_kernel_table *kernels;
    const side *s;
    const float *from, *bias;
    float *to;
    size_t heads;
} bias_job;

/* Item: a token. */
static void bias_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const bias_job *const j = arg;
    const side *const s = j->s;
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        for (size_t h = 0; h < j->heads; h++) {
            j->kernels->add_f32(j->to + (i * j->heads + h) * s->size,
                                j->from + sdx_heads_at(&s->at, i / s->len, h, i % s->len),
                                j->bias + h * s->size, s->size, SDX_FORM_VV);
        }
    }
}

/* Where queries, keys or values can be read; `at` tells how. */
static const float *operand(const sdx_call *c, size_t which, char **scratch, sdx_heads *at) {
    const plan *const p = c->bound;
    const row *const r = c->node->op->data;
    const sdx_attention *const a = &p->masked.a;
    const side *const s = &p->sides[which];
    const float *const from = (const float *)c->in[s->input]->data + s->offset;
    *at = s->at;
    if (!s->biased) return from;
    bias_job j = {.kernels = c->kernels,
                  .s = s,
                  .from = from,
                  .bias = (const float *)c->in[r->bias]->data + s->bias,
                  .to = (float *)(void *)*scratch,
                  .heads = a->heads};
    *scratch += side_bytes(p, s);
    *at = by_token(s->len, a->heads * s->size, s->size);
    sdx_call_for(c, a->batches * s->len, sdx_grain(a->heads * s->size), bias_chunk, &j);
    return j.to;
}

static float *output(const sdx_call *c, size_t k) {
    const sdx_view *const out = sdx_call_out(c, k);
    return out != NULL && out->len > 0 ? out->data : NULL;
}

static sdx_status run(const sdx_call *c) {
    const plan *const p = c->bound;
    const row *const r = c->node->op->data;
    char *scratch = c->scratch;
    sdx_heads unused;
    sdx_masked_call call = {.present_key = sdx_call_out(c, OUT_PRESENT_KEY),
                            .present_value = sdx_call_out(c, OUT_PRESENT_VALUE),
                            .mask = sdx_call_in(c, r->mask),
                            .bias = sdx_call_in(c, r->score_bias),
                            .filter = sdx_node_float(c->node, FILTER),
                            .causal = !r->step && sdx_node_int(c->node, CAUSAL) != 0,
                            .scale = (double)sdx_node_float(c->node, SCALE),
                            .y = output(c, OUT_Y),
                            .qk = output(c, OUT_QK)};
    call.q = operand(c, 0, &scratch, &unused);
    call.k = operand(c, 1, &scratch, &call.k_from);
    call.v = operand(c, 2, &scratch, &call.v_from);
    if (p->past) {
        call.past_key = c->in[r->past_key];
        call.past_value = c->in[r->past_value];
        call.beams = sdx_call_in(c, r->beams);
        call.past = p->masked.capacity - p->masked.fresh;
    }
    if (p->past && shares(c->node, sdx_call_in(c, r->past_len) != NULL)) {
        const int64_t rows = sdx_view_int(c->in[r->past_len], 0), most = (int64_t)call.past;
        if (rows < 0 || rows > most) return sdx_fail_index(c, r->past_len, 0, rows, 0, most);
        call.past = (size_t)rows;
    }
    return sdx_masked_run(c, &p->masked, &call, (char *)c->scratch + p->masked_at);
}

const sdx_op sdx_op_ms_multi_head_attention = {
    .name = "MultiHeadAttention",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, multi_inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, multi_attrs),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(plan),
    .data = &multi_row,
    .infer = infer,
    .bind = bind,
    .run = run,
};

const sdx_op sdx_op_ms_decoder_masked_multi_head_attention = {
    .name = "DecoderMaskedMultiHeadAttention",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, step_inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, step_attrs),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(plan),
    .data = &step_row,
    .infer = infer,
    .bind = bind,
    .run = run,
};
