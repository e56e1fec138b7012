/* Unary maps of float32: the formulas of the operators in double. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "checkop.h"

/* The value, and in *slack what the error of rounded intermediate values may add. */
typedef double oracle_fn(double x, double p0, double p1, double *slack);

/* x * sigmoid(a x): an a x that is wrong by some units moves the exponential by |a x| times as
 * many; the exponential may be subnormal. */
static double silu_slack(double x, double a, double units) {
    const double inner = a * x;
    const double y = x / (1 + exp(-inner));
    return fabs(y) < 1e300 && fabs(inner) < 1e300
               ? fabs(y * inner) * units * 0x1p-24 + fabs(x) * 0x1p-148
               : 0;
}

static double gelu_inner(double x) { return sqrt(8 / acos(-1.0)) * (x + 0.044715 * x * x * x); }

static double ref_abs(double x, SDX_UNUSED double a, SDX_UNUSED double b, SDX_UNUSED double *s) {
    return fabs(x);
}
static double ref_neg(double x, SDX_UNUSED double a, SDX_UNUSED double b, SDX_UNUSED double *s) {
    return -x;
}
static double ref_sqrt(double x, SDX_UNUSED double a, SDX_UNUSED double b, SDX_UNUSED double *s) {
    return sqrt(x);
}
static double ref_reciprocal(double x, SDX_UNUSED double a, SDX_UNUSED double b,
                             SDX_UNUSED double *s) {
    return 1 / x;
}
static double ref_floor(double x, SDX_UNUSED double a, SDX_UNUSED double b, SDX_UNUSED double *s) {
    return floor(x);
}
static double ref_ceil(double x, SDX_UNUSED double a, SDX_UNUSED double b, SDX_UNUSED double *s) {
    return ceil(x);
}
static double ref_round(double x, SDX_UNUSED double a, SDX_UNUSED double b, SDX_UNUSED double *s) {
    return nearbyint(x);
}
static double ref_sign(double x, SDX_UNUSED double a, SDX_UNUSED double b, SDX_UNUSED double *s) {
    return x < 0 ? -1 : x > 0 ? 1 : x;
}
static double ref_relu(double x, SDX_UNUSED double a, SDX_UNUSED double b, SDX_UNUSED double *s) {
    return x < 0 ? 0 : x;
}
static double ref_clip(double x, double a, double b, SDX_UNUSED double *s) {
    return isnan(x) ? x : fmin(b, fmax(a, x));
}
static double ref_affine(double x, double a, double b, double *s) {
    *s = check_ulp(x * a);
    return x * a + b;
}
static double ref_leaky_relu(double x, double a, SDX_UNUSED double b, SDX_UNUSED double *s) {
    return x < 0 ? a * x : x;
}
static double ref_thresholded_relu(double x, double a, SDX_UNUSED double b, SDX_UNUSED double *s) {
    return x > a ? x : 0;
}
static double ref_shrink(double x, double a, double b, SDX_UNUSED double *s) {
    return x < -b ? x + a : x > b ? x - a : 0;
}
static double ref_hard_sigmoid(double x, double a, double b, double *s) {
    *s = check_ulp(a * x + b) + check_ulp(b);
    return isnan(x) ? x : fmax(0, fmin(1, a * x + b));
}
static double ref_hard_swish(double x, SDX_UNUSED double a, SDX_UNUSED double b, double *s) {
    *s = fabs(x) < 3 ? fabs(x) * 0x1p-24 : 0;
    return x * (isnan(x) ? x : fmax(0, fmin(1, x / 6 + 0.5)));
}
static double ref_softsign(double x, SDX_UNUSED double a, SDX_UNUSED double b,
                           SDX_UNUSED double *s) {
    return x / (1 + fabs(x));
}
static double ref_exp(double x, SDX_UNUSED double a, SDX_UNUSED double b, SDX_UNUSED double *s) {
    return exp(x);
}
static double ref_log(double x, SDX_UNUSED double a, SDX_UNUSED double b, SDX_UNUSED double *s) {
    return log(x);
}
static double ref_tanh(double x, SDX_UNUSED double a, SDX_UNUSED double b, SDX_UNUSED double *s) {
    return tanh(x);
}
static double ref_sigmoid(double x, SDX_UNUSED double a, SDX_UNUSED double b,
                          SDX_UNUSED double *s) {
    return 1 / (1 + exp(-x));
}
static double ref_erf(double x, SDX_UNUSED double a, SDX_UNUSED double b, SDX_UNUSED double *s) {
    return erf(x);
}
static double ref_softplus(double x, SDX_UNUSED double a, SDX_UNUSED double b,
                           SDX_UNUSED double *s) {
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}
static double ref_elu(double x, double a, SDX_UNUSED double b, SDX_UNUSED double *s) {
    return x > 0 ? x : a * expm1(x);
}
static double ref_selu(double x, double a, double b, SDX_UNUSED double *s) {
    return b * (x > 0 ? x : a * expm1(x));
}
static double ref_celu(double x, double a, SDX_UNUSED double b, double *s) {
    *s = x < 0 ? fabs(x * exp(x / a)) * 0x1p-24 : 0;
    return x > 0 ? x : a * expm1(x / a);
}
static double ref_silu(double x, double a, SDX_UNUSED double b, double *s) {
    *s = silu_slack(x, a, 1);
    return x / (1 + exp(-a * x));
}
static double ref_gelu_erf(double x, SDX_UNUSED double a, SDX_UNUSED double b, double *s) {
    *s = check_ulp(x);
    return x * 0.5 * erfc(-x / sqrt(2));
}
static double ref_gelu_tanh(double x, SDX_UNUSED double a, SDX_UNUSED double b, double *s) {
    *s = silu_slack(x, gelu_inner(x) / x, 4);
    return x / (1 + exp(-gelu_inner(x)));
}
static double ref_mish(double x, SDX_UNUSED double a, SDX_UNUSED double b, double *s) {
    *s = fabs(x) * 0x1p-148;
    return x * tanh(x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)));
}

