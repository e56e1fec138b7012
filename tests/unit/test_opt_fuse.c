/* Fusing rules: every spelling becomes one node and keeps its results; what only looks like one
 * stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model_text.h"

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

/* The model of some nodes over x float32[2,3,8] that make y. */
static sdx_model *load(const char *nodes, const char *disabled) {
    char text[2048];
    sdx_model_options options;
    sdx_model_options_init(&options);
    options.disabled_rules = disabled;
    snprintf(
        text, sizeof text,
        "opset 20\n"
        "input x float32[2,3,8]\n"
        "init one float32[] 1\ninit two float32[] 2\ninit three float32[] 3\ninit six float32[] 6\n"
        "init zero float32[] 0\ninit half float32[] 0.5\ninit sixth float32[] 0.16666667\n"
        "init root float32[] 1.4142135\ninit over_root float32[] 0.70710677\n"
        "init c float32[] 0.044715\ninit k float32[] 0.7978846\ninit e float32[] 0.00001\n"
        "init last int64[1] -1\ninit last_two int64[2] 1 2\ninit first int64[1] 0\n"
        "init scale float32[8] random\ninit bias float32[8] random\n"
        "%soutput y\n",
        nodes);
    return model_of(runtime, text, &options);
}

static void run(sdx_model *model, float *out) {
    sdx_value *x = random_tensor(1, 3, (const int64_t[]){2, 3, 8}), *y = NULL;
    sdx_context *context;
    must(sdx_context_create(model, NULL, &context));
    must(sdx_context_run(context, &x, 1, &y, 1, NULL));
    assert_int_equal(sdx_tensor_len(y), 48);
    memcpy(out, sdx_tensor_data(y), 48 * sizeof *out);
    sdx_value_release(y);
    sdx_value_release(x);
    sdx_context_destroy(context);
}

static size_t count_nodes(const sdx_model *model) {
    sdx_model_summary summary = {.struct_size = sizeof summary};
    sdx_model_summarize(model, &summary);
    return summary.n_nodes_final;
}

/* The nodes become `dump`, and y stays where it was within some roundings. */
static void expect(const char *nodes, const char *rule, const char *dump) {
    float fused[48], plain[48];
    void *found;
    size_t size;
    sdx_model *const model = load(nodes, NULL), *const without = load(nodes, rule);
    must(sdx_model_dump(model, &found, &size));
    if (strstr(found, dump) == NULL || count_nodes(model) != 1)
        fail_msg("%s\nbecame\n%s", nodes, (const char *)found);
    assert_true(count_nodes(without) > 1);
    run(model, fused);
    run(without, plain);
    for (size_t i = 0; i < 48; i++) {
        if (fabsf(fused[i] - plain[i]) > 1e-5f)
            fail_msg("%s: y[%zu] is %g, was %g", nodes, i, (double)fused[i], (double)plain[i]);
    }
    sdx_bytes_free(found, size);
    sdx_model_release(model);
    sdx_model_release(without);
}

/* Nothing of this is fused. */
static void expect_untouched(const char *nodes, const char *rule) {
    sdx_model *const model = load(nodes, NULL), *const without = load(nodes, rule);
    assert_int_equal(count_nodes(model), count_nodes(without));
    sdx_model_release(model);
    sdx_model_release(without);
}

/* ---- Gelu */

