/* See masked.h. Padding becomes a mask of numbers that are added: 0, or the filter value. Keys
 * after a query's own position are not seen at all, as onnxruntime has it. */
#include "ops/attention/masked.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "ops/attention/cache.h"
#include "ops/infer.h"

/* ---- shapes */

/* com.microsoft: Attention mask_index: [batch] ends, [2 batch] ends and starts, [3 batch + 2] ends
 * and more; [batch, keys]; [batch, queries, keys]; [batch, 1, longest, longest]. */
static sdx_status check_mask(const sdx_infer *in, size_t input, const sdx_masked_dims *g) {
    static const char expected[] = "[batch], [2 * batch], [3 * batch + 2], [batch, keys], "
                                   "[batch, queries, keys] or [batch, 1, longest, longest]";
    if (!sdx_infer_ranked(in, input)) return NULL;
    const sdx_fact *const mask = &in->in[input];
    const sdx_dim two[] = {g->batches, g->total}, three[] = {g->batches, g->steps, g->total};
    const sdx_dim four[] = {g->batches, 1, -1, -1};
    if (mask->rank == 2) return sdx_want_shape(in, input, 2, two, expected);
    if (mask->rank == 3) return sdx_want_shape(in, input, 3, three, expected);
    if (mask->rank == 4) {
        SDX_TRY(sdx_want_shape(in, input, 4, four, expected));
        for (int i = 2; i < 4; i++) {
            if (sdx_dim_is_number(mask->dims[i]) && sdx_dim_is_number(g->total) &&
                mask->dims[i] < g->total)
                return sdx_wrong_shape(in, input, "as many rows and columns as keys, or more");
        }
        return NULL;
    }
    if (mask->rank != 1) return sdx_wrong_shape(in, input, expected);
    const sdx_dim len = mask->dims[0], batches = g->batches;
    if (!sdx_dim_is_number(len) || !sdx_dim_is_number(batches)) return NULL;
    const bool fits = len == batches || len == sdx_dim_mul(NULL, batches, 2) ||
                      len == sdx_dim_add(NULL, sdx_dim_mul(NULL, batches, 3), 2);
    return fits ? NULL : sdx_wrong_shape(in, input, expected);
}

static sdx_status check_bias(const sdx_infer *in, size_t input, const sdx_masked_dims *g) {
    static const char expected[] = "[batch or 1, heads or 1, queries, keys]";
    const sdx_dim want[] = {-1, -1, g->steps, g->total}, full[] = {g->batches, g->heads};
    SDX_TRY(sdx_want_shape(in, input, 4, want, expected));
    for (int i = 0; i < 2 && sdx_infer_ranked(in, input); i++) {
        const sdx_dim dim = in->in[input].dims[i];
        if (dim != 1 && sdx_dims_differ(dim, full[i])) return sdx_wrong_shape(in, input, expected);
    }
    return NULL;
}

sdx_status sdx_masked_check(const sdx_infer *in, size_t mask, size_t bias,
                            const sdx_masked_dims *dims) {
    SDX_TRY(check_mask(in, mask, dims));
    return check_bias(in, bias, dims);
}

/* ---- binding */

