/* Attention, RotaryEmbedding, LinearAttention, CausalConvWithState: types, caches and errors that
 * the conformance suite leaves out. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

/* One head of size 1: equal keys, so that a query's result is the mean of the values it sees. */
static op_test *mean_of_values(sdx_dtype dtype, sdx_dtype values) {
    op_test *t = op_begin("Attention", 25);
    op_input(t, dtype, DIMS(1, 1, 3, 1), DATA(1, 2, 3));
    op_input(t, dtype, DIMS(1, 1, 3, 1), DATA(1, 1, 1));
    op_input(t, values, DIMS(1, 1, 3, 1), DATA(3, 5, 10));
    return t;
}

static void all_types(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_FLOAT32, SDX_FLOAT64, SDX_FLOAT16, SDX_BFLOAT16};
    for (size_t i = 0; i < 16; i++) {
        op_test *t = mean_of_values(types[i / 4], types[i % 4]);
        op_int(t, "is_causal", 1);
        op_near(t, 0, types[i / 4], DIMS(1, 1, 3, 1), DATA(3, 4, 6), 1e-6);
        op_end(t);
    }
}

/* ONNX: Attention-25 left_window_size, right_window_size */
static void windows(void **state) {
    (void)state;
    op_test *t = mean_of_values(SDX_FLOAT64, SDX_FLOAT64);
    op_int(t, "left_window_size", 0);
    op_int(t, "right_window_size", INT64_MAX);
    op_near(t, 0, SDX_FLOAT64, DIMS(1, 1, 3, 1), DATA(6, 7.5, 10), 1e-6);
    op_end(t);
    t = mean_of_values(SDX_FLOAT32, SDX_FLOAT32);
    op_int(t, "left_window_size", 1);
    op_int(t, "right_window_size", 0);
    op_near(t, 0, SDX_FLOAT32, DIMS(1, 1, 3, 1), DATA(3, 4, 7.5), 1e-6);
    op_end(t);
}

/* Masks of other types are added; keys beyond a short mask are not seen; an empty one hides all. */
static void masks(void **state) {
    (void)state;
    op_test *t = mean_of_values(SDX_FLOAT32, SDX_FLOAT32);
    op_input(t, SDX_INT64, DIMS(2), DATA(0, 0));
    op_near(t, 0, SDX_FLOAT32, DIMS(1, 1, 3, 1), DATA(4, 4, 4), 1e-6);
    op_end(t);
    t = mean_of_values(SDX_FLOAT64, SDX_FLOAT64);
    op_input(t, SDX_FLOAT32, DIMS(3, 3), DATA(0, -INFINITY, 0, 0, 0, 0, 0, 0, -INFINITY));
    op_near(t, 0, SDX_FLOAT64, DIMS(1, 1, 3, 1), DATA(6.5, 6, 4), 1e-6);
    op_end(t);
    t = mean_of_values(SDX_FLOAT32, SDX_FLOAT32);
    op_input(t, SDX_BOOL, DIMS(3, 0), NULL);
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 1, 3, 1), DATA(0, 0, 0));
    op_end(t);
}

/* Values that nobody sees do no harm. */
static void nan_in_padding(void **state) {
    (void)state;
    op_test *t = op_begin("Attention", 24);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 1), DATA(1));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 2, 1), DATA(1, NAN));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 2, 1), DATA(3, NAN));
    op_absent(t);
    op_absent(t);
    op_absent(t);
    op_input(t, SDX_INT64, DIMS(1), DATA(1));
    op_near(t, 0, SDX_FLOAT32, DIMS(1, 1, 1, 1), DATA(3), 1e-6);
    op_end(t);
}

static void past(void **state) {
    (void)state;
    op_test *t = op_begin("Attention", 23);
    op_int(t, "q_num_heads", 2);
    op_int(t, "kv_num_heads", 1);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 2), DATA(0, 0));
    op_symbols(t, "batch,1,2");
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1), DATA(1));
    op_symbols(t, "batch,1,1");
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1), DATA(8));
    op_symbols(t, "batch,1,1");
    op_absent(t);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 1), DATA(5));
    op_symbols(t, "batch,1,past,1");
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 1), DATA(4));
    op_symbols(t, "batch,1,past,1");
    op_outputs(t, 3);
    op_near(t, 0, SDX_FLOAT32, DIMS(1, 1, 2), DATA(6, 6), 1e-6);
    op_expect(t, 1, SDX_FLOAT32, DIMS(1, 1, 2, 1), DATA(5, 1));
    op_expect(t, 2, SDX_FLOAT32, DIMS(1, 1, 2, 1), DATA(4, 8));
    op_infers(t, 1, "[batch,1,past+1,1]");
    op_end(t);
}

