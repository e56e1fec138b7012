/* ArgMax, ArgMin: the index of the greatest or least element along an axis. One algorithm over
 * keys; float32 goes through the kernels that find the value. NaN counts as more extreme than
 * all else, as in NumPy. */
#include "base/attr.h"
#include "kernels/kernels.h"
#include "ops/call.h"
#include "ops/infer.h"
#include "ops/search/keys.h"

enum { AXIS, KEEPDIMS, SELECT_LAST };
enum { TILE = 512 }; /* keys at a time */

static const sdx_port inputs[] = {{.name = "data", .var = "T", .types = SDX_T_NUMERIC}};
static const sdx_port outputs[] = {{.name = "reduced", .var = "I", .types = SDX_T(INT64)}};
static const sdx_attr_def attrs[] = {
    [AXIS] = SDX_ATTR_I("axis", 0),
    [KEEPDIMS] = SDX_ATTR_I("keepdims", 1),
    [SELECT_LAST] = SDX_ATTR_I("select_last_index", 0),
};

static sdx_status infer(sdx_infer *in) {
    if (!sdx_infer_ranked(in, 0)) return NULL;
    const sdx_fact *const data = &in->in[0];
    sdx_dim dims[SDX_MAX_RANK];
    size_t axis, rank = 0;
    SDX_TRY(sdx_infer_axis(in, 0, sdx_node_int(in->node, AXIS), "attribute 'axis'", &axis));
    for (size_t i = 0; i < (size_t)data->rank; i++) {
        if (i != axis)
            dims[rank++] = data->dims[i];
        else if (sdx_node_int(in->node, KEEPDIMS) != 0)
            dims[rank++] = 1;
    }
    return sdx_infer_set_shape(in, 0, rank, dims);
}

typedef struct search {
    sdx_order order;
    bool last;
    /* where float32 can be searched by value, along the last axis and along another */
    sdx_reduce_f32_fn *extreme;
    sdx_reduce_rows_f32_fn *extreme_rows;
    sdx_dtype dtype;
    size_t size, n, inner; /* bytes of an element; elements along the axis, and behind it */
    const char *src;
    int64_t *dst;
} search;

/* ---- along the last axis */

static int64_t find_value(const float *row, size_t n, float value, bool last) {
    const bool nan = value != value;
    for (size_t i = 0; i < n; i++) {
        const size_t at = last ? n - 1 - i : i;
        if (row[at] == value || (nan && row[at] != row[at])) return (int64_t)at;
    }
    return 0;
}

static int64_t search_row(const search *s, const char *row) {
    uint64_t keys[TILE], best = UINT64_MAX;
    size_t at = 0;
    for (size_t first = 0; first < s->n; first += TILE) {
        const size_t n = s->n - first < TILE ? s->n - first : TILE;
        sdx_keys(s->order, s->dtype, keys, row + first * s->size, 1, n);
        for (size_t i = 0; i < n; i++) {
            if (keys[i] > best || (keys[i] == best && !s->last)) continue;
            best = keys[i];
            at = first + i;
        }
    }
    return (int64_t)at;
}

static void search_rows(void *arg, size_t begin, size_t end, unsigned lane) {
    const search *const s = arg;
    (void)lane;
    for (size_t r = begin; r < end; r++) {
        const char *const row = s->src + r * s->n * s->size;
        if (s->extreme) {
            const float *const x = (const float *)(const void *)row;
            s->dst[r] = find_value(x, s->n, s->extreme(x, s->n, 0), s->last);
        } else {
            s->dst[r] = search_row(s, row);
        }
    }
}

/* ---- along another axis: a tile of columns at a time, row by row */

static void search_columns(const search *s, size_t outer, size_t first, size_t n) {
    uint64_t keys[TILE], best[TILE];
    int64_t *const dst = s->dst + outer * s->inner + first;
    const char *const src = s->src + (outer * s->n * s->inner + first) * s->size;
    sdx_keys(s->order, s->dtype, best, src, 1, n);
    for (size_t i = 0; i < n; i++)
        dst[i] = 0;
    for (size_t r = 1; r < s->n; r++) {
        sdx_keys(s->order, s->dtype, keys, src + r * s->inner * s->size, 1, n);
        for (size_t i = 0; i < n; i++) {
            const bool better = (keys[i] < best[i]) | (s->last & (keys[i] == best[i]));
            const uint64_t all =
                0 - (uint64_t)better; /* no branch: it would be as good as random */
            dst[i] ^= (dst[i] ^ (int64_t)r) & (int64_t)all;
            best[i] ^= (best[i] ^ keys[i]) & all;
        }
    }
}

