/* CumSum, CumProd: types, directions, faults. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

static op_test *scan(const char *name, sdx_dtype dtype, int64_t exclusive, int64_t reverse,
                     double axis) {
    op_test *t = op_begin(name, 26);
    op_int(t, "exclusive", exclusive);
    op_int(t, "reverse", reverse);
    op_input(t, dtype, DIMS(2, 3), DATA(1, 2, 3, 4, 5, 6));
    op_input(t, SDX_INT32, SCALAR, DATA(axis));
    return t;
}

static void scans_of_any_type(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_UINT32,  SDX_UINT64,  SDX_INT32,   SDX_INT64,
                                      SDX_FLOAT16, SDX_FLOAT32, SDX_FLOAT64, SDX_BFLOAT16};
    static const struct {
        const char *name;
        int64_t exclusive, reverse;
        double axis, result[6];
    } cases[] = {
        {"CumSum", 0, 0, 1, {1, 3, 6, 4, 9, 15}},    {"CumSum", 1, 0, -1, {0, 1, 3, 0, 4, 9}},
        {"CumSum", 0, 1, 1, {6, 5, 3, 15, 11, 6}},   {"CumSum", 1, 1, 1, {5, 3, 0, 11, 6, 0}},
        {"CumSum", 0, 0, 0, {1, 2, 3, 5, 7, 9}},     {"CumSum", 1, 1, -2, {4, 5, 6, 0, 0, 0}},
        {"CumProd", 0, 0, 1, {1, 2, 6, 4, 20, 120}}, {"CumProd", 1, 1, 0, {4, 5, 6, 1, 1, 1}},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
            op_test *t =
                scan(cases[k].name, types[i], cases[k].exclusive, cases[k].reverse, cases[k].axis);
            op_expect(t, 0, types[i], DIMS(2, 3), cases[k].result);
            op_end(t);
        }
    }
}

static void scans_refuse(void **state) {
    (void)state;
    op_test *t = scan("CumSum", SDX_FLOAT32, 0, 0, 2);
    op_fails(t, "input 'axis' is 2, expected a value in [-2, 1]");
    op_end(t);
    t = op_begin("CumSum", 14);
    op_input(t, SDX_FLOAT32, SCALAR, DATA(1));
    op_input(t, SDX_INT32, SCALAR, DATA(0));
    op_fails(t, "a scalar has no axes");
    op_end(t);
    t = op_begin("CumSum", 14);
    op_input(t, SDX_FLOAT32, DIMS(0, 2), NULL);
    op_input(t, SDX_INT32, DIMS(1), DATA(0));
    op_expect(t, 0, SDX_FLOAT32, DIMS(0, 2), NULL);
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scans_of_any_type),
        cmocka_unit_test(scans_refuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
