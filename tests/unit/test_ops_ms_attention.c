/* Attention of com.microsoft. Where queries are zero every key that is seen counts alike, so that a
 * result is the mean of their values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

#define MS "com.microsoft"
#define F32 SDX_FLOAT32

/* ---- GroupQueryAttention */

static op_test *grouped(int64_t heads, int64_t kv_heads) {
    op_test *const t = op_begin_in(MS, "GroupQueryAttention", 1);
    op_int(t, "num_heads", heads);
    op_int(t, "kv_num_heads", kv_heads);
    op_outputs(t, 3);
    return t;
}

/* Lengths after the step, less one, and the longest length. */
static void lengths(op_test *t, size_t n, const double *less_one, double total) {
    op_input(t, SDX_INT32, DIMS((int64_t)n), less_one);
    op_input(t, SDX_INT32, SCALAR, &total);
}

static void absent(op_test *t, size_t n) {
    for (size_t i = 0; i < n; i++) {
        op_absent(t);
    }
}

static void prompt(void **state) {
    (void)state;
    op_test *const t = grouped(2, 1);
    op_input(t, F32, DIMS(1, 3, 2), DATA(0, 0, 0, 0, 0, 0));
    op_input(t, F32, DIMS(1, 3, 1), DATA(5, 6, 7));
    op_input(t, F32, DIMS(1, 3, 1), DATA(2, 4, 9));
    absent(t, 2);
    lengths(t, 1, DATA(2), 3);
    op_near(t, 0, F32, DIMS(1, 3, 2), DATA(2, 2, 3, 3, 5, 5), 1e-6);
    op_expect(t, 1, F32, DIMS(1, 1, 3, 1), DATA(5, 6, 7));
    op_expect(t, 2, F32, DIMS(1, 1, 3, 1), DATA(2, 4, 9));
    op_end(t);
}

/* Two batches of different lengths, in one buffer of four rows; one token more for each. */
static void ragged_step(void **state) {
    (void)state;
    op_test *const t = grouped(1, 1);
    op_input(t, F32, DIMS(2, 1, 3), DATA(0, 50, 30, 0, 60, 12)); /* query, key and value together */
    absent(t, 2);
    op_input(t, F32, DIMS(2, 1, 4, 1), DATA(1, 2, 3, 4, 5, 6, 7, 8));
    op_input(t, F32, DIMS(2, 1, 4, 1), DATA(3, 6, 99, 99, 4, 99, 99, 99));
    lengths(t, 2, DATA(2, 1), 3);
    op_near(t, 0, F32, DIMS(2, 1, 1), DATA((3 + 6 + 30) / 3.0, (4 + 12) / 2.0), 1e-6);
    op_expect(t, 1, F32, DIMS(2, 1, 4, 1), DATA(1, 2, 50, 0, 5, 60, 0, 0));
    op_expect(t, 2, F32, DIMS(2, 1, 4, 1), DATA(3, 6, 30, 0, 4, 12, 0, 0));
    op_end(t);
}

static void window_and_sink(void **state) {
    (void)state;
    op_test *t = grouped(1, 1);
    op_int(t, "local_window_size", 2);
    op_int(t, "smooth_softmax", 1); /* one part of the weight goes nowhere */
    op_input(t, F32, DIMS(1, 2, 1), DATA(0, 0));
    op_input(t, F32, DIMS(1, 2, 1), DATA(1, 1));
    op_input(t, F32, DIMS(1, 2, 1), DATA(8, 10));
    op_input(t, F32, DIMS(1, 1, 2, 1), DATA(1, 1));
    op_input(t, F32, DIMS(1, 1, 2, 1), DATA(99, 1));
    lengths(t, 1, DATA(3), 4);
    op_near(t, 0, F32, DIMS(1, 2, 1), DATA((1 + 8) / 3.0, (8 + 10) / 3.0), 1e-6);
    op_end(t);
}

