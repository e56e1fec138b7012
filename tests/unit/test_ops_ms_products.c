/* Convolution and products of com.microsoft: what they add to those of ai.onnx. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

#define MS "com.microsoft"

/* ---- FusedConv: y = activation(conv + bias + z) */

static op_test *fused(sdx_dtype dtype, const char *activation) {
    op_test *const t = op_begin_in(MS, "FusedConv", 1);
    if (activation != NULL) op_text(t, "activation", activation);
    op_input(t, dtype, DIMS(1, 1, 4), DATA(1, -2, 3, -4));
    op_input(t, dtype, DIMS(1, 1, 1), DATA(2));
    op_input(t, dtype, DIMS(1), DATA(1));
    return t;
}

static void activations(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_FLOAT32, SDX_FLOAT64, SDX_FLOAT16};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        op_test *t = fused(types[i], NULL);
        op_expect(t, 0, types[i], DIMS(1, 1, 4), DATA(3, -3, 7, -7));
        op_end(t);
        t = fused(types[i], "Relu");
        op_expect(t, 0, types[i], DIMS(1, 1, 4), DATA(3, 0, 7, 0));
        op_end(t);
        t = fused(types[i], "LeakyRelu");
        op_floats(t, "activation_params", 1, (const float[]){0.5f});
        op_expect(t, 0, types[i], DIMS(1, 1, 4), DATA(3, -1.5, 7, -3.5));
        op_end(t);
        t = fused(types[i], "Clip");
        op_floats(t, "activation_params", 2, (const float[]){-4, 6});
        op_expect(t, 0, types[i], DIMS(1, 1, 4), DATA(3, -3, 6, -4));
        op_end(t);
    }
}

static void residual(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_FLOAT32, SDX_FLOAT64};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        op_test *const t = fused(types[i], "Relu");
        op_input(t, types[i], DIMS(1, 1, 4), DATA(-5, 5, 1, 1));
        op_expect(t, 0, types[i], DIMS(1, 1, 4), DATA(0, 2, 8, 0));
        op_end(t);
    }
}

static void fused_errors(void **state) {
    (void)state;
    op_test *t = fused(SDX_FLOAT32, "Cosine");
    op_fails(t, "attribute 'activation' is 'Cosine', expected Clip");
    op_end(t);
    t = fused(SDX_FLOAT32, "Clip");
    op_fails(t, "attribute 'activation_params' has 0 elements, expected 2");
    op_end(t);
    t = fused(SDX_FLOAT32, "Relu");
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 3), DATA(1, 2, 3));
    op_fails(t, "input 'Z' has shape [1,1,3], expected that of the output");
    op_end(t);
}

/* ---- MatMulNBits */

static op_test *blocks_of(int64_t block, int64_t k, int64_t n, int64_t bits) {
    op_test *const t = op_begin_in(MS, "MatMulNBits", 1);
    op_int(t, "K", k);
    op_int(t, "N", n);
    op_int(t, "bits", bits);
    op_int(t, "block_size", block);
    return t;
}

static op_test *nbits(int64_t k, int64_t n, int64_t bits) { return blocks_of(16, k, n, bits); }

/* Rows of A that are units pick single weights. */
static void nbits_weights(void **state) {
    (void)state;
    double a[2 * 18] = {0};
    a[1] = 1;       /* row 0: element 1 */
    a[18 + 17] = 1; /* row 1: element 17, the second of the second block */
    double codes[2 * 8] = {0};
    codes[0] = 0x70; /* element 1 is 7 */
    codes[8] = 0xc0; /* element 17 is 12 */
    op_test *t = nbits(18, 1, 4);
    op_input(t, SDX_FLOAT32, DIMS(2, 18), a);
    op_input(t, SDX_UINT8, DIMS(1, 2, 8), codes);
    op_constant(t);
    op_input(t, SDX_FLOAT32, DIMS(1, 2), DATA(0.5, 2));
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 1), DATA((7 - 8) * 0.5, (12 - 8) * 2));
    op_end(t);
    t = nbits(18, 1, 4);
    op_input(t, SDX_FLOAT32, DIMS(2, 18), a);
    op_input(t, SDX_UINT8, DIMS(1, 2, 8), codes);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(0.5, 2));
    op_input(t, SDX_UINT8, DIMS(1, 1), DATA(0x35)); /* 5, then 3 */
    op_absent(t);
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(100));
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 1), DATA(100 + 2 * 0.5, 100 + 9 * 2));
    op_end(t);
}

