/* DeformConv, MaxUnpool and Det: types, empty tensors and errors that the suite does not have. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

/* One channel, one tap that looks half an element to the right. */
static void deform_conv_of_every_type(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_FLOAT32, SDX_FLOAT64, SDX_FLOAT16, SDX_BFLOAT16};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        op_test *t = op_begin("DeformConv", 22);
        op_input(t, types[i], DIMS(1, 1, 1, 3), DATA(2, 4, 8));
        op_input(t, types[i], DIMS(1, 1, 1, 1), DATA(2));
        op_input(t, types[i], DIMS(1, 2, 1, 3), DATA(0, 0, 0, 0.5, 0.5, 0.5));
        op_input(t, types[i], DIMS(1), DATA(1));
        op_input(t, types[i], DIMS(1, 1, 1, 3), DATA(1, 0.5, 1));
        op_expect(t, 0, types[i], DIMS(1, 1, 1, 3), DATA(7, 7, 9));
        op_end(t);
    }
}

static void deform_conv_in_any_rank(void **state) {
    (void)state;
    op_test *t = op_begin("DeformConv", 19);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 4), DATA(1, 2, 3, 4));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 2), DATA(1, 10));
    op_input(t, SDX_FLOAT32, DIMS(1, 2, 3), DATA(0, 0, 0, 1, INFINITY, NAN));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 1, 3), DATA(31, 2, 3));
    op_end(t);
    t = op_begin("DeformConv", 19);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 1, 2), DATA(1, 2));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 1, 1), DATA(3));
    op_input(t, SDX_FLOAT32, DIMS(1, 3, 1, 1, 2), DATA(0, 0.5, 0, 0, 0, 0));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 1, 1, 1, 2), DATA(3, 3));
    op_end(t);
    t = op_begin("DeformConv", 19);
    op_input(t, SDX_FLOAT32, DIMS(0, 1, 2, 2), NULL);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 1), DATA(3));
    op_input(t, SDX_FLOAT32, DIMS(0, 2, 2, 2), NULL);
    op_expect(t, 0, SDX_FLOAT32, DIMS(0, 1, 2, 2), NULL);
    op_end(t);
}

static void deform_conv_refuses(void **state) {
    (void)state;
    for (int groups = 0; groups <= 2; groups += 2) {
        op_test *t = op_begin("DeformConv", 19);
        op_int(t, "offset_group", groups);
        op_input(t, SDX_FLOAT32, DIMS(1, 1, 1), DATA(1));
        op_input(t, SDX_FLOAT32, DIMS(1, 1, 1), DATA(1));
        op_input(t, SDX_FLOAT32, DIMS(1, 1, 1), DATA(1));
        op_fails(t, "expected a divisor of the number of input channels");
        op_end(t);
    }
    op_test *t = op_begin("DeformConv", 19);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 1), DATA(1));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 1), DATA(1));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 1), DATA(1));
    op_fails(t, "input 'offset' has shape [1,1,1,1], expected 2 in dimension 1");
    op_end(t);
}

static void max_unpool(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_FLOAT32, SDX_FLOAT64, SDX_FLOAT16, SDX_BFLOAT16};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        op_test *t = op_begin("MaxUnpool", 22);
        op_ints(t, "kernel_shape", DIMS(2));
        op_ints(t, "strides", DIMS(2));
        op_input(t, types[i], DIMS(1, 2, 2), DATA(1, 2, 3, 4));
        op_input(t, SDX_INT64, DIMS(1, 2, 2), DATA(1, 2, 7, 7)); /* the later one stays */
        op_input(t, SDX_INT64, DIMS(3), DATA(1, 2, 5));
        op_expect(t, 0, types[i], DIMS(1, 2, 5), DATA(0, 1, 2, 0, 0, 0, 0, 0, 4, 0));
        op_end(t);
    }
    op_test *t = op_begin("MaxUnpool", 9);
    op_ints(t, "kernel_shape", DIMS(1));
    op_input(t, SDX_FLOAT32, DIMS(0, 2, 2), NULL);
    op_input(t, SDX_INT64, DIMS(0, 2, 2), NULL);
    op_expect(t, 0, SDX_FLOAT32, DIMS(0, 2, 2), NULL);
    op_end(t);
}

static void max_unpool_refuses(void **state) {
    (void)state;
    static const double outside[] = {-1, 4, INT64_MIN};
    for (size_t i = 0; i < 3; i++) {
        op_test *t = op_begin("MaxUnpool", 11);
        op_ints(t, "kernel_shape", DIMS(2));
        op_ints(t, "strides", DIMS(2));
        op_input(t, SDX_FLOAT32, DIMS(1, 1, 2), DATA(1, 2));
        op_input(t, SDX_INT64, DIMS(1, 1, 2), (const double[]){0, outside[i]});
        op_fails(t, "input 'I'[1]: index");
        op_end(t);
    }
    op_test *t = op_begin("MaxUnpool", 11);
    op_ints(t, "kernel_shape", DIMS(2));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 2), DATA(1, 2));
    op_input(t, SDX_INT64, DIMS(1, 1, 2), DATA(0, 1));
    op_input(t, SDX_INT64, DIMS(3), DATA(1, 1, 2));
    op_fails(t, "input 'output_shape'[2] is 2, expected 3 or more, as was pooled");
    op_end(t);
}

static void det(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_FLOAT32, SDX_FLOAT64, SDX_FLOAT16, SDX_BFLOAT16};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        op_test *t = op_begin("Det", 22);
        op_input(t, types[i], DIMS(2, 2, 2), DATA(0, 2, 3, 4, 1, 2, 2, 4));
        op_expect(t, 0, types[i], DIMS(2), DATA(-6, 0));
        op_end(t);
    }
    op_test *t = op_begin("Det", 11);
    op_input(t, SDX_FLOAT32, DIMS(3, 0, 0), NULL); /* of no rows: the empty product */
    op_expect(t, 0, SDX_FLOAT32, DIMS(3), DATA(1, 1, 1));
    op_end(t);
    t = op_begin("Det", 11);
    op_input(t, SDX_FLOAT64, DIMS(2, 2), DATA(1, NAN, 2, 3));
    op_expect(t, 0, SDX_FLOAT64, SCALAR, DATA(NAN));
    op_end(t);
    t = op_begin("Det", 11);
    op_input(t, SDX_FLOAT32, DIMS(1, 2), DATA(1, 2));
    op_fails(t, "input 'X' has shape [1,2], expected [..., M, M]");
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deform_conv_of_every_type), cmocka_unit_test(deform_conv_in_any_rank),
        cmocka_unit_test(deform_conv_refuses),       cmocka_unit_test(max_unpool),
        cmocka_unit_test(max_unpool_refuses),        cmocka_unit_test(det),
    };
    return cmocka_run_group_tests_name("ops_deform", tests, NULL, NULL);
}
