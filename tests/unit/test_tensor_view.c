/* Views: shapes and their limits, axes, strides, single elements of every type, types of values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <math.h>

#include <cmocka.h>

#include "tensor/type.h"
#include "tensor/view.h"

static void expect_code(sdx_status status, sdx_code code) {
    assert_int_equal(sdx_status_code(status), code);
    sdx_status_free(status);
}

static void shapes(void **state) {
    (void)state;
    sdx_view view, other;
    char text[64];
    assert_null(sdx_view_init(&view, SDX_FLOAT32, 3, (const int64_t[]){2, 3, 4}));
    assert_int_equal(view.len, 24);
    assert_int_equal(sdx_view_bytes(&view), 96);
    assert_int_equal(sdx_view_count(&view, 1, 3), 12);
    assert_int_equal(sdx_view_count(&view, 2, 2), 1);
    assert_string_equal(sdx_view_text(&view, text, sizeof text), "float32[2,3,4]");
    char small[11];
    assert_string_equal(sdx_view_text(&view, small, sizeof small), "float32[2,");
    assert_null(sdx_view_init(&other, SDX_INT4, 0, NULL));
    assert_int_equal(other.len, 1);
    assert_int_equal(sdx_view_bytes(&other), 1);
    assert_string_equal(sdx_view_text(&other, text, sizeof text), "int4[]");
    assert_false(sdx_view_same_shape(&view, &other));
    assert_true(sdx_view_same_shape(&view, &view));
    assert_null(sdx_view_init(&other, SDX_INT8, 2, (const int64_t[]){0, 5}));
    assert_int_equal(other.len, 0);
}

static void shapes_that_no_memory_holds(void **state) {
    (void)state;
    sdx_view view;
    const int64_t big = INT64_C(1) << 40;
    int64_t many[SDX_MAX_RANK + 1] = {0};
    expect_code(sdx_view_init(&view, SDX_INT8, 1, (const int64_t[]){-1}), SDX_SHAPE_MISMATCH);
    expect_code(sdx_view_init(&view, SDX_INT8, 2, (const int64_t[]){big, big}), SDX_LIMIT);
    expect_code(sdx_view_init(&view, SDX_INT8, 3, (const int64_t[]){0, big, big}), SDX_LIMIT);
    expect_code(sdx_view_init(&view, SDX_INT8, 1, (const int64_t[]){INT64_MAX}), SDX_LIMIT);
    expect_code(sdx_view_init(&view, SDX_INT8, SDX_MAX_RANK + 1, many), SDX_LIMIT);
    assert_null(sdx_view_init(&view, SDX_INT8, SDX_MAX_RANK, many));
}

static void axes(void **state) {
    (void)state;
    size_t axis = 9;
    assert_null(sdx_axis(-1, 3, "attribute 'axis'", &axis));
    assert_int_equal(axis, 2);
    assert_null(sdx_axis(0, 3, "attribute 'axis'", &axis));
    assert_int_equal(axis, 0);
    const sdx_status status = sdx_axis(3, 3, "attribute 'axis'", &axis);
    assert_non_null(strstr(sdx_status_text(status), "attribute 'axis' is 3, expected a value in "
                                                    "[-3, 2]"));
    sdx_status_free(status);
    expect_code(sdx_axis(INT64_MIN, 3, "axis", &axis), SDX_OUT_OF_RANGE);
    expect_code(sdx_axis(0, 0, "axis", &axis), SDX_OUT_OF_RANGE);
    assert_int_equal(axis, 0);
}

static void strides(void **state) {
    (void)state;
    int64_t s[4];
    sdx_strides(3, (const int64_t[]){2, 3, 4}, s);
    assert_true(s[0] == 12 && s[1] == 4 && s[2] == 1);
    sdx_view view;
    assert_null(sdx_view_init(&view, SDX_INT8, 3, (const int64_t[]){2, 1, 4}));
    sdx_broadcast_strides(&view, 4, s);
    assert_true(s[0] == 0 && s[1] == 4 && s[2] == 0 && s[3] == 1);
}

/* What set_double makes of numbers, read back by both getters. */
static void elements_of_every_type(void **state) {
    (void)state;
    static const struct {
        sdx_dtype dtype;
        double in, out;
    } rows[] = {
        {SDX_FLOAT32, 0.1, (double)0.1f},
        {SDX_FLOAT64, 0.1, 0.1},
        {SDX_FLOAT16, 0.1, 0.0999755859375},
        {SDX_BFLOAT16, 0.1, 0.10009765625},
        {SDX_FLOAT8E4M3FN, 1e9, 448},
        {SDX_FLOAT8E5M2, -3.1, -3},
        {SDX_FLOAT8E8M0, 3, 4},
        {SDX_FLOAT8E4M3FNUZ, 2.0, 2},
        {SDX_FLOAT8E5M2FNUZ, -0.5, -0.5},
        {SDX_FLOAT4E2M1, 2.6, 3},
        {SDX_BOOL, -0.5, 1},
        {SDX_BOOL, 0, 0},
        {SDX_UINT8, 300, 255},
        {SDX_UINT8, -3, 0},
        {SDX_INT8, -3.9, -3},
        {SDX_INT8, -1e9, -128},
        {SDX_INT8, 127.5, 127},
        {SDX_UINT16, 65535.9, 65535},
        {SDX_INT16, -32769, -32768},
        {SDX_INT32, 3e9, 2147483647},
        {SDX_UINT32, 3e9, 3e9},
        {SDX_UINT32, 5e9, 4294967295.0},
        {SDX_INT64, -1e30, -0x1p63},
        {SDX_INT64, 1e30, 0x1p63},
        {SDX_UINT64, 1e30, 0x1p64},
        {SDX_UINT64, 0x1p63, 0x1p63},
        {SDX_UINT64, -1, 0},
        {SDX_UINT4, 20, 15},
        {SDX_INT4, -9, -8},
        {SDX_INT4, 9, 7},
        {SDX_UINT2, 3, 3},
        {SDX_INT2, -2, -2},
        {SDX_INT2, 5, 1},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        for (int unpacked = 0; unpacked <= sdx_dtype_subbyte(rows[k].dtype); unpacked++) {
            uint8_t data[5 * 8 + 1];
            memset(data, 0x55, sizeof data);
            sdx_view view;
            assert_null(sdx_view_init(&view, rows[k].dtype, 1, (const int64_t[]){5}));
            view.data = data + 1; /* constants may be misaligned */
            view.unpacked = unpacked;
            const double before = sdx_view_double(&view, 2), after = sdx_view_double(&view, 4);
            sdx_view_set_double(&view, 3, rows[k].in);
            assert_true(sdx_view_double(&view, 3) == rows[k].out);
            assert_true(sdx_view_double(&view, 2) == before);
            assert_true(sdx_view_double(&view, 4) == after);
            const double whole = trunc(rows[k].out);
            assert_true((double)sdx_view_int(&view, 3) == (whole > 0x1p63 ? 0x1p63 : whole));
        }
    }
}

