/* Pooling against the definition: one to three spatial dims, ceil_mode, pads, dilations, indices in
 * both orders, every type; and the global forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "op_test.h"

enum { MOST = 1 << 14, MAX_SPATIAL = 3 };

static double x[MOST], y[MOST], at[MOST];

typedef enum kind { AVERAGE, PADDED_AVERAGE, MAX, NORM } kind;

typedef struct shape {
    size_t rank; /* spatial */
    int64_t planes;
    int64_t in[MAX_SPATIAL], kernel[MAX_SPATIAL], stride[MAX_SPATIAL], dilation[MAX_SPATIAL];
    int64_t pads[2 * MAX_SPATIAL];
    bool ceil, columns;
} shape;

static const shape shapes[] = {
    {1, 3, {9}, {3}, {2}, {1}, {1, 1}, false, false},
    {1, 2, {10}, {3}, {3}, {2}, {2, 1}, true, true},
    {2, 3, {7, 9}, {3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, true, false},
    {2, 2, {6, 40}, {2, 3}, {1, 2}, {2, 1}, {1, 0, 1, 2}, false, true},
    {2, 1, {5, 5}, {2, 2}, {3, 3}, {1, 1}, {1, 1, 1, 1}, true, true},
    {3, 2, {4, 5, 6}, {2, 3, 2}, {2, 1, 2}, {1, 1, 2}, {1, 1, 0, 0, 1, 1}, true, true},
    {2, 0, {4, 4}, {2, 2}, {1, 1}, {1, 1}, {0, 0, 0, 0}, false, false},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

static int64_t out_size(const shape *s, size_t d) {
    const int64_t left =
        s->in[d] + s->pads[d] + s->pads[s->rank + d] - (s->kernel[d] - 1) * s->dilation[d] - 1;
    int64_t n = (s->ceil ? (left + s->stride[d] - 1) : left) / s->stride[d] + 1;
    while (s->ceil && (n - 1) * s->stride[d] >= s->in[d] + s->pads[d])
        n--;
    return n;
}

static int64_t product(const int64_t *dims, size_t n) {
    int64_t len = 1;
    for (size_t i = 0; i < n; i++)
        len *= dims[i];
    return len;
}

/* What one output is. */
typedef struct result {
    double sum, squares, best;
    int64_t inputs, padded, index;
} result;

static result define(const shape *s, const double *plane, int64_t place, const int64_t *out) {
    result r = {.best = -INFINITY};
    const int64_t taps = product(s->kernel, s->rank);
    for (int64_t t = 0; t < taps; t++) {
        int64_t rest_t = t, rest_o = place, index = 0, step = 1;
        int64_t where[MAX_SPATIAL] = {0};
        bool inside = true, padded = true;
        for (size_t d = s->rank; d-- > 0;) {
            const int64_t p = rest_o % out[d] * s->stride[d] +
                              rest_t % s->kernel[d] * s->dilation[d] - s->pads[d];
            inside = inside && p >= 0 && p < s->in[d];
            padded = padded && p < s->in[d] + s->pads[s->rank + d];
            where[d] = p;
            index += p * step;
            step *= s->in[d];
            rest_o /= out[d];
            rest_t /= s->kernel[d];
        }
        r.padded += padded;
        if (!inside) continue;
        r.inputs++;
        r.sum += plane[index];
        r.squares += plane[index] * plane[index];
        if (!(plane[index] > r.best)) continue;
        r.best = plane[index];
        r.index = index;
        if (!s->columns) continue;
        r.index = 0;
        for (size_t d = s->rank; d-- > 0;)
            r.index = r.index * s->in[d] + where[d];
    }
    return r;
}

static void define_all(const shape *s, kind k, const int64_t *out) {
    const int64_t in_len = product(s->in, s->rank), out_len = product(out, s->rank);
    for (int64_t i = 0; i < s->planes * out_len; i++) {
        const int64_t plane = i / out_len;
        const result r = define(s, x + plane * in_len, i % out_len, out);
        y[i] = k == AVERAGE          ? r.sum / (double)r.inputs
               : k == PADDED_AVERAGE ? r.sum / (double)r.padded
               : k == MAX            ? r.best
                                     : sqrt(r.squares);
        at[i] = (double)(plane * in_len + r.index);
    }
}

static void check(const shape *s, kind k, sdx_dtype type, bool indices) {
    static const char *const names[] = {"AveragePool", "AveragePool", "MaxPool", "LpPool"};
    int64_t out[MAX_SPATIAL], dims_x[5] = {1, s->planes}, dims_y[5] = {1, s->planes};
    for (size_t d = 0; d < s->rank; d++) {
        dims_x[2 + d] = s->in[d];
        dims_y[2 + d] = out[d] = out_size(s, d);
    }
    for (size_t i = 0; i < MOST; i++)
        x[i] = (double)(i * 37 % 101) - (type == SDX_UINT8 ? 0 : 50);
    define_all(s, k, out);
    op_test *t = op_begin(names[k], 22);
    op_ints(t, "kernel_shape", s->rank, s->kernel);
    op_ints(t, "strides", s->rank, s->stride);
    op_ints(t, "dilations", s->rank, s->dilation);
    op_ints(t, "pads", 2 * s->rank, s->pads);
    op_int(t, "ceil_mode", s->ceil);
    if (k == PADDED_AVERAGE) op_int(t, "count_include_pad", 1);
    if (k == MAX) op_int(t, "storage_order", s->columns);
    op_input(t, type, s->rank + 2, dims_x, x);
    if (indices) op_outputs(t, 2);
    op_near(t, 0, type, s->rank + 2, dims_y, y,
            type == SDX_FLOAT16    ? 1e-3
            : type == SDX_BFLOAT16 ? 1e-2
                                   : 1e-6);
    if (indices) op_expect(t, 1, SDX_INT64, s->rank + 2, dims_y, at);
    op_end(t);
}

static void pools_are_their_definition(void **state) {
    (void)state;
    static const sdx_dtype floats[] = {SDX_FLOAT32, SDX_FLOAT64, SDX_FLOAT16, SDX_BFLOAT16};
    for (size_t i = 0; i < N_SHAPES; i++) {
        for (size_t f = 0; f < 4; f++) {
            for (kind k = AVERAGE; k <= NORM; k++)
                check(&shapes[i], k, floats[f], false);
        }
        check(&shapes[i], MAX, SDX_FLOAT32, true);
        check(&shapes[i], MAX, SDX_INT8, i & 1);
        check(&shapes[i], MAX, SDX_UINT8, true);
    }
}

static void check_global(const char *name, int version, sdx_dtype type, double first,
                         double second) {
    op_test *t = op_begin(name, version);
    op_input(t, type, DIMS(1, 2, 2, 2), DATA(1, -2, 3, 4, 0, 0, -12, 5));
    op_near(t, 0, type, DIMS(1, 2, 1, 1), DATA(first, second), 1e-3);
    op_end(t);
}

static void planes_become_numbers(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        const sdx_dtype type = i == 0 ? SDX_FLOAT32 : SDX_FLOAT64;
        check_global("GlobalAveragePool", 1, type, 1.5, -1.75);
        check_global("GlobalMaxPool", 22, type, 4, 5);
        check_global("GlobalLpPool", 1, type, sqrt(30), 13);
    }
    op_test *t = op_begin("GlobalLpPool", 1);
    op_float(t, "p", 3);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 2), DATA(3, -4));
    op_near(t, 0, SDX_FLOAT32, DIMS(1, 1, 1), DATA(cbrt(91)), 1e-6);
    op_end(t);
    t = op_begin("GlobalAveragePool", 1);
    op_input(t, SDX_FLOAT32, DIMS(1, 2), DATA(3, -4));
    op_expect(t, 0, SDX_FLOAT32, DIMS(1, 2), DATA(3, -4));
    op_end(t);
}

