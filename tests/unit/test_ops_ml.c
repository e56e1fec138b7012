/* ai.onnx.ml: trees that are no trees, missing values, transforms, keys that are NaN. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

#define ML "ai.onnx.ml"

/* Node 0 asks feature 1 <= 2.5: node 1 (leaf, 10) or node 2 (feature 0 > 0: leaves 20 and 30). */
static op_test *tree(const int64_t *yes, const int64_t *no) {
    op_test *t = op_begin_in(ML, "TreeEnsembleRegressor", 3);
    const char *const modes[] = {"BRANCH_LEQ", "LEAF", "BRANCH_GT", "LEAF", "LEAF"};
    op_ints(t, "nodes_treeids", DIMS(7, 7, 7, 7, 7));
    op_ints(t, "nodes_nodeids", DIMS(0, 1, 2, 3, 4));
    op_ints(t, "nodes_featureids", DIMS(1, 0, 0, 0, 0));
    op_ints(t, "nodes_truenodeids", 5, yes);
    op_ints(t, "nodes_falsenodeids", 5, no);
    op_ints(t, "nodes_missing_value_tracks_true", DIMS(0, 0, 1, 0, 0));
    op_floats(t, "nodes_values", 5, (const float[]){2.5f, 0, 0, 0, 0});
    op_texts(t, "nodes_modes", 5, modes);
    op_ints(t, "target_treeids", DIMS(7, 7, 7));
    op_ints(t, "target_nodeids", DIMS(1, 3, 4));
    op_ints(t, "target_ids", DIMS(0, 0, 0));
    op_floats(t, "target_weights", 3, (const float[]){10, 20, 30});
    op_floats(t, "base_values", 1, (const float[]){0.5f});
    return t;
}

static const int64_t good_yes[] = {1, 0, 3, 0, 0}, good_no[] = {2, 0, 4, 0, 0};

static void trees(void **state) {
    (void)state;
    static const sdx_dtype dtypes[] = {SDX_FLOAT32, SDX_FLOAT64, SDX_INT32, SDX_INT64};
    for (size_t i = 0; i < 4; i++) {
        op_test *t = tree(good_yes, good_no);
        op_input(t, dtypes[i], DIMS(3, 2), DATA(5, 2, 5, 3, -5, 3));
        op_expect(t, 0, SDX_FLOAT32, DIMS(3, 1), DATA(10.5, 20.5, 30.5));
        op_end(t);
    }
    op_test *t = tree(good_yes, good_no); /* NaN: false at node 0, true at node 2 */
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(NAN, NAN));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 1), DATA(20.5));
    op_end(t);
    t = tree(good_yes, good_no);
    op_input(t, SDX_FLOAT32, DIMS(0, 2), NULL);
    op_expect(t, 0, SDX_FLOAT32, DIMS(0, 1), NULL);
    op_end(t);
}

