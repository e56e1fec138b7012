/* ZipMap: each row becomes a map from class label to its number. */
#include "ops/common/piece.h"
#include "ops/ml/features.h"
#include "ops/ml/labels.h"

enum { KEYS_INTS, KEYS_STRINGS };

static const sdx_port inputs[] = {{.name = "X", .var = "F", .types = SDX_T(FLOAT32)}};
static const sdx_port outputs[] = {{.name = "Z", .var = "T", .types = SDX_T_SEQUENCE}};
static const sdx_attr_def attrs[] = {
    [KEYS_INTS] = SDX_ATTR_OPT("classlabels_int64s", SDX_ATTR_INTS),
    [KEYS_STRINGS] = SDX_ATTR_OPT("classlabels_strings", SDX_ATTR_STRINGS)};

static const sdx_type number = {SDX_TENSOR, SDX_FLOAT32, NULL};
static const sdx_type int_map = {SDX_MAP, SDX_INT64, &number};
static const sdx_type string_map = {SDX_MAP, SDX_STRING, &number};
static const sdx_type int_maps = {SDX_SEQUENCE, SDX_UNDEFINED, &int_map};
static const sdx_type string_maps = {SDX_SEQUENCE, SDX_UNDEFINED, &string_map};

static sdx_status infer(sdx_infer *in) {
    const sdx_attr *labels;
    SDX_TRY(sdx_labels_of(in->node, KEYS_INTS, KEYS_STRINGS, &labels));
    if (in->n_out > 0)
        in->out[0].type = sdx_labels_dtype(labels) == SDX_INT64 ? &int_maps : &string_maps;
    return NULL;
}

/* All maps share one tensor of keys. */
static sdx_status make_keys(const sdx_call *c, size_t n, sdx_value **out) {
    const sdx_attr *labels;
    const int64_t len = (int64_t)n;
    SDX_TRY(sdx_labels_of(c->node, KEYS_INTS, KEYS_STRINGS, &labels));
    if (labels->n != n)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'X': found %zu columns, expected %zu labels", n,
                        labels->n);
    sdx_view view;
    SDX_TRY(sdx_view_init(&view, sdx_labels_dtype(labels), 1, &len));
    view.data = (void *)(uintptr_t)labels->ints;
    sdx_value *keys;
    SDX_TRY(sdx_value_copy(c->store, &view, &keys));
    *out = keys;
    return NULL;
}

static sdx_status make_map(const sdx_call *c, sdx_value *keys, size_t row, sdx_value **out) {
    const sdx_view *const x = c->in[0];
    sdx_value *values;
    if (x->rank == 2)
        SDX_TRY(sdx_piece(c->store, x, 0, row, 1, true, &values));
    else
        SDX_TRY(sdx_value_copy(c->store, x, &values));
    const sdx_status status = sdx_value_map(c->store, keys, values, out);
    sdx_value_release(values);
    return status;
}

static sdx_status make_maps(const sdx_call *c, sdx_value *keys, sdx_value **maps, size_t n) {
    sdx_value *result;
    for (size_t r = 0; r < n; r++) {
        SDX_TRY(make_map(c, keys, r, &maps[r]));
    }
    SDX_TRY(sdx_value_sequence(c->store, SDX_MAP, SDX_FLOAT32, maps, n, &result));
    return sdx_call_set_value(c, 0, result);
}

static sdx_status run(const sdx_call *c) {
    char text[160];
    const sdx_view *const x = c->in[0];
    sdx_heap *const heap = sdx_store_heap(c->store);
    if (x->rank != 1 && x->rank != 2)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'X': found %s, expected [rows,columns]",
                        sdx_view_text(x, text, sizeof text));
    const size_t n = sdx_features_rows(x);
    sdx_value *keys, **maps;
    SDX_TRY(make_keys(c, sdx_features_count(x), &keys));
    sdx_status status = SDX_NEW_ARRAY(heap, n, &maps);
    if (status == NULL) {
        status = make_maps(c, keys, maps, n);
        for (size_t r = 0; r < n; r++) {
            sdx_value_release(maps[r]);
        }
        sdx_heap_free(heap, maps, n * sizeof *maps);
    }
    sdx_value_release(keys);
    return status;
}

const sdx_op sdx_op_zip_map = {
    .name = "ZipMap",
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
