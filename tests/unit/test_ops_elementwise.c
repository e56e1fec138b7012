/* Elementwise operators: what the conformance suite does not cover. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

/* ---- unary */

static void unary_expect(const char *op, sdx_dtype dtype, const double *x, const double *y) {
    op_test *t = op_begin(op, 28);
    op_input(t, dtype, DIMS(3), x);
    op_expect(t, 0, dtype, DIMS(3), y);
    op_end(t);
}

static void unary_integers(void **state) {
    (void)state;
    unary_expect("Abs", SDX_INT8, DATA(-128, -1, 5), DATA(-128, 1, 5));
    unary_expect("Abs", SDX_UINT16, DATA(65535, 0, 5), DATA(65535, 0, 5));
    unary_expect("Neg", SDX_INT32, DATA(-2147483648.0, 1, 0), DATA(-2147483648.0, -1, 0));
    unary_expect("Sign", SDX_INT64, DATA(-7, 0, 9), DATA(-1, 0, 1));
    unary_expect("Sign", SDX_UINT8, DATA(0, 200, 9), DATA(0, 1, 1));
    unary_expect("Relu", SDX_INT16, DATA(-7, 0, 9), DATA(0, 0, 9));
    unary_expect("BitwiseNot", SDX_UINT8, DATA(0, 255, 1), DATA(255, 0, 254));
    unary_expect("Shrink", SDX_INT32, DATA(-2, 0, 3), DATA(-2, 0, 3));
}

static void unary_floats(void **state) {
    (void)state;
    unary_expect("Round", SDX_FLOAT64, DATA(2.5, -0.5, 3.5), DATA(2, -0.0, 4));
    unary_expect("Relu", SDX_FLOAT64, DATA(-1, NAN, 2), DATA(0, NAN, 2));
    unary_expect("Sign", SDX_FLOAT32, DATA(-0.5, NAN, 0), DATA(-1, NAN, 0));
    unary_expect("Sqrt", SDX_BFLOAT16, DATA(4, -1, 0), DATA(2, NAN, 0));
    static const char *const names[] = {"Exp",  "Log",      "Sigmoid",   "Tanh", "Erf",
                                        "Mish", "Softplus", "HardSwish", "Elu",  "Gelu"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        double want[3];
        op_test *t = op_begin(names[i], 28); /* both widths mean one function */
        op_input(t, SDX_FLOAT64, DIMS(3), DATA(0.3, 1.7, 5));
        for (size_t k = 0; k < 3; k++)
            want[k] = ((const double *)op_output(t, 0)->view.data)[k];
        op_end(t);
        t = op_begin(names[i], 28);
        op_input(t, SDX_FLOAT32, DIMS(3), DATA(0.3, 1.7, 5));
        op_near(t, 0, SDX_FLOAT32, DIMS(3), want, 1e-6);
        op_end(t);
    }
}

static void unary_attributes(void **state) {
    (void)state;
    op_test *t = op_begin("Selu", 1); /* ONNX: Selu-1 defaults */
    op_ints(t, "consumed_inputs", DIMS(0));
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(1));
    op_near(t, 0, SDX_FLOAT32, DIMS(1), DATA(1.0507), 1e-7);
    op_end(t);
    t = op_begin("Gelu", 20);
    op_text(t, "approximate", "cubic");
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(1));
    op_fails(t, "attribute 'approximate' is 'cubic', expected 'none' or 'tanh'");
    op_end(t);
    t = op_begin("IsInf", 20);
    op_int(t, "detect_positive", 0);
    op_input(t, SDX_FLOAT16, DIMS(3), DATA(-INFINITY, INFINITY, 1));
    op_expect(t, 0, SDX_BOOL, DIMS(3), DATA(1, 0, 0));
    op_end(t);
}

/* ---- binary */

static op_test *binary(const char *op, sdx_dtype dtype, const double *a, const double *b) {
    op_test *t = op_begin(op, 28);
    op_input(t, dtype, DIMS(3), a);
    op_input(t, dtype, DIMS(3), b);
    return t;
}

