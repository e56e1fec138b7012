/* Optimizers: several parameters of several types, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

static op_test *begin(const char *op_type, double rate, double count) {
    op_test *t = op_begin_in("ai.onnx.preview.training", op_type, 1);
    op_input(t, SDX_FLOAT32, SCALAR, DATA(rate));
    op_input(t, SDX_INT64, SCALAR, DATA(count));
    return t;
}

/* Two parameters, one of float64: 4, 6 and 8 moved along gradients 1, 1 and 2. */
static void two_parameters(op_test *t, size_t memories) {
    for (size_t kind = 0; kind < 2 + memories; kind++) {
        op_input(t, SDX_FLOAT32, DIMS(2),
                 kind == 0   ? DATA(4, 6)
                 : kind == 1 ? DATA(1, 1)
                             : DATA(0, 0));
        op_input(t, SDX_FLOAT64, SCALAR, kind == 0 ? DATA(8) : kind == 1 ? DATA(2) : DATA(0));
    }
    op_outputs(t, 2 * (1 + memories));
}

static void adagrad(void **state) {
    (void)state;
    op_test *t = begin("Adagrad", 0.5, 0);
    op_float(t, "epsilon", 0);
    two_parameters(t, 1);
    op_expect(t, 0, SDX_FLOAT32, DIMS(2), DATA(3.5, 5.5));
    op_expect(t, 1, SDX_FLOAT64, SCALAR, DATA(7.5));
    op_expect(t, 2, SDX_FLOAT32, DIMS(2), DATA(1, 1));
    op_expect(t, 3, SDX_FLOAT64, SCALAR, DATA(4));
    op_end(t);
}

static void adam(void **state) {
    (void)state;
    op_test *t = begin("Adam", 0.5, 1); /* the first step is as long as the rate */
    op_float(t, "epsilon", 0);
    two_parameters(t, 2);
    op_near(t, 0, SDX_FLOAT32, DIMS(2), DATA(3.5, 5.5), 1e-6);
    op_near(t, 1, SDX_FLOAT64, SCALAR, DATA(7.5), 1e-6);
    op_near(t, 3, SDX_FLOAT64, SCALAR, DATA(0.2), 1e-6);
    op_near(t, 5, SDX_FLOAT64, SCALAR, DATA(0.004), 1e-4);
    op_end(t);
}

static op_test *momentum(const char *mode) {
    op_test *t = begin("Momentum", 0.5, 0);
    op_text(t, "mode", mode);
    op_float(t, "alpha", 0.5);
    op_float(t, "beta", 100); /* not in the first step */
    op_float(t, "norm_coefficient", 0.25);
    return t;
}

static void momenta(void **state) {
    (void)state;
    op_test *t = momentum("standard");
    two_parameters(t, 1);
    op_expect(t, 0, SDX_FLOAT32, DIMS(2), DATA(3, 4.75));
    op_expect(t, 1, SDX_FLOAT64, SCALAR, DATA(6));
    op_expect(t, 3, SDX_FLOAT64, SCALAR, DATA(4));
    op_end(t);
    t = momentum("nesterov");
    two_parameters(t, 1);
    op_expect(t, 1, SDX_FLOAT64, SCALAR, DATA(5));
    op_end(t);
}

static void refuses(void **state) {
    (void)state;
    op_test *t = momentum("heavy");
    two_parameters(t, 1);
    op_fails(t, "attribute 'mode' is 'heavy', expected 'standard' or 'nesterov'");
    op_end(t);
    t = begin("Adagrad", 1, 0);
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(1));
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(1));
    op_outputs(t, 2);
    op_fails(t, "found 2 tensors and 2 outputs, expected 3 and 2 for each parameter");
    op_end(t);
    t = begin("Adagrad", 1, 0);
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(1));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 1));
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(1));
    op_outputs(t, 2);
    op_fails(t, "inputs 2 and 3 have shapes [1] and [2], expected one type and shape");
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adagrad),
        cmocka_unit_test(adam),
        cmocka_unit_test(momenta),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests_name("ops_training", tests, NULL, NULL);
}
