/* CastMap: the values of a map in the order of their keys, or at the places that the keys name, as
 * a row of another type. Numbers are written as Cast writes them; places without a key are 0 or
 * empty. */
#include <string.h>

#include "ops/call.h"
#include "ops/cast/text.h"
#include "ops/common/sort.h"
#include "ops/infer.h"

enum { MAX_MAP, FORM, CAST_TO };

static const sdx_port inputs[] = {{.name = "X", .var = "T1", .types = SDX_T_MAP}};
static const sdx_port outputs[] = {
    {.name = "Y", .var = "T2", .types = SDX_T(STRING) | SDX_T(FLOAT32) | SDX_T(INT64)}};
static const sdx_attr_def attrs[] = {
    [MAX_MAP] = SDX_ATTR_I("max_map", 1),
    [FORM] = SDX_ATTR_S("map_form", "DENSE"),
    [CAST_TO] = SDX_ATTR_S("cast_to", "TO_FLOAT"),
};

static sdx_status dtype_of(const sdx_node *node, sdx_dtype *out) {
    static const struct {
        const char *name;
        sdx_dtype dtype;
    } types[] = {{"TO_FLOAT", SDX_FLOAT32}, {"TO_STRING", SDX_STRING}, {"TO_INT64", SDX_INT64}};
    const sdx_str name = sdx_node_str(node, CAST_TO);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (!sdx_str_is(name, types[i].name)) continue;
        *out = types[i].dtype;
        return NULL;
    }
    return sdx_fail(SDX_INVALID_MODEL,
                    "attribute 'cast_to': found '%.*s', expected TO_FLOAT, TO_STRING or TO_INT64",
                    SDX_FMT(name));
}

/* Columns of a sparse map; -1: it is dense. */
static sdx_status width_of(const sdx_node *node, int64_t *width) {
    const sdx_str form = sdx_node_str(node, FORM);
    *width = -1;
    if (sdx_str_is(form, "DENSE")) return NULL;
    if (!sdx_str_is(form, "SPARSE"))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'map_form': found '%.*s', expected DENSE or SPARSE",
                        SDX_FMT(form));
    *width = sdx_node_int(node, MAX_MAP);
    if (*width > 0) return NULL;
    return sdx_fail(SDX_INVALID_MODEL, "attribute 'max_map': found %lld, expected 1 or more",
                    (long long)*width);
}

static sdx_status infer(sdx_infer *in) {
    sdx_dtype dtype;
    int64_t width;
    SDX_TRY(dtype_of(in->node, &dtype));
    SDX_TRY(width_of(in->node, &width));
    sdx_infer_set_dtype(in, 0, dtype);
    const sdx_dim dims[] = {1, width < 0 ? SDX_DIM_UNKNOWN : width};
    return sdx_infer_set_shape(in, 0, 2, dims);
}

/* ---- run */

typedef struct casting {
    const sdx_view *keys, *values;
    int64_t *order; /* of the keys, ascending */
    char *text;     /* SDX_NUMBER_TEXT bytes for each value that becomes a string */
} casting;

static int compare_keys(const void *arg, int64_t a, int64_t b) {
    const int64_t *const keys = arg;
    return (keys[a] > keys[b]) - (keys[a] < keys[b]);
}

/* Value i of the map as element k. */
static sdx_status cast_value(const casting *m, size_t i, sdx_view *y, size_t k) {
    const sdx_str *const texts = m->values->data;
    if (m->values->dtype == SDX_STRING && y->dtype == SDX_STRING) {
        ((sdx_str *)y->data)[k] = texts[i];
    } else if (m->values->dtype == SDX_STRING) {
        if (!sdx_number_parse(texts[i], y, k))
            return sdx_fail(SDX_INVALID_ARGUMENT,
                            "input 'X': key %lld: found '%.*s', expected a number",
                            (long long)((const int64_t *)m->keys->data)[i], SDX_FMT(texts[i]));
    } else if (y->dtype == SDX_STRING) {
        char *const text = m->text + i * SDX_NUMBER_TEXT;
        ((sdx_str *)y->data)[k] = sdx_number_text(m->values, i, text);
    } else {
        sdx_view_set_double(y, k, sdx_view_double(m->values, i));
    }
    return NULL;
}

/* Where the value of the n-th key stands. ONNX: CastMap-1 "the key cannot exceed the max_map-1
 * value". */
static sdx_status place_of(const casting *m, size_t nth, int64_t width, size_t *place) {
    const int64_t key = ((const int64_t *)m->keys->data)[m->order[nth]];
    *place = width < 0 ? nth : (size_t)key;
    if (width < 0 || (key >= 0 && key < width)) return NULL;
    return sdx_fail(SDX_OUT_OF_RANGE,
                    "input 'X': found key %lld, expected 0 to %lld as 'max_map' says",
                    (long long)key, (long long)width - 1);
}

static sdx_status open_map(const sdx_call *c, casting *m) {
    sdx_value *x;
    SDX_TRY(sdx_call_in_value(c, 0, &x));
    if (x == NULL || x->kind != SDX_MAP)
        return sdx_fail(SDX_TYPE_MISMATCH, "input 'X': found no map, expected one");
    m->keys = &x->items[0]->view;
    m->values = &x->items[1]->view;
    const sdx_dtype values = m->values->dtype;
    if (m->keys->dtype != SDX_INT64 || (values != SDX_FLOAT32 && values != SDX_STRING) ||
        m->values->len != m->keys->len)
        return sdx_fail(SDX_TYPE_MISMATCH,
                        "input 'X': found %zu keys of %s and %zu values of %s, expected keys of "
                        "int64 with one value of float32 or string each",
                        m->keys->len, sdx_dtype_name(m->keys->dtype), m->values->len,
                        sdx_dtype_name(values));
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    casting m = {0};
    sdx_dtype dtype;
    int64_t width, *spare;
    sdx_view *y;
    SDX_TRY(dtype_of(c->node, &dtype));
    SDX_TRY(width_of(c->node, &width));
    SDX_TRY(open_map(c, &m));
    const size_t n = m.keys->len;
    const int64_t dims[] = {1, width < 0 ? (int64_t)n : width};
    SDX_TRY(sdx_call_scratch(c, (n + 1) * SDX_NUMBER_TEXT, (void **)&m.text));
    SDX_TRY(sdx_call_scratch(c, (n + 1) * sizeof *m.order, (void **)&m.order));
    SDX_TRY(sdx_call_scratch(c, (n + 1) * sizeof *spare, (void **)&spare));
    for (size_t i = 0; i < n; i++)
        m.order[i] = (int64_t)i;
    sdx_sort(m.order, spare, n, compare_keys, m.keys->data);
    SDX_TRY(sdx_call_output(c, 0, dtype, 2, dims, &y));
    memset(y->data, 0, sdx_view_bytes(y));
    for (size_t i = 0; i < n; i++) {
        size_t place;
        SDX_TRY(place_of(&m, i, width, &place));
        SDX_TRY(cast_value(&m, (size_t)m.order[i], y, place));
    }
    return NULL;
}

const sdx_op sdx_op_cast_map = {
    .name = "CastMap",
    .domain = "ai.onnx.ml",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_VALUES | SDX_OP_DATA_SHAPE,
    .infer = infer,
    .run = run,
};
