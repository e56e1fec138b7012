/* Binarizer: is an element greater than a threshold? */
#include "ops/ml/features.h"

enum { THRESHOLD };

#define T float
#define NAME binarize_f32
#include "ops/ml/binarizer_tmpl.h"

#define T double
#define NAME binarize_f64
#include "ops/ml/binarizer_tmpl.h"

#define T int32_t
#define NAME binarize_i32
#include "ops/ml/binarizer_tmpl.h"

#define T int64_t
#define NAME binarize_i64
#include "ops/ml/binarizer_tmpl.h"

static const sdx_port inputs[] = {{.name = "X", .var = "T", .types = SDX_ML_NUMBERS}};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = SDX_ML_NUMBERS}};
static const sdx_attr_def attrs[] = {[THRESHOLD] = SDX_ATTR_F("threshold", 0.0f)};

typedef void binarize_fn(const void *from, void *to, size_t n, double threshold);

typedef struct binarizing {
    const sdx_call *c;
    binarize_fn *fn;
    size_t size;
} binarizing;

static void some(void *arg, size_t begin, size_t end, unsigned lane) {
    const binarizing *const b = arg;
    (void)lane;
    b->fn((const char *)b->c->in[0]->data + begin * b->size,
          (char *)b->c->out[0]->data + begin * b->size, end - begin,
          (double)sdx_node_float(b->c->node, THRESHOLD));
}

static sdx_status run(const sdx_call *c) {
    static binarize_fn *const functions[] = {[SDX_FLOAT32] = binarize_f32,
                                             [SDX_FLOAT64] = binarize_f64,
                                             [SDX_INT32] = binarize_i32,
                                             [SDX_INT64] = binarize_i64};
    const sdx_dtype dtype = c->in[0]->dtype;
    binarizing b = {.c = c, .fn = functions[dtype], .size = sdx_dtype_size(dtype)};
    if (c->in[0]->len > 0) sdx_call_for(c, c->in[0]->len, sdx_grain(1), some, &b);
    return NULL;
}

const sdx_op sdx_op_binarizer = {
    .name = "Binarizer",
    .domain = "ai.onnx.ml",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_INPLACE,
    .infer = sdx_infer_like_first,
    .run = run,
};
