/* A run of GroupQueryAttention: how long each batch is, rotation, cache, attention. */
#include <math.h>
#include <string.h>

#include "ops/attention/group_query.h"

static void *take(char **scratch, size_t bytes) {
    void *const at = *scratch;
    *scratch += sdx_gq_padded(bytes);
    return at;
}

/* What a run finds out, for its parts. */
typedef struct state {
    const sdx_call *c;
    const sdx_gq_plan *p;
    sdx_attention a;
    sdx_kv_batch *batch;
    int64_t *first, *valid, *positions;
    int64_t total;
    bool slides, first_prompt;
} state;

/* Rows of a sliding window after so many tokens: com.microsoft GroupQueryAttention, "Windowed KV
 * Cache": evicting makes room for capacity - window + 1 tokens at once. */
static int64_t resident(const state *s, int64_t tokens, int64_t capacity) {
    const int64_t room = capacity - sdx_node_int(s->c->node, SDX_GQ_WINDOW) + 1;
    if (!s->slides || tokens <= capacity) return tokens;
    return tokens - room * ((tokens - capacity + room - 1) / room);
}

static sdx_status read_batch(state *s, size_t b, int64_t rows) {
    const sdx_view *const lengths = s->c->in[SDX_GQ_IN_LENGTHS], *const fresh = sdx_call_in(
                                                                     s->c, SDX_GQ_IN_FRESH);
    const int64_t steps = (int64_t)s->a.q_len;
    const int64_t tokens = sdx_view_int(lengths, b) + 1;
    const int64_t most = tokens < steps ? tokens : steps;
    sdx_kv_batch *const batch = &s->batch[b];
    if (tokens < 1 || tokens > s->total)
        return sdx_fail_index(s->c, SDX_GQ_IN_LENGTHS, b, tokens - 1, 0, s->total - 1);
    batch->fresh = fresh != NULL ? sdx_view_int(fresh, b) : most;
    if (batch->fresh < 0 || batch->fresh > most)
        return sdx_fail_index(s->c, SDX_GQ_IN_FRESH, b, batch->fresh, 0, most);
    batch->added = s->p->kv_steps == 0 ? 0 : batch->fresh;
    batch->held = resident(s, tokens - batch->added, rows);
    if (batch->held > rows)
        return sdx_fail(SDX_OUT_OF_RANGE,
                        "input 'seqlens_k'[%zu] is %lld, which needs %lld rows of 'past_key', "
                        "found %lld",
                        b, (long long)(tokens - 1), (long long)batch->held, (long long)rows);
    batch->kept = s->slides ? resident(s, tokens, rows) : tokens;
    s->valid[b] = batch->held + batch->added;
    batch->first = s->first[b] = s->valid[b] - batch->fresh;
    return NULL;
}

static sdx_status read_batches(state *s) {
    const sdx_view *const past = sdx_call_in(s->c, SDX_GQ_IN_PAST_KEY);
    const int64_t rows = past != NULL ? past->dims[2] : 0;
    if (s->slides && rows < sdx_node_int(s->c->node, SDX_GQ_WINDOW))
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input 'past_key' has %lld rows, expected at least the window of %lld",
                        (long long)rows, (long long)sdx_node_int(s->c->node, SDX_GQ_WINDOW));
    for (size_t b = 0; b < s->a.batches; b++) {
        SDX_TRY(read_batch(s, b, rows));
    }
    return NULL;
}

/* Positions by which tokens are turned. Where all is new only the first of those given counts. */
static sdx_status read_positions(state *s) {
    const sdx_view *const ids = sdx_call_in(s->c, SDX_GQ_IN_POSITIONS), *const cos =
                                                                            s->c->in[SDX_GQ_IN_COS];
    const sdx_view *const sin = s->c->in[SDX_GQ_IN_SIN];
    const int64_t rows = cos->dims[0] < sin->dims[0] ? cos->dims[0] : sin->dims[0];
    const size_t steps = s->a.q_len, tokens = s->a.batches * steps;
    if (ids != NULL && ids->len < (s->first_prompt ? 1 : tokens))
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'position_ids' has %zu elements, expected %zu",
                        ids->len, s->first_prompt ? 1 : tokens);
    for (size_t i = 0; i < tokens; i++) {
        const int64_t step = (int64_t)(i % steps);
        const int64_t length = sdx_view_int(s->c->in[SDX_GQ_IN_LENGTHS], i / steps) + 1;
        int64_t at = length - s->batch[i / steps].fresh + step;
        if (ids != NULL) at = s->first_prompt ? sdx_view_int(ids, 0) + step : sdx_view_int(ids, i);
        const bool fits = at >= 0 && at < rows;
        if (!fits && step < s->batch[i / steps].fresh)
            return sdx_fail(SDX_OUT_OF_RANGE,
                            "token %zu has position %lld, outside of the %lld "
                            "rows of 'cos_cache'",
                            i, (long long)at, (long long)rows);
        s->positions[i] = fits ? at : 0;
    }
    return NULL;
}

static const float *floats(const sdx_call *c, size_t i) {
    const sdx_view *const in = sdx_call_in(c, i);
    return in != NULL ? in->data : NULL;
}

