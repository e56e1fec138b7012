/* Unique: the distinct elements, or slices of an axis, with where they first occur, which one each
 * element is, and how often they occur.
 *
 * Every slice becomes a row of keys, so that all types are compared alike (strings by their rank
 * among all strings). Rows are sorted by index; equal ones then stand together, the first
 * occurrence first. */
#include <string.h>

#include "ops/common/slices.h"
#include "ops/common/sort.h"
#include "ops/infer.h"
#include "ops/search/keys.h"

enum { AXIS, SORTED };
enum { OUT_Y, OUT_INDICES, OUT_INVERSE, OUT_COUNTS, N_OUT };

static const sdx_port inputs[] = {{.name = "X", .var = "T", .types = SDX_T_CLASSIC}};
static const sdx_port outputs[] = {
    {.name = "Y", .var = "T", .types = SDX_T_CLASSIC},
    {.name = "indices", .var = "I", .types = SDX_T(INT64), .flags = SDX_PORT_OPTIONAL},
    {.name = "inverse_indices", .var = "I", .types = SDX_T(INT64), .flags = SDX_PORT_OPTIONAL},
    {.name = "counts", .var = "I", .types = SDX_T(INT64), .flags = SDX_PORT_OPTIONAL},
};
static const sdx_attr_def attrs[] = {
    [AXIS] = SDX_ATTR_OPT("axis", SDX_ATTR_INT),
    [SORTED] = SDX_ATTR_I("sorted", 1),
};

static sdx_status infer(sdx_infer *in) {
    const sdx_fact *const x = &in->in[0];
    sdx_dim dims[SDX_MAX_RANK];
    size_t axis;
    for (size_t k = OUT_INDICES; k < N_OUT; k++)
        SDX_TRY(sdx_infer_set_rank(in, k, 1));
    if (!sdx_node_has(in->node, AXIS)) return sdx_infer_set_rank(in, OUT_Y, 1);
    if (x->rank < 0) return NULL;
    SDX_TRY(sdx_infer_axis(in, 0, sdx_node_int(in->node, AXIS), "attribute 'axis'", &axis));
    for (size_t i = 0; i < (size_t)x->rank; i++)
        dims[i] = i == axis ? SDX_DIM_UNKNOWN : x->dims[i];
    return sdx_infer_set_shape(in, OUT_Y, (size_t)x->rank, dims);
}

/* x as [outer, n, inner]: n slices are told apart. */
typedef struct unique {
    const sdx_view *x;
    size_t outer, n, inner;
    size_t width;            /* keys of a slice */
    uint64_t *keys;          /* [n, width] */
    int64_t *order;          /* slices, equal ones together */
    int64_t *group;          /* of each slice */
    int64_t *first, *counts; /* of each group: its first slice, how many it has */
    size_t n_groups;
} unique;

static sdx_status numbers(const sdx_call *c, size_t n, int64_t **out) {
    size_t bytes;
    if (!sdx_mul_size(n, sizeof **out, &bytes))
        return sdx_fail(SDX_LIMIT, "input 'X' has more elements than can be told apart");
    return sdx_call_scratch(c, bytes, (void **)out);
}

/* ---- keys */

static int compare_strings(const void *arg, int64_t a, int64_t b) {
    const sdx_str *const x = arg;
    return sdx_str_cmp(x[a], x[b]);
}

/* Strings become their rank: equal strings have equal ones. */
static sdx_status rank_strings(const sdx_call *c, const sdx_view *x, uint64_t *ranks) {
    int64_t *order, *scratch;
    uint64_t rank = 0;
    SDX_TRY(numbers(c, x->len, &order));
    SDX_TRY(numbers(c, x->len, &scratch));
    for (size_t i = 0; i < x->len; i++)
        order[i] = (int64_t)i;
    sdx_sort(order, scratch, x->len, compare_strings, x->data);
    for (size_t i = 0; i < x->len; i++) {
        if (i > 0 && compare_strings(x->data, order[i - 1], order[i]) != 0) rank++;
        ranks[order[i]] = rank;
    }
    return NULL;
}

/* Keys of all elements in the order of x; a complex number has two, the real part first. */
static sdx_status find_keys(const sdx_call *c, const sdx_view *x, uint64_t *keys) {
    const sdx_order ascending = {.descending = false};
    if (x->dtype == SDX_STRING) return rank_strings(c, x, keys);
    if (x->dtype == SDX_COMPLEX64)
        sdx_keys(ascending, SDX_FLOAT32, keys, x->data, 1, 2 * x->len);
    else if (x->dtype == SDX_COMPLEX128)
        sdx_keys(ascending, SDX_FLOAT64, keys, x->data, 1, 2 * x->len);
    else
        sdx_keys(ascending, x->dtype, keys, x->data, 1, x->len);
    return NULL;
}

