/* BatchNormalization in its revisions, and LRN. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "op_test.h"

static op_test *norm(int version, sdx_dtype x, sdx_dtype other, size_t rank, const int64_t *dims,
                     const double *data) {
    op_test *t = op_begin("BatchNormalization", version);
    op_float(t, "epsilon", 0);
    op_input(t, x, rank, dims, data);
    op_input(t, other, DIMS(2), DATA(2, 4));
    op_input(t, other, DIMS(2), DATA(1, -1));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(4, 16));
    return t;
}

static void given_statistics_scale(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_FLOAT32, SDX_FLOAT64, SDX_FLOAT16, SDX_BFLOAT16};
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 4; k++) {
            op_test *t = norm(15, types[i], types[k], DIMS(1, 2, 2), DATA(1, 3, 2, 6));
            op_expect(t, 0, types[i], DIMS(1, 2, 2), DATA(1, 3, -1, 3));
            op_end(t);
        }
    }
    op_test *t = norm(7, SDX_FLOAT32, SDX_FLOAT32, DIMS(2, 2), DATA(1, 2, 3, 6));
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 2), DATA(1, -1, 3, 3));
    op_end(t);
    t = norm(6, SDX_FLOAT32, SDX_FLOAT32, DIMS(1, 2, 1, 10),
             DATA(1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 2, 6, 2, 6, 2, 6, 2, 6, 2, 6));
    op_int(t, "is_test", 1);
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 2, 1, 10),
              DATA(1, 3, 1, 3, 1, 3, 1, 3, 1, 3, -1, 3, -1, 3, -1, 3, -1, 3, -1, 3));
    op_end(t);
}

static void training_measures(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        const sdx_dtype type = i == 0 ? SDX_FLOAT32 : SDX_FLOAT64;
        op_test *t = norm(15, type, SDX_FLOAT32, DIMS(2, 2, 1), DATA(1, 2, 3, 10));
        op_int(t, "training_mode", 1);
        op_float(t, "momentum", 0.75f);
        op_outputs(t, 3);
        op_near(t, 0, type, DIMS(2, 2, 1), DATA(-1, -5, 3, 3), 1e-6);
        op_near(t, 1, SDX_FLOAT32, DIMS(2), DATA(1.25, 3), 1e-6);
        op_near(t, 2, SDX_FLOAT32, DIMS(2), DATA(3.25, 16), 1e-6);
        op_end(t);
    }
}

/* ONNX: BatchNormalization-7: five outputs are what says that it trains. */
static void old_training_has_five_outputs(void **state) {
    (void)state;
    op_test *t = norm(7, SDX_FLOAT32, SDX_FLOAT32, DIMS(2, 2, 1), DATA(1, 2, 3, 10));
    op_outputs(t, 5);
    op_near(t, 0, SDX_FLOAT32, DIMS(2, 2, 1), DATA(-1, -5, 3, 3), 1e-6);
    op_near(t, 3, SDX_FLOAT32, DIMS(2), DATA(2, 6), 1e-6);
    op_near(t, 4, SDX_FLOAT32, DIMS(2), DATA(1, 16), 1e-6);
    op_end(t);
}

/* ONNX: BatchNormalization-7 spatial: without it each feature has its own statistics. */
static void features_are_channels(void **state) {
    (void)state;
    op_test *t = norm(7, SDX_FLOAT32, SDX_FLOAT32, DIMS(2, 1, 2), DATA(1, 2, 3, 6));
    op_int(t, "spatial", 0);
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 1, 2), DATA(1, -1, 3, 3));
    op_end(t);
}

static void norm_refuses(void **state) {
    (void)state;
    op_test *t = norm(15, SDX_FLOAT32, SDX_FLOAT32, DIMS(1, 3), DATA(1, 2, 3));
    op_fails(t, "input 'scale' has shape [2], expected one element for each of 3 channels");
    op_end(t);
}

static void lrn_looks_at_neighbours(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        const sdx_dtype type = i == 0 ? SDX_FLOAT32 : SDX_FLOAT64;
        op_test *t = op_begin("LRN", 13);
        op_int(t, "size", 4); /* one before, two after */
        op_float(t, "alpha", 4);
        op_float(t, "beta", 1);
        op_float(t, "bias", 1);
        op_input(t, type, DIMS(1, 4, 1), DATA(1, 2, 3, 4));
        op_near(t, 0, type, DIMS(1, 4, 1), DATA(1. / 15, 2. / 31, 3. / 30, 4. / 26), 1e-6);
        op_end(t);
    }
    op_test *t = op_begin("LRN", 1);
    op_int(t, "size", INT32_MAX);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1), DATA(1));
    op_near(t, 0, SDX_FLOAT32, DIMS(1, 1, 1), DATA(1), 1e-6);
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(given_statistics_scale),
        cmocka_unit_test(training_measures),
        cmocka_unit_test(old_training_has_five_outputs),
        cmocka_unit_test(features_are_channels),
        cmocka_unit_test(norm_refuses),
        cmocka_unit_test(lrn_looks_at_neighbours),
    };
    return cmocka_run_group_tests_name("ops_batch_norm", tests, NULL, NULL);
}
