/* Softmax and norms: old forms, float64, broadcast scales, operators of com.microsoft, errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

#define SIX DATA(1, 2, 3, 4, 5, 6)

static void softmax_of_old(void **state) {
    (void)state;
    /* ONNX: Softmax-11 sees [1,2,3] as [1,6] from axis 1 on */
    op_test *t = op_begin("Softmax", 11);
    op_input(t, SDX_FLOAT32, DIMS(1, 2, 3), DATA(0, 0, 0, 0, 0, 0));
    op_near(t, 0, SDX_FLOAT32, DIMS(1, 2, 3), DATA(1 / 6., 1 / 6., 1 / 6., 1 / 6., 1 / 6., 1 / 6.),
            1e-6);
    op_end(t);
    t = op_begin("Hardmax", 1);
    op_int(t, "axis", 2);
    op_input(t, SDX_FLOAT16, DIMS(1, 2, 3), DATA(3, 1, 2, 5, 6, 6));
    op_expect(t, 0, SDX_FLOAT16, DIMS(1, 2, 3), DATA(1, 0, 0, 0, 1, 0));
    op_end(t);
}

/* Along the first axis: rows are brought together. */
/* The matrix between has no column that a 0 of the shape could stand for. */
static void softmax_of_old_and_nothing(void **state) {
    (void)state;
    op_test *t = op_begin("Softmax", 10);
    op_input(t, SDX_FLOAT32, DIMS(2, 3, 1, 0), NULL);
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 3, 1, 0), NULL);
    op_end(t);
}

static void softmax_of_columns(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_FLOAT32, SDX_FLOAT64, SDX_FLOAT16};
    for (size_t i = 0; i < 3; i++) {
        op_test *t = op_begin("Softmax", 13);
        op_int(t, "axis", 0);
        op_input(t, types[i], DIMS(2, 3), DATA(1, 0, 5, 1, 1, 5));
        op_near(t, 0, types[i], DIMS(2, 3), DATA(0.5, 0.26894142, 0.5, 0.5, 0.73105858, 0.5), 1e-3);
        op_end(t);
        t = op_begin("LogSoftmax", 13);
        op_int(t, "axis", -2);
        op_input(t, types[i], DIMS(2, 1), DATA(1000, 1000));
        op_near(t, 0, types[i], DIMS(2, 1), DATA(-0.69314718, -0.69314718), 1e-3);
        op_end(t);
    }
    op_test *t = op_begin("Softmax", 13);
    op_int(t, "axis", 2);
    op_input(t, SDX_FLOAT32, DIMS(2, 3), SIX);
    op_fails(t, "attribute 'axis' is 2");
    op_end(t);
    t = op_begin("Softmax", 13);
    op_input(t, SDX_FLOAT32, DIMS(2, 0), NULL);
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 0), NULL);
    op_end(t);
    t = op_begin("Softmax", 13);
    op_input(t, SDX_FLOAT32, SCALAR, DATA(7));
    op_expect(t, 0, SDX_FLOAT32, SCALAR, DATA(1));
    op_end(t);
}

static void layer_norm(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_FLOAT32, SDX_FLOAT64};
    for (size_t i = 0; i < 2; i++) {
        op_test *t = op_begin("LayerNormalization", 17); /* one scale a row */
        op_float(t, "epsilon", 0);
        op_input(t, types[i], DIMS(2, 2), DATA(1, 3, 10, 30));
        op_input(t, types[i], DIMS(2, 1), DATA(2, 5));
        op_input(t, types[i], DIMS(1), DATA(1));
        op_outputs(t, 3);
        op_near(t, 0, types[i], DIMS(2, 2), DATA(-1, 3, -4, 6), 1e-6);
        op_near(t, 1, SDX_FLOAT32, DIMS(2, 1), DATA(2, 20), 1e-6);
        op_near(t, 2, SDX_FLOAT32, DIMS(2, 1), DATA(1, 0.1), 1e-6);
        op_end(t);
    }
    op_test *t = op_begin("LayerNormalization", 17);
    op_input(t, SDX_FLOAT32, DIMS(2, 2), DATA(1, 3, 10, 30));
    op_input(t, SDX_FLOAT32, DIMS(3), DATA(2, 5, 1));
    op_fails(t, "input 'Scale' has shape [3], expected one that broadcasts to [2,2]");
    op_end(t);
    t = op_begin("LayerNormalization", 17);
    op_int(t, "axis", 1);
    op_input(t, SDX_FLOAT32, DIMS(1, 2, 3), SIX);
    op_symbols(t, "batch,2,3");
    op_input(t, SDX_FLOAT32, DIMS(2, 3), SIX);
    op_outputs(t, 3);
    op_infers(t, 2, "[batch,1,1]");
    op_end(t);
}

