/* Matrix products against the obvious loops, in integers that every type holds exactly: all ways B
 * may be read, all types, transpositions, batches, empty dims. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "op_test.h"

enum { MOST = 100 * 3000 };

static double a[MOST], b[MOST], c[MOST], y[MOST];

static void fill(double *x, size_t n, size_t seed) {
    for (size_t i = 0; i < n; i++) {
        x[i] = (double)((i * 7 + seed * 13 + i / 5) % 5) - 1;
    }
}

/* y = a b for one matrix; swap_*: stored transposed. */
static void multiply(double *out, const double *x, const double *w, size_t m, size_t n, size_t k,
                     bool swap_a, bool swap_b) {
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t p = 0; p < k; p++)
                sum += x[swap_a ? p * m + i : i * k + p] * w[swap_b ? j * k + p : p * n + j];
            out[i * n + j] = sum;
        }
    }
}

static const sdx_dtype types[] = {SDX_FLOAT32, SDX_FLOAT64, SDX_FLOAT16, SDX_BFLOAT16,
                                  SDX_INT32,   SDX_INT64,   SDX_UINT32,  SDX_UINT64};
enum { N_TYPES = sizeof types / sizeof *types };

static bool is_unsigned(sdx_dtype type) { return type == SDX_UINT32 || type == SDX_UINT64; }

static void make_inputs(size_t n_a, size_t n_b, sdx_dtype type) {
    fill(a, n_a, 1);
    fill(b, n_b, 2);
    for (size_t i = 0; i < n_a && is_unsigned(type); i++)
        a[i] += 1;
    for (size_t i = 0; i < n_b && is_unsigned(type); i++)
        b[i] += 1;
}

/* [batch, m, k] times [batch or 1, k, n]. */
static void check_matmul(sdx_dtype type, size_t batch, size_t m, size_t n, size_t k, bool one_b,
                         bool constant) {
    make_inputs(batch * m * k, (one_b ? 1 : batch) * k * n, type);
    for (size_t i = 0; i < batch; i++) {
        multiply(y + i * m * n, a + i * m * k, b + (one_b ? 0 : i * k * n), m, n, k, false, false);
    }
    op_test *t = op_begin("MatMul", 13);
    op_input(t, type, DIMS((int64_t)batch, (int64_t)m, (int64_t)k), a);
    op_input(t, type, DIMS(one_b ? 1 : (int64_t)batch, (int64_t)k, (int64_t)n), b);
    if (constant) op_constant(t);
    op_expect(t, 0, type, DIMS((int64_t)batch, (int64_t)m, (int64_t)n), y);
    op_end(t);
}

static void matmul_reads_b_in_every_way(void **state) {
    (void)state;
    static const size_t sizes[][3] = {{1, 33, 5},   {3, 70, 9}, {40, 65, 17},
                                      {70, 31, 40}, {1, 1, 7},  {64, 64, 1},
                                      {0, 4, 3},    {3, 0, 4},  {3, 4, 0}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (unsigned how = 0; how < 4; how++) {
            const size_t *const s = sizes[i];
            check_matmul(SDX_FLOAT32, 1, s[0], s[1], s[2], false, how & 1);
            check_matmul(SDX_FLOAT32, 3, s[0], s[1], s[2], how & 2, how & 1);
        }
    }
    check_matmul(SDX_FLOAT32, 1, 30, 100, 3000, false, false); /* panels packed in several chunks */
}

static void matmul_takes_every_type(void **state) {
    (void)state;
    for (size_t i = 0; i < N_TYPES; i++) {
        check_matmul(types[i], 2, 5, 35, 6, true, true);
        check_matmul(types[i], 2, 5, 35, 6, false, false);
        check_matmul(types[i], 2, 3, 2, 0, false, true);
    }
}

static void matmul_takes_vectors(void **state) {
    (void)state;
    static const struct {
        size_t rank_a, rank_b, rank_y;
        int64_t a[3], b[3], y[3];
        double out[4];
    } cases[] = {
        {1, 1, 0, {3}, {3}, {0}, {8}},
        {2, 1, 1, {2, 3}, {3}, {2}, {8, 20}},
        {1, 2, 1, {3}, {3, 2}, {2}, {12, 12}},
        {3, 1, 2, {1, 2, 3}, {3}, {1, 2}, {8, 20}},
        {1, 3, 2, {3}, {2, 3, 1}, {2, 1}, {8, 14}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int constant = 0; constant < 2; constant++) {
            op_test *t = op_begin("MatMul", 9);
            op_input(t, SDX_FLOAT32, cases[i].rank_a, cases[i].a, DATA(1, 2, 3, 4, 5, 6));
            op_input(t, SDX_FLOAT32, cases[i].rank_b, cases[i].b, DATA(1, 2, 1, 2, 3, 2));
            if (constant) op_constant(t);
            op_expect(t, 0, SDX_FLOAT32, cases[i].rank_y, cases[i].y, cases[i].out);
            op_end(t);
        }
    }
}