/* What stands between x and f, and between f and y. */
static const char *const erf_inner[] = {
    "node a = Div(x, root)\nnode f = Erf(a)\n",
    "node a = Mul(over_root, x)\nnode f = Erf(a)\n",
};
static const char *const tanh_inner[] = {
    "node a = Pow(x, three)\nnode b = Mul(a, c)\nnode d = Add(x, b)\nnode g = Mul(k, d)\nnode f = "
    "Tanh(g)\n",
    "node a0 = Mul(x, x)\nnode a = Mul(a0, x)\nnode b = Mul(c, a)\nnode d = Add(b, x)\nnode g = "
    "Mul(d, k)\nnode f = Tanh(g)\n",
    "node a = Mul(x, k)\nnode b = Mul(x, c)\nnode d = Mul(b, x)\nnode g = Add(one, d)\nnode h = "
    "Mul(a, g)\nnode f = Tanh(h)\n",
};
static const char *const halves[] = {
    "node p = Add(f, one)\nnode q = Mul(x, p)\nnode y = Mul(q, half)\n",
    "node p = Add(one, f)\nnode q = Mul(half, p)\nnode y = Mul(x, q)\n",
    "node p = Add(f, one)\nnode q = Mul(x, half)\nnode y = Mul(p, q)\n",
    "node p = Add(f, one)\nnode q = Mul(p, x)\nnode y = Div(q, two)\n",
    "node p = Add(f, one)\nnode q = Div(x, two)\nnode y = Mul(q, p)\n",
};
enum {
    N_ERF = sizeof erf_inner / sizeof *erf_inner,
    N_TANH = sizeof tanh_inner / sizeof *tanh_inner
};
enum { N_HALVES = sizeof halves / sizeof *halves };

static void expect_gelu(const char *inner, const char *dump) {
    for (size_t i = 0; i < N_HALVES; i++) {
        char nodes[512];
        snprintf(nodes, sizeof nodes, "%s%s", inner, halves[i]);
        expect(nodes, "fuse_gelu", dump);
    }
}

static void gelu(void **state) {
    (void)state;
    for (size_t i = 0; i < N_ERF; i++) {
        expect_gelu(erf_inner[i], "Gelu(x; approximate='none')");
    }
    for (size_t i = 0; i < N_TANH; i++) {
        expect_gelu(tanh_inner[i], "Gelu(x; approximate='tanh')");
    }
}

static void not_gelu(void **state) {
    (void)state;
    expect_untouched("node a = Div(x, two)\nnode f = Erf(a)\nnode p = Add(f, one)\nnode q = Mul(x, "
                     "p)\nnode y = Mul(q, half)\n",
                     "fuse_gelu"); /* another number */
    expect_untouched("node z = Neg(x)\nnode a = Div(z, root)\nnode f = Erf(a)\nnode p = Add(f, "
                     "one)\nnode q = Mul(x, p)\n"
                     "node y = Mul(q, half)\n",
                     "fuse_gelu"); /* another value */
    expect_untouched("node a = Div(x, root)\nnode f = Erf(a)\nnode p = Add(f, one)\nnode q = "
                     "Mul(x, p)\nnode y = Mul(q, half)\n"
                     "output f\n",
                     "fuse_gelu"); /* a value in the middle leaves the graph */
    expect_untouched("node a = Div(x, root)\nnode f = Erf(a)\nnode p = Add(f, one)\nnode q = "
                     "Mul(x, p)\nnode r = Mul(q, half)\n"
                     "node y = Add(r, p)\n",
                     "fuse_gelu"); /* or is read elsewhere */
}

/* ---- gates */

static void gates(void **state) {
    (void)state;
    expect("node a = Sigmoid(x)\nnode y = Mul(a, x)\n", "fuse_gate", "Swish(x");
    expect("node b = Mul(two, x)\nnode a = Sigmoid(b)\nnode y = Mul(x, a)\n", "fuse_gate",
           "Swish(x; alpha=2");
    expect("node a = HardSigmoid(x) alpha=0.16666667 beta=0.5\nnode y = Mul(x, a)\n", "fuse_gate",
           "HardSwish(x");
    expect("node a = Add(x, three)\nnode b = Clip(a, zero, six)\nnode d = Div(b, six)\nnode y = "
           "Mul(x, d)\n",
           "fuse_gate", "HardSwish(x");
    expect("node a = Add(x, three)\nnode b = Clip(a, zero, six)\nnode d = Mul(b, sixth)\nnode y = "
           "Mul(d, x)\n",
           "fuse_gate", "HardSwish(x");
    expect("node a = Add(x, three)\nnode b = Clip(a, zero, six)\nnode d = Mul(x, b)\nnode y = "
           "Div(d, six)\n",
           "fuse_gate", "HardSwish(x");
    expect("node a = Add(x, three)\nnode b = Clip(a, zero, six)\nnode d = Mul(x, b)\nnode y = "
           "Mul(sixth, d)\n",
           "fuse_gate", "HardSwish(x");
    expect("node a = Softplus(x)\nnode b = Tanh(a)\nnode y = Mul(x, b)\n", "fuse_gate", "Mish(x");
    expect_untouched("node a = HardSigmoid(x) alpha=0.2\nnode y = Mul(x, a)\n", "fuse_gate");
    expect_untouched("node a = Add(x, three)\nnode b = Clip(a, zero)\nnode d = Div(b, six)\nnode y "
                     "= Mul(x, d)\n",
                     "fuse_gate");
}

