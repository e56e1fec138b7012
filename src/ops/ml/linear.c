/* LinearRegressor, LinearClassifier: products of each row with lists of coefficients, summed in
 * float64. A classifier with one list and two labels scores the second label. */
#include "ops/ml/features.h"
#include "ops/ml/labels.h"
#include "ops/ml/scores.h"

static const sdx_port inputs[] = {{.name = "X", .var = "T1", .types = SDX_ML_NUMBERS}};

typedef struct linear {
    const sdx_call *c;
    const sdx_attr *coefficients, *intercepts, *labels; /* labels: of a classifier */
    size_t features, n;                                 /* n: lists of coefficients */
    size_t columns;                                     /* of the scores */
    sdx_post_transform post;
    double *scratch; /* for each lane a row and its scores */
} linear;

static void score_row(const linear *l, const double *x, double *scores) {
    for (size_t k = 0; k < l->n; k++) {
        const float *const w = l->coefficients->floats + k * l->features;
        double sum = l->intercepts->n > 0 ? (double)l->intercepts->floats[k] : 0.0;
        for (size_t i = 0; i < l->features; i++) {
            sum += x[i] * (double)w[i];
        }
        scores[k] = sum;
    }
}

/* The one score of two classes is that of the second; the first has what is left of 1. Transforms
 * over several classes leave it alone. Returns the class that wins. */
static size_t finish_two(const linear *l, double *scores) {
    const size_t best = scores[0] > 0.0;
    if (l->post == SDX_POST_LOGISTIC || l->post == SDX_POST_PROBIT)
        sdx_post_transform_apply(l->post, scores, 1);
    scores[1] = scores[0];
    scores[0] = 1.0 - scores[1];
    return best;
}

/* The scores in their final form; returns the class that wins. */
static size_t finish_row(const linear *l, double *scores) {
    if (l->columns > l->n) return finish_two(l, scores);
    const size_t best = sdx_scores_best(scores, l->n);
    sdx_post_transform_apply(l->post, scores, l->n);
    return best;
}

static void each_row(void *arg, size_t begin, size_t end, unsigned lane) {
    const linear *const l = arg;
    double *const x = l->scratch + lane * (l->features + l->columns), *const scores =
                                                                          x + l->features;
    sdx_view *const out = sdx_call_out(l->c, l->labels != NULL ? 1 : 0);
    sdx_view *const labels = l->labels != NULL ? sdx_call_out(l->c, 0) : NULL;
    for (size_t r = begin; r < end; r++) {
        sdx_features_read(l->c->in[0], r * l->features, l->features, x);
        score_row(l, x, scores);
        const size_t best = finish_row(l, scores);
        if (labels != NULL) sdx_labels_put(l->labels, best, labels, r);
        for (size_t k = 0; k < l->columns && out != NULL; k++) {
            ((float *)out->data)[r * l->columns + k] = (float)scores[k];
        }
    }
}

static sdx_status run_rows(linear *l) {
    const sdx_call *const c = l->c;
    const size_t rows = sdx_features_rows(c->in[0]);
    size_t n, bytes;
    l->features = sdx_features_count(c->in[0]);
    if (!sdx_mul_size(l->n, l->features, &n) || n != l->coefficients->n)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "attribute 'coefficients': found %zu values, expected %zu for each of %zu "
                        "features",
                        l->coefficients->n, l->n, l->features);
    if (l->intercepts->n != 0 && l->intercepts->n != l->n)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'intercepts': found %zu values, expected none or %zu",
                        l->intercepts->n, l->n);
    if (!sdx_mul_size(l->features + l->columns, c->lanes * sizeof(double), &bytes))
        return sdx_fail(SDX_LIMIT, "found %zu features, more than can be addressed", l->features);
    SDX_TRY(sdx_call_scratch(c, bytes + 1, (void **)&l->scratch));
    sdx_call_for(c, rows, sdx_grain(n + 1), each_row, l);
    return NULL;
}

/* ---- LinearRegressor */

enum { R_COEFFICIENTS, R_INTERCEPTS, R_TARGETS, R_POST };

