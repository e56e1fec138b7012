/* Images seen through grids and regions: types, empty tensors and errors. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

static op_test *grid_sample(const char *mode, const char *padding) {
    op_test *t = op_begin("GridSample", 22);
    op_text(t, "mode", mode);
    op_text(t, "padding_mode", padding);
    return t;
}

static void grids_of_every_type(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_UINT8, SDX_INT64, SDX_FLOAT16, SDX_FLOAT64, SDX_BFLOAT16};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        op_test *t = grid_sample("linear", "border");
        op_input(t, types[i], DIMS(1, 2, 2), DATA(2, 6, 10, 20));
        op_input(t, SDX_FLOAT64, DIMS(1, 3, 1), DATA(-9, 0, 9));
        op_expect(t, 0, types[i], DIMS(1, 2, 3), DATA(2, 4, 6, 10, 15, 20));
        op_end(t);
    }
    op_test *t = grid_sample("nearest", "zeros");
    op_strings(t, DIMS(1, 1, 2), TEXTS("left", "right"));
    op_input(t, SDX_FLOAT16, DIMS(1, 3, 1), DATA(-0.5, 0.5, 2));
    op_expect_strings(t, 0, DIMS(1, 1, 3), TEXTS("left", "right", ""));
    op_end(t);
    for (int i = 0; i < 2; i++) { /* the names of then */
        t = i == 0 ? op_begin("GridSample", 16) : op_begin_in("com.microsoft", "GridSample", 1);
        op_text(t, "mode", "bilinear");
        op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 2), DATA(1, 3));
        op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 2), DATA(0, 0));
        op_expect(t, 0, SDX_FLOAT32, DIMS(1, 1, 1, 1), DATA(2));
        op_end(t);
    }
}

/* Places that no integer holds, and mirrors without a width. */
static void grids_of_anything(void **state) {
    (void)state;
    static const struct {
        const char *mode, *padding;
        double y[3];
    } rows[] = {{"linear", "zeros", {0, 0, 0}},      {"cubic", "zeros", {0, 0, 0}},
                {"nearest", "zeros", {0, 0, 0}},     {"linear", "border", {5, 7, 5}},
                {"cubic", "border", {5, 7, 5}},      {"nearest", "border", {5, 7, 5}},
                {"linear", "reflection", {5, 5, 5}}, {"nearest", "reflection", {5, 5, 5}}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        op_test *t = grid_sample(rows[i].mode, rows[i].padding);
        op_input(t, SDX_FLOAT32, DIMS(1, 1, 2), DATA(5, 7));
        op_input(t, SDX_FLOAT32, DIMS(1, 3, 1), DATA(-INFINITY, INFINITY, NAN));
        op_expect(t, 0, SDX_FLOAT32, DIMS(1, 1, 3), rows[i].y);
        op_end(t);
        t = grid_sample(rows[i].mode, "reflection");
        op_int(t, "align_corners", 1);
        op_input(t, SDX_FLOAT32, DIMS(1, 1, 1), DATA(5));
        op_input(t, SDX_FLOAT32, DIMS(1, 2, 1), DATA(1e30, 0));
        op_near(t, 0, SDX_FLOAT32, DIMS(1, 1, 2), DATA(5, 5), 1e-6);
        op_end(t);
    }
    op_test *t = grid_sample("linear", "reflection");
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 0), NULL);
    op_input(t, SDX_FLOAT32, DIMS(1, 2, 1), DATA(0, 1));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 1, 2), DATA(0, 0));
    op_end(t);
}

static void grids_refuse(void **state) {
    (void)state;
    op_test *t = grid_sample("lanczos", "zeros");
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1), DATA(1));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1), DATA(1));
    op_fails(t, "attribute 'mode' is 'lanczos', expected 'linear', 'nearest' or 'cubic'");
    op_end(t);
    t = grid_sample("linear", "zeros");
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1), DATA(1));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 2), DATA(1, 1));
    op_fails(t, "have shapes [1,1,1] and [1,1,2]");
    op_end(t);
    t = grid_sample("linear", "zeros");
    op_strings(t, DIMS(1, 1, 1), TEXTS("a"));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1), DATA(1));
    op_fails(t, "input 'X' is string, expected numbers");
    op_end(t);
    t = grid_sample("linear", "zeros");
    op_input(t, SDX_FLOAT32, DIMS(1, 2, 1, 1), DATA(1, 1));
    op_symbols(t, "n,c,h,w");
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 2), DATA(1, 1));
    op_symbols(t, "n,rows,cols,2");
    op_infers(t, 0, "[n,c,rows,cols]");
    op_end(t);
}

static void affine_grid(void **state) {
    (void)state;
    op_test *t = op_begin("AffineGrid", 20);
    op_int(t, "align_corners", 1);
    op_input(t, SDX_FLOAT16, DIMS(1, 2, 3), DATA(1, 0, 0, 0, 1, 0));
    op_input(t, SDX_INT64, DIMS(4), DATA(1, 1, 1, 2)); /* one row: the start */
    op_expect(t, 0, SDX_FLOAT16, DIMS(1, 1, 2, 2), DATA(-1, -1, 1, -1));
    op_end(t);
    t = op_begin("AffineGrid", 20);
    op_input(t, SDX_FLOAT64, DIMS(1, 2, 3), DATA(1, 0, 0, 0, 1, 0));
    op_input(t, SDX_INT64, DIMS(4), DATA(1, 7, 0, 3));
    op_expect(t, 0, SDX_FLOAT64, DIMS(1, 0, 3, 2), NULL);
    op_end(t);
    t = op_begin("AffineGrid", 20);
    op_input(t, SDX_FLOAT32, DIMS(1, 2, 3), DATA(1, 0, 0, 0, 1, 0));
    op_input(t, SDX_INT64, DIMS(4), DATA(1, 1, -2, 2));
    op_fails(t, "input 'size'[2] is -2, expected 0 or more");
    op_end(t);
    t = op_begin("AffineGrid", 20);
    op_input(t, SDX_FLOAT32, DIMS(1, 2, 3), DATA(1, 0, 0, 0, 1, 0));
    op_input(t, SDX_INT64, DIMS(5), DATA(1, 1, 2, 2, 2));
    op_fails(t, "input 'theta' has shape [1,2,3], expected [N,3,4]");
    op_end(t);
}