/* Turned by a quarter: (x, y) is (-y, x). */
static void rotation(void **state) {
    (void)state;
    op_test *const t = grouped(1, 1);
    op_int(t, "do_rotary", 1);
    op_input(t, F32, DIMS(1, 2, 2), DATA(0, 0, 0, 0));
    op_input(t, F32, DIMS(1, 2, 2), DATA(3, 4, 5, 6));
    op_input(t, F32, DIMS(1, 2, 2), DATA(1, 1, 1, 1));
    absent(t, 2);
    lengths(t, 1, DATA(1), 2);
    op_input(t, F32, DIMS(2, 1), DATA(1, 0));
    op_input(t, F32, DIMS(2, 1), DATA(0, 1));
    op_expect(t, 1, F32, DIMS(1, 1, 2, 2), DATA(3, 4, -6, 5));
    op_end(t);
}

static void quantised(void **state) {
    (void)state;
    op_test *const t = grouped(1, 1);
    op_text(t, "k_quant_type", "PER_TENSOR");
    op_text(t, "v_quant_type", "PER_CHANNEL");
    op_int(t, "kv_cache_bit_width", 4);
    op_input(t, F32, DIMS(1, 1, 2), DATA(0, 0));
    op_input(t, F32, DIMS(1, 1, 2), DATA(0.4, -9));
    op_input(t, F32, DIMS(1, 1, 2), DATA(3, 4));
    op_input(t, SDX_UINT8, DIMS(1, 1, 1, 1), DATA(0x88));
    op_input(t, SDX_UINT8, DIMS(1, 1, 1, 1), DATA(0x79)); /* 1 and -1 */
    lengths(t, 1, DATA(1), 2);
    absent(t, 5);
    op_input(t, F32, DIMS(1), DATA(0.5));
    op_input(t, F32, DIMS(1, 1, 1, 2), DATA(1, 2));
    op_near(t, 0, F32, DIMS(1, 1, 2), DATA((1 + 3) / 2.0, (-2 + 4) / 2.0), 1e-6);
    op_expect(t, 1, SDX_UINT8, DIMS(1, 1, 2, 1), DATA(0x88, 0x09)); /* 1, at most -8 */
    op_expect(t, 2, SDX_UINT8, DIMS(1, 1, 2, 1), DATA(0x79, 0xab));
    op_end(t);
}

/* Capacity 3, window 2: after the fourth token rows of the last two remain. */
static void sliding(void **state) {
    (void)state;
    op_test *const t = grouped(1, 1);
    op_int(t, "local_window_size", 2);
    op_int(t, "sliding_window_cache", 1);
    op_input(t, F32, DIMS(1, 1, 3), DATA(0, 4, 40));
    absent(t, 2);
    op_input(t, F32, DIMS(1, 1, 3, 1), DATA(1, 2, 3));
    op_input(t, F32, DIMS(1, 1, 3, 1), DATA(10, 20, 30));
    lengths(t, 1, DATA(3), 4);
    op_near(t, 0, F32, DIMS(1, 1, 1), DATA(35), 1e-6);
    op_expect(t, 1, F32, DIMS(1, 1, 3, 1), DATA(3, 4, 0));
    op_expect(t, 2, F32, DIMS(1, 1, 3, 1), DATA(30, 40, 0));
    op_end(t);
}

static void grouped_errors(void **state) {
    (void)state;
    op_test *t = grouped(1, 1);
    op_input(t, F32, DIMS(1, 1, 3), DATA(0, 4, 40));
    absent(t, 2);
    op_input(t, F32, DIMS(1, 1, 1, 1), DATA(1));
    op_input(t, F32, DIMS(1, 1, 1, 1), DATA(1));
    lengths(t, 1, DATA(5), 3);
    op_fails(t, "input 'seqlens_k'[0]: index 5 outside [0, 2]");
    op_end(t);
    t = grouped(1, 1);
    op_input(t, F32, DIMS(1, 1, 3), DATA(0, 4, 40));
    absent(t, 2);
    op_input(t, F32, DIMS(1, 1, 1, 1), DATA(1));
    op_input(t, F32, DIMS(1, 1, 1, 1), DATA(1));
    lengths(t, 1, DATA(2), 3);
    op_fails(t, "needs 2 rows of 'past_key', found 1");
    op_end(t);
    t = grouped(3, 2);
    op_input(t, F32, DIMS(1, 1, 7), DATA(0, 0, 0, 0, 0, 0, 0));
    absent(t, 4);
    lengths(t, 1, DATA(0), 1);
    op_fails(t, "attribute 'kv_num_heads' is 2, expected a divisor of 3 heads");
    op_end(t);
}

/* ---- Attention: weights that make queries and keys zero, and values of the input */

