/* Results and where they go: buffers that lie over inputs, one value as several outputs, outputs
 * that are inputs, memory that is taken over in place, shapes that come after their memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "session.h"

/* The step that makes the memory runs before the shape that it is given out under is known. */
static void a_late_alias_of_an_output(void **state) {
    (void)state;
    session s = session_begin("opset 17\n"
                              "input x float32[n]\n"
                              "input shape int64[k]\n"
                              "node y = Neg(x)\n"
                              "node z = Reshape(y, shape)\n"
                              "output z\n",
                              true);
    const float data[] = {1, 2, 3, 4, 5, 6}, expected[] = {-1, -2, -3, -4, -5, -6};
    const int64_t two[] = {2};
    for (int64_t rows = 1; rows <= 3; rows++) {
        const int64_t shape[] = {rows, 6 / rows};
        sdx_value *inputs[] = {floats(DIMS(6), data), ints(1, two, shape)};
        sdx_value *outputs[] = {NULL};
        must(sdx_context_run(s.context, inputs, 2, outputs, 1, NULL));
        expect_floats(outputs[0], 6, expected);
        assert_int_equal(sdx_tensor_rank(outputs[0]), 2);
        assert_memory_equal(sdx_tensor_dims(outputs[0]), shape, sizeof shape);
        memset(sdx_tensor_data(outputs[0]), 0, sizeof data);
        must(sdx_context_run(s.context, inputs, 2, outputs, 1, NULL)); /* into the buffer */
        expect_floats(outputs[0], 6, expected);
        release(inputs, 2);
        release(outputs, 1);
    }
    session_end(s);
}

/* Outputs are the caller's: none shares elements with an input or with another output. */
static void outputs_stand_alone(void **state) {
    (void)state;
    session s = session_begin("opset 17\n"
                              "input x float32[n]\n"
                              "input m int64[]\n"
                              "init yes bool[] 1\n"
                              "graph body {\n"
                              "input i int64[]\n"
                              "input go bool[]\n"
                              "input v float32[k]\n"
                              "node again = Identity(go)\n"
                              "node next = Concat(v, v) axis=0\n"
                              "output again\n"
                              "output next\n"
                              "}\n"
                              "node grown = Loop(m, yes, x) body=@body\n"
                              "node twice = Add(x, x)\n"
                              "output x\n"
                              "output grown\n"
                              "output grown\n"
                              "output twice\n"
                              "output twice\n",
                              true);
    const float data[] = {1, -2}, sum[] = {2, -4}, once[] = {1, -2, 1, -2};
    for (int64_t m = 0; m < 2; m++) {
        sdx_value *inputs[] = {floats(DIMS(2), data), ints(SCALAR, &m)};
        sdx_value *outputs[5] = {NULL};
        must(sdx_context_run(s.context, inputs, 2, outputs, 5, NULL));
        memset(sdx_tensor_data(inputs[0]), 0, sizeof data);
        expect_floats(outputs[0], 2, data);
        for (int k = 1; k < 5; k++) { /* each is overwritten once it was looked at */
            const bool is_sum = k > 2;
            expect_floats(outputs[k], is_sum || m == 0 ? 2 : 4, is_sum ? sum : once);
            memset(sdx_tensor_data(outputs[k]), 0, sdx_tensor_size(outputs[k]));
        }
        release(inputs, 2);
        release(outputs, 5);
    }
    session_end(s);
}

/* What is an input and an output is read before a buffer over it is written. */
static void buffers_over_inputs(void **state) {
    (void)state;
    session s = session_begin("opset 17\n"
                              "input a float32[n]\n"
                              "input b float32[n]\n"
                              "node sum = Add(a, b)\n"
                              "node a2 = Identity(a)\n"
                              "node b2 = Identity(b)\n"
                              "output sum\n"
                              "output b2\n"
                              "output a2\n",
                              true);
    const float one[] = {1, 2}, two[] = {10, 20}, sum[] = {11, 22};
    sdx_value *in[] = {floats(DIMS(2), one), floats(DIMS(2), two)};
    sdx_value *swapped[] = {NULL, in[0], in[1]}; /* b goes where a is, and a where b is */
    must(sdx_context_run(s.context, in, 2, swapped, 3, NULL));
    expect_floats(swapped[0], 2, sum);
    expect_floats(in[0], 2, two);
    expect_floats(in[1], 2, one);
    release(swapped, 1);
    sdx_value *over[] = {in[0], NULL, NULL}; /* the sum goes where a is: 10 20 + 1 2 */
    must(sdx_context_run(s.context, in, 2, over, 3, NULL));
    expect_floats(in[0], 2, sum);
    expect_floats(over[1], 2, one);
    expect_floats(over[2], 2, two);
    release(over + 1, 2);
    release(in, 2);
    session_end(s);
}

