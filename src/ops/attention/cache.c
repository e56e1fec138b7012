/* See cache.h. A quantised cache holds int8, pairs of 4-bit numbers in a byte (each plus 8,
 * the first in the lower half), or 8-bit floats, which come here as float32: all times a scale. */
#include <math.h>
#include <string.h>

#include "ops/attention/cache.h"
#include "ops/attention/turn.h"

void sdx_kv_finish_heads(const sdx_kv_heads *h, float *heads, size_t n, size_t token) {
    const sdx_norm_f32 norm = {.scale = h->norm, .epsilon = h->epsilon};
    sdx_turn turn = {.half = h->half, .interleaved = h->interleaved};
    if (h->cos != NULL) {
        const size_t at = (size_t)h->positions[token] * h->half;
        turn.cos = h->cos + at;
        turn.sin = h->sin + at;
    }
    for (size_t i = 0; i < n; i++, heads += h->size) {
        if (h->norm != NULL) h->kernels->rms_norm_f32(heads, heads, h->size, &norm);
        if (h->cos != NULL) sdx_turn_head(heads, heads, h->size, &turn);
    }
}

/* ---- rows of a cache and float32 */

static size_t row_bytes(const sdx_view *cache) {
    return (size_t)cache->dims[3] * sdx_dtype_size(cache->dtype);
}

/* Scales of a head, and the step from one element's to the next. */
typedef struct scales {
    const float *at; /* NULL: 1 */
    size_t step;
} scales;

static scales scales_of(const sdx_kv_cache *c, size_t head) {
    if (c->scale == NULL) return (scales){.step = 0};
    const float *const data = c->scale->data;
    if (c->scale->len == 1) return (scales){.at = data};
    return (scales){.at = data + head * c->size, .step = 1};
}

static void decode(float *dst, const void *src, size_t n, sdx_dtype dtype, scales s) {
    const uint8_t *const bytes = src;
    if (dtype == SDX_FLOAT32) memcpy(dst, src, n * sizeof *dst);
    for (size_t i = 0; dtype == SDX_INT8 && i < n; i++) {
        dst[i] = ((const int8_t *)src)[i];
    }
    for (size_t i = 0; dtype == SDX_UINT8 && i < n; i++) {
        dst[i] = (float)((bytes[i / 2] >> (i % 2 * 4) & 15) - 8);
    }
    for (size_t i = 0; s.at != NULL && i < n; i++) {
        dst[i] *= s.at[i * s.step];
    }
}

/* x / scale rounded to even, in [low, high]; a NaN becomes low. */
static int quantise(float x, float scale, int low, int high) {
    const float q = nearbyintf(x / scale);
    return q > (float)low ? q < (float)high ? (int)q : high : low;
}

static void encode(void *dst, const float *src, size_t n, sdx_dtype dtype, scales s) {
    uint8_t *const bytes = dst;
    for (size_t i = 0; i < n; i++) {
        const float scale = s.at != NULL ? s.at[i * s.step] : 1;
        if (dtype == SDX_FLOAT32) {
            ((float *)dst)[i] = src[i] / scale;
        } else if (dtype == SDX_INT8) {
            ((int8_t *)dst)[i] = (int8_t)quantise(src[i], scale, INT8_MIN, INT8_MAX);
        } else {
            const int code = quantise(src[i], scale, -8, 7) + 8;
            bytes[i / 2] = (uint8_t)(i % 2 == 0 ? code : bytes[i / 2] | code << 4);
        }
    }
}

/* ---- gathering and storing; an item is a head of a batch */

/* x as a cache gives it back. */
static float as_held(float x, float scale, sdx_dtype dtype) {
    if (dtype == SDX_INT8) return (float)quantise(x, scale, INT8_MIN, INT8_MAX) * scale;
    if (dtype == SDX_UINT8) return (float)quantise(x, scale, -8, 7) * scale;
    const uint8_t code = sdx_f32_to_small(SDX_FLOAT8E4M3FN, x / scale, true, SDX_E8M0_NEAREST);
    return sdx_small_to_f32(SDX_FLOAT8E4M3FN, code) * scale;
}

