/* GroupQueryAttention of com.microsoft: causal attention over a cache whose batches have lengths of
 * their own, with rotation, a local window, sinks, and caches that are quantised or slide. */
#include "ops/attention/group_query.h"

#include "ops/infer.h"

#define TYPES (SDX_T(FLOAT32) | SDX_T_HALVES)
#define CACHES (TYPES | SDX_T(UINT8) | SDX_T(INT8) | SDX_T(FLOAT8E4M3FN))

/* OPTIONAL(SDX_GQ_IN_K, "key", "T", TYPES) is [SDX_GQ_IN_K] = {.name = "key", ..., .flags =
 * SDX_PORT_OPTIONAL} */
#define OPTIONAL(port, text, type_var, set) \
    [port] = {.name = (text), .var = (type_var), .types = (set), .flags = SDX_PORT_OPTIONAL}

static const sdx_port inputs[] = {
    [SDX_GQ_IN_Q] = {.name = "query", .var = "T", .types = TYPES},
    OPTIONAL(SDX_GQ_IN_K, "key", "T", TYPES),
    OPTIONAL(SDX_GQ_IN_V, "value", "T", TYPES),
    OPTIONAL(SDX_GQ_IN_PAST_KEY, "past_key", "T_CACHE", CACHES),
    OPTIONAL(SDX_GQ_IN_PAST_VALUE, "past_value", "T_CACHE", CACHES),
    [SDX_GQ_IN_LENGTHS] = {.name = "seqlens_k", .var = "M", .types = SDX_T(INT32)},
    [SDX_GQ_IN_TOTAL] = {.name = "total_sequence_length", .var = "M", .types = SDX_T(INT32)},
    OPTIONAL(SDX_GQ_IN_COS, "cos_cache", "T", TYPES),
    OPTIONAL(SDX_GQ_IN_SIN, "sin_cache", "T", TYPES),
    OPTIONAL(SDX_GQ_IN_POSITIONS, "position_ids", "P", SDX_T(INT64)),
    OPTIONAL(SDX_GQ_IN_BIAS, "attention_bias", "T", TYPES),
    OPTIONAL(SDX_GQ_IN_SINK, "head_sink", "T", TYPES),
    OPTIONAL(SDX_GQ_IN_K_SCALE, "k_scale", "T_KV_SCALE", SDX_T(FLOAT32)),
    OPTIONAL(SDX_GQ_IN_V_SCALE, "v_scale", "T_KV_SCALE", SDX_T(FLOAT32)),
    OPTIONAL(SDX_GQ_IN_Q_NORM, "q_norm_weight", "T", TYPES),
    OPTIONAL(SDX_GQ_IN_K_NORM, "k_norm_weight", "T", TYPES),
    OPTIONAL(SDX_GQ_IN_FRESH, "query_seqlens", "M", SDX_T(INT32)),
};
static const sdx_port outputs[] = {
    {.name = "output", .var = "T", .types = TYPES},
    OPTIONAL(SDX_GQ_OUT_PRESENT_KEY, "present_key", "T_CACHE", CACHES),
    OPTIONAL(SDX_GQ_OUT_PRESENT_VALUE, "present_value", "T_CACHE", CACHES),
    OPTIONAL(SDX_GQ_OUT_QK, "output_qk", "T", TYPES),
};
static const sdx_attr_def attrs[] = {
    [SDX_GQ_CAUSAL] = SDX_ATTR_I("causal", 1),
    [SDX_GQ_DO_ROTARY] = SDX_ATTR_I("do_rotary", 0),
    [SDX_GQ_K_EPSILON] = SDX_ATTR_OPT("k_norm_epsilon", SDX_ATTR_FLOAT),
    [SDX_GQ_K_QUANT] = SDX_ATTR_S("k_quant_type", "NONE"),
    [SDX_GQ_BIT_WIDTH] = SDX_ATTR_I("kv_cache_bit_width", 0),
    [SDX_GQ_KV_HEADS] = SDX_ATTR_REQ("kv_num_heads", SDX_ATTR_INT),
    [SDX_GQ_WINDOW] = SDX_ATTR_I("local_window_size", -1),
    [SDX_GQ_HEADS] = SDX_ATTR_REQ("num_heads", SDX_ATTR_INT),
    [SDX_GQ_Q_EPSILON] = SDX_ATTR_OPT("q_norm_epsilon", SDX_ATTR_FLOAT),
    [SDX_GQ_EPSILON] = SDX_ATTR_F("qk_norm_epsilon", 1e-6f),
    [SDX_GQ_QK_OUTPUT] = SDX_ATTR_I("qk_output", 0),
    [SDX_GQ_INTERLEAVED] = SDX_ATTR_I("rotary_interleaved", 0),
    [SDX_GQ_SCALE] = SDX_ATTR_F("scale", 0),
    [SDX_GQ_SLIDES] = SDX_ATTR_I("sliding_window_cache", 0),
    [SDX_GQ_SMOOTH] = SDX_ATTR_I("smooth_softmax", -1),
    [SDX_GQ_SOFTCAP] = SDX_ATTR_F("softcap", 0),
    [SDX_GQ_V_QUANT] = SDX_ATTR_S("v_quant_type", "NONE"),
};

