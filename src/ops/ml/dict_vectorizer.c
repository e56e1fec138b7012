/* DictVectorizer: the values of a map in the order of a vocabulary; 0 or "" for keys that are not
 * in the map. Keys that are not in the vocabulary are left out. */
#include <string.h>

#include "base/map.h"
#include "ops/ml/features.h"
#include "ops/ml/labels.h"

enum { INTS, STRINGS };

static const sdx_port inputs[] = {{.name = "X", .var = "T1", .types = SDX_T_MAP}};
static const sdx_port outputs[] = {
    {.name = "Y", .var = "T2", .types = SDX_T(INT64) | SDX_T_FLOATS32 | SDX_T(STRING)}};
static const sdx_attr_def attrs[] = {[INTS] = SDX_ATTR_OPT("int64_vocabulary", SDX_ATTR_INTS),
                                     [STRINGS] =
                                         SDX_ATTR_OPT("string_vocabulary", SDX_ATTR_STRINGS)};

static sdx_status infer(sdx_infer *in) {
    const sdx_type *const type = in->in[0].type;
    const sdx_attr *words;
    char text[64];
    SDX_TRY(sdx_labels_of(in->node, INTS, STRINGS, &words));
    if (type != NULL && type->kind == SDX_MAP) {
        if (type->dtype != sdx_labels_dtype(words))
            return sdx_fail(
                SDX_TYPE_MISMATCH, "input 'X': found %s, expected keys of %s as the vocabulary has",
                sdx_type_text(type, text, sizeof text), sdx_dtype_name(sdx_labels_dtype(words)));
        sdx_infer_set_dtype(in, 0, sdx_type_leaf(type));
    }
    const sdx_dim dims[] = {1, (int64_t)words->n};
    return sdx_infer_set_shape(in, 0, 2, dims);
}

static sdx_str key_at(const sdx_view *keys, size_t i) {
    if (keys->dtype == SDX_STRING) return ((const sdx_str *)keys->data)[i];
    return (sdx_str){(const char *)keys->data + i * sizeof(int64_t), sizeof(int64_t)};
}

/* Where the value of each key of X stands. */
static sdx_status index_keys(sdx_map *map, const sdx_view *keys, const sdx_view *values) {
    const size_t size = sdx_dtype_size(values->dtype);
    for (size_t i = 0; i < keys->len; i++) {
        SDX_TRY(sdx_map_put(map, key_at(keys, i), (char *)values->data + i * size));
    }
    return NULL;
}

static sdx_status vectorize(const sdx_call *c, const sdx_attr *words, sdx_map *map,
                            const sdx_view *keys, const sdx_view *values) {
    const int64_t dims[] = {1, (int64_t)words->n};
    const size_t size = sdx_dtype_size(values->dtype);
    sdx_view *out;
    SDX_TRY(index_keys(map, keys, values));
    SDX_TRY(sdx_call_output(c, 0, values->dtype, 2, dims, &out));
    memset(out->data, 0, words->n * size);
    for (size_t i = 0; i < words->n; i++) {
        const void *const value = sdx_map_get(map, sdx_labels_key(words, i));
        if (value != NULL) memcpy((char *)out->data + i * size, value, size);
    }
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    sdx_value *x;
    const sdx_attr *words;
    SDX_TRY(sdx_call_need_value(c, 0, &x));
    SDX_TRY(sdx_labels_of(c->node, INTS, STRINGS, &words));
    if (x->kind != SDX_MAP)
        return sdx_fail(SDX_TYPE_MISMATCH, "input 'X': found no map, expected one");
    const sdx_view *const keys = &x->items[0]->view, *const values = &x->items[1]->view;
    if (keys->dtype != sdx_labels_dtype(words) || values->len != keys->len)
        return sdx_fail(SDX_TYPE_MISMATCH,
                        "input 'X': found %zu keys of %s and %zu values, expected keys of %s with "
                        "one value each",
                        keys->len, sdx_dtype_name(keys->dtype), values->len,
                        sdx_dtype_name(sdx_labels_dtype(words)));
    sdx_map map;
    sdx_map_init(&map, sdx_store_heap(c->store));
    const sdx_status status = vectorize(c, words, &map, keys, values);
    sdx_map_deinit(&map);
    return status;
}

const sdx_op sdx_op_dict_vectorizer = {
    .name = "DictVectorizer",
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
