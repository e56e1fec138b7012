/* Operators of com.microsoft that become others, or have more attributes than those. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

#define MS "com.microsoft"
#define F32 SDX_FLOAT32

static void matmul(void **state) {
    (void)state;
    static const sdx_dtype types[] = {SDX_FLOAT32, SDX_FLOAT64, SDX_FLOAT16};
    for (size_t i = 0; i < 2 * (sizeof types / sizeof *types); i++) {
        op_test *const t = op_begin_in(MS, i % 2 ? "TransposeMatMul" : "FusedMatMul", 1);
        op_int(t, "transA", 1);
        op_float(t, "alpha", 0.5f);
        op_input(t, types[i / 2], DIMS(2, 1), DATA(2, 4));
        op_input(t, types[i / 2], DIMS(2, 2), DATA(1, 2, 3, 5));
        op_constant(t);
        op_expect(t, 0, types[i / 2], DIMS(1, 2), DATA(7, 12));
        op_end(t);
    }
}

/* The first dim of A goes behind its batch: two matrices of one row from [1, 2, 2]. */
static void matmul_batches(void **state) {
    (void)state;
    op_test *const t = op_begin_in(MS, "FusedMatMul", 1);
    op_int(t, "transBatchA", 1);
    op_int(t, "transB", 1);
    op_input(t, F32, DIMS(1, 2, 2), DATA(1, 2, 3, 4));
    op_input(t, F32, DIMS(2, 1, 2), DATA(1, 1, 10, 1));
    op_expect(t, 0, F32, DIMS(2, 1, 1), DATA(3, 34));
    op_end(t);
}

static void gelu(void **state) {
    (void)state;
    op_test *const t = op_begin_in(MS, "Gelu", 1);
    op_input(t, F32, DIMS(4), DATA(-20, 0, 1, 20));
    op_near(t, 0, F32, DIMS(4), DATA(0, 0, 0.8413447460685429, 20), 1e-6);
    op_end(t);
}

static void gemm(void **state) {
    (void)state;
    op_test *t = op_begin_in(MS, "FusedGemm", 1);
    op_text(t, "activation", "LeakyRelu");
    op_float(t, "activation_alpha", 0.5f);
    op_float(t, "beta", 2);
    op_input(t, F32, DIMS(1, 1), DATA(2));
    op_input(t, F32, DIMS(1, 2), DATA(3, -4));
    op_input(t, F32, DIMS(2), DATA(1, 1));
    op_expect(t, 0, F32, DIMS(1, 2), DATA(8, -3));
    op_end(t);
    t = op_begin_in(MS, "FusedGemm", 1);
    op_text(t, "activation", "Cosine");
    op_input(t, F32, DIMS(1, 1), DATA(2));
    op_input(t, F32, DIMS(1, 2), DATA(3, -4));
    op_fails(t, "attribute 'activation' is 'Cosine', expected Elu");
    op_end(t);
}

static void biases(void **state) {
    (void)state;
    op_test *t = op_begin_in(MS, "BiasAdd", 1);
    op_input(t, F32, DIMS(1, 2, 2), DATA(1, 2, 3, 4));
    op_input(t, F32, DIMS(2), DATA(10, 20));
    op_input(t, F32, DIMS(1, 2, 2), DATA(100, 200, 300, 400));
    op_expect(t, 0, F32, DIMS(1, 2, 2), DATA(111, 222, 313, 424));
    op_end(t);
    t = op_begin_in(MS, "BiasSplitGelu", 1);
    op_input(t, F32, DIMS(1, 1, 4), DATA(1, 2, -1, 9));
    op_input(t, F32, DIMS(4), DATA(1, 1, 1, 1));
    op_near(t, 0, F32, DIMS(1, 1, 2), DATA(0, 30), 1e-6); /* Gelu of 0 and of 10 */
    op_end(t);
    t = op_begin_in(MS, "BiasAdd", 1);
    op_input(t, F32, DIMS(1, 2, 2), DATA(1, 2, 3, 4));
    op_fails(t, "input 'bias' is absent, expected a tensor");
    op_end(t);
}