/* [outer, n, run] to [n, outer, run]: the keys of a slice side by side. */
static sdx_status gather_keys(const sdx_call *c, unique *u) {
    const size_t per = sdx_types_have(SDX_T_COMPLEX, u->x->dtype) ? 2 : 1;
    const size_t run = u->inner * per;
    uint64_t *keys;
    u->width = u->outer * run;
    SDX_TRY(numbers(c, per * u->x->len, (int64_t **)&keys));
    SDX_TRY(find_keys(c, u->x, keys));
    u->keys = keys;
    if (u->outer == 1) return NULL;
    SDX_TRY(numbers(c, per * u->x->len, (int64_t **)&u->keys));
    for (size_t o = 0; o < u->outer; o++)
        for (size_t i = 0; i < u->n; i++)
            for (size_t r = 0; r < run; r++)
                u->keys[i * u->width + o * run + r] = keys[(o * u->n + i) * run + r];
    return NULL;
}

/* ---- groups of equal slices */

static int compare_slices(const void *arg, int64_t a, int64_t b) {
    const unique *const u = arg;
    const uint64_t *const x = u->keys + (size_t)a * u->width;
    const uint64_t *const y = u->keys + (size_t)b * u->width;
    for (size_t i = 0; i < u->width; i++)
        if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
    return 0;
}

static void find_groups(unique *u) {
    size_t n = 0;
    for (size_t i = 0; i < u->n; i++) {
        const int64_t slice = u->order[i];
        if (i == 0 || compare_slices(u, u->order[i - 1], slice) != 0) {
            u->first[n] = slice;
            u->counts[n++] = 0;
        }
        u->group[slice] = (int64_t)n - 1;
        u->counts[n - 1]++;
    }
    u->n_groups = n;
}

/* ONNX: Unique-11 sorted = 0: in the order of first occurrence. Slices are met in that order; a
 * group is renamed when its first one is met, so `order` maps old names to new ones. */
static void order_by_occurrence(unique *u) {
    int64_t n = 0;
    for (size_t i = 0; i < u->n; i++) {
        const int64_t old = u->group[i];
        if (u->first[old] == (int64_t)i) u->order[old] = n++;
        u->group[i] = u->order[old];
    }
    for (size_t g = 0; g < u->n_groups; g++)
        u->counts[g] = 0;
    for (size_t i = u->n; i-- > 0;) {
        u->first[u->group[i]] = (int64_t)i;
        u->counts[u->group[i]]++;
    }
}

static sdx_status group_slices(const sdx_call *c, unique *u) {
    SDX_TRY(gather_keys(c, u));
    SDX_TRY(numbers(c, u->n, &u->order));
    SDX_TRY(numbers(c, u->n, &u->group));
    SDX_TRY(numbers(c, u->n, &u->first));
    SDX_TRY(numbers(c, u->n, &u->counts));
    for (size_t i = 0; i < u->n; i++)
        u->order[i] = (int64_t)i;
    if (u->width == 1)
        sdx_sort(u->order, u->group, u->n, sdx_compare_keys, u->keys);
    else
        sdx_sort(u->order, u->group, u->n, compare_slices, u);
    find_groups(u);
    if (sdx_node_int(c->node, SORTED) == 0) order_by_occurrence(u);
    return NULL;
}

/* ---- outputs */

static sdx_status put_numbers(const sdx_call *c, size_t k, const int64_t *values, size_t n) {
    const int64_t dim = (int64_t)n;
    sdx_view *out;
    SDX_TRY(sdx_call_output(c, k, SDX_INT64, 1, &dim, &out));
    if (n > 0) memcpy(out->data, values, n * sizeof *values);
    return NULL;
}

static sdx_status put_slices(const sdx_call *c, const unique *u, size_t axis, bool flat) {
    const sdx_view *const x = u->x;
    int64_t dims[SDX_MAX_RANK];
    sdx_view *out;
    for (size_t i = 0; i < x->rank; i++)
        dims[i] = x->dims[i];
    dims[axis] = (int64_t)u->n_groups;
    SDX_TRY(sdx_call_output(c, OUT_Y, x->dtype, flat ? 1 : x->rank, dims, &out));
    const sdx_slices slices = {
        .dst = out->data,
        .src = x->data,
        .batches = u->outer,
        .n = u->n_groups,
        .batch = u->n,
        .size = u->inner * sdx_dtype_size(x->dtype),
        .index = u->first,
    };
    if (out->len > 0) sdx_slices_copy(c, &slices);
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const x = c->in[0];
    const bool flat = !sdx_node_has(c->node, AXIS);
    unique u = {.x = x, .outer = 1, .n = x->len, .inner = 1};
    size_t axis = 0;
    if (!flat) {
        SDX_TRY(sdx_axis(sdx_node_int(c->node, AXIS), x->rank, "attribute 'axis'", &axis));
        u.outer = sdx_view_count(x, 0, axis);
        u.n = (size_t)x->dims[axis];
        u.inner = sdx_view_count(x, axis + 1, x->rank);
    }
    SDX_TRY(group_slices(c, &u));
    SDX_TRY(put_slices(c, &u, axis, flat));
    SDX_TRY(put_numbers(c, OUT_INDICES, u.first, u.n_groups));
    SDX_TRY(put_numbers(c, OUT_INVERSE, u.group, u.n));
    return put_numbers(c, OUT_COUNTS, u.counts, u.n_groups);
}

const sdx_op sdx_op_unique = {
    .name = "Unique",
    .domain = "",
    .since = 11,
    .newest = 28,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_DATA_SHAPE,
    .infer = infer,
    .run = run,
};
