/* Custom operators as models use them: attributes, ports, types, shapes, states, errors, threads,
 * subgraphs, folding. custom_ops.c has the operators. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "custom_ops.h"
#include "session.h"

#define HEAD "opset 17\nopset 3 test\n"

static sdx_runtime *runtime;
static char logged[300];

static void keep_line(void *user, sdx_log_level level, const char *line) {
    (void)user;
    if (level == SDX_LOG_WARN) (void)snprintf(logged, sizeof logged, "%s", line);
}

static int setup(void **state) {
    (void)state;
    sdx_runtime_options options;
    sdx_runtime_options_init(&options);
    options.log = keep_line;
    must(sdx_runtime_create(&options, &runtime));
    must(sdx_runtime_register_ops(runtime, &custom_ops));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    sdx_runtime_release(runtime);
    assert_int_equal(custom_states, 0);
    return 0;
}

static sdx_status load(const char *text, bool optimize, sdx_model **out) {
    size_t size;
    void *const bytes = model_bytes(text, &size);
    sdx_model_options options;
    sdx_model_options_init(&options);
    options.load = SDX_LOAD_COPY;
    options.optimize = optimize;
    const sdx_status status = sdx_model_load_memory(runtime, bytes, size, &options, out);
    free(bytes);
    return status;
}

static session begin(const char *text, bool optimize) {
    session s = {0};
    must(load(text, optimize, &s.model));
    must(sdx_context_create(s.model, NULL, &s.context));
    return s;
}

/* Runs with up to three inputs; all outputs are new. */
static sdx_status run(session s, sdx_value *const *inputs, sdx_value **outputs) {
    return sdx_context_run(s.context, inputs, sdx_model_n_inputs(s.model), outputs,
                           sdx_model_n_outputs(s.model), NULL);
}

static sdx_value *text_value(const char *text) {
    const sdx_str str = sdx_str_from(text);
    sdx_value *value;
    must(sdx_tensor_strings(NULL, 0, NULL, &str, 1, &value));
    return value;
}

static void expect_text(const sdx_value *value, size_t i, const char *expected) {
    const sdx_str found = ((const sdx_str *)sdx_tensor_data(value))[i];
    if (!sdx_str_is(found, expected)) fail_msg("'%.*s' is not '%s'", SDX_FMT(found), expected);
}

/* A model of x float32 [n] with one input, run once. */
static sdx_status run_text(const char *text, sdx_value *x, sdx_value **y) {
    session s = {0};
    sdx_status status = load(text, true, &s.model);
    *y = NULL;
    if (status == NULL) status = sdx_context_create(s.model, NULL, &s.context);
    if (status == NULL) status = run(s, &x, y);
    session_end(s);
    return status;
}

/* ---- attributes, ports, types */

static void attributes_of_all_kinds(void **state) {
    (void)state;
    sdx_value *const x = floats(DIMS(1), (const float[]){1}), *y;
    must(run_text(HEAD "input x float32[1]\nnode y = test::Attrs(x)\noutput y\n", x, &y));
    expect_text(y, 0, "i=7 f=1.5 s=text ints=4,5, floats=0.5, strings=a,bc, t= given=0000000");
    sdx_value_release(y);
    must(run_text(HEAD "input x float32[1]\n"
                       "node y = test::Attrs(x) i=-9 f=2.0 s=\"other\" ints=[1] floats=[3.0,4.0] "
                       "strings=[\"z\"] t=int64[2]{8,9}\noutput y\n",
                  x, &y));
    expect_text(y, 0, "i=-9 f=2 s=other ints=1, floats=3,4, strings=z, t=8,9, given=1111111");
    sdx_value_release(y);
    sdx_value_release(x);
}

