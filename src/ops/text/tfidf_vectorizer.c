/* TfIdfVectorizer: how often the n-grams of a pool occur in each row, items up to a number of
 * skips apart. The pool becomes a tree of grams: an item leads from a gram to one that is longer by
 * it. Items of a row are numbered once; the grams of one item have their items' numbers. */
#include <string.h>

#include "ops/call.h"
#include "ops/common/lookup.h"
#include "ops/infer.h"

enum { MODE, INDEXES, WEIGHTS, COUNTS, POOL_INTS, POOL_STRINGS, MAX_SKIP, MIN_LEN, MAX_LEN };

static const sdx_port inputs[] = {
    {.name = "X", .var = "T", .types = SDX_T(STRING) | SDX_T(INT32) | SDX_T(INT64)}};
static const sdx_port outputs[] = {{.name = "Y", .var = "T1", .types = SDX_T(FLOAT32)}};
static const sdx_attr_def attrs[] = {
    [MODE] = SDX_ATTR_REQ("mode", SDX_ATTR_STRING),
    [INDEXES] = SDX_ATTR_REQ("ngram_indexes", SDX_ATTR_INTS),
    [WEIGHTS] = SDX_ATTR_OPT("weights", SDX_ATTR_FLOATS),
    [COUNTS] = SDX_ATTR_REQ("ngram_counts", SDX_ATTR_INTS),
    [POOL_INTS] = SDX_ATTR_OPT("pool_int64s", SDX_ATTR_INTS),
    [POOL_STRINGS] = SDX_ATTR_OPT("pool_strings", SDX_ATTR_STRINGS),
    [MAX_SKIP] = SDX_ATTR_REQ("max_skip_count", SDX_ATTR_INT),
    [MIN_LEN] = SDX_ATTR_REQ("min_gram_length", SDX_ATTR_INT),
    [MAX_LEN] = SDX_ATTR_REQ("max_gram_length", SDX_ATTR_INT),
};

/* ---- attributes */

static sdx_status pool_of(const sdx_node *node, const sdx_attr **pool) {
    const bool ints = sdx_node_has(node, POOL_INTS) && sdx_node_attr(node, POOL_INTS)->n > 0;
    const bool strings =
        sdx_node_has(node, POOL_STRINGS) && sdx_node_attr(node, POOL_STRINGS)->n > 0;
    *pool = sdx_node_attr(node, ints ? POOL_INTS : POOL_STRINGS);
    if (ints != strings) return NULL;
    return sdx_fail(SDX_INVALID_MODEL,
                    "attributes 'pool_int64s' and 'pool_strings': found %s, expected just one",
                    ints ? "both" : "none");
}

/* Columns of the output: one more than the greatest index. */
static sdx_status width_of(const sdx_node *node, int64_t *width) {
    const sdx_attr *const indexes = sdx_node_attr(node, INDEXES);
    int64_t most = -1;
    for (size_t i = 0; i < indexes->n; i++) {
        const int64_t index = indexes->ints[i];
        if (index < 0 || index == INT64_MAX)
            return sdx_fail(SDX_INVALID_MODEL,
                            "attribute 'ngram_indexes'[%zu]: found %lld, expected 0 or more", i,
                            (long long)index);
        most = index > most ? index : most;
    }
    *width = most + 1;
    if (most >= 0) return NULL;
    return sdx_fail(SDX_INVALID_MODEL,
                    "attribute 'ngram_indexes': found none, expected one for each n-gram");
}

static sdx_status infer(sdx_infer *in) {
    char text[160];
    const sdx_attr *pool;
    sdx_dim dims[2];
    const sdx_dtype dtype = sdx_infer_dtype(in, 0);
    SDX_TRY(pool_of(in->node, &pool));
    SDX_TRY(width_of(in->node, &dims[1]));
    if (dtype != SDX_UNDEFINED && (dtype == SDX_STRING) != (pool->kind == SDX_ATTR_STRINGS))
        return sdx_fail(SDX_TYPE_MISMATCH, "input 'X': found %s, expected %s as the pool has",
                        sdx_dtype_name(dtype),
                        pool->kind == SDX_ATTR_STRINGS ? "string" : "int32 or int64");
    if (!sdx_infer_ranked(in, 0)) return NULL;
    const sdx_fact *const x = &in->in[0];
    if (x->rank != 1 && x->rank != 2)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'X': found shape %s, expected [c] or [n,c]",
                        sdx_infer_shape_text(in, 0, text, sizeof text));
    dims[0] = x->dims[0];
    return sdx_infer_set_shape(in, 0, (size_t)x->rank, x->rank == 2 ? dims : dims + 1);
}