static void no_trees(void **state) {
    (void)state;
    static const struct {
        int64_t yes[5], no[5];
        const char *error;
    } cases[] = {
        {{1, 0, 0, 0, 0}, {2, 0, 4, 0, 0}, "found a cycle: no root leads to 2 of 2"},
        {{1, 0, 3, 0, 0}, {1, 0, 4, 0, 0}, "without a parent"},
        {{1, 0, 9, 0, 0}, {2, 0, 4, 0, 0}, "tree 7 has no node 9"},
        {{2, 0, 3, 0, 0}, {2, 0, 4, 0, 0}, "found nodes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        op_test *t = tree(cases[i].yes, cases[i].no);
        op_input(t, SDX_FLOAT32, DIMS(1, 2), DATA(0, 0));
        op_fails(t, cases[i].error);
        op_end(t);
    }
    op_test *t = tree(good_yes, good_no);
    op_input(t, SDX_FLOAT32, DIMS(3, 1), DATA(0, 0, 0));
    op_fails(t, "found 1 features, expected at least 2");
    op_end(t);
}

/* A stump: rows up to 0 get the first weight, others the second, as votes for one class. */
static op_test *stump(bool classifies, int64_t target, float low, float high, const char *post) {
    op_test *const t =
        op_begin_in(ML, classifies ? "TreeEnsembleClassifier" : "TreeEnsembleRegressor", 3);
    op_ints(t, "nodes_treeids", DIMS(0, 0, 0));
    op_ints(t, "nodes_nodeids", DIMS(0, 1, 2));
    op_ints(t, "nodes_featureids", DIMS(0, 0, 0));
    op_texts(t, "nodes_modes", 3, TEXTS("BRANCH_LEQ", "LEAF", "LEAF"));
    op_floats(t, "nodes_values", 3, (const float[]){0, 0, 0});
    op_ints(t, "nodes_truenodeids", DIMS(1, 0, 0));
    op_ints(t, "nodes_falsenodeids", DIMS(2, 0, 0));
    op_ints(t, classifies ? "class_treeids" : "target_treeids", DIMS(0, 0));
    op_ints(t, classifies ? "class_nodeids" : "target_nodeids", DIMS(1, 2));
    op_ints(t, classifies ? "class_ids" : "target_ids", DIMS(target, target));
    op_floats(t, classifies ? "class_weights" : "target_weights", 2, (const float[]){low, high});
    op_text(t, "post_transform", post);
    op_input(t, SDX_FLOAT32, DIMS(2, 1), DATA(0, 1));
    return t;
}

/* Two classes of which one has votes. As in onnxruntime, but for the labels of LOGISTIC with
 * weights that are all positive: there it compares scores with 0.5, though 0 is what becomes 0.5.
 */
static void one_of_two_classes(void **state) {
    (void)state;
    static const struct {
        int64_t target;
        float low, high;
        const char *post;
        double labels[2], scores[4];
    } cases[] = {
        {0, 0.25f, 0.75f, "NONE", {10, 20}, {0.75, 0.25, 0.25, 0.75}},
        {0, 0.25f, 0.75f, "SOFTMAX", {10, 20}, {0.75, 0.25, 0.25, 0.75}},
        {0, -0.25f, 0.25f, "NONE", {10, 20}, {0.25, -0.25, -0.25, 0.25}},
        {0, -0.25f, 0.25f, "LOGISTIC", {10, 20}, {0.5621765, 0.4378235, 0.4378235, 0.5621765}},
        {0, 0, 0.25f, "LOGISTIC", {10, 20}, {0.5, 0.5, 0.4378235, 0.5621765}},
        {1, 0.25f, 0.75f, "NONE", {10, 20}, {0, 0.25, 0, 0.75}},
        {1, -0.25f, 0.25f, "LOGISTIC", {10, 20}, {0.5, 0.4378235, 0.5, 0.5621765}},
        {1, -0.25f, 0.25f, "SOFTMAX", {10, 20}, {0.5621765, 0.4378235, 0.4378235, 0.5621765}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        op_test *const t = stump(true, cases[i].target, cases[i].low, cases[i].high, cases[i].post);
        op_ints(t, "classlabels_int64s", DIMS(10, 20));
        op_outputs(t, 2);
        op_expect(t, 0, SDX_INT64, DIMS(2), cases[i].labels);
        op_near(t, 1, SDX_FLOAT32, DIMS(2, 2), cases[i].scores, 1e-6);
        op_end(t);
    }
}

/* The specification adds base values to every score and transforms every score. onnxruntime gives 0
 * for targets without votes and transforms no single score. */
static void scores_without_votes(void **state) {
    (void)state;
    op_test *t = stump(false, 1, 0.25f, 0.75f, "NONE");
    op_int(t, "n_targets", 2);
    op_floats(t, "base_values", 2, (const float[]){3, 1});
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 2), DATA(3, 1.25, 3, 1.75));
    op_end(t);
    t = stump(false, 0, 0, 0.25f, "LOGISTIC");
    op_near(t, 0, SDX_FLOAT32, DIMS(2, 1), DATA(0.5, 0.5621765), 1e-6);
    op_end(t);
    t = stump(true, 2, -0.25f, 0.75f, "NONE");
    op_texts(t, "classlabels_strings", 3, TEXTS("a", "b", "c"));
    op_floats(t, "base_values", 3, (const float[]){0, 0.25f, -0.25f});
    op_outputs(t, 2);
    op_expect_strings(t, 0, DIMS(2), TEXTS("b", "c"));
    op_expect(t, 1, SDX_FLOAT32, DIMS(2, 3), DATA(0, 0.25, -0.5, 0, 0.25, 0.5));
    op_end(t);
}