static void refuses(void **state) {
    (void)state;
    op_test *t = op_begin("Attention", 23);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 2), DATA(0, 0));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 2), DATA(0, 0));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 2), DATA(0, 0));
    op_fails(t, "attributes 'q_num_heads' and 'kv_num_heads'");
    op_end(t);
    t = mean_of_values(SDX_FLOAT32, SDX_FLOAT32);
    op_absent(t);
    op_absent(t);
    op_absent(t);
    op_input(t, SDX_INT64, DIMS(1), DATA(4));
    op_fails(t, "input 'nonpad_kv_seqlen'[0]: index 4 outside [0, 3]");
    op_end(t);
    t = mean_of_values(SDX_FLOAT32, SDX_FLOAT32);
    op_input(t, SDX_FLOAT32, DIMS(4), DATA(0, 0, 0, 0));
    op_fails(t, "input 'attn_mask' has shape [4]");
    op_end(t);
    t = mean_of_values(SDX_FLOAT32, SDX_FLOAT32);
    op_int(t, "left_window_size", -2);
    op_fails(t, "attribute 'left_window_size' is -2");
    op_end(t);
}

static void rotary(void **state) {
    (void)state;
    op_test *t = op_begin("RotaryEmbedding", 23); /* a quarter turn of the first two of three */
    op_int(t, "rotary_embedding_dim", 2);
    op_input(t, SDX_BFLOAT16, DIMS(1, 1, 1, 3), DATA(1, 2, 3));
    op_input(t, SDX_BFLOAT16, DIMS(2, 1), DATA(1, 0));
    op_input(t, SDX_BFLOAT16, DIMS(2, 1), DATA(0, 1));
    op_input(t, SDX_INT64, DIMS(1, 1), DATA(1));
    op_expect(t, 0, SDX_BFLOAT16, DIMS(1, 1, 1, 3), DATA(-2, 1, 3));
    op_end(t);
    t = op_begin("RotaryEmbedding", 23);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 2), DATA(1, 2));
    op_input(t, SDX_FLOAT32, DIMS(2, 1), DATA(1, 0));
    op_input(t, SDX_FLOAT32, DIMS(2, 1), DATA(0, 1));
    op_input(t, SDX_INT64, DIMS(1, 1), DATA(2));
    op_fails(t, "input 'position_ids'[0]: index 2 outside [0, 1]");
    op_end(t);
    t = op_begin("RotaryEmbedding", 23);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 3), DATA(1, 2, 3));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1), DATA(1));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1), DATA(1));
    op_fails(t, "attribute 'num_heads' is 0");
    op_end(t);
}

/* Two queries share one state of [1,1]; the second token takes off what the state says already. */
static void linear(void **state) {
    (void)state;
    op_test *t = op_begin("LinearAttention", 27);
    op_int(t, "q_num_heads", 2);
    op_int(t, "kv_num_heads", 1);
    op_text(t, "update_rule", "delta");
    op_input(t, SDX_BFLOAT16, DIMS(1, 2, 2), DATA(1, 2, 3, 4));
    op_input(t, SDX_BFLOAT16, DIMS(1, 2, 1), DATA(1, 1));
    op_input(t, SDX_BFLOAT16, DIMS(1, 2, 1), DATA(5, 7));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1, 1), DATA(1));
    op_absent(t);
    op_input(t, SDX_BFLOAT16, DIMS(1, 2, 1), DATA(0.5, 0.5));
    op_outputs(t, 2);
    op_expect(t, 0, SDX_BFLOAT16, DIMS(1, 2, 2), DATA(3, 6, 15, 20));
    op_expect(t, 1, SDX_FLOAT32, DIMS(1, 1, 1, 1), DATA(5));
    op_end(t);
    t = op_begin("LinearAttention", 27);
    op_int(t, "q_num_heads", 1);
    op_int(t, "kv_num_heads", 1);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1), DATA(1));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1), DATA(1));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1), DATA(1));
    op_fails(t, "input 'decay' is absent");
    op_end(t);
}

static void causal_conv(void **state) {
    (void)state;
    op_test *t = op_begin("CausalConvWithState", 27); /* shorter than its state */
    op_input(t, SDX_FLOAT32, DIMS(1, 2, 1), DATA(1, 2));
    op_input(t, SDX_FLOAT32, DIMS(2, 1, 3), DATA(1, 10, 100, 1, 1, 1));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(0, 1));
    op_input(t, SDX_FLOAT32, DIMS(1, 2, 2), DATA(5, 6, 7, 8));
    op_outputs(t, 2);
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 2, 1), DATA(165, 18));
    op_expect(t, 1, SDX_FLOAT32, DIMS(1, 2, 2), DATA(6, 1, 8, 2));
    op_end(t);
    t = op_begin("CausalConvWithState", 27);
    op_input(t, SDX_FLOAT32, DIMS(1, 2, 0), NULL);
    op_input(t, SDX_FLOAT32, DIMS(2, 1, 2), DATA(1, 10, 1, 1));
    op_outputs(t, 2);
    op_expect(t, 1, SDX_FLOAT32, DIMS(1, 2, 1), DATA(0, 0));
    op_end(t);
    t = op_begin("CausalConvWithState", 27);
    op_input(t, SDX_FLOAT32, DIMS(1, 2, 1), DATA(1, 2));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 2), DATA(1, 10));
    op_fails(t, "input 'weight' has shape [1,1,2], expected [2,1,2]");
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_types),      cmocka_unit_test(windows), cmocka_unit_test(masks),
        cmocka_unit_test(nan_in_padding), cmocka_unit_test(past),    cmocka_unit_test(refuses),
        cmocka_unit_test(rotary),         cmocka_unit_test(linear),  cmocka_unit_test(causal_conv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
