/* LpNormalization: each row along an axis divided by its norm. */
#include <math.h>
#include <string.h>

#include "kernels/kernels.h"
#include "ops/common/along.h"
#include "ops/infer.h"

enum { AXIS, P };

static const sdx_port inputs[] = {{.name = "input", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_port outputs[] = {{.name = "output", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_attr_def attrs[] = {[AXIS] = SDX_ATTR_I("axis", -1), [P] = SDX_ATTR_I("p", 2)};

/* ONNX: LpNormalization-22: a row whose norm is 0 stays 0. */
static void divide_f32(float *y, const float *x, size_t n, float norm) {
    if (norm == 0)
        memset(y, 0, n * sizeof *y);
    else
        sdx_exact_kernels()->div_f32(y, x, &norm, n, SDX_FORM_VS);
}

static void divide_f64(double *y, const double *x, size_t n, double norm) {
    for (size_t i = 0; i < n; i++) {
        y[i] = norm == 0 ? 0 : x[i] / norm;
    }
}

static void l1_f32(const sdx_kernel_table *k, void *y, const void *x, size_t n) {
    divide_f32(y, x, n, k->sum_abs_f32(x, n, 0));
}
static void l2_f32(const sdx_kernel_table *k, void *y, const void *x, size_t n) {
    divide_f32(y, x, n, sqrtf(k->sum_square_f32(x, n, 0)));
}

static void l1_f64(const sdx_kernel_table *k, void *y, const void *x, size_t n) {
    (void)k;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += fabs(((const double *)x)[i]);
    }
    divide_f64(y, x, n, sum);
}

static void l2_f64(const sdx_kernel_table *k, void *y, const void *x, size_t n) {
    (void)k;
    const double *const from = x;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += from[i] * from[i];
    }
    divide_f64(y, x, n, sqrt(sum));
}

/* By p. */
static const sdx_along_row norms[] = {
    [1] = {.f32 = l1_f32, .f64 = l1_f64}, [2] = {.f32 = l2_f32, .f64 = l2_f64}};

static sdx_status infer(sdx_infer *in) {
    const int64_t p = sdx_node_int(in->node, P);
    size_t axis;
    if (p != 1 && p != 2)
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'p' is %lld, expected 1 or 2", (long long)p);
    if (sdx_infer_ranked(in, 0) && in->in[0].rank > 0)
        SDX_TRY(sdx_infer_axis(in, 0, sdx_node_int(in->node, AXIS), "attribute 'axis'", &axis));
    return sdx_infer_same(in, 0, 0);
}

static sdx_status bind(sdx_bind *b) { return sdx_along_bind(b, sdx_node_int(b->node, AXIS)); }

static sdx_status run(const sdx_call *c) {
    sdx_along_run(c, &norms[sdx_node_int(c->node, P)]);
    return NULL;
}

const sdx_op sdx_op_lp_normalization = {
    .name = "LpNormalization",
    .domain = "",
    .since = 1,
    .newest = 22,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(sdx_along),
    .infer = infer,
    .bind = bind,
    .run = run,
};