static op_test *projected(const char *name, bool causal) {
    op_test *const t = op_begin_in(MS, name, 1);
    op_int(t, "num_heads", 1);
    op_int(t, "unidirectional", causal);
    return t;
}

static void float_inputs(op_test *t) {
    op_input(t, F32, DIMS(1, 3, 1), DATA(2, 4, 9));
    op_input(t, F32, DIMS(1, 3), DATA(0, 0, 1));
    op_constant(t);
    op_input(t, F32, DIMS(3), DATA(0, 0, 100));
}

static void attention(void **state) {
    (void)state;
    op_test *t = projected("Attention", false);
    float_inputs(t);
    op_near(t, 0, F32, DIMS(1, 3, 1), DATA(105, 105, 105), 1e-6);
    op_end(t);
    t = projected("Attention", true);
    op_outputs(t, 2);
    float_inputs(t);
    absent(t, 1);
    op_input(t, F32, DIMS(2, 1, 1, 1, 1), DATA(7, 1));
    op_near(t, 0, F32, DIMS(1, 3, 1),
            DATA((1 + 102) / 2.0, (1 + 102 + 104) / 3.0, (1 + 102 + 104 + 109) / 4.0), 1e-6);
    op_expect(t, 1, F32, DIMS(2, 1, 1, 4, 1), DATA(7, 0, 0, 0, 1, 102, 104, 109));
    op_end(t);
}

/* Every form of padding that hides the first or the last of three keys. */
static void paddings(void **state) {
    (void)state;
    double four[9];
    for (size_t i = 0; i < 9; i++) {
        four[i] = i % 3 != 0;
    }
    const struct {
        size_t rank;
        const int64_t dims[4];
        const double *data;
        double y;
    } forms[] = {
        {1, {1}, DATA(2), 103},
        {1, {2}, DATA(3, 1), 106.5},
        {1, {5}, DATA(2, 0, 3, 0, 3), 103},
        {2, {1, 3}, DATA(0, 1, 1), 106.5},
        {3, {1, 3, 3}, DATA(1, 1, 0, 1, 1, 0, 1, 1, 0), 103},
        {4, {1, 1, 3, 3}, four, 106.5},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        op_test *const t = projected("Attention", false);
        float_inputs(t);
        op_input(t, SDX_INT32, forms[i].rank, forms[i].dims, forms[i].data);
        op_near(t, 0, F32, DIMS(1, 3, 1), DATA(forms[i].y, forms[i].y, forms[i].y), 1e-6);
        op_end(t);
    }
}

/* A buffer of four rows, one of which is filled. */
static void shared_buffer(void **state) {
    (void)state;
    op_test *t = projected("Attention", true);
    op_int(t, "past_present_share_buffer", 1);
    op_outputs(t, 2);
    float_inputs(t);
    absent(t, 1);
    op_input(t, F32, DIMS(2, 1, 1, 5, 1), DATA(7, 8, 8, 8, 8, 1, 8, 8, 8, 8));
    absent(t, 1);
    op_input(t, SDX_INT32, DIMS(1), DATA(1));
    op_near(t, 0, F32, DIMS(1, 3, 1),
            DATA((1 + 102) / 2.0, (1 + 102 + 104) / 3.0, (1 + 102 + 104 + 109) / 4.0), 1e-6);
    op_expect(t, 1, F32, DIMS(2, 1, 1, 5, 1), DATA(7, 0, 0, 0, 0, 1, 102, 104, 109, 0));
    op_end(t);
    t = projected("Attention", true);
    op_int(t, "past_present_share_buffer", 1);
    float_inputs(t);
    absent(t, 1);
    op_input(t, F32, DIMS(2, 1, 1, 3, 1), DATA(7, 8, 8, 1, 8, 8));
    absent(t, 1);
    op_input(t, SDX_INT32, DIMS(1), DATA(1));
    op_fails(t, "input 'past_sequence_length'[0]: index 1 outside [0, 0]");
    op_end(t);
}