/* ---- norms */

#define CENTRED "node m = ReduceMean(x, last)\nnode d = Sub(x, m)\n"
#define VARIANCE "node s = Pow(d, two)\nnode v = ReduceMean(s, last)\nnode w = Add(v, e)\n"

static void layer_norm(void **state) {
    (void)state;
    static const char with_bias[] = "LayerNormalization(x, scale{";
    static const char *const quotients[] = {
        "node r = Sqrt(w)\nnode n = Div(d, r)\n",
        "node r = Sqrt(w)\nnode i = Reciprocal(r)\nnode n = Mul(d, i)\n",
        "node r = Sqrt(w)\nnode i = Div(one, r)\nnode n = Mul(i, d)\n",
        "node r = Pow(w, half)\nnode n = Div(d, r)\n",
    };
    for (size_t i = 0; i < sizeof quotients / sizeof *quotients; i++) {
        char nodes[512];
        snprintf(nodes, sizeof nodes,
                 CENTRED VARIANCE "%snode t = Mul(n, scale)\nnode y = Add(t, bias)\n",
                 quotients[i]);
        expect(nodes, "fuse_norm", with_bias);
        snprintf(nodes, sizeof nodes, CENTRED VARIANCE "%snode y = Mul(scale, n)\n", quotients[i]);
        expect(nodes, "fuse_norm", "LayerNormalization(x, scale{");
    }
    expect("node m = ReduceMean(x, last_two)\nnode d = Sub(x, m)\nnode s = Mul(d, d)\nnode v = "
           "ReduceMean(s, last_two)\n"
           "node w = Add(e, v)\nnode r = Sqrt(w)\nnode n = Div(d, r)\nnode t = Mul(n, scale)\nnode "
           "y = Add(bias, t)\n",
           "fuse_norm", "axis=-2");
    expect("node s = Mul(x, x)\nnode v = ReduceMean(s, last)\nnode w = Add(v, e)\nnode r = "
           "Sqrt(w)\nnode n = Div(x, r)\n"
           "node y = Mul(n, scale)\n",
           "fuse_norm", "RMSNormalization(x, scale{");
}

static void not_layer_norm(void **state) {
    (void)state;
    expect_untouched(
        "node m = ReduceMean(x, first)\nnode d = Sub(x, m)\nnode s = Pow(d, two)\nnode v = "
        "ReduceMean(s, first)\n"
        "node w = Add(v, e)\nnode r = Sqrt(w)\nnode n = Div(d, r)\nnode y = Mul(n, scale)\n",
        "fuse_norm"); /* over the first dim */
    expect_untouched(
        "node m = ReduceMean(x, last)\nnode d = Sub(x, m)\nnode s = Pow(d, two)\nnode v = "
        "ReduceMean(s, first)\n"
        "node w = Add(v, e)\nnode r = Sqrt(w)\nnode n = Div(d, r)\nnode y = Mul(n, scale)\n",
        "fuse_norm"); /* mean and variance over different dims */
    expect_untouched(
        CENTRED VARIANCE
        "node r = Sqrt(w)\nnode n = Div(d, r)\ninit z float32[3,8] random\nnode y = Mul(n, z)\n",
        "fuse_norm"); /* a factor over more dims than are normalized */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gelu),       cmocka_unit_test(not_gelu),       cmocka_unit_test(gates),
        cmocka_unit_test(layer_norm), cmocka_unit_test(not_layer_norm),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