static size_t padded(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

sdx_status sdx_masked_bind(sdx_masked *m, sdx_bind *b, const sdx_masked_parts *parts) {
    sdx_attention *const a = &m->a;
    const bool gather_key = parts->past || parts->present_key;
    const bool gather_value = parts->past || parts->present_value;
    const size_t rows = a->batches * a->heads * m->capacity;
    a->kernels = b->kernels;
    a->kv_heads = a->heads;
    a->total = m->capacity;
    if (gather_key && (!parts->present_key || parts->beams)) m->k_len = rows * a->head;
    if (gather_value && (!parts->present_value || parts->beams)) m->v_len = rows * a->v_head;
    if (parts->mask != NULL)
        m->mask_len = a->batches * (parts->mask->rank > 2 ? a->q_len : 1) * m->capacity;
    sdx_attention_plan(a, SDX_FLOAT32);
    b->how = sdx_attention_how(SDX_FLOAT32);
    size_t lanes;
    if (!sdx_mul_size(a->lane_bytes, b->lanes, &lanes) ||
        !sdx_add_size(b->scratch, lanes, &b->scratch) ||
        !sdx_add_size(b->scratch,
                      padded(m->k_len * sizeof(float)) + padded(m->v_len * sizeof(float)) +
                          padded(m->mask_len * sizeof(float)) +
                          padded(a->batches * sizeof(sdx_kv_batch)) +
                          padded(a->batches * a->heads * a->pack_bytes),
                      &b->scratch))
        return sdx_fail(SDX_LIMIT, "found scratch beyond the address space");
    return NULL;
}

/* ---- padding */

static void set_range(float *to, int64_t from, int64_t end, int64_t total, float x) {
    from = from > 0 ? from : 0;
    end = end < total ? end : total;
    for (int64_t i = from; i < end; i++) {
        to[i] = x;
    }
}

/* Keys from an end on, and before a start where there are starts, are padding. */
static void mask_ends(const sdx_masked *m, const sdx_masked_call *call, float *to) {
    const int32_t *const ends = call->mask->data;
    const size_t batches = m->a.batches, total = call->past + m->fresh;
    const bool starts = call->mask->len == 2 * batches;
    for (size_t b = 0; b < batches; b++, to += total) {
        memset(to, 0, total * sizeof *to);
        set_range(to, ends[b], (int64_t)total, (int64_t)total, call->filter);
        if (starts) set_range(to, 0, ends[batches + b], (int64_t)total, call->filter);
    }
}

/* 0 is padding: each row of the result is a row of the input. */
static void mask_rows(const sdx_masked *m, const sdx_masked_call *call, float *to) {
    const sdx_view *const mask = call->mask;
    const size_t total = call->past + m->fresh, steps = mask->rank > 2 ? m->a.q_len : 1;
    const size_t row = (size_t)mask->dims[mask->rank - 1];
    const size_t batch = mask->rank == 4 ? row * (size_t)mask->dims[2] : steps * row;
    const size_t skip = mask->rank == 4 ? call->past : 0;
    for (size_t r = 0; r < m->a.batches * steps; r++, to += total) {
        const int32_t *const from =
            (const int32_t *)mask->data + r / steps * batch + (r % steps + skip) * row;
        for (size_t j = 0; j < total; j++) {
            to[j] = from[j] > 0 ? 0 : call->filter;
        }
    }
}

static void set_masks(const sdx_masked *m, const sdx_masked_call *call, sdx_attention *a,
                      float *place) {
    const sdx_view *const bias = call->bias;
    a->mask.len = a->total;
    if (call->mask != NULL) {
        const size_t steps = call->mask->rank > 2 ? a->q_len : 1;
        a->mask = (sdx_attention_mask){
            .data = place,
            .len = a->total,
            .at = {.batch = steps * a->total, .row = steps > 1 ? a->total : 0}};
        if (call->mask->rank == 1)
            mask_ends(m, call, place);
        else
            mask_rows(m, call, place);
    }
    if (bias == NULL) return;
    const size_t head = a->q_len * a->total;
    a->bias =
        (sdx_attention_mask){.data = bias->data,
                             .at = {.batch = bias->dims[0] == 1 ? 0 : (size_t)bias->dims[1] * head,
                                    .head = bias->dims[1] == 1 ? 0 : head,
                                    .row = a->total}};
}

/* ---- running */

static void *take(char **scratch, size_t bytes) {
    void *const at = *scratch;
    *scratch += padded(bytes);
    return at;
}

/* Brings keys or values together; returns them, and in `at` where their rows are. */
static const float *gathered(const sdx_call *c, const sdx_masked *m, const sdx_kv_cache *given,
                             float *place, sdx_heads *at) {
    sdx_kv_cache cache = *given;
    *at = cache.from;
    if (cache.past == NULL && cache.present == NULL) return cache.fresh;
    cache.batches = m->a.batches;
    cache.heads = m->a.heads;
    cache.capacity = m->capacity;
    cache.rows = cache.present != NULL ? cache.present->data : place;
    cache.beams = NULL;
    if (cache.present != NULL || given->beams == NULL) sdx_kv_gather(c, &cache);
    if (given->beams != NULL) { /* the present state has each beam's own past */
        cache.rows = place;
        cache.beams = given->beams;
        sdx_kv_gather(c, &cache);
    }
    *at = (sdx_heads){.batch = cache.heads * cache.capacity * cache.size,
                      .head = cache.capacity * cache.size,
                      .row = cache.size};
    return cache.rows;
}

/* How many keys there are may be known only now. */
static sdx_status check_total(const sdx_masked *m, const sdx_masked_call *call) {
    const sdx_view *const mask = call->mask, *const bias = call->bias;
    const int64_t total = (int64_t)(call->past + m->fresh);
    const int64_t padding = mask != NULL && mask->rank > 1 ? mask->dims[mask->rank - 1] : total;
    const bool fits = mask != NULL && mask->rank == 4 ? padding >= total && mask->dims[2] >= total
                                                      : padding == total;
    if (fits && (bias == NULL || bias->dims[3] == total)) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH, "found %lld keys, expected %lld, those of the %s",
                    (long long)total, (long long)(fits ? bias->dims[3] : padding),
                    fits ? "bias" : "mask");
}

