/* Operators of com.microsoft on bytes with a scale and a zero point. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

#define MS "com.microsoft"

/* ---- QLinearSoftmax: e^(x - max) over their sum, here in steps of 1/256 */

static void softmax(void **state) {
    (void)state;
    /* 0, ln 3 in steps of ln 3 / 4: probabilities 1/4 and 3/4 */
    op_test *t = op_begin_in(MS, "QLinearSoftmax", 1);
    op_int(t, "opset", 13);
    op_input(t, SDX_UINT8, DIMS(2, 2), DATA(7, 11, 11, 7));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(0.27465307216702745));
    op_input(t, SDX_UINT8, SCALAR, DATA(3));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(1.0 / 256));
    op_input(t, SDX_UINT8, SCALAR, DATA(2));
    op_expect(t, 0, SDX_UINT8, DIMS(2, 2), DATA(66, 194, 194, 66));
    op_end(t);
}

static void softmax_axes(void **state) {
    (void)state;
    /* before opset 13 the dims from the axis on are one row: 1/2, 1/6, 1/6, 1/6 */
    op_test *t = op_begin_in(MS, "QLinearSoftmax", 1);
    op_int(t, "opset", 11);
    op_int(t, "axis", 0);
    op_input(t, SDX_INT8, DIMS(2, 2), DATA(-4, -8, -8, -8));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(0.27465307216702745));
    op_absent(t);
    op_input(t, SDX_FLOAT32, SCALAR, DATA(1.0 / 240));
    op_input(t, SDX_INT8, SCALAR, DATA(-128));
    op_expect(t, 0, SDX_INT8, DIMS(2, 2), DATA(-8, -88, -88, -88));
    op_end(t);
    /* from then on the axis alone: columns 3/4, 1/4 and 1/2, 1/2 */
    t = op_begin_in(MS, "QLinearSoftmax", 1);
    op_int(t, "opset", 13);
    op_int(t, "axis", 0);
    op_input(t, SDX_INT8, DIMS(2, 2), DATA(-4, -8, -8, -8));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(0.27465307216702745));
    op_absent(t);
    op_input(t, SDX_FLOAT32, SCALAR, DATA(1.0 / 240));
    op_input(t, SDX_INT8, SCALAR, DATA(-128));
    op_expect(t, 0, SDX_INT8, DIMS(2, 2), DATA(52, -8, -68, -8));
    op_end(t);
}

/* ---- operators that become DequantizeLinear, one of ai.onnx, QuantizeLinear */

/* A tensor of uint8 with its scale and zero point. */
static void bytes(op_test *t, size_t rank, const int64_t *dims, const double *data, double scale,
                  double zero) {
    op_input(t, SDX_UINT8, rank, dims, data);
    op_input(t, SDX_FLOAT32, SCALAR, &scale);
    op_input(t, SDX_UINT8, SCALAR, &zero);
}

static void result(op_test *t, double scale, double zero) {
    op_input(t, SDX_FLOAT32, SCALAR, &scale);
    op_input(t, SDX_UINT8, SCALAR, &zero);
}

static void arithmetic(void **state) {
    (void)state;
    op_test *t = op_begin_in(MS, "QLinearAdd", 1);
    bytes(t, DIMS(2), DATA(12, 20), 0.5, 10); /* 1, 5 */
    bytes(t, DIMS(1), DATA(3), 2, 0);         /* 6 */
    result(t, 0.25, 100);
    op_expect(t, 0, SDX_UINT8, DIMS(2), DATA(128, 144));
    op_end(t);
    t = op_begin_in(MS, "QLinearMul", 1);
    bytes(t, DIMS(2), DATA(12, 8), 0.5, 10); /* 1, -1 */
    bytes(t, DIMS(1), DATA(3), 2, 0);
    result(t, 0.5, 10);
    op_expect(t, 0, SDX_UINT8, DIMS(2), DATA(22, 0)); /* -2 is too small */
    op_end(t);
    t = op_begin_in(MS, "QLinearLeakyRelu", 1);
    op_float(t, "alpha", 0.5f);
    bytes(t, DIMS(2), DATA(12, 6), 1, 10);
    result(t, 1, 10);
    op_expect(t, 0, SDX_UINT8, DIMS(2), DATA(12, 8));
    op_end(t);
    t = op_begin_in(MS, "QLinearSigmoid", 1);
    bytes(t, DIMS(1), DATA(10), 1, 10);
    result(t, 1.0 / 256, 0);
    op_expect(t, 0, SDX_UINT8, DIMS(1), DATA(128));
    op_end(t);
}

