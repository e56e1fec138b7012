/* Losses: types, ignored targets and errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

static op_test *likelihood(sdx_dtype dtype, const char *reduction, const double *targets) {
    op_test *t = op_begin("NegativeLogLikelihoodLoss", 13);
    op_text(t, "reduction", reduction);
    op_input(t, dtype, DIMS(2, 3), DATA(-1, -2, -3, -4, -5, -6));
    op_input(t, SDX_INT32, DIMS(2), targets);
    return t;
}

static void likelihoods(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_FLOAT32, SDX_FLOAT64, SDX_FLOAT16, SDX_BFLOAT16};
    for (size_t i = 0; i < 4; i++) {
        op_test *t = likelihood(types[i], "none", DATA(1, 2));
        op_expect(t, 0, types[i], DIMS(2), DATA(2, 6));
        op_end(t);
        t = likelihood(types[i], "mean", DATA(1, 2));
        op_input(t, types[i], DIMS(3), DATA(0, 1, 3));
        op_expect(t, 0, types[i], SCALAR, DATA(5));
        op_end(t);
        t = likelihood(types[i], "mean", DATA(1, -7));
        op_int(t, "ignore_index", -7);
        op_expect(t, 0, types[i], SCALAR, DATA(2));
        op_end(t);
        t = likelihood(types[i], "sum", DATA(1, 2));
        op_expect(t, 0, types[i], SCALAR, DATA(8));
        op_end(t);
    }
}

static void cross_entropy(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_FLOAT32, SDX_FLOAT64};
    for (size_t i = 0; i < 2; i++) {
        op_test *t = op_begin("SoftmaxCrossEntropyLoss", 13);
        op_text(t, "reduction", "none");
        op_input(t, types[i], DIMS(1, 2, 2), DATA(1, 5, 1, 5));
        op_input(t, SDX_INT64, DIMS(1, 2), DATA(0, 1));
        op_outputs(t, 2);
        op_near(t, 0, types[i], DIMS(1, 2), DATA(0.69314718, 0.69314718), 1e-6);
        op_near(t, 1, types[i], DIMS(1, 2, 2),
                DATA(-0.69314718, -0.69314718, -0.69314718, -0.69314718), 1e-6);
        op_end(t);
    }
}

static void refuses(void **state) {
    (void)state;
    op_test *t = likelihood(SDX_FLOAT32, "sum", DATA(1, 3));
    op_fails(t, "input 'target'[1]: index 3 outside [0, 2]");
    op_end(t);
    t = likelihood(SDX_FLOAT32, "most", DATA(1, 2));
    op_fails(t, "attribute 'reduction' is 'most', expected 'none', 'mean' or 'sum'");
    op_end(t);
    t = likelihood(SDX_FLOAT32, "sum", DATA(1, 2));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_fails(t, "input 'weight' has shape [2], expected the classes of [2,3]");
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(likelihoods),
        cmocka_unit_test(cross_entropy),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