static void only_what_is_wanted(void **state) {
    (void)state;
    session s = session_begin("opset 17\n"
                              "input x float32[n]\n"
                              "node y = Neg(x)\n"
                              "node z = Neg(y)\n"
                              "output y\n"
                              "output y\n"
                              "output z\n",
                              true);
    const float data[] = {1, 2, 3}, negative[] = {-1, -2, -3}, other[] = {7, 7, 7};
    sdx_value *x = floats(DIMS(3), data);
    for (unsigned bits = 0; bits < 8; bits++) {
        sdx_value *kept = floats(DIMS(3), other);
        sdx_value *outputs[3] = {NULL};
        bool wanted[3];
        for (unsigned k = 0; k < 3; k++) {
            wanted[k] = (bits >> k & 1) != 0;
            if (!wanted[k]) outputs[k] = kept;
        }
        must(sdx_context_run(s.context, &x, 1, outputs, 3, wanted));
        expect_floats(kept, 3, other);
        for (unsigned k = 0; k < 3; k++) {
            if (!wanted[k]) continue;
            expect_floats(outputs[k], 3, k == 2 ? data : negative);
            sdx_value_release(outputs[k]);
        }
        sdx_value_release(kept);
    }
    sdx_value_release(x);
    session_end(s);
}

/* Memory that is taken over: by a broadcast, by readers of both sides, under another shape. */
static void in_place(void **state) {
    (void)state;
    session s =
        session_begin("opset 17\n"
                      "input x float32[3]\n"
                      "init column int64[2] 3 1\n"
                      "init flat int64[1] -1\n"
                      "node a = Neg(x)\n"
                      "node c = Reshape(a, column)\n"
                      "node wide = Sub(a, c)\n" /* a[j] - a[i]: neither side may be overwritten */
                      "node same = Add(wide, wide)\n"
                      "node less = Sub(same, x)\n"
                      "node line = Reshape(less, flat)\n"
                      "node y = Neg(line)\n"
                      "node z = Add(y, y)\n"
                      "output z\n",
                      true);
    const float data[] = {1, 2, 4};
    float expected[9];
    for (int i = 0; i < 9; i++) {
        const float wide = -data[i % 3] + data[i / 3];
        expected[i] = -2 * (2 * wide - data[i % 3]);
    }
    sdx_value *x = floats(DIMS(3), data);
    for (int round = 0; round < 3; round++) {
        sdx_value *z = NULL;
        must(sdx_context_run(s.context, &x, 1, &z, 1, NULL));
        expect_floats(z, 9, expected);
        sdx_value_release(z);
        if (round == 1) sdx_context_trim(s.context);
    }
    sdx_value_release(x);
    session_end(s);
}

/* A captured value outlives its last reader outside, and the memory of the outer run may move. */
static void captured_values(void **state) {
    (void)state;
    session s = session_begin("opset 17\n"
                              "input x float32[n]\n"
                              "input flag bool[]\n"
                              "node a = Neg(x)\n"
                              "node b = Neg(a)\n"
                              "node b2 = Neg(b)\n"
                              "graph yes {\n"
                              "node t = Add(a, x)\n"
                              "node r = Add(t, b2)\n"
                              "output r\n"
                              "}\n"
                              "graph no {\n"
                              "output a\n"
                              "}\n"
                              "node r0 = If(flag) then_branch=@yes else_branch=@no\n"
                              "node y = Neg(r0)\n"
                              "output y\n",
                              true);
    for (int64_t n = 1; n < 200; n += 37) {
        for (int flag = 0; flag < 2; flag++) {
            sdx_value *inputs[] = {random_tensor((uint64_t)n, 1, &n), boolean(flag != 0)},
                      *y = NULL;
            must(sdx_context_run(s.context, inputs, 2, &y, 1, NULL));
            expect_floats(y, (size_t)n, sdx_tensor_data(inputs[0])); /* -(a + x + a) or -a: x */
            sdx_value_release(y);
            release(inputs, 2);
            if (n % 2 == 0) sdx_context_trim(s.context);
        }
    }
    session_end(s);
}

