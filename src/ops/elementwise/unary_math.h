/* The functions of unary maps in double precision: for float64, and for float32 where there is no
 * kernel. NaN in gives NaN out, where kernels.def does not say otherwise for its twin there. */
#ifndef SDX_OPS_ELEMENTWISE_UNARY_MATH_H
#define SDX_OPS_ELEMENTWISE_UNARY_MATH_H

#include <math.h>
#include <stdbool.h>

#include "base/attr.h"

static inline double math_neg(double x) { return -x; }
static inline double math_reciprocal(double x) { return 1.0 / x; }
static inline double math_sign(double x) { return x < 0 ? -1.0 : x > 0 ? 1.0 : x; }
static inline double math_relu(double x) { return x < 0 ? 0.0 : x; }
static inline double math_softsign(double x) { return x / (1.0 + fabs(x)); }

/* Without overflow on either side. */
static inline double math_sigmoid(double x) {
    const double z = exp(-fabs(x));
    return x < 0 ? z / (1.0 + z) : 1.0 / (1.0 + z);
}

/* ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|) */
static inline double math_softplus(double x) { return math_relu(x) + log1p(exp(-fabs(x))); }

static inline double math_mish(double x) { return x * tanh(math_softplus(x)); }

/* Ties to even, whatever the thread's rounding mode is. */
static inline double math_round(double x) {
    const double nearest = round(x); /* ties away from 0 */
    const bool tie = fabs(x - trunc(x)) == 0.5;
    return tie ? copysign(2.0 * round(x / 2.0), x) : nearest;
}

static inline double math_hard_swish(double x) {
    const double y = x / 6.0 + 0.5;
    return x * (y < 0 ? 0.0 : y > 1 ? 1.0 : y);
}

static inline double math_gelu_erf(double x) {
    return 0.5 * x * (1.0 + erf(x * 0x1.6a09e667f3bcdp-1));
}

/* x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) */
static inline double math_gelu_tanh(double x) {
    return 0.5 * x * (1.0 + tanh(0x1.9884533d43651p-1 * x * (1.0 + 0.044715 * x * x)));
}

static inline double math_affine(double x, double alpha, double beta) { return alpha * x + beta; }
static inline double math_scaled_softplus(double x, double alpha, double beta) {
    return alpha * math_softplus(beta * x);
}
static inline double math_scaled_tanh(double x, double alpha, double beta) {
    return alpha * tanh(beta * x);
}
static inline double math_leaky_relu(double x, double alpha, SDX_UNUSED double p1) {
    return x < 0 ? alpha * x : x;
}
static inline double math_elu(double x, double alpha, SDX_UNUSED double p1) {
    return x < 0 ? alpha * expm1(x) : x;
}
static inline double math_selu(double x, double alpha, double gamma) {
    return gamma * (x < 0 ? alpha * expm1(x) : x);
}
static inline double math_celu(double x, double alpha, SDX_UNUSED double p1) {
    return x < 0 ? alpha * expm1(x / alpha) : x;
}
static inline double math_hard_sigmoid(double x, double alpha, double beta) {
    const double y = alpha * x + beta;
    return y < 0 ? 0.0 : y > 1 ? 1.0 : y;
}
static inline double math_swish(double x, double alpha, SDX_UNUSED double p1) {
    return x * math_sigmoid(alpha * x);
}
static inline double math_thresholded_relu(double x, double alpha, SDX_UNUSED double p1) {
    return x > alpha ? x : 0.0;
}
static inline double math_shrink(double x, double bias, double lambd) {
    return x < -lambd ? x + bias : x > lambd ? x - bias : 0.0;
}

#endif