static void narrowing_of_doubles_rounds_once(void **state) {
    (void)state;
    uint16_t h;
    sdx_view view;
    assert_null(sdx_view_init(&view, SDX_FLOAT16, 0, NULL));
    view.data = &h;
    /* just above and below a tie of float16, by less than float32 can say */
    sdx_view_set_double(&view, 0, 1 + 0x1p-11 + 0x1p-50);
    assert_int_equal(h, 0x3c01);
    sdx_view_set_double(&view, 0, 1 + 0x1p-11);
    assert_int_equal(h, 0x3c00);
    sdx_view_set_double(&view, 0, -(1 + 0x3p-11 - 0x1p-50));
    assert_int_equal(h, 0xbc01);
    sdx_view_set_double(&view, 0, 1e300);
    assert_int_equal(h, 0x7c00);
    sdx_view_set_double(&view, 0, (double)NAN);
    assert_int_equal(h & 0x7fff, 0x7e00);
}

static void types(void **state) {
    (void)state;
    char text[64];
    const sdx_type map = {SDX_MAP, SDX_STRING, sdx_type_tensor(SDX_FLOAT32)};
    const sdx_type maps = {SDX_SEQUENCE, SDX_UNDEFINED, &map};
    const sdx_type twin = {SDX_SEQUENCE, SDX_UNDEFINED, sdx_type_tensor(SDX_INT8)};
    assert_string_equal(sdx_type_text(&maps, text, sizeof text),
                        "seq(map(string,tensor(float32)))");
    assert_string_equal(sdx_type_text(sdx_type_optional_sequence(SDX_BOOL), text, sizeof text),
                        "optional(seq(tensor(bool)))");
    assert_string_equal(sdx_type_text(sdx_type_tensor(SDX_INT2), text, 8), "tensor(");
    assert_true(sdx_type_eq(&twin, sdx_type_sequence(SDX_INT8)));
    assert_false(sdx_type_eq(&twin, sdx_type_sequence(SDX_UINT8)));
    assert_false(sdx_type_eq(&maps, &map));
    assert_true(sdx_type_eq(&maps, &maps));
    assert_int_equal(sdx_type_leaf(&maps), SDX_FLOAT32);
    assert_int_equal(sdx_type_leaf(sdx_type_optional(SDX_INT4)), SDX_INT4);
    assert_true(sdx_type_set(&map) == SDX_T_MAP);
    assert_true(sdx_type_set(sdx_type_tensor(SDX_BOOL)) == SDX_T(BOOL));
    assert_true(sdx_type_set(sdx_type_tensor(SDX_UNDEFINED)) == 0);
    assert_ptr_equal(sdx_type_tensor((sdx_dtype)77), sdx_type_tensor(SDX_UNDEFINED));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),
        cmocka_unit_test(shapes_that_no_memory_holds),
        cmocka_unit_test(axes),
        cmocka_unit_test(strides),
        cmocka_unit_test(elements_of_every_type),
        cmocka_unit_test(narrowing_of_doubles_rounds_once),
        cmocka_unit_test(types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
