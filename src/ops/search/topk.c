/* TopK: the k greatest (least) elements along an axis, in order. A row is read once, as keys by
 * tiles; a heap of k entries holds the best so far, the worst of them on top, so that nearly all
 * elements cost one comparison, and nearly all tiles of float32 no more than their maximum. */
#include <string.h>

#include "kernels/kernels.h"
#include "ops/call.h"
#include "ops/infer.h"
#include "ops/search/keys.h"
#include "ops/upgrade.h"

enum { AXIS, LARGEST, SORTED };
enum { IN_X, IN_K };
enum { OUT_VALUES, OUT_INDICES };
enum { TILE = 256 }; /* keys at a time */

static const sdx_port inputs[] = {
    {.name = "X", .var = "T", .types = SDX_T_NUMERIC},
    {.name = "K", .var = "K", .types = SDX_T(INT64)},
};
static const sdx_port outputs[] = {
    {.name = "Values", .var = "T", .types = SDX_T_NUMERIC},
    {.name = "Indices", .var = "I", .types = SDX_T(INT64)},
};
static const sdx_attr_def attrs[] = {
    [AXIS] = SDX_ATTR_I("axis", -1),
    [LARGEST] = SDX_ATTR_I("largest", 1),
    [SORTED] = SDX_ATTR_I("sorted", 1),
};

/* ONNX: TopK-10 k became an input. */
static sdx_status from_1(sdx_upgrade *u) { return sdx_upgrade_int_to_input(u, "k", IN_K, 1); }
static const sdx_upgrade_rule upgrades[] = {{.below = 10, .apply = from_1}};

static sdx_status infer(sdx_infer *in) {
    if (!sdx_infer_ranked(in, IN_X)) return NULL;
    const sdx_fact *const x = &in->in[IN_X];
    sdx_dim dims[SDX_MAX_RANK], k;
    size_t axis;
    SDX_TRY(sdx_infer_axis(in, IN_X, sdx_node_int(in->node, AXIS), "attribute 'axis'", &axis));
    memcpy(dims, x->dims, (size_t)x->rank * sizeof *dims);
    SDX_TRY(sdx_infer_scalar(in, IN_K, &k));
    const bool numbers = sdx_dim_is_number(k) && sdx_dim_is_number(dims[axis]);
    if ((sdx_dim_is_number(k) && k < 0) || (numbers && k > dims[axis]))
        return sdx_fail(SDX_OUT_OF_RANGE,
                        "input 'K' is %lld, expected 0 to %lld, the size of axis %zu", (long long)k,
                        (long long)(numbers ? dims[axis] : SDX_DIM_MAX), axis);
    dims[axis] = k;
    SDX_TRY(sdx_infer_set_shape(in, OUT_VALUES, (size_t)x->rank, dims));
    if (in->n_out < 2) return NULL;
    if (k == SDX_DIM_UNKNOWN) dims[axis] = in->out[OUT_VALUES].dims[axis]; /* one and the same */
    return sdx_infer_set_shape(in, OUT_INDICES, (size_t)x->rank, dims);
}

/* ---- the heap: entries[0] is the worst of the best */

typedef struct entry {
    uint64_t key; /* the best element has the least key */
    int64_t index;
} entry;

static bool is_worse(entry a, entry b) {
    return a.key != b.key ? a.key > b.key : a.index > b.index;
}

/* Puts `e` at place `at` of n entries, or below it. */
static void sift_down(entry *entries, size_t n, size_t at, entry e) {
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && is_worse(entries[child + 1], entries[child])) child++;
        if (!is_worse(entries[child], e)) break;
        entries[at] = entries[child];
    }
    entries[at] = e;
}

static void make_heap(entry *entries, size_t n) {
    for (size_t i = n / 2; i-- > 0;)
        sift_down(entries, n, i, entries[i]);
}

/* Best first. */
static void sort_heap(entry *entries, size_t n) {
    while (n-- > 1) {
        const entry last = entries[n];
        entries[n] = entries[0];
        sift_down(entries, n, 0, last);
    }
}

/* ---- rows */

typedef struct search {
    sdx_order order;
    bool sorted;
    sdx_dtype dtype;
    size_t size, n, k, inner; /* bytes of an element; elements along the axis; taken; behind it */
    const char *src;
    char *values;               /* NULL: not wanted */
    int64_t *indices;           /* NULL: not wanted */
    entry *heaps;               /* k entries for each lane */
    sdx_reduce_f32_fn *extreme; /* where tiles of float32 can be searched by value */
} search;

