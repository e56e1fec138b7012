/* Random operators: the generator's known answers, distributions, and which runs draw the same. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model_text.h"
#include "op_test.h"
#include "ops/random/stream.h"

/* From the authors' Random123, kat_vectors, philox4x32 10. */
static void known_answers(void **state) {
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } rows[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t out[4];
        sdx_philox(rows[i].counter, rows[i].key, out);
        assert_memory_equal(out, rows[i].out, sizeof out);
    }
}

static op_test *draw(const char *op_type, sdx_dtype dtype, int64_t n, float seed) {
    op_test *t = op_begin(op_type, 22);
    op_ints(t, "shape", 1, &n);
    op_int(t, "dtype", dtype);
    op_float(t, "seed", seed);
    return t;
}

/* Mean, deviation, least and largest of output 0. */
static void measure(op_test *t, double out[4]) {
    const sdx_view *const y = &op_output(t, 0)->view;
    double sum = 0, squares = 0;
    out[2] = INFINITY;
    out[3] = -INFINITY;
    for (size_t i = 0; i < y->len; i++) {
        const double x = sdx_view_double(y, i);
        sum += x;
        squares += x * x;
        out[2] = fmin(out[2], x);
        out[3] = fmax(out[3], x);
    }
    out[0] = sum / (double)y->len;
    out[1] = sqrt(squares / (double)y->len - out[0] * out[0]);
}

static void distributions(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_FLOAT32, SDX_FLOAT64, SDX_FLOAT16, SDX_BFLOAT16};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        double is[4];
        op_test *t = draw("RandomNormal", types[i], 40001, 3);
        op_float(t, "mean", -2);
        op_float(t, "scale", 3);
        measure(t, is);
        assert_true(fabs(is[0] + 2) < 0.06 && fabs(is[1] - 3) < 0.05);
        assert_true(is[2] < -11 && is[3] > 7);
        op_end(t);
        t = draw("RandomUniform", types[i], 40001, 3);
        op_float(t, "low", 1);
        op_float(t, "high", 3);
        measure(t, is);
        assert_true(fabs(is[0] - 2) < 0.02 && fabs(is[1] - 2 / sqrt(12)) < 0.01);
        assert_true(is[2] >= 1 && is[3] <= 3);
        op_end(t);
    }
}

static void likes(void **state) {
    (void)state;
    static const char *const names[] = {"RandomNormalLike", "RandomUniformLike"};
    for (size_t i = 0; i < 2; i++) {
        op_test *t = op_begin(names[i], 1);
        op_int(t, "dtype", SDX_FLOAT64);
        op_strings(t, DIMS(0, 3), NULL);
        op_expect(t, 0, SDX_FLOAT64, DIMS(0, 3), NULL);
        op_end(t);
        t = op_begin(names[i], 1);
        op_input(t, SDX_FLOAT16, SCALAR, DATA(1));
        assert_int_equal(op_output(t, 0)->view.dtype, SDX_FLOAT16);
        op_end(t);
        t = op_begin(names[i], 1);
        op_input(t, SDX_INT32, DIMS(1), DATA(1));
        op_fails(t, "attribute 'dtype' is absent and the input is int32");
        op_end(t);
    }
    op_test *t = op_begin("RandomNormal", 1);
    op_int(t, "dtype", SDX_INT32);
    op_ints(t, "shape", DIMS(2));
    op_fails(t, "attribute 'dtype' is 6, expected one of");
    op_end(t);
    t = op_begin("RandomNormal", 1);
    op_ints(t, "shape", DIMS(2, -1));
    op_fails(t, "-1");
    op_end(t);
}

static void bernoulli(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_BOOL, SDX_INT8, SDX_UINT64, SDX_FLOAT16, SDX_FLOAT64};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        op_test *t = op_begin("Bernoulli", 22);
        op_int(t, "dtype", types[i]);
        op_input(t, SDX_FLOAT32, DIMS(5), DATA(0, 1, 7, -1, NAN));
        op_expect(t, 0, types[i], DIMS(5), DATA(0, 1, 1, 0, 0));
        op_end(t);
    }
    static double half[9999];
    for (size_t i = 0; i < 9999; i++) {
        half[i] = 0.25;
    }
    double is[4];
    op_test *t = op_begin("Bernoulli", 15);
    op_input(t, SDX_FLOAT64, DIMS(9999), half);
    measure(t, is);
    assert_true(fabs(is[0] - 0.25) < 0.02);
    op_end(t);
}