/* Two channels in the last dim; a kernel of one element for each swaps them. */
static void channels_last(void **state) {
    (void)state;
    op_test *t = op_begin_in(MS, "NhwcConv", 1);
    op_input(t, F32, DIMS(1, 2, 2), DATA(1, 2, 3, 4));
    op_input(t, F32, DIMS(2, 2, 1), DATA(0, 1, 1, 0));
    op_expect(t, 0, F32, DIMS(1, 2, 2), DATA(2, 1, 4, 3));
    op_end(t);
    t = op_begin_in(MS, "NhwcFusedConv", 1);
    op_text(t, "activation", "Relu");
    op_input(t, F32, DIMS(1, 2, 2), DATA(1, 2, 3, 4));
    op_input(t, F32, DIMS(2, 2, 1), DATA(0, 1, 1, 0));
    op_input(t, F32, DIMS(2), DATA(0, 1));
    op_input(t, F32, DIMS(1, 2, 2), DATA(0, -10, 20, 30));
    op_expect(t, 0, F32, DIMS(1, 2, 2), DATA(2, 0, 24, 34));
    op_end(t);
    t = op_begin_in(MS, "NhwcMaxPool", 1);
    op_ints(t, "kernel_shape", DIMS(2));
    op_input(t, SDX_INT8, DIMS(1, 3, 2), DATA(1, 6, 2, 5, 3, 4));
    op_expect(t, 0, SDX_INT8, DIMS(1, 2, 2), DATA(2, 6, 3, 5));
    op_end(t);
    t = op_begin_in(MS, "QLinearConv", 1);
    op_int(t, "channels_last", 1);
    op_input(t, SDX_UINT8, DIMS(1, 2, 2), DATA(1, 2, 3, 4));
    op_input(t, F32, SCALAR, DATA(1));
    op_input(t, SDX_UINT8, SCALAR, DATA(0));
    op_input(t, SDX_INT8, DIMS(2, 2, 1), DATA(0, 1, 1, 0));
    op_input(t, F32, SCALAR, DATA(2));
    op_input(t, SDX_INT8, SCALAR, DATA(0));
    op_input(t, F32, SCALAR, DATA(0.5));
    op_input(t, SDX_UINT8, SCALAR, DATA(1));
    op_expect(t, 0, SDX_UINT8, DIMS(1, 2, 2), DATA(9, 5, 17, 13));
    op_end(t);
}

/* Sums that each type holds; Gelu as it is defined. */
static void biases_of_types(void **state) {
    (void)state;
    enum { ROWS = 4, WIDTH = 6 };
    static const struct {
        sdx_dtype dtype;
        double near;
    } types[] = {{SDX_FLOAT32, 1e-6}, {SDX_FLOAT16, 4e-3}, {SDX_BFLOAT16, 4e-2}};
    double x[ROWS * WIDTH], skip[ROWS * WIDTH], bias[WIDTH], sum[ROWS * WIDTH], y[ROWS * WIDTH / 2];
    for (size_t i = 0; i < ROWS * WIDTH; i++) {
        x[i] = (double)(i * 7 % 13) / 4 - 1.5;
        skip[i] = (double)(i * 5 % 11) / 2 - 2;
        bias[i % WIDTH] = (double)(i % WIDTH) / 4 - 0.5;
    }
    for (size_t r = 0; r < ROWS; r++) {
        const double *const row = x + r * WIDTH;
        for (size_t i = 0; i < WIDTH; i++) {
            sum[r * WIDTH + i] = row[i] + bias[i] + skip[r * WIDTH + i];
        }
        for (size_t i = 0; i < WIDTH / 2; i++) {
            const double gate = row[i + WIDTH / 2] + bias[i + WIDTH / 2];
            y[r * WIDTH / 2 + i] = (row[i] + bias[i]) * gate * (1 + erf(gate / sqrt(2))) / 2;
        }
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        op_test *t = op_begin_in(MS, "BiasAdd", 1);
        op_input(t, types[i].dtype, DIMS(2, 2, WIDTH), x);
        op_input(t, types[i].dtype, DIMS(WIDTH), bias);
        op_input(t, types[i].dtype, DIMS(2, 2, WIDTH), skip);
        op_expect(t, 0, types[i].dtype, DIMS(2, 2, WIDTH), sum);
        op_end(t);
        t = op_begin_in(MS, "BiasSplitGelu", 1);
        op_input(t, types[i].dtype, DIMS(2, 2, WIDTH), x);
        op_input(t, types[i].dtype, DIMS(WIDTH), bias);
        op_near(t, 0, types[i].dtype, DIMS(2, 2, WIDTH / 2), y, types[i].near);
        op_end(t);
    }
}

/* Convolution in two groups, [2, height, width, 4] by [6, 2, 3, 2], two rows a step, with a row of
 * padding above and a column at the right. */
enum { HEIGHT = 5, COLUMNS = 4, IN = 4, OUT = 6, K_ROWS = 3, K_COLUMNS = 2, OUT_ROWS = 2 };
enum { X_LEN = 2 * HEIGHT * COLUMNS * IN, Y_LEN = 2 * OUT_ROWS * COLUMNS * OUT };

static double window(const double *x, const double *w, size_t row, size_t column, size_t out) {
    const size_t group = IN / 2, from = out / (OUT / 2) * group;
    double sum = 0;
    for (size_t i = 0; i < group * K_ROWS * K_COLUMNS; i++) {
        const size_t c = i / (K_ROWS * K_COLUMNS), r = i / K_COLUMNS % K_ROWS + 2 * row;
        const size_t at = i % K_COLUMNS + column;
        if (r == 0 || r > HEIGHT || at >= COLUMNS) continue;
        sum +=
            x[((r - 1) * COLUMNS + at) * IN + from + c] * w[out * group * K_ROWS * K_COLUMNS + i];
    }
    return sum;
}

