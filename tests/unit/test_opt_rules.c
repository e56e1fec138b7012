/* Each rewrite: a graph as text before and after, and the same graph untouched when it is switched
 * off; results stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "model_text.h"
#include "opt/opt.h"

static sdx_runtime *runtime;

static int setup(void **state) {
    (void)state;
    must(sdx_runtime_create(NULL, &runtime));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    sdx_runtime_release(runtime);
    return 0;
}

static sdx_model *load(const char *text, const char *disabled) {
    sdx_model_options options;
    sdx_model_options_init(&options);
    options.disabled_rules = disabled;
    return model_of(runtime, text, &options);
}

/* The model with all rules but `disabled` is this graph. */
static void expect_graph(const char *text, const char *disabled, const char *expected) {
    sdx_model *const model = load(text, disabled);
    void *dump;
    size_t size;
    must(sdx_model_dump(model, &dump, &size));
    assert_string_equal(dump, expected);
    sdx_bytes_free(dump, size);
    sdx_model_release(model);
}

static sdx_value *result(const char *text, const char *disabled, const sdx_value *input) {
    sdx_model *const model = load(text, disabled);
    sdx_context *context;
    sdx_value *in = (sdx_value *)(uintptr_t)input, *out = NULL;
    must(sdx_context_create(model, NULL, &context));
    must(sdx_context_run(context, &in, 1, &out, 1, NULL));
    sdx_context_destroy(context);
    sdx_model_release(model);
    return out;
}

/* The first output for a float32[2,3], with all rules and without each. */
static void expect_same_results(const char *text) {
    sdx_value *const x = random_tensor(1, 2, (const int64_t[]){2, 3});
    sdx_value *const all = result(text, NULL, x);
    for (size_t i = 0; sdx_opt_rule(i) != NULL; i++) {
        sdx_value *const without = result(text, sdx_opt_rule(i)->name, x);
        assert_int_equal(sdx_tensor_size(without), sdx_tensor_size(all));
        assert_memory_equal(sdx_tensor_data(without), sdx_tensor_data(all), sdx_tensor_size(all));
        sdx_value_release(without);
    }
    sdx_value_release(all);
    sdx_value_release(x);
}

static void fold_constants(void **state) {
    (void)state;
    static const char text[] = "opset 17\n"
                               "input x float32[2,3]\n"
                               "init a float32[3] 1 2 3\n"
                               "init b float32[] 10\n"
                               "node c = Mul(a, b)\n"
                               "node d = Neg(c)\n"
                               "node y = Add(x, d)\n"
                               "output y\n";
    expect_graph(text, NULL,
                 "graph main(x: float32[2,3]) -> (y)\n"
                 "  y: float32[2,3] = Add(x, d{-10,-20,-30})\n");
    expect_graph(text, "fold_constants",
                 "graph main(x: float32[2,3]) -> (y)\n"
                 "  c: float32[3] = Mul(a{1,2,3}, b{10})\n"
                 "  d: float32[3] = Neg(c)\n"
                 "  y: float32[2,3] = Add(x, d)\n");
    expect_same_results(text);
}

/* An error of an evaluation is one of the run, and only if the node is reached. */
/* Names of different lengths put the elements at different places of the file. */
static void fold_constants_wherever_they_lie(void **state) {
    (void)state;
    static const char *const names[] = {"a",     "ab",     "abc",     "abcd",
                                        "abcde", "abcdef", "abcdefg", "abcdefgh"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "opset 17\ninput x float32[2,3]\ninit %s float32[3,1] 1 2 3\n"
                 "node t = Transpose(%s)\nnode y = Add(x, t)\noutput y\n",
                 names[i], names[i]);
        sdx_model *const model = load(text, NULL);
        sdx_model_summary summary = {.struct_size = sizeof summary};
        sdx_model_summarize(model, &summary);
        assert_int_equal(summary.n_nodes_final, 1);
        sdx_model_release(model);
        expect_same_results(text);
    }
}

