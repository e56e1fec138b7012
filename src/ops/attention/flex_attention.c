/* FlexAttention of ai.onnx.preview: attention whose scores and probabilities pass through graphs of
 * the model. These see whole tensors, so scores and probabilities are made whole. */
#include <math.h>

#include "ops/common/softmax_rows.h"
#include "ops/infer.h"
#include "ops/matrix/product.h"

enum { IN_Q, IN_K, IN_V };
enum { PROB_MOD, SCORE_MOD, PRECISION, SCALE };

static const sdx_port inputs[] = {
    {.name = "Q", .var = "T1", .types = SDX_T_FLOATS},
    {.name = "K", .var = "T1", .types = SDX_T_FLOATS},
    {.name = "V", .var = "T1", .types = SDX_T_FLOATS},
};
static const sdx_port outputs[] = {{.name = "Y", .var = "T1", .types = SDX_T_FLOATS}};
static const sdx_attr_def attrs[] = {
    [PROB_MOD] = SDX_ATTR_OPT("prob_mod", SDX_ATTR_GRAPH),
    [SCORE_MOD] = SDX_ATTR_OPT("score_mod", SDX_ATTR_GRAPH),
    [PRECISION] = SDX_ATTR_OPT("softmax_precision", SDX_ATTR_INT),
    [SCALE] = SDX_ATTR_OPT("scale", SDX_ATTR_FLOAT),
};

/* ---- shapes */

/* Of scores and probabilities, as the graphs see them. */
static sdx_dtype precision_of(const sdx_node *node, sdx_dtype input) {
    if (sdx_node_has(node, PRECISION)) return (sdx_dtype)sdx_node_int(node, PRECISION);
    return input == SDX_FLOAT64 ? SDX_FLOAT64 : SDX_FLOAT32;
}

static sdx_status check_shapes(const sdx_infer *in) {
    const sdx_dim *const q = in->in[IN_Q].dims, *const k = in->in[IN_K].dims;
    const sdx_dim *const v = in->in[IN_V].dims;
    const bool heads = !sdx_dim_is_number(q[1]) || !sdx_dim_is_number(k[1]) ||
                       (k[1] == 0 ? q[1] == 0 : q[1] % k[1] == 0);
    char text_q[160], text_k[160], text_v[160];
    if (heads && !sdx_dims_differ(q[0], k[0]) && !sdx_dims_differ(q[0], v[0]) &&
        !sdx_dims_differ(k[1], v[1]) && !sdx_dims_differ(k[2], v[2]) &&
        !sdx_dims_differ(q[3], k[3]))
        return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "inputs 'Q', 'K' and 'V' have shapes %s, %s and %s, expected equal batches, "
                    "equal head sizes of 'Q' and 'K', equal heads and lengths of 'K' and 'V', and "
                    "heads of 'K' that divide those of 'Q'",
                    sdx_infer_shape_text(in, IN_Q, text_q, sizeof text_q),
                    sdx_infer_shape_text(in, IN_K, text_k, sizeof text_k),
                    sdx_infer_shape_text(in, IN_V, text_v, sizeof text_v));
}

static sdx_status infer_graph(sdx_infer *in, size_t attr, sdx_dim *scores) {
    const sdx_dtype input = sdx_infer_dtype(in, IN_Q);
    if (in->graph == NULL || !sdx_node_has(in->node, attr)) return NULL;
    sdx_graph *const graph = sdx_node_attr(in->node, attr)->graph;
    if (graph->n_inputs != 1 || graph->n_outputs != 1)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute '%s': found a graph with %zu inputs and %zu outputs, expected 1 "
                        "and 1",
                        attrs[attr].name, graph->n_inputs, graph->n_outputs);
    sdx_fact fact = {.rank = 4, .dims = scores};
    if (input != SDX_UNDEFINED || sdx_node_has(in->node, PRECISION))
        fact.type = sdx_type_tensor(precision_of(in->node, input));
    return sdx_in(in->graph(in, graph, &fact, 1), "%s", attrs[attr].name);
}

