/* Attention of ai.onnx: shapes, caches and masks; the computing is in attention_tile.c. Semantics
 * are those of ONNX's newest text for all three versions: soft cap before the mask, causal limits
 * that count from the cache, rows that see nothing are zero. */
#include "ops/attention/attention.h"

#include <math.h>
#include <string.h>

#include "ops/infer.h"

enum { IN_Q, IN_K, IN_V, IN_MASK, IN_PAST_KEY, IN_PAST_VALUE, IN_VALID, N_IN };
enum { OUT_Y, OUT_PRESENT_KEY, OUT_PRESENT_VALUE, OUT_QK };
enum { SCALE, IS_CAUSAL, Q_HEADS, KV_HEADS, SOFTCAP, QK_STAGE, PRECISION, LEFT, RIGHT };

#define MASKS (SDX_T_FLOATS | SDX_T_INTS | SDX_T(BOOL))

static const sdx_port inputs[] = {
    {.name = "Q", .var = "T1", .types = SDX_T_FLOATS},
    {.name = "K", .var = "T1", .types = SDX_T_FLOATS},
    {.name = "V", .var = "T2", .types = SDX_T_FLOATS},
    {.name = "attn_mask", .var = "U", .types = MASKS, .flags = SDX_PORT_OPTIONAL},
    {.name = "past_key", .var = "T1", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
    {.name = "past_value", .var = "T2", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
    {.name = "nonpad_kv_seqlen", .var = "I", .types = SDX_T(INT64), .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {
    {.name = "Y", .var = "T1", .types = SDX_T_FLOATS},
    {.name = "present_key", .var = "T1", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
    {.name = "present_value", .var = "T2", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
    {.name = "qk_matmul_output", .var = "T1", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_attr_def attrs[] = {
    [SCALE] = SDX_ATTR_OPT("scale", SDX_ATTR_FLOAT),
    [IS_CAUSAL] = SDX_ATTR_I("is_causal", 0),
    [Q_HEADS] = SDX_ATTR_OPT("q_num_heads", SDX_ATTR_INT),
    [KV_HEADS] = SDX_ATTR_OPT("kv_num_heads", SDX_ATTR_INT),
    [SOFTCAP] = SDX_ATTR_F("softcap", 0),
    [QK_STAGE] = SDX_ATTR_I("qk_matmul_output_mode", SDX_QK_RAW),
    [PRECISION] = SDX_ATTR_OPT("softmax_precision", SDX_ATTR_INT),
    [LEFT] = SDX_ATTR_I("left_window_size", -1),
    [RIGHT] = SDX_ATTR_I("right_window_size", -1),
};

/* ---- shapes: the same for symbols and for numbers */

typedef struct shape {
    int rank; /* -1: not known, or absent */
    const sdx_dim *dims;
} shape;

/* Sizes of the operands, whatever their rank. */
typedef struct geometry {
    sdx_dim batches, heads, kv_heads, q_len, kv_len, past, total, head, v_head;
} geometry;

/* The dims of a tensor of heads. */
typedef struct heads_shape {
    sdx_dim batches, heads, len, size;
} heads_shape;

/* ONNX: Attention-23: 4-D [batch, heads, len, size], or 3-D [batch, len, heads * size] with an
 * attribute for the heads. */
static heads_shape see_heads(sdx_dims *dims, const shape *s, int64_t heads) {
    if (s->rank == 4)
        return (heads_shape){
            .batches = s->dims[0], .heads = s->dims[1], .len = s->dims[2], .size = s->dims[3]};
    return (heads_shape){.batches = s->dims[0],
                         .heads = heads,
                         .len = s->dims[1],
                         .size = sdx_dim_div(dims, s->dims[2], heads)};
}

static geometry measure(sdx_dims *dims, const sdx_node *node, const shape *in) {
    const heads_shape q = see_heads(dims, &in[IN_Q], sdx_node_int(node, Q_HEADS));
    const heads_shape k = see_heads(dims, &in[IN_K], sdx_node_int(node, KV_HEADS));
    const heads_shape v = see_heads(dims, &in[IN_V], sdx_node_int(node, KV_HEADS));
    const sdx_dim past = in[IN_PAST_KEY].rank == 4 ? in[IN_PAST_KEY].dims[2] : 0;
    return (geometry){.batches = q.batches,
                      .heads = q.heads,
                      .kv_heads = k.heads,
                      .q_len = q.len,
                      .kv_len = k.len,
                      .past = past,
                      .total = sdx_dim_add(dims, past, k.len),
                      .head = q.size,
                      .v_head = v.size};
}

static sdx_status check_heads(const sdx_infer *in) {
    const int rank = in->in[IN_Q].rank;
    const bool counted = sdx_node_has(in->node, Q_HEADS) && sdx_node_has(in->node, KV_HEADS);
    if (rank != 3 && rank != 4) return sdx_wrong_shape(in, IN_Q, "rank 3 or 4");
    SDX_TRY(sdx_infer_want_rank(in, IN_K, rank));
    SDX_TRY(sdx_infer_want_rank(in, IN_V, rank));
    if (rank == 4) return NULL;
    const int64_t q = sdx_node_int(in->node, Q_HEADS), kv = sdx_node_int(in->node, KV_HEADS);
    if (!counted || q < 1 || kv < 1)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attributes 'q_num_heads' and 'kv_num_heads' are %lld and %lld, expected "
                        "numbers of heads, as 'Q' has rank 3",
                        (long long)q, (long long)kv);
    for (size_t i = IN_Q; i <= IN_V; i++) {
        const sdx_dim hidden = in->in[i].dims[2];
        if (sdx_dim_is_number(hidden) && hidden % (i == IN_Q ? q : kv) != 0)
            return sdx_wrong_shape(in, i, "a last dimension that the number of heads divides");
    }
    return NULL;
}

static sdx_status check_operands(const sdx_infer *in, const shape *shapes, const geometry *g) {
    const heads_shape k = see_heads(in->dims, &shapes[IN_K], sdx_node_int(in->node, KV_HEADS));
    const heads_shape v = see_heads(in->dims, &shapes[IN_V], sdx_node_int(in->node, KV_HEADS));
    if (sdx_dims_differ(k.batches, g->batches) || sdx_dims_differ(k.size, g->head))
        return sdx_wrong_shape(in, IN_K, "batch and head size of 'Q'");
    if (sdx_dims_differ(v.batches, g->batches) || sdx_dims_differ(v.heads, k.heads) ||
        sdx_dims_differ(v.len, k.len))
        return sdx_wrong_shape(in, IN_V, "batch, heads and length of 'K'");
    if (sdx_dim_is_number(g->heads) && sdx_dim_is_number(g->kv_heads) &&
        (g->kv_heads == 0 ? g->heads != 0 : g->heads % g->kv_heads != 0))
        return sdx_wrong_shape(in, IN_K, "a number of heads that divides that of 'Q'");
    return NULL;
}

/* ONNX: Attention-23: both states or none; Attention-24: no padding beside them. */
static sdx_status check_states(const sdx_infer *in, const geometry *g) {
    const bool past = sdx_infer_has(in, IN_PAST_KEY);
    const sdx_dim keys[] = {g->batches, g->kv_heads, -1, g->head};
    const sdx_dim values[] = {g->batches, g->kv_heads, past ? g->past : -1, g->v_head};
    if (past != sdx_infer_has(in, IN_PAST_VALUE))
        return sdx_fail(SDX_INVALID_MODEL, "one of 'past_key' and 'past_value' is absent, expected "
                                           "both or none");
    if (past && sdx_infer_has(in, IN_VALID))
        return sdx_fail(SDX_INVALID_MODEL, "found 'past_key' and 'nonpad_kv_seqlen', expected only "
                                           "one of them");
    SDX_TRY(sdx_want_shape(in, IN_PAST_KEY, 4, keys, "[batch, kv heads, past, head size of 'K']"));
    SDX_TRY(
        sdx_want_shape(in, IN_PAST_VALUE, 4, values, "[batch, kv heads, past, head size of 'V']"));
    SDX_TRY(sdx_infer_want_rank(in, IN_VALID, 1));
    if (sdx_infer_ranked(in, IN_VALID) && sdx_dims_differ(in->in[IN_VALID].dims[0], g->batches))
        return sdx_wrong_shape(in, IN_VALID, "one number for each batch");
    return NULL;
}

/* ONNX: Attention-23 attn_mask broadcasts to [batch, heads, queries, keys]; its last dim may be
 * shorter. */
static sdx_status check_mask(const sdx_infer *in, const geometry *g) {
    const sdx_dim full[] = {g->batches, g->heads, g->q_len};
    if (!sdx_infer_ranked(in, IN_MASK)) return NULL;
    const sdx_fact *const mask = &in->in[IN_MASK];
    bool fits = mask->rank >= 1 && mask->rank <= 4;
    for (int i = 0; fits && i + 1 < mask->rank; i++) {
        fits = mask->dims[i] == 1 || !sdx_dims_differ(mask->dims[i], full[4 - mask->rank + i]);
    }
    if (fits && sdx_dim_is_number(g->total) && sdx_dim_is_number(mask->dims[mask->rank - 1]))
        fits = mask->dims[mask->rank - 1] <= g->total;
    return fits ? NULL
                : sdx_wrong_shape(in, IN_MASK,
                                  "one that broadcasts to [batch, heads, queries, keys]");
}

static sdx_status check_attrs(const sdx_node *node) {
    const int64_t stage = sdx_node_int(node, QK_STAGE), precision = sdx_node_int(node, PRECISION);
    if (stage < 0 || stage >= SDX_QK_STAGES)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'qk_matmul_output_mode' is %lld, expected 0 to 3",
                        (long long)stage);
    if (sdx_node_has(node, PRECISION) && (precision < 0 || precision > SDX_BFLOAT16 ||
                                          !sdx_types_have(SDX_T_FLOATS, (sdx_dtype)precision)))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'softmax_precision' is %lld, expected 1, 10, 11 or 16",
                        (long long)precision);
    for (size_t i = LEFT; i <= RIGHT; i++) {
        if (sdx_node_int(node, i) < -1)
            return sdx_fail(SDX_INVALID_MODEL, "attribute '%s' is %lld, expected -1 or more",
                            attrs[i].name, (long long)sdx_node_int(node, i));
    }
    return NULL;
}

static sdx_status set_shapes(sdx_infer *in, const geometry *g) {
    const sdx_dim y[] = {g->batches, g->heads, g->q_len, g->v_head};
    const sdx_dim flat[] = {g->batches, g->q_len, sdx_dim_mul(in->dims, g->heads, g->v_head)};
    const sdx_dim key[] = {g->batches, g->kv_heads, g->total, g->head};
    const sdx_dim value[] = {g->batches, g->kv_heads, g->total, g->v_head};
    const sdx_dim qk[] = {g->batches, g->heads, g->q_len, g->total};
    const bool four = in->in[IN_Q].rank == 4;
    SDX_TRY(sdx_infer_set_shape(in, OUT_Y, four ? 4 : 3, four ? y : flat));
    SDX_TRY(sdx_infer_set_shape(in, OUT_PRESENT_KEY, 4, key));
    SDX_TRY(sdx_infer_set_shape(in, OUT_PRESENT_VALUE, 4, value));
    return sdx_infer_set_shape(in, OUT_QK, 4, qk);
}

static sdx_status infer(sdx_infer *in) {
    shape shapes[N_IN];
    SDX_TRY(check_attrs(in->node));
    for (size_t i = 0; i < N_IN; i++) {
        const bool ranked = sdx_infer_ranked(in, i);
        shapes[i] = (shape){.rank = ranked ? in->in[i].rank : -1};
        if (ranked) shapes[i].dims = in->in[i].dims;
    }
    if (shapes[IN_Q].rank < 0 || shapes[IN_K].rank < 0 || shapes[IN_V].rank < 0 ||
        (sdx_infer_has(in, IN_PAST_KEY) && shapes[IN_PAST_KEY].rank < 0))
        return NULL;
    SDX_TRY(check_heads(in));
    const geometry g = measure(in->dims, in->node, shapes);
    SDX_TRY(check_operands(in, shapes, &g));
    SDX_TRY(check_states(in, &g));
    SDX_TRY(check_mask(in, &g));
    return set_shapes(in, &g);
}

/* ---- binding */

/* Keys or values, one after the other in [batch, kv head, key, element]: the state and what is new.
 */
typedef struct gather {
    bool direct;  /* the input already is that, or its strides say it; nothing is copied */
    size_t bytes; /* of scratch: 0 where an output takes them */
    size_t row;   /* elements */
    sdx_heads from, to;
} gather;

typedef struct plan {
    sdx_attention a;
    gather keys, values;
    size_t kv_len, past;
    size_t values_f, mask_bytes; /* scratch: values in the type of the scores, mask likewise */
} plan;

static sdx_heads strides_of(int rank, size_t heads, size_t len, size_t size) {
    if (rank == 4) return (sdx_heads){.batch = heads * len * size, .head = len * size, .row = size};
    return (sdx_heads){.batch = len * heads * size, .head = size, .row = heads * size};
}

static gather plan_gather(const sdx_bind *b, size_t input, size_t past, size_t output,
                          const geometry *g, size_t size) {
    const sdx_view *const in = b->in[input];
    const bool wanted = output < b->n_out && b->out[output] != NULL;
    const bool has_past = past < b->n_in && b->in[past] != NULL;
    const size_t heads = (size_t)g->kv_heads, total = (size_t)g->total;
    gather out = {.direct = !wanted && !has_past,
                  .row = size,
                  .from = strides_of(in->rank, heads, (size_t)g->kv_len, size),
                  .to = strides_of(4, heads, total, size)};
    if (!wanted && has_past)
        out.bytes = (size_t)g->batches * heads * total * size * sdx_dtype_size(in->dtype);
    return out;
}

static size_t padded(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

/* Whether the mask must be brought to the type of the scores. */
static bool mask_converts(const sdx_view *mask, sdx_dtype dtype) {
    return mask != NULL && mask->dtype != SDX_BOOL && mask->dtype != dtype;
}

static void plan_scratch(sdx_bind *b, plan *p, sdx_dtype dtype) {
    const sdx_view *const mask = b->n_in > IN_MASK ? b->in[IN_MASK] : NULL;
    const sdx_attention *const a = &p->a;
    const size_t size = sdx_dtype_size(dtype);
    if (b->in[IN_V]->dtype != dtype)
        p->values_f = a->batches * a->kv_heads * a->total * a->v_head * size;
    if (mask_converts(mask, dtype)) p->mask_bytes = mask->len * size;
    b->scratch = padded(p->keys.bytes) + padded(p->values.bytes) + padded(p->values_f) +
                 padded(p->mask_bytes) + padded(a->batches * a->kv_heads * a->pack_bytes) +
                 b->lanes * a->lane_bytes;
}

static sdx_status bind(sdx_bind *b) {
    plan *const p = b->bound;
    sdx_attention *const a = &p->a;
    shape shapes[N_IN];
    for (size_t i = 0; i < N_IN; i++) {
        const sdx_view *const in = i < b->n_in ? b->in[i] : NULL;
        shapes[i] =
            (shape){.rank = in != NULL ? in->rank : -1, .dims = in != NULL ? in->dims : NULL};
    }
    const geometry g = measure(NULL, b->node, shapes);
    const int rank = shapes[IN_Q].rank;
    const sdx_dtype dtype = b->in[IN_Q]->dtype;
    a->batches = (size_t)g.batches;
    a->heads = (size_t)g.heads;
    a->kv_heads = (size_t)g.kv_heads;
    a->q_len = (size_t)g.q_len;
    a->total = (size_t)g.total;
    a->head = (size_t)g.head;
    a->v_head = (size_t)g.v_head;
    a->q_at = strides_of(rank, a->heads, a->q_len, a->head);
    a->y_at = strides_of(rank, a->heads, a->q_len, a->v_head);
    p->kv_len = (size_t)g.kv_len;
    p->past = (size_t)g.past;
    p->keys = plan_gather(b, IN_K, IN_PAST_KEY, OUT_PRESENT_KEY, &g, a->head);
    p->values = plan_gather(b, IN_V, IN_PAST_VALUE, OUT_PRESENT_VALUE, &g, a->v_head);
    if (b->in[IN_V]->dtype != dtype && p->values.direct) { /* converted in order */
        p->values.direct = false;
        p->values.bytes = b->in[IN_V]->len * sdx_dtype_size(b->in[IN_V]->dtype);
    }
    a->k_at = p->keys.direct ? p->keys.from : p->keys.to;
    a->v_at = p->values.direct ? p->values.from : p->values.to;
    a->kernels = b->kernels;
    sdx_attention_plan(a, dtype);
    plan_scratch(b, p, dtype);
    b->how = sdx_attention_how(dtype);
    return NULL;
}

/* ---- running */

static void *take(char **scratch, size_t bytes) {
    void *const at = *scratch;
    *scratch += padded(bytes);
    return at;
}

typedef struct gather_job {
    const gather *g;
    const plan *p;
    char *dst;
    const char *past, *fresh;
    size_t size;
} gather_job;

/* Item: a head of a batch. */
static void gather_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const gather_job *const j = arg;
    const size_t row = j->g->row * j->size, heads = j->p->a.kv_heads, past = j->p->past;
    (void)lane;
    for (size_t item = begin; item < end; item++) {
        char *dst = j->dst + item * j->p->a.total * row;
        if (past * row != 0) memcpy(dst, j->past + item * past * row, past * row);
        dst += past * row;
        for (size_t r = 0; r < j->p->kv_len && row != 0; r++) {
            const size_t at = sdx_heads_at(&j->g->from, item / heads, item % heads, r);
            memcpy(dst + r * row, j->fresh + at * j->size, row);
        }
    }
}

/* The keys or values of all positions; in the output for them if that is wanted. */
static void *gathered(const sdx_call *c, const gather *g, size_t input, size_t past, size_t output,
                      char **scratch) {
    const plan *const p = c->bound;
    const sdx_view *const state = sdx_call_in(c, past), *const out = sdx_call_out(c, output);
    if (g->direct) return c->in[input]->data;
    gather_job j = {.g = g,
                    .p = p,
                    .dst = out != NULL ? out->data : take(scratch, g->bytes),
                    .past = state != NULL ? state->data : NULL,
                    .fresh = c->in[input]->data,
                    .size = sdx_dtype_size(c->in[input]->dtype)};
    sdx_call_for(c, p->a.batches * p->a.kv_heads, sdx_grain(p->a.total * g->row), gather_chunk, &j);
    return j.dst;
}

/* n elements of any type as float32 or float64. */
static void *converted(const sdx_view *from, void *data, size_t n, sdx_dtype dtype, void *place) {
    sdx_view in = *from;
    sdx_view out = {.data = place, .len = n, .dtype = dtype};
    in.data = data;
    for (size_t i = 0; i < n; i++) {
        sdx_view_set_double(&out, i, sdx_view_double(&in, i));
    }
    return place;
}

static void set_mask(const sdx_call *c, sdx_attention *a, char **scratch) {
    const sdx_view *const mask = sdx_call_in(c, IN_MASK);
    const sdx_dtype dtype = c->in[IN_Q]->dtype;
    a->mask.len = a->total;
    if (mask == NULL) return;
    int64_t dims[4] = {1, 1, 1, 1};
    for (size_t i = 0; i < mask->rank; i++) {
        dims[4 - mask->rank + i] = mask->dims[i];
    }
    const size_t len = (size_t)dims[3], rows = (size_t)dims[2], heads = (size_t)dims[1];
    a->mask = (sdx_attention_mask){.data = mask->data,
                                   .boolean = mask->dtype == SDX_BOOL,
                                   .len = len,
                                   .at = {.batch = dims[0] == 1 ? 0 : heads * rows * len,
                                          .head = heads == 1 ? 0 : rows * len,
                                          .row = rows == 1 ? 0 : len}};
    if (mask_converts(mask, dtype)) {
        void *const place = take(scratch, mask->len * sdx_dtype_size(dtype));
        a->mask.data = converted(mask, mask->data, mask->len, dtype, place);
    }
}

static sdx_status set_visibility(const sdx_call *c, sdx_attention *a) {
    const sdx_view *const valid = sdx_call_in(c, IN_VALID);
    const int64_t far = INT64_C(1) << 60;
    a->causal = sdx_node_int(c->node, IS_CAUSAL) != 0;
    a->left = sdx_node_int(c->node, LEFT);
    a->right = sdx_node_int(c->node, RIGHT);
    a->left = a->left < far ? a->left : far;
    a->right = a->right < far ? a->right : far;
    for (size_t b = 0; valid != NULL && b < valid->len; b++) {
        const int64_t n = ((const int64_t *)valid->data)[b];
        if (n < 0 || n > (int64_t)a->total)
            return sdx_fail_index(c, IN_VALID, b, n, 0, (int64_t)a->total);
    }
    if (valid != NULL) a->valid = valid->data;
    return NULL;
}

static double scale_of(const sdx_node *node, size_t head) {
    if (sdx_node_has(node, SCALE)) return (double)sdx_node_float(node, SCALE);
    return head > 0 ? 1 / sqrt((double)head) : 1;
}

static sdx_status run(const sdx_call *c) {
    const plan *const p = c->bound;
    const sdx_view *const y = sdx_call_out(c, OUT_Y), *const qk = sdx_call_out(c, OUT_QK);
    const sdx_dtype dtype = c->in[IN_Q]->dtype;
    sdx_attention a = p->a;
    char *scratch = c->scratch;
    a.past = (int64_t)p->past;
    a.q = c->in[IN_Q]->data;
    a.k = gathered(c, &p->keys, IN_K, IN_PAST_KEY, OUT_PRESENT_KEY, &scratch);
    if (p->values_f > 0) {
        void *const values =
            gathered(c, &p->values, IN_V, IN_PAST_VALUE, OUT_PRESENT_VALUE, &scratch);
        const size_t n = a.batches * a.kv_heads * a.total * a.v_head;
        a.v = converted(c->in[IN_V], values, n, dtype, take(&scratch, p->values_f));
    } else {
        a.v = gathered(c, &p->values, IN_V, IN_PAST_VALUE, OUT_PRESENT_VALUE, &scratch);
    }
    a.y = y != NULL && y->len > 0 ? y->data : NULL;
    a.qk = qk != NULL && qk->len > 0 ? qk->data : NULL;
    a.stage = (sdx_qk_stage)sdx_node_int(c->node, QK_STAGE);
    a.softcap = (double)sdx_node_float(c->node, SOFTCAP);
    a.hidden = -(double)INFINITY;
    a.scale = scale_of(c->node, a.head);
    SDX_TRY(set_visibility(c, &a));
    set_mask(c, &a, &scratch);
    if (a.y == NULL && a.qk == NULL) return NULL;
    a.packs = take(&scratch, a.batches * a.kv_heads * a.pack_bytes);
    a.lanes = scratch;
    sdx_attention_run(c, &a, dtype);
    return NULL;
}

const sdx_op sdx_op_attention = {
    .name = "Attention",
    .domain = "",
    .since = 23,
    .newest = 25,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(plan),
    .infer = infer,
    .bind = bind,
    .run = run,
};
