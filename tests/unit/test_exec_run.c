/* Programs and frames: binding, late steps, outputs, control flow, inputs with defaults. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "session.h"

static void rebinds_when_shapes_change(void **state) {
    (void)state;
    session s = session_begin("opset 17\n"
                              "input x float32[n,m]\n"
                              "node t = Transpose(x) perm=[1,0]\n"
                              "node u = Concat(t, t) axis=0\n"
                              "node y = Transpose(u) perm=[1,0]\n"
                              "output y\n",
                              true);
    for (int64_t n = 0; n < 6; n++) {
        for (int64_t m = 5; m > 0; m--) {
            const int64_t dims[] = {n, m}, expected[] = {n, 2 * m};
            sdx_value *const x = random_tensor((uint64_t)(n * 7 + m), 2, dims);
            sdx_value *const y = run_one(s, x);
            expect_dims(y, 2, expected);
            const float *const from = sdx_tensor_data(x), *const to = sdx_tensor_data(y);
            for (int64_t i = 0; i < n * m; i++) {
                assert_true(to[i / m * 2 * m + i % m] == from[i] &&
                            to[i / m * 2 * m + m + i % m] == from[i]);
            }
            sdx_value_release(x);
            sdx_value_release(y);
        }
    }
    session_end(s);
}

/* Exporters' chains: the shape of the result is computed from the shape of the input. */
static void computes_shapes_at_binding(void **state) {
    (void)state;
    session s = session_begin("opset 17\n"
                              "input x float32[batch,seq,6]\n"
                              "init zero int64[] 0\n"
                              "init one int64[] 1\n"
                              "init axes int64[1] 0\n"
                              "init two int64[1] 2\n"
                              "init minus int64[1] -1\n"
                              "node shape = Shape(x)\n"
                              "node b0 = Slice(shape, axes, axes1, axes)\n"
                              "init axes1 int64[1] 1\n"
                              "node target = Concat(b0, minus, two) axis=0\n"
                              "node r = Reshape(x, target)\n"
                              "node y = Transpose(r) perm=[0,2,1]\n"
                              "output y\n",
                              true);
    for (int64_t n = 1; n < 4; n++) {
        const int64_t dims[] = {2, n, 6}, expected[] = {2, 2, 3 * n};
        sdx_value *const x = random_tensor(1, 3, dims);
        sdx_value *const y = run_one(s, x);
        expect_dims(y, 3, expected);
        sdx_value_release(x);
        sdx_value_release(y);
    }
    session_end(s);
}

/* The shape is an input's content: bound in the middle of the run. */
static void binds_late_when_shapes_depend_on_elements(void **state) {
    (void)state;
    session s = session_begin("opset 17\n"
                              "input x float32[n]\n"
                              "input shape int64[k]\n"
                              "node r = Reshape(x, shape)\n"
                              "node t = Transpose(r)\n"
                              "node y = Concat(t, t) axis=0\n"
                              "output y\n",
                              true);
    const int64_t six[] = {6};
    for (int64_t rows = 1; rows <= 6; rows++) {
        if (6 % rows != 0) continue;
        const int64_t shape[] = {rows, 6 / rows}, expected[] = {12 / rows, rows};
        sdx_value *inputs[] = {random_tensor(3, 1, six), ints(DIMS(2), shape)};
        sdx_value *y = NULL;
        must(sdx_context_run(s.context, inputs, 2, &y, 1, NULL));
        expect_dims(y, 2, expected);
        sdx_value_release(inputs[0]);
        sdx_value_release(inputs[1]);
        sdx_value_release(y);
    }
    session_end(s);
}

/* Shape arithmetic over a shape that is only found during the run: its aliases are computed late,
 * too. */