static op_test *normalizer(const char *norm) {
    op_test *t = op_begin_in(ML, "Normalizer", 1);
    op_text(t, "norm", norm);
    op_input(t, SDX_INT64, DIMS(2, 2), DATA(3, -4, 0, 0));
    return t;
}

static void rows(void **state) {
    (void)state;
    op_test *t = normalizer("L1");
    op_near(t, 0, SDX_FLOAT32, DIMS(2, 2), DATA(3.0 / 7, -4.0 / 7, 0, 0), 1e-6);
    op_end(t);
    t = normalizer("L2");
    op_near(t, 0, SDX_FLOAT32, DIMS(2, 2), DATA(0.6, -0.8, 0, 0), 1e-6);
    op_end(t);
    t = normalizer("MAX");
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 2), DATA(0.75, -1, 0, 0));
    op_end(t);
    t = op_begin_in(ML, "Scaler", 1);
    op_floats(t, "offset", 1, (const float[]){1});
    op_floats(t, "scale", 2, (const float[]){2, 3});
    op_input(t, SDX_FLOAT64, DIMS(2, 2), DATA(1, 2, 3, 4));
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 2), DATA(0, 3, 4, 9));
    op_end(t);
    t = op_begin_in(ML, "ArrayFeatureExtractor", 1);
    op_strings(t, DIMS(3), TEXTS("a", "b", "c"));
    op_input(t, SDX_INT64, DIMS(2), DATA(2, 0));
    op_expect_strings(t, 0, DIMS(1, 2), TEXTS("c", "a"));
    op_end(t);
    t = op_begin_in(ML, "ArrayFeatureExtractor", 1);
    op_input(t, SDX_FLOAT32, DIMS(1, 2), DATA(1, 2));
    op_input(t, SDX_INT64, DIMS(2), DATA(0, -1));
    op_fails(t, "input 'Y'[1]: index -1 outside [0, 1]");
    op_end(t);
}

static op_test *classifier(const char *post) {
    op_test *t = op_begin_in(ML, "LinearClassifier", 1);
    op_floats(t, "coefficients", 2, (const float[]){1, -1});
    op_floats(t, "intercepts", 1, (const float[]){1});
    op_ints(t, "classlabels_ints", DIMS(4, 8));
    op_text(t, "post_transform", post);
    op_outputs(t, 2);
    op_input(t, SDX_FLOAT32, DIMS(2, 2), DATA(1, 1, 0, 3));
    op_expect(t, 0, SDX_INT64, DIMS(2), DATA(8, 4));
    return t;
}

static void linear(void **state) {
    (void)state;
    op_test *t = classifier("NONE");
    op_expect(t, 1, SDX_FLOAT32, DIMS(2, 2), DATA(0, 1, 3, -2));
    op_end(t);
    t = classifier("LOGISTIC");
    op_near(t, 1, SDX_FLOAT32, DIMS(2, 2), DATA(0.26894142, 0.73105858, 0.88079708, 0.11920292),
            1e-6);
    op_end(t);
    t = op_begin_in(ML, "LinearRegressor", 1);
    op_floats(t, "coefficients", 2, (const float[]){1, 2});
    op_int(t, "targets", 2);
    op_text(t, "post_transform", "PROBIT");
    op_input(t, SDX_FLOAT64, DIMS(1, 1), DATA(0.25));
    op_near(t, 0, SDX_FLOAT32, DIMS(1, 2), DATA(-0.67448975, 0), 1e-6);
    op_end(t);
}