static void fold_constants_leaves_errors_to_the_run(void **state) {
    (void)state;
    static const char text[] = "opset 17\n"
                               "input x float32[2,3]\n"
                               "init a float32[3] 1 2 3\n"
                               "init at int64[] 7\n"
                               "node bad = Gather(a, at) axis=0\n"
                               "node y = Add(x, bad)\n"
                               "output y\n";
    sdx_model *const model = load(text, NULL);
    sdx_context *context;
    sdx_value *x = random_tensor(1, 2, (const int64_t[]){2, 3}), *y = NULL;
    must(sdx_context_create(model, NULL, &context));
    must_fail(sdx_context_run(context, &x, 1, &y, 1, NULL), SDX_OUT_OF_RANGE, "outside [-3, 2]");
    sdx_context_destroy(context);
    sdx_model_release(model);
    sdx_value_release(x);
}

/* 64 MiB each: two are made, the third waits for the run. */
static void fold_constants_grows_no_small_file(void **state) {
    (void)state;
    sdx_model *const model = load("opset 17\n"
                                  "input x float32[2,3]\n"
                                  "init one float32[] 1\n"
                                  "init two float32[] 2\n"
                                  "init three float32[] 3\n"
                                  "init wide int64[1] 16000000\n"
                                  "node a = Expand(one, wide)\n"
                                  "node b = Expand(two, wide)\n"
                                  "node c = Expand(three, wide)\n"
                                  "output a\n"
                                  "output b\n"
                                  "output c\n",
                                  NULL);
    void *dump;
    size_t size;
    sdx_memory memory = {.struct_size = sizeof memory};
    must(sdx_model_dump(model, &dump, &size));
    assert_string_equal(dump, "graph main(x: float32[2,3]) -> (a{float32[16000000]}, "
                              "b{float32[16000000]}, c)\n"
                              "  c: float32[16000000] = Expand(three{3}, wide{16000000})\n");
    sdx_model_memory(model, &memory);
    assert_true(memory.graph < (size_t)130 << 20);
    sdx_bytes_free(dump, size);
    sdx_model_release(model);
}

static void drop_identity(void **state) {
    (void)state;
    static const char text[] = "opset 17\n"
                               "input x float32[2,3]\n"
                               "init shape int64[2] 2 3\n"
                               "node a = Identity(x)\n"
                               "node b = Dropout(a)\n"
                               "node c = Cast(b) to=1\n"
                               "node d = Reshape(c, shape)\n"
                               "node e = Concat(d) axis=0\n"
                               "node f = Cast(e) to=11\n"
                               "node y = Identity(f)\n"
                               "output y\n";
    expect_graph(text, NULL,
                 "graph main(x: float32[2,3]) -> (y)\n"
                 "  f: float64[2,3] = Cast(x; to=11)\n"
                 "  y: float64[2,3] = Identity(f)\n");
    expect_graph(text, "drop_identity",
                 "graph main(x: float32[2,3]) -> (y)\n"
                 "  a: float32[2,3] = Identity(x)\n"
                 "  b: float32[2,3] = Dropout(a)\n"
                 "  c: float32[2,3] = Cast(b; to=1)\n"
                 "  d: float32[2,3] = Reshape(c, shape{2,3})\n"
                 "  e: float32[2,3] = Concat(d; axis=0)\n"
                 "  f: float64[2,3] = Cast(e; to=11)\n"
                 "  y: float64[2,3] = Identity(f)\n");
    expect_same_results(text);
}

/* A value that only a graph inside reads or hands out has users all the same. */
static void rules_see_the_graphs_inside(void **state) {
    (void)state;
    static const char text[] = "opset 17\n"
                               "input x float32[2,3]\n"
                               "init axes int64[2] 0 1\n"
                               "init zero float32[] 0\n"
                               "node sum = ReduceSum(x, axes) keepdims=0\n"
                               "node more = Greater(sum, zero)\n"
                               "node seen = Identity(x)\n"
                               "node twice = Add(x, x)\n"
                               "node again = Add(x, x)\n"
                               "graph yes {\n"
                               "node own = Identity(twice)\n"
                               "node p = Mul(own, again)\n"
                               "output p\n"
                               "}\n"
                               "graph no {\n"
                               "output seen\n"
                               "}\n"
                               "node y = If(more) then_branch=@yes else_branch=@no\n"
                               "output y\n";
    expect_same_results(text);
}

