/* Tensors made of a few numbers: Range. */
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(range_of_any_type),
        cmocka_unit_test(range_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