static sdx_status infer(sdx_infer *in) {
    const int64_t precision = sdx_node_int(in->node, PRECISION);
    if (sdx_node_has(in->node, PRECISION) &&
        (!sdx_dtype_valid(precision) || !sdx_types_have(SDX_T_FLOATS, (sdx_dtype)precision)))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'softmax_precision' is %lld, expected 1, 10, 11 or 16",
                        (long long)precision);
    for (size_t i = IN_Q; i <= IN_V; i++) {
        SDX_TRY(sdx_infer_want_rank(in, i, 4));
        if (!sdx_infer_ranked(in, i)) return NULL;
    }
    SDX_TRY(check_shapes(in));
    const sdx_dim *const q = in->in[IN_Q].dims;
    sdx_dim scores[] = {q[0], q[1], q[2], in->in[IN_K].dims[2]};
    SDX_TRY(infer_graph(in, SCORE_MOD, scores));
    SDX_TRY(infer_graph(in, PROB_MOD, scores));
    const sdx_dim y[] = {q[0], q[1], q[2], in->in[IN_V].dims[3]};
    return sdx_infer_set_shape(in, 0, 4, y);
}

/* ---- running */

static sdx_status scratch_of(const sdx_call *c, const sdx_view *shape, sdx_dtype dtype,
                             sdx_view *out) {
    *out = *shape;
    out->dtype = dtype;
    return sdx_call_scratch(c, sdx_view_bytes(out), &out->data);
}

static void convert(sdx_view *to, const sdx_view *from) {
    for (size_t i = 0; i < from->len; i++) {
        sdx_view_set_double(to, i, sdx_view_double(from, i));
    }
}

/* The elements of `view` as float32 or float64: itself or a copy in scratch. */
static sdx_status work_form(const sdx_call *c, const sdx_view *view, sdx_dtype dtype,
                            sdx_view *out) {
    *out = *view;
    if (view->dtype == dtype) return NULL;
    SDX_TRY(scratch_of(c, view, dtype, out));
    convert(out, view);
    return NULL;
}

/* A batch of products over heads; those of a group share B. */
static sdx_status multiply(const sdx_call *c, sdx_product *p, void *out, const void *a,
                           const void *b) {
    sdx_call inner = *c;
    size_t scratch = 0;
    SDX_TRY(sdx_product_bind(p, c->kernels, false, c->lanes, &scratch));
    SDX_TRY(sdx_call_scratch(c, scratch, &inner.scratch));
    sdx_product_run(p, &inner, out, a, b, (sdx_product_terms){.d = NULL});
    return NULL;
}

static sdx_status make_scores(const sdx_call *c, sdx_view *scores) {
    const sdx_view *const q = c->in[IN_Q], *const k = c->in[IN_K];
    const size_t len = (size_t)q->dims[2], keys = (size_t)k->dims[2], head = (size_t)q->dims[3];
    const size_t group = (size_t)(q->dims[1] / k->dims[1]);
    const bool given = sdx_node_has(c->node, SCALE);
    const double scale = given      ? (double)sdx_node_float(c->node, SCALE)
                         : head > 0 ? 1 / sqrt((double)head)
                                    : 1;
    sdx_product p = {.dtype = q->dtype,
                     .m = len,
                     .n = keys,
                     .k = head,
                     .a_row = head,
                     .a_col = 1,
                     .b_row = 1,
                     .b_col = head,
                     .rank = 2,
                     .dims = {(size_t)(k->dims[0] * k->dims[1]), group},
                     .a_strides = {group * len * head, len * head},
                     .b_strides = {keys * head, 0},
                     .alpha = (float)scale};
    SDX_TRY(multiply(c, &p, scores->data, q->data, k->data));
    for (size_t i = 0; q->dtype == SDX_FLOAT64 && i < scores->len; i++) {
        ((double *)scores->data)[i] *= scale;
    }
    return NULL;
}

static sdx_status multiply_values(const sdx_call *c, const sdx_view *probs, sdx_view *y) {
    const sdx_view *const v = c->in[IN_V];
    const size_t len = (size_t)probs->dims[2], keys = (size_t)probs->dims[3];
    const size_t head = (size_t)v->dims[3], group = (size_t)(probs->dims[1] / v->dims[1]);
    sdx_product p = {.dtype = probs->dtype,
                     .m = len,
                     .n = head,
                     .k = keys,
                     .a_row = keys,
                     .a_col = 1,
                     .b_row = head,
                     .b_col = 1,
                     .rank = 2,
                     .dims = {(size_t)(v->dims[0] * v->dims[1]), group},
                     .a_strides = {group * len * keys, len * keys},
                     .b_strides = {keys * head, 0},
                     .alpha = 1};
    return multiply(c, &p, y->data, probs->data, v->data);
}