/* ---- shapes */

/* Sizes of the operands. A packed query holds the heads of query, key and value side by side. */
typedef struct geometry {
    bool packed;
    sdx_dim batches, steps, kv_steps, head, v_head;
} geometry;

static geometry measure(sdx_dims *dims, const sdx_node *node, const sdx_dim *q, const sdx_dim *k,
                        const sdx_dim *v) {
    const int64_t heads = sdx_node_int(node, SDX_GQ_HEADS),
                  kv_heads = sdx_node_int(node, SDX_GQ_KV_HEADS);
    geometry g = {.packed = k == NULL, .batches = q[0], .steps = q[1]};
    g.head = sdx_dim_div(dims, q[2], g.packed ? heads + 2 * kv_heads : heads);
    g.v_head = v != NULL ? sdx_dim_div(dims, v[2], kv_heads) : g.head;
    g.kv_steps = k != NULL ? k[1] : g.steps;
    return g;
}

static sdx_status check_int(const sdx_node *node, size_t attr, int64_t low, int64_t high) {
    const int64_t x = sdx_node_int(node, attr);
    if (x >= low && x <= high) return NULL;
    return sdx_fail(SDX_INVALID_MODEL, "attribute '%s' is %lld, expected %lld to %lld",
                    attrs[attr].name, (long long)x, (long long)low, (long long)high);
}

static sdx_status check_quant(const sdx_infer *in, size_t attr, size_t scale) {
    const sdx_str type = sdx_node_str(in->node, attr);
    const bool none = sdx_str_is(type, "NONE");
    if (!none && !sdx_str_is(type, "PER_TENSOR") && !sdx_str_is(type, "PER_CHANNEL"))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute '%s' is '%.*s', expected NONE, PER_TENSOR or PER_CHANNEL",
                        attrs[attr].name, SDX_FMT(type));
    const sdx_dtype dtype = sdx_infer_dtype(in, SDX_GQ_IN_PAST_KEY);
    const bool is_float = sdx_types_have(TYPES, dtype) || !sdx_infer_has(in, SDX_GQ_IN_PAST_KEY);
    if (dtype != SDX_UNDEFINED && none != is_float)
        return sdx_fail(SDX_TYPE_MISMATCH, "attribute '%s' is '%.*s', with a cache of %s",
                        attrs[attr].name, SDX_FMT(type), sdx_dtype_name(dtype));
    if (!none && !sdx_infer_has(in, SDX_GQ_IN_PAST_KEY))
        return sdx_fail(SDX_UNSUPPORTED,
                        "attribute '%s' is '%.*s' without 'past_key', whose type says how the "
                        "cache is quantised; export the model with it, of 0 rows for a prompt",
                        attrs[attr].name, SDX_FMT(type));
    if (!none && !sdx_infer_has(in, scale))
        return sdx_fail(SDX_INVALID_MODEL,
                        "input '%s' is absent, expected the scale of a "
                        "quantised cache",
                        inputs[scale].name);
    return NULL;
}