static const struct {
    const char *name;
    oracle_fn *value;
    double a0, a1, b0, b1; /* ranges of the parameters */
} oracles[] = {
    {"abs", ref_abs, 0, 0, 0, 0},
    {"neg", ref_neg, 0, 0, 0, 0},
    {"sqrt", ref_sqrt, 0, 0, 0, 0},
    {"reciprocal", ref_reciprocal, 0, 0, 0, 0},
    {"floor", ref_floor, 0, 0, 0, 0},
    {"ceil", ref_ceil, 0, 0, 0, 0},
    {"round", ref_round, 0, 0, 0, 0},
    {"sign", ref_sign, 0, 0, 0, 0},
    {"relu", ref_relu, 0, 0, 0, 0},
    {"clip", ref_clip, -9, 9, -9, 9},
    {"affine", ref_affine, -2, 2, -9, 9},
    {"leaky_relu", ref_leaky_relu, -2, 2, 0, 0},
    {"thresholded_relu", ref_thresholded_relu, -2, 2, 0, 0},
    {"shrink", ref_shrink, -2, 2, 0, 2},
    {"hard_sigmoid", ref_hard_sigmoid, 0, 1, -1, 1},
    {"hard_swish", ref_hard_swish, 0, 0, 0, 0},
    {"softsign", ref_softsign, 0, 0, 0, 0},
    {"exp", ref_exp, 0, 0, 0, 0},
    {"log", ref_log, 0, 0, 0, 0},
    {"tanh", ref_tanh, 0, 0, 0, 0},
    {"sigmoid", ref_sigmoid, 0, 0, 0, 0},
    {"erf", ref_erf, 0, 0, 0, 0},
    {"softplus", ref_softplus, 0, 0, 0, 0},
    {"elu", ref_elu, -2, 2, 0, 0},
    {"selu", ref_selu, -2, 2, -2, 2},
    {"celu", ref_celu, 0.1, 2, 0, 0},
    {"silu", ref_silu, -2, 2, 0, 0},
    {"gelu_erf", ref_gelu_erf, 0, 0, 0, 0},
    {"gelu_tanh", ref_gelu_tanh, 0, 0, 0, 0},
    {"mish", ref_mish, 0, 0, 0, 0},
};