static void pools(void **state) {
    (void)state;
    op_test *t = op_begin_in(MS, "QLinearGlobalAveragePool", 1);
    op_int(t, "channels_last", 1);
    bytes(t, DIMS(1, 2, 2), DATA(10, 20, 30, 60), 1, 0);
    result(t, 1, 5);
    op_expect(t, 0, SDX_UINT8, DIMS(1, 1, 2), DATA(25, 45));
    op_end(t);
    t = op_begin_in(MS, "QLinearAveragePool", 1);
    op_ints(t, "kernel_shape", DIMS(2));
    bytes(t, DIMS(1, 1, 3), DATA(10, 20, 30), 1, 0);
    result(t, 0.5, 0);
    op_expect(t, 0, SDX_UINT8, DIMS(1, 1, 2), DATA(30, 50));
    op_end(t);
    t = op_begin_in(MS, "QLinearReduceMean", 1);
    op_ints(t, "axes", DIMS(1));
    op_int(t, "keepdims", 0);
    bytes(t, DIMS(2, 2), DATA(10, 20, 30, 60), 1, 0);
    result(t, 1, 0);
    op_expect(t, 0, SDX_UINT8, DIMS(2), DATA(15, 45));
    op_end(t);
}

/* Two axes, one of them counted from behind; ties go to even, results are at most 127. */
static void means(void **state) {
    (void)state;
    op_test *t = op_begin_in(MS, "QLinearReduceMean", 1);
    op_ints(t, "axes", DIMS(0, -1));
    op_int(t, "keepdims", 1);
    op_input(t, SDX_INT8, DIMS(2, 3, 2), DATA(1, 2, 100, 120, -5, -7, 3, 4, 110, 126, -6, -8));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(0.5));
    op_input(t, SDX_INT8, SCALAR, DATA(-2));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(0.25));
    op_input(t, SDX_INT8, SCALAR, DATA(1));
    /* means of 2.5 + 2, 114 + 2, -6.5 + 2 in halves; twice as many quarters */
    op_expect(t, 0, SDX_INT8, DIMS(1, 3, 1), DATA(10, 127, -8));
    op_end(t);
    for (int zero = 0; zero < 2; zero++) { /* 0 and its absence are the same */
        t = op_begin_in(MS, "QLinearReduceMean", 1);
        op_ints(t, "axes", DIMS(1));
        op_int(t, "keepdims", 0);
        op_input(t, SDX_INT8, DIMS(3, 2), DATA(1, 2, 3, 4, -2, -3)); /* 1.5, 3.5, -2.5 */
        op_input(t, SDX_FLOAT32, SCALAR, DATA(2));
        if (zero) op_input(t, SDX_INT8, SCALAR, DATA(0));
        if (!zero) op_absent(t);
        op_input(t, SDX_FLOAT32, SCALAR, DATA(2));
        if (zero) op_input(t, SDX_INT8, SCALAR, DATA(0));
        op_expect(t, 0, SDX_INT8, DIMS(3), DATA(2, 4, -2));
        op_end(t);
    }
}

static void put_together(void **state) {
    (void)state;
    op_test *t = op_begin_in(MS, "QLinearConcat", 1);
    op_int(t, "axis", 0);
    result(t, 0.5, 1);
    bytes(t, DIMS(2), DATA(1, 2), 1, 0);
    bytes(t, DIMS(1), DATA(5), 2, 4);
    op_expect(t, 0, SDX_UINT8, DIMS(3), DATA(3, 5, 5));
    op_end(t);
    t = op_begin_in(MS, "QLinearWhere", 1);
    op_input(t, SDX_BOOL, DIMS(2), DATA(1, 0));
    bytes(t, DIMS(2), DATA(1, 2), 1, 0);
    bytes(t, DIMS(1), DATA(5), 2, 4);
    result(t, 0.5, 1);
    op_expect(t, 0, SDX_UINT8, DIMS(2), DATA(3, 5));
    op_end(t);
    t = op_begin_in(MS, "QLinearConcat", 1);
    op_int(t, "axis", 0);
    result(t, 0.5, 1);
    op_input(t, SDX_UINT8, DIMS(1), DATA(5));
    op_fails(t, "found 3 inputs, expected a scale and zero point, then three for each tensor");
    op_end(t);
}

static void renamed(void **state) {
    (void)state;
    op_test *t = op_begin_in(MS, "QuantizeLinear", 1);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1.5, -3));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(0.5));
    op_input(t, SDX_INT16, SCALAR, DATA(1000));
    op_expect(t, 0, SDX_INT16, DIMS(2), DATA(1003, 994));
    op_end(t);
    t = op_begin_in(MS, "DequantizeLinear", 1);
    op_int(t, "axis", 0);
    op_input(t, SDX_INT4, DIMS(2, 1), DATA(-8, 7));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 1), DATA(-8, 14));
    op_end(t);
}

