/* Resize and Upsample: the revisions, types and lists that the conformance suite does not cover. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

#define EIGHT DATA(1, 2, 3, 4, 5, 6, 7, 8)

/* ONNX: Resize-10: down when growing, up when shrinking. */
static void ten_rounds_in_its_own_way(void **state) {
    (void)state;
    op_test *t = op_begin("Resize", 10);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 2, 4), EIGHT);
    op_input(t, SDX_FLOAT32, DIMS(4), DATA(1, 1, 0.6, 0.6));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 1, 1, 2), DATA(1, 3));
    op_end(t);
    t = op_begin("Resize", 10);
    op_text(t, "mode", "linear");
    op_input(t, SDX_FLOAT64, DIMS(2), DATA(1, 3));
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(2));
    op_expect(t, 0, SDX_FLOAT64, DIMS(4), DATA(1, 2, 3, 3));
    op_end(t);
}

static void upsample_in_every_version(void **state) {
    (void)state;
    static const float scales[] = {1, 1, 1, 2};
    for (int version = 1; version <= 9; version += version == 1 ? 6 : 2) {
        op_test *t = op_begin("Upsample", version);
        op_text(t, "mode", version == 1 ? "bilinear" : "linear");
        if (version == 1) op_float(t, "height_scale", 1);
        if (version == 1) op_float(t, "width_scale", 2);
        if (version == 7) op_floats(t, "scales", 4, scales);
        op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 2), DATA(1, 3));
        if (version == 9) op_input(t, SDX_FLOAT32, DIMS(4), DATA(1, 1, 1, 2));
        op_expect(t, 0, SDX_FLOAT32, DIMS(1, 1, 1, 4), DATA(1, 2, 3, 3));
        op_end(t);
    }
    op_test *t = op_begin("Upsample", 7);
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(1));
    op_fails(t, "attribute 'scales' is missing, expected floats");
    op_end(t);
}

static void nearest_moves_every_type(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_UINT8, SDX_INT16,   SDX_FLOAT16, SDX_INT32,
                                      SDX_BOOL,  SDX_FLOAT64, SDX_BFLOAT16};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        op_test *t = op_begin("Resize", 13);
        op_input(t, types[i], DIMS(2, 2, 1), DATA(0, 1, 1, 0));
        op_absent(t);
        op_absent(t);
        op_input(t, SDX_INT64, DIMS(3), DATA(3, 4, 2));
        op_expect(t, 0, types[i], DIMS(3, 4, 2),
                  DATA(0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0));
        op_end(t);
    }
    op_test *t = op_begin("Resize", 13);
    op_strings(t, DIMS(2), TEXTS("a", "b"));
    op_absent(t);
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(2));
    op_expect_strings(t, 0, DIMS(4), TEXTS("a", "a", "b", "b"));
    op_end(t);
}

/* ONNX: Resize-11: the list that is not meant is empty. */
static void eleven_has_empty_lists(void **state) {
    (void)state;
    op_test *t = op_begin("Resize", 11);
    op_text(t, "mode", "linear");
    op_text(t, "coordinate_transformation_mode", "align_corners");
    op_input(t, SDX_INT32, DIMS(3), DATA(0, 10, -7));
    op_input(t, SDX_FLOAT32, DIMS(0), NULL);
    op_input(t, SDX_FLOAT32, DIMS(0), NULL);
    op_input(t, SDX_INT64, DIMS(1), DATA(5));
    op_expect(t, 0, SDX_INT32, DIMS(5), DATA(0, 5, 10, 2, -7)); /* 1.5: halves to even */
    op_end(t);
    t = op_begin("Resize", 11);
    op_text(t, "coordinate_transformation_mode", "tf_half_pixel_for_nn");
    op_text(t, "nearest_mode", "floor");
    op_input(t, SDX_INT32, DIMS(4), DATA(1, 2, 3, 4));
    op_input(t, SDX_FLOAT32, DIMS(0), NULL);
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(0.5));
    op_expect(t, 0, SDX_INT32, DIMS(2), DATA(2, 4));
    op_end(t);
}

