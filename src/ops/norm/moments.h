/* Mean and variance of float64 rows; float32 has kernels. */
#ifndef SDX_OPS_NORM_MOMENTS_H
#define SDX_OPS_NORM_MOMENTS_H

#include <stddef.h>

static inline double sdx_mean_f64(const double *x, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
    }
    return sum / (double)n;
}

/* The mean of the squares of the distances to `centre`. */
static inline double sdx_variance_f64(const double *x, size_t n, double centre) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (x[i] - centre) * (x[i] - centre);
    }
    return sum / (double)n;
}

#endif
