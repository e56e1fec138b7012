/* Dimensions: normal forms, division, bounds, text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "graph/dim.h"

static sdx_heap heap;
static sdx_arena arena;
static sdx_dims *dims;
static sdx_dim a, b, c;

static int setup(void **state) {
    (void)state;
    sdx_heap_init(&heap, NULL, 0, "test");
    sdx_arena_init(&arena, &heap);
    assert_null(sdx_dims_create(&arena, &dims));
    a = sdx_dim_symbol(dims, SDX_STR("a"));
    b = sdx_dim_symbol(dims, SDX_STR("b"));
    c = sdx_dim_symbol(dims, SDX_STR("c"));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    sdx_dims_destroy(dims);
    sdx_arena_deinit(&arena);
    assert_int_equal(atomic_load(&heap.used), 0);
    return 0;
}

static sdx_dim add(sdx_dim x, sdx_dim y) { return sdx_dim_add(dims, x, y); }
static sdx_dim sub(sdx_dim x, sdx_dim y) { return sdx_dim_sub(dims, x, y); }
static sdx_dim mul(sdx_dim x, sdx_dim y) { return sdx_dim_mul(dims, x, y); }
static sdx_dim quot(sdx_dim x, sdx_dim y) { return sdx_dim_div(dims, x, y); }
static sdx_dim ceiling(sdx_dim x, sdx_dim y) { return sdx_dim_ceil_div(dims, x, y); }

static void reads(sdx_dim d, const char *text) {
    char buf[200];
    assert_string_equal(sdx_dim_text(dims, d, buf, sizeof buf), text);
}

static void numbers_need_no_table(void **state) {
    (void)state;
    assert_int_equal(sdx_dim_add(NULL, 2, 3), 5);
    assert_int_equal(sdx_dim_div(NULL, -7, 2), -4);
    assert_int_equal(sdx_dim_ceil_div(NULL, -7, 2), -3);
    assert_int_equal(sdx_dim_ceil_div(NULL, 7, -2), -3);
    assert_int_equal(sdx_dim_min(NULL, -7, 2), -7);
    assert_int_equal(sdx_dim_max(NULL, -7, 2), 2);
    assert_true(sdx_dim_mul(NULL, SDX_DIM_MAX, -3) == SDX_DIM_MIN);
    assert_true(sdx_dim_sub(NULL, SDX_DIM_MIN, SDX_DIM_MAX) == SDX_DIM_MIN);
    assert_true(sdx_dim_add(NULL, INT64_MAX, INT64_MAX) == SDX_DIM_MAX);
    assert_true(sdx_dim_div(NULL, 5, 0) == SDX_DIM_UNKNOWN);
    assert_true(sdx_dim_add(NULL, 5, SDX_DIM_UNKNOWN) == SDX_DIM_UNKNOWN);
    assert_true(sdx_dim_fresh(NULL) == SDX_DIM_UNKNOWN);
    assert_false(sdx_dim_eq(SDX_DIM_UNKNOWN, SDX_DIM_UNKNOWN));
}

static void equal_expressions_are_equal_words(void **state) {
    (void)state;
    assert_true(sdx_dim_symbol(dims, SDX_STR("a")) == a);
    assert_false(sdx_dim_eq(sdx_dim_fresh(dims), sdx_dim_fresh(dims)));
    assert_true(add(add(a, 1), b) == add(1, add(b, a)));
    assert_true(mul(a, mul(b, c)) == mul(mul(c, b), a));
    assert_true(mul(a, add(b, 1)) == add(mul(b, a), a));
    assert_true(mul(a, 1) == a && add(a, 0) == a && mul(a, 0) == 0);
    assert_true(sub(add(a, 3), a) == 3);
    assert_true(sub(a, a) == 0);
}

static void division(void **state) {
    (void)state;
    assert_true(quot(mul(a, b), b) == a);
    assert_true(quot(a, a) == 1 && quot(a, 1) == a);
    assert_true(quot(mul(add(a, 1), mul(b, 768)), mul(add(a, 1), 12)) == mul(b, 64));
    assert_true(quot(mul(add(a, 1), add(b, c)), add(a, 1)) == add(b, c));
    assert_true(quot(add(mul(2, a), 3), 2) == add(a, 1));
    assert_true(quot(quot(a, 2), 2) == quot(a, 4));
    assert_true(quot(mul(2, a), 4) == quot(a, 2));
    assert_true(quot(add(mul(2, a), 1), 4) == quot(a, 2));
    assert_true(ceiling(a, 2) == quot(add(a, 1), 2));
    assert_true(quot(a, 0) == SDX_DIM_UNKNOWN);
    assert_false(quot(a, b) == quot(b, a));
}

static void least_and_greatest(void **state) {
    (void)state;
    assert_true(sdx_dim_min(dims, a, a) == a);
    assert_true(sdx_dim_min(dims, a, add(a, 1)) == a);
    assert_true(sdx_dim_max(dims, a, add(a, 1)) == add(a, 1));
    assert_true(sdx_dim_min(dims, 0, a) == 0 && sdx_dim_max(dims, a, 0) == a);
    assert_true(sdx_dim_min(dims, SDX_DIM_MAX, a) == a);
    assert_true(sdx_dim_min(dims, a, b) == sdx_dim_min(dims, b, a));
    assert_true(sdx_dim_max(dims, -1, sdx_dim_max(dims, a, b)) == sdx_dim_max(dims, a, b));
}

static void texts(void **state) {
    (void)state;
    reads(add(a, 1), "a+1");
    reads(sub(b, a), "-a+b");
    reads(quot(mul(3, a), 2), "3*a/2");
    reads(mul(b, quot(a, 2)), "b*(a/2)");
    reads(quot(add(a, 1), 2), "(a+1)/2");
    reads(quot(a, mul(b, c)), "a/(b*c)");
    reads(add(b, quot(a, 2)), "b+a/2");
    reads(sdx_dim_min(dims, a, 4), "min(4,a)");
    reads(SDX_DIM_UNKNOWN, "?");
    reads(-3, "-3");
    char tiny[4];
    assert_string_equal(sdx_dim_text(dims, add(a, 100), tiny, sizeof tiny), "a+1");
    char shape[40];
    const sdx_dim list[] = {a, 3, add(b, 1)};
    assert_string_equal(sdx_dims_text(dims, 3, list, shape, sizeof shape), "[a,3,b+1]");
}

/* Random expressions have the value of the same computation with numbers. */
static void agrees_with_numbers(void **state) {
    (void)state;
    static const int64_t values[] = {3, 7, 16};
    static const unsigned seed = 12345;
    uint32_t x = seed;
    for (int round = 0; round < 2000; round++) {
        sdx_dim symbolic[8] = {a, b, c, 1, 2, 3, 5, -4};
        int64_t exact[8] = {values[0], values[1], values[2], 1, 2, 3, 5, -4};
        for (int step = 0; step < 8; step++) {
            x = x * 1664525u + 1013904223u;
            const size_t i = x >> 29, j = (x >> 26) & 7, to = (x >> 23) & 7;
            static sdx_dim (*const ops[])(sdx_dims *, sdx_dim, sdx_dim) = {
                sdx_dim_add,      sdx_dim_sub, sdx_dim_mul, sdx_dim_div,
                sdx_dim_ceil_div, sdx_dim_min, sdx_dim_max};
            sdx_dim (*const op)(sdx_dims *, sdx_dim, sdx_dim) = ops[(x >> 12) % 7];
            if (exact[j] == 0) continue;
            symbolic[to] = op(dims, symbolic[i], symbolic[j]);
            exact[to] = op(NULL, exact[i], exact[j]);
            if (!sdx_dim_is_number(symbolic[to])) continue;
            if (symbolic[to] != exact[to]) print_error("seed %u, round %d\n", seed, round);
            assert_int_equal(symbolic[to], exact[to]);
        }
    }
}

static void growth_is_bounded(void **state) {
    (void)state;
    sdx_dim sum = a, product = a;
    for (int i = 0; i < 40; i++) {
        char name[16];
        snprintf(name, sizeof name, "s%d", i);
        const sdx_dim s = sdx_dim_symbol(dims, sdx_str_from(name));
        sum = sdx_dim_max(dims, add(mul(sum, s), 1), quot(s, 3));
        product = mul(product, s);
        assert_true(sum != SDX_DIM_UNKNOWN && product != SDX_DIM_UNKNOWN);
    }
    char text[100];
    assert_true(strlen(sdx_dim_text(dims, sum, text, sizeof text)) < sizeof text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_need_no_table),
        cmocka_unit_test(equal_expressions_are_equal_words),
        cmocka_unit_test(division),
        cmocka_unit_test(least_and_greatest),
        cmocka_unit_test(texts),
        cmocka_unit_test(agrees_with_numbers),
        cmocka_unit_test(growth_is_bounded),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