static const sdx_port regressor_outputs[] = {{.name = "Y", .var = "F", .types = SDX_T(FLOAT32)}};
static const sdx_attr_def regressor_attrs[] = {
    [R_COEFFICIENTS] = SDX_ATTR_OPT("coefficients", SDX_ATTR_FLOATS),
    [R_INTERCEPTS] = SDX_ATTR_OPT("intercepts", SDX_ATTR_FLOATS),
    [R_TARGETS] = SDX_ATTR_I("targets", 1),
    [R_POST] = SDX_ATTR_S("post_transform", "NONE")};

static sdx_status regressor_infer(sdx_infer *in) {
    const int64_t targets = sdx_node_int(in->node, R_TARGETS);
    if (targets < 1)
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'targets': found %lld, expected 1 or more",
                        (long long)targets);
    return sdx_features_infer(in, 0, targets);
}

static sdx_status regressor_run(const sdx_call *c) {
    linear l = {.c = c,
                .coefficients = sdx_node_attr(c->node, R_COEFFICIENTS),
                .intercepts = sdx_node_attr(c->node, R_INTERCEPTS),
                .n = (size_t)sdx_node_int(c->node, R_TARGETS)};
    l.columns = l.n;
    SDX_TRY(sdx_post_transform_of(sdx_node_str(c->node, R_POST), &l.post));
    return run_rows(&l);
}

const sdx_op sdx_op_linear_regressor = {
    .name = "LinearRegressor",
    .domain = "ai.onnx.ml",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, regressor_outputs),
    SDX_ROWS(attrs, regressor_attrs),
    .infer = regressor_infer,
    .run = regressor_run,
};

/* ---- LinearClassifier */

enum { C_COEFFICIENTS, C_INTERCEPTS, C_MULTI_CLASS, C_LABELS_INTS, C_LABELS_STRINGS, C_POST };

static const sdx_port classifier_outputs[] = {
    {.name = "Y", .var = "T2", .types = SDX_T(INT64) | SDX_T(STRING)},
    {.name = "Z", .var = "F", .types = SDX_T(FLOAT32)},
};
static const sdx_attr_def classifier_attrs[] = {
    [C_COEFFICIENTS] = SDX_ATTR_REQ("coefficients", SDX_ATTR_FLOATS),
    [C_INTERCEPTS] = SDX_ATTR_OPT("intercepts", SDX_ATTR_FLOATS),
    [C_MULTI_CLASS] = SDX_ATTR_I("multi_class", 0), /* says how it was trained: changes nothing */
    [C_LABELS_INTS] = SDX_ATTR_OPT("classlabels_ints", SDX_ATTR_INTS),
    [C_LABELS_STRINGS] = SDX_ATTR_OPT("classlabels_strings", SDX_ATTR_STRINGS),
    [C_POST] = SDX_ATTR_S("post_transform", "NONE")};

static sdx_status classifier_infer(sdx_infer *in) {
    const sdx_attr *labels;
    SDX_TRY(sdx_labels_of(in->node, C_LABELS_INTS, C_LABELS_STRINGS, &labels));
    sdx_infer_set_dtype(in, 0, sdx_labels_dtype(labels));
    SDX_TRY(sdx_features_infer(in, 0, 0));
    return sdx_features_infer(in, 1, (int64_t)labels->n);
}

static sdx_status classifier_run(const sdx_call *c) {
    linear l = {.c = c,
                .coefficients = sdx_node_attr(c->node, C_COEFFICIENTS),
                .intercepts = sdx_node_attr(c->node, C_INTERCEPTS)};
    SDX_TRY(sdx_labels_of(c->node, C_LABELS_INTS, C_LABELS_STRINGS, &l.labels));
    const bool one = l.coefficients->n == sdx_features_count(c->in[0]);
    l.columns = l.labels->n;
    l.n = one && l.columns == 2 ? 1 : l.columns;
    SDX_TRY(sdx_post_transform_of(sdx_node_str(c->node, C_POST), &l.post));
    return run_rows(&l);
}

const sdx_op sdx_op_linear_classifier = {
    .name = "LinearClassifier",
    .domain = "ai.onnx.ml",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, classifier_outputs),
    SDX_ROWS(attrs, classifier_attrs),
    .infer = classifier_infer,
    .run = classifier_run,
};