static void schema_errors(void **state) {
    (void)state;
    static const struct {
        const char *text, *part;
    } wrong[] = {
        {"node y = test::Attrs(x) j=1\n", "attribute 'j' is unknown, expected one of 'i', 'f'"},
        {"node y = test::Attrs(x) i=1.0\n", "attribute 'i' has type float, expected int"},
        {"node y = test::Fails(x)\n", "attribute 'how' is absent, expected int"},
        {"node y = test::Twice(x)\n", "input 'X' has type float32, supported: string"},
        {"node y = test::Negate()\n", "input 'X' is absent"},
        {"node y = test::Negate(x, x)\n", "2 inputs, expected at most 1 ('X')"},
        {"node i = Cast(x) to=7\nnode y = test::Sum(x, i)\n", "expected float32 as 'X' has"},
        {"node t = Shape(x)\nnode y = test::Negate(t)\n",
         "(test::Negate, opset 3): input 'X' has type int64"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[400];
        sdx_model *model = NULL;
        (void)snprintf(text, sizeof text, HEAD "input x float32[1]\n%soutput y\n", wrong[i].text);
        const sdx_status status = load(text, true, &model);
        if (status == NULL || strstr(sdx_status_text(status), wrong[i].part) == NULL)
            fail_msg("'%s' has no '%s'", sdx_status_text(status), wrong[i].part);
        sdx_status_free(status);
    }
    sdx_model *model = NULL; /* Log exists since 3 */
    must_fail(load("opset 17\nopset 2 test\ninput x float32[1]\nnode y = test::Log(x)\noutput y\n",
                   true, &model),
              SDX_INVALID_MODEL, "exists since opset 3");
}

static void optional_and_variadic_ports(void **state) {
    (void)state;
    sdx_value *const x = floats(DIMS(3), (const float[]){1, 2, 3}), *y;
    must(run_text(HEAD "input x float32[n]\nnode y = test::Sum(x)\noutput y\n", x, &y));
    expect_floats(y, 3, (const float[]){1, 2, 3});
    sdx_value_release(y);
    must(run_text(HEAD "input x float32[n]\nnode y = test::Sum(x, _, x, x)\noutput y\n", x, &y));
    expect_floats(y, 3, (const float[]){3, 6, 9});
    sdx_value_release(y);
    must(run_text(HEAD "input x float32[n]\nnode s = Shape(x)\nnode z = test::Sum(s, s)\n"
                       "node f = Cast(z) to=1\nnode y = Mul(f, x)\noutput y\n",
                  x, &y));
    expect_floats(y, 3, (const float[]){6, 12, 18});
    sdx_value_release(y);
    must_fail(run_text(HEAD "input x float32[n]\nnode z = Concat(x, x) axis=0\n"
                            "node y = test::Sum(x, z)\noutput y\n",
                       x, &y),
              SDX_SHAPE_MISMATCH, "(test::Sum, opset 3): value 1 has 6 elements, expected 3");
    sdx_value_release(x);
}

static void many_inputs(void **state) {
    (void)state;
    static char text[4000];
    sdx_value *const x = floats(DIMS(1), (const float[]){2}), *y;
    for (size_t n = 128; n <= 129; n++) {
        size_t len =
            (size_t)snprintf(text, sizeof text, HEAD "input x float32[1]\nnode y = test::Sum(x");
        for (size_t i = 1; i < n; i++)
            len += (size_t)snprintf(text + len, sizeof text - len, ", x");
        (void)snprintf(text + len, sizeof text - len, ")\noutput y\n");
        if (n == 128) {
            must(run_text(text, x, &y));
            expect_floats(y, 1, (const float[]){256});
            sdx_value_release(y);
        } else {
            must_fail(run_text(text, x, &y), SDX_LIMIT, "expected at most 128 of each");
        }
    }
    sdx_value_release(x);
}

static void strings(void **state) {
    (void)state;
    sdx_value *const x = text_value("ab-c-"), *y;
    must(run_text(HEAD "input x string[]\nnode y = test::Twice(x)\noutput y\n", x, &y));
    expect_text(y, 0, "ab-c-ab-c-");
    sdx_value_release(y);
    must(run_text(HEAD "input x string[]\nnode w = test::Split(x)\nnode y = test::Twice(w)\n"
                       "output y\n",
                  x, &y));
    expect_dims(y, DIMS(3));
    expect_text(y, 0, "abab");
    expect_text(y, 1, "cc");
    expect_text(y, 2, "");
    sdx_value_release(y);
    sdx_value_release(x);
}

static void small_types_and_bools(void **state) {
    (void)state;
    sdx_value *const x = floats(DIMS(3), (const float[]){1, -2, 3}), *y;
    must(run_text("opset 21\nopset 3 test\ninput x float32[n]\nnode a = Cast(x) to=22\n"
                  "node b = test::Nibble(a)\nnode y = Cast(b) to=1\noutput y\n",
                  x, &y));
    expect_floats(y, 3, (const float[]){-1, 2, -3});
    sdx_value_release(y);
    must(run_text(HEAD "input x float32[n]\nnode y = test::Truth(x)\noutput y\n", x, &y));
    assert_memory_equal(sdx_tensor_data(y), "\1\1\1", 3);
    sdx_value_release(y);
    sdx_value_release(x);
}

/* ---- shapes */

static void shapes_follow_dimensions(void **state) {
    (void)state;
    sdx_port_info port;
    session s = begin(HEAD "input x float32[n]\ninit by int64[1] 2\nnode z = test::Pad(x, by)\n"
                           "node y = Neg(z)\noutput y\n",
                      true);
    must(sdx_model_output(s.model, 0, &port));
    assert_int_equal(port.rank, 1);
    assert_true(sdx_str_is(port.symbols[0], "n+2"));
    for (int64_t n = 0; n < 4; n++) {
        sdx_value *const x = floats(1, &n, (const float[]){1, 2, 3}), *y = run_one(s, x);
        assert_int_equal(sdx_tensor_len(y), n + 2);
        expect_floats(y, (size_t)n + 2,
                      (const float[]){n > 0 ? -1.0f : -0.0f, n > 1 ? -2.0f : -0.0f,
                                      n > 2 ? -3.0f : -0.0f, -0.0f, -0.0f});
        sdx_value_release(y);
        sdx_value_release(x);
    }
    session_end(s);
}

static void arithmetic_on_dimensions(void **state) {
    (void)state;
    session s = begin(HEAD "input x float32[n]\nnode y = test::Dims(x)\noutput y\n", true);
    sdx_port_info port;
    must(sdx_model_output(s.model, 0, &port));
    assert_true(port.rank == 7 && sdx_str_is(port.symbols[2], "2*n"));
    sdx_value *const x = random_tensor(1, DIMS(5)), *const y = run_one(s, x);
    expect_dims(y, DIMS(6, 4, 10, 2, 3, 3, 5));
    sdx_value_release(y);
    sdx_value_release(x);
    session_end(s);
}

static void shapes_that_broadcast(void **state) {
    (void)state;
    sdx_value *const x = floats(DIMS(3), (const float[]){1, 2, 3}), *y;
    must(run_text(HEAD "input x float32[n]\ninit z float32[2,1] 10 20\nnode y = test::Broad(x, z)\n"
                       "output y\n",
                  x, &y));
    expect_dims(y, DIMS(2, 3));
    sdx_value_release(y);
    must_fail(run_text(HEAD "input x float32[3]\ninit z float32[2] 10 20\n"
                            "node y = test::Broad(x, z)\noutput y\n",
                       x, &y),
              SDX_SHAPE_MISMATCH, "to broadcast with the inputs before it");
    sdx_value_release(x);
}

static void a_shape_that_depends_on_elements(void **state) {
    (void)state;
    session s = begin(HEAD "input x float32[n]\ninput by int64[1]\nnode z = test::Pad(x, by)\n"
                           "node y = Neg(z)\noutput y\n",
                      true);
    sdx_value *const x = floats(DIMS(1), (const float[]){5});
    for (int64_t by = 3; by >= -2; by--) {
        sdx_value *const inputs[] = {x, ints(DIMS(1), &by)}, *y = NULL;
        if (by >= -1) {
            must(run(s, inputs, &y));
            assert_int_equal(sdx_tensor_len(y), by + 1);
        } else {
            must_fail(run(s, inputs, &y), SDX_SHAPE_MISMATCH,
                      "output 'Y' is given dimension -1 at axis 0, expected 0 or more");
        }
        sdx_value_release(y);
        sdx_value_release(inputs[1]);
    }
    sdx_value_release(x);
    session_end(s);
}

static void shapes_decided_while_running(void **state) {
    (void)state;
    session s = begin(HEAD "input x float32[n]\nnode k, c = test::Keep(x) above=1.0\n"
                           "node y = Neg(k)\noutput y\noutput c\n",
                      true);
    for (int turn = 0; turn < 3; turn++) {
        const float data[] = {0, 3, (float)turn, 2};
        sdx_value *const x = floats(DIMS(4), data), *y[2] = {0};
        must(run(s, &x, y));
        assert_int_equal(sdx_tensor_len(y[0]), turn == 2 ? 3 : 2);
        assert_int_equal(*(const int64_t *)sdx_tensor_data(y[1]), turn == 2 ? 3 : 2);
        assert_true(((const float *)sdx_tensor_data(y[0]))[0] == -3);
        release(y, 2);
        sdx_value_release(x);
    }
    session_end(s);
    sdx_value *const x = floats(DIMS(2), (const float[]){1, 2}), *y; /* nobody reads `count` */
    must(run_text(HEAD "input x float32[n]\nnode y = test::Keep(x) above=1.5\noutput y\n", x, &y));
    expect_floats(y, 1, (const float[]){2});
    sdx_value_release(y);
    sdx_value_release(x);
}

/* ---- states, in place, pure or not */

static void a_state_lives_as_long_as_the_model(void **state) {
    (void)state;
    static const char text[] = HEAD "input x float32[n]\ninit t float32[3] 10 20 30\n"
                                    "node y = test::Table(x, t)\noutput y\n";
    session s = begin(text, true);
    assert_int_equal(custom_states, 1);
    sdx_value *const x = floats(DIMS(2), (const float[]){2, 0}), *y = run_one(s, x);
    expect_floats(y, 2, (const float[]){30, 10});
    sdx_value_release(y);
    ((float *)sdx_tensor_data(x))[1] = 3;
    y = NULL;
    must_fail(run(s, &x, &y), SDX_OUT_OF_RANGE, "X[1] is 3, expected 0 to 2");
    session_end(s);
    assert_int_equal(custom_states, 0);
    must_fail(run_text(HEAD "input x float32[n]\nnode t = Neg(x)\nnode y = test::Table(x, t)\n"
                            "output y\n",
                       x, &y),
              SDX_UNSUPPORTED, "the table is not constant; make it one");
    sdx_value_release(x);
}

static void memory_in_place(void **state) {
    (void)state;
    session s = begin(HEAD "input x float32[1000]\nnode a = Neg(x)\nnode b = test::Negate(a)\n"
                           "node c = test::Negate(b)\nnode y = Neg(c)\noutput y\n",
                      true);
    const int64_t n = 1000;
    sdx_value *const x = random_tensor(7, 1, &n), *y = run_one(s, x);
    expect_floats(y, 1000, sdx_tensor_data(x));
    sdx_memory memory;
    memory.struct_size = sizeof memory;
    sdx_context_memory(s.context, &memory);
    assert_true(memory.slab < 2 * 4096); /* one place for a, b and c */
    sdx_value_release(y);
    sdx_value_release(x);
    session_end(s);
}

static void only_the_pure_is_folded(void **state) {
    (void)state;
    static const char text[] = HEAD "input x float32[2]\ninit w float32[2] 1 2\n"
                                    "node a = test::%s(w)\nnode b = test::%s(w)\n"
                                    "node c = Add(a, b)\nnode y = Add(c, x)\noutput y\n";
    static const struct {
        const char *name;
        int loading, running;
    } kinds[] = {{"CountPure", 1, 0}, {"Count", 0, 2}};
    for (size_t i = 0; i < 2; i++) {
        char model[sizeof text + 40];
        (void)snprintf(model, sizeof model, text, kinds[i].name, kinds[i].name);
        custom_runs = 0;
        session s = begin(model, true);
        assert_true(kinds[i].loading ? custom_runs >= 1 : custom_runs == 0);
        custom_runs = 0;
        sdx_value *const x = floats(DIMS(2), (const float[]){0, 1}), *y = run_one(s, x);
        expect_floats(y, 2, (const float[]){2, 5});
        assert_int_equal(custom_runs, kinds[i].running);
        sdx_value_release(y);
        sdx_value_release(x);
        session_end(s);
    }
    session s = begin(HEAD "input x float32[n]\ninit t float32[2] 1 2\ninit w float32[1] 1\n"
                           "node f = test::Table(w, t)\nnode y = Add(x, f)\noutput y\n",
                      true); /* folding makes and ends a state of its own, if it may */
    assert_int_equal(custom_states, 1);
    session_end(s);
}

/* ---- errors of hooks */

static void errors_name_the_node(void **state) {
    (void)state;
    static const struct {
        int how;
        sdx_code code;
        const char *part;
    } errors[] = {
        {1, SDX_SHAPE_MISMATCH, "node 'Fails#0' (test::Fails, opset 3): told by infer"},
        {2, SDX_UNSUPPORTED, "its function infer returned false without a word"},
        {3, SDX_UNSUPPORTED, "infer left the type or shape of output 'Y' open"},
        {4, SDX_INVALID_MODEL, "node 'Fails#0' (test::Fails, opset 3): told by create"},
        {5, SDX_UNSUPPORTED, "told by create: 5"},
        {6, SDX_INVALID_ARGUMENT, "node 'Fails#0' (test::Fails, opset 3): told by run"},
        {7, SDX_UNSUPPORTED, "its function run returned false without a word"},
        {8, SDX_OUT_OF_RANGE, "told by a lane"},
    };
    sdx_value *const x = floats(DIMS(2), (const float[]){1, 2}), *y;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        char text[200];
        (void)snprintf(text, sizeof text,
                       HEAD "input x float32[2]\nnode y = test::Fails(x) how=%d\noutput y\n",
                       errors[i].how);
        must_fail(run_text(text, x, &y), errors[i].code, errors[i].part);
        assert_int_equal(custom_states, 0);
    }
    must(run_text(HEAD "input x float32[2]\nnode y = test::Fails(x) how=0\noutput y\n", x, &y));
    sdx_value_release(y);
    sdx_value_release(x);
}