/* Whether no element of a tile, none of them NaN, is better than the worst of the heap. */
static bool is_hopeless(const search *s, const char *tile, size_t n, entry worst) {
    uint64_t key;
    if (!s->extreme) return false;
    const float best = s->extreme((const float *)(const void *)tile, n, 0);
    sdx_keys(s->order, SDX_FLOAT32, &key, &best, 1, 1);
    return best == best && key >= worst.key;
}

/* Elements come in order of their index, so one with the key of the worst is no better. */
static void find_best(const search *s, const char *row, entry *heap) {
    uint64_t keys[TILE];
    for (size_t first = 0; first < s->n; first += TILE) {
        const size_t n = s->n - first < TILE ? s->n - first : TILE;
        const char *const tile = row + first * s->inner * s->size;
        if (first >= s->k && is_hopeless(s, tile, n, heap[0])) continue;
        sdx_keys(s->order, s->dtype, keys, tile, (int64_t)s->inner, n);
        for (size_t i = 0; i < n; i++) {
            const entry e = {.key = keys[i], .index = (int64_t)(first + i)};
            if (first + i >= s->k) {
                if (e.key < heap[0].key) sift_down(heap, s->k, 0, e);
                continue;
            }
            heap[first + i] = e;
            if (first + i + 1 == s->k) make_heap(heap, s->k);
        }
    }
    if (s->sorted) sort_heap(heap, s->k);
}

/* Items: rows along the axis. */
static void search_rows(void *arg, size_t begin, size_t end, unsigned lane) {
    const search *const s = arg;
    entry *const heap = s->heaps + lane * s->k;
    for (size_t r = begin; r < end; r++) {
        const size_t outer = r / s->inner, inner = r % s->inner;
        const char *const row = s->src + (outer * s->n * s->inner + inner) * s->size;
        const size_t dst = outer * s->k * s->inner + inner;
        find_best(s, row, heap);
        for (size_t i = 0; i < s->k && s->indices; i++)
            s->indices[dst + i * s->inner] = heap[i].index;
        for (size_t i = 0; i < s->k && s->values; i++)
            memcpy(s->values + (dst + i * s->inner) * s->size,
                   row + (size_t)heap[i].index * s->inner * s->size, s->size);
    }
}

static sdx_status bind(sdx_bind *b) {
    const sdx_view *const out = b->out[OUT_VALUES] ? b->out[OUT_VALUES] : b->out[OUT_INDICES];
    size_t axis;
    if (!out) return NULL;
    SDX_TRY(sdx_axis(sdx_node_int(b->node, AXIS), out->rank, "attribute 'axis'", &axis));
    b->scratch = (size_t)out->dims[axis] * sizeof(entry) * b->lanes;
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const x = c->in[IN_X];
    const sdx_view *const values = sdx_call_out(c, OUT_VALUES);
    const sdx_view *const indices = sdx_call_out(c, OUT_INDICES);
    const sdx_view *const out = values ? values : indices;
    size_t axis;
    if (!out || out->len == 0) return NULL;
    SDX_TRY(sdx_axis(sdx_node_int(c->node, AXIS), x->rank, "attribute 'axis'", &axis));
    search s = {
        .order = {.descending = sdx_node_int(c->node, LARGEST) != 0},
        .sorted = sdx_node_int(c->node, SORTED) != 0,
        .dtype = x->dtype,
        .size = sdx_dtype_size(x->dtype),
        .n = (size_t)x->dims[axis],
        .k = (size_t)out->dims[axis],
        .inner = sdx_view_count(x, axis + 1, x->rank),
        .src = x->data,
        .values = values ? values->data : NULL,
        .indices = indices ? indices->data : NULL,
        .heaps = c->scratch,
    };
    s.order.nan_first = s.order.descending;
    if (s.dtype == SDX_FLOAT32 && s.inner == 1)
        s.extreme = s.order.descending ? c->kernels->max_row_f32 : c->kernels->min_row_f32;
    sdx_call_for(c, sdx_view_count(x, 0, axis) * s.inner, sdx_grain(s.n), search_rows, &s);
    return NULL;
}

const sdx_op sdx_op_topk = {
    .name = "TopK",
    .domain = "",
    .since = 1,
    .newest = 24,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    SDX_ROWS(upgrades, upgrades),
    .infer = infer,
    .bind = bind,
    .run = run,
};