/* ---- prepare */

enum { NO_ENTRY = -1 };

typedef struct gram {
    size_t number; /* of a gram of one item: the item's number; else any other's is different */
    int64_t entry; /* which n-gram of the pool it is; NO_ENTRY: the beginning of one */
} gram;

/* The way from a gram to a longer one. */
typedef struct step {
    size_t from, item; /* their numbers */
} step;

typedef struct vectorizer {
    sdx_map items; /* item -> gram of it alone */
    sdx_map steps; /* step -> gram */
    gram *grams;
    step *keys; /* of `steps`; keys[g] leads to grams[g] */
    size_t n_grams, n_entries;
    const float *factors; /* of each entry; NULL: 1 */
    bool once;            /* an n-gram counts once at most */
    const sdx_attr *pool;
    size_t min_len, max_len, max_distance;
} vectorizer;

static sdx_str item_of(const sdx_attr *pool, size_t i) {
    if (pool->kind == SDX_ATTR_STRINGS) return pool->strings[i];
    return (sdx_str){(const char *)&pool->ints[i], sizeof *pool->ints};
}

static gram *new_gram(vectorizer *v, size_t from, size_t item) {
    gram *const g = &v->grams[v->n_grams];
    v->keys[v->n_grams] = (step){from, item};
    *g = (gram){.number = v->n_grams++, .entry = NO_ENTRY};
    return g;
}

static sdx_status number_items(vectorizer *v, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const sdx_str item = item_of(v->pool, i);
        if (sdx_map_get(&v->items, item) == NULL)
            SDX_TRY(sdx_map_put(&v->items, item, new_gram(v, 0, 0)));
    }
    return NULL;
}

static gram *longer(const vectorizer *v, const gram *from, size_t item) {
    const step key = {from->number, item};
    return sdx_map_get(&v->steps, (sdx_str){(const char *)&key, sizeof key});
}

/* The n-gram of `len` items from pool[first] is entry `entry`. */
static sdx_status add_entry(vectorizer *v, size_t first, size_t len, size_t entry) {
    gram *g = sdx_map_get(&v->items, item_of(v->pool, first));
    for (size_t i = 1; i < len; i++) {
        const gram *const item = sdx_map_get(&v->items, item_of(v->pool, first + i));
        gram *next = longer(v, g, item->number);
        if (next == NULL) {
            next = new_gram(v, g->number, item->number);
            const step *const key = &v->keys[next->number];
            SDX_TRY(sdx_map_put(&v->steps, (sdx_str){(const char *)key, sizeof *key}, next));
        }
        g = next;
    }
    if (g->entry != NO_ENTRY)
        return sdx_fail(
            SDX_INVALID_MODEL, "attribute '%s': found the n-gram at %zu twice, expected it once",
            attrs[v->pool->kind == SDX_ATTR_STRINGS ? POOL_STRINGS : POOL_INTS].name, first);
    g->entry = (int64_t)entry;
    return NULL;
}

/* Where the grams of `len` items begin and end in the pool. */
static sdx_status part_of(const sdx_node *node, size_t pool, size_t len, size_t *begin,
                          size_t *end) {
    const sdx_attr *const counts = sdx_node_attr(node, COUNTS);
    const int64_t from = counts->ints[len - 1];
    const int64_t to = len < counts->n ? counts->ints[len] : (int64_t)pool;
    if (from < 0 || to < from || (uint64_t)to > pool)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'ngram_counts'[%zu]: found %lld before %lld, expected ascending "
                        "values up to %zu",
                        len - 1, (long long)from, (long long)to, pool);
    if ((uint64_t)(to - from) % len != 0)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'ngram_counts'[%zu]: found %lld items for n-grams of %zu",
                        len - 1, (long long)(to - from), len);
    *begin = (size_t)from;
    *end = (size_t)to;
    return NULL;
}

