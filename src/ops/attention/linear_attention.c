/* LinearAttention: each head of keys and values has a matrix of state; a token changes it, then the
 * queries read it. Heads are independent, tokens follow each other. */
#include <math.h>
#include <string.h>

#include "kernels/kernels.h"
#include "ops/call.h"
#include "ops/infer.h"

enum { IN_QUERY, IN_KEY, IN_VALUE, IN_PAST, IN_DECAY, IN_BETA };
enum { OUT_Y, OUT_PRESENT };
enum { CHUNK_SIZE, KV_HEADS, Q_HEADS, SCALE, UPDATE_RULE };

#define TYPES (SDX_T(FLOAT32) | SDX_T_HALVES)

static const sdx_port inputs[] = {
    {.name = "query", .var = "T", .types = TYPES},
    {.name = "key", .var = "T", .types = TYPES},
    {.name = "value", .var = "T", .types = TYPES},
    {.name = "past_state", .var = "S", .types = TYPES, .flags = SDX_PORT_OPTIONAL},
    {.name = "decay", .var = "T", .types = TYPES, .flags = SDX_PORT_OPTIONAL},
    {.name = "beta", .var = "T", .types = TYPES, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {
    {.name = "output", .var = "T", .types = TYPES},
    {.name = "present_state", .var = "S", .types = TYPES},
};
static const sdx_attr_def attrs[] = {
    [CHUNK_SIZE] = SDX_ATTR_I("chunk_size", 64), /* advice that is not needed here */
    [KV_HEADS] = SDX_ATTR_REQ("kv_num_heads", SDX_ATTR_INT),
    [Q_HEADS] = SDX_ATTR_REQ("q_num_heads", SDX_ATTR_INT),
    [SCALE] = SDX_ATTR_F("scale", 0),
    [UPDATE_RULE] = SDX_ATTR_S("update_rule", "gated_delta"),
};

/* ONNX: LinearAttention-27 update_rule. */
typedef struct rule {
    const char *name;
    bool gated; /* the state decays */
    bool delta; /* what the state says already is taken off the value */
} rule;

static const rule rules[] = {{"linear", false, false},
                             {"gated", true, false},
                             {"delta", false, true},
                             {"gated_delta", true, true}};

static const rule *rule_of(const sdx_node *node) {
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (sdx_str_is(sdx_node_str(node, UPDATE_RULE), rules[i].name)) return &rules[i];
    }
    return NULL;
}

/* ---- shapes */

static sdx_status check_attrs(const sdx_infer *in) {
    const rule *const r = rule_of(in->node);
    const sdx_str name = sdx_node_str(in->node, UPDATE_RULE);
    const int64_t q = sdx_node_int(in->node, Q_HEADS), kv = sdx_node_int(in->node, KV_HEADS);
    if (r == NULL)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'update_rule' is '%.*s', expected 'linear', 'gated', 'delta' or "
                        "'gated_delta'",
                        SDX_FMT(name));
    if (q < 1 || kv < 1 || q % kv != 0)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attributes 'q_num_heads' and 'kv_num_heads' are %lld and %lld, expected a "
                        "multiple of the second one",
                        (long long)q, (long long)kv);
    if (r->gated != sdx_infer_has(in, IN_DECAY))
        return sdx_fail(SDX_INVALID_MODEL, "input 'decay' is %s, expected the opposite for '%s'",
                        r->gated ? "absent" : "given", r->name);
    if (r->delta != sdx_infer_has(in, IN_BETA))
        return sdx_fail(SDX_INVALID_MODEL, "input 'beta' is %s, expected the opposite for '%s'",
                        r->delta ? "absent" : "given", r->name);
    return NULL;
}

/* [batch, len, a multiple of `heads`] */
static sdx_status want_tokens(const sdx_infer *in, size_t input, int64_t heads) {
    SDX_TRY(sdx_infer_want_rank(in, input, 3));
    if (!sdx_infer_ranked(in, input)) return NULL;
    const sdx_dim *const q = in->in[IN_QUERY].dims, *const dims = in->in[input].dims;
    if (sdx_dims_differ(dims[0], q[0]) || sdx_dims_differ(dims[1], q[1]))
        return sdx_wrong_shape(in, input, "batch and length of 'query'");
    if (sdx_dim_is_number(dims[2]) && dims[2] % heads != 0)
        return sdx_wrong_shape(in, input, "a last dimension that the number of heads divides");
    return NULL;
}

