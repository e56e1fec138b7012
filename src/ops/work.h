/* How much a node computes, for reports: floating-point operations of one run (integer operators:
 * the same of integers). A multiply-add counts two. */
#ifndef SDX_OPS_WORK_H
#define SDX_OPS_WORK_H

#include "ops/op.h"
#include "tensor/view.h"

/* A node with shapes. NULL: absent, or no tensor. Elements are not looked at. */
typedef struct sdx_work {
    const sdx_node *node;
    const sdx_view *const *in, *const *out;
    size_t n_in, n_out;
} sdx_work;

/* What the row's flops hook says; without one an operation for each element of output 0, none where
 * elements are not touched. A node whose operator is missing counts like one without a hook. */
double sdx_work_flops(const sdx_work *work);

/* Hooks that rows share. */
double sdx_flops_conv(const sdx_work *work);           /* weights are input 1 */
double sdx_flops_qlinear_conv(const sdx_work *work);   /* weights are input 3 */
double sdx_flops_conv_transpose(const sdx_work *work); /* weights are input 1 */
double sdx_flops_matmul(const sdx_work *work);         /* depth is the last dim of input 0 */
double sdx_flops_gemm(const sdx_work *work);           /* the same, or its first with transA */
double sdx_flops_rnn(const sdx_work *work);            /* X, W, R are inputs 0, 1, 2 */

#endif
