/* Reductions of a row and over the outer axis: long double sums, with the error that their order
 * allows: half a unit for each addition that a term passes through. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "checkop.h"

static const char *const names[] = {"sum",  "sum_abs", "sum_square", "sum_exp",
                                    "prod", "max_row", "min_row"};
enum { SUM, SUM_ABS, SUM_SQUARE, SUM_EXP, PROD, MAX, MIN };

typedef struct reference {
    double value;
    double slack;
} reference;

/* Of n elements that lie `stride` apart. */
static reference reduce(int which, const float *x, size_t n, size_t stride, double p) {
    long double sum = 0, size = 0, prod = 1;
    double max = -INFINITY, min = INFINITY;
    for (size_t i = 0; i < n; i++) {
        const double v = (double)x[i * stride];
        const double term = which == SUM          ? v
                            : which == SUM_ABS    ? fabs(v)
                            : which == SUM_SQUARE ? (v - p) * (v - p)
                                                  : exp(v - p);
        sum += (long double)term;
        size += (long double)fabs(term) * (which == SUM_EXP ? 2 + (long double)fabs(v - p) : 1);
        prod *= (long double)v;
        max = isnan(v) || isnan(max) ? NAN : fmax(max, v);
        min = isnan(v) || isnan(min) ? NAN : fmin(min, v);
    }
    const double additions = 40 + log2((double)n + 1);
    if (which == MAX) return (reference){max, 0};
    if (which == MIN) return (reference){min, 0};
    if (which == PROD) return (reference){(double)prod, fabs((double)prod) * (double)n * 0x1p-24};
    return (reference){(double)sum, (double)size * additions * 0x1p-24};
}

static void sample(float *x, size_t n, int which) {
    check_fill(x, n, which == PROD ? 0.9 : -4, which == PROD ? 1.1 : 4);
    if ((which == MAX || which == MIN) && n && check_random() % 4 == 0)
        x[check_below(n)] = check_random() % 2 ? NAN : -INFINITY;
    if (which == SUM && n && check_random() % 16 == 0) x[check_below(n)] = NAN;
}

typedef struct reduce_case {
    sdx_reduce_f32_fn *fn;
    sdx_reduce_rows_f32_fn *rows_fn;
    const float *x;
    float *y;
    size_t rows, n;
    volatile float result;
} reduce_case;

static void call_row(void *arg) {
    reduce_case *u = arg;
    u->result = u->fn(u->x, u->n, 0.5f);
}
static void call_rows(void *arg) {
    const reduce_case *u = arg;
    u->rows_fn(u->y, u->x, u->rows, u->n, u->n);
}

bool check_reduce_f32(check *c, sdx_reduce_f32_fn *fn) {
    const int which = check_find(c, names, sizeof names / sizeof *names);
    if (which < 0) return false;
    for (int round = 0; round < 400; round++) {
        const size_t n = round % 20 ? check_length(3000) : check_below(100000);
        const float p = (float)check_uniform(-1, 4);
        float *x = check_buffer(0, n * sizeof *x);
        sample(x, n, which);
        const reference want = reduce(which, x, n, 1, (double)p);
        const float got = fn(x, n, p);
        if (!check_close(c, want.value, (double)got, want.slack, "result of row of", n))
            return false;
        float *shifted = (float *)check_buffer(1, (n + 16) * sizeof *x) + check_below(16);
        memcpy(shifted, x, n * sizeof *x);
        const float again = fn(shifted, n, p);
        if (!check_floats(c, &got, &again, 1, "other alignment")) return false;
    }
    if (c->bench) {
        reduce_case u = {.fn = fn, .n = 4096};
        float *x = check_buffer(0, u.n * sizeof *x);
        sample(x, u.n, which);
        u.x = x;
        snprintf(c->speed, sizeof c->speed, "%.3f ns/element", check_time(call_row, &u) / 4096e-9);
    }
    return true;
}

bool check_reduce_rows_f32(check *c, sdx_reduce_rows_f32_fn *fn) {
    const int which = check_find(c, names, sizeof names / sizeof *names);
    if (which < 0) return false;
    for (int round = 0; round < 200; round++) {
        const size_t n = check_length(200);
        const size_t rows = round % 4 ? check_below(100) : check_below(1000);
        const size_t stride = n + check_below(5);
        const size_t size = rows ? (rows - 1) * stride + n : 0;
        float *x = check_buffer(0, size * sizeof *x);
        float *y = check_buffer(1, n * sizeof *y);
        sample(x, size, which);
        fn(y, x, rows, n, stride);
        for (size_t j = 0; j < n; j++) {
            const reference want = reduce(which, x + j, rows, stride, 0);
            float alone;
            fn(&alone, x + j, rows, 1, stride);
            if (!check_close(c, want.value, (double)y[j], want.slack, "column", j)) return false;
            if (!check_floats(c, y + j, &alone, 1, "column alone")) return false;
        }
        if (!check_canary(c, 1)) return false;
    }
    if (c->bench) {
        reduce_case u = {.rows_fn = fn, .n = 256, .rows = 64};
        float *x = check_buffer(0, u.n * u.rows * sizeof *x);
        sample(x, u.n * u.rows, which);
        u.x = x;
        u.y = check_buffer(1, u.n * sizeof *x);
        const double seconds = check_time(call_rows, &u);
        snprintf(c->speed, sizeof c->speed, "%.3f ns/element", seconds / (256 * 64) * 1e9);
    }
    return true;
}