static sdx_status check_gates(const sdx_infer *in, sdx_dim d_k) {
    const int64_t heads = sdx_node_int(in->node, KV_HEADS);
    if (sdx_infer_ranked(in, IN_DECAY)) {
        SDX_TRY(want_tokens(in, IN_DECAY, heads));
        const sdx_dim len = in->in[IN_DECAY].dims[2];
        if (sdx_dims_differ(len, heads) && sdx_dims_differ(len, sdx_dim_mul(in->dims, d_k, heads)))
            return sdx_wrong_shape(in, IN_DECAY,
                                   "one number for each head, or as many as 'key' has");
    }
    if (sdx_infer_ranked(in, IN_BETA)) {
        SDX_TRY(want_tokens(in, IN_BETA, 1));
        if (sdx_dims_differ(in->in[IN_BETA].dims[2], heads) &&
            sdx_dims_differ(in->in[IN_BETA].dims[2], 1))
            return sdx_wrong_shape(in, IN_BETA, "one number for each head or for all");
    }
    return NULL;
}

static sdx_status infer(sdx_infer *in) {
    const int64_t heads = sdx_node_int(in->node, KV_HEADS),
                  q_heads = sdx_node_int(in->node, Q_HEADS);
    SDX_TRY(check_attrs(in));
    if (!sdx_infer_has(in, IN_PAST))
        sdx_infer_set_dtype(in, OUT_PRESENT, sdx_infer_dtype(in, IN_QUERY));
    if (!sdx_infer_ranked(in, IN_QUERY) || !sdx_infer_ranked(in, IN_KEY) ||
        !sdx_infer_ranked(in, IN_VALUE))
        return NULL;
    SDX_TRY(want_tokens(in, IN_QUERY, q_heads));
    SDX_TRY(want_tokens(in, IN_KEY, heads));
    SDX_TRY(want_tokens(in, IN_VALUE, heads));
    const sdx_dim *const q = in->in[IN_QUERY].dims;
    const sdx_dim d_k = sdx_dim_div(in->dims, in->in[IN_KEY].dims[2], heads);
    const sdx_dim d_v = sdx_dim_div(in->dims, in->in[IN_VALUE].dims[2], heads);
    if (sdx_dims_differ(d_k, sdx_dim_div(in->dims, q[2], q_heads)))
        return sdx_wrong_shape(in, IN_KEY, "heads of the size of those of 'query'");
    SDX_TRY(check_gates(in, d_k));
    const sdx_dim y[] = {q[0], q[1], sdx_dim_mul(in->dims, d_v, q_heads)};
    const sdx_dim state[] = {q[0], heads, d_k, d_v};
    SDX_TRY(sdx_infer_want_rank(in, IN_PAST, 4));
    for (size_t i = 0; sdx_infer_ranked(in, IN_PAST) && i < 4; i++) {
        if (sdx_dims_differ(in->in[IN_PAST].dims[i], state[i]))
            return sdx_wrong_shape(in, IN_PAST,
                                   "[batch, key heads, size of a key, size of a value]");
    }
    SDX_TRY(sdx_infer_set_shape(in, OUT_Y, 3, y));
    return sdx_infer_set_shape(in, OUT_PRESENT, 4, state);
}

/* ---- running */

typedef struct job {
    const float *q, *k, *v, *past, *decay, *beta; /* the last three may be NULL */
    float *y, *state, *fresh;                     /* fresh: what a token adds, d_v for each lane */
    size_t len, heads, group, d_k, d_v;           /* group: heads of queries that share a state */
    size_t decays, betas;                         /* numbers of each token */
    float scale;
} job;

/* y = scale * x^T S */
static void read_state(float *y, const float *x, const float *state, const job *j, float scale) {
    memset(y, 0, j->d_v * sizeof *y);
    for (size_t d = 0; d < j->d_k; d++) {
        const float factor = scale * x[d], *const row = state + d * j->d_v;
        for (size_t m = 0; m < j->d_v; m++) {
            y[m] += factor * row[m];
        }
    }
}

static void decay_state(float *state, const float *decay, const job *j, size_t head) {
    const bool per_head = j->decays == j->heads;
    const float *const at = per_head ? decay + head : decay + head * j->d_k;
    for (size_t d = 0; d < j->d_k; d++) {
        const float factor = expf(at[per_head ? 0 : d]);
        sdx_exact_kernels()->mul_f32(state + d * j->d_v, state + d * j->d_v, &factor, j->d_v,
                                     SDX_FORM_VS);
    }
}

