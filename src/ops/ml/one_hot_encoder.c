/* OneHotEncoder: each element becomes a row of zeros with a one at its category. */
#include <string.h>

#include "ops/common/lookup.h"
#include "ops/ml/features.h"
#include "ops/ml/labels.h"

enum { ZEROS, STRINGS, INTS };

static const sdx_port inputs[] = {
    {.name = "X", .var = "T", .types = SDX_ML_NUMBERS | SDX_T(STRING)}};
static const sdx_port outputs[] = {{.name = "Y", .var = "F", .types = SDX_T(FLOAT32)}};
static const sdx_attr_def attrs[] = {
    [ZEROS] = SDX_ATTR_I("zeros", 1),
    [STRINGS] = SDX_ATTR_OPT("cats_strings", SDX_ATTR_STRINGS),
    [INTS] = SDX_ATTR_OPT("cats_int64s", SDX_ATTR_INTS),
};

static sdx_status infer(sdx_infer *in) {
    const sdx_attr *cats;
    const sdx_dtype dtype = sdx_infer_dtype(in, 0);
    sdx_dim dims[SDX_MAX_RANK + 1];
    SDX_TRY(sdx_labels_of(in->node, INTS, STRINGS, &cats));
    if (dtype != SDX_UNDEFINED && (dtype == SDX_STRING) != (cats->kind == SDX_ATTR_STRINGS))
        return sdx_fail(SDX_TYPE_MISMATCH, "input 'X': found %s, expected %s as the categories are",
                        sdx_dtype_name(dtype),
                        cats->kind == SDX_ATTR_STRINGS ? "string" : "a type of numbers");
    if (!sdx_infer_ranked(in, 0)) return NULL;
    const size_t rank = (size_t)in->in[0].rank;
    memcpy(dims, in->in[0].dims, rank * sizeof *dims);
    dims[rank] = (int64_t)cats->n;
    return sdx_infer_set_shape(in, 0, rank + 1, dims);
}

typedef struct encoder {
    sdx_map places; /* category -> its entry in `index` */
    size_t *index;
    size_t n;
} encoder;

static sdx_status prepare(sdx_prepare *p) {
    const sdx_attr *cats;
    encoder *e;
    SDX_TRY(sdx_labels_of(p->node, INTS, STRINGS, &cats));
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &e));
    SDX_TRY(SDX_ARENA_NEW(p->arena, cats->n, &e->index));
    SDX_TRY(sdx_lookup_init(&e->places, cats->n, p->arena));
    e->n = cats->n;
    for (size_t i = 0; i < cats->n; i++) {
        e->index[i] = i;
        SDX_TRY(sdx_map_put(&e->places, sdx_labels_key(cats, i), &e->index[i]));
    }
    p->prepared = e;
    return NULL;
}

/* The category of element i; NULL: none. ONNX: OneHotEncoder-1 "the data will be cast to integers".
 */
static const size_t *category(const encoder *e, const sdx_view *x, size_t i) {
    int64_t number;
    if (x->dtype == SDX_STRING) return sdx_map_get(&e->places, ((const sdx_str *)x->data)[i]);
    if (sdx_dtype_kind_of(x->dtype) == SDX_KIND_FLOAT) {
        const double d = sdx_view_double(x, i);
        if (!(d > -0x1p63 && d < 0x1p63)) return NULL;
        number = (int64_t)d;
    } else {
        number = sdx_view_int(x, i);
    }
    return sdx_map_get(&e->places, (sdx_str){(const char *)&number, sizeof number});
}

static void encode(void *arg, size_t begin, size_t end, unsigned lane) {
    const sdx_call *const c = arg;
    const encoder *const e = c->prepared;
    float *const y = c->out[0]->data;
    (void)lane;
    memset(y + begin * e->n, 0, (end - begin) * e->n * sizeof *y);
    for (size_t i = begin; i < end; i++) {
        const size_t *const place = category(e, c->in[0], i);
        if (place != NULL) y[i * e->n + *place] = 1.0f;
    }
}

static sdx_status run(const sdx_call *c) {
    const encoder *const e = c->prepared;
    const sdx_view *const x = c->in[0];
    for (size_t i = 0; i < x->len && sdx_node_int(c->node, ZEROS) == 0; i++)
        if (category(e, x, i) == NULL)
            return sdx_fail(SDX_OUT_OF_RANGE,
                            "input 'X'[%zu]: found an element that is no category, expected one as "
                            "'zeros' is 0",
                            i);
    if (x->len > 0) sdx_call_for(c, x->len, sdx_grain(32 + e->n), encode, (void *)(uintptr_t)c);
    return NULL;
}

const sdx_op sdx_op_one_hot_encoder = {
    .name = "OneHotEncoder",
    .domain = "ai.onnx.ml",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .infer = infer,
    .prepare = prepare,
    .run = run,
};