static void integers_wrap(void **state) {
    (void)state;
    op_test *t = binary("Add", SDX_UINT8, DATA(250, 1, 2), DATA(10, 1, 1));
    op_expect(t, 0, SDX_UINT8, DIMS(3), DATA(4, 2, 3));
    op_end(t);
    t = binary("Mul", SDX_UINT16, DATA(65535, 2, 3), DATA(65535, 2, 3));
    op_expect(t, 0, SDX_UINT16, DIMS(3), DATA(1, 4, 9));
    op_end(t);
    t = binary("Div", SDX_INT32, DATA(-7, -2147483648.0, 7), DATA(2, -1, -2));
    op_expect(t, 0, SDX_INT32, DIMS(3), DATA(-3, -2147483648.0, -3));
    op_end(t);
    t = binary("Div", SDX_INT64, DATA(1, 2, 3), DATA(1, 0, 1));
    op_fails(t, "input 'B'[1] is 0");
    op_end(t);
    t = binary("Mod", SDX_INT8, DATA(-7, -128, 7), DATA(3, -1, -3));
    op_expect(t, 0, SDX_INT8, DIMS(3), DATA(2, 0, -2));
    op_end(t);
    t = binary("Mod", SDX_UINT64, DATA(7, 8, 9), DATA(3, 1, 0));
    op_fails(t, "input 'B'[2] is 0");
    op_end(t);
    t = binary("Mod", SDX_FLOAT32, DATA(-7, 5, 3), DATA(3, -INFINITY, 0)); /* ONNX: Mod-28 */
    op_expect(t, 0, SDX_FLOAT32, DIMS(3), DATA(2, -INFINITY, NAN));
    op_end(t);
    t = binary("BitShift", SDX_INT8, DATA(-128, -1, 64), DATA(7, 100, 1));
    op_text(t, "direction", "RIGHT");
    op_expect(t, 0, SDX_INT8, DIMS(3), DATA(-1, -1, 32));
    op_end(t);
    t = binary("BitShift", SDX_INT16, DATA(1, 1, -1), DATA(15, 16, -1));
    op_text(t, "direction", "LEFT");
    op_expect(t, 0, SDX_INT16, DIMS(3), DATA(-32768, 0, 0));
    op_end(t);
}

static void broadcasts(void **state) {
    (void)state;
    op_test *t = op_begin("Sub", 14); /* both sides stand still somewhere */
    op_input(t, SDX_FLOAT32, DIMS(2, 1, 2), DATA(1, 2, 3, 4));
    op_input(t, SDX_FLOAT32, DIMS(3, 1), DATA(10, 20, 30));
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 3, 2),
              DATA(-9, -8, -19, -18, -29, -28, -7, -6, -17, -16, -27, -26));
    op_end(t);
    t = op_begin("Add", 14); /* nothing */
    op_input(t, SDX_INT16, DIMS(0, 3), NULL);
    op_input(t, SDX_INT16, DIMS(1, 1), DATA(1));
    op_expect(t, 0, SDX_INT16, DIMS(0, 3), NULL);
    op_end(t);
    t = op_begin("Div", 14); /* no element is divided by this 0 */
    op_input(t, SDX_INT32, DIMS(0), NULL);
    op_input(t, SDX_INT32, SCALAR, DATA(0));
    op_expect(t, 0, SDX_INT32, DIMS(0), NULL);
    op_end(t);
    t = op_begin("Mul", 6); /* ONNX: Mul-6 axis */
    op_int(t, "broadcast", 1);
    op_int(t, "axis", 0);
    op_input(t, SDX_FLOAT32, DIMS(2, 2), DATA(1, 2, 3, 4));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 10));
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 2), DATA(1, 2, 30, 40));
    op_end(t);
    t = op_begin("Add", 14);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_input(t, SDX_FLOAT32, DIMS(3), DATA(1, 2, 3));
    op_fails(t, "has shape [3], expected dimension 2 or 1");
    op_end(t);
    t = op_begin("Add", 14);
    op_input(t, SDX_FLOAT32, DIMS(2, 3), DATA(1, 2, 3, 4, 5, 6));
    op_symbols(t, "batch,seq");
    op_input(t, SDX_FLOAT32, SCALAR, DATA(1));
    op_infers(t, 0, "[batch,seq]");
    op_end(t);
}