static void log_lines_name_the_node(void **state) {
    (void)state;
    session s = begin(HEAD "input x float32[2]\nnode y = test::Log(x)\noutput y\n", true);
    sdx_value *const x = floats(DIMS(2), (const float[]){1, 2});
    for (int turn = 0; turn < 2; turn++)
        sdx_value_release(run_one(s, x));
    assert_string_equal(logged, "node 'Log#0': run 1 of 3");
    sdx_value_release(x);
    session_end(s);
}

/* ---- subgraphs and functions */

static void inside_of_subgraphs(void **state) {
    (void)state;
    session s = begin(HEAD "input x float32[n]\ninput n int64[]\ninit t float32[4] 1 2 3 3\n"
                           "graph body {\ninput i int64[]\ninput go bool[]\ninput v float32[m]\n"
                           "node w = test::Table(v, t)\nnode k, c = test::Keep(w) above=0.5\n"
                           "output go\noutput k\n}\n"
                           "node y = Loop(n, _, x) body=@body\noutput y\n",
                      true);
    assert_int_equal(custom_states, 1);
    for (int64_t n = 0; n < 4; n++) {
        const float data[] = {0, 1};
        const float expected[][2] = {{0, 1}, {1, 2}, {2, 3}, {3, 3}};
        sdx_value *const inputs[] = {floats(DIMS(2), data), ints(SCALAR, &n)}, *y = NULL;
        must(run(s, inputs, &y));
        expect_floats(y, 2, expected[n]);
        sdx_value_release(y);
        sdx_value_release(inputs[0]);
        sdx_value_release(inputs[1]);
    }
    session_end(s);
}