static void rms_norm(void **state) {
    (void)state;
    op_test *t = op_begin("RMSNormalization", 23); /* Y has the type of scale */
    op_float(t, "epsilon", 0);
    op_input(t, SDX_FLOAT64, DIMS(1, 2), DATA(3, -3));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(2, 1));
    op_near(t, 0, SDX_FLOAT32, DIMS(1, 2), DATA(2, -1), 1e-6);
    op_end(t);
    t = op_begin("SimplifiedLayerNormalization", 1);
    op_float(t, "epsilon", 0);
    op_input(t, SDX_FLOAT16, DIMS(1, 2), DATA(3, -3));
    op_input(t, SDX_FLOAT16, DIMS(2), DATA(2, 1));
    op_outputs(t, 2);
    op_near(t, 0, SDX_FLOAT16, DIMS(1, 2), DATA(2, -1), 1e-3);
    op_near(t, 1, SDX_FLOAT32, DIMS(1, 1), DATA(1 / 3.), 1e-6);
    op_end(t);
}

static void skip_norms(void **state) {
    (void)state;
    op_test *t = op_begin_in("com.microsoft", "SkipLayerNormalization", 1);
    op_input(t, SDX_FLOAT32, DIMS(2, 1, 2), DATA(0, 0, 4, 0));
    op_input(t, SDX_FLOAT32, DIMS(1, 2), DATA(1, 2)); /* for each image */
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 1));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(0, 10));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(0, 1));
    op_outputs(t, 4);
    op_near(t, 0, SDX_FLOAT32, DIMS(2, 1, 2), DATA(-1, 11, 1, 9), 1e-6);
    op_near(t, 1, SDX_FLOAT32, DIMS(2, 1, 1), DATA(2, 4), 1e-6);
    op_near(t, 3, SDX_FLOAT32, DIMS(2, 1, 2), DATA(1, 3, 5, 3), 0);
    op_end(t);
    t = op_begin_in("com.microsoft", "SkipSimplifiedLayerNormalization", 1);
    op_input(t, SDX_FLOAT32, DIMS(1, 2), DATA(1, -2));
    op_input(t, SDX_FLOAT32, DIMS(1, 2), DATA(2, -1));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_near(t, 0, SDX_FLOAT32, DIMS(1, 2), DATA(1, -2), 1e-6);
    op_end(t);
    t = op_begin_in("com.microsoft", "SkipLayerNormalization", 1);
    op_input(t, SDX_FLOAT32, DIMS(2, 1, 2), DATA(0, 0, 4, 0));
    op_input(t, SDX_FLOAT32, DIMS(2, 2), DATA(1, 2, 3, 4));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 1));
    op_fails(t, "input 'skip' has shape [2,2]");
    op_end(t);
}

static void group_norm(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_FLOAT32, SDX_FLOAT64};
    for (size_t i = 0; i < 2; i++) {
        op_test *t = op_begin("GroupNormalization", 18); /* scales of groups */
        op_int(t, "num_groups", 1);
        op_float(t, "epsilon", 0);
        op_input(t, types[i], DIMS(1, 2, 1), DATA(1, 3));
        op_input(t, types[i], DIMS(1), DATA(2));
        op_input(t, types[i], DIMS(1), DATA(1));
        op_near(t, 0, types[i], DIMS(1, 2, 1), DATA(-1, 3), 1e-6);
        op_end(t);
        t = op_begin("GroupNormalization", 21); /* scales of channels */
        op_int(t, "num_groups", 1);
        op_float(t, "epsilon", 0);
        op_input(t, types[i], DIMS(1, 2, 1), DATA(1, 3));
        op_input(t, types[i], DIMS(2), DATA(2, 3));
        op_input(t, types[i], DIMS(2), DATA(1, 0));
        op_near(t, 0, types[i], DIMS(1, 2, 1), DATA(-1, 3), 1e-6);
        op_end(t);
        t = op_begin("MeanVarianceNormalization", 13);
        op_ints(t, "axes", DIMS(0, 2));
        op_input(t, types[i], DIMS(2, 2, 1), DATA(1, 10, 3, 30));
        op_near(t, 0, types[i], DIMS(2, 2, 1), DATA(-1, -1, 1, 1), 1e-6);
        op_end(t);
        t = op_begin("LpNormalization", 1);
        op_int(t, "axis", 0);
        op_input(t, types[i], DIMS(2, 2), DATA(3, 0, -4, 0));
        op_near(t, 0, types[i], DIMS(2, 2), DATA(0.6, 0, -0.8, 0), 1e-6);
        op_end(t);
    }
    op_test *t = op_begin("GroupNormalization", 21);
    op_int(t, "num_groups", 0);
    op_input(t, SDX_FLOAT32, DIMS(1, 2, 1), DATA(1, 3));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(2, 3));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 0));
    op_fails(t, "attribute 'num_groups' is 0, expected a divisor");
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(softmax_of_old),     cmocka_unit_test(softmax_of_old_and_nothing),
        cmocka_unit_test(softmax_of_columns), cmocka_unit_test(layer_norm),
        cmocka_unit_test(rms_norm),           cmocka_unit_test(skip_norms),
        cmocka_unit_test(group_norm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