static void qattention(void **state) {
    (void)state;
    op_test *const t = projected("QAttention", true);
    op_input(t, SDX_UINT8, DIMS(1, 2, 1), DATA(12, 14)); /* 2 and 4, halved */
    op_input(t, SDX_INT8, DIMS(1, 3), DATA(5, 5, 8));    /* 0, 0, 3 doubled */
    op_input(t, F32, DIMS(3), DATA(0, 0, 100));
    op_input(t, F32, DIMS(1), DATA(0.5));
    op_input(t, F32, DIMS(1), DATA(2));
    absent(t, 1);
    op_input(t, SDX_UINT8, DIMS(1), DATA(10));
    op_input(t, SDX_INT8, DIMS(1), DATA(5));
    op_near(t, 0, F32, DIMS(1, 2, 1), DATA(106, 109), 1e-6);
    op_end(t);
}

static void attention_errors(void **state) {
    (void)state;
    op_test *t = projected("Attention", false);
    op_int(t, "do_rotary", 1);
    float_inputs(t);
    op_fails(t, "attribute 'do_rotary' is set");
    op_end(t);
    t = projected("Attention", false);
    float_inputs(t);
    op_input(t, SDX_INT32, DIMS(1, 2), DATA(1, 1));
    op_fails(t, "input 'mask_index' has shape [1,2], expected [batch], [2 * batch]");
    op_end(t);
}

/* ---- EmbedLayerNormalization */

static void embed(void **state) {
    (void)state;
    op_test *t = op_begin_in(MS, "EmbedLayerNormalization", 1);
    op_outputs(t, 3);
    op_input(t, SDX_INT32, DIMS(1, 2), DATA(1, 0));
    op_input(t, SDX_INT32, DIMS(1, 2), DATA(0, 1));
    op_input(t, F32, DIMS(2, 2), DATA(1, 2, 3, 4));
    op_input(t, F32, DIMS(2, 2), DATA(10, 20, 30, 50));
    op_input(t, F32, DIMS(2, 2), DATA(0, 0, 100, 200));
    op_input(t, F32, DIMS(2), DATA(1, 2));
    op_input(t, F32, DIMS(2), DATA(0, 5));
    op_input(t, SDX_INT32, DIMS(1, 2), DATA(1, 0));
    op_near(t, 0, F32, DIMS(1, 2, 2), DATA(-1, 2 * 1 + 5, -1, 7), 1e-5); /* of two: -1 and 1 */
    op_expect(t, 1, SDX_INT32, DIMS(1), DATA(1));
    op_expect(t, 2, F32, DIMS(1, 2, 2), DATA(3 + 10, 4 + 20, 1 + 30 + 100, 2 + 50 + 200));
    op_end(t);
    t = op_begin_in(MS, "EmbedLayerNormalization", 1);
    op_input(t, SDX_INT32, DIMS(1, 2), DATA(1, 2));
    absent(t, 1);
    op_input(t, F32, DIMS(2, 2), DATA(1, 2, 3, 4));
    op_input(t, F32, DIMS(2, 2), DATA(10, 20, 30, 50));
    absent(t, 1);
    op_input(t, F32, DIMS(2), DATA(1, 2));
    op_input(t, F32, DIMS(2), DATA(0, 5));
    op_fails(t, "input 'input_ids'[1]: index 2 outside [0, 1]");
    op_end(t);
}

/* ---- MultiHeadAttention: queries of zero; two heads of one element */

static op_test *multi(void) {
    op_test *const t = op_begin_in(MS, "MultiHeadAttention", 1);
    op_int(t, "num_heads", 2);
    return t;
}

/* The same keys and values in each of the layouts. */
static void layouts(void **state) {
    (void)state;
    op_test *t = multi();
    op_input(t, F32, DIMS(1, 1, 2), DATA(0, 0));
    op_input(t, F32, DIMS(1, 2, 2), DATA(1, 2, 3, 4));
    op_input(t, F32, DIMS(1, 2, 2), DATA(10, 20, 30, 50));
    op_near(t, 0, F32, DIMS(1, 1, 2), DATA(20, 35), 1e-6);
    op_end(t);
    t = multi();
    op_input(t, F32, DIMS(1, 1, 2), DATA(0, 0));
    op_input(t, F32, DIMS(1, 2, 2, 1), DATA(1, 3, 2, 4));
    op_input(t, F32, DIMS(1, 2, 2, 1), DATA(10, 30, 20, 50));
    op_near(t, 0, F32, DIMS(1, 1, 2), DATA(20, 35), 1e-6);
    op_end(t);
    t = multi();
    op_input(t, F32, DIMS(1, 1, 2), DATA(0, 0));
    op_input(t, F32, DIMS(1, 2, 2, 2, 1), DATA(1, 10, 2, 20, 3, 30, 4, 50));
    op_near(t, 0, F32, DIMS(1, 1, 2), DATA(20, 35), 1e-6);
    op_end(t);
    t = multi();
    op_input(t, F32, DIMS(1, 2, 2, 3, 1), DATA(0, 1, 10, 0, 2, 20, 0, 3, 30, 0, 4, 50));
    op_near(t, 0, F32, DIMS(1, 2, 2), DATA(20, 35, 20, 35), 1e-6);
    op_end(t);
}

