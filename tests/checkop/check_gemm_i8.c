/* The 8-bit product, its packing and its sums: all exact. */
#include <stdio.h>
#include <string.h>

#include "checkop.h"

static int32_t widen(uint8_t x, bool is_signed) { return is_signed ? (int8_t)x : x; }

bool check_sum_i8(check *c, sdx_sum_i8_fn *fn) {
    for (int round = 0; round < 200; round++) {
        const size_t n = check_length(2000);
        uint8_t *x = check_buffer(0, n);
        check_fill_bytes(x, n);
        int32_t want = 0;
        for (size_t i = 0; i < n; i++)
            want += widen(x[i], round % 2);
        const int32_t got = fn(x, n, round % 2);
        if (got != want) return check_failed(c, "%zu bytes: expected %d, found %d", n, want, got);
    }
    return true;
}

/* Sizes are proved by the products, whose buffers have exactly these. */
bool check_gemm_size(check *c, sdx_gemm_size_fn *fn) {
    const size_t one = fn(1, 1), more = fn(100, 100);
    return (one > 0 && more >= one) || check_failed(c, "100x100 needs %zu, 1x1 %zu", more, one);
}

typedef struct product {
    sdx_gemm_i8 g;
    sdx_matrix_i8 b;
    int32_t *col_sums;
    size_t m;
} product;

static void make_product(const sdx_kernel_table *k, product *t, size_t m, size_t n, size_t depth) {
    *t = (product){.m = m, .g = {.m1 = m, .n = n, .k = depth}};
    const bool turned = check_random() % 2;
    t->g.a_signed = check_random() % 2;
    t->g.b_signed = t->b.is_signed = check_random() % 2;
    t->g.a_row = depth + check_below(3);
    t->g.c_row = n + check_below(3);
    t->b.rows = depth;
    t->b.cols = n;
    t->b.row = turned ? 1 : n;
    t->b.col = turned ? depth : 1;
    uint8_t *a = check_buffer(0, m ? (m - 1) * t->g.a_row + depth : 0);
    uint8_t *b = check_buffer(1, n * depth);
    check_fill_bytes(a, m ? (m - 1) * t->g.a_row + depth : 0);
    check_fill_bytes(b, n * depth);
    t->g.a = a;
    t->b.src = b;
    t->col_sums = check_buffer(5, n * sizeof *t->col_sums);
    void *pack = check_buffer(2, k->gemm_i8_pack_size(n, depth));
    k->gemm_i8_pack(pack, t->col_sums, &t->b);
    t->g.b = pack;
    t->g.scratch = check_buffer(3, k->gemm_i8_scratch(m, depth));
    t->g.c = check_buffer(4, (m ? (m - 1) * t->g.c_row + n : 0) * sizeof *t->g.c);
}

static bool compare(check *c, const product *t) {
    const uint8_t *a = t->g.a;
    const uint8_t *b = t->b.src;
    for (size_t j = 0; j < t->g.n; j++) {
        int32_t sum = 0;
        for (size_t p = 0; p < t->g.k; p++)
            sum += widen(b[p * t->b.row + j * t->b.col], t->b.is_signed);
        if (sum != t->col_sums[j])
            return check_failed(c, "sum of column %zu: expected %d, found %d", j, sum,
                                t->col_sums[j]);
        for (size_t i = 0; i < t->m; i++) {
            int32_t want = 0;
            for (size_t p = 0; p < t->g.k; p++)
                want += widen(a[i * t->g.a_row + p], t->g.a_signed) *
                        widen(b[p * t->b.row + j * t->b.col], t->b.is_signed);
            const int32_t got = t->g.c[i * t->g.c_row + j];
            if (got != want)
                return check_failed(c, "%zux%zux%zu at %zu,%zu: expected %d, found %d", t->m,
                                    t->g.k, t->g.n, i, j, want, got);
        }
    }
    return true;
}

static bool round_of(check *c, sdx_gemm_i8_fn *fn, size_t m, size_t n, size_t k) {
    product t;
    make_product(c->kernels, &t, m, n, k);
    t.g.m1 = check_below(m + 1);
    fn(&t.g);
    t.g.m0 = t.g.m1;
    t.g.m1 = m;
    fn(&t.g);
    return compare(c, &t) && check_canary(c, 3) && check_canary(c, 4);
}

bool check_pack_i8(check *c, sdx_pack_i8_fn *fn) {
    (void)fn; /* make_product calls it through the table */
    return round_of(c, c->kernels->gemm_i8, 3, 50, 33) && check_canary(c, 2) && check_canary(c, 5);
}

typedef struct timed {
    sdx_gemm_i8_fn *fn;
    product t;
} timed;

static void call(void *arg) {
    const timed *t = arg;
    t->fn(&t->t.g);
}

bool check_gemm_i8(check *c, sdx_gemm_i8_fn *fn) {
    for (int round = 0; round < 200; round++)
        if (!round_of(c, fn, check_below(40), check_below(100), check_below(70))) return false;
    if (!round_of(c, fn, 250, 40, 300)) return false;
    if (c->bench) {
        timed t = {.fn = fn};
        make_product(c->kernels, &t.t, 128, 768, 768);
        const double seconds = check_time(call, &t);
        snprintf(c->speed, sizeof c->speed, "%.1f GOP/s at 128x768x768",
                 2e-9 * 128 * 768 * 768 / seconds);
    }
    return true;
}