static sdx_status add_entries(vectorizer *v, const sdx_node *node) {
    const size_t n_indexes = sdx_node_attr(node, INDEXES)->n;
    for (size_t len = 1; len <= sdx_node_attr(node, COUNTS)->n; len++) {
        size_t begin, end;
        SDX_TRY(part_of(node, v->pool->n, len, &begin, &end));
        for (size_t i = begin; i < end; i += len, v->n_entries++)
            if (len >= v->min_len && len <= v->max_len) SDX_TRY(add_entry(v, i, len, v->n_entries));
    }
    if (v->n_entries <= n_indexes) return NULL;
    return sdx_fail(SDX_INVALID_MODEL,
                    "attribute 'ngram_indexes': found %zu values, expected one for each of %zu "
                    "n-grams",
                    n_indexes, v->n_entries);
}

static sdx_status take_lengths(vectorizer *v, const sdx_node *node) {
    const int64_t min = sdx_node_int(node, MIN_LEN), max = sdx_node_int(node, MAX_LEN);
    const int64_t skip = sdx_node_int(node, MAX_SKIP);
    if (min < 1 || max < min || skip < 0)
        return sdx_fail(SDX_INVALID_MODEL,
                        "found 'min_gram_length' %lld, 'max_gram_length' %lld, 'max_skip_count' "
                        "%lld, expected 1 <= min <= max and no negative skips",
                        (long long)min, (long long)max, (long long)skip);
    v->min_len = (size_t)min;
    v->max_len = (size_t)max;
    v->max_distance = (size_t)skip + 1;
    return NULL;
}

/* ONNX: TfIdfVectorizer-9 weights: one for each n-gram of the pool, not for each column. */
static sdx_status take_weights(vectorizer *v, const sdx_node *node) {
    const sdx_attr *const weights = sdx_node_attr(node, WEIGHTS);
    if (!sdx_node_has(node, WEIGHTS) || weights->n == 0) return NULL;
    v->factors = weights->floats;
    if (weights->n >= v->n_entries) return NULL;
    return sdx_fail(SDX_INVALID_MODEL,
                    "attribute 'weights': found %zu values, expected one for each of %zu n-grams",
                    weights->n, v->n_entries);
}

static sdx_status prepare(sdx_prepare *p) {
    const sdx_str mode = sdx_node_str(p->node, MODE);
    vectorizer *v;
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &v));
    SDX_TRY(pool_of(p->node, &v->pool));
    SDX_TRY(take_lengths(v, p->node));
    const size_t n = v->pool->n; /* items, and at most as many steps */
    SDX_TRY(sdx_lookup_init(&v->items, n, p->arena));
    SDX_TRY(sdx_lookup_init(&v->steps, n, p->arena));
    SDX_TRY(sdx_arena_alloc(p->arena, n, 2 * sizeof *v->grams, (void **)&v->grams));
    SDX_TRY(sdx_arena_alloc(p->arena, n, 2 * sizeof *v->keys, (void **)&v->keys));
    SDX_TRY(number_items(v, n));
    SDX_TRY(add_entries(v, p->node));
    p->prepared = v;
    v->once = sdx_str_is(mode, "IDF");
    if (sdx_str_is(mode, "TF")) return NULL;
    if (v->once || sdx_str_is(mode, "TFIDF")) return take_weights(v, p->node);
    return sdx_fail(SDX_INVALID_MODEL, "attribute 'mode': found '%.*s', expected TF, IDF or TFIDF",
                    SDX_FMT(mode));
}

/* ---- run */

/* What a lane works with. */
typedef struct row_state {
    const gram **items; /* of the row: their grams; NULL: not in the pool */
    size_t n_items;
    uint32_t *counts; /* of each entry of the pool; 0 between rows */
} row_state;

static size_t row_len(const sdx_view *x) { return (size_t)x->dims[x->rank - 1]; }

