/* See scores.h. */
#include "ops/ml/scores.h"

#include <math.h>

sdx_status sdx_post_transform_of(sdx_str name, sdx_post_transform *out) {
    static const char *const names[] = {[SDX_POST_NONE] = "NONE",
                                        [SDX_POST_SOFTMAX] = "SOFTMAX",
                                        [SDX_POST_LOGISTIC] = "LOGISTIC",
                                        [SDX_POST_SOFTMAX_ZERO] = "SOFTMAX_ZERO",
                                        [SDX_POST_PROBIT] = "PROBIT"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!sdx_str_is(name, names[i])) continue;
        *out = (sdx_post_transform)i;
        return NULL;
    }
    return sdx_fail(SDX_INVALID_MODEL,
                    "attribute 'post_transform': found '%.*s', expected NONE, SOFTMAX, LOGISTIC, "
                    "SOFTMAX_ZERO or PROBIT",
                    SDX_FMT(name));
}

size_t sdx_scores_best(const double *scores, size_t n) {
    size_t best = 0;
    for (size_t i = 1; i < n; i++) {
        if (scores[i] > scores[best]) best = i;
    }
    return best;
}

/* Scores nearer to zero than this are zero: absent classes. */
#define ALMOST_ZERO 1e-7

static void softmax(double *scores, size_t n, bool skip_zeros) {
    const double most = scores[sdx_scores_best(scores, n)];
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        const bool zero = skip_zeros && fabs(scores[i]) <= ALMOST_ZERO;
        scores[i] = zero ? 0.0 : exp(scores[i] - most);
        sum += scores[i];
    }
    for (size_t i = 0; i < n && sum > 0.0; i++) {
        scores[i] /= sum;
    }
}

static void logistic(double *scores, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const double e = exp(-fabs(scores[i]));
        scores[i] = scores[i] >= 0.0 ? 1.0 / (1.0 + e) : e / (1.0 + e);
    }
}

/* x with erf(x) = y: Winitzki's closed form, then Newton steps on erf. */
static double inverse_erf(double y) {
    if (!(fabs(y) < 1.0)) return fabs(y) > 1.0 ? NAN : y * INFINITY;
    const double a = 0.147, half_root_pi = 0.88622692545275801;
    const double l = log(1.0 - y * y), b = 2.0 / (3.14159265358979324 * a) + 0.5 * l;
    double x = copysign(sqrt(sqrt(b * b - l / a) - b), y);
    for (int step = 0; step < 3; step++) {
        x -= (erf(x) - y) * half_root_pi * exp(x * x);
    }
    return x;
}

static void probit(double *scores, size_t n) {
    for (size_t i = 0; i < n; i++) {
        scores[i] = 1.41421356237309505 * inverse_erf(2.0 * scores[i] - 1.0);
    }
}

void sdx_post_transform_apply(sdx_post_transform transform, double *scores, size_t n) {
    if (n == 0) return;
    if (transform == SDX_POST_SOFTMAX) softmax(scores, n, false);
    if (transform == SDX_POST_SOFTMAX_ZERO) softmax(scores, n, true);
    if (transform == SDX_POST_LOGISTIC) logistic(scores, n);
    if (transform == SDX_POST_PROBIT) probit(scores, n);
}