static sdx_status check_attrs(const sdx_infer *in) {
    const sdx_node *const node = in->node;
    SDX_TRY(check_int(node, SDX_GQ_HEADS, 1, INT32_MAX));
    SDX_TRY(check_int(node, SDX_GQ_KV_HEADS, 1, sdx_node_int(node, SDX_GQ_HEADS)));
    SDX_TRY(check_int(node, SDX_GQ_CAUSAL, 0, 1));
    SDX_TRY(check_int(node, SDX_GQ_WINDOW, -1, INT32_MAX));
    SDX_TRY(check_int(node, SDX_GQ_QK_OUTPUT, 0, 2));
    if (sdx_node_int(node, SDX_GQ_HEADS) % sdx_node_int(node, SDX_GQ_KV_HEADS) != 0)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'kv_num_heads' is %lld, expected a divisor of %lld heads",
                        (long long)sdx_node_int(node, SDX_GQ_KV_HEADS),
                        (long long)sdx_node_int(node, SDX_GQ_HEADS));
    if (sdx_node_int(node, SDX_GQ_WINDOW) == 0 ||
        (sdx_node_int(node, SDX_GQ_WINDOW) > 0 && sdx_node_int(node, SDX_GQ_CAUSAL) == 0))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'local_window_size' is %lld, expected -1, or with 'causal' a "
                        "number of keys",
                        (long long)sdx_node_int(node, SDX_GQ_WINDOW));
    if (sdx_node_int(node, SDX_GQ_SLIDES) != 0 &&
        (sdx_node_int(node, SDX_GQ_WINDOW) < 1 || sdx_node_int(node, SDX_GQ_QK_OUTPUT) != 0))
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'sliding_window_cache' is set, expected "
                                           "'local_window_size' with it and no 'qk_output'");
    SDX_TRY(check_quant(in, SDX_GQ_K_QUANT, SDX_GQ_IN_K_SCALE));
    return check_quant(in, SDX_GQ_V_QUANT, SDX_GQ_IN_V_SCALE);
}

static sdx_status check_both(const sdx_infer *in, size_t a, size_t b) {
    if (sdx_infer_has(in, a) == sdx_infer_has(in, b)) return NULL;
    return sdx_fail(SDX_INVALID_MODEL, "one of '%s' and '%s' is absent, expected both or none",
                    inputs[a].name, inputs[b].name);
}

static sdx_status check_pairs(const sdx_infer *in) {
    const bool past = sdx_infer_has(in, SDX_GQ_IN_PAST_KEY);
    SDX_TRY(check_both(in, SDX_GQ_IN_K, SDX_GQ_IN_V));
    SDX_TRY(check_both(in, SDX_GQ_IN_PAST_KEY, SDX_GQ_IN_PAST_VALUE));
    SDX_TRY(check_both(in, SDX_GQ_IN_COS, SDX_GQ_IN_SIN));
    SDX_TRY(check_both(in, SDX_GQ_IN_Q_NORM, SDX_GQ_IN_K_NORM));
    if (sdx_node_int(in->node, SDX_GQ_DO_ROTARY) != 0 && !sdx_infer_has(in, SDX_GQ_IN_COS))
        return sdx_fail(SDX_INVALID_MODEL,
                        "input 'cos_cache' is absent, expected it with 'do_rotary'");
    if (!past && (sdx_node_int(in->node, SDX_GQ_SLIDES) != 0 || sdx_infer_has(in, SDX_GQ_IN_FRESH)))
        return sdx_fail(SDX_INVALID_MODEL, "input 'past_key' is absent, expected it with "
                                           "'sliding_window_cache' or 'query_seqlens'");
    if (sdx_infer_has(in, SDX_GQ_IN_FRESH) && sdx_node_int(in->node, SDX_GQ_CAUSAL) == 0)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'causal' is 0, expected 1 with 'query_seqlens'");
    return NULL;
}