static void dropout_without_seed(void **state) {
    (void)state;
    static double ones[4001];
    for (size_t i = 0; i < 4001; i++) {
        ones[i] = 1;
    }
    op_test *t = op_begin("Dropout", 13);
    op_outputs(t, 2);
    op_input(t, SDX_FLOAT32, DIMS(4001), ones);
    op_input(t, SDX_FLOAT32, SCALAR, DATA(0.25));
    op_input(t, SDX_BOOL, SCALAR, DATA(1));
    const sdx_view *const y = &op_output(t, 0)->view, *const mask = &op_output(t, 1)->view;
    size_t kept = 0;
    for (size_t i = 0; i < 4001; i++) {
        const bool one = sdx_view_int(mask, i) != 0;
        kept += one;
        assert_true(fabs(sdx_view_double(y, i) - (one ? 4.0 / 3 : 0)) < 1e-6);
    }
    assert_true(fabs((double)kept / 4001 - 0.75) < 0.03);
    op_end(t);
}

static void multinomial(void **state) {
    (void)state;
    op_test *t = op_begin("Multinomial", 7);
    op_int(t, "sample_size", 3);
    op_int(t, "dtype", SDX_INT64);
    op_input(t, SDX_FLOAT32, DIMS(2, 3), DATA(-INFINITY, 900, -INFINITY, 0, -1000, -1000));
    op_expect(t, 0, SDX_INT64, DIMS(2, 3), DATA(1, 1, 1, 0, 0, 0));
    op_end(t);
    t = op_begin("Multinomial", 22);
    op_int(t, "sample_size", 20000);
    op_input(t, SDX_FLOAT64, DIMS(1, 3), DATA(0, log(2), log(5)));
    const sdx_view *const y = &op_output(t, 0)->view;
    size_t counts[3] = {0};
    for (size_t i = 0; i < y->len; i++) {
        counts[sdx_view_int(y, i)]++;
    }
    for (size_t i = 0; i < 3; i++) {
        const double share = i == 0 ? 1.0 / 8 : i == 1 ? 2.0 / 8 : 5.0 / 8;
        assert_true(fabs((double)counts[i] / 20000 - share) < 0.02);
    }
    op_end(t);
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        t = op_begin("Multinomial", 7);
        op_input(t, SDX_FLOAT32, DIMS(1, 1), &bad[i]);
        op_fails(t, "input 'input', row 0: the largest logarithm is");
        op_end(t);
    }
    t = op_begin("Multinomial", 7);
    op_input(t, SDX_FLOAT32, DIMS(1, 0), NULL);
    op_fails(t, "the largest logarithm is -inf");
    op_end(t);
}

static const char network[] = "opset 22\n"
                              "node a = RandomNormal() shape=[50000]\n"
                              "node b = RandomNormal() shape=[50000]\n"
                              "node c = RandomUniform() shape=[50000] seed=5.0\n"
                              "init ratio float32[] 0.5\n"
                              "init training bool[] 1\n"
                              "node d = Dropout(c, ratio, training)\n"
                              "output a\n"
                              "output b\n"
                              "output d\n";

static void run(sdx_context *context, sdx_value *y[3]) {
    y[0] = y[1] = y[2] = NULL;
    must(sdx_context_run(context, NULL, 0, y, 3, NULL));
}

static bool same(const sdx_value *a, const sdx_value *b) {
    return memcmp(sdx_tensor_data(a), sdx_tensor_data(b), sdx_tensor_size(a)) == 0;
}

/* Contexts of 1, 2 and 3 threads draw the same, run by run; no run and no node draws what another
 * did. */
static void streams(void **state) {
    (void)state;
    enum { CONTEXTS = 3, RUNS = 2 };
    sdx_value *y[CONTEXTS][RUNS][3];
    sdx_runtime *runtime;
    sdx_context_options options;
    must(sdx_runtime_create(NULL, &runtime));
    sdx_model *const model = model_of(runtime, network, NULL);
    sdx_context_options_init(&options);
    for (unsigned i = 0; i < CONTEXTS; i++) {
        sdx_context *context;
        options.threads = i + 1;
        must(sdx_context_create(model, &options, &context));
        for (int k = 0; k < RUNS; k++) {
            run(context, y[i][k]);
        }
        sdx_context_destroy(context);
    }
    assert_false(same(y[0][0][0], y[0][0][1]));
    for (int o = 0; o < 3; o++) {
        assert_false(same(y[0][0][o], y[0][1][o]));
        for (int k = 0; k < RUNS; k++) {
            assert_true(same(y[0][k][o], y[1][k][o]));
            assert_true(same(y[0][k][o], y[2][k][o]));
        }
    }
    for (int i = 0; i < CONTEXTS * RUNS * 3; i++) {
        sdx_value_release(y[i / 6][i / 3 % 2][i % 3]);
    }
    sdx_model_release(model);
    sdx_runtime_release(runtime);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(distributions),
        cmocka_unit_test(likes),
        cmocka_unit_test(bernoulli),
        cmocka_unit_test(dropout_without_seed),
        cmocka_unit_test(multinomial),
        cmocka_unit_test(streams),
    };
    return cmocka_run_group_tests_name("ops_random", tests, NULL, NULL);
}
