/* See svm.h. */
#include "ops/ml/svm.h"

#include <math.h>
#include <string.h>

#include "base/attr.h"
#include "ops/ml/features.h"

static double poly(const sdx_svm *svm, double product) {
    return pow(svm->gamma * product + svm->coef0, svm->degree);
}
static double rbf(const sdx_svm *svm, double distance) { return exp(-svm->gamma * distance); }
static double sigmoid(const sdx_svm *svm, double product) {
    return tanh(svm->gamma * product + svm->coef0);
}

static sdx_status kernel_of(sdx_str name, sdx_svm *svm) {
    static const struct {
        const char *name;
        double (*finish)(const sdx_svm *svm, double product);
        bool distances;
    } kernels[] = {{"LINEAR", NULL, false},
                   {"POLY", poly, false},
                   {"RBF", rbf, true},
                   {"SIGMOID", sigmoid, false}};
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        if (!sdx_str_is(name, kernels[i].name)) continue;
        svm->finish = kernels[i].finish;
        svm->distances = kernels[i].distances;
        return NULL;
    }
    return sdx_fail(SDX_INVALID_MODEL,
                    "attribute 'kernel_type': found '%.*s', expected LINEAR, POLY, RBF or SIGMOID",
                    SDX_FMT(name));
}

static sdx_status params_of(const sdx_attr *params, sdx_svm *svm) {
    if (params->n != 0 && params->n != 3)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'kernel_params': found %zu values, expected gamma, coef0 and "
                        "degree",
                        params->n);
    if (params->n == 0) return NULL;
    svm->gamma = (double)params->floats[0];
    svm->coef0 = (double)params->floats[1];
    svm->degree = (double)params->floats[2];
    return NULL;
}

sdx_status sdx_svm_of(const sdx_node *node, sdx_svm_attrs attrs, size_t n, size_t n_rows,
                      sdx_svm *svm) {
    const size_t index = n > 0 ? attrs.vectors : attrs.coefficients;
    const sdx_attr *const vectors = sdx_node_attr(node, index);
    *svm = (sdx_svm){.vectors = vectors->floats, .n_vectors = n > 0 ? n : n_rows};
    SDX_TRY(kernel_of(sdx_node_str(node, attrs.kernel_type), svm));
    SDX_TRY(params_of(sdx_node_attr(node, attrs.kernel_params), svm));
    if (n == 0) svm->finish = NULL;
    if (n == 0) svm->distances = false;
    svm->n_features = vectors->n / svm->n_vectors;
    if (vectors->n > 0 && vectors->n % svm->n_vectors == 0) return NULL;
    return sdx_fail(SDX_INVALID_MODEL,
                    "attribute '%s': found %zu values, expected as many for each of %zu %s",
                    node->op->attrs[index].name, vectors->n, svm->n_vectors,
                    n > 0 ? "support vectors" : "targets");
}

enum { AT_ONCE = 4 }; /* vectors whose sums do not wait for each other */

static void add_products(const double *x, const float *const *v, size_t n, double *out) {
    double sums[AT_ONCE] = {0};
    for (size_t i = 0; i < n; i++) {
        SDX_UNROLL(4)
        for (size_t k = 0; k < AT_ONCE; k++)
            sums[k] += x[i] * (double)v[k][i];
    }
    memcpy(out, sums, sizeof sums);
}

static void add_distances(const double *x, const float *const *v, size_t n, double *out) {
    double sums[AT_ONCE] = {0};
    for (size_t i = 0; i < n; i++) {
        SDX_UNROLL(4)
        for (size_t k = 0; k < AT_ONCE; k++) {
            const double d = x[i] - (double)v[k][i];
            sums[k] += d * d;
        }
    }
    memcpy(out, sums, sizeof sums);
}

void sdx_svm_compare(const sdx_svm *svm, const double *x, double *out) {
    for (size_t first = 0; first < svm->n_vectors; first += AT_ONCE) {
        const float *v[AT_ONCE];
        double sums[AT_ONCE];
        for (size_t k = 0; k < AT_ONCE; k++) { /* beyond the last vector it counts again */
            const size_t at = first + k < svm->n_vectors ? first + k : svm->n_vectors - 1;
            v[k] = svm->vectors + at * svm->n_features;
        }
        (svm->distances ? add_distances : add_products)(x, v, svm->n_features, sums);
        for (size_t k = 0; k < AT_ONCE && first + k < svm->n_vectors; k++)
            out[first + k] = svm->finish != NULL ? svm->finish(svm, sums[k]) : sums[k];
    }
}

/* ---- rows */

typedef struct row_job {
    const sdx_call *c;
    const sdx_svm *svm;
    sdx_svm_row_fn *row;
    double *work;
    size_t n_work; /* of each lane */
} row_job;

static void some_rows(void *arg, size_t begin, size_t end, unsigned lane) {
    const row_job *const j = arg;
    double *const x = j->work + lane * j->n_work;
    for (size_t r = begin; r < end; r++) {
        sdx_features_read(j->c->in[0], r * j->svm->n_features, j->svm->n_features, x);
        j->row(j->c, r, x);
    }
}

sdx_status sdx_svm_rows(const sdx_call *c, const sdx_svm *svm, size_t n_work, sdx_svm_row_fn *row) {
    const sdx_view *const x = c->in[0];
    row_job j = {.c = c, .svm = svm, .row = row, .n_work = n_work};
    size_t bytes;
    if (sdx_features_count(x) != svm->n_features)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input 'X': found %zu features, expected %zu as the vectors have",
                        sdx_features_count(x), svm->n_features);
    if (!sdx_mul_size(n_work, c->lanes * sizeof *j.work, &bytes))
        return sdx_fail(SDX_LIMIT, "found %zu support vectors, more than can be addressed",
                        svm->n_vectors);
    SDX_TRY(sdx_call_scratch(c, bytes, (void **)&j.work));
    sdx_call_for(c, sdx_features_rows(x), sdx_grain(svm->n_vectors * (svm->n_features + 16)),
                 some_rows, &j);
    return NULL;
}