/* Elements of a head as a cache has them: of 4-bit numbers two in a byte. */
static sdx_dim cached(const sdx_infer *in, sdx_dim size) {
    return sdx_infer_dtype(in, SDX_GQ_IN_PAST_KEY) == SDX_UINT8 ? sdx_dim_div(in->dims, size, 2)
                                                                : size;
}

static sdx_status check_operands(const sdx_infer *in, const geometry *g) {
    const int64_t kv_heads = sdx_node_int(in->node, SDX_GQ_KV_HEADS);
    const sdx_dim key[] = {g->batches, -1, sdx_dim_mul(in->dims, g->head, kv_heads)};
    const sdx_dim value[] = {g->batches, g->kv_steps, -1};
    const sdx_dim past_key[] = {g->batches, kv_heads, -1, cached(in, g->head)};
    const sdx_dim past_value[] = {g->batches, kv_heads, -1, cached(in, g->v_head)};
    const sdx_dim each[] = {g->batches}, heads[] = {sdx_node_int(in->node, SDX_GQ_HEADS)};
    const sdx_dim norm[] = {g->head};
    SDX_TRY(sdx_want_shape(in, SDX_GQ_IN_K, 3, key, "[batch, length, kv_num_heads * head size]"));
    SDX_TRY(sdx_want_shape(in, SDX_GQ_IN_V, 3, value, "batch and length of 'key'"));
    SDX_TRY(
        sdx_want_shape(in, SDX_GQ_IN_PAST_KEY, 4, past_key, "[batch, kv heads, rows, head size]"));
    SDX_TRY(sdx_want_shape(in, SDX_GQ_IN_PAST_VALUE, 4, past_value,
                           "[batch, kv heads, rows, head size]"));
    SDX_TRY(sdx_want_shape(in, SDX_GQ_IN_SINK, 1, heads, "one element for each head"));
    SDX_TRY(sdx_want_shape(in, SDX_GQ_IN_Q_NORM, 1, norm, "the size of a head"));
    SDX_TRY(sdx_want_shape(in, SDX_GQ_IN_K_NORM, 1, norm, "the size of a head"));
    SDX_TRY(sdx_want_shape(in, SDX_GQ_IN_LENGTHS, 1, each, "one number for each batch"));
    SDX_TRY(sdx_want_shape(in, SDX_GQ_IN_FRESH, 1, each, "one number for each batch"));
    if (sdx_dims_differ(g->kv_steps, g->steps) &&
        (g->kv_steps != 0 || !sdx_infer_has(in, SDX_GQ_IN_PAST_KEY)))
        return sdx_wrong_shape(in, SDX_GQ_IN_K, "the length of 'query', or 0 beside 'past_key'");
    if (sdx_infer_ranked(in, SDX_GQ_IN_PAST_KEY) && sdx_infer_ranked(in, SDX_GQ_IN_PAST_VALUE) &&
        sdx_dims_differ(in->in[SDX_GQ_IN_PAST_KEY].dims[2], in->in[SDX_GQ_IN_PAST_VALUE].dims[2]))
        return sdx_wrong_shape(in, SDX_GQ_IN_PAST_VALUE, "the rows of 'past_key'");
    return NULL;
}

