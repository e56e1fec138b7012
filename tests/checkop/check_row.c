/* Softmax and norms of a row in double. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "checkop.h"

enum { MAX_ROW = 5000 };
static const char *const row_names[] = {"softmax", "log_softmax"};
static const char *const norm_names[] = {"layer_norm", "rms_norm"};

/* Units that a sum of n terms may be wrong by: half of one per addition that a term passes. */
static double sum_units(size_t n) { return 20 + log2((double)n + 1); }

static bool compare_softmax(check *c, bool is_log, const float *x, const float *y, size_t n) {
    double max = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++)
        max = isnan(x[i]) ? NAN : max > (double)x[i] ? max : (double)x[i];
    for (size_t i = 0; i < n; i++)
        sum += exp((double)x[i] - max);
    for (size_t i = 0; i < n; i++) {
        const double below = (double)x[i] - max;
        const double units = (sum_units(n) + fabs(below)) * 0x1p-24;
        const double soft = exp(below) / sum;
        const double want = is_log ? below - log(sum) : soft;
        const double slack = is_log ? units + fabs(want) * 0x1p-23 : soft * units + 0x1p-148;
        if (!check_close(c, want, (double)y[i], isfinite(slack) ? slack : 0, "element", i))
            return false;
    }
    return true;
}

typedef struct row_case {
    sdx_row_f32_fn *row_fn;
    sdx_norm_f32_fn *norm_fn;
    const sdx_norm_f32 *norm;
    float *y;
    const float *x;
    size_t n;
} row_case;

static void call_row(void *arg) {
    const row_case *u = arg;
    u->row_fn(u->y, u->x, u->n);
}
static void call_norm(void *arg) {
    const row_case *u = arg;
    u->norm_fn(u->y, u->x, u->n, u->norm);
}

bool check_row_f32(check *c, sdx_row_f32_fn *fn) {
    const int which = check_find(c, row_names, 2);
    if (which < 0) return false;
    for (int round = 0; round < 300; round++) {
        const size_t n = check_length(MAX_ROW);
        float *x = check_buffer(0, n * sizeof *x);
        float *y = check_buffer(1, n * sizeof *y);
        const double width = round % 3 ? 5 : 100;
        check_fill(x, n, -width, width);
        if (n && round % 8 == 0) x[check_below(n)] = round % 16 ? -INFINITY : 1e4f;
        fn(y, x, n);
        if (!compare_softmax(c, which == 1, x, y, n) || !check_canary(c, 1)) return false;
        float *z = check_buffer(2, n * sizeof *z);
        memcpy(z, x, n * sizeof *z);
        fn(z, z, n);
        if (!check_floats(c, y, z, n, "in place")) return false;
        float *shifted = (float *)check_buffer(3, (n + 16) * sizeof *x) + check_below(16);
        memcpy(shifted, x, n * sizeof *x);
        fn(shifted, shifted, n);
        if (!check_floats(c, y, shifted, n, "other alignment")) return false;
    }
    float bad[3] = {1, NAN, 2};
    fn(bad, bad, 3);
    if (!isnan(bad[0]) || !isnan(bad[2]))
        return check_failed(c, "NaN does not spread over its row");
    if (c->bench) {
        float *x = check_buffer(0, 1024 * sizeof *x);
        check_fill(x, 1024, -4, 4);
        row_case u = {.row_fn = fn, .x = x, .y = check_buffer(1, 1024 * sizeof *x), .n = 1024};
        snprintf(c->speed, sizeof c->speed, "%.3f ns/element", check_time(call_row, &u) / 1024e-9);
    }
    return true;
}

static bool compare_norm(check *c, bool rms, const row_case *u) {
    const sdx_norm_f32 *norm = u->norm;
    const double n = (double)u->n;
    double mean = 0, size = 0, square = 0;
    for (size_t i = 0; i < u->n; i++)
        mean += (double)u->x[i] / n;
    if (rms) mean = 0;
    for (size_t i = 0; i < u->n; i++) {
        size += fabs((double)u->x[i]) / n;
        square += ((double)u->x[i] - mean) * ((double)u->x[i] - mean) / n;
    }
    const double inverse = 1 / sqrt(square + (double)norm->epsilon);
    const double units = sum_units(u->n) * 0x1p-24;
    /* the variance is off by the error of the mean squared and by the rounding of its sum */
    const double inverse_units = units + (size * units) * (size * units) * inverse * inverse;
    if (norm->mean && !rms &&
        !check_close(c, mean, (double)*norm->mean, size * units, "mean of", u->n))
        return false;
    if (norm->inv_std && !check_close(c, inverse, (double)*norm->inv_std, inverse * inverse_units,
                                      "inverse deviation of", u->n))
        return false;
    for (size_t i = 0; i < u->n; i++) {
        const double scale = norm->scale ? (double)norm->scale[i] : 1;
        const double normal = ((double)u->x[i] - mean) * inverse * scale;
        const double want = normal + (norm->bias ? (double)norm->bias[i] : 0);
        const double slack = fabs(scale) * inverse * (size + fabs((double)u->x[i])) * units +
                             fabs(normal) * inverse_units;
        if (!check_close(c, want, (double)u->y[i], slack, "element", i)) return false;
    }
    return true;
}

bool check_norm_f32(check *c, sdx_norm_f32_fn *fn) {
    const int which = check_find(c, norm_names, 2);
    if (which < 0) return false;
    for (int round = 0; round < 300; round++) {
        const size_t n = 1 + check_length(MAX_ROW);
        float *x = check_buffer(0, n * sizeof *x);
        float *scale = check_buffer(1, n * sizeof *x);
        float *bias = check_buffer(2, n * sizeof *x);
        float mean, inv_std;
        const double centre = check_uniform(-9, 9);
        check_fill(x, n, centre - 2, centre + 2);
        check_fill(scale, n, -2, 2);
        check_fill(bias, n, -2, 2);
        const sdx_norm_f32 norm = {.scale = round % 2 ? scale : NULL,
                                   .bias = round % 3 ? bias : NULL,
                                   .mean = round % 5 ? &mean : NULL,
                                   .inv_std = round % 5 ? &inv_std : NULL,
                                   .epsilon = 1e-5f};
        row_case u = {.norm_fn = fn, .norm = &norm, .x = x, .n = n};
        u.y = check_buffer(3, n * sizeof *x);
        call_norm(&u);
        if (!compare_norm(c, which == 1, &u) || !check_canary(c, 3)) return false;
        float *z = check_buffer(4, n * sizeof *z);
        memcpy(z, x, n * sizeof *z);
        fn(z, z, n, &norm);
        if (!check_floats(c, u.y, z, n, "in place")) return false;
    }
    if (c->bench) {
        float *x = check_buffer(0, 1024 * sizeof *x);
        check_fill(x, 1024, -4, 4);
        const sdx_norm_f32 norm = {.scale = x, .bias = x, .epsilon = 1e-5f};
        row_case u = {.norm_fn = fn, .norm = &norm, .x = x, .n = 1024};
        u.y = check_buffer(1, 1024 * sizeof *x);
        snprintf(c->speed, sizeof c->speed, "%.3f ns/element", check_time(call_norm, &u) / 1024e-9);
    }
    return true;
}
