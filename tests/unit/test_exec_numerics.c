/* The policy of numerics: it belongs to a model, reaches every kernel that has bits of its own, and
 * strict gives the same bits on every instruction set: the hashes below are those of all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "kernels/kernels.h"
#include "model_text.h"

/* Operators by the kernels they reach; what they compute does not go through libm. */
typedef struct sample {
    const char *name, *text;
    size_t rank;
    int64_t dims[4];
    uint64_t strict; /* hash of the output's bits */
} sample;

static const sample samples[] = {
    {"packed products",
     "opset 17\ninput x float32[5,300]\ninit w float32[300,40] random\ninit b float32[300] random\n"
     "node h = MatMul(x, w)\nnode y = Gemm(h, w, b) transB=1\noutput y\n",
     2,
     {5, 300},
     0x3afdc2c9d276b8ceu},
    {"products of two inputs",
     "opset 17\ninput x float32[40,40]\nnode t = Transpose(x)\nnode y = MatMul(x, t)\noutput y\n",
     2,
     {40, 40},
     0x566c8a3797052215u},
    {"convolutions",
     "opset 17\ninput x float32[1,6,15,17]\ninit w float32[12,6,3,3] random\n"
     "init d float32[12,1,3,3] random\ninit p float32[8,12,1,1] random\n"
     "init t float32[8,4,3,3] random\n"
     "node a = Conv(x, w) pads=[1,1,1,1]\nnode b = Conv(a, d) group=12\nnode c = Conv(b, p)\n"
     "node m = MaxPool(c) kernel_shape=[2,2]\nnode v = AveragePool(m) kernel_shape=[3,3]\n"
     "node y = ConvTranspose(v, t)\noutput y\n",
     4,
     {1, 6, 15, 17},
     0xf0b4e0c3691b2983u},
    {"norms and rows",
     "opset 20\ninput x float32[7,64]\ninit s float32[64] random\n"
     "node l = LayerNormalization(x, s)\nnode g = Gelu(l)\nnode e = Softmax(g) axis=0\n"
     "node f = Softmax(e)\nnode y = LpNormalization(f) p=1\noutput y\n",
     2,
     {7, 64},
     0x0d6c2d8fb14ec589u},
    {"reductions",
     "opset 17\ninput x float32[30,70]\nnode a = ReduceL2(x) axes=[0]\n"
     "node b = ReduceMean(x) axes=[1] keepdims=0\nnode c = ReduceProd(x) axes=[1] keepdims=0\n"
     "node d = ReduceSumSquare(x) keepdims=1\nnode e = Add(b, c)\nnode f = Mul(a, d)\n"
     "node g = Unsqueeze(e, one)\ninit one int64[1] 1\nnode y = Mul(g, f)\noutput y\n",
     2,
     {30, 70},
     0x136e0c2265640168u},
    {"functions of one element",
     "opset 18\ninput x float32[1000]\nnode a = Exp(x)\nnode b = Log(a)\nnode c = Tanh(b)\n"
     "node d = Sigmoid(c)\nnode e = Erf(d)\nnode f = Softplus(e)\nnode g = Elu(f)\n"
     "node h = Selu(g)\nnode i = HardSwish(h)\nnode j = Mish(i)\nnode y = Softsign(j)\n"
     "output y\n",
     1,
     {1000},
     0x095575be9235be16u},
    {"a recurrent network",
     "opset 17\ninput x float32[6,2,10]\ninit w float32[1,32,10] random\n"
     "init r float32[1,32,8] random\nnode y = LSTM(x, w, r) hidden_size=8\noutput y\n",
     3,
     {6, 2, 10},
     0x0104c0816fc72893u},
    {"attention",
     "opset 23\ninput x float32[1,2,9,16]\nnode y = Attention(x, x, x) is_causal=1 softcap=3.0\n"
     "output y\n",
     4,
     {1, 2, 9, 16},
     0x0f8b1fbc5f5264f4u},
};
enum { N_SAMPLES = sizeof samples / sizeof *samples };

