/* FeatureVectorizer: rows of several inputs put side by side as float32. What an input has beyond
 * its place is cut off, what it lacks is 0. */
#include <string.h>

#include "ops/ml/features.h"

enum { SIZES };

static const sdx_port inputs[] = {
    {.name = "X", .var = "T1", .types = SDX_ML_NUMBERS, .flags = SDX_PORT_VARIADIC}};
static const sdx_port outputs[] = {{.name = "Y", .var = "F", .types = SDX_T(FLOAT32)}};
static const sdx_attr_def attrs[] = {[SIZES] = SDX_ATTR_OPT("inputdimensions", SDX_ATTR_INTS)};

/* Columns of input i: 1-D tensors are one row. */
static sdx_dim columns_of(const sdx_infer *in, size_t i) {
    const sdx_fact *const x = &in->in[i];
    sdx_dim columns = 1;
    for (int d = x->rank < 2 ? 0 : 1; d < x->rank; d++)
        columns = sdx_dim_mul(in->dims, columns, x->dims[d]);
    return columns;
}

static sdx_status infer(sdx_infer *in) {
    const sdx_attr *const sizes = sdx_node_attr(in->node, SIZES);
    const bool sized = sdx_node_has(in->node, SIZES);
    sdx_dim dims[2] = {1, 0};
    if (sized && sizes->n != in->n_in)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'inputdimensions': found %zu values, expected %zu, the inputs",
                        sizes->n, in->n_in);
    for (size_t i = 0; i < in->n_in; i++) {
        if (!sdx_infer_ranked(in, i)) return NULL;
        if (sized && sizes->ints[i] < 0)
            return sdx_fail(SDX_INVALID_MODEL,
                            "attribute 'inputdimensions'[%zu]: found %lld, expected 0 or more", i,
                            (long long)sizes->ints[i]);
        const sdx_fact *const x = &in->in[i];
        const sdx_dim rows = x->rank < 2 ? 1 : x->dims[0];
        if (i > 0 && sdx_dim_is_number(rows) && sdx_dim_is_number(dims[0]) && rows != dims[0])
            return sdx_fail(SDX_SHAPE_MISMATCH,
                            "input 'X'[%zu]: found %lld rows, expected %lld as the others have", i,
                            (long long)rows, (long long)dims[0]);
        if (i == 0 || sdx_dim_is_number(rows)) dims[0] = rows;
        dims[1] = sdx_dim_add(in->dims, dims[1], sized ? sizes->ints[i] : columns_of(in, i));
    }
    return sdx_infer_set_shape(in, 0, 2, dims);
}

#define T float
#define TO float
#define READ read_f32
#include "ops/ml/features_tmpl.h"

#define T double
#define TO float
#define READ read_f64
#include "ops/ml/features_tmpl.h"

#define T int32_t
#define TO float
#define READ read_i32
#include "ops/ml/features_tmpl.h"

#define T int64_t
#define TO float
#define READ read_i64
#include "ops/ml/features_tmpl.h"

typedef void read_fn(const void *data, size_t begin, size_t n, float *out);

static size_t columns_in(const sdx_view *x) {
    return x->rank < 2 ? x->len : sdx_view_count(x, 1, x->rank);
}

static void join_rows(void *arg, size_t begin, size_t end, unsigned lane) {
    static read_fn *const functions[] = {[SDX_FLOAT32] = read_f32,
                                         [SDX_FLOAT64] = read_f64,
                                         [SDX_INT32] = read_i32,
                                         [SDX_INT64] = read_i64};
    const sdx_call *const c = arg;
    const sdx_attr *const sizes = sdx_node_attr(c->node, SIZES);
    read_fn *const read = functions[c->in[0]->dtype];
    const size_t width = (size_t)c->out[0]->dims[1];
    (void)lane;
    for (size_t r = begin; r < end; r++) {
        float *y = (float *)c->out[0]->data + r * width;
        memset(y, 0, width * sizeof *y);
        for (size_t i = 0; i < c->n_in; i++) {
            const size_t columns = columns_in(c->in[i]);
            const size_t place = sdx_node_has(c->node, SIZES) ? (size_t)sizes->ints[i] : columns;
            read(c->in[i]->data, r * columns, columns < place ? columns : place, y);
            y += place;
        }
    }
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const y = c->out[0];
    if (y->len > 0)
        sdx_call_for(c, (size_t)y->dims[0], sdx_grain(8 * (size_t)y->dims[1]), join_rows,
                     (void *)(uintptr_t)c);
    return NULL;
}

const sdx_op sdx_op_feature_vectorizer = {
    .name = "FeatureVectorizer",
    .domain = "ai.onnx.ml",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .infer = infer,
    .run = run,
};
