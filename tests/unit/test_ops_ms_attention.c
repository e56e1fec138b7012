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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prompt),          cmocka_unit_test(ragged_step),
        cmocka_unit_test(window_and_sink), cmocka_unit_test(rotation),
        cmocka_unit_test(quantised),       cmocka_unit_test(sliding),
        cmocka_unit_test(grouped_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