static void computes_shapes_late(void **state) {
    (void)state;
    session s = session_begin("opset 17\n"
                              "input x float32[n]\n"
                              "input shape int64[k]\n"
                              "init first int64[] 0\n"
                              "init axes int64[1] 0\n"
                              "init rest int64[1] -1\n"
                              "node r = Reshape(x, shape)\n"
                              "node found = Shape(r)\n"
                              "node rows = Gather(found, first) axis=0\n"
                              "node list = Unsqueeze(rows, axes)\n"
                              "node target = Concat(rest, list) axis=0\n"
                              "node y = Reshape(r, target)\n"
                              "output y\n",
                              true);
    const int64_t six[] = {6}, shape[] = {2, 3}, expected[] = {3, 2};
    sdx_value *inputs[] = {random_tensor(3, 1, six), ints(DIMS(2), shape)};
    sdx_value *y = NULL;
    must(sdx_context_run(s.context, inputs, 2, &y, 1, NULL));
    expect_dims(y, 2, expected);
    sdx_value_release(inputs[0]);
    sdx_value_release(inputs[1]);
    sdx_value_release(y);
    session_end(s);
}

static void fills_the_callers_buffer(void **state) {
    (void)state;
    session s = session_begin("opset 17\n"
                              "input x float32[n,2]\n"
                              "node y = Transpose(x)\n"
                              "node z = Reshape(y, flat)\n"
                              "init flat int64[1] -1\n"
                              "output y\n"
                              "output z\n"
                              "output x\n",
                              true);
    const int64_t dims[] = {3, 2}, turned[] = {2, 3}, flat[] = {6};
    const float data[] = {1, 2, 3, 4, 5, 6}, expected[] = {1, 3, 5, 2, 4, 6};
    sdx_value *x = floats(2, dims, data);
    sdx_value *outputs[] = {floats(2, turned, (const float[6]){0}),
                            floats(1, flat, (const float[6]){0}), NULL};
    const void *const place = sdx_tensor_data(outputs[0]);
    must(sdx_context_run(s.context, &x, 1, outputs, 3, NULL));
    assert_ptr_equal(sdx_tensor_data(outputs[0]), place);
    assert_memory_equal(sdx_tensor_data(outputs[0]), expected, sizeof expected);
    assert_memory_equal(sdx_tensor_data(outputs[1]), expected, sizeof expected);
    assert_memory_equal(sdx_tensor_data(outputs[2]), data, sizeof data);
    assert_ptr_not_equal(sdx_tensor_data(outputs[2]), sdx_tensor_data(x));
    sdx_value *wrong[] = {outputs[1], NULL, NULL};
    must_fail(sdx_context_run(s.context, &x, 1, wrong, 3, NULL), SDX_SHAPE_MISMATCH,
              "output 'y': found a buffer of float32[6], expected float32[2,3]");
    /* one buffer for input and output: the input is read before it is overwritten */
    const int64_t square[] = {2, 2};
    const float four[] = {1, 2, 3, 4}, crossed[] = {1, 3, 2, 4};
    sdx_value *q = floats(2, square, four);
    sdx_value *same[] = {q, NULL, NULL};
    const bool wanted[] = {true, false, false};
    must(sdx_context_run(s.context, &q, 1, same, 3, wanted));
    assert_memory_equal(sdx_tensor_data(q), crossed, sizeof crossed);
    assert_null(same[1]);
    sdx_value_release(q);
    sdx_value_release(x);
    for (int i = 0; i < 3; i++) {
        sdx_value_release(outputs[i]);
    }
    session_end(s);
}

static void takes_and_overrides_defaults(void **state) {
    (void)state;
    session s = session_begin("opset 17\n"
                              "input x float32[2]\n"
                              "input w float32[2]\n"
                              "init w float32[2] 10 20\n"
                              "node y = Concat(x, w) axis=0\n"
                              "output y\n",
                              true);
    const int64_t dims[] = {2};
    const float data[] = {1, 2}, other[] = {3, 4}, standard[] = {1, 2, 10, 20},
                given[] = {1, 2, 3, 4};
    sdx_value *inputs[] = {floats(1, dims, data), NULL};
    sdx_value *const w = floats(1, dims, other);
    for (int round = 0; round < 4; round++) {
        sdx_value *y = NULL;
        inputs[1] = round % 2 != 0 ? w : NULL;
        must(sdx_context_run(s.context, inputs, 2, &y, 1, NULL));
        assert_memory_equal(sdx_tensor_data(y), round % 2 != 0 ? given : standard, sizeof given);
        sdx_value_release(y);
    }
    sdx_value_release(inputs[0]);
    sdx_value_release(w);
    session_end(s);
}