static void labels(void **state) {
    (void)state;
    op_test *t = op_begin_in(ML, "LabelEncoder", 2);
    op_floats(t, "keys_floats", 3, (const float[]){NAN, 0, 0});
    op_ints(t, "values_int64s", DIMS(1, 2, 3));
    op_input(t, SDX_FLOAT32, DIMS(4), DATA(-NAN, -0.0, 0, 7));
    op_expect(t, 0, SDX_INT64, DIMS(4), DATA(1, 3, 3, -1));
    op_end(t);
    t = op_begin_in(ML, "LabelEncoder", 4);
    op_tensor(t, "keys_tensor", SDX_INT16, DIMS(2), DATA(-1, 5));
    op_tensor(t, "values_tensor", SDX_FLOAT64, DIMS(2), DATA(0.5, 0.25));
    op_tensor(t, "default_tensor", SDX_FLOAT64, DIMS(1), DATA(9));
    op_input(t, SDX_INT16, DIMS(1, 3), DATA(5, -1, 2));
    op_expect(t, 0, SDX_FLOAT64, DIMS(1, 3), DATA(0.25, 0.5, 9));
    op_end(t);
    t = op_begin_in(ML, "LabelEncoder", 4);
    op_ints(t, "keys_int64s", DIMS(1));
    op_ints(t, "values_int64s", DIMS(1, 2));
    op_input(t, SDX_INT64, DIMS(1), DATA(1));
    op_fails(t, "found 1 keys and 2 values");
    op_end(t);
}

static void imputer(void **state) {
    (void)state;
    op_test *t = op_begin_in(ML, "Imputer", 1);
    op_floats(t, "imputed_value_floats", 2, (const float[]){7, 8});
    op_float(t, "replaced_value_float", NAN);
    op_input(t, SDX_FLOAT64, DIMS(2, 2), DATA(NAN, 1, 2, NAN));
    op_expect(t, 0, SDX_FLOAT64, DIMS(2, 2), DATA(7, 1, 2, 8));
    op_end(t);
    t = op_begin_in(ML, "Imputer", 1); /* what int32 cannot hold replaces nothing */
    op_ints(t, "imputed_value_int64s", DIMS(-1));
    op_int(t, "replaced_value_int64", (INT64_C(1) << 32) + 5);
    op_input(t, SDX_INT32, DIMS(2), DATA(5, 0));
    op_expect(t, 0, SDX_INT32, DIMS(2), DATA(5, 0));
    op_end(t);
    t = op_begin_in(ML, "Imputer", 1);
    op_floats(t, "imputed_value_floats", 2, (const float[]){7, 8});
    op_input(t, SDX_FLOAT32, DIMS(1, 3), DATA(1, 2, 3));
    op_fails(t, "found 2 values, expected 1 or 3");
    op_end(t);
}

static void one_hot_encoder(void **state) {
    (void)state;
    op_test *t = op_begin_in(ML, "OneHotEncoder", 1);
    op_ints(t, "cats_int64s", DIMS(1, -1));
    op_input(t, SDX_FLOAT32, DIMS(4), DATA(1.7, -1.2, NAN, 1e30));
    op_expect(t, 0, SDX_FLOAT32, DIMS(4, 2), DATA(1, 0, 0, 1, 0, 0, 0, 0));
    op_end(t);
    t = op_begin_in(ML, "OneHotEncoder", 1);
    op_texts(t, "cats_strings", 2, TEXTS("a", "b"));
    op_int(t, "zeros", 0);
    op_strings(t, DIMS(1, 2), TEXTS("b", "c"));
    op_fails(t, "input 'X'[1]");
    op_infers(t, 0, "[1,2,2]");
    op_end(t);
    t = op_begin_in(ML, "OneHotEncoder", 1);
    op_texts(t, "cats_strings", 1, TEXTS("a"));
    op_input(t, SDX_INT32, DIMS(1), DATA(1));
    op_fails(t, "found int32, expected string");
    op_end(t);
}