static void a_nan_is_the_maximum(void **state) {
    (void)state;
    for (int indices = 0; indices < 2; indices++) {
        op_test *t = op_begin("MaxPool", 12);
        op_ints(t, "kernel_shape", DIMS(3));
        op_input(t, SDX_FLOAT32, DIMS(1, 1, 3), DATA(1, NAN, 3));
        if (indices) op_outputs(t, 2);
        op_expect(t, 0, SDX_FLOAT32, DIMS(1, 1, 1), DATA(NAN));
        if (indices) op_expect(t, 1, SDX_INT64, DIMS(1, 1, 1), DATA(1));
        op_end(t);
    }
}

static void pools_refuse(void **state) {
    (void)state;
    op_test *t = op_begin("MaxPool", 12);
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 3), DATA(1, 2, 3));
    op_fails(t, "attribute 'kernel_shape' is missing");
    op_end(t);
    t = op_begin("AveragePool", 12);
    op_ints(t, "kernel_shape", DIMS(3));
    op_input(t, SDX_FLOAT32, DIMS(1, 3), DATA(1, 2, 3));
    op_fails(t, "input 'X' has shape [1,3], expected rank 3 or more");
    op_end(t);
    t = op_begin("LpPool", 1);
    op_float(t, "p", 2.5f);
    op_ints(t, "kernel_shape", DIMS(3));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 3), DATA(1, 2, 3));
    op_fails(t, "attribute 'p' is 2.5, expected 1, 2, 3, ...");
    op_end(t);
    t = op_begin("MaxPool", 12); /* absurd, and yet no trouble */
    op_ints(t, "kernel_shape", DIMS(2));
    op_ints(t, "dilations", DIMS(INT32_MAX));
    op_ints(t, "pads", DIMS(INT32_MAX, INT32_MAX));
    op_ints(t, "strides", DIMS(INT32_MAX));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 3), DATA(1, 2, 3));
    if (sizeof(size_t) < 8)
        op_fails(t, "spans 8589934592, more than this machine counts");
    else
        op_expect(t, 0, SDX_FLOAT32, DIMS(1, 1, 2), DATA(1, 1));
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pools_are_their_definition),
        cmocka_unit_test(planes_become_numbers),
        cmocka_unit_test(a_nan_is_the_maximum),
        cmocka_unit_test(pools_refuse),
    };
    return cmocka_run_group_tests_name("ops_pool", tests, NULL, NULL);
}