/* Passes a value through the graph of `attr`, if there is one. Takes the reference. */
static sdx_status modify(const sdx_call *c, size_t attr, sdx_value **value) {
    char found[160], expected[160];
    sdx_value *changed;
    if (!sdx_node_has(c->node, attr)) return NULL;
    SDX_TRY(sdx_call_graph(c, attr, value, 1, &changed, 1));
    const sdx_view before = (*value)->view;
    sdx_value_release(*value);
    *value = changed;
    if (changed->kind == SDX_TENSOR && changed->view.dtype == before.dtype &&
        sdx_view_same_shape(&changed->view, &before))
        return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH, "attribute '%s': the graph gave %s, expected %s",
                    attrs[attr].name,
                    changed->kind == SDX_TENSOR ? sdx_view_text(&changed->view, found, sizeof found)
                                                : "no tensor",
                    sdx_view_text(&before, expected, sizeof expected));
}

typedef struct rows_job {
    const sdx_kernel_table *kernels;
    const sdx_view *x;
    sdx_view *y;
} rows_job;

static void rows_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const rows_job *const j = arg;
    const size_t n = (size_t)j->x->dims[3], size = sdx_dtype_size(j->x->dtype);
    sdx_along_fn *const softmax =
        j->x->dtype == SDX_FLOAT32 ? sdx_softmax_rows.f32 : sdx_softmax_rows.f64;
    (void)lane;
    for (size_t r = begin; r < end; r++) {
        softmax(j->kernels, (char *)j->y->data + r * n * size,
                (const char *)j->x->data + r * n * size, n);
    }
}

/* Scores become probabilities, a value of its own: a graph may have given us one that it keeps. */
static sdx_status normalise(const sdx_call *c, sdx_value **value) {
    const sdx_view *const scores = &(*value)->view;
    const sdx_dtype work = scores->dtype == SDX_FLOAT64 ? SDX_FLOAT64 : SDX_FLOAT32;
    sdx_view x, y;
    sdx_value *probs;
    SDX_TRY(work_form(c, scores, work, &x));
    SDX_TRY(scratch_of(c, scores, work, &y));
    SDX_TRY(sdx_value_dense(c->store, scores, false, &probs));
    if (probs->view.dtype == work) y.data = probs->view.data;
    rows_job j = {.kernels = c->kernels, .x = &x, .y = &y};
    const size_t n = (size_t)x.dims[3];
    if (x.len != 0) sdx_call_for(c, x.len / n, sdx_grain(n * 4), rows_chunk, &j);
    if (probs->view.dtype != work) convert(&probs->view, &y);
    sdx_value_release(*value);
    *value = probs;
    return NULL;
}

/* From the scores on; *value is the caller's to release. */
static sdx_status attend(const sdx_call *c, sdx_value **value, sdx_view *y) {
    const sdx_dtype work = c->in[IN_Q]->dtype;
    sdx_view scores = (*value)->view, probs;
    if (scores.dtype != work) SDX_TRY(scratch_of(c, &(*value)->view, work, &scores));
    if (scores.len != 0) SDX_TRY(make_scores(c, &scores));
    if (scores.dtype != (*value)->view.dtype) convert(&(*value)->view, &scores);
    SDX_TRY(modify(c, SCORE_MOD, value));
    SDX_TRY(normalise(c, value));
    SDX_TRY(modify(c, PROB_MOD, value));
    SDX_TRY(work_form(c, &(*value)->view, work, &probs));
    return y->len != 0 ? multiply_values(c, &probs, y) : NULL;
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const q = c->in[IN_Q];
    const int64_t y_dims[] = {q->dims[0], q->dims[1], q->dims[2], c->in[IN_V]->dims[3]};
    const int64_t dims[] = {q->dims[0], q->dims[1], q->dims[2], c->in[IN_K]->dims[2]};
    sdx_view shape, *y;
    sdx_value *value;
    SDX_TRY(sdx_call_output(c, 0, q->dtype, 4, y_dims, &y));
    SDX_TRY(sdx_view_init(&shape, precision_of(c->node, q->dtype), 4, dims));
    SDX_TRY(sdx_value_dense(c->store, &shape, false, &value));
    const sdx_status status = attend(c, &value, y);
    sdx_value_release(value);
    return status;
}

const sdx_op sdx_op_flex_attention = {
    .name = "FlexAttention",
    .domain = "ai.onnx.preview",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_CONTROL | SDX_OP_DATA_SHAPE | SDX_OP_WIDEN,
    .infer = infer,
    .run = run,
};