/* Fresh tokens go through the form that the cache will hold them in. */
static void add_fresh(const sdx_kv_cache *c, size_t batch, size_t head, float *rows) {
    const sdx_dtype dtype = c->past != NULL ? c->past->dtype : SDX_FLOAT32;
    const size_t n = (size_t)c->batch[batch].added;
    const scales s = scales_of(c, head);
    for (size_t r = 0; r < n; r++) {
        float *const row = rows + r * c->size;
        memcpy(row, c->fresh + sdx_heads_at(&c->from, batch, head, r), c->size * sizeof *row);
        if (c->finish != NULL) sdx_kv_finish_heads(c->finish, row, 1, batch * c->steps + r);
        for (size_t i = 0; c->scale != NULL && i < c->size; i++) {
            row[i] = as_held(row[i], s.at[i * s.step], dtype);
        }
    }
}

/* The item whose past has row r of this one. */
static size_t past_item(const sdx_kv_cache *c, size_t item, size_t r) {
    const sdx_kv_beams *const beams = c->beams;
    const size_t batch = item / c->heads;
    if (beams == NULL) return item;
    const size_t beam = (size_t)beams->source[batch * beams->len + r];
    return (batch / beams->width * beams->width + beam) * c->heads + item % c->heads;
}

static void gather_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const sdx_kv_cache *const c = arg;
    (void)lane;
    for (size_t item = begin; item < end; item++) {
        const sdx_kv_batch *const b = &c->batch[item / c->heads];
        float *const rows = c->rows + item * c->capacity * c->size;
        const size_t held = (size_t)b->held, used = held + (size_t)b->added;
        const size_t stride = c->past != NULL ? row_bytes(c->past) : 0;
        const size_t past_rows = c->past != NULL ? (size_t)c->past->dims[2] : 0;
        for (size_t r = 0; r < held; r++) {
            const size_t at = past_item(c, item, r) * past_rows + r;
            decode(rows + r * c->size, (const char *)c->past->data + at * stride, c->size,
                   c->past->dtype, scales_of(c, item % c->heads));
        }
        add_fresh(c, item / c->heads, item % c->heads, rows + held * c->size);
        memset(rows + used * c->size, 0, (c->capacity - used) * c->size * sizeof *rows);
    }
}

void sdx_kv_gather(const sdx_call *c, const sdx_kv_cache *cache) {
    sdx_kv_cache job = *cache;
    if (cache->size == 0) return;
    sdx_call_for(c, cache->batches * cache->heads, sdx_grain(cache->capacity * cache->size),
                 gather_chunk, &job);
}

static void store_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const sdx_kv_cache *const c = arg;
    const size_t stride = row_bytes(c->present), rows = (size_t)c->present->dims[2];
    (void)lane;
    for (size_t item = begin; item < end; item++) {
        const sdx_kv_batch *const b = &c->batch[item / c->heads];
        const size_t kept = (size_t)b->kept, from = (size_t)(b->held + b->added) - kept;
        const float *const src = c->rows + (item * c->capacity + from) * c->size;
        char *const dst = (char *)c->present->data + item * rows * stride;
        for (size_t r = 0; r < kept; r++) {
            encode(dst + r * stride, src + r * c->size, c->size, c->present->dtype,
                   scales_of(c, item % c->heads));
        }
        memset(dst + kept * stride, 0, (rows - kept) * stride);
    }
}

void sdx_kv_store(const sdx_call *c, const sdx_kv_cache *cache) {
    sdx_kv_cache job = *cache;
    if (cache->size == 0) return;
    sdx_call_for(c, cache->batches * cache->heads, sdx_grain(cache->capacity * cache->size),
                 store_chunk, &job);
}
