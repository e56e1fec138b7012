/* SVMClassifier: every two classes are compared by the support vectors of both, and each comparison
 * is a vote; or, without support vectors, each class has a linear score of its own. With
 * coefficients of Platt's fit the comparisons become a probability for each class. */
#include <math.h>
#include <string.h>

#include "ops/ml/features.h"
#include "ops/ml/labels.h"
#include "ops/ml/scores.h"
#include "ops/ml/svm.h"

enum {
    LABELS_INTS,
    LABELS_STRINGS,
    COEFFICIENTS,
    KERNEL_PARAMS,
    KERNEL_TYPE,
    POST,
    PROB_A,
    PROB_B,
    RHO,
    VECTORS,
    PER_CLASS
};
enum { OUT_LABEL, OUT_SCORES };

static const sdx_port inputs[] = {{.name = "X", .var = "T1", .types = SDX_ML_NUMBERS}};
static const sdx_port outputs[] = {
    {.name = "Y", .var = "T2", .types = SDX_T(INT64) | SDX_T(STRING)},
    {.name = "Z", .var = "F", .types = SDX_T(FLOAT32)},
};
static const sdx_attr_def attrs[] = {
    [LABELS_INTS] = SDX_ATTR_OPT("classlabels_ints", SDX_ATTR_INTS),
    [LABELS_STRINGS] = SDX_ATTR_OPT("classlabels_strings", SDX_ATTR_STRINGS),
    [COEFFICIENTS] = SDX_ATTR_OPT("coefficients", SDX_ATTR_FLOATS),
    [KERNEL_PARAMS] = SDX_ATTR_OPT("kernel_params", SDX_ATTR_FLOATS),
    [KERNEL_TYPE] = SDX_ATTR_S("kernel_type", "LINEAR"),
    [POST] = SDX_ATTR_S("post_transform", "NONE"),
    [PROB_A] = SDX_ATTR_OPT("prob_a", SDX_ATTR_FLOATS),
    [PROB_B] = SDX_ATTR_OPT("prob_b", SDX_ATTR_FLOATS),
    [RHO] = SDX_ATTR_OPT("rho", SDX_ATTR_FLOATS),
    [VECTORS] = SDX_ATTR_OPT("support_vectors", SDX_ATTR_FLOATS),
    [PER_CLASS] = SDX_ATTR_OPT("vectors_per_class", SDX_ATTR_INTS),
};

typedef struct classifier {
    sdx_svm svm;
    const sdx_attr *labels;
    size_t n_classes;
    size_t n_pairs;            /* of classes that are compared; 0: each has a score of its own */
    const int64_t *per_class;  /* support vectors of each class, which stand together */
    const float *coefficients; /* n_classes - 1 rows of one for each support vector */
    const float *rho;
    const float *prob_a, *prob_b; /* NULL: scores stay as they are */
    sdx_post_transform post;
} classifier;

/* ---- attributes */

/* Support vectors of all classes together. */
static sdx_status count_vectors(const sdx_node *node, size_t n_classes, size_t *total) {
    const sdx_attr *const counts = sdx_node_attr(node, PER_CLASS);
    *total = 0;
    if (counts->n == 0) return NULL;
    if (counts->n != n_classes || n_classes < 2)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'vectors_per_class': found %zu values, expected one for each of "
                        "%zu labels, and two labels at least",
                        counts->n, n_classes);
    for (size_t i = 0; i < counts->n; i++)
        if (counts->ints[i] < 0 || !sdx_add_size(*total, (size_t)counts->ints[i], total))
            return sdx_fail(SDX_INVALID_MODEL,
                            "attribute 'vectors_per_class'[%zu]: found %lld, expected 0 or more", i,
                            (long long)counts->ints[i]);
    return NULL;
}

/* How many scores a row has: one for each pair, of two classes for both; of probabilities and
 * without pairs one for each class. */
static size_t n_scores(size_t n_classes, size_t n_pairs, bool probabilities) {
    return n_pairs < 2 || probabilities ? n_classes : n_pairs;
}

static sdx_status infer(sdx_infer *in) {
    const sdx_attr *labels;
    size_t n_vectors;
    SDX_TRY(sdx_labels_of(in->node, LABELS_INTS, LABELS_STRINGS, &labels));
    SDX_TRY(count_vectors(in->node, labels->n, &n_vectors));
    const size_t pairs = n_vectors > 0 ? labels->n * (labels->n - 1) / 2 : 0;
    const size_t columns = n_scores(labels->n, pairs, sdx_node_attr(in->node, PROB_A)->n > 0);
    sdx_infer_set_dtype(in, OUT_LABEL, sdx_labels_dtype(labels));
    SDX_TRY(sdx_features_infer(in, OUT_LABEL, 0));
    return sdx_features_infer(in, OUT_SCORES, (int64_t)columns);
}

