/* Ensembles of random trees, walked as the attributes say and nothing else: every mode, missing
 * values, equal and infinite thresholds, chains, leaves with several votes, blocks of rows. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "op_test.h"

enum { TREES = 21, MAX_INNER = 40, MAX_NODES = TREES * (2 * MAX_INNER + 1), FEATURES = 5 };
enum { MAX_ROWS = 70, MAX_TARGETS = 3 };

typedef struct forest {
    int64_t tree[MAX_NODES], id[MAX_NODES], feature[MAX_NODES], yes[MAX_NODES], no[MAX_NODES];
    int64_t nan_is_true[MAX_NODES], target[MAX_NODES];
    float value[MAX_NODES], weight[MAX_NODES];
    const char *mode[MAX_NODES];
    int64_t leaf_tree[MAX_NODES], leaf_id[MAX_NODES];
    size_t first[TREES], n, n_votes;
} forest;

static const float numbers[] = {-INFINITY, -2, -1, -FLT_MIN, -0.0f, 0, FLT_MIN, 0.5f, 1, INFINITY};
static const char *const modes[] = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GT",
                                    "BRANCH_GTE", "BRANCH_EQ", "BRANCH_NEQ"};

static uint32_t state;

static uint32_t below(uint32_t n) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % n;
}

static float any_number(void) { return numbers[below(sizeof numbers / sizeof *numbers)]; }

/* What kinds of trees there are. */
typedef struct recipe {
    uint32_t first_mode, n_modes;
    bool missing, votes; /* missing values have a way of their own; leaves vote several times */
    bool odd;            /* a threshold that no float32 holds */
    size_t targets;
    const char *aggregate;
} recipe;

static void vote(forest *f, size_t leaf, const recipe *r) {
    const size_t n = r->votes ? below(3) : 1;
    for (size_t i = 0; i < n && f->n_votes < MAX_NODES; i++) {
        f->leaf_tree[f->n_votes] = f->tree[leaf];
        f->leaf_id[f->n_votes] = f->id[leaf];
        f->target[f->n_votes] = below((uint32_t)r->targets);
        f->weight[f->n_votes++] = (float)((int)below(64) - 32) / 8;
    }
}

/* A leaf becomes an inner node until there are enough: any leaf, or the newest, which makes
 * chains. */
static void grow(forest *f, int64_t tree, const recipe *r) {
    const size_t inner = below(MAX_INNER + 1), root = f->n;
    const bool chain = below(3) == 0;
    f->mode[f->n] = "LEAF";
    f->n++;
    for (size_t i = 0; i < inner;) {
        const size_t at = chain ? f->n - 1 : root + below((uint32_t)(f->n - root));
        if (f->mode[at][0] != 'L') continue;
        f->mode[at] = modes[r->first_mode + below(r->n_modes)];
        f->feature[at] = below(FEATURES);
        f->value[at] = any_number();
        f->nan_is_true[at] = r->missing ? below(2) : 0;
        f->yes[at] = (int64_t)(f->n - root);
        f->no[at] = (int64_t)(f->n + 1 - root);
        f->mode[f->n] = f->mode[f->n + 1] = "LEAF";
        f->n += 2;
        i++;
    }
    for (size_t k = root; k < f->n; k++) {
        f->tree[k] = tree;
        f->id[k] = (int64_t)(k - root);
        if (f->mode[k][0] == 'L') vote(f, k, r);
    }
    f->first[tree] = root;
}

static bool takes_yes(const forest *f, size_t k, double x) {
    const double t = (double)f->value[k];
    const char *const mode = f->mode[k] + 7;
    if (isnan(x)) return f->nan_is_true[k] != 0;
    return mode[0] == 'E'                     ? x == t
           : mode[0] == 'N'                   ? x != t
           : mode[0] == 'L' && mode[1] == 'E' ? x <= t
           : mode[0] == 'L'                   ? x < t
           : mode[2] == 'E'                   ? x >= t
                                              : x > t;
}