static const char loop_text[] = "opset 17\n"
                                "input x float32[n]\n"
                                "input m int64[]\n"
                                "init yes bool[] 1\n"
                                "graph body {\n"
                                "input i int64[]\n"
                                "input go bool[]\n"
                                "input v float32[k]\n"
                                "node again = Identity(go)\n"
                                "node next = Concat(v, x) axis=0\n"
                                "node row = Identity(x)\n"
                                "output again\n"
                                "output next\n"
                                "output row\n"
                                "}\n"
                                "node last rows = Loop(m, yes, x) body=@body\n"
                                "output last\n"
                                "output rows\n";

/* A carried value that grows, a capture, a scan output; zero iterations included. */
static void loops(void **state) {
    (void)state;
    session s = session_begin(loop_text, true);
    const int64_t three[] = {3};
    for (int64_t m = 0; m < 5; m++) {
        sdx_value *inputs[] = {random_tensor(5, 1, three), NULL};
        must(sdx_tensor_create(NULL, SDX_INT64, 0, NULL, &inputs[1]));
        *(int64_t *)sdx_tensor_data(inputs[1]) = m;
        sdx_value *outputs[] = {NULL, NULL};
        must(sdx_context_run(s.context, inputs, 2, outputs, 2, NULL));
        const int64_t grown[] = {3 * (m + 1)};
        expect_dims(outputs[0], 1, grown);
        assert_int_equal(sdx_tensor_rank(outputs[1]), 2);
        assert_int_equal(sdx_tensor_dims(outputs[1])[0], m);
        const float *const x = sdx_tensor_data(inputs[0]), *const last =
                                                               sdx_tensor_data(outputs[0]);
        for (int64_t i = 0; i < grown[0]; i++) {
            assert_true(last[i] == x[i % 3]);
        }
        for (int i = 0; i < 2; i++) {
            sdx_value_release(inputs[i]);
            sdx_value_release(outputs[i]);
        }
    }
    session_end(s);
}

static void names_what_is_wrong_with_inputs(void **state) {
    (void)state;
    session s =
        session_begin("opset 17\ninput x float32[n,3]\nnode y = Transpose(x)\noutput y\n", true);
    const int64_t bad_dim[] = {2, 4}, bad_rank[] = {3};
    sdx_value *y = NULL, *none = NULL;
    sdx_value *const wide = random_tensor(1, 2, bad_dim), *const flat =
                                                              random_tensor(1, 1, bad_rank);
    const int64_t numbers[] = {1, 2, 3};
    sdx_value *const other = ints(DIMS(3), numbers);
    must_fail(sdx_context_run(s.context, (sdx_value *[]){wide}, 1, &y, 1, NULL), SDX_SHAPE_MISMATCH,
              "input 'x': found float32[2,4], expected 3 for dimension 1");
    must_fail(sdx_context_run(s.context, (sdx_value *[]){flat}, 1, &y, 1, NULL), SDX_SHAPE_MISMATCH,
              "input 'x': found float32[3] of rank 1, expected rank 2");
    must_fail(sdx_context_run(s.context, (sdx_value *[]){other}, 1, &y, 1, NULL), SDX_TYPE_MISMATCH,
              "input 'x': found int64[3], expected");
    must_fail(sdx_context_run(s.context, &none, 1, &y, 1, NULL), SDX_INVALID_ARGUMENT,
              "input 'x': found none");
    must_fail(sdx_context_run(s.context, &none, 2, &y, 1, NULL), SDX_INVALID_ARGUMENT,
              "found 2 inputs, expected the 1");
    sdx_value_release(wide);
    sdx_value_release(flat);
    sdx_value_release(other);
    session_end(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rebinds_when_shapes_change),
        cmocka_unit_test(computes_shapes_at_binding),
        cmocka_unit_test(binds_late_when_shapes_depend_on_elements),
        cmocka_unit_test(fills_the_callers_buffer),
        cmocka_unit_test(computes_shapes_late),
        cmocka_unit_test(takes_and_overrides_defaults),
        cmocka_unit_test(loops),
        cmocka_unit_test(names_what_is_wrong_with_inputs),
    };
    return cmocka_run_group_tests_name("exec_run", tests, NULL, NULL);
}
