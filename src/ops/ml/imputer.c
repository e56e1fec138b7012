/* Imputer: elements that equal one value are replaced, by one value or by that of their column. */
#include <math.h>

#include "ops/ml/features.h"

enum { REPLACED_INT, IMPUTED_INTS, REPLACED_FLOAT, IMPUTED_FLOATS };

static const sdx_port inputs[] = {{.name = "X", .var = "T", .types = SDX_ML_NUMBERS}};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = SDX_ML_NUMBERS}};
static const sdx_attr_def attrs[] = {
    [REPLACED_INT] = SDX_ATTR_I("replaced_value_int64", 0),
    [IMPUTED_INTS] = SDX_ATTR_OPT("imputed_value_int64s", SDX_ATTR_INTS),
    [REPLACED_FLOAT] = SDX_ATTR_F("replaced_value_float", 0.0f),
    [IMPUTED_FLOATS] = SDX_ATTR_OPT("imputed_value_floats", SDX_ATTR_FLOATS),
};

/* Which value is replaced by which: those of the elements' kind count. */
typedef struct imputation {
    int64_t replaced_int;
    float replaced_float;
    const int64_t *ints;
    const float *floats;
    size_t n; /* values: 1, or one for each column */
} imputation;

#define T float
#define NAME impute_f32
#define REPLACED replaced_float
#define IMPUTED floats
#include "ops/ml/imputer_tmpl.h"

#define T double
#define NAME impute_f64
#define REPLACED replaced_float
#define IMPUTED floats
#include "ops/ml/imputer_tmpl.h"

#define T int32_t
#define NAME impute_i32
#define REPLACED replaced_int
#define IMPUTED ints
#include "ops/ml/imputer_tmpl.h"

#define T int64_t
#define NAME impute_i64
#define REPLACED replaced_int
#define IMPUTED ints
#include "ops/ml/imputer_tmpl.h"

typedef void impute_fn(const void *from, void *to, size_t begin, size_t n, const imputation *how);

typedef struct imputing {
    const sdx_call *c;
    impute_fn *fn;
    imputation how;
} imputing;

static void some(void *arg, size_t begin, size_t end, unsigned lane) {
    const imputing *const i = arg;
    (void)lane;
    i->fn(i->c->in[0]->data, i->c->out[0]->data, begin, end - begin, &i->how);
}

/* ONNX: Imputer-1 "the imputed values must all fit within the width of the element type". */
static sdx_status check_width(const sdx_node *node) {
    const sdx_attr *const values = sdx_node_attr(node, IMPUTED_INTS);
    for (size_t i = 0; i < values->n; i++)
        if (values->ints[i] != (int32_t)values->ints[i])
            return sdx_fail(SDX_INVALID_MODEL,
                            "attribute 'imputed_value_int64s'[%zu]: found %lld, expected a value "
                            "of int32 as 'X' has",
                            i, (long long)values->ints[i]);
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    static impute_fn *const functions[] = {[SDX_FLOAT32] = impute_f32,
                                           [SDX_FLOAT64] = impute_f64,
                                           [SDX_INT32] = impute_i32,
                                           [SDX_INT64] = impute_i64};
    const sdx_view *const x = c->in[0];
    const size_t columns = sdx_features_count(x);
    const bool floats = sdx_dtype_kind_of(x->dtype) == SDX_KIND_FLOAT;
    const size_t values = floats ? IMPUTED_FLOATS : IMPUTED_INTS;
    const sdx_attr *const list = sdx_node_attr(c->node, values);
    imputing job = {.c = c,
                    .fn = functions[x->dtype],
                    .how = {.replaced_int = sdx_node_int(c->node, REPLACED_INT),
                            .replaced_float = sdx_node_float(c->node, REPLACED_FLOAT),
                            .ints = list->ints,
                            .floats = list->floats,
                            .n = list->n}};
    if (list->n != 1 && (list->n == 0 || list->n != columns))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute '%s': found %zu values, expected 1 or %zu, the columns of 'X'",
                        attrs[values].name, list->n, columns);
    if (x->dtype == SDX_INT32) SDX_TRY(check_width(c->node));
    if (x->len > 0) sdx_call_for(c, x->len, sdx_grain(1), some, &job);
    return NULL;
}

const sdx_op sdx_op_imputer = {
    .name = "Imputer",
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
