/* Operators of com.microsoft on bytes with a scale and a zero point. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

#define MS "com.microsoft"

/* ---- QLinearSoftmax: e^(x - max) over their sum, here in steps of 1/256 */

static void softmax(void **state) {
    (void)state;
    /* 0, ln 3 in steps of ln 3 / 4: probabilities 1/4 and 3/4 */
    op_test *t = op_begin_in(MS, "QLinearSoftmax", 1);
    op_int(t, "opset", 13);
    op_input(t, SDX_UINT8, DIMS(2, 2), DATA(7, 11, 11, 7));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(0.27465307216702745));
    op_input(t, SDX_UINT8, SCALAR, DATA(3));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(1.0 / 256));
    op_input(t, SDX_UINT8, SCALAR, DATA(2));
    op_expect(t, 0, SDX_UINT8, DIMS(2, 2), DATA(66, 194, 194, 66));
    op_end(t);
}

static void softmax_axes(void **state) {
    (void)state;
    /* before opset 13 the dims from the axis on are one row: 1/2, 1/6, 1/6, 1/6 */
    op_test *t = op_begin_in(MS, "QLinearSoftmax", 1);
    op_int(t, "opset", 11);
    op_int(t, "axis", 0);
    op_input(t, SDX_INT8, DIMS(2, 2), DATA(-4, -8, -8, -8));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(0.27465307216702745));
    op_absent(t);
    op_input(t, SDX_FLOAT32, SCALAR, DATA(1.0 / 240));
    op_input(t, SDX_INT8, SCALAR, DATA(-128));
    op_expect(t, 0, SDX_INT8, DIMS(2, 2), DATA(-8, -88, -88, -88));
    op_end(t);
    /* from then on the axis alone: columns 3/4, 1/4 and 1/2, 1/2 */
    t = op_begin_in(MS, "QLinearSoftmax", 1);
    op_int(t, "opset", 13);
    op_int(t, "axis", 0);
    op_input(t, SDX_INT8, DIMS(2, 2), DATA(-4, -8, -8, -8));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(0.27465307216702745));
    op_absent(t);
    op_input(t, SDX_FLOAT32, SCALAR, DATA(1.0 / 240));
    op_input(t, SDX_INT8, SCALAR, DATA(-128));
    op_expect(t, 0, SDX_INT8, DIMS(2, 2), DATA(52, -8, -68, -8));
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(softmax),
        cmocka_unit_test(softmax_axes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