static sdx_status want(const sdx_node *node, size_t attr, size_t n) {
    const size_t found = sdx_node_attr(node, attr)->n;
    if (found >= n) return NULL;
    return sdx_fail(SDX_INVALID_MODEL, "attribute '%s': found %zu values, expected %zu",
                    attrs[attr].name, found, n);
}

static sdx_status take_pairs(const sdx_node *node, size_t n_vectors, classifier *k) {
    size_t n;
    k->n_pairs = k->n_classes * (k->n_classes - 1) / 2;
    if (!sdx_mul_size(k->n_classes - 1, n_vectors, &n)) n = SIZE_MAX;
    SDX_TRY(want(node, COEFFICIENTS, n));
    SDX_TRY(want(node, RHO, k->n_pairs));
    if (sdx_node_attr(node, PROB_A)->n == 0) return NULL;
    SDX_TRY(want(node, PROB_A, k->n_pairs));
    SDX_TRY(want(node, PROB_B, k->n_pairs));
    k->prob_a = sdx_node_attr(node, PROB_A)->floats;
    k->prob_b = sdx_node_attr(node, PROB_B)->floats;
    return NULL;
}

static sdx_status prepare(sdx_prepare *p) {
    const sdx_node *const node = p->node;
    size_t n_vectors;
    classifier *k;
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &k));
    SDX_TRY(sdx_labels_of(node, LABELS_INTS, LABELS_STRINGS, &k->labels));
    k->n_classes = k->labels->n;
    SDX_TRY(count_vectors(node, k->n_classes, &n_vectors));
    SDX_TRY(want(node, RHO, 1));
    if (n_vectors > 0) SDX_TRY(take_pairs(node, n_vectors, k));
    SDX_TRY(sdx_post_transform_of(sdx_node_str(node, POST), &k->post));
    SDX_TRY(sdx_svm_of(node, (sdx_svm_attrs){KERNEL_TYPE, KERNEL_PARAMS, VECTORS, COEFFICIENTS},
                       n_vectors, k->n_classes, &k->svm));
    k->per_class = sdx_node_attr(node, PER_CLASS)->ints;
    k->coefficients = sdx_node_attr(node, COEFFICIENTS)->floats;
    k->rho = sdx_node_attr(node, RHO)->floats;
    p->prepared = k;
    return NULL;
}

/* ---- scores of pairs */

/* The part of a score that the vectors [first, first + n) have, by one row of coefficients. */
static double part_of_score(const classifier *k, const double *kernels, size_t row, size_t first,
                            size_t n) {
    const float *const w = k->coefficients + row * k->svm.n_vectors;
    double sum = 0.0;
    for (size_t v = first; v < first + n; v++)
        sum += (double)w[v] * kernels[v];
    return sum;
}

/* Scores of all pairs of classes i < j: above 0 the vote is for i, else for j. Vectors of a class
 * have a coefficient for each other class: against j they stand in row j - 1, against i in row i.
 */
static void compare_pairs(const classifier *k, const double *kernels, double *scores,
                          double *votes) {
    size_t pair = 0, first_i = 0;
    for (size_t i = 0; i < k->n_classes; i++) {
        const size_t n_i = (size_t)k->per_class[i];
        size_t first_j = first_i + n_i;
        for (size_t j = i + 1; j < k->n_classes; j++) {
            const size_t n_j = (size_t)k->per_class[j];
            const double score = part_of_score(k, kernels, j - 1, first_i, n_i) +
                                 part_of_score(k, kernels, i, first_j, n_j) + (double)k->rho[pair];
            scores[pair++] = score;
            votes[score > 0.0 ? i : j] += 1.0;
            first_j += n_j;
        }
        first_i += n_i;
    }
}

/* ---- probabilities */

/* q, in place of the matrix r of pairwise probabilities: q[t][t] is the sum of the squares of r's
 * column t, q[t][j] is -r[j][t] r[t][j]. */
static void make_quadratic(double *q, const double *r, size_t n) {
    for (size_t t = 0; t < n; t++) {
        q[t * n + t] = 0.0;
        for (size_t j = 0; j < n; j++) {
            if (j == t) continue;
            q[t * n + t] += r[j * n + t] * r[j * n + t];
            q[t * n + j] = -r[j * n + t] * r[t * n + j];
        }
    }
}

static double multiply(const double *q, const double *p, size_t n, double *product) {
    double whole = 0.0;
    for (size_t t = 0; t < n; t++) {
        product[t] = 0.0;
        for (size_t j = 0; j < n; j++)
            product[t] += q[t * n + j] * p[j];
        whole += p[t] * product[t];
    }
    return whole;
}

/* The probabilities p that fit those of the pairs best: p' q p is least where all entries of q p
 * are equal, which coordinate steps come to (Wu, Lin, Weng: Probability Estimates for Multi-class
 * Classification by Pairwise Coupling, 2004, second method). */
