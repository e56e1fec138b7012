/* Operators on shapes: Reshape, Squeeze, Unsqueeze, Flatten, Shape, Size, Identity, Constant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

#define SIX DATA(1, 2, 3, 4, 5, 6)

static op_test *reshape(int version, size_t n, const double *shape) {
    op_test *t = op_begin("Reshape", version);
    op_input(t, SDX_FLOAT32, DIMS(2, 3), SIX);
    op_input(t, SDX_INT64, DIMS((int64_t)n), shape);
    return t;
}

static void reshape_solves(void **state) {
    (void)state;
    op_test *t = reshape(14, 2, DATA(3, -1));
    op_expect(t, 0, SDX_FLOAT32, DIMS(3, 2), SIX);
    op_end(t);
    t = reshape(5, 3, DATA(0, 1, -1)); /* 0 copies */
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 1, 3), SIX);
    op_end(t);
    t = op_begin("Reshape", 1); /* ONNX: Reshape-1 shape is an attribute */
    op_ints(t, "shape", DIMS(6));
    op_input(t, SDX_FLOAT32, DIMS(2, 3), SIX);
    op_expect(t, 0, SDX_FLOAT32, DIMS(6), SIX);
    op_end(t);
    t = op_begin("Reshape", 14); /* one element as a scalar */
    op_input(t, SDX_INT4, DIMS(1, 1), DATA(-3));
    op_input(t, SDX_INT64, DIMS(0), NULL);
    op_expect(t, 0, SDX_INT4, SCALAR, DATA(-3));
    op_end(t);
    t = op_begin("Reshape", 14); /* none in, none out, whatever the other dims */
    op_int(t, "allowzero", 1);
    op_input(t, SDX_FLOAT32, DIMS(2, 0), NULL);
    op_input(t, SDX_INT64, DIMS(3), DATA(3, 0, 5));
    op_expect(t, 0, SDX_FLOAT32, DIMS(3, 0, 5), NULL);
    op_end(t);
    t = op_begin("Reshape", 14); /* ONNX: Reshape-14 allowzero */
    op_int(t, "allowzero", 1);
    op_input(t, SDX_FLOAT32, DIMS(0, 3), NULL);
    op_input(t, SDX_INT64, DIMS(2), DATA(3, 0));
    op_expect(t, 0, SDX_FLOAT32, DIMS(3, 0), NULL);
    op_end(t);
}

static void reshape_knows_symbols(void **state) {
    (void)state;
    op_test *t = op_begin("Reshape", 14);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 6),
             SIX); /* has the right rank; its dims are not looked at */
    op_symbols(t, "batch,seq,768");
    op_input(t, SDX_INT64, DIMS(4), DATA(0, 0, 12, -1));
    op_infers(t, 0, "[batch,seq,12,64]");
    op_end(t);
}

static void reshape_refuses(void **state) {
    (void)state;
    static const struct {
        double shape[3];
        const char *text;
    } cases[] = {
        {{4, 2, 1}, "input 'data' has shape [2,3], expected as many elements as [4,2,1]"},
        {{4, -1, 1}, "expected as many elements as [4,-1,1]"},
        {{-1, 2, -1}, "has -1 at 0 and 2"},
        {{-2, 2, 3}, "'shape'[0] is -2"},
        {{2, 3, 0}, "'shape'[2] is 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        op_test *t = reshape(14, 3, cases[i].shape);
        op_fails(t, cases[i].text);
        op_end(t);
    }
}

static void squeeze_and_unsqueeze(void **state) {
    (void)state;
    op_test *t = op_begin("Squeeze", 13);
    op_input(t, SDX_FLOAT32, DIMS(1, 3, 1), DATA(1, 2, 3));
    op_input(t, SDX_INT64, DIMS(1), DATA(-1));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 3), DATA(1, 2, 3));
    op_end(t);
    t = op_begin("Squeeze", 11);
    op_strings(t, DIMS(1, 2, 1), TEXTS("a", "b"));
    op_expect_strings(t, 0, DIMS(2), TEXTS("a", "b"));
    op_end(t);
    t = op_begin("Squeeze", 13);
    op_input(t, SDX_FLOAT32, DIMS(2, 1), DATA(1, 2));
    op_input(t, SDX_INT64, DIMS(1), DATA(0));
    op_fails(t, "input 'data' has dimension 2 at axis 0, expected 1");
    op_end(t);
    t = op_begin("Unsqueeze", 11);
    op_ints(t, "axes", DIMS(0, -1));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 2, 1), DATA(1, 2));
    op_end(t);
    t = op_begin("Unsqueeze", 13);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_input(t, SDX_INT64, DIMS(2), DATA(1, -2));
    op_fails(t, "names axis 1 twice");
    op_end(t);
    t = op_begin("Unsqueeze", 13);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_input(t, SDX_INT64, DIMS(1), DATA(2));
    op_fails(t, "'axes'");
    op_end(t);
}

