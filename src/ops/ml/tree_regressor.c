/* TreeEnsembleRegressor: targets are sums (means, extremes) of what the trees say. */
#include "ops/ml/features.h"
#include "ops/ml/trees.h"

enum { AGGREGATE = SDX_TREE_N_ALIKE, N_TARGETS };

static const sdx_port inputs[] = {{.name = "X", .var = "T", .types = SDX_ML_NUMBERS}};
static const sdx_port outputs[] = {{.name = "Y", .var = "F", .types = SDX_T(FLOAT32)}};
static const sdx_attr_def attrs[] = {
    SDX_TREE_ATTRS("target"),
    [AGGREGATE] = SDX_ATTR_S("aggregate_function", "SUM"),
    [N_TARGETS] = SDX_ATTR_I("n_targets", 1),
};

static sdx_status infer(sdx_infer *in) {
    const int64_t n = sdx_node_int(in->node, N_TARGETS);
    if (n < 1)
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'n_targets': found %lld, expected 1 or more",
                        (long long)n);
    return sdx_features_infer(in, 0, n);
}

static sdx_status aggregate_of(sdx_str name, sdx_tree_aggregate *out) {
    static const char *const names[] = {[SDX_TREE_AVERAGE] = "AVERAGE",
                                        [SDX_TREE_SUM] = "SUM",
                                        [SDX_TREE_MIN] = "MIN",
                                        [SDX_TREE_MAX] = "MAX"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!sdx_str_is(name, names[i])) continue;
        *out = (sdx_tree_aggregate)i;
        return NULL;
    }
    return sdx_fail(SDX_INVALID_MODEL,
                    "attribute 'aggregate_function': found '%.*s', expected AVERAGE, SUM, MIN or "
                    "MAX",
                    SDX_FMT(name));
}

static sdx_status prepare(sdx_prepare *p) {
    sdx_trees *t;
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &t));
    t->n_targets = (size_t)sdx_node_int(p->node, N_TARGETS);
    SDX_TRY(aggregate_of(sdx_node_str(p->node, AGGREGATE), &t->aggregate));
    SDX_TRY(sdx_trees_from_table(p->node, p->arena, t));
    if (t->n_base != 0 && t->n_base != t->n_targets)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'base_values': found %zu values, expected none or %zu",
                        t->n_base, t->n_targets);
    p->prepared = t;
    return NULL;
}

/* ONNX: TreeEnsembleRegressor-3 base_values are added after aggregation. */
static void finish(void *arg, size_t r, double *scores, const uint8_t *voted) {
    const sdx_call *const c = arg;
    const sdx_trees *const t = c->prepared;
    float *const y = (float *)c->out[0]->data + r * t->n_targets;
    (void)voted;
    for (size_t k = 0; k < t->n_base; k++) {
        scores[k] += t->base[k];
    }
    sdx_post_transform_apply(t->post, scores, t->n_targets);
    for (size_t k = 0; k < t->n_targets; k++) {
        y[k] = (float)scores[k];
    }
}

static sdx_status run(const sdx_call *c) {
    return sdx_trees_run(c, c->prepared, finish, (void *)(uintptr_t)c);
}

const sdx_op sdx_op_tree_ensemble_regressor = {
    .name = "TreeEnsembleRegressor",
    .domain = "ai.onnx.ml",
    .since = 1,
    .newest = 5,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .infer = infer,
    .prepare = prepare,
    .run = run,
};