typedef struct unary_case {
    sdx_unary_f32_fn *fn;
    float *y;
    const float *x;
    size_t n;
    float p0, p1;
} unary_case;

static void call(void *arg) {
    const unary_case *u = arg;
    u->fn(u->y, u->x, u->n, u->p0, u->p1);
}

static bool compare(check *c, const unary_case *u, oracle_fn *oracle) {
    for (size_t i = 0; i < u->n; i++) {
        double slack = 0;
        const double want = oracle((double)u->x[i], (double)u->p0, (double)u->p1, &slack);
        char what[60];
        if (check_close(c, want, (double)u->y[i], slack, "value", i)) continue;
        snprintf(what, sizeof what, " for %.9g (%g, %g)", (double)u->x[i], (double)u->p0,
                 (double)u->p1);
        strncat(c->reason, what, sizeof c->reason - strlen(c->reason) - 1);
        return false;
    }
    return true;
}

/* Parts, single elements and in-place calls have the same bits. */
static bool parts_agree(check *c, const unary_case *u) {
    for (size_t i = 0; i < u->n && i < 80; i++) {
        float alone;
        u->fn(&alone, u->x + i, 1, u->p0, u->p1);
        if (!check_floats(c, u->y + i, &alone, 1, "one element alone")) return false;
    }
    const size_t from = u->n ? check_below(u->n) : 0;
    const size_t n = u->n - from;
    float *z = check_buffer(2, n * sizeof *z);
    memcpy(z, u->x + from, n * sizeof *z);
    u->fn(z, z, n, u->p0, u->p1);
    return check_floats(c, u->y + from, z, n, "in place") && check_canary(c, 2);
}

static bool round_of(check *c, sdx_unary_f32_fn *fn, size_t oracle, size_t n) {
    float *x = check_buffer(0, n * sizeof *x);
    unary_case u = {.fn = fn, .x = x, .y = check_buffer(1, n * sizeof *x), .n = n};
    u.p0 = (float)check_uniform(oracles[oracle].a0, oracles[oracle].a1);
    u.p1 = (float)check_uniform(oracles[oracle].b0, oracles[oracle].b1);
    for (size_t i = 0; i < n; i++)
        x[i] = check_any_float();
    call(&u);
    return compare(c, &u, oracles[oracle].value) && check_canary(c, 1) && parts_agree(c, &u);
}

bool check_unary_f32(check *c, sdx_unary_f32_fn *fn) {
    const char *names[sizeof oracles / sizeof *oracles];
    const size_t n_names = sizeof names / sizeof *names;
    for (size_t i = 0; i < n_names; i++)
        names[i] = oracles[i].name;
    const int found = check_find(c, names, n_names);
    if (found < 0) return false;
    for (int round = 0; round < 100; round++)
        if (!round_of(c, fn, (size_t)found, check_length(400))) return false;
    if (!round_of(c, fn, (size_t)found, 200000)) return false;
    if (c->bench) {
        enum { N = 4096 };
        float *x = check_buffer(0, N * sizeof *x);
        check_fill(x, N, -4, 4);
        unary_case u = {
            .fn = fn, .x = x, .y = check_buffer(1, N * sizeof *x), .n = N, .p0 = 0.5f, .p1 = 1};
        snprintf(c->speed, sizeof c->speed, "%.3f ns/element", check_time(call, &u) / N * 1e9);
    }
    return true;
}