/* Nodes without a result do nothing, whatever their operator. */
static void nodes_without_results(void **state) {
    (void)state;
    session s = session_begin("opset 17\n"
                              "input x float32[2,3]\n"
                              "init flat int64[1] -1\n"
                              "node found = Shape(x)\n"
                              "node _ = Reshape(found, flat)\n"
                              "node _ = Shape(x)\n"
                              "node _ = Reshape(x, flat)\n"
                              "node _ = Neg(x)\n"
                              "node y = Neg(x)\n"
                              "output y\n",
                              false);
    sdx_value *x = random_tensor(1, 2, (const int64_t[]){2, 3}), *y = NULL;
    must(sdx_context_run(s.context, &x, 1, &y, 1, NULL));
    assert_true(*(float *)sdx_tensor_data(y) == -*(float *)sdx_tensor_data(x));
    sdx_value_release(x);
    sdx_value_release(y);
    session_end(s);
}

/* An output that is not optional, left out beside one that is read. */
static void required_outputs_left_out(void **state) {
    (void)state;
    for (int optimize = 0; optimize < 2; optimize++) {
        session s = session_begin("opset 17\n"
                                  "input x float32[n,2]\n"
                                  "init scale float32[2] 1 1\n"
                                  "node _ mean = LayerNormalization(x, scale)\n"
                                  "output mean\n",
                                  optimize != 0);
        const int64_t dims[] = {1, 2};
        sdx_value *x = random_tensor(1, 2, dims), *mean = NULL;
        must(sdx_context_run(s.context, &x, 1, &mean, 1, NULL));
        const float *const pair = sdx_tensor_data(x);
        assert_float_equal(*(const float *)sdx_tensor_data(mean), (pair[0] + pair[1]) / 2, 1e-6);
        sdx_value_release(x);
        sdx_value_release(mean);
        session_end(s);
    }
}

/* Binding borrows nothing, and a run after it starts at once. */
static void binding_lets_go_of_its_inputs(void **state) {
    (void)state;
    session s = session_begin("opset 17\ninput x float32[n]\nnode y = Neg(x)\noutput y\n", true);
    const float data[] = {1, 2}, negative[] = {-1, -2};
    sdx_value *x = floats(DIMS(2), data), *y = NULL;
    must(sdx_context_bind(s.context, &x, 1));
    assert_true(sdx_refs_unique(&x->refs));
    sdx_context_trim(s.context);
    must(sdx_context_run(s.context, &x, 1, &y, 1, NULL));
    assert_true(sdx_refs_unique(&x->refs));
    expect_floats(y, 2, negative);
    sdx_value_release(x);
    sdx_value_release(y);
    session_end(s);
}

/* An error in the middle leaves neither values nor references behind. */
static void errors_in_the_middle(void **state) {
    (void)state;
    session s = session_begin("opset 17\n"
                              "input x float32[n]\n"
                              "input at int64[]\n"
                              "input shape int64[k]\n"
                              "node late = Reshape(x, shape)\n"
                              "node h = Neg(late)\n"
                              "node y = Neg(x)\n"
                              "node g = Gather(y, at) axis=0\n"
                              "output h\n"
                              "output y\n"
                              "output g\n",
                              true);
    const float data[] = {1, 2}, negative[] = {-1, -2};
    for (int round = 0; round < 3; round++) {
        const int64_t bad = 2, good = 1, one = 1, rest = -1;
        sdx_value *inputs[] = {floats(DIMS(2), data), ints(SCALAR, &bad), ints(1, &one, &rest)};
        sdx_value *outputs[3] = {NULL};
        must_fail(sdx_context_run(s.context, inputs, 3, outputs, 3, NULL), SDX_OUT_OF_RANGE,
                  "outside [-2, 1]");
        assert_null(outputs[0]);
        assert_null(outputs[1]);
        assert_true(sdx_refs_unique(&inputs[0]->refs));
        memcpy(sdx_tensor_data(inputs[1]), &good, sizeof good);
        must(sdx_context_run(s.context, inputs, 3, outputs, 3, NULL));
        expect_floats(outputs[1], 2, negative);
        expect_floats(outputs[2], 1, negative + 1);
        release(inputs, 3);
        release(outputs, 3);
    }
    session_end(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_late_alias_of_an_output),
        cmocka_unit_test(outputs_stand_alone),
        cmocka_unit_test(buffers_over_inputs),
        cmocka_unit_test(only_what_is_wanted),
        cmocka_unit_test(in_place),
        cmocka_unit_test(captured_values),
        cmocka_unit_test(nodes_without_results),
        cmocka_unit_test(required_outputs_left_out),
        cmocka_unit_test(binding_lets_go_of_its_inputs),
        cmocka_unit_test(errors_in_the_middle),
    };
    return cmocka_run_group_tests_name("exec_outputs", tests, NULL, NULL);
}
