/* Attention and QAttention of com.microsoft: one product makes queries, keys and values of the
 * input, side by side in rows of scratch; QAttention multiplies bytes. The rest is in masked.c. */
#include <string.h>

#include "ops/attention/masked.h"
#include "ops/infer.h"
#include "ops/matrix/integer.h"

#define TYPES (SDX_T(FLOAT32) | SDX_T_HALVES)
#define BYTES (SDX_T(INT8) | SDX_T(UINT8))

enum { IN_X, IN_W, IN_BIAS }; /* of both */
enum { OUT_Y, OUT_PRESENT };
enum {
    DO_ROTARY,
    FILTER,
    HEADS,
    SHARED,
    SCALE,
    CAUSAL,
    N_COMMON, /* what follows Attention alone has */
    SIZES = N_COMMON,
    ROTARY_DIM
};
enum { NONE = 99 }; /* an input that an operator does not have */

/* Where an operator has the other inputs. */
typedef struct row {
    size_t mask, past, bias, past_len; /* bias: of the scores */
    size_t x_scale, w_scale, x_zero, w_zero;
    bool quantised;
} row;

static const row float_row = {.mask = 3,
                              .past = 4,
                              .bias = 5,
                              .past_len = 6,
                              .x_scale = NONE,
                              .w_scale = NONE,
                              .x_zero = NONE,
                              .w_zero = NONE};
static const row quantised_row = {.mask = 5,
                                  .past = 8,
                                  .bias = NONE,
                                  .past_len = NONE,
                                  .x_scale = 3,
                                  .w_scale = 4,
                                  .x_zero = 6,
                                  .w_zero = 7,
                                  .quantised = true};