static void channels_last_groups(void **state) {
    (void)state;
    double x[X_LEN], w[OUT * 2 * K_ROWS * K_COLUMNS], bias[OUT], z[Y_LEN], y[Y_LEN];
    for (size_t i = 0; i < X_LEN; i++) {
        x[i] = (double)(i * i % 17) - 8;
    }
    for (size_t i = 0; i < sizeof w / sizeof *w; i++) {
        w[i] = (double)(i * 5 % 7) - 3;
    }
    for (size_t i = 0; i < Y_LEN; i++) {
        bias[i % OUT] = (double)(i % OUT) * 10;
        z[i] = (double)(i * 11 % 90) - 45;
    }
    for (int fused = 0; fused < 2; fused++) {
        for (size_t i = 0; i < Y_LEN; i++) {
            const size_t out = i % OUT, column = i / OUT % COLUMNS, row = i / OUT / COLUMNS;
            y[i] = bias[out] + window(x + row / OUT_ROWS * HEIGHT * COLUMNS * IN, w, row % OUT_ROWS,
                                      column, out);
            if (fused) y[i] = fmax(y[i] + z[i], 0);
        }
        op_test *const t = op_begin_in(MS, fused ? "NhwcFusedConv" : "NhwcConv", 1);
        op_int(t, "group", 2);
        op_ints(t, "kernel_shape", DIMS(K_ROWS, K_COLUMNS));
        op_ints(t, "strides", DIMS(2, 1));
        op_ints(t, "pads", DIMS(1, 0, 0, 1));
        if (fused) op_text(t, "activation", "Relu");
        op_input(t, F32, DIMS(2, HEIGHT, COLUMNS, IN), x);
        op_input(t, F32, DIMS(OUT, 2, K_ROWS, K_COLUMNS), w);
        op_constant(t);
        op_input(t, F32, DIMS(OUT), bias);
        if (fused) op_input(t, F32, DIMS(2, OUT_ROWS, COLUMNS, OUT), z);
        op_expect(t, 0, F32, DIMS(2, OUT_ROWS, COLUMNS, OUT), y);
        op_end(t);
    }
}

static void qgemm_inputs(op_test *t) {
    op_int(t, "transA", 1);
    op_float(t, "alpha", 0.5f);
    op_input(t, SDX_UINT8, DIMS(2, 1), DATA(11, 13)); /* 1 and 3, halved */
    op_input(t, F32, SCALAR, DATA(0.5));
    op_input(t, SDX_UINT8, SCALAR, DATA(10));
    op_input(t, SDX_INT8, DIMS(2, 2), DATA(3, 5, 2, 6));
    op_input(t, F32, DIMS(2), DATA(2, 4));
    op_input(t, SDX_INT8, DIMS(2), DATA(1, 2));
    op_input(t, SDX_INT32, DIMS(2), DATA(10, 20));
}

static void qgemm(void **state) {
    (void)state;
    op_test *t = op_begin_in(MS, "QGemm", 1);
    qgemm_inputs(t);
    op_expect(t, 0, F32, DIMS(1, 2), DATA((2 + 3 + 10) * 0.5, (3 + 12 + 20) * 1));
    op_end(t);
    t = op_begin_in(MS, "QGemm", 1);
    qgemm_inputs(t);
    op_input(t, F32, SCALAR, DATA(0.5));
    op_input(t, SDX_INT8, SCALAR, DATA(-10));
    op_expect(t, 0, SDX_INT8, DIMS(1, 2), DATA(5, 60));
    op_end(t);
}

/* One step of one unit, of which only the cell's gate has a weight: c = tanh(w x) / 2. */
static void lstm(void **state) {
    (void)state;
    static const int64_t by_direction[] = {1}, by_gate[] = {1, 4};
    for (size_t rank = 1; rank <= 2; rank++) {
        const int64_t *const dims = rank == 1 ? by_direction : by_gate;
        op_test *const t = op_begin_in(MS, "DynamicQuantizeLSTM", 1);
        op_int(t, "hidden_size", 1);
        op_outputs(t, 3);
        op_input(t, F32, DIMS(1, 1, 1), DATA(2));
        op_input(t, SDX_INT8, DIMS(1, 1, 4), DATA(1, 1, 1, 3));
        op_input(t, SDX_INT8, DIMS(1, 1, 4), DATA(0, 0, 0, 0));
        for (size_t i = 0; i < 5; i++) {
            op_absent(t);
        }
        op_input(t, F32, rank, dims, DATA(0.25, 0.25, 0.25, 0.25));
        op_input(t, SDX_INT8, rank, dims, DATA(1, 1, 1, 1));
        op_input(t, F32, rank, dims, DATA(1, 1, 1, 1));
        op_input(t, SDX_INT8, rank, dims, DATA(0, 0, 0, 0));
        op_near(t, 1, F32, DIMS(1, 1, 1), DATA(tanh(tanh(1) / 2) / 2), 1e-6);
        op_near(t, 2, F32, DIMS(1, 1, 1), DATA(tanh(1) / 2), 1e-6);
        op_end(t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matmul),
        cmocka_unit_test(matmul_batches),
        cmocka_unit_test(gelu),
        cmocka_unit_test(gemm),
        cmocka_unit_test(biases),
        cmocka_unit_test(qgemm),
        cmocka_unit_test(lstm),
        cmocka_unit_test(channels_last),
        cmocka_unit_test(channels_last_groups),
        cmocka_unit_test(biases_of_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