static sdx_value *run(sdx_runtime *runtime, const sample *s, sdx_numerics numerics) {
    sdx_model_options options;
    sdx_model_options_init(&options);
    options.numerics = numerics;
    sdx_model *const model = model_of(runtime, s->text, &options);
    sdx_context *context;
    must(sdx_context_create(model, NULL, &context));
    sdx_value *const x = random_tensor(7, s->rank, s->dims), *y = NULL;
    must(sdx_context_run(context, &x, 1, &y, 1, NULL));
    sdx_value_release(x);
    sdx_context_destroy(context);
    sdx_model_release(model);
    return y;
}

/* FNV-1a. */
static uint64_t hash(const sdx_value *value) {
    const unsigned char *const bytes = sdx_tensor_data(value);
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < sdx_tensor_size(value); i++) {
        h = (h ^ bytes[i]) * 0x100000001b3u;
    }
    return h;
}

static void strict_has_the_same_bits_everywhere(void **state) {
    sdx_runtime *runtime;
    size_t wrong = 0;
    (void)state;
    must(sdx_runtime_create(NULL, &runtime));
    for (size_t i = 0; i < N_SAMPLES; i++) {
        sdx_value *const y = run(runtime, &samples[i], SDX_NUMERICS_STRICT);
        if (hash(y) != samples[i].strict) {
            print_message("%s: found 0x%016llx\n", samples[i].name, (unsigned long long)hash(y));
            wrong++;
        }
        sdx_value_release(y);
    }
    sdx_runtime_release(runtime);
    assert_int_equal(wrong, 0);
}

static void policies_agree_within_rounding(void **state) {
    sdx_runtime *runtime;
    (void)state;
    must(sdx_runtime_create(NULL, &runtime));
    for (size_t i = 0; i < N_SAMPLES; i++) {
        sdx_value *const a = run(runtime, &samples[i], SDX_NUMERICS_STRICT);
        sdx_value *const b = run(runtime, &samples[i], SDX_NUMERICS_DEFAULT);
        const float *const x = sdx_tensor_data(a), *const y = sdx_tensor_data(b);
        assert_int_equal(sdx_tensor_len(a), sdx_tensor_len(b));
        for (size_t k = 0; k < sdx_tensor_len(a); k++) {
            assert_true(fabsf(x[k] - y[k]) <= 1e-4f + 1e-4f * fabsf(x[k]));
        }
        sdx_value_release(a);
        sdx_value_release(b);
    }
    sdx_runtime_release(runtime);
}

static void strict_keeps_the_fast_kernels_that_are_exact(void **state) {
    const sdx_kernel_table *const best = sdx_kernels(SDX_NUMERICS_DEFAULT);
    const sdx_kernel_table *const strict = sdx_kernels(SDX_NUMERICS_STRICT);
    const sdx_kernel_table *const scalar = sdx_kernels_of(SDX_ISA_SCALAR);
    (void)state;
    assert_ptr_equal(strict->copy_4, best->copy_4);
    assert_ptr_equal(strict->gemm_i8, best->gemm_i8);
    assert_ptr_equal(strict->gemm_f32, scalar->gemm_f32);
    assert_ptr_equal(strict->gemm_f32_pack_b, scalar->gemm_f32_pack_b);
    assert_ptr_equal(sdx_exact_kernels()->add_f32, best->add_f32);
}

static void unknown_policies_are_refused(void **state) {
    sdx_runtime *runtime;
    sdx_model *model;
    sdx_model_options options;
    (void)state;
    must(sdx_runtime_create(NULL, &runtime));
    sdx_model_options_init(&options);
    options.numerics = (sdx_numerics)9;
    must_fail(sdx_model_load_memory(runtime, "", 0, &options, &model), SDX_INVALID_ARGUMENT,
              "found numerics 9");
    sdx_runtime_release(runtime);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strict_has_the_same_bits_everywhere),
        cmocka_unit_test(policies_agree_within_rounding),
        cmocka_unit_test(strict_keeps_the_fast_kernels_that_are_exact),
        cmocka_unit_test(unknown_policies_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
