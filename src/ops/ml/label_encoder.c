/* LabelEncoder: each element is looked up among keys and becomes the value beside its key. Numbers
 * are looked up by their bits: all NaNs are one key, and so are both zeros. */
#include <math.h>
#include <string.h>

#include "ops/call.h"
#include "ops/common/lookup.h"
#include "ops/infer.h"
#include "ops/upgrade.h"

enum {
    KEYS_TENSOR,
    KEYS_STRINGS,
    KEYS_INTS,
    KEYS_FLOATS,
    VALUES_TENSOR,
    VALUES_STRINGS,
    VALUES_INTS,
    VALUES_FLOATS,
    DEFAULT_TENSOR,
    DEFAULT_STRING,
    DEFAULT_INT,
    DEFAULT_FLOAT
};
enum { N_FORMS = 4 };

#define TYPES \
    (SDX_T(STRING) | SDX_T(INT64) | SDX_T(FLOAT32) | SDX_T(INT32) | SDX_T(INT16) | SDX_T(FLOAT64))

static const sdx_port inputs[] = {{.name = "X", .var = "T1", .types = TYPES}};
static const sdx_port outputs[] = {{.name = "Y", .var = "T2", .types = TYPES}};
static const sdx_attr_def attrs[] = {
    [KEYS_TENSOR] = SDX_ATTR_OPT("keys_tensor", SDX_ATTR_TENSOR),
    [KEYS_STRINGS] = SDX_ATTR_OPT("keys_strings", SDX_ATTR_STRINGS),
    [KEYS_INTS] = SDX_ATTR_OPT("keys_int64s", SDX_ATTR_INTS),
    [KEYS_FLOATS] = SDX_ATTR_OPT("keys_floats", SDX_ATTR_FLOATS),
    [VALUES_TENSOR] = SDX_ATTR_OPT("values_tensor", SDX_ATTR_TENSOR),
    [VALUES_STRINGS] = SDX_ATTR_OPT("values_strings", SDX_ATTR_STRINGS),
    [VALUES_INTS] = SDX_ATTR_OPT("values_int64s", SDX_ATTR_INTS),
    [VALUES_FLOATS] = SDX_ATTR_OPT("values_floats", SDX_ATTR_FLOATS),
    [DEFAULT_TENSOR] = SDX_ATTR_OPT("default_tensor", SDX_ATTR_TENSOR),
    [DEFAULT_STRING] = SDX_ATTR_S("default_string", "_Unused"),
    [DEFAULT_INT] = SDX_ATTR_I("default_int64", -1),
    [DEFAULT_FLOAT] = SDX_ATTR_F("default_float", -0.0f),
};

/* ONNX: LabelEncoder-1 classes_strings: from a string to its position, or back, as the input asks.
 */
static sdx_status from_1(sdx_upgrade *u) {
    const sdx_attr *const classes = sdx_node_named(u->node, "classes_strings");
    if (classes == NULL || classes->kind != SDX_ATTR_STRINGS) return NULL;
    const sdx_attr strings = *classes;
    const sdx_type *const type =
        u->node->n_inputs > 0 && u->node->inputs[0] != NULL ? u->node->inputs[0]->type : NULL;
    const bool back = type != NULL && sdx_type_leaf(type) == SDX_INT64;
    int64_t *positions;
    SDX_TRY(SDX_ARENA_NEW(u->node->graph->ir->arena, strings.n + 1, &positions));
    for (size_t i = 0; i < strings.n; i++) {
        positions[i] = (int64_t)i;
    }
    const sdx_attr ints = {.kind = SDX_ATTR_INTS, .n = strings.n, .ints = positions};
    sdx_node_drop_attr(u->node, "classes_strings");
    SDX_TRY(sdx_node_set_attr(u->node, back ? "values_strings" : "keys_strings", strings));
    return sdx_node_set_attr(u->node, back ? "keys_int64s" : "values_int64s", ints);
}
static const sdx_upgrade_rule upgrades[] = {{.below = 2, .apply = from_1}};

/* The one of four attributes that a node has, as a list of elements. */
static sdx_status form_of(const sdx_node *node, size_t first, sdx_view *view) {
    static const sdx_dtype dtypes[N_FORMS] = {SDX_UNDEFINED, SDX_STRING, SDX_INT64, SDX_FLOAT32};
    size_t found = 0;
    for (size_t f = 0; f < N_FORMS; f++) {
        const sdx_attr *const attr = sdx_node_attr(node, first + f);
        if (attr->kind == SDX_ATTR_ABSENT) continue;
        found++;
        if (attr->kind == SDX_ATTR_TENSOR) {
            *view = *attr->tensor;
            continue;
        }
        const int64_t n = (int64_t)attr->n;
        SDX_TRY(sdx_view_init(view, dtypes[f], 1, &n));
        view->data = (void *)(uintptr_t)attr->ints;
    }
    if (found == 1) return NULL;
    return sdx_fail(SDX_INVALID_MODEL, "attributes '%s' and its kind: found %zu, expected just one",
                    attrs[first].name, found);
}

static sdx_status forms_of(const sdx_node *node, sdx_view *keys, sdx_view *values) {
    SDX_TRY(form_of(node, KEYS_TENSOR, keys));
    SDX_TRY(form_of(node, VALUES_TENSOR, values));
    if (keys->len == values->len) return NULL;
    return sdx_fail(SDX_INVALID_MODEL, "found %zu keys and %zu values, expected as many", keys->len,
                    values->len);
}