static void matmul_knows_symbols(void **state) {
    (void)state;
    op_test *t = op_begin("MatMul", 13);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 1), DATA(1));
    op_symbols(t, "batch,seq,1");
    op_input(t, SDX_FLOAT32, DIMS(1, 4), DATA(1, 2, 3, 4));
    op_infers(t, 0, "[batch,seq,4]");
    op_end(t);
}

static void matmul_refuses(void **state) {
    (void)state;
    op_test *t = op_begin("MatMul", 13);
    op_input(t, SDX_FLOAT32, DIMS(2, 3), DATA(1, 2, 3, 4, 5, 6));
    op_input(t, SDX_FLOAT32, DIMS(2, 3), DATA(1, 2, 3, 4, 5, 6));
    op_fails(t, "have shapes [2,3] and [2,3], expected 3 columns of 'A' to be 2 rows of 'B'");
    op_end(t);
    t = op_begin("MatMul", 13);
    op_input(t, SDX_FLOAT32, DIMS(2, 1, 1), DATA(1, 2));
    op_input(t, SDX_FLOAT32, DIMS(3, 1, 1), DATA(1, 2, 3));
    op_fails(t, "expected equal dimensions or 1 before the last two");
    op_end(t);
    t = op_begin("MatMul", 13);
    op_input(t, SDX_FLOAT32, SCALAR, DATA(1));
    op_input(t, SDX_FLOAT32, DIMS(1), DATA(1));
    op_fails(t, "input 'A' is a scalar");
    op_end(t);
}

/* alpha A B + beta C, C of shape [rows, cols] with 1 or the full size. */
static void check_gemm(sdx_dtype type, unsigned how, bool c_rows, bool c_cols, float alpha) {
    const bool swap_a = how & 1, swap_b = how & 2, constant = how & 4;
    const size_t m = 37, n = 45, k = 8, rows = c_rows ? m : 1, cols = c_cols ? n : 1;
    make_inputs(m * k, k * n, type);
    fill(c, rows * cols, 3);
    for (size_t i = 0; i < rows * cols && is_unsigned(type); i++)
        c[i] += 1;
    multiply(y, a, b, m, n, k, swap_a, swap_b);
    for (size_t i = 0; i < m * n; i++)
        y[i] = (double)alpha * y[i] + 2 * c[(c_rows ? i / n * cols : 0) + (c_cols ? i % n : 0)];
    op_test *t = op_begin("Gemm", 13);
    op_int(t, "transA", swap_a);
    op_int(t, "transB", swap_b);
    op_float(t, "alpha", alpha);
    op_float(t, "beta", 2);
    op_input(t, type, DIMS((int64_t)(swap_a ? k : m), (int64_t)(swap_a ? m : k)), a);
    op_input(t, type, DIMS((int64_t)(swap_b ? n : k), (int64_t)(swap_b ? k : n)), b);
    if (constant) op_constant(t);
    op_input(t, type, DIMS((int64_t)rows, (int64_t)cols), c);
    op_expect(t, 0, type, DIMS((int64_t)m, (int64_t)n), y);
    op_end(t);
}

static void gemm_takes_everything(void **state) {
    (void)state;
    for (unsigned how = 0; how < 8; how++) {
        check_gemm(SDX_FLOAT32, how, how & 1, how & 2, 3);
        check_gemm(SDX_FLOAT64, how, how & 2, how & 1, 3);
        check_gemm(SDX_FLOAT16, how, how & 4, how & 1, 1);
        check_gemm(SDX_INT64, how, how & 4, how & 2, -2);
        check_gemm(SDX_UINT32, how, how & 1, how & 4, 2);
    }
}

static void gemm_rounds_what_factors_leave(void **state) {
    (void)state;
    op_test *t = op_begin("Gemm", 11);
    op_float(t, "alpha", 0.5f);
    op_input(t, SDX_INT32, DIMS(1, 2), DATA(1, 2));
    op_input(t, SDX_INT32, DIMS(2, 2), DATA(1, 2, 3, -4));
    op_input(t, SDX_INT32, DIMS(2), DATA(10, 20));
    op_expect(t, 0, SDX_INT32, DIMS(1, 2), DATA(13, 17));
    op_end(t);
}

