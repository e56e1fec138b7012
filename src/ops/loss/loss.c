/* NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss: minus the weighted log-probability of each
 * target, all of them, their sum or their mean. The second one makes the log-probabilities first.
 */
#include <string.h>

#include "ops/call.h"
#include "ops/common/softmax_rows.h"
#include "ops/infer.h"

enum { IN_INPUT, IN_TARGET, IN_WEIGHT };
enum { OUT_LOSS, OUT_LOG_PROB };
enum { REDUCTION, IGNORE_INDEX };
enum { CLASS_AXIS = 1 };

static const sdx_port nll_inputs[] = {
    {.name = "input", .var = "T", .types = SDX_T_FLOATS},
    {.name = "target", .var = "Tind", .types = SDX_T_INDEX},
    {.name = "weight", .var = "T", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port nll_outputs[] = {{.name = "loss", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_port softmax_inputs[] = {
    {.name = "scores", .var = "T", .types = SDX_T_FLOATS},
    {.name = "labels", .var = "Tind", .types = SDX_T_INDEX},
    {.name = "weights", .var = "T", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port softmax_outputs[] = {
    {.name = "output", .var = "T", .types = SDX_T_FLOATS},
    {.name = "log_prob", .var = "T", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_attr_def attrs[] = {[REDUCTION] = SDX_ATTR_S("reduction", "mean"),
                                     [IGNORE_INDEX] = SDX_ATTR_OPT("ignore_index", SDX_ATTR_INT)};

/* ---- shapes */

static sdx_status wrong_shape(const sdx_infer *in, size_t input, const char *expected) {
    char text[160], whole[160];
    return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s' has shape %s, expected %s of %s",
                    sdx_op_input_port(in->node->op, input)->name,
                    sdx_infer_shape_text(in, input, text, sizeof text), expected,
                    sdx_infer_shape_text(in, IN_INPUT, whole, sizeof whole));
}

static sdx_status check_shapes(const sdx_infer *in) {
    const sdx_fact *const x = &in->in[IN_INPUT];
    if (x->rank < 2) return wrong_shape(in, IN_INPUT, "rank 2 or more instead");
    if (sdx_infer_ranked(in, IN_TARGET)) {
        const sdx_fact *const target = &in->in[IN_TARGET];
        bool fits = target->rank == x->rank - 1;
        for (int i = 0; fits && i < target->rank; i++) {
            fits = !sdx_dims_differ(target->dims[i], x->dims[i < CLASS_AXIS ? i : i + 1]);
        }
        if (!fits) return wrong_shape(in, IN_TARGET, "all dimensions but the classes");
    }
    if (!sdx_infer_ranked(in, IN_WEIGHT)) return NULL;
    const sdx_fact *const weight = &in->in[IN_WEIGHT];
    if (weight->rank != 1 || sdx_dims_differ(weight->dims[0], x->dims[CLASS_AXIS]))
        return wrong_shape(in, IN_WEIGHT, "the classes");
    return NULL;
}

static sdx_status infer(sdx_infer *in) {
    const sdx_str reduction = sdx_node_str(in->node, REDUCTION);
    const bool none = sdx_str_is(reduction, "none");
    if (!none && !sdx_str_is(reduction, "mean") && !sdx_str_is(reduction, "sum"))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'reduction' is '%.*s', expected 'none', 'mean' or 'sum'",
                        SDX_FMT(reduction));
    if (!none) SDX_TRY(sdx_infer_set_shape(in, OUT_LOSS, 0, NULL));
    if (!sdx_infer_ranked(in, IN_INPUT)) return NULL;
    SDX_TRY(check_shapes(in));
    SDX_TRY(sdx_infer_same(in, OUT_LOG_PROB, IN_INPUT));
    if (!none) return NULL;
    const sdx_fact *const x = &in->in[IN_INPUT];
    sdx_dim dims[SDX_MAX_RANK];
    for (int i = 0; i + 1 < x->rank; i++) {
        dims[i] = x->dims[i < CLASS_AXIS ? i : i + 1];
    }
    return sdx_infer_set_shape(in, OUT_LOSS, (size_t)x->rank - 1, dims);
}

/* ---- running: one look-up for each target, in order */

/* The loss of target `i` and its weight; 0 and 0 where it is ignored. */
static sdx_status one_loss(const sdx_call *c, const sdx_view *log_prob, size_t i, double *loss,
                           double *weight) {
    const sdx_view *const weights = sdx_call_in(c, IN_WEIGHT);
    const int64_t target = sdx_view_int(c->in[IN_TARGET], i), classes = log_prob->dims[CLASS_AXIS];
    const size_t inner = sdx_view_count(log_prob, CLASS_AXIS + 1, log_prob->rank);
    *loss = *weight = 0;
    if (sdx_node_has(c->node, IGNORE_INDEX) && target == sdx_node_int(c->node, IGNORE_INDEX))
        return NULL;
    if (target < 0 || target >= classes)
        return sdx_fail_index(c, IN_TARGET, i, target, 0, classes - 1);
    const size_t at = (i / inner * (size_t)classes + (size_t)target) * inner + i % inner;
    *weight = weights != NULL ? sdx_view_double(weights, (size_t)target) : 1;
    *loss = -*weight * sdx_view_double(log_prob, at);
    return NULL;
}

/* ONNX: NegativeLogLikelihoodLoss-13: the mean is over the weights that were applied. */
static sdx_status sum_up(const sdx_call *c, const sdx_view *log_prob) {
    const sdx_str reduction = sdx_node_str(c->node, REDUCTION);
    sdx_view *const out = sdx_call_out(c, OUT_LOSS);
    double total = 0, total_weight = 0, loss, weight;
    for (size_t i = 0; i < c->in[IN_TARGET]->len; i++) {
        SDX_TRY(one_loss(c, log_prob, i, &loss, &weight));
        total += loss;
        total_weight += weight;
        if (out != NULL && sdx_str_is(reduction, "none")) sdx_view_set_double(out, i, loss);
    }
    if (out == NULL || sdx_str_is(reduction, "none")) return NULL;
    sdx_view_set_double(out, 0, sdx_str_is(reduction, "mean") ? total / total_weight : total);
    return NULL;
}

static sdx_status run_nll(const sdx_call *c) { return sum_up(c, c->in[IN_INPUT]); }

static sdx_status bind_softmax(sdx_bind *b) { return sdx_along_bind(b, CLASS_AXIS); }

static sdx_status run_softmax(const sdx_call *c) {
    sdx_view log_prob = *c->in[IN_INPUT];
    sdx_view *const out[] = {&log_prob};
    sdx_call rows = *c;
    if (sdx_call_out(c, OUT_LOG_PROB) != NULL)
        log_prob.data = c->out[OUT_LOG_PROB]->data;
    else
        SDX_TRY(sdx_call_scratch(c, sdx_view_bytes(&log_prob), &log_prob.data));
    rows.out = out;
    rows.n_out = 1;
    sdx_along_run(&rows, &sdx_log_softmax_rows);
    return sum_up(c, &log_prob);
}

const sdx_op sdx_op_negative_log_likelihood_loss = {
    .name = "NegativeLogLikelihoodLoss",
    .domain = "",
    .since = 12,
    .newest = 22,
    SDX_ROWS(inputs, nll_inputs),
    SDX_ROWS(outputs, nll_outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .infer = infer,
    .run = run_nll,
};

const sdx_op sdx_op_softmax_cross_entropy_loss = {
    .name = "SoftmaxCrossEntropyLoss",
    .domain = "",
    .since = 12,
    .newest = 13,
    SDX_ROWS(inputs, softmax_inputs),
    SDX_ROWS(outputs, softmax_outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(sdx_along),
    .infer = infer,
    .bind = bind_softmax,
    .run = run_softmax,
};