static void inside_of_branches(void **state) {
    (void)state;
    session s = begin(HEAD "input x float32[n]\ninput c bool[]\ninit t float32[2] 7 8\n"
                           "graph a {\nnode p = test::Table(x, t)\noutput p\n}\n"
                           "graph b {\nnode q = test::Keep(x) above=0.0\noutput q\n}\n"
                           "node y = If(c) then_branch=@a else_branch=@b\noutput y\n",
                      true);
    for (int turn = 0; turn < 4; turn++) {
        const float data[] = {0, 1};
        sdx_value *const inputs[] = {floats(DIMS(2), data), boolean(turn % 2 == 0)}, *y = NULL;
        must(run(s, inputs, &y));
        expect_floats(y, turn % 2 == 0 ? 2 : 1,
                      turn % 2 == 0 ? (const float[]){7, 8} : (const float[]){1});
        sdx_value_release(y);
        sdx_value_release(inputs[0]);
        sdx_value_release(inputs[1]);
    }
    session_end(s);
}

static void inside_of_functions_and_behind_them(void **state) {
    (void)state;
    sdx_value *const x = floats(DIMS(2), (const float[]){1, -2}), *y;
    must(run_text(HEAD "opset 1 my\nfunction b = my::Two(a) {\nopset 17\nopset 3 test\n"
                       "node c = test::Negate(a)\nnode b = Add(c, c)\n}\n"
                       "input x float32[2]\nnode y = my::Two(x)\noutput y\n",
                  x, &y));
    expect_floats(y, 2, (const float[]){-2, 4});
    sdx_value_release(y);
    must(run_text(HEAD "function b = test::Negate(a) {\nopset 17\nnode b = Add(a, a)\n}\n"
                       "input x float32[2]\nnode y = test::Negate(x)\noutput y\n",
                  x, &y)); /* a function of the model comes before the operator */
    expect_floats(y, 2, (const float[]){2, -4});
    sdx_value_release(y);
    sdx_value_release(x);
}