static void take_items(const vectorizer *v, const sdx_view *x, size_t r, row_state *row) {
    for (size_t i = 0; i < row->n_items; i++) {
        const size_t at = r * row->n_items + i;
        int64_t number;
        sdx_str item = {(const char *)&number, sizeof number};
        if (x->dtype == SDX_STRING)
            item = ((const sdx_str *)x->data)[at];
        else
            number = sdx_view_int(x, at);
        row->items[i] = sdx_map_get(&v->items, item);
    }
}

static void count_gram(const gram *g, row_state *row) {
    if (g->entry != NO_ENTRY) row->counts[g->entry]++;
}

/* Grams of `from` to max_len items that begin at `first`, their items `distance` apart. */
static void count_at(const vectorizer *v, row_state *row, size_t first, size_t distance,
                     size_t from) {
    const gram *g = row->items[first];
    for (size_t len = 1; g != NULL; len++) {
        if (len >= from) count_gram(g, row);
        first += distance;
        if (len == v->max_len || first >= row->n_items || row->items[first] == NULL) return;
        g = longer(v, g, row->items[first]->number);
    }
}

/* Skips make no other grams of one item: those count once. */
static void count_grams(const vectorizer *v, row_state *row) {
    size_t from = v->min_len;
    for (size_t i = 0; i < row->n_items && from == 1; i++)
        if (row->items[i] != NULL) count_gram(row->items[i], row);
    if (from == 1) from = 2;
    if (from > v->max_len) return;
    for (size_t distance = 1; distance <= v->max_distance; distance++) {
        if (row->n_items == 0 || (row->n_items - 1) / distance < from - 1) return;
        for (size_t i = 0; i < row->n_items - distance * (from - 1); i++)
            count_at(v, row, i, distance, from);
    }
}

static void put_counts(const vectorizer *v, const int64_t *indexes, row_state *row, float *y) {
    for (size_t e = 0; e < v->n_entries; e++) {
        const uint32_t count = v->once && row->counts[e] > 1 ? 1 : row->counts[e];
        row->counts[e] = 0;
        if (count > 0) y[indexes[e]] += (float)count * (v->factors != NULL ? v->factors[e] : 1.0f);
    }
}

/* Scratch of a lane: counts, then items. */
static size_t lane_size(const vectorizer *v, size_t n_items) {
    return (n_items + v->n_entries) * sizeof(const gram *);
}

static void vectorize_rows(void *arg, size_t begin, size_t end, unsigned lane) {
    const sdx_call *const c = arg;
    const vectorizer *const v = c->prepared;
    const sdx_view *const x = c->in[0];
    const size_t width = row_len(c->out[0]);
    row_state row = {.n_items = row_len(x)};
    row.items = (const gram **)(void *)((char *)c->scratch + lane * lane_size(v, row.n_items));
    row.counts = (uint32_t *)(void *)(row.items + row.n_items);
    memset(row.counts, 0, v->n_entries * sizeof *row.counts);
    for (size_t r = begin; r < end; r++) {
        float *const y = (float *)c->out[0]->data + r * width;
        memset(y, 0, width * sizeof *y);
        take_items(v, x, r, &row);
        count_grams(v, &row);
        put_counts(v, sdx_node_attr(c->node, INDEXES)->ints, &row, y);
    }
}

static sdx_status bind(sdx_bind *b) {
    b->scratch = b->lanes * lane_size(b->prepared, row_len(b->in[0]));
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    const vectorizer *const v = c->prepared;
    const sdx_view *const x = c->in[0];
    const size_t work = 16 * row_len(x) + v->n_entries + row_len(c->out[0]);
    sdx_call_for(c, x->rank == 2 ? (size_t)x->dims[0] : 1, sdx_grain(work), vectorize_rows,
                 (void *)(uintptr_t)c);
    return NULL;
}

const sdx_op sdx_op_tfidf_vectorizer = {
    .name = "TfIdfVectorizer",
    .domain = "",
    .since = 9,
    .newest = 9,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .infer = infer,
    .prepare = prepare,
    .bind = bind,
    .run = run,
};
