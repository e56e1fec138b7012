/* Pictures on another grid, and strokes found on paper: models/README.md in small pictures whose
 * result is known without computing. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/ink.h"
#include "cli/resize.h"

enum { SIDE = 90, FIELD = 28 };

static void whole_picture_keeps_its_samples(void **state) {
    (void)state;
    const float plane[6] = {1, 2, 3, 4, 5, 6};
    float same[6];
    resize_whole(plane, 3, 2, 3, 2, same);
    assert_memory_equal(plane, same, sizeof plane);
}

static void enlarging_is_linear_between_centres(void **state) {
    (void)state;
    const float plane[2] = {0, 8};
    const float expected[4] = {0, 2, 6, 8};
    float wide[4];
    resize_whole(plane, 2, 1, 4, 1, wide);
    for (size_t i = 0; i < 4; i++)
        assert_float_equal(wide[i], expected[i], 1e-6);
}

static void shrinking_weighs_by_a_triangle(void **state) {
    (void)state;
    const float plane[4] = {0, 0, 0, 14}; /* to 2: weights 1/4 3/4 3/4, of the sum 7/4 */
    const float expected[2] = {0, 6};
    float narrow[2];
    resize_whole(plane, 4, 1, 2, 1, narrow);
    for (size_t i = 0; i < 2; i++)
        assert_float_equal(narrow[i], expected[i], 1e-6);
}

static void zeros_outside_count(void **state) {
    (void)state;
    const float plane[1] = {12};
    const struct span far = {.origin = -100, .step = 1, .n = 2}, near = {-0.5, 1, 2},
                      one = {0, 1, 1};
    float out[2] = {7, 7};
    resize_part(plane, 1, 1, far, one, true, out);
    assert_float_equal(out[0], 0, 0);
    assert_float_equal(out[1], 0, 0);
    resize_part(plane, 1, 1, near, one, true, out);
    assert_float_equal(out[0], 6, 1e-6);
    assert_float_equal(out[1], 6, 1e-6);
}

/* Paper of `paper` with slanted light and a cross of arms `arm` long at (x, y). */
static void draw_cross(float *gray, float paper, float ink, int x, int y, int arm) {
    for (int i = 0; i < SIDE * SIDE; i++) {
        const int dx = abs(i % SIDE - x), dy = abs(i / SIDE - y);
        const bool on = (dx < 3 && dy < arm) || (dy < 3 && dx < arm);
        gray[i] = (on ? ink : paper) + 0.2F * (float)(i % SIDE) - 0.3F * (float)(i / SIDE);
    }
}

static void assert_same_field(const float *a, const float *b, float tolerance) {
    for (size_t i = 0; i < (size_t)FIELD * FIELD; i++)
        assert_float_equal(a[i], b[i], tolerance);
}

static void place_light_and_polarity_do_not_matter(void **state) {
    (void)state;
    float gray[SIDE * SIDE], middle[FIELD * FIELD], corner[FIELD * FIELD], light[FIELD * FIELD];
    double contrast = 0;
    draw_cross(gray, 200, 40, 45, 45, 20);
    assert_true(ink_find(gray, SIDE, SIDE, INK_AUTO, FIELD, FIELD, middle, &contrast));
    assert_float_equal(contrast, 160, 4);
    assert_float_equal(middle[FIELD / 2 * FIELD + FIELD / 2], 255, 0.5);
    assert_float_equal(middle[0], 0, 0.5);
    draw_cross(gray, 150, 60, 30, 65, 20);
    assert_true(ink_find(gray, SIDE, SIDE, INK_DARK, FIELD, FIELD, corner, &contrast));
    draw_cross(gray, 60, 220, 45, 45, 20);
    assert_true(ink_find(gray, SIDE, SIDE, INK_AUTO, FIELD, FIELD, light, &contrast));
    assert_same_field(middle, light, 6);
    assert_float_equal(corner[FIELD / 2 * FIELD + FIELD / 2], 255, 0.5);
    assert_float_equal(corner[0], 0, 0.5);
}

static void fields_need_not_be_square(void **state) {
    (void)state;
    float gray[SIDE * SIDE], field[20 * 10];
    double contrast = 0;
    draw_cross(gray, 200, 40, 45, 45, 20);
    assert_true(ink_find(gray, SIDE, SIDE, INK_AUTO, 20, 10, field, &contrast));
    assert_float_equal(field[5 * 20], 0, 0.5); /* the square is in the middle */
    assert_true(field[5 * 20 + 10] > 200);
}

static void empty_paper_has_no_ink(void **state) {
    (void)state;
    float gray[SIDE * SIDE], field[1] = {7};
    double contrast = -1;
    draw_cross(gray, 200, 200, 45, 45, 20);
    assert_false(ink_find(gray, SIDE, SIDE, INK_AUTO, 1, 1, field, &contrast));
    assert_true(contrast >= 0 && contrast < INK_LEAST_CONTRAST);
    assert_float_equal(field[0], 7, 0);
    assert_false(ink_find(gray, 1, 1, INK_AUTO, 1, 1, field, &contrast));
    assert_false(ink_find(gray, 1, 90, INK_LIGHT, 1, 1, field, &contrast));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_picture_keeps_its_samples),
        cmocka_unit_test(enlarging_is_linear_between_centres),
        cmocka_unit_test(shrinking_weighs_by_a_triangle),
        cmocka_unit_test(zeros_outside_count),
        cmocka_unit_test(place_light_and_polarity_do_not_matter),
        cmocka_unit_test(fields_need_not_be_square),
        cmocka_unit_test(empty_paper_has_no_ink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