static void powers(void **state) {
    (void)state;
    static const struct {
        sdx_dtype base, exponent;
        double x[3], y[3], z[3];
    } cases[] = {
        {SDX_INT32, SDX_INT64, {2, -3, -1}, {10, 3, 5}, {1024, -27, -1}},
        {SDX_INT64, SDX_INT8, {2, 1, -1}, {-1, -9, -3}, {0, 1, -1}},
        {SDX_INT32, SDX_FLOAT32, {4, 9, 2}, {0.5, 0.5, -1}, {2, 3, 0}},
        {SDX_FLOAT32, SDX_UINT16, {1.5, 2, -1}, {2, 3, 3}, {2.25, 8, -1}},
        {SDX_FLOAT64, SDX_FLOAT64, {2, 4, 0}, {0.5, -1, 0}, {1.4142135623730951, 0.25, 1}},
        {SDX_FLOAT16, SDX_INT32, {2, 3, 4}, {2, 2, 2}, {4, 9, 16}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        op_test *t = op_begin("Pow", 15);
        op_input(t, cases[i].base, DIMS(3), cases[i].x);
        op_input(t, cases[i].exponent, DIMS(3), cases[i].y);
        op_expect(t, 0, cases[i].base, DIMS(3), cases[i].z);
        op_end(t);
    }
    op_test *t = op_begin("Pow", 15);
    op_input(t, SDX_FLOAT32, DIMS(3), DATA(2, -3, INFINITY));
    op_input(t, SDX_INT64, DIMS(1), DATA(3));
    op_expect(t, 0, SDX_FLOAT32, DIMS(3), DATA(8, -27, INFINITY));
    op_end(t);
    t = op_begin("Pow", 15); /* a root of one exponent */
    op_input(t, SDX_FLOAT32, DIMS(4), DATA(4, -0.0, -INFINITY, -1));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(0.5));
    op_expect(t, 0, SDX_FLOAT32, DIMS(4), DATA(2, 0, INFINITY, NAN));
    op_end(t);
}

static void compares(void **state) {
    (void)state;
    op_test *t = binary("Greater", SDX_UINT64, DATA(1, 5, 3), DATA(2, 4, 3));
    op_expect(t, 0, SDX_BOOL, DIMS(3), DATA(0, 1, 0));
    op_end(t);
    t = op_begin("GreaterOrEqual", 16);
    op_input(t, SDX_INT8, DIMS(3), DATA(-1, 0, 1));
    op_input(t, SDX_INT8, SCALAR, DATA(0));
    op_expect(t, 0, SDX_BOOL, DIMS(3), DATA(0, 1, 1));
    op_end(t);
    t = op_begin("Equal", 19);
    op_strings(t, DIMS(2, 1), TEXTS("a", "b"));
    op_strings(t, DIMS(2), TEXTS("b", "a"));
    op_expect(t, 0, SDX_BOOL, DIMS(2, 2), DATA(0, 1, 1, 0));
    op_end(t);
}

/* ---- the others */

static void variadic(void **state) {
    (void)state;
    op_test *t = op_begin("Mean", 13); /* the last input is the longest */
    op_input(t, SDX_FLOAT16, SCALAR, DATA(1));
    op_input(t, SDX_FLOAT16, DIMS(1, 1), DATA(2));
    op_input(t, SDX_FLOAT16, DIMS(2), DATA(3, 6));
    op_expect(t, 0, SDX_FLOAT16, DIMS(1, 2), DATA(2, 3));
    op_end(t);
    t = op_begin("Max", 13);
    op_input(t, SDX_INT8, DIMS(2), DATA(-3, 4));
    op_expect(t, 0, SDX_INT8, DIMS(2), DATA(-3, 4));
    op_end(t);
}