static void multi_states(void **state) {
    (void)state;
    op_test *const t = multi();
    op_outputs(t, 4);
    op_input(t, F32, DIMS(1, 1, 2), DATA(-1, -2)); /* 0 with its bias */
    op_input(t, F32, DIMS(1, 1, 2), DATA(1, 2));
    op_input(t, F32, DIMS(1, 1, 2), DATA(10, 20));
    op_input(t, F32, DIMS(6), DATA(1, 2, 3, 4, 5, 6));
    op_input(t, SDX_INT32, DIMS(1, 2), DATA(0, 1));
    absent(t, 1);
    op_input(t, F32, DIMS(1, 2, 1, 1), DATA(7, 8));
    op_input(t, F32, DIMS(1, 2, 1, 1), DATA(90, 91));
    op_near(t, 0, F32, DIMS(1, 1, 2), DATA(15, 26), 1e-6);
    op_expect(t, 1, F32, DIMS(1, 2, 2, 1), DATA(7, 4, 8, 6));
    op_expect(t, 2, F32, DIMS(1, 2, 2, 1), DATA(90, 15, 91, 26));
    op_expect(t, 3, F32, DIMS(1, 2, 1, 2), DATA(-10000, 0, -10000, 0));
    op_end(t);
}

/* Two beams in a buffer of three rows, whose pasts changed places. */
static void beams(void **state) {
    (void)state;
    op_test *const t = op_begin_in(MS, "DecoderMaskedMultiHeadAttention", 1);
    op_int(t, "num_heads", 1);
    op_int(t, "past_present_share_buffer", 1);
    op_outputs(t, 3);
    op_input(t, F32, DIMS(2, 1, 3), DATA(0, 5, 50, 0, 6, 60));
    absent(t, 4);
    op_input(t, F32, DIMS(2, 1, 3, 1), DATA(1, 9, 9, 2, 9, 9));
    op_input(t, F32, DIMS(2, 1, 3, 1), DATA(10, 9, 9, 20, 9, 9));
    op_input(t, SDX_INT32, DIMS(1), DATA(1));
    op_input(t, SDX_INT32, DIMS(1), DATA(2));
    op_input(t, SDX_INT32, DIMS(1, 2, 3), DATA(1, 0, 0, 0, 0, 0));
    op_near(t, 0, F32, DIMS(2, 1, 1), DATA((20 + 50) / 2.0, (10 + 60) / 2.0), 1e-6);
    op_expect(t, 2, F32, DIMS(2, 1, 3, 1), DATA(10, 50, 0, 20, 60, 0));
    op_end(t);
}

/* ---- RotaryEmbedding: turned by a quarter at position 1 */

static void rotary(void **state) {
    (void)state;
    op_test *t = op_begin_in(MS, "RotaryEmbedding", 1);
    op_input(t, F32, DIMS(1, 2, 4), DATA(1, 2, 3, 4, 5, 6, 7, 8)); /* two heads of two */
    op_input(t, SDX_INT64, DIMS(1), DATA(0));
    op_input(t, F32, DIMS(2, 1), DATA(1, 0));
    op_input(t, F32, DIMS(2, 1), DATA(0, 1));
    op_expect(t, 0, F32, DIMS(1, 2, 4), DATA(1, 2, 3, 4, -6, 5, -8, 7));
    op_end(t);
    t = op_begin_in(MS, "RotaryEmbedding", 1);
    op_int(t, "rotary_embedding_dim", 2);
    op_int(t, "num_heads", 1);
    op_input(t, F32, DIMS(2, 1, 3), DATA(1, 2, 3, 4, 5, 6));
    op_input(t, SDX_INT64, DIMS(2, 1), DATA(1, 0));
    op_input(t, F32, DIMS(2, 1), DATA(1, 0));
    op_input(t, F32, DIMS(2, 1), DATA(0, 1));
    op_expect(t, 0, F32, DIMS(2, 1, 3), DATA(-2, 1, 3, 4, 5, 6));
    op_end(t);
    t = op_begin_in(MS, "RotaryEmbedding", 1);
    op_input(t, F32, DIMS(1, 1, 2, 2), DATA(1, 2, 3, 4));
    op_input(t, SDX_INT64, DIMS(1), DATA(1));
    op_input(t, F32, DIMS(2, 1), DATA(1, 0));
    op_input(t, F32, DIMS(2, 1), DATA(0, 1));
    op_fails(t, "input 'position_ids'[0]: index 1 outside [0, 0]");
    op_end(t);
}