static void gemm_of_nothing_is_c(void **state) {
    (void)state;
    op_test *t = op_begin("Gemm", 6); /* ONNX: Gemm-6 broadcast */
    op_int(t, "broadcast", 1);
    op_input(t, SDX_FLOAT32, DIMS(2, 0), NULL);
    op_input(t, SDX_FLOAT32, DIMS(0, 3), NULL);
    op_constant(t);
    op_input(t, SDX_FLOAT32, DIMS(3), DATA(1, 2, 3));
    op_expect(t, 0, SDX_FLOAT32, DIMS(2, 3), DATA(1, 2, 3, 1, 2, 3));
    op_end(t);
}

static void gemm_refuses(void **state) {
    (void)state;
    op_test *t = op_begin("Gemm", 13);
    op_input(t, SDX_FLOAT32, DIMS(1, 2), DATA(1, 2));
    op_input(t, SDX_FLOAT32, DIMS(2, 1), DATA(1, 2));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_fails(t, "input 'C' has shape [2], expected one that broadcasts to [1,1]");
    op_end(t);
}

static double zero_of(const double *zero, size_t n, size_t i) {
    return n == 0 ? 0 : zero[n == 1 ? 0 : i];
}

static void check_integer(sdx_dtype type_a, sdx_dtype type_b, size_t n_a, size_t n_b,
                          bool constant) {
    enum { M = 70, N = 37, K = 13 };
    static double zero_a[M], zero_b[N];
    fill(a, 2 * M * K, 1);
    fill(b, K * N, 2);
    for (size_t i = 0; i < 2 * M * K; i++)
        a[i] += type_a == SDX_UINT8 ? 200 : -100;
    for (size_t i = 0; i < K * N; i++)
        b[i] += type_b == SDX_UINT8 ? 250 : 3;
    fill(zero_a, M, 4);
    fill(zero_b, N, 5);
    for (size_t i = 0; i < M; i++)
        zero_a[i] += 2;
    for (size_t i = 0; i < N; i++)
        zero_b[i] += 2;
    for (size_t i = 0; i < 2 * M * N; i++) {
        y[i] = 0;
        for (size_t p = 0; p < K; p++)
            y[i] += (a[i / N * K + p] - zero_of(zero_a, n_a, i / N % M)) *
                    (b[p * N + i % N] - zero_of(zero_b, n_b, i % N));
    }
    op_test *t = op_begin("MatMulInteger", 10);
    op_input(t, type_a, DIMS(2, M, K), a);
    op_input(t, type_b, DIMS(K, N), b);
    if (constant) op_constant(t);
    if (n_a > 0)
        op_input(t, type_a, DIMS((int64_t)n_a), zero_a);
    else
        op_absent(t);
    if (n_b > 0) op_input(t, type_b, DIMS((int64_t)n_b), zero_b);
    op_expect(t, 0, SDX_INT32, DIMS(2, M, N), y);
    op_end(t);
}

static void bytes_multiply(void **state) {
    (void)state;
    static const sdx_dtype bytes[] = {SDX_INT8, SDX_UINT8};
    for (unsigned i = 0; i < 8; i++) {
        check_integer(bytes[i & 1], bytes[i >> 1 & 1], 0, 0, i & 4);
        check_integer(bytes[i & 1], bytes[i >> 1 & 1], 1, 37, i & 4);
        check_integer(bytes[i & 1], bytes[i >> 1 & 1], 70, 1, !(i & 4));
    }
    op_test *t = op_begin("MatMulInteger", 10);
    op_input(t, SDX_UINT8, DIMS(2, 3), DATA(1, 2, 3, 4, 5, 6));
    op_input(t, SDX_INT8, DIMS(3, 1), DATA(1, 2, 3));
    op_input(t, SDX_UINT8, DIMS(3), DATA(1, 2, 3));
    op_fails(t, "input 'a_zero_point' has 3 elements, expected 1 or 2");
    op_end(t);
}

/* ---- Einsum */

typedef struct operand {
    size_t rank;
    int64_t dims[4];
    double data[8];
} operand;

