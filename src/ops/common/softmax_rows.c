/* See softmax_rows.h. */
#include "ops/common/softmax_rows.h"

#include <math.h>

#include "kernels/kernels.h"

static void softmax_f32(const sdx_kernel_table *k, void *y, const void *x, size_t n) {
    k->softmax_f32(y, x, n);
}
static void log_softmax_f32(const sdx_kernel_table *k, void *y, const void *x, size_t n) {
    k->log_softmax_f32(y, x, n);
}

static double largest(const double *x, size_t n) {
    double max = x[0];
    for (size_t i = 1; i < n; i++) {
        max = x[i] > max || isnan(x[i]) ? x[i] : max;
    }
    return max;
}

static void softmax_f64(const sdx_kernel_table *k, void *y, const void *x, size_t n) {
    (void)k;
    const double max = largest(x, n);
    double *const to = y, sum = 0;
    for (size_t i = 0; i < n; i++) {
        to[i] = exp(((const double *)x)[i] - max);
        sum += to[i];
    }
    for (size_t i = 0; i < n; i++) {
        to[i] /= sum;
    }
}

static void log_softmax_f64(const sdx_kernel_table *k, void *y, const void *x, size_t n) {
    (void)k;
    const double *const from = x, max = largest(x, n);
    double *const to = y, sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += exp(from[i] - max);
    }
    const double log_sum = log(sum);
    for (size_t i = 0; i < n; i++) {
        to[i] = from[i] - max - log_sum;
    }
}

const sdx_along_row sdx_softmax_rows = {.f32 = softmax_f32, .f64 = softmax_f64};
const sdx_along_row sdx_log_softmax_rows = {.f32 = log_softmax_f32, .f64 = log_softmax_f64};