/* ---- products of bytes as numbers */

static void scaled_products(void **state) {
    (void)state;
    op_test *t = op_begin_in(MS, "MatMulIntegerToFloat", 1);
    op_input(t, SDX_UINT8, DIMS(1, 2), DATA(11, 13)); /* 1, 3 halved */
    op_input(t, SDX_INT8, DIMS(2, 2), DATA(3, 5, 2, 6));
    op_constant(t);
    op_input(t, SDX_FLOAT16, SCALAR, DATA(0.5));
    op_input(t, SDX_FLOAT16, DIMS(2), DATA(2, 4));
    op_input(t, SDX_UINT8, SCALAR, DATA(10));
    op_input(t, SDX_INT8, DIMS(2), DATA(1, 2));
    op_input(t, SDX_FLOAT16, DIMS(2), DATA(100, 200));
    op_expect(t, 0, SDX_FLOAT16, DIMS(1, 2), DATA((2 + 3) * 1 + 100, (3 + 12) * 2 + 200));
    op_end(t);
    t = op_begin_in(MS, "DynamicQuantizeMatMul", 1);
    op_input(t, SDX_FLOAT32, DIMS(2, 1), DATA(-55, 200)); /* steps of 1 from 55 on */
    op_input(t, SDX_INT8, DIMS(1, 2), DATA(1, -3));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(0.5));
    op_absent(t);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 0));
    op_near(t, 0, SDX_FLOAT32, DIMS(2, 2), DATA(-26.5, 82.5, 101, -300), 1e-6);
    op_end(t);
    t = op_begin_in(MS, "DynamicQuantizeMatMul", 1);
    op_input(t, SDX_FLOAT32, DIMS(2, 1), DATA(-55, 200));
    op_input(t, SDX_INT8, DIMS(1, 2), DATA(1, -3));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(0.5));
    op_absent(t);
    op_input(t, SDX_FLOAT32, DIMS(3), DATA(1, 0, 0));
    op_fails(t, "input 'bias' has shape [3], expected one element for each column of 'B'");
    op_end(t);
}

/* ---- GatherBlockQuantized */

static void gathered_blocks(void **state) {
    (void)state;
    double data[2 * 32], expected[3 * 32];
    for (size_t i = 0; i < 64; i++) {
        data[i] = (double)(i % 16) - 8;
    }
    const double scales[] = {1, 2, 3, 4}, zeros[] = {0, 1, -1, 2};
    for (size_t i = 0; i < 3 * 32; i++) { /* rows 1, none, 0 */
        const size_t row = i < 32 ? 1 : 0, block = row * 2 + i % 32 / 16;
        expected[i] = i / 32 == 1 ? 0 : (data[row * 32 + i % 32] - zeros[block]) * scales[block];
    }
    op_test *t = op_begin_in(MS, "GatherBlockQuantized", 1);
    op_int(t, "block_size", 16);
    op_input(t, SDX_INT4, DIMS(2, 32), data);
    op_input(t, SDX_INT64, DIMS(3), DATA(-1, 2, 0)); /* 2 is outside */
    op_input(t, SDX_FLOAT16, DIMS(2, 2), scales);
    op_input(t, SDX_INT4, DIMS(2, 2), zeros);
    op_expect(t, 0, SDX_FLOAT16, DIMS(3, 32), expected);
    op_end(t);
}

static void gathered_bytes(void **state) {
    (void)state;
    double data[2 * 8] = {0}, expected[32];
    data[8] = 0x4b; /* row 1: 11, 4 */
    for (size_t i = 0; i < 32; i++) {
        expected[i] = -3 * (i < 16 ? 0.5 : 2); /* all codes 0, zero point 3 */
    }
    op_test *t = op_begin_in(MS, "GatherBlockQuantized", 1);
    op_int(t, "block_size", 16);
    op_input(t, SDX_UINT8, DIMS(2, 8), data);
    op_input(t, SDX_INT32, SCALAR, DATA(1));
    op_input(t, SDX_FLOAT32, DIMS(2, 1), DATA(1, 0.5));
    op_input(t, SDX_UINT8, DIMS(2, 1), DATA(8, 3));
    expected[0] = 8 * 0.5;
    expected[1] = 0.5;
    op_expect(t, 0, SDX_FLOAT32, DIMS(16), expected);
    op_end(t);
    /* 8-bit floats have no zero point; one scale serves all rows */
    t = op_begin_in(MS, "GatherBlockQuantized", 1);
    op_int(t, "block_size", 0);
    op_input(t, SDX_FLOAT8E4M3FN, DIMS(2, 2), DATA(1, 2, 3, 4));
    op_input(t, SDX_INT32, DIMS(1), DATA(1));
    op_input(t, SDX_FLOAT32, DIMS(1, 1), DATA(0.5));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 2), DATA(1.5, 2));
    op_end(t);
}