static void einsum_sums_what_it_says(void **state) {
    (void)state;
    static const struct {
        const char *equation;
        operand a, b, y;
    } cases[] = {
        {"ij , jk",
         {2, {2, 2}, {1, 2, 3, 4}},
         {2, {2, 2}, {1, 2, 3, 4}},
         {2, {2, 2}, {7, 10, 15, 22}}},
        {"ij,jk->ki",
         {2, {2, 2}, {1, 2, 3, 4}},
         {2, {2, 2}, {1, 2, 3, 4}},
         {2, {2, 2}, {7, 15, 10, 22}}},
        {"ji,kj->ik",
         {2, {2, 2}, {1, 2, 3, 4}},
         {2, {2, 2}, {1, 2, 3, 4}},
         {2, {2, 2}, {7, 15, 10, 22}}},
        {"tbd,sbd->bts",
         {3, {1, 2, 2}, {1, 2, 3, 4}},
         {3, {2, 2, 2}, {1, 0, 0, 1, 2, 2, 1, 1}},
         {3, {2, 1, 2}, {1, 6, 4, 7}}},
        {"...i,i->...", {3, {2, 1, 2}, {1, 2, 3, 4}}, {1, {2}, {1, 2}}, {2, {2, 1}, {5, 11}}},
        {"ii,i->", {2, {2, 2}, {1, 2, 3, 4}}, {1, {2}, {1, 2}}, {0, {0}, {9}}},
        {"i,j->ij", {1, {2}, {1, 2}}, {1, {3}, {1, 2, 3}}, {2, {2, 3}, {1, 2, 3, 2, 4, 6}}},
        {"aB,aB", {2, {1, 2}, {1, 2}}, {2, {2, 2}, {1, 2, 3, 4}}, {0, {0}, {16}}},
        {"ai,Bi", {2, {1, 2}, {1, 2}}, {2, {2, 2}, {1, 2, 3, 4}}, {2, {2, 1}, {5, 11}}},
        {"ij,jk->ik", {2, {1, 0}, {0}}, {2, {0, 2}, {0}}, {2, {1, 2}, {0, 0}}},
    };
    static const sdx_dtype all[] = {SDX_FLOAT32, SDX_FLOAT64, SDX_FLOAT16, SDX_INT8,
                                    SDX_UINT16,  SDX_INT32,   SDX_UINT64};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
            op_test *t = op_begin("Einsum", 12);
            op_text(t, "equation", cases[i].equation);
            op_input(t, all[k], cases[i].a.rank, cases[i].a.dims, cases[i].a.data);
            op_input(t, all[k], cases[i].b.rank, cases[i].b.dims, cases[i].b.data);
            op_expect(t, 0, all[k], cases[i].y.rank, cases[i].y.dims, cases[i].y.data);
            op_end(t);
        }
    }
}

static void einsum_refuses(void **state) {
    (void)state;
    static const struct {
        const char *equation, *text;
    } cases[] = {
        {"ij", "expected a term for each input"},
        {"ij,jk->ii", "found a letter twice in the output"},
        {"ij,jk->l", "found a letter in the output alone"},
        {"ijk,jk", "input 0 has rank 2, expected 3 as in term 0"},
        {"ij,jk,kl", "expected the end"},
        {"i1,jk", "expected letters"},
        {"ij,ji", "input 1 has shape [3,2], expected 2 at axis 0"},
        {"......,ij", "expected letters"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        op_test *t = op_begin("Einsum", 12);
        op_text(t, "equation", cases[i].equation);
        op_input(t, SDX_FLOAT32, DIMS(2, 2), DATA(1, 2, 3, 4));
        op_input(t, SDX_FLOAT32, DIMS(3, 2), DATA(1, 2, 3, 4, 5, 6));
        op_fails(t, cases[i].text);
        op_end(t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matmul_reads_b_in_every_way),
        cmocka_unit_test(matmul_takes_every_type),
        cmocka_unit_test(matmul_takes_vectors),
        cmocka_unit_test(matmul_knows_symbols),
        cmocka_unit_test(matmul_refuses),
        cmocka_unit_test(gemm_takes_everything),
        cmocka_unit_test(gemm_rounds_what_factors_leave),
        cmocka_unit_test(gemm_of_nothing_is_c),
        cmocka_unit_test(gemm_refuses),
        cmocka_unit_test(bytes_multiply),
        cmocka_unit_test(einsum_sums_what_it_says),
        cmocka_unit_test(einsum_refuses),
    };
    return cmocka_run_group_tests_name("ops_matrix", tests, NULL, NULL);
}