static sdx_status check_scale(const sdx_infer *in, size_t input, sdx_dim channels) {
    sdx_dim len = 1;
    if (!sdx_infer_ranked(in, input)) return NULL;
    for (int i = 0; i < in->in[input].rank; i++) {
        len = sdx_dim_mul(in->dims, len, in->in[input].dims[i]);
    }
    if (!sdx_dim_is_number(len) || len == 1 || !sdx_dims_differ(len, channels)) return NULL;
    return sdx_wrong_shape(in, input, "one element, or one for each channel of each kv head");
}

static sdx_status check_rest(const sdx_infer *in, const geometry *g, sdx_dim total) {
    const int64_t kv_heads = sdx_node_int(in->node, SDX_GQ_KV_HEADS);
    const sdx_dim bias[] = {-1, -1, g->steps, total}, table[] = {-1, -1};
    SDX_TRY(check_scale(in, SDX_GQ_IN_K_SCALE, sdx_dim_mul(in->dims, g->head, kv_heads)));
    SDX_TRY(check_scale(in, SDX_GQ_IN_V_SCALE, sdx_dim_mul(in->dims, g->v_head, kv_heads)));
    SDX_TRY(sdx_want_shape(in, SDX_GQ_IN_COS, 2, table, "[positions, half of what is turned]"));
    SDX_TRY(sdx_want_shape(in, SDX_GQ_IN_SIN, 2, table, "[positions, half of what is turned]"));
    if (sdx_infer_ranked(in, SDX_GQ_IN_COS) && sdx_infer_ranked(in, SDX_GQ_IN_SIN)) {
        const sdx_dim half = in->in[SDX_GQ_IN_COS].dims[1];
        if (sdx_dims_differ(half, in->in[SDX_GQ_IN_SIN].dims[1]))
            return sdx_wrong_shape(in, SDX_GQ_IN_SIN, "the shape of 'cos_cache'");
        if (sdx_dim_is_number(half) && sdx_dim_is_number(g->head) && half > g->head / 2)
            return sdx_wrong_shape(in, SDX_GQ_IN_COS, "at most half the size of a head");
    }
    SDX_TRY(sdx_want_shape(in, SDX_GQ_IN_BIAS, 4, bias, "[batch or 1, heads or 1, length, total]"));
    for (int i = 0; i < 2 && sdx_infer_ranked(in, SDX_GQ_IN_BIAS); i++) {
        const sdx_dim dim = in->in[SDX_GQ_IN_BIAS].dims[i];
        if (dim != 1 &&
            sdx_dims_differ(dim, i == 0 ? g->batches : sdx_node_int(in->node, SDX_GQ_HEADS)))
            return sdx_wrong_shape(in, SDX_GQ_IN_BIAS, "[batch or 1, heads or 1, length, total]");
    }
    return NULL;
}

static sdx_status set_shapes(sdx_infer *in, const geometry *g, sdx_dim total) {
    const int64_t heads = sdx_node_int(in->node, SDX_GQ_HEADS),
                  kv_heads = sdx_node_int(in->node, SDX_GQ_KV_HEADS);
    const bool past = sdx_infer_has(in, SDX_GQ_IN_PAST_KEY);
    sdx_dim rows = total;
    if (past) {
        const bool ranked = sdx_infer_ranked(in, SDX_GQ_IN_PAST_KEY);
        const sdx_dim before = ranked ? in->in[SDX_GQ_IN_PAST_KEY].dims[2] : SDX_DIM_UNKNOWN;
        rows = sdx_node_int(in->node, SDX_GQ_SLIDES) != 0 ? before
                                                          : sdx_dim_max(in->dims, before, total);
    }
    const sdx_dim y[] = {g->batches, g->steps, sdx_dim_mul(in->dims, heads, g->v_head)};
    const sdx_dim key[] = {g->batches, kv_heads, rows, cached(in, g->head)};
    const sdx_dim value[] = {g->batches, kv_heads, rows, cached(in, g->v_head)};
    const sdx_dim qk[] = {g->batches, heads, g->steps, total};
    SDX_TRY(sdx_infer_set_shape(in, SDX_GQ_OUT_Y, 3, y));
    SDX_TRY(sdx_infer_set_shape(in, SDX_GQ_OUT_PRESENT_KEY, 4, key));
    SDX_TRY(sdx_infer_set_shape(in, SDX_GQ_OUT_PRESENT_VALUE, 4, value));
    return sdx_infer_set_shape(in, SDX_GQ_OUT_QK, 4, qk);
}