static void merge_equal(void **state) {
    (void)state;
    static const char text[] = "opset 17\n"
                               "input x float32[2,3]\n"
                               "init one float32[] 1\n"
                               "init uno float32[] 1\n"
                               "init two float32[] 2\n"
                               "node a = Add(x, one)\n"
                               "node b = Add(x, uno)\n"
                               "node c = Add(x, two)\n"
                               "node d = Mul(a, b)\n"
                               "node e = Transpose(d) perm=[1,0]\n"
                               "node f = Transpose(d) perm=[0,1]\n"
                               "node g = MatMul(f, e)\n"
                               "node h = MatMul(g, c)\n"
                               "node y = Identity(h)\n"
                               "output y\n";
    expect_graph(text, "drop_identity",
                 "graph main(x: float32[2,3]) -> (y)\n"
                 "  a: float32[2,3] = Add(x, one{1})\n"
                 "  c: float32[2,3] = Add(x, two{2})\n"
                 "  d: float32[2,3] = Mul(a, a)\n"
                 "  e: float32[3,2] = Transpose(d; perm=[1,0])\n"
                 "  f: float32[2,3] = Transpose(d; perm=[0,1])\n"
                 "  g: float32[2,2] = MatMul(f, e)\n"
                 "  h: float32[2,3] = MatMul(g, c)\n"
                 "  y: float32[2,3] = Identity(h)\n");
    expect_same_results(text);
}

/* An output keeps its own definition, a default that a caller may give is not another constant. */
static void merge_equal_keeps_outputs(void **state) {
    (void)state;
    static const char text[] = "opset 17\n"
                               "input x float32[2,3]\n"
                               "node y = Neg(x)\n"
                               "node z = Neg(x)\n"
                               "node w = Neg(x)\n"
                               "node v = Abs(w)\n"
                               "output y\n"
                               "output z\n"
                               "output v\n";
    expect_graph(text, NULL,
                 "graph main(x: float32[2,3]) -> (y, z, v)\n"
                 "  y: float32[2,3] = Neg(x)\n"
                 "  z: float32[2,3] = Neg(x)\n"
                 "  v: float32[2,3] = Abs(y)\n");
}

static void drop_unused(void **state) {
    (void)state;
    static const char text[] = "opset 17\n"
                               "input x float32[2,3]\n"
                               "init axes int64[1] 0\n"
                               "node p = Unsqueeze(x, axes)\n"
                               "node a = Neg(x)\n"
                               "node b = Abs(a)\n"
                               "node y i = MaxPool(p) kernel_shape=[2]\n"
                               "output y\n";
    expect_graph(text, NULL,
                 "graph main(x: float32[2,3]) -> (y)\n"
                 "  p: float32[1,2,3] = Unsqueeze(x, axes{0})\n"
                 "  y: float32[1,2,2], _ = MaxPool(p; kernel_shape=[2])\n");
    expect_graph(text, "drop_unused",
                 "graph main(x: float32[2,3]) -> (y)\n"
                 "  p: float32[1,2,3] = Unsqueeze(x, axes{0})\n"
                 "  a: float32[2,3] = Neg(x)\n"
                 "  b: float32[2,3] = Abs(a)\n"
                 "  y: float32[1,2,2], i: int64[1,2,2] = MaxPool(p; kernel_shape=[2])\n");
    expect_same_results(text);
}

static void unknown_names_are_errors(void **state) {
    (void)state;
    static const char text[] = "opset 17\ninput x float32[2,3]\nnode y = Neg(x)\noutput y\n";
    size_t size;
    void *const bytes = model_bytes(text, &size);
    sdx_model_options options;
    sdx_model_options_init(&options);
    sdx_model *model = NULL;
    options.disabled_rules = "drop_unused,drop_unusual";
    must_fail(sdx_model_load_memory(runtime, bytes, size, &options, &model), SDX_INVALID_ARGUMENT,
              "found 'drop_unusual', expected some of fold_constants, drop_identity, merge_equal");
    assert_null(model);
    options.load = SDX_LOAD_COPY;
    options.disabled_rules = "drop_unused,merge_equal,drop_identity,fold_constants";
    must(sdx_model_load_memory(runtime, bytes, size, &options, &model));
    sdx_model_release(model);
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fold_constants),
        cmocka_unit_test(fold_constants_wherever_they_lie),
        cmocka_unit_test(fold_constants_leaves_errors_to_the_run),
        cmocka_unit_test(fold_constants_grows_no_small_file),
        cmocka_unit_test(drop_identity),
        cmocka_unit_test(rules_see_the_graphs_inside),
        cmocka_unit_test(merge_equal),
        cmocka_unit_test(merge_equal_keeps_outputs),
        cmocka_unit_test(drop_unused),
        cmocka_unit_test(unknown_names_are_errors),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