/* ---- threads */

enum { THREADS = 4, ROUNDS = 50, LONG = 4096 };

static void *run_often(void *model) {
    session s = {.model = model};
    const int64_t n = LONG;
    sdx_context_options options;
    sdx_context_options_init(&options);
    options.threads = 2;
    must(sdx_context_create(model, &options, &s.context));
    sdx_value *const x = random_tensor(3, 1, &n);
    for (int i = 0; i < ROUNDS; i++) {
        sdx_value *y = NULL;
        must(run(s, &x, &y));
        const float *const from = sdx_tensor_data(x), *const to = sdx_tensor_data(y);
        for (size_t e = 0; e < LONG; e++)
            if (to[e] != -3 * from[e] && !(to[e] + 3 * from[e] < 1e-6f)) fail_msg("element %zu", e);
        sdx_value_release(y);
    }
    sdx_value_release(x);
    sdx_context_destroy(s.context);
    return NULL;
}

static void many_contexts_at_once(void **state) {
    (void)state;
    sdx_model *model;
    pthread_t threads[THREADS];
    must(load(HEAD "input x float32[n]\nnode s = test::Sum(x, x, x)\nnode y = test::Negate(s)\n"
                   "output y\n",
              true, &model));
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_often, model), 0);
    for (size_t i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    sdx_model_release(model);
}

