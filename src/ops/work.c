/* See work.h. */
#include "ops/work.h"

static const sdx_view *input(const sdx_work *w, size_t i) { return i < w->n_in ? w->in[i] : NULL; }

static double len_of(const sdx_view *view) { return view != NULL ? (double)view->len : 0; }

static double output_len(const sdx_work *w) { return w->n_out > 0 ? len_of(w->out[0]) : 0; }

double sdx_work_flops(const sdx_work *w) {
    const sdx_op *const op = w->node->op;
    if (op != NULL && op->flags & SDX_OP_ALIAS) return 0;
    return op != NULL && op->flops != NULL ? op->flops(w) : output_len(w);
}

/* Weights are [output channels, ...]; each output sees those of its channel. */
static double convolution(const sdx_work *w, double places, size_t weights) {
    const sdx_view *const weight = input(w, weights);
    const bool known = weight != NULL && weight->rank > 0 && weight->dims[0] > 0;
    return known ? 2 * places * len_of(weight) / (double)weight->dims[0] : 0;
}

double sdx_flops_conv(const sdx_work *w) { return convolution(w, output_len(w), 1); }
double sdx_flops_qlinear_conv(const sdx_work *w) { return convolution(w, output_len(w), 3); }
double sdx_flops_conv_transpose(const sdx_work *w) {
    return convolution(w, len_of(input(w, 0)), 1);
}

static double product(const sdx_work *w, bool first_dim) {
    const sdx_view *const a = input(w, 0);
    if (a == NULL || a->rank == 0) return 0;
    return 2 * output_len(w) * (double)a->dims[first_dim ? 0 : a->rank - 1];
}

double sdx_flops_matmul(const sdx_work *w) { return product(w, false); }
double sdx_flops_gemm(const sdx_work *w) {
    const sdx_attr *const trans = sdx_node_named(w->node, "transA");
    return product(w, trans != NULL && trans->i != 0);
}

double sdx_flops_rnn(const sdx_work *w) {
    const sdx_view *const x = input(w, 0);
    if (x == NULL || x->rank != 3) return 0;
    const double rows = (double)x->dims[0] * (double)x->dims[1];
    return 2 * rows * (len_of(input(w, 1)) + len_of(input(w, 2)));
}
