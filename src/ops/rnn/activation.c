/* The functions that a gate may use (ONNX: RNN-22 activations), by name, with their default
 * parameters. Names compare without regard to case. */
#include <math.h>

#include "ops/rnn/rnn.h"

typedef struct function {
    const char *name;
    bool has_alpha, has_beta;
    float alpha, beta; /* defaults */
    size_t kernel; /* float32: its place in sdx_kernel_table, with alpha and beta as parameters */
    double (*f64)(double x, double alpha, double beta);
} function;

static double relu(double x, double a, double b) {
    (void)a, (void)b;
    return x > 0 || isnan(x) ? x : 0;
}
static double tanh_of(double x, double a, double b) {
    (void)a, (void)b;
    return tanh(x);
}
static double sigmoid(double x, double a, double b) {
    (void)a, (void)b;
    return 1 / (1 + exp(-x));
}
static double affine(double x, double a, double b) { return a * x + b; }
static double leaky(double x, double a, double b) {
    (void)b;
    return x < 0 ? a * x : x;
}
static double thresholded(double x, double a, double b) {
    (void)b;
    return x > a ? x : 0;
}
static double scaled_tanh(double x, double a, double b) { return a * tanh(b * x); }
static double hard_sigmoid(double x, double a, double b) { return fmin(fmax(a * x + b, 0), 1); }
static double elu(double x, double a, double b) {
    (void)b;
    return x < 0 ? a * expm1(x) : x;
}
static double softsign(double x, double a, double b) {
    (void)a, (void)b;
    return x / (1 + fabs(x));
}
static double softplus(double x, double a, double b) {
    (void)a, (void)b;
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

#define KERNEL(name) offsetof(sdx_kernel_table, name)
enum { SCALED_TANH = 0 }; /* no kernel of its own */

static const function functions[] = {
    {"relu", false, false, 0, 0, KERNEL(relu_f32), relu},
    {"tanh", false, false, 0, 0, KERNEL(tanh_f32), tanh_of},
    {"sigmoid", false, false, 0, 0, KERNEL(sigmoid_f32), sigmoid},
    {"affine", true, true, 1, 0, KERNEL(affine_f32), affine},
    {"leakyrelu", true, false, 0.01f, 0, KERNEL(leaky_relu_f32), leaky},
    {"thresholdedrelu", true, false, 1, 0, KERNEL(thresholded_relu_f32), thresholded},
    {"scaledtanh", true, true, 1, 1, SCALED_TANH, scaled_tanh},
    {"hardsigmoid", true, true, 0.2f, 0.5f, KERNEL(hard_sigmoid_f32), hard_sigmoid},
    {"elu", true, false, 1, 0, KERNEL(elu_f32), elu},
    {"softsign", false, false, 0, 0, KERNEL(softsign_f32), softsign},
    {"softplus", false, false, 0, 0, KERNEL(softplus_f32), softplus},
};

static bool same_name(sdx_str a, const char *b) {
    for (size_t i = 0; i < a.len; i++) {
        const char low =
            a.ptr[i] >= 'A' && a.ptr[i] <= 'Z' ? (char)(a.ptr[i] - 'A' + 'a') : a.ptr[i];
        if (b[i] == 0 || low != b[i]) return false;
    }
    return b[a.len] == 0;
}

static sdx_status find(sdx_str name, size_t *out) {
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (!same_name(name, functions[i].name)) continue;
        *out = i;
        return NULL;
    }
    return sdx_fail(
        SDX_INVALID_MODEL,
        "attribute 'activations': found '%.*s', expected Relu, Tanh, Sigmoid, Affine, LeakyRelu, "
        "ThresholdedRelu, ScaledTanh, HardSigmoid, Elu, Softsign or Softplus",
        SDX_FMT(name));
}

/* Parameters are taken from the lists in order, by the functions that have them only. */
static float next_of(const sdx_attr *list, size_t *at, float standard) {
    return list->kind != SDX_ATTR_ABSENT && *at < list->n ? list->floats[(*at)++] : standard;
}

sdx_status sdx_rnn_activations(const sdx_node *node, size_t directions, sdx_rnn_activation *out) {
    const sdx_rnn_row *const row = node->op->data;
    const sdx_attr *const names = sdx_node_attr(node, RNN_ACTIVATIONS);
    const size_t n = directions * row->n_activations;
    if (names->kind != SDX_ATTR_ABSENT && names->n != n) {
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'activations': found %zu names, expected %zu, %zu a direction",
                        names->n, n, row->n_activations);
    }
    size_t alpha = 0, beta = 0;
    for (size_t i = 0; i < n; i++) {
        const sdx_str name = names->kind != SDX_ATTR_ABSENT
                                 ? names->strings[i]
                                 : sdx_str_from(row->activations[i % row->n_activations]);
        SDX_TRY(find(name, &out[i].function));
        const function *const f = &functions[out[i].function];
        out[i].alpha = f->has_alpha ? next_of(sdx_node_attr(node, RNN_ALPHA), &alpha, f->alpha) : 0;
        out[i].beta = f->has_beta ? next_of(sdx_node_attr(node, RNN_BETA), &beta, f->beta) : 0;
    }
    return NULL;
}

static void scaled_tanh_f32(const sdx_kernel_table *k, float *x, size_t n, float a, float b) {
    k->affine_f32(x, x, n, b, 0);
    k->tanh_f32(x, x, n, 0, 0);
    k->affine_f32(x, x, n, a, 0);
}

void sdx_rnn_activate_f32(const sdx_rnn_activation *a, const sdx_kernel_table *kernels, float *x,
                          size_t n) {
    sdx_unary_f32_fn *const kernel = sdx_unary_at(kernels, functions[a->function].kernel);
    if (kernel != NULL)
        kernel(x, x, n, a->alpha, a->beta);
    else
        scaled_tanh_f32(kernels, x, n, a->alpha, a->beta);
}

void sdx_rnn_activate_f64(const sdx_rnn_activation *a, const sdx_kernel_table *kernels, double *x,
                          size_t n) {
    (void)kernels;
    double (*const f)(double, double, double) = functions[a->function].f64;
    for (size_t i = 0; i < n; i++) {
        x[i] = f(x[i], (double)a->alpha, (double)a->beta);
    }
}