static void clips(void **state) {
    (void)state;
    op_test *t = op_begin("Clip", 13); /* ONNX: Clip-13 min above max gives max */
    op_input(t, SDX_INT8, DIMS(3), DATA(-5, 0, 5));
    op_input(t, SDX_INT8, SCALAR, DATA(3));
    op_input(t, SDX_INT8, SCALAR, DATA(1));
    op_expect(t, 0, SDX_INT8, DIMS(3), DATA(1, 1, 1));
    op_end(t);
    t = op_begin("Clip", 13);
    op_input(t, SDX_FLOAT64, DIMS(3), DATA(-5, NAN, 5));
    op_absent(t);
    op_input(t, SDX_FLOAT64, SCALAR, DATA(1));
    op_expect(t, 0, SDX_FLOAT64, DIMS(3), DATA(-5, NAN, 1));
    op_end(t);
    t = op_begin("Clip", 6); /* ONNX: Clip-6 attributes */
    op_float(t, "max", 2);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(-INFINITY, 9));
    op_expect(t, 0, SDX_FLOAT32, DIMS(2), DATA(-INFINITY, 2));
    op_end(t);
    t = op_begin("Clip", 13);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_fails(t, "input 'min' has shape [2], expected a scalar");
    op_end(t);
}

static void slopes(void **state) {
    (void)state;
    op_test *t = op_begin("PRelu", 6); /* ONNX: PRelu-6 slopes of channels */
    op_input(t, SDX_FLOAT32, DIMS(1, 2, 2), DATA(-1, 1, -2, 2));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(0.5, 10));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 2, 2), DATA(-0.5, 1, -20, 2));
    op_end(t);
    t = op_begin("PRelu", 16);
    op_input(t, SDX_INT32, DIMS(1, 2), DATA(-1, 1));
    op_input(t, SDX_INT32, DIMS(2, 1), DATA(1, 2));
    op_fails(t, "input 'slope' has shape [2,1], expected one that broadcasts to [1,2]");
    op_end(t);
}

static void where(void **state) {
    (void)state;
    op_test *t = op_begin("Where", 16);
    op_input(t, SDX_BOOL, DIMS(2, 1), DATA(1, 0));
    op_strings(t, DIMS(2), TEXTS("a", "b"));
    op_strings(t, SCALAR, TEXTS("c"));
    op_expect_strings(t, 0, DIMS(2, 2), TEXTS("a", "b", "c", "c"));
    op_end(t);
    t = op_begin("Where", 16);
    op_input(t, SDX_BOOL, SCALAR, DATA(1));
    op_input(t, SDX_UINT16, DIMS(3), DATA(1, 2, 3));
    op_input(t, SDX_UINT16, DIMS(1), DATA(9));
    op_expect(t, 0, SDX_UINT16, DIMS(3), DATA(1, 2, 3));
    op_end(t);
}

static void dropout(void **state) {
    (void)state;
    op_test *t = op_begin("Dropout", 7); /* ONNX: Dropout-7 the mask has the type of the data */
    op_outputs(t, 2);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_expect(t, 0, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_expect(t, 1, SDX_FLOAT32, DIMS(2), DATA(1, 1));
    op_end(t);
    t = op_begin("Dropout", 13);
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(1));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(1));
    op_input(t, SDX_BOOL, SCALAR, DATA(1));
    op_fails(t, "input 'ratio' is 1, expected a number in [0, 1)");
    op_end(t);
}

static void fused_gelu(void **state) {
    (void)state;
    op_test *t = op_begin_in("com.microsoft", "BiasGelu", 1);
    op_input(t, SDX_FLOAT32, DIMS(2, 2), DATA(0, 1, -1, 2));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, -1));
    op_near(t, 0, SDX_FLOAT32, DIMS(2, 2), DATA(0.8413447, 0, 0, 0.8413447), 1e-6);
    op_end(t);
    t = op_begin_in("com.microsoft", "FastGelu", 1);
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(1));
    op_near(t, 0, SDX_FLOAT32, DIMS(1), DATA(0.841192), 1e-6);
    op_end(t);
    t = op_begin_in("com.microsoft", "QuickGelu", 1);
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(1));
    op_near(t, 0, SDX_FLOAT32, DIMS(1), DATA(0.8457958), 1e-6);
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unary_integers),
        cmocka_unit_test(unary_floats),
        cmocka_unit_test(unary_attributes),
        cmocka_unit_test(integers_wrap),
        cmocka_unit_test(broadcasts),
        cmocka_unit_test(powers),
        cmocka_unit_test(compares),
        cmocka_unit_test(variadic),
        cmocka_unit_test(clips),
        cmocka_unit_test(slopes),
        cmocka_unit_test(where),
        cmocka_unit_test(dropout),
        cmocka_unit_test(fused_gelu),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
