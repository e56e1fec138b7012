/* Lowering: what stands behind a convolution or a product joins it, and results stay within
 * rounding. */
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

static sdx_model *load(const char *text, const char *disabled) {
    sdx_model_options options;
    sdx_model_options_init(&options);
    options.disabled_rules = disabled;
    return model_of(runtime, text, &options);
}

/* The first output for random inputs. */
static sdx_value *result(sdx_model *model) {
    sdx_value *inputs[4] = {NULL}, *outputs[2] = {NULL};
    sdx_context *context;
    const size_t n = sdx_model_n_inputs(model);
    for (size_t i = 0; i < n; i++) {
        sdx_port_info info;
        must(sdx_model_input(model, i, &info));
        inputs[i] = random_tensor(i + 1, info.rank, info.dims);
    }
    must(sdx_context_create(model, NULL, &context));
    must(sdx_context_run(context, inputs, n, outputs, sdx_model_n_outputs(model), NULL));
    for (size_t i = 0; i < n; i++) {
        sdx_value_release(inputs[i]);
    }
    sdx_value_release(outputs[1]);
    sdx_context_destroy(context);
    return outputs[0];
}

/* The model becomes `n` nodes, the last of them `dump`, and computes what it did without the
 * lowerings. */
static void expect(const char *text, size_t n, const char *dump) {
    sdx_model *const model = load(text, NULL), *const plain = load(text, "fuse_conv,fuse_product");
    sdx_model_summary summary = {.struct_size = sizeof summary};
    void *found;
    size_t size;
    sdx_model_summarize(model, &summary);
    must(sdx_model_dump(model, &found, &size));
    if (strstr(found, dump) == NULL || summary.n_nodes_final != n)
        fail_msg("%s\nbecame\n%s, expected %zu nodes and %s", text, (const char *)found, n, dump);
    sdx_value *const a = result(model), *const b = result(plain);
    assert_int_equal(sdx_tensor_len(a), sdx_tensor_len(b));
    const float *const x = sdx_tensor_data(a), *const y = sdx_tensor_data(b);
    for (size_t i = 0; i < sdx_tensor_len(a); i++) {
        if (fabsf(x[i] - y[i]) > 2e-5f)
            fail_msg("%s: y[%zu] is %g, was %g", text, i, (double)x[i], (double)y[i]);
    }
    sdx_value_release(a);
    sdx_value_release(b);
    sdx_bytes_free(found, size);
    sdx_model_release(model);
    sdx_model_release(plain);
}

/* ---- convolutions */

#define CONV                                                                                    \
    "opset 24\ninput x float32[2,4,6,5]\ninit w float32[8,4,3,3] random\ninit b float32[8] "    \
    "random\n"                                                                                  \
    "init scale float32[8] random\ninit shift float32[8] random\ninit mean float32[8] random\n" \
    "init var float32[8] 1 2 3 4 5 6 7 8\ninit factors float32[8,1,1] random\ninit terms "      \
    "float32[1,8,1,1] random\n"                                                                 \
    "init two float32[] 2\ninit zero float32[] 0\ninit six float32[] 6\n"

static void conv_with_norm(void **state) {
    (void)state;
    expect(
        CONV
        "node c = Conv(x, w)\nnode y = BatchNormalization(c, scale, shift, mean, var)\noutput y\n",
        1, "sardonyx.Conv(x");
    expect(CONV "node c = Conv(x, w, b) pads=[1,1,1,1]\nnode n = BatchNormalization(c, scale, "
                "shift, mean, var)\nnode m = Mul(n, factors)\n"
                "node t = Add(terms, m)\nnode d = Mul(t, two)\nnode y = Relu(d)\noutput y\n",
           1, "activation='Relu'");
    expect(CONV "node c = Conv(x, w, b)\nnode y = Mul(c, factors)\noutput y\n", 1, "sardonyx");
}

static void conv_with_residual(void **state) {
    (void)state;
    expect(CONV "node a = Conv(x, w)\nnode c = Conv(x, w, b)\nnode n = BatchNormalization(c, "
                "scale, shift, mean, var)\nnode s = Add(a, n)\n"
                "node y = Clip(s, zero, six)\noutput y\n",
           2, "activation='Clip', activation_params=[0,6]");
    expect(CONV "node c = Conv(x, w, b)\nnode s = Sum(x2, c)\nnode y = Swish(s) alpha=1.5\ninput "
                "x2 float32[2,8,4,3]\noutput y\n",
           1, "activation='QuickGelu', activation_params=[1.5]");
}