static void expect_row(const forest *f, const recipe *r, const double *x, double *scores) {
    bool voted[MAX_TARGETS] = {false};
    for (size_t k = 0; k < r->targets; k++) {
        scores[k] = 0;
    }
    for (size_t i = 0; i < TREES; i++) {
        size_t at = f->first[i];
        while (f->mode[at][0] != 'L') {
            const int64_t to = takes_yes(f, at, x[f->feature[at]]) ? f->yes[at] : f->no[at];
            at = f->first[i] + (size_t)to;
        }
        for (size_t v = 0; v < f->n_votes; v++) {
            if (f->leaf_tree[v] != (int64_t)i || f->leaf_id[v] != f->id[at]) continue;
            double *const score = &scores[f->target[v]];
            const double w = (double)f->weight[v];
            const bool is_max = r->aggregate[1] == 'A', is_min = r->aggregate[1] == 'I';
            if (!voted[f->target[v]] || (is_max && w > *score) || (is_min && w < *score))
                *score = w;
            else if (!is_max && !is_min)
                *score += w;
            voted[f->target[v]] = true;
        }
    }
    for (size_t k = 0; k < r->targets; k++) {
        scores[k] = (double)(float)(r->aggregate[0] == 'A' ? scores[k] / TREES : scores[k]);
    }
}

static op_test *node_of(forest *f, const recipe *r) {
    op_test *const t = op_begin_in("ai.onnx.ml", "TreeEnsembleRegressor", 3);
    op_ints(t, "nodes_treeids", f->n, f->tree);
    op_ints(t, "nodes_nodeids", f->n, f->id);
    op_ints(t, "nodes_featureids", f->n, f->feature);
    op_ints(t, "nodes_truenodeids", f->n, f->yes);
    op_ints(t, "nodes_falsenodeids", f->n, f->no);
    op_ints(t, "nodes_missing_value_tracks_true", f->n, f->nan_is_true);
    if (r->odd) f->value[0] = 1e-45f; /* a denormal */
    op_floats(t, "nodes_values", f->n, f->value);
    op_texts(t, "nodes_modes", f->n, f->mode);
    op_ints(t, "target_treeids", f->n_votes, f->leaf_tree);
    op_ints(t, "target_nodeids", f->n_votes, f->leaf_id);
    op_ints(t, "target_ids", f->n_votes, f->target);
    op_floats(t, "target_weights", f->n_votes, f->weight);
    op_int(t, "n_targets", (int64_t)r->targets);
    op_text(t, "aggregate_function", r->aggregate);
    return t;
}

static void check(forest *f, const recipe *r, sdx_dtype dtype, size_t rows, bool nans) {
    static double x[MAX_ROWS * FEATURES], scores[MAX_ROWS * MAX_TARGETS];
    const bool whole = dtype == SDX_INT32 || dtype == SDX_INT64;
    for (size_t i = 0; i < rows * FEATURES; i++) {
        x[i] = whole ? (double)below(5) - 2 : (double)any_number();
        if (nans && !whole && below(20) == 0) x[i] = NAN;
    }
    op_test *const t = node_of(f, r);
    for (size_t k = 0; k < rows; k++) {
        expect_row(f, r, x + k * FEATURES, scores + k * r->targets);
    }
    op_input(t, dtype, DIMS((int64_t)rows, FEATURES), x);
    op_expect(t, 0, SDX_FLOAT32, DIMS((int64_t)rows, (int64_t)r->targets), scores);
    op_end(t);
}

static void forests(void **unused) {
    static const recipe recipes[] = {
        {0, 1, false, false, false, 1, "SUM"},    {1, 1, false, false, false, 1, "AVERAGE"},
        {0, 4, false, false, false, 1, "SUM"},    {0, 2, true, false, false, 1, "SUM"},
        {0, 4, true, true, false, 3, "SUM"},      {0, 2, false, false, false, 3, "MAX"},
        {0, 6, true, true, false, 2, "MIN"},      {2, 2, true, false, false, 1, "MAX"},
        {2, 2, false, true, false, 1, "AVERAGE"}, {0, 2, false, false, true, 1, "SUM"},
    };
    static const sdx_dtype dtypes[] = {SDX_FLOAT32, SDX_FLOAT32, SDX_FLOAT64, SDX_INT32, SDX_INT64};
    static const size_t rows[] = {1, 7, 8, 70};
    static forest f;
    (void)unused;
    for (uint32_t seed = 1; seed <= 40; seed++) {
        const recipe *const r = &recipes[seed % (sizeof recipes / sizeof *recipes)];
        state = seed;
        f.n = f.n_votes = 0;
        for (int64_t i = 0; i < TREES; i++) {
            grow(&f, i, r);
        }
        for (size_t k = 0; k < 4; k++) {
            const size_t d = below(sizeof dtypes / sizeof *dtypes);
            check(&f, r, dtypes[d], rows[k], seed % 3 != 0);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(forests)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
