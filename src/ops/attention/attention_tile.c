/* See attention.h. Keys are packed once for all tiles (float32); masked scores are set to -inf, not
 * added to, so that keys that lie in padding do not matter. */
#include "ops/attention/attention.h"

#include <math.h>
#include <string.h>

#include "kernels/kernels.h"

enum { MAX_TILE = 64, MIN_TILE = 8, TILE_SCORES = 128 * 1024 };

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static int64_t clamp(int64_t x, int64_t low, int64_t high) {
    return x < low ? low : x > high ? high : x;
}

/* Keys [from, to). */
typedef struct range {
    size_t from, to;
} range;

/* ONNX: Attention-25: the keys that query `row` of a batch may see, apart from the mask. */
static range visible(const sdx_attention *a, size_t batch, size_t row) {
    const int64_t total = (int64_t)a->total;
    const int64_t offset = a->first != NULL   ? a->first[batch]
                           : a->valid != NULL ? a->valid[batch] - (int64_t)a->q_len
                                              : a->past;
    const int64_t position = offset + (int64_t)row;
    int64_t from = 0, to = a->valid != NULL ? a->valid[batch] : total;
    if (to > (int64_t)a->mask.len) to = (int64_t)a->mask.len;
    if (a->causal && to > position + 1) to = position + 1;
    if (a->right >= 0 && to > position + a->right + 1) to = position + a->right + 1;
    if (a->left >= 0) from = clamp(position - a->left, 0, total);
    to = clamp(to, from, total);
    return (range){.from = (size_t)from, .to = (size_t)to};
}

/* Rows [row, row + n) of one head of one batch. */
typedef struct tile {
    size_t batch, head, kv_head, row, n;
    range keys; /* that any of the rows sees; all of them where the scores are an output */
} tile;

static tile tile_at(const sdx_attention *a, size_t index) {
    const size_t tiles = (a->q_len + a->tile - 1) / a->tile;
    tile t = {.row = index % tiles * a->tile, .head = index / tiles % a->heads};
    t.batch = index / tiles / a->heads;
    t.kv_head = t.head / (a->heads / a->kv_heads);
    t.n = least(a->tile, a->q_len - t.row);
    t.keys = (range){.from = 0, .to = a->total};
    if (a->qk == NULL) { /* both ends grow from row to row */
        t.keys.from = visible(a, t.batch, t.row).from;
        t.keys.to = visible(a, t.batch, t.row + t.n - 1).to;
    }
    return t;
}

/* ---- float32 */

static void plan_f32(sdx_attention *a) {
    const sdx_gemm_info *const info = a->kernels->gemm_f32_info();
    const sdx_gemm_f32 scores = {.m = a->tile, .n = a->total, .k = a->head, .b_packed = true};
    const sdx_gemm_f32 values = {.m = a->tile, .n = a->v_head, .k = a->total};
    const size_t one = sdx_gemm_f32_scratch(info, &scores);
    const size_t other = sdx_gemm_f32_scratch(info, &values);
    a->pack_bytes = sdx_gemm_packed_b_len(info, a->total, a->head) * sizeof(float);
    a->lane_bytes = a->tile * a->total * sizeof(float) + (one > other ? one : other);
}

static void pack_f32(const sdx_attention *a, size_t batch, size_t kv_head) {
    const sdx_kernel_table *const k = a->kernels;
    const size_t nr = k->gemm_f32_info()->nr;
    const sdx_matrix_f32 keys = {.src = (const float *)a->k +
                                        sdx_heads_at(&a->k_at, batch, kv_head, 0),
                                 .rows = a->head,
                                 .cols = a->total,
                                 .row = 1,
                                 .col = a->k_at.row};
    char *const pack = (char *)a->packs + (batch * a->kv_heads + kv_head) * a->pack_bytes;
    k->gemm_f32_pack_b((float *)(void *)pack, &keys, 0, (a->total + nr - 1) / nr);
}

static void scores_f32(const sdx_attention *a, tile *t, float *s) {
    const sdx_kernel_table *const k = a->kernels;
    const size_t nr = k->gemm_f32_info()->nr;
    const char *const pack =
        (const char *)a->packs + (t->batch * a->kv_heads + t->kv_head) * a->pack_bytes;
    t->keys.from = t->keys.from / nr * nr;
    const sdx_gemm_f32 g = {.m = t->n,
                            .n = a->total,
                            .k = a->head,
                            .m1 = t->n,
                            .n0 = t->keys.from,
                            .n1 = t->keys.to,
                            .a = (const float *)a->q +
                                 sdx_heads_at(&a->q_at, t->batch, t->head, t->row),
                            .a_row = a->q_at.row,
                            .a_col = 1,
                            .b = (const float *)(const void *)pack,
                            .b_packed = true,
                            .c = s,
                            .c_row = a->total,
                            .alpha = (float)a->scale,
                            .scratch = s + a->tile * a->total};
    k->gemm_f32(&g);
}

