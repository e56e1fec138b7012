/* Support vectors and the kernels that compare a row with them. */
#ifndef SDX_OPS_ML_SVM_H
#define SDX_OPS_ML_SVM_H

#include "ops/call.h"

typedef struct sdx_svm {
    double (*finish)(const struct sdx_svm *svm, double product); /* NULL: the product is it */
    bool distances; /* of squared distances instead of products */
    double gamma, coef0, degree;
    const float *vectors; /* n_vectors of n_features */
    size_t n_vectors, n_features;
} sdx_svm;

/* Attributes by index of their rows. */
typedef struct sdx_svm_attrs {
    size_t kernel_type, kernel_params, vectors, coefficients;
} sdx_svm_attrs;

/* The kernel of a node with n support vectors. Without any (liblinear's way) the n_rows rows of
 * coefficients stand in for them, and the kernel is linear. */
sdx_status sdx_svm_of(const sdx_node *node, sdx_svm_attrs attrs, size_t n, size_t n_rows,
                      sdx_svm *svm) SDX_NODISCARD;
/* out[v] is the kernel of x (n_features) and vector v, for all of them. */
void sdx_svm_compare(const sdx_svm *svm, const double *x, double *out);

/* Rows of X (as features.h has them), each with `n_work` numbers to work with, x among them: `row`
 * finds the row's features at its begin. */
typedef void sdx_svm_row_fn(const sdx_call *c, size_t r, double *x);
sdx_status sdx_svm_rows(const sdx_call *c, const sdx_svm *svm, size_t n_work, sdx_svm_row_fn *row)
    SDX_NODISCARD;

#endif
