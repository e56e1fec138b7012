/* Cast and CastLike: what the conformance suite does not cover. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

static op_test *cast(sdx_dtype to) {
    op_test *t = op_begin("Cast", 25);
    op_int(t, "to", to);
    return t;
}

static void integers_wrap(void **state) {
    (void)state;
    op_test *t = cast(SDX_INT8);
    op_input(t, SDX_INT16, DIMS(3), DATA(200, -129, 5));
    op_expect(t, 0, SDX_INT8, DIMS(3), DATA(-56, 127, 5));
    op_end(t);
    t = cast(SDX_UINT64);
    op_input(t, SDX_INT8, DIMS(1), DATA(-1));
    op_expect(t, 0, SDX_UINT64, DIMS(1), DATA(18446744073709551615.0));
    op_end(t);
    t = cast(SDX_INT4);
    op_input(t, SDX_INT64, DIMS(3), DATA(7, 8, -9));
    op_expect(t, 0, SDX_INT4, DIMS(3), DATA(7, -8, 7));
    op_end(t);
}

static void floats_saturate(void **state) {
    (void)state;
    op_test *t = cast(SDX_INT32);
    op_input(t, SDX_FLOAT64, DIMS(5), DATA(3e9, -3e9, -1.9, NAN, INFINITY));
    op_expect(t, 0, SDX_INT32, DIMS(5), DATA(2147483647, -2147483648.0, -1, 0, 2147483647));
    op_end(t);
    t = cast(SDX_UINT8);
    op_input(t, SDX_BFLOAT16, DIMS(3), DATA(-1, 300, 2.5));
    op_expect(t, 0, SDX_UINT8, DIMS(3), DATA(0, 255, 2));
    op_end(t);
}

static void bools(void **state) {
    (void)state;
    op_test *t = cast(SDX_BOOL);
    op_input(t, SDX_FLOAT16, DIMS(4), DATA(0, -0.0, 0.25, NAN));
    op_expect(t, 0, SDX_BOOL, DIMS(4), DATA(0, 0, 1, 1));
    op_end(t);
    t = cast(SDX_FLOAT8E5M2);
    op_input(t, SDX_BOOL, DIMS(2), DATA(0, 1));
    op_expect(t, 0, SDX_FLOAT8E5M2, DIMS(2), DATA(0, 1));
    op_end(t);
}

/* 1 + 2^-11 + 2^-40 lies above the middle of two halves; as float32 it would be the middle. */
static void doubles_round_once(void **state) {
    (void)state;
    op_test *t = cast(SDX_FLOAT16);
    op_input(t, SDX_FLOAT64, DIMS(2), DATA(0x1.002p0 + 0x1p-40, 0x1.002p0));
    op_expect(t, 0, SDX_FLOAT16, DIMS(2), DATA(0x1.004p0, 1));
    op_end(t);
}

static void numbers_print(void **state) {
    (void)state;
    op_test *t = cast(SDX_STRING);
    op_input(t, SDX_FLOAT32, DIMS(12),
             DATA(0.1f, 1, -0.0, 123456789, 1e16, 1e-5, 1e-4, 0.00012345, 3.4028235e38, NAN,
                  -INFINITY, 1e15));
    op_expect_strings(t, 0, DIMS(12),
                      TEXTS("0.1", "1.0", "-0.0", "123456790.0", "1e+16", "1e-05", "0.0001",
                            "0.00012345", "3.4028235e+38", "nan", "-inf", "1000000000000000.0"));
    op_end(t);
    t = cast(SDX_STRING);
    op_input(t, SDX_FLOAT64, DIMS(4),
             DATA(0.1, 5e-324, 0.30000000000000004, 1.7976931348623157e308));
    op_expect_strings(t, 0, DIMS(4),
                      TEXTS("0.1", "5e-324", "0.30000000000000004", "1.7976931348623157e+308"));
    op_end(t);
    t = cast(SDX_STRING);
    op_input(t, SDX_FLOAT16, DIMS(2), DATA(0.1, 65504));
    op_expect_strings(t, 0, DIMS(2), TEXTS("0.1", "65500.0"));
    op_end(t);
    t = cast(SDX_STRING);
    op_input(t, SDX_INT4, DIMS(2), DATA(-8, 7));
    op_expect_strings(t, 0, DIMS(2), TEXTS("-8", "7"));
    op_end(t);
    t = cast(SDX_STRING);
    op_input(t, SDX_BOOL, DIMS(2), DATA(0, 1));
    op_expect_strings(t, 0, DIMS(2), TEXTS("False", "True"));
    op_end(t);
}

static void texts_parse(void **state) {
    (void)state;
    op_test *t = cast(SDX_FLOAT32);
    op_strings(t, DIMS(6), TEXTS("0.5", " 1e3\n", "+INF", "-inf", "NaN", "-7"));
    op_expect(t, 0, SDX_FLOAT32, DIMS(6), DATA(0.5, 1000, INFINITY, -INFINITY, NAN, -7));
    op_end(t);
    t = cast(SDX_INT16);
    op_strings(t, DIMS(2), TEXTS("100.5", "-3"));
    op_expect(t, 0, SDX_INT16, DIMS(2), DATA(100, -3));
    op_end(t);
    t = cast(SDX_FLOAT32);
    op_strings(t, DIMS(2), TEXTS("1", "Hello World!"));
    op_fails(t, "input 'input'[1] is 'Hello World!', expected a number");
    op_end(t);
}

static void attributes(void **state) {
    (void)state;
    op_test *t = op_begin("Cast", 1); /* ONNX: Cast-1 names */
    op_text(t, "to", "DOUBLE");
    op_input(t, SDX_INT32, DIMS(0), NULL);
    op_expect(t, 0, SDX_FLOAT64, DIMS(0), NULL);
    op_end(t);
    t = cast(SDX_COMPLEX64);
    op_input(t, SDX_INT32, DIMS(1), DATA(1));
    op_fails(t, "attribute 'to' is 14");
    op_end(t);
    t = cast(SDX_FLOAT8E8M0);
    op_text(t, "round_mode", "sideways");
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(1));
    op_fails(t, "'sideways', expected 'up', 'down' or 'nearest'");
    op_end(t);
    t = cast(SDX_FLOAT8E8M0);
    op_text(t, "round_mode", "down");
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(1.9));
    op_expect(t, 0, SDX_FLOAT8E8M0, DIMS(1), DATA(1));
    op_end(t);
}

static void like(void **state) {
    (void)state;
    op_test *t = op_begin("CastLike", 25);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1.5, -2));
    op_input(t, SDX_INT64, SCALAR, DATA(0));
    op_expect(t, 0, SDX_INT64, DIMS(2), DATA(1, -2));
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_wrap), cmocka_unit_test(floats_saturate),
        cmocka_unit_test(bools),         cmocka_unit_test(doubles_round_once),
        cmocka_unit_test(numbers_print), cmocka_unit_test(texts_parse),
        cmocka_unit_test(attributes),    cmocka_unit_test(like),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