static sdx_status check_beams(const sdx_masked *m, const sdx_masked_call *call) {
    const sdx_view *const beams = call->beams;
    if (beams == NULL) return NULL;
    const int64_t width = beams->dims[1], len = beams->dims[2];
    if (beams->dims[0] * width != (int64_t)m->a.batches || len < (int64_t)call->past)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "found beams [%lld,%lld,%lld], expected %zu in all, with %zu rows or more",
                        (long long)beams->dims[0], (long long)width, (long long)len, m->a.batches,
                        call->past);
    for (size_t i = 0; i < beams->len; i++) {
        const int32_t beam = ((const int32_t *)beams->data)[i];
        if (i % (size_t)len < call->past && (beam < 0 || beam >= width))
            return sdx_fail(SDX_OUT_OF_RANGE,
                            "input 'cache_indirection'[%zu]: index %d outside [0, %lld]", i,
                            (int)beam, (long long)width - 1);
    }
    return NULL;
}

static sdx_kv_beams beams_of(const sdx_masked_call *call) {
    if (call->beams == NULL) return (sdx_kv_beams){.width = 1};
    return (sdx_kv_beams){.source = call->beams->data,
                          .len = (size_t)call->beams->dims[2],
                          .width = (size_t)call->beams->dims[1]};
}

sdx_status sdx_masked_run(const sdx_call *c, const sdx_masked *m, const sdx_masked_call *call,
                          void *place) {
    SDX_TRY(check_total(m, call));
    SDX_TRY(check_beams(m, call));
    sdx_attention a = m->a;
    const sdx_kv_beams beams = beams_of(call);
    char *scratch = place;
    sdx_kv_batch *const batch = take(&scratch, a.batches * sizeof *batch);
    float *const k = take(&scratch, m->k_len * sizeof(float));
    float *const v = take(&scratch, m->v_len * sizeof(float));
    float *const mask = take(&scratch, m->mask_len * sizeof(float));
    const sdx_kv_cache keys = {.size = a.head,
                               .fresh = call->k,
                               .from = call->k_from,
                               .past = call->past_key,
                               .present = call->present_key,
                               .beams = call->beams != NULL ? &beams : NULL,
                               .batch = batch};
    const sdx_kv_cache values = {.size = a.v_head,
                                 .fresh = call->v,
                                 .from = call->v_from,
                                 .past = call->past_value,
                                 .present = call->present_value,
                                 .beams = call->beams != NULL ? &beams : NULL,
                                 .batch = batch};
    for (size_t b = 0; b < a.batches; b++) {
        batch[b] = (sdx_kv_batch){
            .fresh = (int64_t)m->fresh, .added = (int64_t)m->fresh, .held = (int64_t)call->past};
    }
    a.total = call->past + m->fresh;
    a.past = (int64_t)call->past;
    a.q = call->q;
    a.k = gathered(c, m, &keys, k, &a.k_at);
    a.v = gathered(c, m, &values, v, &a.v_at);
    a.y = call->y;
    a.qk = call->qk;
    a.stage = SDX_QK_MASKED;
    a.hidden = -(double)FLT_MAX;
    a.causal = call->causal;
    a.left = a.right = -1;
    a.scale = call->scale != 0 ? call->scale : a.head > 0 ? 1 / sqrt((double)a.head) : 1;
    set_masks(m, call, &a, mask);
    a.packs = take(&scratch, a.batches * a.heads * a.pack_bytes);
    a.lanes = scratch;
    if (a.y != NULL || a.qk != NULL) sdx_attention_run(c, &a, SDX_FLOAT32);
    return NULL;
}