/* Cut off, or filled up with 0. */
static void feature_vectorizer(void **state) {
    (void)state;
    op_test *t = op_begin_in(ML, "FeatureVectorizer", 1);
    op_ints(t, "inputdimensions", DIMS(1, 2));
    op_input(t, SDX_INT64, DIMS(2, 2), DATA(1, 2, 3, 4));
    op_input(t, SDX_INT64, DIMS(2, 1), DATA(5, 6));
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 3), DATA(1, 5, 0, 3, 6, 0));
    op_end(t);
    t = op_begin_in(ML, "FeatureVectorizer", 1);
    op_input(t, SDX_FLOAT64, DIMS(2), DATA(1, 2));
    op_input(t, SDX_FLOAT64, DIMS(1, 1), DATA(3));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 3), DATA(1, 2, 3));
    op_end(t);
    t = op_begin_in(ML, "FeatureVectorizer", 1);
    op_input(t, SDX_FLOAT32, DIMS(2, 1), DATA(1, 2));
    op_input(t, SDX_FLOAT32, DIMS(1, 1), DATA(3));
    op_fails(t, "found 1 rows, expected 2");
    op_end(t);
}

static void category_mapper(void **state) {
    (void)state;
    op_test *t = op_begin_in(ML, "CategoryMapper", 1);
    op_ints(t, "cats_int64s", DIMS(4, -5));
    op_texts(t, "cats_strings", 2, TEXTS("a", "b"));
    op_strings(t, DIMS(1, 3), TEXTS("b", "", "a"));
    op_expect(t, 0, SDX_INT64, DIMS(1, 3), DATA(-5, -1, 4));
    op_end(t);
    t = op_begin_in(ML, "CategoryMapper", 1);
    op_ints(t, "cats_int64s", DIMS(4, -5));
    op_texts(t, "cats_strings", 2, TEXTS("a", "b"));
    op_input(t, SDX_INT64, DIMS(2), DATA(-5, 0));
    op_expect_strings(t, 0, DIMS(2), TEXTS("b", "_Unused"));
    op_end(t);
}

static op_test *cast_map(const char *to, const char *form) {
    static const double keys[] = {2, 0}, values[] = {-2.75, 1};
    op_test *const t = op_begin_in(ML, "CastMap", 1);
    sdx_value *const k = op_make(t, SDX_INT64, DIMS(2), keys);
    sdx_value *const v = op_make(t, SDX_FLOAT32, DIMS(2), values);
    sdx_value *map;
    assert_null(sdx_value_map(op_store(t), k, v, &map));
    sdx_value_release(k);
    sdx_value_release(v);
    op_text(t, "cast_to", to);
    op_text(t, "map_form", form);
    op_value(t, map);
    return t;
}

static void maps_to_rows(void **state) {
    (void)state;
    op_test *t = cast_map("TO_FLOAT", "DENSE");
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 2), DATA(1, -2.75));
    op_end(t);
    t = cast_map("TO_INT64", "SPARSE");
    op_int(t, "max_map", 4);
    op_expect(t, 0, SDX_INT64, DIMS(1, 4), DATA(1, 0, -2, 0));
    op_end(t);
    t = cast_map("TO_STRING", "SPARSE");
    op_int(t, "max_map", 3);
    op_expect_strings(t, 0, DIMS(1, 3), TEXTS("1.0", "", "-2.75"));
    op_end(t);
    t = cast_map("TO_FLOAT", "SPARSE");
    op_int(t, "max_map", 2);
    op_fails(t, "found key 2, expected 0 to 1");
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees),
        cmocka_unit_test(no_trees),
        cmocka_unit_test(rows),
        cmocka_unit_test(one_of_two_classes),
        cmocka_unit_test(scores_without_votes),
        cmocka_unit_test(linear),
        cmocka_unit_test(labels),
        cmocka_unit_test(imputer),
        cmocka_unit_test(one_hot_encoder),
        cmocka_unit_test(feature_vectorizer),
        cmocka_unit_test(category_mapper),
        cmocka_unit_test(maps_to_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