static sdx_status infer(sdx_infer *in) {
    SDX_TRY(check_attrs(in));
    SDX_TRY(check_pairs(in));
    if (!sdx_infer_has(in, SDX_GQ_IN_PAST_KEY)) {
        sdx_infer_set_dtype(in, SDX_GQ_OUT_PRESENT_KEY, sdx_infer_dtype(in, SDX_GQ_IN_Q));
        sdx_infer_set_dtype(in, SDX_GQ_OUT_PRESENT_VALUE, sdx_infer_dtype(in, SDX_GQ_IN_Q));
    }
    SDX_TRY(sdx_infer_want_rank(in, SDX_GQ_IN_Q, 3));
    SDX_TRY(sdx_infer_want_rank(in, SDX_GQ_IN_K, 3));
    SDX_TRY(sdx_infer_want_rank(in, SDX_GQ_IN_V, 3));
    const bool packed = !sdx_infer_has(in, SDX_GQ_IN_K);
    if (!sdx_infer_ranked(in, SDX_GQ_IN_Q) ||
        (!packed && (!sdx_infer_ranked(in, SDX_GQ_IN_K) || !sdx_infer_ranked(in, SDX_GQ_IN_V))))
        return NULL;
    const geometry g =
        measure(in->dims, in->node, in->in[SDX_GQ_IN_Q].dims,
                packed ? NULL : in->in[SDX_GQ_IN_K].dims, packed ? NULL : in->in[SDX_GQ_IN_V].dims);
    const int64_t parts = sdx_node_int(in->node, SDX_GQ_HEADS) +
                          (packed ? 2 * sdx_node_int(in->node, SDX_GQ_KV_HEADS) : 0);
    const sdx_dim hidden = in->in[SDX_GQ_IN_Q].dims[2];
    sdx_dim total = SDX_DIM_UNKNOWN;
    if (sdx_dim_is_number(hidden) && hidden % parts != 0)
        return sdx_wrong_shape(in, SDX_GQ_IN_Q,
                               "a last dimension that the number of heads divides");
    SDX_TRY(sdx_infer_scalar(in, SDX_GQ_IN_TOTAL, &total));
    if (sdx_dim_is_number(total) && total < 1)
        return sdx_fail(SDX_OUT_OF_RANGE,
                        "input 'total_sequence_length' is %lld, expected 1 or more",
                        (long long)total);
    SDX_TRY(check_operands(in, &g));
    SDX_TRY(check_rest(in, &g, total));
    return set_shapes(in, &g, total);
}

/* ---- binding */

static const sdx_view *given(const sdx_bind *b, size_t i) { return i < b->n_in ? b->in[i] : NULL; }
static const sdx_view *wanted(const sdx_bind *b, size_t k) {
    return k < b->n_out ? b->out[k] : NULL;
}