static const sdx_port inputs[] = {
    {.name = "input", .var = "T", .types = TYPES},
    {.name = "weights", .var = "T", .types = TYPES},
    {.name = "bias", .var = "T", .types = TYPES, .flags = SDX_PORT_OPTIONAL},
    {.name = "mask_index", .var = "M", .types = SDX_T(INT32), .flags = SDX_PORT_OPTIONAL},
    {.name = "past", .var = "T", .types = TYPES, .flags = SDX_PORT_OPTIONAL},
    {.name = "attention_bias", .var = "T", .types = TYPES, .flags = SDX_PORT_OPTIONAL},
    {.name = "past_sequence_length", .var = "M", .types = SDX_T(INT32), .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {
    {.name = "output", .var = "T", .types = TYPES},
    {.name = "present", .var = "T", .types = TYPES, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port byte_inputs[] = {
    {.name = "input", .var = "T1", .types = BYTES},
    {.name = "weight", .var = "T2", .types = BYTES},
    {.name = "bias", .var = "T3", .types = TYPES},
    {.name = "input_scale", .var = "T3", .types = TYPES},
    {.name = "weight_scale", .var = "T3", .types = TYPES},
    {.name = "mask_index", .var = "T4", .types = SDX_T(INT32), .flags = SDX_PORT_OPTIONAL},
    {.name = "input_zero_point", .var = "T1", .types = BYTES, .flags = SDX_PORT_OPTIONAL},
    {.name = "weight_zero_point", .var = "T2", .types = BYTES, .flags = SDX_PORT_OPTIONAL},
    {.name = "past", .var = "T3", .types = TYPES, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port byte_outputs[] = {
    {.name = "output", .var = "T3", .types = TYPES},
    {.name = "present", .var = "T3", .types = TYPES, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_attr_def attrs[] = {
    [DO_ROTARY] = SDX_ATTR_I("do_rotary", 0),
    [FILTER] = SDX_ATTR_F("mask_filter_value", SDX_MASKED_FILTER),
    [HEADS] = SDX_ATTR_REQ("num_heads", SDX_ATTR_INT),
    [SHARED] = SDX_ATTR_I("past_present_share_buffer", 0),
    [SCALE] = SDX_ATTR_F("scale", 0),
    [CAUSAL] = SDX_ATTR_I("unidirectional", 0),
    [SIZES] = SDX_ATTR_OPT("qkv_hidden_sizes", SDX_ATTR_INTS),
    [ROTARY_DIM] = SDX_ATTR_I("rotary_embedding_dim", 0),
};

/* ---- shapes */

/* Columns of the projection: of queries (and keys), and of values. */
typedef struct columns {
    sdx_dim q, v;
} columns;

static columns split(sdx_dims *dims, const sdx_node *node, sdx_dim all) {
    const row *const r = node->op->data;
    if (!r->quantised && sdx_node_has(node, SIZES)) {
        const int64_t *const sizes = sdx_node_attr(node, SIZES)->ints;
        return (columns){.q = sizes[0], .v = sizes[2]};
    }
    const sdx_dim third = sdx_dim_div(dims, all, 3);
    return (columns){.q = third, .v = third};
}

static sdx_status check_attrs(const sdx_node *node) {
    const row *const r = node->op->data;
    const int64_t heads = sdx_node_int(node, HEADS);
    if (heads < 1 || heads > INT32_MAX)
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'num_heads' is %lld, expected 1 or more",
                        (long long)heads);
    if (sdx_node_int(node, DO_ROTARY) != 0)
        return sdx_fail(SDX_UNSUPPORTED,
                        "attribute 'do_rotary' is set, which names no angles; export the model "
                        "with RotaryEmbedding and MultiHeadAttention");
    if (r->quantised || !sdx_node_has(node, SIZES)) return NULL;
    const sdx_attr *const sizes = sdx_node_attr(node, SIZES);
    bool fits = sizes->n == 3 && sizes->ints[0] == sizes->ints[1];
    for (size_t i = 0; fits && i < 3; i++) {
        fits = sizes->ints[i] > 0 && sizes->ints[i] <= INT32_MAX && sizes->ints[i] % heads == 0;
    }
    return fits ? NULL
                : sdx_fail(SDX_INVALID_MODEL, "attribute 'qkv_hidden_sizes' has other than three "
                                              "multiples of 'num_heads', the first two equal");
}

static sdx_status check_weights(const sdx_infer *in, const columns *c) {
    const sdx_fact *const w = &in->in[IN_W];
    const int64_t heads = sdx_node_int(in->node, HEADS);
    const sdx_dim all = sdx_dim_add(in->dims, sdx_dim_mul(in->dims, c->q, 2), c->v);
    const sdx_dim bias[] = {w->dims[1]};
    if (sdx_dims_differ(all, w->dims[1]) || (sdx_dim_is_number(c->q) && sdx_dim_is_number(c->v) &&
                                             (c->q % heads != 0 || c->v % heads != 0)))
        return sdx_wrong_shape(in, IN_W,
                               "columns for query, key and value, each a multiple of "
                               "'num_heads'");
    if (sdx_dims_differ(in->in[IN_X].dims[2], w->dims[0]))
        return sdx_wrong_shape(in, IN_W, "as many rows as 'input' has columns");
    return sdx_want_shape(in, IN_BIAS, 1, bias, "the columns of the weights");
}

static sdx_status check_params(const sdx_infer *in) {
    const row *const r = in->node->op->data;
    const size_t singles[] = {r->x_scale, r->x_zero}, columns_of[] = {r->w_scale, r->w_zero};
    const sdx_dim one = 1, all = in->in[IN_W].dims[1];
    for (size_t i = 0; i < 2; i++) {
        if (sdx_infer_ranked(in, singles[i]) && in->in[singles[i]].rank > 0)
            SDX_TRY(sdx_want_shape(in, singles[i], 1, &one, "one element"));
        if (!sdx_infer_ranked(in, columns_of[i]) || in->in[columns_of[i]].rank == 0 ||
            (in->in[columns_of[i]].rank == 1 && in->in[columns_of[i]].dims[0] == 1))
            continue;
        SDX_TRY(sdx_want_shape(in, columns_of[i], 1, &all, "one element, or one for each column"));
    }
    return NULL;
}

/* Of a buffer that past and present share only the first rows count. */
static sdx_status past_rows(const sdx_infer *in, sdx_dim steps, sdx_dim head, sdx_dim *total,
                            sdx_dim *rows) {
    const row *const r = in->node->op->data;
    const sdx_dim want[] = {2, in->in[IN_X].dims[0], sdx_node_int(in->node, HEADS), -1, head};
    sdx_dim past = 0;
    *total = *rows = steps;
    if (!sdx_infer_has(in, r->past)) return NULL;
    SDX_TRY(sdx_want_shape(in, r->past, 5, want, "[2, batch, heads, rows, head size]"));
    const bool ranked = sdx_infer_ranked(in, r->past);
    *rows = ranked ? in->in[r->past].dims[3] : SDX_DIM_UNKNOWN;
    if (sdx_node_int(in->node, SHARED) != 0) {
        if (!sdx_infer_has(in, r->past_len))
            return sdx_fail(SDX_INVALID_MODEL, "input 'past_sequence_length' is absent, expected "
                                               "it with 'past_present_share_buffer'");
        SDX_TRY(sdx_infer_scalar(in, r->past_len, &past));
        *total = sdx_dim_add(in->dims, past, steps);
        return NULL;
    }
    *total = *rows = sdx_dim_add(in->dims, *rows, steps);
    return NULL;
}

static sdx_status infer(sdx_infer *in) {
    const row *const r = in->node->op->data;
    const int64_t heads = sdx_node_int(in->node, HEADS);
    SDX_TRY(check_attrs(in->node));
    SDX_TRY(sdx_infer_want_rank(in, IN_X, 3));
    SDX_TRY(sdx_infer_want_rank(in, IN_W, 2));
    if (!sdx_infer_ranked(in, IN_X) || !sdx_infer_ranked(in, IN_W)) return NULL;
    const sdx_dim *const x = in->in[IN_X].dims;
    const columns c = split(in->dims, in->node, in->in[IN_W].dims[1]);
    const sdx_dim head = sdx_dim_div(in->dims, c.q, heads);
    sdx_dim total, rows;
    SDX_TRY(check_weights(in, &c));
    SDX_TRY(check_params(in));
    const bool states = sdx_infer_has(in, r->past) || in->n_out > OUT_PRESENT;
    if (states && sdx_infer_has(in, r->past) && sdx_dims_differ(c.q, c.v))
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'qkv_hidden_sizes' has values of another "
                                           "size than keys, expected the same with 'past'");
    SDX_TRY(past_rows(in, x[1], head, &total, &rows));
    const sdx_masked_dims dims = {.batches = x[0], .heads = heads, .steps = x[1], .total = total};
    SDX_TRY(sdx_masked_check(in, r->mask, r->bias, &dims));
    const sdx_dim y[] = {x[0], x[1], c.v}, present[] = {2, x[0], heads, rows, head};
    SDX_TRY(sdx_infer_set_shape(in, OUT_Y, 3, y));
    return sdx_infer_set_shape(in, OUT_PRESENT, 5, present);
}

/* ---- binding */

typedef struct plan {
    sdx_product product; /* one of the two */
    sdx_integer integer;
    sdx_masked masked;
    size_t q, all;             /* columns of queries, and all */
    size_t rows_at, masked_at; /* in scratch */
} plan;

static sdx_status prepare(sdx_prepare *p) {
    const row *const r = p->node->op->data;
    sdx_pack **pack;
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &pack));
    p->prepared = pack;
    return r->quantised ? sdx_integer_prepare(p, IN_W, pack)
                        : sdx_product_prepare(p, IN_W, false, pack);
}

static const sdx_view *given(const sdx_bind *b, size_t i) { return i < b->n_in ? b->in[i] : NULL; }

static sdx_status bind_product(sdx_bind *b, plan *p) {
    const row *const r = b->node->op->data;
    sdx_pack *const *const pack = b->prepared;
    const sdx_view *const x = b->in[IN_X], *const w = b->in[IN_W];
    if (r->quantised) return sdx_integer_bind(&p->integer, b, x, w, *pack != NULL);
    sdx_matmul_describe(&p->product, x, w, false, false);
    p->product.beta = 1;
    p->product.d_col = 1;
    return sdx_product_bind(&p->product, b->kernels, *pack != NULL, b->lanes, &b->scratch);
}

static sdx_status bind(sdx_bind *b) {
    plan *const p = b->bound;
    const row *const r = b->node->op->data;
    const sdx_view *const x = b->in[IN_X], *const past = given(b, r->past);
    const columns c = split(NULL, b->node, b->in[IN_W]->dims[1]);
    sdx_attention *const a = &p->masked.a;
    const bool shared = sdx_node_int(b->node, SHARED) != 0;
    const bool present = b->n_out > OUT_PRESENT && b->out[OUT_PRESENT] != NULL;
    size_t bytes;
    SDX_TRY(bind_product(b, p));
    p->q = (size_t)c.q;
    p->all = (size_t)b->in[IN_W]->dims[1];
    a->batches = (size_t)x->dims[0];
    a->heads = (size_t)sdx_node_int(b->node, HEADS);
    a->q_len = p->masked.fresh = (size_t)x->dims[1];
    a->head = p->q / a->heads;
    a->v_head = (size_t)c.v / a->heads;
    a->q_at = (sdx_heads){.batch = a->q_len * p->all, .head = a->head, .row = p->all};
    a->y_at = (sdx_heads){.batch = a->q_len * (size_t)c.v, .head = a->v_head, .row = (size_t)c.v};
    p->masked.capacity = past == NULL ? a->q_len : (size_t)past->dims[3] + (shared ? 0 : a->q_len);
    if (!sdx_mul_size(a->batches * a->q_len, p->all * sizeof(float), &bytes) ||
        !sdx_round_up(b->scratch, 64, &p->rows_at) || !sdx_add_size(p->rows_at, bytes, &bytes) ||
        !sdx_round_up(bytes, 64, &p->masked_at))
        return sdx_fail(SDX_LIMIT, "found scratch beyond the address space");
    b->scratch = p->masked_at;
    const sdx_masked_parts parts = {.past = past != NULL,
                                    .present_key = present,
                                    .present_value = present,
                                    .mask = given(b, r->mask)};
    return sdx_masked_bind(&p->masked, b, &parts);
}

/* ---- running */

/* Sums of bytes become numbers. */
typedef struct scale_job {
    float *rows;
    const float *bias, *w_scale;
    float x_scale;
    size_t n, w_len;
} scale_job;

static void scale_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const scale_job *const j = arg;
    (void)lane;
    for (size_t r = begin; r < end; r++) {
        float *const row_at = j->rows + r * j->n;
        const int32_t *const sums = (const int32_t *)(const void *)row_at;
        for (size_t i = 0; i < j->n; i++) {
            const float scale = j->x_scale * j->w_scale[j->w_len == 1 ? 0 : i];
            row_at[i] = (float)sums[i] * scale + j->bias[i];
        }
    }
}

static sdx_status project(const sdx_call *c, const plan *p, float *rows) {
    const row *const r = c->node->op->data;
    sdx_pack *const *const pack = c->prepared;
    const sdx_view *const bias = sdx_call_in(c, IN_BIAS);
    const void *w = c->in[IN_W]->data;
    if (!r->quantised) {
        if (*pack != NULL) SDX_TRY(sdx_call_pack(c, *pack, &w));
        sdx_product_run(&p->product, c, rows, c->in[IN_X]->data, w,
                        (sdx_product_terms){.d = bias != NULL ? bias->data : NULL});
        return NULL;
    }
    const sdx_integer_call call = {.a = c->in[IN_X],
                                   .b = c->in[IN_W],
                                   .a_zero = sdx_call_in(c, r->x_zero),
                                   .b_zero = sdx_call_in(c, r->w_zero),
                                   .pack = *pack,
                                   .out = (int32_t *)(void *)rows};
    const sdx_view *const scale = c->in[r->w_scale];
    scale_job j = {.rows = rows,
                   .bias = bias->data,
                   .w_scale = scale->data,
                   .w_len = scale->len,
                   .x_scale = *(const float *)c->in[r->x_scale]->data,
                   .n = p->all};
    SDX_TRY(sdx_integer_run(&p->integer, c, &call));
    sdx_call_for(c, p->masked.a.batches * p->masked.a.q_len, sdx_grain(p->all), scale_chunk, &j);
    return NULL;
}

/* Keys (0) or values (1) of a state [2, batch, head, row, element]. */
static const sdx_view *half(const sdx_view *state, size_t which, sdx_view *out) {
    if (state == NULL) return NULL;
    *out = *state;
    memmove(out->dims, out->dims + 1, 4 * sizeof *out->dims);
    out->rank = 4;
    out->len = state->len / 2;
    if (out->len > 0) out->data = (float *)state->data + which * out->len;
    return out;
}

static sdx_status run(const sdx_call *c) {
    const plan *const p = c->bound;
    const row *const r = c->node->op->data;
    const sdx_attention *const a = &p->masked.a;
    const sdx_view *const past = sdx_call_in(c, r->past);
    const sdx_view *const present = sdx_call_out(c, OUT_PRESENT);
    float *const rows = (float *)(void *)((char *)c->scratch + p->rows_at);
    sdx_view halves[4];
    const sdx_heads v_from = {.batch = a->q_at.batch, .head = a->v_head, .row = p->all};
    sdx_masked_call call = {.q = rows,
                            .k = rows + p->q,
                            .v = rows + 2 * p->q,
                            .k_from = a->q_at,
                            .v_from = v_from,
                            .past_key = half(past, 0, &halves[0]),
                            .past_value = half(past, 1, &halves[1]),
                            .present_key = half(present, 0, &halves[2]),
                            .present_value = half(present, 1, &halves[3]),
                            .past = p->masked.capacity - p->masked.fresh,
                            .mask = sdx_call_in(c, r->mask),
                            .bias = sdx_call_in(c, r->bias),
                            .filter = sdx_node_float(c->node, FILTER),
                            .causal = sdx_node_int(c->node, CAUSAL) != 0,
                            .scale = (double)sdx_node_float(c->node, SCALE)};
    const sdx_view *const y = sdx_call_out(c, OUT_Y);
    if (past != NULL && sdx_node_int(c->node, SHARED) != 0) {
        const int64_t rows_used = sdx_view_int(c->in[r->past_len], 0);
        const int64_t most = past->dims[3] - (int64_t)p->masked.fresh;
        if (rows_used < 0 || rows_used > most)
            return sdx_fail_index(c, r->past_len, 0, rows_used, 0, most);
        call.past = (size_t)rows_used;
    }
    if (y != NULL && y->len > 0) call.y = y->data;
    SDX_TRY(project(c, p, rows));
    return sdx_masked_run(c, &p->masked, &call, (char *)c->scratch + p->masked_at);
}

const sdx_op sdx_op_ms_attention = {
    .name = "Attention",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(plan),
    .data = &float_row,
    .infer = infer,
    .prepare = prepare,
    .bind = bind,
    .run = run,
};

const sdx_op sdx_op_ms_qattention = {
    .name = "QAttention",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, byte_inputs),
    SDX_ROWS(outputs, byte_outputs),
    .attrs = attrs,
    .n_attrs = N_COMMON,
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(plan),
    .data = &quantised_row,
    .infer = infer,
    .prepare = prepare,
    .bind = bind,
    .run = run,
};