static void couple(const double *q, size_t n, double *p, double *product) {
    const size_t most_rounds = n > 100 ? n : 100;
    for (size_t t = 0; t < n; t++)
        p[t] = 1.0 / (double)n;
    for (size_t round = 0; round < most_rounds; round++) {
        double whole = multiply(q, p, n, product), error = 0.0;
        for (size_t t = 0; t < n; t++)
            error = fmax(error, fabs(product[t] - whole));
        if (error < 0.005 / (double)n) return;
        for (size_t t = 0; t < n; t++) {
            const double q_tt = q[t * n + t], step = (whole - product[t]) / q_tt,
                         scale = 1.0 + step;
            p[t] += step;
            whole = (whole + step * (step * q_tt + 2.0 * product[t])) / scale / scale;
            for (size_t j = 0; j < n; j++) {
                product[j] = (product[j] + step * q[t * n + j]) / scale;
                p[j] /= scale;
            }
        }
    }
}

/* Numbers that probabilities are made with: r, q, and the product of q and p. */
static size_t n_coupling(size_t n) { return 2 * n * n + n; }

static void probabilities(const classifier *k, const double *scores, double *work, double *p) {
    const size_t n = k->n_classes;
    double *const r = work, *const q = r + n * n, *const product = q + n * n;
    size_t pair = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++, pair++) {
            const double fit = scores[pair] * (double)k->prob_a[pair] + (double)k->prob_b[pair];
            const double most = 1.0 - 1e-7, chance = 1.0 / (1.0 + exp(fit));
            r[i * n + j] = fmin(fmax(chance, 1e-7), most);
            r[j * n + i] = 1.0 - r[i * n + j];
        }
    make_quadratic(q, r, n);
    couple(q, n, p, product);
}

/* ---- rows */

/* Two classes have one score, with the sign of the second; transforms over several classes leave it
 * alone, as other engines do. */
static void finish_two(sdx_post_transform post, double *scores) {
    const double score = scores[0];
    const bool over_classes = post == SDX_POST_SOFTMAX || post == SDX_POST_SOFTMAX_ZERO;
    scores[0] = over_classes ? 1.0 - score : -score;
    scores[1] = score;
    if (post == SDX_POST_LOGISTIC) sdx_post_transform_apply(post, scores, 2);
    if (post == SDX_POST_PROBIT) sdx_post_transform_apply(post, scores + 1, 1);
    if (post == SDX_POST_PROBIT) scores[0] = -scores[1];
}

static size_t classify_by_pairs(const classifier *k, double *kernels, double *scores) {
    double *const votes = kernels + k->svm.n_vectors, *const work = votes + k->n_classes;
    memset(votes, 0, k->n_classes * sizeof *votes);
    compare_pairs(k, kernels, scores, votes);
    const size_t best = sdx_scores_best(votes, k->n_classes);
    if (k->prob_a != NULL) {
        probabilities(k, scores, work, votes);
        memcpy(scores, votes, k->n_classes * sizeof *scores);
        sdx_post_transform_apply(k->post, scores, k->n_classes);
    } else if (k->n_pairs == 1) {
        finish_two(k->post, scores);
    } else {
        sdx_post_transform_apply(k->post, scores, k->n_pairs);
    }
    return best;
}

/* The first rho counts for all classes. */
static size_t classify_by_scores(const classifier *k, const double *products, double *scores) {
    for (size_t i = 0; i < k->n_classes; i++)
        scores[i] = products[i] + (double)k->rho[0];
    const size_t best = sdx_scores_best(scores, k->n_classes);
    sdx_post_transform_apply(k->post, scores, k->n_classes);
    return best;
}

/* What a row is worked on with: features, scores (of pairs, then of classes), kernels, votes, and
 * what probabilities take. */
static size_t n_work(const classifier *k) {
    const size_t most = k->n_pairs > k->n_classes ? k->n_pairs : k->n_classes;
    return k->svm.n_features + most + k->svm.n_vectors + k->n_classes +
           (k->prob_a != NULL ? n_coupling(k->n_classes) : 0);
}

static void classify_row(const sdx_call *c, size_t r, double *x) {
    const classifier *const k = c->prepared;
    sdx_view *const labels = sdx_call_out(c, OUT_LABEL), *const all = sdx_call_out(c, OUT_SCORES);
    double *const scores = x + k->svm.n_features;
    double *const kernels = scores + (k->n_pairs > k->n_classes ? k->n_pairs : k->n_classes);
    const size_t n = n_scores(k->n_classes, k->n_pairs, k->prob_a != NULL);
    sdx_svm_compare(&k->svm, x, kernels);
    const size_t best = k->n_pairs > 0 ? classify_by_pairs(k, kernels, scores)
                                       : classify_by_scores(k, kernels, scores);
    if (labels != NULL) sdx_labels_put(k->labels, best, labels, r);
    for (size_t i = 0; i < n && all != NULL; i++)
        ((float *)all->data)[r * n + i] = (float)scores[i];
}

static sdx_status run(const sdx_call *c) {
    const classifier *const k = c->prepared;
    return sdx_svm_rows(c, &k->svm, n_work(k), classify_row);
}

const sdx_op sdx_op_svm_classifier = {
    .name = "SVMClassifier",
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
