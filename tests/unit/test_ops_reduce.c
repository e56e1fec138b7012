/* Reductions: types, arrangements and errors that the conformance suite leaves out. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

#define EIGHT DATA(1, 2, 3, 4, 5, 6, 7, 8)

/* [2,2,2] of `dtype`, reduced over the dims that are named. */
static op_test *cube(const char *op_type, sdx_dtype dtype, size_t n, const int64_t *axes) {
    op_test *t = op_begin(op_type, 11);
    op_ints(t, "axes", n, axes);
    op_int(t, "keepdims", 0);
    op_input(t, dtype, DIMS(2, 2, 2), EIGHT);
    return t;
}

/* Every element type takes rows (the last dim), columns (the middle one) and both at once. */
static void all_types(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_FLOAT32, SDX_FLOAT64, SDX_FLOAT16, SDX_BFLOAT16,
                                      SDX_INT32,   SDX_INT64,   SDX_UINT32,  SDX_UINT64};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        op_test *t = cube("ReduceSum", types[i], DIMS(2));
        op_expect(t, 0, types[i], DIMS(2, 2), DATA(3, 7, 11, 15));
        op_end(t);
        t = cube("ReduceSumSquare", types[i], DIMS(1));
        op_expect(t, 0, types[i], DIMS(2, 2), DATA(10, 20, 74, 100));
        op_end(t);
        t = cube("ReduceMax", types[i], DIMS(0, 2));
        op_expect(t, 0, types[i], DIMS(2), DATA(6, 8));
        op_end(t);
        t = cube("ReduceProd", types[i], DIMS(0, -3));
        op_expect(t, 0, types[i], DIMS(2, 2), DATA(5, 12, 21, 32));
        op_end(t);
    }
}

static void integers(void **state) {
    (void)state;
    op_test *t = cube("ReduceMean", SDX_INT32, DIMS(0, 2)); /* cut off towards 0 */
    op_expect(t, 0, SDX_INT32, DIMS(2), DATA(3, 5));
    op_end(t);
    t = cube("ReduceLogSumExp", SDX_INT64, DIMS(1, 2));
    op_expect(t, 0, SDX_INT64, DIMS(2), DATA(4, 8));
    op_end(t);
    t = cube("ReduceL2", SDX_UINT64, DIMS(1));
    op_expect(t, 0, SDX_UINT64, DIMS(2, 2), DATA(3, 4, 8, 10));
    op_end(t);
    t = op_begin("ReduceL1", 13);
    op_input(t, SDX_INT32, DIMS(3), DATA(-2, 0, 5));
    op_expect(t, 0, SDX_INT32, DIMS(1), DATA(7));
    op_end(t);
    t = op_begin("ReduceMin", 20);
    op_input(t, SDX_INT8, DIMS(3), DATA(-2, 0, 5));
    op_expect(t, 0, SDX_INT8, DIMS(1), DATA(-2));
    op_end(t);
    t = op_begin("ReduceMin", 20);
    op_input(t, SDX_BOOL, DIMS(0), NULL);
    op_expect(t, 0, SDX_BOOL, DIMS(1), DATA(1));
    op_end(t);
    t = op_begin("ReduceMean", 18); /* of nothing */
    op_input(t, SDX_INT64, DIMS(0), NULL);
    op_expect(t, 0, SDX_INT64, DIMS(1), DATA(0));
    op_end(t);
}

static void nan_wins(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_FLOAT32, SDX_FLOAT64};
    static const char *const names[] = {"ReduceMax", "ReduceMin", "ReduceLogSumExp"};
    for (size_t i = 0; i < 6; i++) {
        op_test *t = op_begin(names[i / 2], 13);
        op_ints(t, "axes", DIMS(1));
        op_input(t, types[i % 2], DIMS(2, 3), DATA(1, NAN, 2, NAN, 1, 2));
        op_expect(t, 0, types[i % 2], DIMS(2, 1), DATA(NAN, NAN));
        op_end(t);
    }
}

/* ONNX: ReduceSum-13 noop_with_empty_axes: the steps that are no reduction are still done. */
static void no_axes(void **state) {
    (void)state;
    op_test *t = op_begin("ReduceSumSquare", 18);
    op_int(t, "noop_with_empty_axes", 1);
    op_input(t, SDX_FLOAT32, DIMS(3), DATA(1, -2, 3));
    op_expect(t, 0, SDX_FLOAT32, DIMS(3), DATA(1, 4, 9));
    op_end(t);
    t = op_begin("ReduceLogSumExp", 18);
    op_int(t, "noop_with_empty_axes", 1);
    op_input(t, SDX_FLOAT64, DIMS(3), DATA(1, -2, 3));
    op_expect(t, 0, SDX_FLOAT64, DIMS(3), DATA(1, -2, 3));
    op_end(t);
    t = op_begin("ReduceSum", 13);
    op_input(t, SDX_FLOAT32, SCALAR, DATA(5));
    op_expect(t, 0, SDX_FLOAT32, SCALAR, DATA(5));
    op_end(t);
}

static void shapes(void **state) {
    (void)state;
    op_test *t = op_begin("ReduceProd", 13);
    op_ints(t, "axes", DIMS(-1));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 6), DATA(1, 2, 3, 4, 5, 6));
    op_symbols(t, "batch,seq,768");
    op_infers(t, 0, "[batch,seq,1]");
    op_end(t);
    t = op_begin("ReduceSum", 13);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_input(t, SDX_INT64, DIMS(1), DATA(1));
    op_fails(t, "input 'axes' is 1, expected a value in [-1, 0]");
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_types), cmocka_unit_test(integers), cmocka_unit_test(nan_wins),
        cmocka_unit_test(no_axes),   cmocka_unit_test(shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