/* g_idx: the block whose scale and zero point an element of K has. */
static void nbits_groups(void **state) {
    (void)state;
    double a[2 * 18] = {0}, codes[2 * 8] = {0}, groups[18] = {0};
    a[1] = 1;
    a[18 + 17] = 1;
    codes[0] = 0x70;
    codes[8] = 0xc0;
    groups[1] = 1;
    op_test *t = nbits(18, 1, 4);
    op_input(t, SDX_FLOAT32, DIMS(2, 18), a);
    op_input(t, SDX_UINT8, DIMS(1, 2, 8), codes);
    op_input(t, SDX_FLOAT32, DIMS(1, 2), DATA(0.5, 2));
    op_input(t, SDX_FLOAT32, DIMS(1, 2), DATA(1.5, 4));
    op_input(t, SDX_INT32, DIMS(18), groups);
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 1), DATA((7 - 4) * 2, (12 - 1.5) * 0.5));
    op_end(t);
    groups[3] = 2;
    t = nbits(18, 1, 4);
    op_input(t, SDX_FLOAT32, DIMS(2, 18), a);
    op_input(t, SDX_UINT8, DIMS(1, 2, 8), codes);
    op_input(t, SDX_FLOAT32, DIMS(1, 2), DATA(0.5, 2));
    op_absent(t);
    op_input(t, SDX_INT32, DIMS(18), groups);
    op_fails(t, "input 'g_idx'[3]: index 2 outside [0, 1]");
    op_end(t);
}

static void nbits_two_and_eight(void **state) {
    (void)state;
    double a[16] = {0}, codes[16] = {0};
    for (size_t i = 0; i < 4; i++) {
        a[i] = 1 << i; /* 1, 2, 4, 8 */
    }
    codes[0] = 0xd2; /* 2, 0, 1, 3 less 2 */
    op_test *t = nbits(16, 1, 2);
    op_input(t, SDX_FLOAT16, DIMS(16), a);
    op_input(t, SDX_UINT8, DIMS(1, 1, 4), codes);
    op_input(t, SDX_FLOAT16, DIMS(1, 1), DATA(0.5));
    op_expect(t, 0, SDX_FLOAT16, DIMS(1), DATA(0.5 * (0 * 1 - 2 * 2 - 1 * 4 + 1 * 8 - 0)));
    op_end(t);
    codes[0] = 200;
    t = nbits(16, 1, 8);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 16), DATA(2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    op_input(t, SDX_UINT8, DIMS(1, 1, 16), codes);
    op_input(t, SDX_FLOAT32, DIMS(1, 1), DATA(0.25));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 1, 1), DATA(2 * (200 - 128) * 0.25));
    op_end(t);
}

/* Zero points that are numbers, of bytes; K ends in the middle of the third block. */
static void nbits_float_zeros(void **state) {
    (void)state;
    enum { K = 40, N = 5, BLOCKS = 3, ROWS = 2 };
    static const sdx_dtype types[] = {SDX_FLOAT32, SDX_FLOAT16};
    double a[ROWS * K], codes[N * BLOCKS * 16], scales[N * BLOCKS], zeros[N * BLOCKS];
    double bias[N], y[ROWS * N];
    for (size_t i = 0; i < ROWS * K; i++) {
        a[i] = (double)(i * 7 % 9) / 4 - 1;
    }
    for (size_t i = 0; i < N * BLOCKS * 16; i++) {
        codes[i] = (double)(i * i * 3 % 256);
    }
    for (size_t i = 0; i < N * BLOCKS; i++) {
        scales[i] = (double)(i % 4 + 1) / 64;
        zeros[i] = 120.5 + (double)(i * 5 % 8) / 4; /* a quarter is the last bit of a half */
    }
    for (size_t n = 0; n < N; n++) {
        bias[n] = (double)n - 2;
        for (size_t m = 0; m < ROWS; m++) {
            double sum = bias[n];
            for (size_t k = 0; k < K; k++) {
                const size_t block = n * BLOCKS + k / 16;
                sum += a[m * K + k] * (codes[block * 16 + k % 16] - zeros[block]) * scales[block];
            }
            y[m * N + n] = sum;
        }
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        op_test *const t = nbits(K, N, 8);
        op_input(t, types[i], DIMS(ROWS, K), a);
        op_input(t, SDX_UINT8, DIMS(N, BLOCKS, 16), codes);
        op_constant(t);
        op_input(t, types[i], DIMS(N, BLOCKS), scales);
        op_input(t, types[i], DIMS(N, BLOCKS), zeros);
        op_absent(t);
        op_input(t, types[i], DIMS(N), bias);
        op_near(t, 0, types[i], DIMS(ROWS, N), y, types[i] == SDX_FLOAT32 ? 1e-5 : 1e-3);
        op_end(t);
    }
}