static sdx_kv_heads finish_of(const state *s, size_t norm, size_t epsilon) {
    const sdx_call *const c = s->c;
    const bool own = sdx_node_has(c->node, epsilon);
    sdx_kv_heads h = {.kernels = c->kernels,
                      .size = s->a.head,
                      .norm = floats(c, norm),
                      .epsilon = sdx_node_float(c->node, own ? epsilon : SDX_GQ_EPSILON),
                      .positions = s->positions,
                      .interleaved = sdx_node_int(c->node, SDX_GQ_INTERLEAVED) != 0};
    if (sdx_node_int(c->node, SDX_GQ_DO_ROTARY) != 0) {
        h.cos = floats(c, SDX_GQ_IN_COS);
        h.sin = floats(c, SDX_GQ_IN_SIN);
        h.half = (size_t)c->in[SDX_GQ_IN_COS]->dims[1];
    }
    return h;
}

typedef struct query_job {
    const sdx_kv_heads *finish;
    const float *from;
    float *to;
    size_t from_row, heads;
} query_job;

/* Item: a token. */
static void query_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const query_job *const j = arg;
    const size_t row = j->heads * j->finish->size;
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        memcpy(j->to + i * row, j->from + i * j->from_row, row * sizeof(float));
        sdx_kv_finish_heads(j->finish, j->to + i * row, j->heads, i);
    }
}

/* Keys (side 0) or values (1). */
static sdx_kv_cache cache_of(const state *s, size_t side, const sdx_kv_heads *finish) {
    const sdx_call *const c = s->c;
    const sdx_attention *const a = &s->a;
    const sdx_gq_plan *const p = s->p;
    sdx_kv_cache cache = {.batches = a->batches,
                          .heads = a->kv_heads,
                          .size = side == 0 ? a->head : a->v_head,
                          .steps = a->q_len,
                          .finish = finish,
                          .past = sdx_call_in(c, SDX_GQ_IN_PAST_KEY + side),
                          .present = sdx_call_out(c, SDX_GQ_OUT_PRESENT_KEY + side),
                          .capacity = p->capacity,
                          .batch = s->batch};
    if (!sdx_str_is(sdx_node_str(c->node, side == 0 ? SDX_GQ_K_QUANT : SDX_GQ_V_QUANT), "NONE"))
        cache.scale = sdx_call_in(c, SDX_GQ_IN_K_SCALE + side);
    const size_t row = p->packed ? p->hidden : cache.heads * cache.size;
    cache.from = (sdx_heads){.batch = p->kv_steps * row, .head = cache.size, .row = row};
    cache.fresh = p->packed ? (const float *)c->in[SDX_GQ_IN_Q]->data +
                                  (a->heads + side * a->kv_heads) * a->head
                            : floats(c, SDX_GQ_IN_K + side);
    return cache;
}

/* A bias by absolute position, brought into the order of what a sliding window holds. */
static void stage_bias(const state *s, const sdx_view *bias, float *to) {
    const size_t steps = s->a.q_len, heads = (size_t)bias->dims[1], len = (size_t)bias->dims[3];
    for (size_t r = 0; r < s->a.batches * heads * steps; r++, to += s->p->capacity) {
        const size_t b = r / (heads * steps), from = bias->dims[0] == 1 ? r % (heads * steps) : r;
        const size_t used = (size_t)s->valid[b];
        const size_t tokens = (size_t)sdx_view_int(s->c->in[SDX_GQ_IN_LENGTHS], b) + 1;
        memcpy(to, (const float *)bias->data + from * len + tokens - used, used * sizeof *to);
    }
}

static void set_bias(state *s, float *staged) {
    const sdx_view *const bias = sdx_call_in(s->c, SDX_GQ_IN_BIAS);
    if (bias == NULL) return;
    const size_t len = staged != NULL ? s->p->capacity : (size_t)bias->dims[3];
    const size_t head = s->a.q_len * len;
    s->a.bias = (sdx_attention_mask){
        .data = staged != NULL ? staged : bias->data,
        .at = {.batch = bias->dims[0] == 1 && staged == NULL ? 0 : (size_t)bias->dims[1] * head,
               .head = bias->dims[1] == 1 ? 0 : head,
               .row = len}};
    if (staged != NULL) stage_bias(s, bias, staged);
}

static void set_options(state *s) {
    const sdx_node *const node = s->c->node;
    const sdx_view *const qk = sdx_call_out(s->c, SDX_GQ_OUT_QK);
    const double scale = (double)sdx_node_float(node, SDX_GQ_SCALE);
    sdx_attention *const a = &s->a;
    a->scale = scale != 0 ? scale : a->head > 0 ? 1 / sqrt((double)a->head) : 1;
    a->softcap = (double)sdx_node_float(node, SDX_GQ_SOFTCAP);
    a->causal = sdx_node_int(node, SDX_GQ_CAUSAL) != 0;
    a->left = sdx_node_int(node, SDX_GQ_WINDOW) > 0 ? sdx_node_int(node, SDX_GQ_WINDOW) - 1 : -1;
    a->right = -1;
    a->mask.len = a->total;
    a->sinks = floats(s->c, SDX_GQ_IN_SINK);
    a->sunk = a->sinks != NULL || sdx_node_int(node, SDX_GQ_SMOOTH) > 0;
    a->qk = qk != NULL && qk->len > 0 ? qk->data : NULL;
    a->stage = sdx_node_int(node, SDX_GQ_QK_OUTPUT) == 1 ? SDX_QK_MASKED : SDX_QK_SOFTMAX;
    a->first = s->first;
    a->valid = s->valid;
}

