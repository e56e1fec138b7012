/* SVMRegressor: the sum of the kernels of a row and the support vectors, weighted; or, of one
 * class, on which side of the boundary the row lies. */
#include "ops/ml/features.h"
#include "ops/ml/scores.h"
#include "ops/ml/svm.h"

enum { COEFFICIENTS, KERNEL_PARAMS, KERNEL_TYPE, N_SUPPORTS, ONE_CLASS, POST, RHO, VECTORS };

static const sdx_port inputs[] = {{.name = "X", .var = "T", .types = SDX_ML_NUMBERS}};
static const sdx_port outputs[] = {{.name = "Y", .var = "F", .types = SDX_T(FLOAT32)}};
static const sdx_attr_def attrs[] = {
    [COEFFICIENTS] = SDX_ATTR_OPT("coefficients", SDX_ATTR_FLOATS),
    [KERNEL_PARAMS] = SDX_ATTR_OPT("kernel_params", SDX_ATTR_FLOATS),
    [KERNEL_TYPE] = SDX_ATTR_S("kernel_type", "LINEAR"),
    [N_SUPPORTS] = SDX_ATTR_I("n_supports", 0),
    [ONE_CLASS] = SDX_ATTR_I("one_class", 0),
    [POST] = SDX_ATTR_S("post_transform", "NONE"),
    [RHO] = SDX_ATTR_OPT("rho", SDX_ATTR_FLOATS),
    [VECTORS] = SDX_ATTR_OPT("support_vectors", SDX_ATTR_FLOATS),
};

static sdx_status infer(sdx_infer *in) { return sdx_features_infer(in, 0, 1); }

typedef struct regressor {
    sdx_svm svm;
    const float *weights; /* of the vectors; NULL: the vector is the weights */
    double rho;
    bool one_class;
    sdx_post_transform post;
} regressor;

static sdx_status prepare(sdx_prepare *p) {
    const sdx_node *const node = p->node;
    const sdx_attr *const weights = sdx_node_attr(node, COEFFICIENTS);
    const int64_t n = sdx_node_int(node, N_SUPPORTS);
    regressor *k;
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &k));
    SDX_TRY(sdx_post_transform_of(sdx_node_str(node, POST), &k->post));
    if (n < 0 || (n > 0 && weights->n != (uint64_t)n))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'n_supports': found %lld for %zu coefficients, expected as many",
                        (long long)n, weights->n);
    if (sdx_node_attr(node, RHO)->n == 0)
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'rho': found none, expected one value");
    SDX_TRY(sdx_svm_of(node, (sdx_svm_attrs){KERNEL_TYPE, KERNEL_PARAMS, VECTORS, COEFFICIENTS},
                       (size_t)n, 1, &k->svm));
    k->weights = n > 0 ? weights->floats : NULL;
    k->rho = (double)sdx_node_attr(node, RHO)->floats[0];
    k->one_class = sdx_node_int(node, ONE_CLASS) != 0;
    p->prepared = k;
    return NULL;
}

static void score_row(const sdx_call *c, size_t r, double *x) {
    const regressor *const k = c->prepared;
    double *const kernels = x + k->svm.n_features;
    double score = k->rho;
    sdx_svm_compare(&k->svm, x, kernels);
    for (size_t v = 0; v < k->svm.n_vectors; v++)
        score += kernels[v] * (k->weights != NULL ? (double)k->weights[v] : 1.0);
    if (k->one_class)
        score = score > 0.0 ? 1.0 : -1.0;
    else
        sdx_post_transform_apply(k->post, &score, 1);
    ((float *)c->out[0]->data)[r] = (float)score;
}

static sdx_status run(const sdx_call *c) {
    const regressor *const k = c->prepared;
    return sdx_svm_rows(c, &k->svm, k->svm.n_features + k->svm.n_vectors, score_row);
}

const sdx_op sdx_op_svm_regressor = {
    .name = "SVMRegressor",
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