static void flatten(void **state) {
    (void)state;
    static const struct {
        int64_t axis, rows, columns;
    } cases[] = {{0, 1, 6}, {1, 1, 6}, {2, 2, 3}, {3, 6, 1}, {-1, 2, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        op_test *t = op_begin("Flatten", 13);
        op_int(t, "axis", cases[i].axis);
        op_input(t, SDX_INT32, DIMS(1, 2, 3), SIX);
        op_expect(t, 0, SDX_INT32, DIMS(cases[i].rows, cases[i].columns), SIX);
        op_end(t);
    }
    op_test *t = op_begin("Flatten", 13);
    op_int(t, "axis", 4);
    op_input(t, SDX_INT32, DIMS(1, 2, 3), SIX);
    op_fails(t, "attribute 'axis' is 4, expected -3 to 3");
    op_end(t);
}

static void shape_and_size(void **state) {
    (void)state;
    op_test *t = op_begin("Shape", 15);
    op_int(t, "start", -2);
    op_int(t, "end", 7);
    op_input(t, SDX_UINT2, DIMS(1, 2, 3), DATA(0, 1, 2, 3, 0, 1));
    op_expect(t, 0, SDX_INT64, DIMS(2), DATA(2, 3));
    op_end(t);
    t = op_begin("Shape", 1);
    op_input(t, SDX_FLOAT32, SCALAR, DATA(1));
    op_expect(t, 0, SDX_INT64, DIMS(0), NULL);
    op_end(t);
    t = op_begin("Size", 13);
    op_input(t, SDX_FLOAT32, DIMS(2, 3), SIX);
    op_expect(t, 0, SDX_INT64, SCALAR, DATA(6));
    op_end(t);
}

static void identity(void **state) {
    (void)state;
    op_test *t = op_begin("Identity", 14);
    op_input(t, SDX_FLOAT16, DIMS(2), DATA(1, -0.5));
    op_expect(t, 0, SDX_FLOAT16, DIMS(2), DATA(1, -0.5));
    op_end(t);
    t = op_begin("Identity", 14);
    sdx_value *item = op_make(t, SDX_FLOAT32, DIMS(1), DATA(3)), *sequence;
    assert_null(sdx_value_sequence(op_store(t), SDX_TENSOR, SDX_FLOAT32, &item, 1, &sequence));
    sdx_value_release(item);
    op_value(t, sequence);
    assert_ptr_equal(op_output(t, 0), sequence);
    op_end(t);
}

static void constant(void **state) {
    (void)state;
    op_test *t = op_begin("Constant", 12);
    op_ints(t, "value_ints", DIMS(4, 5));
    op_expect(t, 0, SDX_INT64, DIMS(2), DATA(4, 5));
    op_end(t);
    t = op_begin("Constant", 12);
    op_float(t, "value_float", 1.5f);
    op_expect(t, 0, SDX_FLOAT32, SCALAR, DATA(1.5));
    op_end(t);
    t = op_begin("Constant", 12);
    op_text(t, "value_string", "hello");
    op_expect_strings(t, 0, SCALAR, TEXTS("hello"));
    op_end(t);
    t = op_begin("Constant", 21);
    op_tensor(t, "value", SDX_UINT4, DIMS(3), DATA(1, 15, 7));
    op_expect(t, 0, SDX_UINT4, DIMS(3), DATA(1, 15, 7));
    op_end(t);
    t = op_begin("Constant", 12);
    op_fails(t, "no value is given");
    op_end(t);
    t = op_begin("Constant", 12);
    op_float(t, "value_float", 1.5f);
    op_int(t, "value_int", 1);
    op_fails(t, "two values are given, expected one");
    op_end(t);
}

static void constant_of_shape(void **state) {
    (void)state;
    op_test *t = op_begin("ConstantOfShape", 9);
    op_input(t, SDX_INT64, DIMS(2), DATA(2, 3));
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 3), DATA(0, 0, 0, 0, 0, 0));
    op_end(t);
    t = op_begin("ConstantOfShape", 21);
    op_tensor(t, "value", SDX_INT4, DIMS(1), DATA(-3));
    op_input(t, SDX_INT64, DIMS(1), DATA(3));
    op_expect(t, 0, SDX_INT4, DIMS(3), DATA(-3, -3, -3));
    op_end(t);
    t = op_begin("ConstantOfShape", 9);
    op_tensor(t, "value", SDX_INT64, DIMS(1), DATA(7));
    op_input(t, SDX_INT64, DIMS(0), NULL);
    op_expect(t, 0, SDX_INT64, SCALAR, DATA(7));
    op_end(t);
    t = op_begin("ConstantOfShape", 9);
    op_input(t, SDX_INT64, DIMS(2), DATA(2, -3));
    op_fails(t, "input 'input'[1] is -3, expected 0 or more");
    op_end(t);
}

static void align_axis(void **state) {
    (void)state;
    op_test *t = op_begin_in("sardonyx", "AlignAxis", 1);
    op_int(t, "axis", 1);
    op_input(t, SDX_FLOAT32, DIMS(3), DATA(1, 2, 3));
    op_input(t, SDX_FLOAT32, DIMS(1, 3, 1, 2), SIX);
    op_expect(t, 0, SDX_FLOAT32, DIMS(3, 1, 1), DATA(1, 2, 3));
    op_end(t);
    t = op_begin_in("sardonyx", "AlignAxis", 1);
    op_int(t, "axis", 1);
    op_input(t, SDX_FLOAT32, DIMS(2, 3), SIX);
    op_input(t, SDX_FLOAT32, DIMS(2, 3), SIX);
    op_fails(t, "attribute 'axis' is 1, expected 0 to 0");
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reshape_solves),    cmocka_unit_test(reshape_knows_symbols),
        cmocka_unit_test(reshape_refuses),   cmocka_unit_test(squeeze_and_unsqueeze),
        cmocka_unit_test(flatten),           cmocka_unit_test(shape_and_size),
        cmocka_unit_test(identity),          cmocka_unit_test(constant),
        cmocka_unit_test(constant_of_shape), cmocka_unit_test(align_axis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