/* Results of padding are zero where the model says what is padding. */
static void clear_padding(const state *s) {
    const sdx_attention *const a = &s->a;
    const size_t row = a->heads * a->v_head, steps = a->q_len;
    for (size_t b = 0; b < a->batches; b++) {
        const size_t fresh = (size_t)s->batch[b].fresh, rest = steps - fresh;
        float *const y = a->y;
        if (y != NULL) memset(y + (b * steps + fresh) * row, 0, rest * row * sizeof *y);
        for (size_t h = 0; a->qk != NULL && h < a->heads; h++) {
            float *const qk = (float *)a->qk + (b * a->heads + h) * steps * a->total;
            memset(qk + fresh * a->total, 0, rest * a->total * sizeof *qk);
        }
    }
}

static void attend(state *s, char *scratch) {
    const sdx_call *const c = s->c;
    const sdx_gq_plan *const p = s->p;
    sdx_attention *const a = &s->a;
    const sdx_kv_heads q_finish = finish_of(s, SDX_GQ_IN_Q_NORM, SDX_GQ_Q_EPSILON);
    const sdx_kv_heads k_finish = finish_of(s, SDX_GQ_IN_K_NORM, SDX_GQ_K_EPSILON);
    const size_t tokens = a->batches * a->q_len;
    sdx_kv_cache keys = cache_of(s, 0, p->finished_q ? &k_finish : NULL);
    sdx_kv_cache values = cache_of(s, 1, NULL);
    float *const q =
        take(&scratch, p->finished_q ? tokens * a->heads * a->head * sizeof(float) : 0);
    float *const k = take(&scratch, p->k_len * sizeof(float));
    float *const v = take(&scratch, p->v_len * sizeof(float));
    float *const bias = take(&scratch, p->bias_len * sizeof(float));
    keys.rows = p->k_len > 0 || keys.present == NULL ? k : keys.present->data;
    values.rows = p->v_len > 0 || values.present == NULL ? v : values.present->data;
    query_job queries = {.finish = &q_finish,
                         .from = c->in[SDX_GQ_IN_Q]->data,
                         .to = q,
                         .from_row = p->hidden,
                         .heads = a->heads};
    if (p->finished_q)
        sdx_call_for(c, tokens, sdx_grain(a->heads * a->head * 2), query_chunk, &queries);
    sdx_kv_gather(c, &keys);
    sdx_kv_gather(c, &values);
    a->q = p->finished_q ? q : queries.from;
    a->k = keys.rows;
    a->v = values.rows;
    set_bias(s, p->bias_len > 0 ? bias : NULL);
    a->packs = take(&scratch, a->batches * a->kv_heads * a->pack_bytes);
    a->lanes = scratch;
    if (a->y != NULL || a->qk != NULL) sdx_attention_run(c, a, SDX_FLOAT32);
    if (sdx_call_in(c, SDX_GQ_IN_FRESH) != NULL) clear_padding(s);
    if (p->staged && keys.present != NULL) sdx_kv_store(c, &keys);
    if (p->staged && values.present != NULL) sdx_kv_store(c, &values);
}

sdx_status sdx_gq_run(const sdx_call *c) {
    const sdx_gq_plan *const p = c->bound;
    char *scratch = c->scratch;
    state s = {.c = c, .p = p, .a = p->a, .total = sdx_view_int(c->in[SDX_GQ_IN_TOTAL], 0)};
    const sdx_view *const y = sdx_call_out(c, SDX_GQ_OUT_Y);
    s.slides = sdx_node_int(c->node, SDX_GQ_SLIDES) != 0;
    s.first_prompt = s.total == (int64_t)s.a.q_len && sdx_call_in(c, SDX_GQ_IN_FRESH) == NULL;
    if (!s.slides && s.total > (int64_t)p->capacity)
        return sdx_fail_index(c, SDX_GQ_IN_TOTAL, 0, s.total, 1, (int64_t)p->capacity);
    if (!s.slides) s.a.total = (size_t)s.total;
    s.batch = take(&scratch, s.a.batches * sizeof *s.batch);
    s.first = take(&scratch, s.a.batches * sizeof *s.first);
    s.valid = take(&scratch, s.a.batches * sizeof *s.valid);
    s.positions = take(&scratch, s.a.batches * s.a.q_len * sizeof *s.positions);
    SDX_TRY(read_batches(&s));
    if (sdx_node_int(c->node, SDX_GQ_DO_ROTARY) != 0) SDX_TRY(read_positions(&s));
    s.a.y = y != NULL && y->len > 0 ? y->data : NULL;
    set_options(&s);
    attend(&s, scratch);
    return NULL;
}