/* 4-bit floats: a sign and one of eight sizes; rows have half a block at their end. */
static void gathered_floats4(void **state) {
    (void)state;
    enum { ROWS = 3, WIDTH = 24, BLOCKS = 2 };
    static const double sizes[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6}, picked[] = {2, -3};
    static const sdx_dtype types[] = {SDX_FLOAT32, SDX_FLOAT16, SDX_BFLOAT16};
    double data[ROWS * WIDTH], scales[ROWS * WIDTH], expected[2 * WIDTH];
    for (size_t i = 0; i < ROWS * WIDTH; i++) {
        data[i] = sizes[i * 5 % 8] * (i * i % 3 == 1 ? -1 : 1);
        scales[i] = (double)(i % 7 + 1) / 4;
    }
    for (size_t i = 0; i < 2 * sizeof types / sizeof *types; i++) {
        const int64_t axis = (int64_t)i % 2; /* 0: one scale for all rows of a column */
        for (size_t k = 0; k < 2 * WIDTH; k++) {
            const size_t row = k < WIDTH ? 2 : 0, at = k % WIDTH;
            const double scale = scales[axis == 0 ? at : row * BLOCKS + at / 16];
            expected[k] = data[row * WIDTH + at] * scale;
        }
        op_test *const t = op_begin_in(MS, "GatherBlockQuantized", 1);
        op_int(t, "block_size", 16);
        op_int(t, "quantize_axis", axis);
        op_input(t, SDX_FLOAT4E2M1, DIMS(ROWS, WIDTH), data);
        op_input(t, SDX_INT64, DIMS(1, 2), picked);
        op_input(t, types[i / 2], DIMS(axis == 0 ? 1 : ROWS, axis == 0 ? WIDTH : BLOCKS), scales);
        op_expect(t, 0, types[i / 2], DIMS(1, 2, WIDTH), expected);
        op_end(t);
    }
}

/* ---- nothing to do */

static void empty(void **state) {
    (void)state;
    op_test *t = op_begin_in(MS, "QLinearSoftmax", 1);
    op_int(t, "opset", 13);
    op_input(t, SDX_UINT8, DIMS(2, 0), NULL);
    op_input(t, SDX_FLOAT32, SCALAR, DATA(0.5));
    op_input(t, SDX_UINT8, SCALAR, DATA(3));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(1.0 / 256));
    op_input(t, SDX_UINT8, SCALAR, DATA(2));
    op_expect(t, 0, SDX_UINT8, DIMS(2, 0), NULL);
    op_end(t);
    t = op_begin_in(MS, "DynamicQuantizeMatMul", 1); /* sums of nothing */
    op_input(t, SDX_FLOAT32, DIMS(2, 0), NULL);
    op_input(t, SDX_INT8, DIMS(0, 2), NULL);
    op_input(t, SDX_FLOAT32, SCALAR, DATA(0.5));
    op_absent(t);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 2), DATA(1, 2, 1, 2));
    op_end(t);
    t = op_begin_in(MS, "GatherBlockQuantized", 1);
    op_int(t, "block_size", 16);
    op_input(t, SDX_INT4, DIMS(2, 1), DATA(1, 2));
    op_input(t, SDX_INT64, DIMS(0), NULL);
    op_input(t, SDX_FLOAT32, DIMS(2, 1), DATA(1, 1));
    op_expect(t, 0, SDX_FLOAT32, DIMS(0, 1), NULL);
    op_end(t);
    t = op_begin_in(MS, "GatherBlockQuantized", 1); /* no index can be inside */
    op_int(t, "block_size", 16);
    op_input(t, SDX_INT4, DIMS(0, 1), NULL);
    op_input(t, SDX_INT64, DIMS(1), DATA(0));
    op_input(t, SDX_FLOAT32, DIMS(0, 1), NULL);
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 1), DATA(0));
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(softmax),         cmocka_unit_test(softmax_axes),
        cmocka_unit_test(arithmetic),      cmocka_unit_test(pools),
        cmocka_unit_test(put_together),    cmocka_unit_test(renamed),
        cmocka_unit_test(scaled_products), cmocka_unit_test(gathered_blocks),
        cmocka_unit_test(gathered_bytes),  cmocka_unit_test(gathered_floats4),
        cmocka_unit_test(means),           cmocka_unit_test(empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