/* A few rows and more, columns of several strips, K that ends in a block, every kind of zero
 * points: the two ways of computing meet the same sums. */
static void nbits_few_rows(void **state) {
    (void)state;
    enum { K = 90, N = 70, BLOCK = 32, BLOCKS = 3, BYTES = BLOCKS * BLOCK / 2, MOST_ROWS = 5 };
    static double a[MOST_ROWS * K], codes[N * BYTES], scales[N * BLOCKS], zeros[N * BLOCKS];
    static double packed[N * 2], bias[N], y[MOST_ROWS * N];
    for (size_t i = 0; i < N * BYTES; i++) {
        codes[i] = (double)(i * 37 % 256);
    }
    for (size_t i = 0; i < N * BLOCKS; i++) {
        scales[i] = (double)(i % 5 + 1) / 64;
        zeros[i] = (double)(i * 5 % 16);
    }
    for (size_t n = 0; n < N; n++) {
        packed[2 * n] = zeros[3 * n] + 16 * zeros[3 * n + 1];
        packed[2 * n + 1] = zeros[3 * n + 2];
        bias[n] = (double)n / 8 - 4;
    }
    for (size_t i = 0; i < MOST_ROWS * K; i++) {
        a[i] = (double)(i * 7 % 9) / 4 - 1;
    }
    for (int64_t rows = 1; rows <= MOST_ROWS; rows++) {
        const int64_t kind = rows % 3; /* of zero points: none, packed, numbers */
        for (size_t i = 0; i < (size_t)rows * N; i++) {
            const size_t m = i / N, n = i % N;
            y[i] = bias[n];
            for (size_t k = 0; k < K; k++) {
                const unsigned byte = (unsigned)codes[n * BYTES + k / 2];
                const double zero = kind == 0 ? 8 : zeros[n * BLOCKS + k / BLOCK];
                y[i] += a[m * K + k] * ((double)(byte >> k % 2 * 4 & 15) - zero) *
                        scales[n * BLOCKS + k / BLOCK];
            }
        }
        op_test *const t = blocks_of(BLOCK, K, N, 4);
        op_input(t, SDX_FLOAT32, DIMS(rows, K), a);
        op_input(t, SDX_UINT8, DIMS(N, BLOCKS, BLOCK / 2), codes);
        op_input(t, SDX_FLOAT32, DIMS(N, BLOCKS), scales);
        if (kind == 0) op_absent(t);
        if (kind == 1) op_input(t, SDX_UINT8, DIMS(N, 2), packed);
        if (kind == 2) op_input(t, SDX_FLOAT32, DIMS(N, BLOCKS), zeros);
        op_absent(t);
        op_input(t, SDX_FLOAT32, DIMS(N), bias);
        op_near(t, 0, SDX_FLOAT32, DIMS(rows, N), y, 1e-5);
        op_end(t);
    }
}

static void nbits_left_out(void **state) {
    (void)state;
    double a[16] = {1};
    op_test *t = nbits(16, 2, 4);
    op_input(t, SDX_FLOAT32, DIMS(1, 16), a);
    op_input(t, SDX_UINT8, DIMS(0, 1, 8), NULL);
    op_input(t, SDX_FLOAT32, DIMS(0, 1), NULL);
    op_absent(t);
    op_absent(t);
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(3, 4));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 2), DATA(3, 4));
    op_end(t);
}

static void nbits_errors(void **state) {
    (void)state;
    double a[16] = {1}, codes[16] = {0};
    op_test *t = nbits(16, 2, 3);
    op_input(t, SDX_FLOAT32, DIMS(1, 16), a);
    op_input(t, SDX_UINT8, DIMS(2, 1, 8), codes);
    op_input(t, SDX_FLOAT32, DIMS(2, 1), DATA(1, 1));
    op_fails(t, "attribute 'bits' is 3, expected 2, 4 or 8");
    op_end(t);
    t = nbits(16, 2, 4);
    op_input(t, SDX_FLOAT32, DIMS(1, 16), a);
    op_input(t, SDX_UINT8, DIMS(1, 1, 8), codes);
    op_input(t, SDX_FLOAT32, DIMS(2, 1), DATA(1, 1));
    op_fails(t, "input 'B' has shape [1,1,8], expected 16 elements");
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(activations),       cmocka_unit_test(residual),
        cmocka_unit_test(fused_errors),      cmocka_unit_test(nbits_weights),
        cmocka_unit_test(nbits_groups),      cmocka_unit_test(nbits_two_and_eight),
        cmocka_unit_test(nbits_float_zeros), cmocka_unit_test(nbits_few_rows),
        cmocka_unit_test(nbits_left_out),    cmocka_unit_test(nbits_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