static op_test *roi_align(sdx_dtype dtype, int version, double x2) {
    op_test *t = op_begin("RoiAlign", version);
    op_input(t, dtype, DIMS(1, 1, 2, 2), DATA(1, 2, 3, 4));
    op_input(t, dtype, DIMS(1, 4), DATA(0, 0, x2, 2));
    op_input(t, SDX_INT64, DIMS(1), DATA(0));
    return t;
}

static void regions_of_every_type(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_FLOAT32, SDX_FLOAT64, SDX_FLOAT16, SDX_BFLOAT16};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        op_test *t = roi_align(types[i], 22, 2);
        op_expect(t, 0, types[i], DIMS(1, 1, 1, 1), DATA(2.5));
        op_end(t);
        t = op_begin("MaxRoiPool", 22);
        op_ints(t, "pooled_shape", DIMS(1, 2));
        op_input(t, types[i], DIMS(1, 1, 2, 2), DATA(1, 2, 3, 4));
        op_input(t, types[i], DIMS(2, 5), DATA(0, 0, 0, 1, 1, 0, 7, 7, 9, 9));
        op_expect(t, 0, types[i], DIMS(2, 1, 1, 2), DATA(3, 4, 0, 0));
        op_end(t);
    }
    op_test *t = roi_align(SDX_FLOAT32, 10, 2); /* not shifted */
    op_int(t, "sampling_ratio", 1);
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 1, 1, 1), DATA(4));
    op_end(t);
}

static void regions_of_anything(void **state) {
    (void)state;
    static const double ends[] = {NAN, INFINITY, -INFINITY, 1e38, -1e38, -4, 0};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        for (int ratio = 0; ratio < 3; ratio += 2) {
            op_test *t = roi_align(SDX_FLOAT32, 16, ends[i]);
            op_int(t, "sampling_ratio", ratio);
            op_output(t, 0);
            op_end(t);
        }
        op_test *t = op_begin("MaxRoiPool", 1);
        op_ints(t, "pooled_shape", DIMS(1, 1));
        op_input(t, SDX_FLOAT64, DIMS(1, 1, 1, 2), DATA(1, 2));
        op_input(t, SDX_FLOAT64, DIMS(1, 5), (const double[]){0, ends[i], 0, ends[i], 0});
        op_output(t, 0);
        op_end(t);
    }
    op_test *t = op_begin("RoiAlign", 16);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 0, 2), NULL);
    op_input(t, SDX_FLOAT32, DIMS(1, 4), DATA(0, 0, 1, 1));
    op_input(t, SDX_INT64, DIMS(1), DATA(0));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 1, 1, 1), DATA(0));
    op_end(t);
    t = op_begin("RoiAlign", 16);
    op_input(t, SDX_FLOAT32, DIMS(1, 2, 1, 1), DATA(0, 1));
    op_input(t, SDX_FLOAT32, DIMS(0, 4), NULL);
    op_input(t, SDX_INT64, DIMS(0), NULL);
    op_expect(t, 0, SDX_FLOAT32, DIMS(0, 2, 1, 1), NULL);
    op_end(t);
}

static void regions_refuse(void **state) {
    (void)state;
    op_test *t = op_begin("RoiAlign", 16);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 1), DATA(1));
    op_input(t, SDX_FLOAT32, DIMS(2, 4), DATA(0, 0, 1, 1, 0, 0, 1, 1));
    op_input(t, SDX_INT64, DIMS(2), DATA(0, -1));
    op_fails(t, "input 'batch_indices'[1]: index -1 outside [0, 0]");
    op_end(t);
    t = roi_align(SDX_FLOAT32, 16, 1);
    op_int(t, "output_width", 0);
    op_fails(t, "attribute 'output_width' is 0, expected 1 to");
    op_end(t);
    t = roi_align(SDX_FLOAT32, 16, 1);
    op_text(t, "mode", "sum");
    op_fails(t, "attribute 'mode' is 'sum', expected 'avg' or 'max'");
    op_end(t);
    t = op_begin("MaxRoiPool", 1);
    op_ints(t, "pooled_shape", DIMS(1, 1));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 1), DATA(1));
    op_input(t, SDX_FLOAT32, DIMS(1, 5), DATA(NAN, 0, 0, 1, 1));
    op_fails(t, "input 'rois'[0]");
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grids_of_every_type),   cmocka_unit_test(grids_of_anything),
        cmocka_unit_test(grids_refuse),          cmocka_unit_test(affine_grid),
        cmocka_unit_test(regions_of_every_type), cmocka_unit_test(regions_of_anything),
        cmocka_unit_test(regions_refuse),
    };
    return cmocka_run_group_tests_name("ops_sampling", tests, NULL, NULL);
}