/* ---- nothing to do */

static void empty(void **state) {
    (void)state;
    op_test *t = grouped(1, 1);
    op_input(t, F32, DIMS(0, 1, 3), NULL);
    absent(t, 2);
    op_input(t, F32, DIMS(0, 1, 2, 1), NULL);
    op_input(t, F32, DIMS(0, 1, 2, 1), NULL);
    op_input(t, SDX_INT32, DIMS(0), NULL);
    op_input(t, SDX_INT32, SCALAR, DATA(1));
    op_expect(t, 0, F32, DIMS(0, 1, 1), NULL);
    op_expect(t, 1, F32, DIMS(0, 1, 2, 1), NULL);
    op_end(t);
    t = projected("Attention", true);
    op_outputs(t, 2);
    op_input(t, F32, DIMS(1, 0, 1), NULL);
    op_input(t, F32, DIMS(1, 3), DATA(0, 0, 1));
    op_input(t, F32, DIMS(3), DATA(0, 0, 100));
    absent(t, 1);
    op_input(t, F32, DIMS(2, 1, 1, 1, 1), DATA(7, 1));
    op_expect(t, 0, F32, DIMS(1, 0, 1), NULL);
    op_expect(t, 1, F32, DIMS(2, 1, 1, 1, 1), DATA(7, 1));
    op_end(t);
    t = projected("QAttention", true);
    op_input(t, SDX_UINT8, DIMS(1, 0, 1), NULL);
    op_input(t, SDX_INT8, DIMS(1, 3), DATA(5, 5, 8));
    op_input(t, F32, DIMS(3), DATA(0, 0, 100));
    op_input(t, F32, DIMS(1), DATA(0.5));
    op_input(t, F32, DIMS(1), DATA(2));
    op_expect(t, 0, F32, DIMS(1, 0, 1), NULL);
    op_end(t);
    t = multi(); /* no keys: zeros */
    op_input(t, F32, DIMS(1, 1, 2), DATA(0, 0));
    op_input(t, F32, DIMS(1, 0, 2), NULL);
    op_input(t, F32, DIMS(1, 0, 2), NULL);
    op_expect(t, 0, F32, DIMS(1, 1, 2), DATA(0, 0));
    op_end(t);
    t = op_begin_in(MS, "EmbedLayerNormalization", 1);
    op_input(t, SDX_INT32, DIMS(1, 0), NULL);
    absent(t, 1);
    op_input(t, F32, DIMS(2, 2), DATA(1, 2, 3, 4));
    op_input(t, F32, DIMS(2, 2), DATA(10, 20, 30, 50));
    absent(t, 1);
    op_input(t, F32, DIMS(2), DATA(1, 2));
    op_input(t, F32, DIMS(2), DATA(0, 5));
    op_expect(t, 0, F32, DIMS(1, 0, 2), NULL);
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prompt),          cmocka_unit_test(ragged_step),
        cmocka_unit_test(window_and_sink), cmocka_unit_test(rotation),
        cmocka_unit_test(quantised),       cmocka_unit_test(sliding),
        cmocka_unit_test(grouped_errors),  cmocka_unit_test(attention),
        cmocka_unit_test(paddings),        cmocka_unit_test(shared_buffer),
        cmocka_unit_test(qattention),      cmocka_unit_test(attention_errors),
        cmocka_unit_test(embed),           cmocka_unit_test(layouts),
        cmocka_unit_test(multi_states),    cmocka_unit_test(beams),
        cmocka_unit_test(rotary),          cmocka_unit_test(empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