/* One token of one head: `token` counts batches and positions. */
static void step(const job *j, size_t token, size_t head, float *state, float *fresh) {
    const float *const k = j->k + (token * j->heads + head) * j->d_k;
    const float *const v = j->v + (token * j->heads + head) * j->d_v;
    if (j->decay != NULL) decay_state(state, j->decay + token * j->decays, j, head);
    memcpy(fresh, v, j->d_v * sizeof *v);
    if (j->beta != NULL) {
        const float rate = j->beta[token * j->betas + (j->betas > 1 ? head : 0)];
        read_state(fresh, k, state, j, 1);
        for (size_t m = 0; m < j->d_v; m++) {
            fresh[m] = rate * (v[m] - fresh[m]);
        }
    }
    for (size_t d = 0; d < j->d_k; d++) {
        float *const row = state + d * j->d_v;
        for (size_t m = 0; m < j->d_v; m++) {
            row[m] += k[d] * fresh[m];
        }
    }
    for (size_t g = 0; g < j->group; g++) {
        const size_t row = token * j->heads * j->group + head * j->group + g;
        read_state(j->y + row * j->d_v, j->q + row * j->d_k, state, j, j->scale);
    }
}

/* Item: a head of a batch. */
static void chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const size_t size = j->d_k * j->d_v;
    for (size_t item = begin; item < end; item++) {
        float *const state = j->state + item * size;
        if (j->past != NULL && size != 0)
            memcpy(state, j->past + item * size, size * sizeof *state);
        else if (size != 0)
            memset(state, 0, size * sizeof *state);
        for (size_t t = 0; t < j->len; t++) {
            step(j, item / j->heads * j->len + t, item % j->heads, state, j->fresh + lane * j->d_v);
        }
    }
}

static const float *read(const sdx_call *c, size_t input, size_t *last) {
    const sdx_view *const in = sdx_call_in(c, input);
    if (in != NULL) *last = (size_t)in->dims[in->rank - 1];
    return in != NULL ? in->data : NULL;
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const y = sdx_call_out(c, OUT_Y), *const present = sdx_call_out(c, OUT_PRESENT);
    const sdx_view *const key = c->in[IN_KEY], *const value = c->in[IN_VALUE];
    const size_t heads = (size_t)sdx_node_int(c->node, KV_HEADS);
    const size_t q_heads = (size_t)sdx_node_int(c->node, Q_HEADS), batches = (size_t)key->dims[0];
    size_t unused;
    job j = {.q = c->in[IN_QUERY]->data,
             .k = key->data,
             .v = value->data,
             .past = read(c, IN_PAST, &unused),
             .len = (size_t)key->dims[1],
             .heads = heads,
             .group = q_heads / heads,
             .d_k = (size_t)key->dims[2] / heads,
             .d_v = (size_t)value->dims[2] / heads,
             .scale = sdx_node_float(c->node, SCALE)};
    void *fresh, *state = present != NULL ? present->data : NULL,
                 *rows = y != NULL ? y->data : NULL;
    j.decay = read(c, IN_DECAY, &j.decays);
    j.beta = read(c, IN_BETA, &j.betas);
    if (j.scale == 0) j.scale = j.d_k > 0 ? 1 / sqrtf((float)j.d_k) : 1;
    if (batches * j.d_v == 0) return NULL;
    SDX_TRY(sdx_call_scratch(c, c->lanes * j.d_v * sizeof(float), &fresh));
    if (state == NULL)
        SDX_TRY(sdx_call_scratch(c, batches * heads * j.d_k * j.d_v * sizeof(float), &state));
    if (rows == NULL)
        SDX_TRY(sdx_call_scratch(c, batches * j.len * q_heads * j.d_v * sizeof(float), &rows));
    j.fresh = fresh;
    j.state = state;
    j.y = rows;
    sdx_call_for(c, batches * heads, sdx_grain(j.len * j.d_k * j.d_v * 3), chunk, &j);
    return NULL;
}

const sdx_op sdx_op_linear_attention = {
    .name = "LinearAttention",
    .domain = "",
    .since = 27,
    .newest = 27,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .infer = infer,
    .run = run,
};
