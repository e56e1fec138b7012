/* Chains of multiply-adds. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "checkop.h"

enum { MAX_ROUNDS = 40, MAX_LEN = 900 };

typedef struct iterate_case {
    sdx_iterate_f32_fn *fn;
    float *y;
    const float *x;
    size_t n;
    float a, b;
    size_t rounds;
} iterate_case;

static void call(void *arg) {
    const iterate_case *i = arg;
    i->fn(i->y, i->x, i->n, i->a, i->b, i->rounds);
}

/* With |a| <= 1 an error made in one step does not grow in the next. */
static double oracle(const iterate_case *it, double x, double *slack) {
    *slack = 0;
    for (size_t round = 0; round < it->rounds; round++) {
        const double product = x * (double)it->a;
        x = product + (double)it->b;
        if (isfinite(x)) *slack += check_ulp(product) + check_ulp(x);
    }
    return x;
}

static bool round_of(check *c, sdx_iterate_f32_fn *fn, size_t n) {
    float *const x = check_buffer(0, n * sizeof *x);
    float *const y = check_buffer(1, n * sizeof *y);
    for (size_t i = 0; i < n; i++)
        x[i] = check_any_float();
    iterate_case it = {.fn = fn, .y = y, .x = x, .n = n, .rounds = check_below(MAX_ROUNDS)};
    it.a = (float)check_uniform(-0.99, 0.99);
    it.b = (float)check_uniform(-3, 3);
    call(&it);
    for (size_t i = 0; i < n; i++) {
        double slack;
        const double want = oracle(&it, (double)x[i], &slack);
        if (!check_close(c, want, (double)y[i], slack, "value", i)) return false;
    }
    for (size_t i = 0; i < n && i < 80; i++) {
        float alone;
        fn(&alone, x + i, 1, it.a, it.b, it.rounds);
        if (!check_floats(c, y + i, &alone, 1, "one element alone")) return false;
    }
    float *const z = check_buffer(2, n * sizeof *z);
    memcpy(z, x, n * sizeof *z);
    fn(z, z, n, it.a, it.b, it.rounds);
    return check_floats(c, y, z, n, "in place") && check_canary(c, 1) && check_canary(c, 2);
}

bool check_iterate_f32(check *c, sdx_iterate_f32_fn *fn) {
    static const char *const names[] = {"iterate"};
    if (check_find(c, names, 1) < 0) return false;
    for (int round = 0; round < 100; round++)
        if (!round_of(c, fn, check_length(MAX_LEN))) return false;
    if (c->bench) {
        enum { N = 192, ROUNDS = 4096 };
        float *const x = check_buffer(0, N * sizeof *x);
        check_fill(x, N, -4, 4);
        iterate_case it = {.fn = fn, .y = x, .x = x, .n = N, .a = 0.5f, .b = 1, .rounds = ROUNDS};
        snprintf(c->speed, sizeof c->speed, "%.1f GFLOP/s",
                 2.0 * N * ROUNDS / check_time(call, &it) / 1e9);
    }
    return true;
}