static void describe(const sdx_bind *b, sdx_gq_plan *p) {
    const sdx_view *const q = b->in[SDX_GQ_IN_Q], *const k = given(b, SDX_GQ_IN_K),
                          *const v = given(b, SDX_GQ_IN_V);
    const geometry g =
        measure(NULL, b->node, q->dims, k != NULL ? k->dims : NULL, v != NULL ? v->dims : NULL);
    sdx_attention *const a = &p->a;
    a->kernels = b->kernels;
    a->batches = (size_t)g.batches;
    a->heads = (size_t)sdx_node_int(b->node, SDX_GQ_HEADS);
    a->kv_heads = (size_t)sdx_node_int(b->node, SDX_GQ_KV_HEADS);
    a->q_len = (size_t)g.steps;
    a->head = (size_t)g.head;
    a->v_head = (size_t)g.v_head;
    p->packed = g.packed;
    p->kv_steps = (size_t)g.kv_steps;
    p->hidden = (size_t)q->dims[2];
    p->finished_q =
        sdx_node_int(b->node, SDX_GQ_DO_ROTARY) != 0 || given(b, SDX_GQ_IN_Q_NORM) != NULL;
    const size_t q_row = p->finished_q ? a->heads * a->head : p->hidden;
    a->q_at = (sdx_heads){.batch = a->q_len * q_row, .head = a->head, .row = q_row};
    a->y_at = (sdx_heads){
        .batch = a->q_len * a->heads * a->v_head, .head = a->v_head, .row = a->heads * a->v_head};
}

static sdx_status bind(sdx_bind *b) {
    sdx_gq_plan *const p = b->bound;
    sdx_attention *const a = &p->a;
    const sdx_view *const past = given(b, SDX_GQ_IN_PAST_KEY), *const bias =
                                                                   given(b, SDX_GQ_IN_BIAS);
    const sdx_view *const key = wanted(b, SDX_GQ_OUT_PRESENT_KEY), *const value = wanted(
                                                                       b, SDX_GQ_OUT_PRESENT_VALUE);
    const bool slides = sdx_node_int(b->node, SDX_GQ_SLIDES) != 0;
    sdx_dim total =
        b->in[SDX_GQ_IN_TOTAL]->data != NULL ? sdx_view_int(b->in[SDX_GQ_IN_TOTAL], 0) : 0;
    size_t rows = past != NULL ? (size_t)past->dims[2] : 0;
    describe(b, p);
    if (slides)
        rows += a->q_len;
    else if ((size_t)total > rows)
        rows = (size_t)total;
    p->staged = slides || !sdx_str_is(sdx_node_str(b->node, SDX_GQ_K_QUANT), "NONE") ||
                !sdx_str_is(sdx_node_str(b->node, SDX_GQ_V_QUANT), "NONE");
    p->capacity = a->total = rows;
    if (slides && bias != NULL) p->bias_len = a->batches * (size_t)bias->dims[1] * a->q_len * rows;
    a->k_at =
        (sdx_heads){.batch = a->kv_heads * rows * a->head, .head = rows * a->head, .row = a->head};
    a->v_at = (sdx_heads){
        .batch = a->kv_heads * rows * a->v_head, .head = rows * a->v_head, .row = a->v_head};
    if (p->staged || key == NULL) p->k_len = a->batches * a->k_at.batch;
    if (p->staged || value == NULL) p->v_len = a->batches * a->v_at.batch;
    sdx_attention_plan(a, SDX_FLOAT32);
    b->how = sdx_attention_how(SDX_FLOAT32);
    const size_t tokens = a->batches * a->q_len;
    b->scratch = sdx_gq_padded(a->batches * sizeof(sdx_kv_batch)) +
                 sdx_gq_padded(a->batches * sizeof(int64_t)) * 2 +
                 sdx_gq_padded(tokens * sizeof(int64_t)) +
                 sdx_gq_padded(p->finished_q ? tokens * a->heads * a->head * sizeof(float) : 0) +
                 sdx_gq_padded(p->k_len * sizeof(float)) + sdx_gq_padded(p->v_len * sizeof(float)) +
                 sdx_gq_padded(p->bias_len * sizeof(float)) +
                 sdx_gq_padded(a->batches * a->kv_heads * a->pack_bytes) + b->lanes * a->lane_bytes;
    return NULL;
}

const sdx_op sdx_op_ms_group_query_attention = {
    .name = "GroupQueryAttention",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(sdx_gq_plan),
    .infer = infer,
    .bind = bind,
    .run = sdx_gq_run,
};