static void values_f32(const sdx_attention *a, const tile *t, float *s) {
    const sdx_gemm_f32 g = {.m = t->n,
                            .n = a->v_head,
                            .k = t->keys.to - t->keys.from,
                            .m1 = t->n,
                            .n1 = a->v_head,
                            .a = s + t->keys.from,
                            .a_row = a->total,
                            .a_col = 1,
                            .b = (const float *)a->v +
                                 sdx_heads_at(&a->v_at, t->batch, t->kv_head, t->keys.from),
                            .b_row = a->v_at.row,
                            .c = (float *)a->y + sdx_heads_at(&a->y_at, t->batch, t->head, t->row),
                            .c_row = a->y_at.row,
                            .alpha = 1,
                            .scratch = s + a->tile * a->total};
    a->kernels->gemm_f32(&g);
}

static void cap_f32(const sdx_kernel_table *k, float *s, size_t n, double cap) {
    const float c = (float)cap;
    k->div_f32(s, s, &c, n, SDX_FORM_VS);
    k->tanh_f32(s, s, n, 0, 0);
    k->mul_f32(s, s, &c, n, SDX_FORM_VS);
}

static bool softmax_f32(const sdx_kernel_table *k, float *s, size_t n) {
    if (k->max_row_f32(s, n, 0) == -INFINITY) return false;
    k->softmax_f32(s, s, n);
    return true;
}

#define T float
#define NAME(x) x##_f32
#include "ops/attention/attention_tmpl.h"

/* ---- float64 */

static void plan_f64(sdx_attention *a) {
    a->pack_bytes = 0;
    a->lane_bytes = a->tile * a->total * sizeof(double);
}

static void scores_f64(const sdx_attention *a, tile *t, double *s) {
    const sdx_gemm_plain g = {.m1 = t->n,
                              .n = t->keys.to - t->keys.from,
                              .k = a->head,
                              .a_row = a->q_at.row,
                              .a_col = 1,
                              .b_row = 1,
                              .b_col = a->k_at.row,
                              .c_row = a->total};
    const double *const q = a->q, *const k = a->k;
    a->kernels->gemm_f64(s + t->keys.from, q + sdx_heads_at(&a->q_at, t->batch, t->head, t->row),
                         k + sdx_heads_at(&a->k_at, t->batch, t->kv_head, t->keys.from), &g);
    for (size_t r = 0; r < t->n; r++) {
        for (size_t j = t->keys.from; j < t->keys.to; j++) {
            s[r * a->total + j] *= a->scale;
        }
    }
}

static void values_f64(const sdx_attention *a, const tile *t, double *s) {
    const sdx_gemm_plain g = {.m1 = t->n,
                              .n = a->v_head,
                              .k = t->keys.to - t->keys.from,
                              .a_row = a->total,
                              .a_col = 1,
                              .b_row = a->v_at.row,
                              .b_col = 1,
                              .c_row = a->y_at.row};
    const double *const v = a->v;
    a->kernels->gemm_f64((double *)a->y + sdx_heads_at(&a->y_at, t->batch, t->head, t->row),
                         s + t->keys.from,
                         v + sdx_heads_at(&a->v_at, t->batch, t->kv_head, t->keys.from), &g);
}

static void cap_f64(const sdx_kernel_table *k, double *s, size_t n, double cap) {
    (void)k;
    for (size_t i = 0; i < n; i++) {
        s[i] = cap * tanh(s[i] / cap);
    }
}

static bool softmax_f64(const sdx_kernel_table *k, double *s, size_t n) {
    (void)k;
    double max = -(double)INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++) {
        max = s[i] > max || isnan(s[i]) ? s[i] : max;
    }
    if (max == -(double)INFINITY) return false;
    for (size_t i = 0; i < n; i++) {
        s[i] = exp(s[i] - max);
        sum += s[i];
    }
    for (size_t i = 0; i < n; i++) {
        s[i] /= sum;
    }
    return true;
}

#define T double
#define NAME(x) x##_f64
#include "ops/attention/attention_tmpl.h"

/* ---- both */

void sdx_attention_plan(sdx_attention *a, sdx_dtype dtype) {
    a->tile = TILE_SCORES / (a->total + 1);
    a->tile = a->tile < MIN_TILE ? MIN_TILE : least(a->tile, MAX_TILE);
    a->tile = least(a->tile, a->q_len);
    if (dtype == SDX_FLOAT32)
        plan_f32(a);
    else
        plan_f64(a);
    a->lane_bytes += sizeof(double); /* the score of a sink behind the last row */
    a->lane_bytes = (a->lane_bytes + 63) & ~(size_t)63;
}

const char *sdx_attention_how(sdx_dtype dtype) {
    return dtype == SDX_FLOAT32
               ? "tiles of queries: scores stay in cache, keys are packed once for all tiles"
               : "tiles of queries: scores stay in cache, keys as they lie: float64";
}

static void pack_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const sdx_attention *const a = arg;
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        pack_f32(a, i / a->kv_heads, i % a->kv_heads);
    }
}

void sdx_attention_run(const sdx_call *c, const sdx_attention *a, sdx_dtype dtype) {
    sdx_attention job = *a;
    const size_t tiles = (a->q_len + a->tile - 1) / a->tile;
    const size_t work = a->tile * a->total * (a->head + a->v_head) / 8 + 1;
    if (dtype == SDX_FLOAT32)
        sdx_call_tiles(c, a->batches * a->kv_heads, sdx_grain(a->total * a->head), pack_chunk,
                       &job);
    sdx_call_tiles(c, a->batches * a->heads * tiles, sdx_grain(work),
                   dtype == SDX_FLOAT32 ? chunk_f32 : chunk_f64, &job);
}