static void *cancel_soon(void *context) {
    while (custom_runs == 0) {
    }
    sdx_context_cancel(context);
    return NULL;
}

static void a_run_is_cancelled(void **state) {
    (void)state;
    session s = begin(HEAD "input x float32[2]\nnode y = test::Wait(x)\noutput y\n", true);
    sdx_value *const x = floats(DIMS(2), (const float[]){1, 2}), *y = NULL;
    pthread_t thread;
    custom_runs = 0;
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, s.context), 0);
    must_fail(run(s, &x, &y), SDX_CANCELLED, "was cancelled");
    (void)pthread_join(thread, NULL);
    sdx_context_set_deadline(s.context, 1000000);
    must_fail(run(s, &x, &y), SDX_DEADLINE, "deadline");
    sdx_value_release(x);
    session_end(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attributes_of_all_kinds),
        cmocka_unit_test(schema_errors),
        cmocka_unit_test(optional_and_variadic_ports),
        cmocka_unit_test(many_inputs),
        cmocka_unit_test(strings),
        cmocka_unit_test(small_types_and_bools),
        cmocka_unit_test(shapes_follow_dimensions),
        cmocka_unit_test(arithmetic_on_dimensions),
        cmocka_unit_test(shapes_that_broadcast),
        cmocka_unit_test(a_shape_that_depends_on_elements),
        cmocka_unit_test(shapes_decided_while_running),
        cmocka_unit_test(a_state_lives_as_long_as_the_model),
        cmocka_unit_test(memory_in_place),
        cmocka_unit_test(only_the_pure_is_folded),
        cmocka_unit_test(errors_name_the_node),
        cmocka_unit_test(log_lines_name_the_node),
        cmocka_unit_test(inside_of_subgraphs),
        cmocka_unit_test(inside_of_branches),
        cmocka_unit_test(inside_of_functions_and_behind_them),
        cmocka_unit_test(many_contexts_at_once),
        cmocka_unit_test(a_run_is_cancelled),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
