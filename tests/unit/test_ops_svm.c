/* SVMClassifier, SVMRegressor on machines that are small enough to be worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

static const char *const ML = "ai.onnx.ml";

static op_test *regressor(const char *kernel) {
    op_test *const t = op_begin_in(ML, "SVMRegressor", 1);
    op_text(t, "kernel_type", kernel);
    op_floats(t, "kernel_params", 3, (const float[]){0.5f, 1, 2});
    op_floats(t, "support_vectors", 4, (const float[]){1, 2, 2, 1});
    op_floats(t, "coefficients", 2, (const float[]){2, -1});
    op_floats(t, "rho", 1, (const float[]){0.25f});
    op_int(t, "n_supports", 2);
    return t;
}

static void kernels(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double y[2];
    } cases[] = {{"LINEAR", {6.25, 3.25}},
                 {"POLY", {16.25, 6.0}},
                 {"RBF", {0.85653066, 0.85042360}},
                 {"SIGMOID", {1.24932930, 1.27290691}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        op_test *const t = regressor(cases[i].name);
        op_input(t, SDX_INT32, DIMS(2, 2), DATA(2, 2, 0, 1));
        op_near(t, 0, SDX_FLOAT32, DIMS(2, 1), cases[i].y, 1e-6);
        op_end(t);
    }
    op_test *t = regressor("LINEAR");
    op_int(t, "one_class", 1);
    op_input(t, SDX_FLOAT64, DIMS(2, 2), DATA(2, 2, 1, -5));
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 1), DATA(1, -1));
    op_end(t);
    t = regressor("CUBIC");
    op_input(t, SDX_FLOAT32, DIMS(1, 2), DATA(2, 2));
    op_fails(t, "'CUBIC', expected LINEAR, POLY, RBF or SIGMOID");
    op_end(t);
    t = regressor("RBF");
    op_input(t, SDX_FLOAT32, DIMS(1, 3), DATA(2, 2, 2));
    op_fails(t, "found 3 features, expected 2");
    op_end(t);
}

static void without_vectors(void **state) {
    (void)state;
    op_test *t = op_begin_in(ML, "SVMRegressor", 1);
    op_floats(t, "coefficients", 2, (const float[]){2, -1});
    op_floats(t, "rho", 1, (const float[]){1});
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(3, 1));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 1), DATA(6));
    op_end(t);
    /* The best score decides. onnxruntime says 20 here, whatever the scores, once one of them is
     * above 0; the specification's reference says 10. */
    t = op_begin_in(ML, "SVMClassifier", 1);
    op_floats(t, "coefficients", 2, (const float[]){1, -0.5f});
    op_floats(t, "rho", 1, (const float[]){0.5f});
    op_ints(t, "classlabels_ints", DIMS(10, 20));
    op_outputs(t, 2);
    op_input(t, SDX_FLOAT32, DIMS(2, 1), DATA(2, -1));
    op_expect(t, 0, SDX_INT64, DIMS(2), DATA(10, 20));
    op_expect(t, 1, SDX_FLOAT32, DIMS(2, 2), DATA(2.5, -0.5, -0.5, 1));
    op_end(t);
}

/* Of two classes: one vector each, at 1 and at 0, so that the score is x. */
static op_test *two_classes(const char *post) {
    op_test *const t = op_begin_in(ML, "SVMClassifier", 1);
    op_floats(t, "support_vectors", 2, (const float[]){1, 0});
    op_floats(t, "coefficients", 2, (const float[]){1, -1});
    op_floats(t, "rho", 1, (const float[]){0});
    op_ints(t, "vectors_per_class", DIMS(1, 1));
    op_texts(t, "classlabels_strings", 2, TEXTS("yes", "no"));
    op_text(t, "post_transform", post);
    op_outputs(t, 2);
    op_input(t, SDX_FLOAT32, DIMS(2, 1), DATA(0.25, -2));
    return t;
}

static void scores_of_two(void **state) {
    (void)state;
    static const struct {
        const char *post;
        double z[4];
    } cases[] = {{"NONE", {-0.25, 0.25, 2, -2}},
                 {"SOFTMAX", {0.75, 0.25, 3, -2}},
                 {"SOFTMAX_ZERO", {0.75, 0.25, 3, -2}},
                 {"LOGISTIC", {0.43782350, 0.56217650, 0.88079708, 0.11920292}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        op_test *const t = two_classes(cases[i].post);
        op_expect_strings(t, 0, DIMS(2), TEXTS("yes", "no"));
        op_near(t, 1, SDX_FLOAT32, DIMS(2, 2), cases[i].z, 1e-6);
        op_end(t);
    }
    op_test *const t = two_classes("NONE"); /* probabilities are coupled to 0.0025 */
    op_floats(t, "prob_a", 1, (const float[]){-1});
    op_floats(t, "prob_b", 1, (const float[]){0});
    op_expect_strings(t, 0, DIMS(2), TEXTS("yes", "no"));
    op_near(t, 1, SDX_FLOAT32, DIMS(2, 2), DATA(0.56217650, 0.43782350, 0.11920292, 0.88079708),
            1e-3);
    op_end(t);
}

/* Of three classes: the classes of rows -1, 1, 0 win two of three comparisons. */
static op_test *three_classes(void) {
    op_test *const t = op_begin_in(ML, "SVMClassifier", 1);
    op_floats(t, "support_vectors", 3, (const float[]){-1, 1, 0});
    op_floats(t, "coefficients", 6, (const float[]){1, -1, -1, 1, 1, -1});
    op_floats(t, "rho", 3, (const float[]){0, -0.5f, -0.5f});
    op_ints(t, "vectors_per_class", DIMS(1, 1, 1));
    op_ints(t, "classlabels_ints", DIMS(7, 8, 9));
    op_outputs(t, 2);
    op_input(t, SDX_INT64, DIMS(3, 1), DATA(-1, 1, 0));
    return t;
}

static void votes_of_three(void **state) {
    (void)state;
    op_test *t = three_classes();
    op_expect(t, 0, SDX_INT64, DIMS(3), DATA(7, 8, 9));
    op_expect(t, 1, SDX_FLOAT32, DIMS(3, 3), DATA(2, 0.5, -1.5, -2, -1.5, 0.5, 0, -0.5, -0.5));
    op_end(t);
    t = three_classes(); /* a fit that says nothing */
    op_floats(t, "prob_a", 3, (const float[]){0, 0, 0});
    op_floats(t, "prob_b", 3, (const float[]){0, 0, 0});
    const double third = 1.0 / 3.0;
    op_expect(t, 0, SDX_INT64, DIMS(3), DATA(7, 8, 9));
    op_near(t, 1, SDX_FLOAT32, DIMS(3, 3),
            DATA(third, third, third, third, third, third, third, third, third), 1e-6);
    op_end(t);
    t = three_classes();
    op_floats(t, "prob_a", 3, (const float[]){0, 0, 0});
    op_fails(t, "'prob_b': found 0 values, expected 3");
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels),
        cmocka_unit_test(without_vectors),
        cmocka_unit_test(scores_of_two),
        cmocka_unit_test(votes_of_three),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
