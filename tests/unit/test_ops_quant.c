/* Quantising operators: types, granularities and errors that the conformance suite leaves out. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

static void rounds_and_saturates(void **state) {
    (void)state;
    static const sdx_dtype sources[] = {SDX_FLOAT32, SDX_FLOAT16, SDX_BFLOAT16, SDX_INT32};
    for (size_t i = 0; i < 4; i++) {
        op_test *t = op_begin("QuantizeLinear", 25); /* ties to even before the zero point */
        op_input(t, sources[i], DIMS(5), DATA(1, 3, 5, -1000, 1000));
        op_input(t, SDX_FLOAT32, SCALAR, DATA(2));
        op_input(t, SDX_INT8, SCALAR, DATA(1));
        op_expect(t, 0, SDX_INT8, DIMS(5), DATA(1, 3, 3, -128, 127));
        op_end(t);
    }
    op_test *t = op_begin("QuantizeLinear", 25);
    op_input(t, SDX_FLOAT32, DIMS(3), DATA(NAN, INFINITY, -INFINITY));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(2));
    op_expect(t, 0, SDX_UINT8, DIMS(3), DATA(0, 255, 0));
    op_end(t);
    t = op_begin("QuantizeLinear", 21);
    op_int(t, "output_dtype", SDX_INT2);
    op_input(t, SDX_FLOAT32, DIMS(3), DATA(-9, 9, -1));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(1));
    op_expect(t, 0, SDX_INT2, DIMS(3), DATA(-2, 1, -1));
    op_end(t);
    t = op_begin("QuantizeLinear", 19); /* ONNX: QuantizeLinear-19 saturate */
    op_int(t, "saturate", 0);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1e6, 1));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(1));
    op_input(t, SDX_FLOAT8E5M2, SCALAR, DATA(0));
    op_expect(t, 0, SDX_FLOAT8E5M2, DIMS(2), DATA(INFINITY, 1));
    op_end(t);
}

/* The same numbers along the first axis, the last one, and in blocks along both. */
static void granularities(void **state) {
    (void)state;
    static const struct {
        int64_t axis, block;
        size_t rank;
        int64_t dims[2];
        double scale[6], expected[6];
    } cases[] = {
        {0, 0, 1, {2}, {1, 2}, {1, 2, 3, 8, 10, 12}},
        {-1, 0, 1, {3}, {1, 2, 3}, {1, 4, 9, 4, 10, 18}},
        {1, 2, 2, {2, 2}, {1, 2, 3, 4}, {1, 2, 6, 12, 15, 24}},
        {0, 2, 2, {1, 3}, {1, 2, 3}, {1, 4, 9, 4, 10, 18}},
        {0, 1, 2, {2, 3}, {1, 2, 3, 4, 5, 6}, {1, 4, 9, 16, 25, 36}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        op_test *t = op_begin("DequantizeLinear", 21);
        op_int(t, "axis", cases[i].axis);
        op_int(t, "block_size", cases[i].block);
        op_input(t, SDX_UINT4, DIMS(2, 3), DATA(1, 2, 3, 4, 5, 6));
        op_input(t, SDX_FLOAT16, cases[i].rank, cases[i].dims, cases[i].scale);
        op_expect(t, 0, SDX_FLOAT16, DIMS(2, 3), cases[i].expected);
        op_end(t);
    }
}

static void dequantizes(void **state) {
    (void)state;
    op_test *t = op_begin("DequantizeLinear", 10); /* ONNX: without a zero point */
    op_input(t, SDX_INT32, DIMS(2), DATA(-7, 1000000));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(0.5));
    op_expect(t, 0, SDX_FLOAT32, DIMS(2), DATA(-3.5, 500000));
    op_end(t);
    t = op_begin("DequantizeLinear", 24);
    op_int(t, "output_dtype", SDX_BFLOAT16);
    op_input(t, SDX_FLOAT8E4M3FN, DIMS(2), DATA(1.5, -2));
    op_input(t, SDX_FLOAT8E8M0, SCALAR, DATA(4));
    op_expect(t, 0, SDX_BFLOAT16, DIMS(2), DATA(6, -8));
    op_end(t);
}

static void dynamic(void **state) {
    (void)state;
    op_test *t = op_begin("DynamicQuantizeLinear", 11);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(0, 0));
    op_outputs(t, 3);
    op_expect(t, 0, SDX_UINT8, DIMS(2), DATA(0, 0));
    op_expect(t, 1, SDX_FLOAT32, SCALAR, DATA(1));
    op_expect(t, 2, SDX_UINT8, SCALAR, DATA(0));
    op_end(t);
    t = op_begin("DynamicQuantizeLinear", 11);
    op_input(t, SDX_FLOAT32, DIMS(3), DATA(-51, 0, 204));
    op_outputs(t, 3);
    op_expect(t, 0, SDX_UINT8, DIMS(3), DATA(0, 51, 255));
    op_expect(t, 2, SDX_UINT8, SCALAR, DATA(51));
    op_end(t);
}

/* [2,2,1] times [2,1,2]: a scale for each row of a, a zero point for each column of b. */
static void matmul(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_INT8, SDX_UINT8, SDX_FLOAT8E4M3FN};
    for (size_t i = 0; i < 3; i++) {
        op_test *t = op_begin("QLinearMatMul", 21);
        op_input(t, types[i], DIMS(2, 2, 1), DATA(1, 2, 3, 4));
        op_input(t, SDX_FLOAT32, DIMS(2, 2, 1), DATA(1, 1, 1, 2));
        op_input(t, types[i], SCALAR, DATA(0));
        op_input(t, types[i], DIMS(2, 1, 2), DATA(2, 3, 5, 6));
        op_input(t, SDX_FLOAT32, SCALAR, DATA(1));
        op_input(t, types[i], DIMS(2), DATA(1, 2));
        op_input(t, SDX_FLOAT32, SCALAR, DATA(0.5));
        op_input(t, types[i], SCALAR, DATA(1));
        op_expect(t, 0, types[i], DIMS(2, 2, 2),
                  types[i] == SDX_FLOAT8E4M3FN ? DATA(3, 3, 5, 5, 24, 24, 64, 64)
                                               : DATA(3, 3, 5, 5, 25, 25, 65, 65));
        op_end(t);
    }
}

static void refuses(void **state) {
    (void)state;
    op_test *t = op_begin("QuantizeLinear", 21);
    op_input(t, SDX_FLOAT32, DIMS(2, 3), DATA(1, 2, 3, 4, 5, 6));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_fails(t, "input 'y_scale' has shape [2], expected one element, or one for each index");
    op_end(t);
    t = op_begin("QuantizeLinear", 21);
    op_int(t, "output_dtype", SDX_UINT8);
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(1));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(1));
    op_input(t, SDX_INT8, SCALAR, DATA(0));
    op_fails(t, "attribute 'output_dtype' is uint8, expected int8 as 'y_zero_point'");
    op_end(t);
    t = op_begin("DequantizeLinear", 21);
    op_int(t, "block_size", -1);
    op_input(t, SDX_UINT8, DIMS(1), DATA(1));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(1));
    op_fails(t, "attribute 'block_size' is -1");
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_and_saturates),
        cmocka_unit_test(granularities),
        cmocka_unit_test(dequantizes),
        cmocka_unit_test(dynamic),
        cmocka_unit_test(matmul),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