static sdx_status infer(sdx_infer *in) {
    sdx_view keys, values;
    const sdx_dtype dtype = sdx_infer_dtype(in, 0);
    SDX_TRY(forms_of(in->node, &keys, &values));
    if (dtype != SDX_UNDEFINED && dtype != keys.dtype)
        return sdx_fail(SDX_TYPE_MISMATCH, "input 'X': found %s, expected %s as the keys are",
                        sdx_dtype_name(dtype), sdx_dtype_name(keys.dtype));
    sdx_infer_set_dtype(in, 0, values.dtype);
    if (!sdx_infer_ranked(in, 0)) return NULL;
    return sdx_infer_set_shape(in, 0, (size_t)in->in[0].rank, in->in[0].dims);
}

/* ---- prepare */

typedef struct encoder {
    sdx_map map; /* key -> its value among `values`; its entries lie in the arena */
    const char *values;
    const char *otherwise; /* the default */
    size_t size;           /* of a value */
    sdx_dtype keys;
} encoder;

static uint64_t bits_of(const sdx_view *view, size_t i) {
    if (sdx_dtype_kind_of(view->dtype) != SDX_KIND_FLOAT) return (uint64_t)sdx_view_int(view, i);
    double x = sdx_view_double(view, i);
    uint64_t bits;
    if (isnan(x)) return UINT64_MAX;
    x += 0.0; /* -0 becomes 0 */
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static sdx_status fill_map(encoder *e, const sdx_view *keys, sdx_arena *arena) {
    uint64_t *bits = NULL;
    if (keys->dtype != SDX_STRING) SDX_TRY(SDX_ARENA_NEW(arena, keys->len + 1, &bits));
    for (size_t i = 0; i < keys->len; i++) {
        sdx_str key;
        if (bits != NULL) {
            bits[i] = bits_of(keys, i);
            key = (sdx_str){(const char *)&bits[i], sizeof *bits};
        } else {
            key = ((const sdx_str *)keys->data)[i];
        }
        SDX_TRY(sdx_map_put(&e->map, key, (void *)(uintptr_t)(e->values + i * e->size)));
    }
    return NULL;
}

/* The default as an element of the values' type. */
static sdx_status make_default(const sdx_node *node, sdx_dtype dtype, sdx_arena *arena,
                               const char **out) {
    const sdx_attr *const tensor = sdx_node_attr(node, DEFAULT_TENSOR);
    sdx_view view;
    SDX_TRY(sdx_view_init(&view, dtype, 0, NULL));
    SDX_TRY(sdx_arena_alloc(arena, 1, sizeof(sdx_str), &view.data));
    *out = view.data;
    if (tensor->kind == SDX_ATTR_TENSOR) {
        char text[160];
        if (tensor->tensor->len != 1 || tensor->tensor->dtype != dtype)
            return sdx_fail(SDX_INVALID_MODEL,
                            "attribute 'default_tensor': found %s, expected one element of %s",
                            sdx_view_text(tensor->tensor, text, sizeof text),
                            sdx_dtype_name(dtype));
        memcpy(view.data, tensor->tensor->data, sdx_dtype_size(dtype));
    } else if (dtype == SDX_STRING) {
        *(sdx_str *)view.data = sdx_node_str(node, DEFAULT_STRING);
    } else if (dtype == SDX_INT64) {
        *(int64_t *)view.data = sdx_node_int(node, DEFAULT_INT);
    } else if (sdx_dtype_kind_of(dtype) == SDX_KIND_FLOAT) {
        sdx_view_set_double(&view, 0, (double)sdx_node_float(node, DEFAULT_FLOAT));
    } else {
        sdx_view_set_double(&view, 0, (double)sdx_node_int(node, DEFAULT_INT));
    }
    return NULL;
}

static sdx_status prepare(sdx_prepare *p) {
    encoder *e;
    sdx_view keys, values;
    SDX_TRY(forms_of(p->node, &keys, &values));
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &e));
    e->values = values.data;
    e->size = sdx_dtype_size(values.dtype);
    e->keys = keys.dtype;
    SDX_TRY(make_default(p->node, values.dtype, p->arena, &e->otherwise));
    p->prepared = e;
    SDX_TRY(sdx_lookup_init(&e->map, keys.len, p->arena));
    return fill_map(e, &keys, p->arena);
}

/* ---- run */

static void encode(void *arg, size_t begin, size_t end, unsigned lane) {
    const sdx_call *const c = arg;
    const encoder *const e = c->prepared;
    const sdx_view *const x = c->in[0];
    char *const out = c->out[0]->data;
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        uint64_t bits;
        sdx_str key = {(const char *)&bits, sizeof bits};
        if (x->dtype == SDX_STRING)
            key = ((const sdx_str *)x->data)[i];
        else
            bits = bits_of(x, i);
        const char *const found = sdx_map_get(&e->map, key);
        memcpy(out + i * e->size, found != NULL ? found : e->otherwise, e->size);
    }
}

static sdx_status run(const sdx_call *c) {
    if (c->in[0]->len > 0)
        sdx_call_for(c, c->in[0]->len, sdx_grain(32), encode, (void *)(uintptr_t)c);
    return NULL;
}

const sdx_op sdx_op_label_encoder = {
    .name = "LabelEncoder",
    .domain = "ai.onnx.ml",
    .since = 1,
    .newest = 4,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    SDX_ROWS(upgrades, upgrades),
    .infer = infer,
    .prepare = prepare,
    .run = run,
};
