/* Experimental operators of 2017: what they become computes what they meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

#define FLOATS(...) \
    sizeof((const float[]){__VA_ARGS__}) / sizeof(float), (const float[]) { __VA_ARGS__ }

static void image_scaler(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_FLOAT32, SDX_FLOAT64, SDX_FLOAT16};
    for (size_t i = 0; i < 3; i++) {
        op_test *t = op_begin("ImageScaler", 7);
        op_float(t, "scale", 2);
        op_floats(t, "bias", FLOATS(10, -1));
        op_input(t, types[i], DIMS(2, 2, 1, 2), DATA(1, 2, 3, 4, 5, 6, 7, 8));
        op_expect(t, 0, types[i], DIMS(2, 2, 1, 2), DATA(12, 14, 5, 7, 20, 22, 13, 15));
        op_end(t);
    }
    op_test *t = op_begin("ImageScaler", 1);
    op_float(t, "scale", -2);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 2), DATA(1, 2));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 1, 1, 2), DATA(-2, -4));
    op_end(t);
    t = op_begin("ImageScaler", 1);
    op_int(t, "bias", 3);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 2), DATA(1, 2));
    op_fails(t, "attribute 'bias' has another type, expected floats");
    op_end(t);
    t = op_begin("ImageScaler", 1);
    op_floats(t, "bias", FLOATS(1, 2, 3));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 2), DATA(1, 2));
    op_fails(t, "attribute 'bias' has 3 numbers, expected one for each of 1 channels");
    op_end(t);
}

static void crop(void **state) {
    (void)state;
    op_test *t = op_begin("Crop", 1);
    op_ints(t, "border", DIMS(1, 0, 0, 1));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 2, 3), DATA(1, 2, 3, 4, 5, 6));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 1, 1, 2), DATA(2, 3));
    op_end(t);
    t = op_begin("Crop", 7);
    op_ints(t, "border", DIMS(1, 1, 9, 9));
    op_ints(t, "scale", DIMS(1, 2));
    op_input(t, SDX_FLOAT64, DIMS(1, 1, 3, 3), DATA(1, 2, 3, 4, 5, 6, 7, 8, 9));
    op_expect(t, 0, SDX_FLOAT64, DIMS(1, 1, 1, 2), DATA(5, 6));
    op_end(t);
    t = op_begin("Crop", 7);
    op_ints(t, "border", DIMS(1, -1, 0, 0));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 2), DATA(1, 2));
    op_fails(t, "attribute 'border'[1] is -1, expected 0 to 2147483647");
    op_end(t);
}

static void dynamic_slice(void **state) {
    (void)state;
    op_test *t = op_begin("DynamicSlice", 1);
    op_input(t, SDX_INT32, DIMS(2, 2), DATA(1, 2, 3, 4));
    op_input(t, SDX_INT32, DIMS(1), DATA(-1));
    op_input(t, SDX_INT32, DIMS(1), DATA(2147483647));
    op_input(t, SDX_INT32, DIMS(1), DATA(1));
    op_expect(t, 0, SDX_INT32, DIMS(2, 1), DATA(2, 4));
    op_end(t);
}

static void maps(void **state) {
    (void)state;
    static const struct {
        const char *op_type;
        double y;
    } rows[] = {{"Affine", 6.5}, {"ScaledTanh", 1.9998184}, {"ParametricSoftplus", 10.013430697}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        op_test *t = op_begin(rows[i].op_type, 1);
        op_float(t, "alpha", 2);
        op_float(t, "beta", 2.5f);
        op_input(t, SDX_FLOAT64, DIMS(1), DATA(2));
        op_near(t, 0, SDX_FLOAT64, DIMS(1), DATA(rows[i].y), 1e-6);
        op_end(t);
    }
    op_test *t = op_begin("Scale", 1);
    op_float(t, "scale", 0.5f);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(3, -4));
    op_expect(t, 0, SDX_FLOAT32, DIMS(2), DATA(1.5, -2));
    op_end(t);
}

static void fills(void **state) {
    (void)state;
    op_test *t = op_begin("GivenTensorFill", 1);
    op_floats(t, "values", FLOATS(1, 2, 3, 4));
    op_ints(t, "shape", DIMS(2, 2));
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 2), DATA(1, 2, 3, 4));
    op_end(t);
    t = op_begin("GivenTensorFill", 1);
    op_floats(t, "values", FLOATS(1, 2, 3));
    op_ints(t, "shape", DIMS(2, 2));
    op_fails(t, "elements");
    op_end(t);
    t = op_begin("ConstantFill", 1);
    op_float(t, "value", 3);
    op_int(t, "dtype", SDX_INT64);
    op_int(t, "input_as_shape", 1);
    op_ints(t, "extra_shape", DIMS(2));
    op_input(t, SDX_INT32, DIMS(1), DATA(1));
    op_expect(t, 0, SDX_INT64, DIMS(1, 2), DATA(3, 3));
    op_end(t);
    t = op_begin("ConstantFill", 1);
    op_input(t, SDX_BOOL, DIMS(1, 2), DATA(1, 1));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 2), DATA(0, 0));
    op_end(t);
    t = op_begin("ConstantFill", 1);
    op_fails(t, "attribute 'shape' and the input are absent");
    op_end(t);
}

static void mean_variance(void **state) {
    (void)state;
    op_test *t = op_begin("MeanVarianceNormalization", 1);
    op_int(t, "across_channels", 1);
    op_input(t, SDX_FLOAT32, DIMS(1, 2, 1, 2), DATA(1, 1, 3, 3));
    op_near(t, 0, SDX_FLOAT32, DIMS(1, 2, 1, 2), DATA(-1, -1, 1, 1), 1e-6);
    op_end(t);
    t = op_begin("MeanVarianceNormalization", 1);
    op_int(t, "normalize_variance", 0);
    op_input(t, SDX_FLOAT32, DIMS(1, 2, 1, 2), DATA(1, 5, 3, 3));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 2, 1, 2), DATA(-2, 2, 0, 0));
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(image_scaler), cmocka_unit_test(crop),  cmocka_unit_test(dynamic_slice),
        cmocka_unit_test(maps),         cmocka_unit_test(fills), cmocka_unit_test(mean_variance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
