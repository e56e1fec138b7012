/* Tensors made of a few numbers: Range, EyeLike, OneHot. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

static op_test *range(sdx_dtype dtype, double start, double limit, double delta) {
    op_test *t = op_begin("Range", 27);
    op_input(t, dtype, SCALAR, DATA(start));
    op_input(t, dtype, SCALAR, DATA(limit));
    op_input(t, dtype, SCALAR, DATA(delta));
    return t;
}

static void range_of_any_type(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_INT16,   SDX_INT32,   SDX_INT64,   SDX_FLOAT16,
                                      SDX_FLOAT32, SDX_FLOAT64, SDX_BFLOAT16};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        op_test *t = range(types[i], 5, -2, -3);
        op_expect(t, 0, types[i], DIMS(3), DATA(5, 2, -1));
        op_end(t);
        t = range(types[i], 5, 5, 1);
        op_expect(t, 0, types[i], DIMS(0), NULL);
        op_end(t);
        t = range(types[i], 0, 1, 0);
        op_fails(t, "input 'delta' is 0");
        op_end(t);
    }
}

static void range_refuses(void **state) {
    (void)state;
    op_test *t = range(SDX_FLOAT32, 0, 1e30, 1);
    op_fails(t, "a range that memory holds");
    op_end(t);
    t = op_begin("Range", 11);
    for (int i = 0; i < 3; i++)
        op_input(t, SDX_INT64, DIMS(2), DATA(1, 2));
    op_fails(t, "input 'start' has 2 elements, expected a scalar");
    op_end(t);
}

static void eye_like(void **state) {
    (void)state;
    op_test *t = op_begin("EyeLike", 22);
    op_int(t, "k", -1);
    op_int(t, "dtype", SDX_BFLOAT16);
    op_input(t, SDX_BOOL, DIMS(3, 2), DATA(0, 0, 0, 0, 0, 0));
    op_expect(t, 0, SDX_BFLOAT16, DIMS(3, 2), DATA(0, 0, 1, 0, 0, 1));
    op_end(t);
    t = op_begin("EyeLike", 9);
    op_int(t, "k", INT64_MIN);
    op_input(t, SDX_INT32, DIMS(1, 2), DATA(7, 7));
    op_expect(t, 0, SDX_INT32, DIMS(1, 2), DATA(0, 0));
    op_end(t);
    t = op_begin("EyeLike", 9);
    op_int(t, "dtype", SDX_STRING);
    op_input(t, SDX_INT32, DIMS(1, 2), DATA(7, 7));
    op_fails(t, "attribute 'dtype' is 8, expected one of ");
    op_end(t);
}

static op_test *one_hot(sdx_dtype indices, double depth) {
    op_test *t = op_begin("OneHot", 11);
    op_int(t, "axis", 0);
    op_input(t, indices, DIMS(3), DATA(1, 100, 0));
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(depth));
    op_input(t, SDX_FLOAT16, DIMS(2), DATA(-1, 5));
    return t;
}

static void one_hot_of_any_type(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_UINT8, SDX_INT64, SDX_FLOAT16, SDX_FLOAT64};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        op_test *t = one_hot(types[i], 2);
        op_expect(t, 0, SDX_FLOAT16, DIMS(2, 3), DATA(-1, -1, 5, 5, -1, -1));
        op_end(t);
    }
    op_test *t = one_hot(SDX_INT32, -1);
    op_fails(t, "input 'depth' is -1, expected 0 or more");
    op_end(t);
    t = op_begin("OneHot", 9);
    op_input(t, SDX_FLOAT32, DIMS(4), DATA(NAN, INFINITY, -1e30, -1));
    op_input(t, SDX_INT64, SCALAR, DATA(1));
    op_strings(t, DIMS(2), TEXTS("off", "on"));
    op_expect_strings(t, 0, DIMS(4, 1), TEXTS("off", "off", "off", "on"));
    op_end(t);
    t = op_begin("OneHot", 9);
    op_input(t, SDX_INT64, DIMS(1), DATA(0));
    op_input(t, SDX_INT64, SCALAR, DATA(1));
    op_input(t, SDX_INT64, DIMS(3), DATA(0, 1, 2));
    op_fails(t, "input 'values' has 3 elements, expected 2");
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(range_of_any_type),
        cmocka_unit_test(range_refuses),
        cmocka_unit_test(eye_like),
        cmocka_unit_test(one_hot_of_any_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