static void depthwise(void **state) {
    (void)state;
    expect("opset 20\ninput x float32[2,4,6,5]\ninput z float32[2,4,4,3]\ninit w float32[4,1,3,3] "
           "random\ninit scale float32[4] random\n"
           "init shift float32[4] random\ninit mean float32[4] random\ninit var float32[4] 1 2 3 "
           "4\nnode c = Conv(x, w) group=4\n"
           "node n = BatchNormalization(c, scale, shift, mean, var)\nnode s = Add(n, z)\nnode y = "
           "HardSwish(s)\noutput y\n",
           1, "group=4");
}

static void one_and_three_dims(void **state) {
    (void)state;
    expect("opset 20\ninput x float32[2,4,16]\ninit w float32[6,2,3] random\ninit f float32[6,1] "
           "random\nnode c = Conv(x, w) group=2\n"
           "node m = Mul(c, f)\nnode y = LeakyRelu(m) alpha=0.2\noutput y\n",
           1, "activation_params=[0.2]");
    expect("opset 20\ninput x float32[1,2,4,5,6]\ninit w float32[3,2,2,2,2] random\ninit f "
           "float32[3,1,1,1] random\nnode c = Conv(x, w)\n"
           "node m = Add(f, c)\nnode y = Sigmoid(m)\noutput y\n",
           1, "activation='Sigmoid'");
}

static void conv_that_others_read(void **state) {
    (void)state;
    expect(CONV "node c = Conv(x, w)\nnode r = Relu(c)\nnode y = Mul(c, r)\noutput y\n", 3,
           "Conv(x");
    expect(CONV "node c = Conv(x, w)\nnode y = Relu(c)\noutput y\noutput c\n", 2, "Conv(x");
    expect(CONV "init row float32[3] random\nnode c = Conv(x, w)\nnode y = Mul(c, row)\noutput y\n",
           2, "Conv(x");
    expect(CONV "input z float32[1,8,1,1]\nnode c = Conv(x, w)\nnode y = Add(c, z)\noutput y\n", 2,
           "Conv(x");
}

/* ---- products */

#define PRODUCT                                                                        \
    "opset 20\ninput x float32[2,3,5]\ninit w float32[5,7] random\ninit b float32[7] " \
    "random\ninit half float32[] 0.5\n"                                                \
    "init four float32[] 4\n"

static void product(void **state) {
    (void)state;
    expect(PRODUCT "node p = MatMul(x, w)\nnode y = Add(b, p)\noutput y\n", 1, "MatMul(x, w");
    expect(PRODUCT "node p = MatMul(x, w)\nnode q = Mul(half, p)\nnode s = Div(q, four)\nnode t = "
                   "Add(s, b)\nnode y = Gelu(t)\noutput y\n",
           1, "alpha=0.125");
    expect(PRODUCT "input z float32[2,3,7]\nnode p = MatMul(x, w)\nnode q = Add(p, b)\nnode s = "
                   "Add(z, q)\nnode y = Tanh(s)\noutput y\n",
           1, "activation='Tanh'");
    expect(PRODUCT "node p = MatMul(x, w)\nnode q = Add(p, b)\nnode y = Mul(q, half)\noutput y\n",
           2, "MatMul(x, w");
    expect(
        "opset 20\ninput x float32[5,3]\ninit w float32[7,5] random\ninit b float32[1,7] random\n"
        "node p = Gemm(x, w, b) transA=1 transB=1 alpha=0.5 beta=2.0\nnode y = Relu(p)\noutput y\n",
        1, "transA=1");
    expect("opset 20\ninput x float32[3,5]\ninit w float32[5,7] random\ninit c float32[3,1] "
           "random\nnode p = Gemm(x, w, c)\nnode y = Relu(p)\n"
           "output y\n",
           2, "Gemm(x");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conv_with_norm),
        cmocka_unit_test(conv_with_residual),
        cmocka_unit_test(depthwise),
        cmocka_unit_test(one_and_three_dims),
        cmocka_unit_test(conv_that_others_read),
        cmocka_unit_test(product),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