static void crops_extrapolate(void **state) {
    (void)state;
    static const char *const modes[] = {"nearest", "linear", "cubic"};
    for (size_t i = 0; i < 3; i++) {
        op_test *t = op_begin("Resize", 19);
        op_text(t, "mode", modes[i]);
        op_text(t, "coordinate_transformation_mode", "tf_crop_and_resize");
        op_float(t, "extrapolation_value", 9);
        op_ints(t, "axes", DIMS(-1));
        op_input(t, SDX_FLOAT32, DIMS(2, 3), DATA(1, 2, 3, 4, 5, 6));
        op_input(t, SDX_FLOAT32, DIMS(2), DATA(0.5, 1.5));
        op_absent(t);
        op_input(t, SDX_INT64, DIMS(1), DATA(3));
        op_expect(t, 0, SDX_FLOAT32, DIMS(2, 3), DATA(2, 3, 9, 5, 6, 9));
        op_end(t);
    }
}

static void aspect_is_kept(void **state) {
    (void)state;
    static const struct {
        const char *policy;
        int64_t dims[2];
    } cases[] = {{"not_larger", {2, 4}}, {"not_smaller", {4, 8}}, {"stretch", {4, 4}}};
    for (size_t i = 0; i < 3; i++) {
        op_test *t = op_begin("Resize", 18);
        op_text(t, "keep_aspect_ratio_policy", cases[i].policy);
        op_input(t, SDX_FLOAT32, DIMS(1, 2), DATA(1, 1));
        op_absent(t);
        op_absent(t);
        op_input(t, SDX_INT64, DIMS(2), DATA(4, 4));
        op_infers(t, 0, i == 0 ? "[2,4]" : i == 1 ? "[4,8]" : "[4,4]");
        assert_int_equal(op_output(t, 0)->view.dims[1], cases[i].dims[1]);
        op_end(t);
    }
}

static void resize_knows_symbols(void **state) {
    (void)state;
    op_test *t = op_begin("Resize", 13);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1), DATA(1));
    op_symbols(t, "batch,h,w");
    op_absent(t);
    op_input(t, SDX_FLOAT32, DIMS(3), DATA(1, 2, 1.5));
    op_infers(t, 0, "[batch,2*h,3*w/2]");
    op_end(t);
}

static op_test *resize(double scale, size_t n) {
    op_test *t = op_begin("Resize", 19);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_absent(t);
    op_input(t, SDX_FLOAT32, DIMS((int64_t)n), DATA(scale, scale));
    return t;
}

static void resize_refuses(void **state) {
    (void)state;
    op_test *t = resize(0, 1);
    op_fails(t, "input 'scales'[0] is 0, expected more than 0");
    op_end(t);
    t = resize(1, 2);
    op_fails(t, "input 'scales' has 2 elements, expected 1, for the axes");
    op_end(t);
    t = resize(2, 1);
    op_text(t, "mode", "lanczos");
    op_fails(t, "attribute 'mode' is 'lanczos', expected 'nearest', 'linear', 'cubic'");
    op_end(t);
    t = op_begin("Resize", 19);
    op_input(t, SDX_FLOAT32, DIMS(0), NULL);
    op_absent(t);
    op_absent(t);
    op_input(t, SDX_INT64, DIMS(1), DATA(3));
    op_fails(t, "'sizes'[0] is 3, expected 0: input 'X' is empty there");
    op_end(t);
    t = op_begin("Resize", 19);
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(1));
    op_fails(t, "inputs 'scales' and 'sizes' are absent");
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_rounds_in_its_own_way), cmocka_unit_test(upsample_in_every_version),
        cmocka_unit_test(nearest_moves_every_type),  cmocka_unit_test(eleven_has_empty_lists),
        cmocka_unit_test(crops_extrapolate),         cmocka_unit_test(aspect_is_kept),
        cmocka_unit_test(resize_knows_symbols),      cmocka_unit_test(resize_refuses),
    };
    return cmocka_run_group_tests_name("ops_image", tests, NULL, NULL);
}