/* Where a row has the values of `best`, its number goes to `at`. A number of columns that is known
 * lets the compiler make vectors of it. */
SDX_INLINE void note_row(int32_t *restrict at, const float *restrict row,
                         const float *restrict best, int32_t r, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const int32_t found = -((row[i] == best[i]) | (row[i] != row[i]));
        at[i] = (at[i] & ~found) | (r & found);
    }
}

/* The same for float32: first the values, by the kernel, then where each stands for the first
 * (last) time. The value is NaN just where the column has one. Rows have numbers of 32 bits. */
static void search_float_columns(const search *s, size_t outer, size_t first, size_t n) {
    float best[TILE];
    int32_t at[TILE] = {0};
    int64_t *const dst = s->dst + outer * s->inner + first;
    const float *const src = (const float *)(const void *)s->src + outer * s->n * s->inner + first;
    s->extreme_rows(best, src, s->n, n, s->inner);
    for (size_t k = 0; k < s->n; k++) {
        const size_t r = s->last ? k : s->n - 1 - k;
        if (n == TILE)
            note_row(at, src + r * s->inner, best, (int32_t)r, TILE);
        else
            note_row(at, src + r * s->inner, best, (int32_t)r, n);
    }
    for (size_t i = 0; i < n; i++) {
        dst[i] = at[i];
    }
}

static void search_tiles(void *arg, size_t begin, size_t end, unsigned lane) {
    const search *const s = arg;
    const size_t tiles = (s->inner + TILE - 1) / TILE;
    (void)lane;
    for (size_t item = begin; item < end; item++) {
        const size_t first = item % tiles * TILE, rest = s->inner - first;
        if (s->extreme_rows)
            search_float_columns(s, item / tiles, first, rest < TILE ? rest : TILE);
        else
            search_columns(s, item / tiles, first, rest < TILE ? rest : TILE);
    }
}

static void choose_kernels(search *s, const sdx_kernel_table *k) {
    if (s->dtype != SDX_FLOAT32) return;
    s->extreme = s->order.descending ? k->max_row_f32 : k->min_row_f32;
    if (s->n <= INT32_MAX)
        s->extreme_rows = s->order.descending ? k->max_rows_f32 : k->min_rows_f32;
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const data = c->in[0];
    size_t axis;
    SDX_TRY(sdx_axis(sdx_node_int(c->node, AXIS), data->rank, "attribute 'axis'", &axis));
    search s = {
        .order = *(const sdx_order *)c->node->op->data,
        .last = sdx_node_int(c->node, SELECT_LAST) != 0,
        .dtype = data->dtype,
        .size = sdx_dtype_size(data->dtype),
        .n = (size_t)data->dims[axis],
        .inner = sdx_view_count(data, axis + 1, data->rank),
        .src = data->data,
        .dst = c->out[0]->data,
    };
    const size_t outer = sdx_view_count(data, 0, axis);
    if (c->out[0]->len == 0) return NULL;
    if (s.n == 0)
        return sdx_fail(SDX_OUT_OF_RANGE,
                        "input 'data' has 0 elements along axis %zu, expected 1 or more", axis);
    choose_kernels(&s, c->kernels);
    if (s.inner == 1)
        sdx_call_for(c, outer, sdx_grain(s.n), search_rows, &s);
    else
        sdx_call_for(c, outer * ((s.inner + TILE - 1) / TILE), sdx_grain(s.n * TILE), search_tiles,
                     &s);
    return NULL;
}

static const sdx_order greatest_first = {.descending = true, .nan_first = true};
static const sdx_order least_first = {.descending = false, .nan_first = true};

/* ARG("ArgMax", greatest_first) is the body of its row. */
#define ARG(op_name, order)                                                               \
    .name = (op_name), .domain = "", .since = 1, .newest = 13, SDX_ROWS(inputs, inputs),  \
    SDX_ROWS(outputs, outputs), SDX_ROWS(attrs, attrs), .data = &(order), .infer = infer, \
    .run = run

const sdx_op sdx_op_arg_max = {ARG("ArgMax", greatest_first)};
const sdx_op sdx_op_arg_min = {ARG("ArgMin", least_first)};
