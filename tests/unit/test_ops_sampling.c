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
    t = op_begin("GridSample", 16); /* the names of then */
    op_text(t, "mode", "bilinear");
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 2), DATA(1, 3));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 2), DATA(0, 0));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 1, 1, 1), DATA(2));
    op_end(t);
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
    op_input(t, SDX_INT64, DIMS(4), DATA(1, 1, 1, 2)); /* one row: its middle */
    op_expect(t, 0, SDX_FLOAT16, DIMS(1, 1, 2, 2), DATA(-1, 0, 1, 0));
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grids_of_every_type),
        cmocka_unit_test(grids_of_anything),
        cmocka_unit_test(grids_refuse),
        cmocka_unit_test(affine_grid),
    };
    return cmocka_run_group_tests_name("ops_sampling", tests, NULL, NULL);
}
