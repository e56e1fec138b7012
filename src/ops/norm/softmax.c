/* Softmax, LogSoftmax and Hardmax: functions of a row. */
#include <string.h>

#include "ops/common/softmax_rows.h"
#include "ops/infer.h"
#include "ops/upgrade.h"

enum { AXIS };

static const sdx_port inputs[] = {{.name = "input", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_port outputs[] = {{.name = "output", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_attr_def attrs[] = {[AXIS] = SDX_ATTR_I("axis", -1)};

/* ---- old forms */

static sdx_status set_axis(sdx_node *node, int64_t axis) {
    return sdx_node_set_attr(node, "axis", (sdx_attr){.kind = SDX_ATTR_INT, .n = 1, .i = axis});
}

/* ONNX: Softmax-1 and -11 see a matrix, all dims from 'axis' on (1 by default) as one. */
static sdx_status from_1(sdx_upgrade *u) {
    sdx_node *const node = u->node;
    const sdx_attr *const given = sdx_node_named(node, "axis");
    const int64_t axis = given != NULL && given->kind == SDX_ATTR_INT ? given->i : 1;
    if (node->n_inputs == 0 || node->inputs[0] == NULL) return NULL;
    const int rank = node->inputs[0]->shape.rank;
    if (axis == -1 || (rank >= 0 && axis == rank - 1)) return set_axis(node, -1);
    sdx_gvalue *shape, *matrix;
    sdx_node *reshape;
    SDX_TRY(sdx_upgrade_before(u, "", "Shape", node->inputs, 1, &shape));
    SDX_TRY(sdx_upgrade_before(u, "", "Flatten", node->inputs, 1, &matrix));
    SDX_TRY(set_axis(matrix->producer, axis));
    SDX_TRY(sdx_node_set_input(node, 0, matrix));
    SDX_TRY(sdx_upgrade_after(u, 0, "", "Reshape", &shape, 1, &reshape));
    const sdx_attr zeros_stay = {.kind = SDX_ATTR_INT, .n = 1, .i = 1};
    if (reshape != NULL) SDX_TRY(sdx_node_set_attr(reshape, "allowzero", zeros_stay));
    return set_axis(node, -1);
}
static const sdx_upgrade_rule upgrades[] = {{.below = 13, .apply = from_1}};

/* ---- rows of Hardmax */

/* ONNX: Hardmax-13: 1 for the first of the largest, 0 for the others. */
static void hardmax_f32(const sdx_kernel_table *k, void *y, const void *x, size_t n) {
    (void)k;
    const float *const from = x;
    size_t best = 0;
    for (size_t i = 1; i < n; i++) {
        if (from[i] > from[best]) best = i;
    }
    memset(y, 0, n * sizeof *from);
    ((float *)y)[best] = 1;
}

static void hardmax_f64(const sdx_kernel_table *k, void *y, const void *x, size_t n) {
    (void)k;
    const double *const from = x;
    size_t best = 0;
    for (size_t i = 1; i < n; i++) {
        if (from[i] > from[best]) best = i;
    }
    memset(y, 0, n * sizeof *from);
    ((double *)y)[best] = 1;
}

/* ---- rows of the operators */

static const sdx_along_row hardmax_rows = {.f32 = hardmax_f32, .f64 = hardmax_f64};

static sdx_status infer(sdx_infer *in) {
    size_t axis;
    if (sdx_infer_ranked(in, 0) && in->in[0].rank > 0)
        SDX_TRY(sdx_infer_axis(in, 0, sdx_node_int(in->node, AXIS), "attribute 'axis'", &axis));
    return sdx_infer_same(in, 0, 0);
}

static sdx_status bind(sdx_bind *b) { return sdx_along_bind(b, sdx_node_int(b->node, AXIS)); }

static sdx_status run(const sdx_call *c) {
    sdx_along_run(c, c->node->op->data);
    return NULL;
}

/* SOFTMAX(hardmax, "Hardmax", hardmax_rows) is the row sdx_op_hardmax. */
#define SOFTMAX(id, text, functions)     \
    const sdx_op sdx_op_##id = {         \
        .name = (text),                  \
        .domain = "",                    \
        .since = 1,                      \
        .newest = 13,                    \
        SDX_ROWS(inputs, inputs),        \
        SDX_ROWS(outputs, outputs),      \
        SDX_ROWS(attrs, attrs),          \
        SDX_ROWS(upgrades, upgrades),    \
        .flags = SDX_OP_WIDEN,           \
        .bound_size = sizeof(sdx_along), \
        .data = &(functions),            \
        .infer = infer,                  \
        .bind = bind,                    \
        .run = run,                      \
    }

SOFTMAX(softmax, "Softmax", sdx_softmax_rows);
SOFTMAX(log_softmax, "LogSoftmax", sdx_log_softmax_rows);
SOFTMAX(hardmax, "Hardmax", hardmax_rows);
