/* TreeEnsembleClassifier: a score for each class, and the label of the best one. Where there are
 * two classes and all votes are for one of them, its score decides alone; votes for the first are
 * as exporters write the score of the second. */
#include "ops/ml/features.h"
#include "ops/ml/labels.h"
#include "ops/ml/trees.h"

enum { LABELS_INTS = SDX_TREE_N_ALIKE, LABELS_STRINGS };
enum { OUT_LABEL, OUT_SCORES };

static const sdx_port inputs[] = {{.name = "X", .var = "T1", .types = SDX_ML_NUMBERS}};
static const sdx_port outputs[] = {
    {.name = "Y", .var = "T2", .types = SDX_T(INT64) | SDX_T(STRING)},
    {.name = "Z", .var = "F", .types = SDX_T(FLOAT32)},
};
static const sdx_attr_def attrs[] = {
    SDX_TREE_ATTRS("class"),
    [LABELS_INTS] = SDX_ATTR_OPT("classlabels_int64s", SDX_ATTR_INTS),
    [LABELS_STRINGS] = SDX_ATTR_OPT("classlabels_strings", SDX_ATTR_STRINGS),
};

typedef struct classifier {
    sdx_trees trees;
    const sdx_attr *labels;
    bool binary;      /* two classes, votes for one only: */
    size_t voted;     /* for this one */
    bool probability; /* scores are in [0, 1]: no weight is negative, and no logistic follows */
} classifier;

static sdx_status infer(sdx_infer *in) {
    const sdx_attr *labels;
    SDX_TRY(sdx_labels_of(in->node, LABELS_INTS, LABELS_STRINGS, &labels));
    sdx_infer_set_dtype(in, OUT_LABEL, sdx_labels_dtype(labels));
    SDX_TRY(sdx_features_infer(in, OUT_LABEL, 0));
    return sdx_features_infer(in, OUT_SCORES, (int64_t)labels->n);
}

static void look_at_votes(classifier *k) {
    const sdx_trees *const t = &k->trees;
    k->probability = t->post != SDX_POST_LOGISTIC;
    k->binary = t->n_targets == 2 && t->n_base < 2;
    k->voted = t->n_votes > 0 ? t->votes[0].target : 0;
    for (size_t v = 0; v < t->n_votes; v++) {
        k->probability = k->probability && t->votes[v].weight >= 0.0;
        k->binary = k->binary && t->votes[v].target == k->voted;
    }
}

static sdx_status prepare(sdx_prepare *p) {
    classifier *k;
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &k));
    SDX_TRY(sdx_labels_of(p->node, LABELS_INTS, LABELS_STRINGS, &k->labels));
    sdx_trees *const t = &k->trees;
    t->n_targets = k->labels->n;
    t->aggregate = SDX_TREE_SUM;
    SDX_TRY(sdx_trees_from_table(p->node, p->arena, t));
    look_at_votes(k);
    if (t->n_base != 0 && t->n_base != t->n_targets && !(k->binary && t->n_base == 1))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'base_values': found %zu values, expected none or %zu",
                        t->n_base, t->n_targets);
    p->prepared = k;
    return NULL;
}

/* What adds up to 0.5, or to another score, but for float64's last bits does not win by them. */
static double rounded(double score) { return (double)(float)score; }

static size_t score_all(const sdx_trees *t, double *scores) {
    for (size_t k = 0; k < t->n_targets; k++) {
        scores[k] = rounded(scores[k] + (t->n_base > 0 ? t->base[k] : 0.0));
    }
    const size_t best = sdx_scores_best(scores, t->n_targets);
    sdx_post_transform_apply(t->post, scores, t->n_targets);
    return best;
}

/* Both scores from the one that votes are for: 0.5 decides if it is a probability, else 0. Votes
 * for the second class leave the first at 0. Votes for the first are the score of the second: of a
 * probability the other class has the rest of 1, else it has the negative score, and transforms
 * over several classes leave the two alone. */
static size_t score_two(const classifier *k, double score, double *both) {
    const sdx_post_transform post = k->trees.post;
    const bool alone = k->voted == 0 && (post == SDX_POST_SOFTMAX || post == SDX_POST_SOFTMAX_ZERO);
    both[0] = k->voted == 1 ? 0.0 : k->probability ? 1.0 - score : -score;
    both[1] = score;
    if (!alone) sdx_post_transform_apply(post, both, 2);
    return score > (k->probability ? 0.5 : 0.0);
}

static void finish(void *arg, size_t r, double *scores, const uint8_t *voted) {
    const sdx_call *const c = arg;
    const classifier *const k = c->prepared;
    const sdx_trees *const t = &k->trees;
    sdx_view *const labels = sdx_call_out(c, OUT_LABEL), *const all = sdx_call_out(c, OUT_SCORES);
    const double base = t->n_base == 1 ? t->base[0] : 0.0;
    (void)voted;
    const size_t best =
        k->binary ? score_two(k, rounded(scores[k->voted] + base), scores) : score_all(t, scores);
    if (labels != NULL) sdx_labels_put(k->labels, best, labels, r);
    for (size_t i = 0; i < t->n_targets && all != NULL; i++) {
        ((float *)all->data)[r * t->n_targets + i] = (float)scores[i];
    }
}

static sdx_status run(const sdx_call *c) {
    const classifier *const k = c->prepared;
    return sdx_trees_run(c, &k->trees, finish, (void *)(uintptr_t)c);
}

const sdx_op sdx_op_tree_ensemble_classifier = {
    .name = "TreeEnsembleClassifier",
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
