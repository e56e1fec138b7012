/* BatchScan: what Scan was in opset 8. Axis 0 of all inputs and outputs counts independent
 * sequences, axis 1 of scanned inputs and of their results the steps; sequences may be shorter than
 * the axis. Each is scanned by itself; the results are padded with zeros and stacked. */
#include <string.h>

#include "ops/common/join.h"
#include "ops/common/piece.h"
#include "ops/control/body.h"
#include "ops/control/steps.h"

enum { BODY, NUM_SCAN_INPUTS, DIRECTIONS };
enum { IN_LENGTHS, IN_FIRST };
enum { BATCH_AXIS, STEP_AXIS };

static const sdx_port inputs[] = {
    {.name = "sequence_lens", .var = "I", .types = SDX_T(INT64), .flags = SDX_PORT_OPTIONAL},
    {.name = "initial_state_and_scan_inputs",
     .var = "V",
     .types = SDX_T_ANY,
     .flags = SDX_PORT_VARIADIC | SDX_PORT_HETERO},
};
static const sdx_port outputs[] = {{.name = "final_state_and_scan_outputs",
                                    .var = "W",
                                    .types = SDX_T_ANY,
                                    .flags = SDX_PORT_VARIADIC | SDX_PORT_HETERO}};
static const sdx_attr_def attrs[] = {
    [BODY] = SDX_ATTR_REQ("body", SDX_ATTR_GRAPH),
    [NUM_SCAN_INPUTS] = SDX_ATTR_REQ("num_scan_inputs", SDX_ATTR_INT),
    [DIRECTIONS] = SDX_ATTR_OPT("directions", SDX_ATTR_INTS),
};

/* What the body is told of an input: no batch axis, and of a scanned one no step axis. */
static sdx_status step_fact(sdx_infer *in, size_t i, bool scanned, sdx_dim *batch, sdx_dim *length,
                            sdx_fact *out) {
    const sdx_fact *const given = &in->in[IN_FIRST + i];
    *out = (sdx_fact){.type = given->type, .rank = -1};
    if (given->rank < 0) return NULL;
    if (given->rank < (scanned ? 2 : 1))
        return sdx_fail(SDX_SHAPE_MISMATCH, "input %zu: found rank %d, expected at least %d",
                        IN_FIRST + i, given->rank, scanned ? 2 : 1);
    if (!sdx_dim_is_number(*batch)) *batch = given->dims[BATCH_AXIS];
    SDX_TRY(sdx_body_step(in, given, BATCH_AXIS, out));
    if (!scanned) return NULL;
    if (!sdx_dim_is_number(*length)) *length = given->dims[STEP_AXIS];
    const sdx_fact sequence = *out;
    return sdx_body_step(in, &sequence, 0, out);
}

static sdx_status infer(sdx_infer *in) {
    if (in->graph == NULL) return NULL;
    sdx_graph *const body = sdx_node_attr(in->node, BODY)->graph;
    const int64_t n_scanned = sdx_node_int(in->node, NUM_SCAN_INPUTS);
    size_t n_states;
    SDX_TRY(sdx_steps_check(in, body, IN_FIRST, n_scanned, &n_states));
    SDX_TRY(sdx_steps_check_list(in->node, DIRECTIONS, (size_t)n_scanned, true));
    sdx_fact *facts;
    sdx_dim sizes[] = {[BATCH_AXIS] = SDX_DIM_UNKNOWN, [STEP_AXIS] = SDX_DIM_UNKNOWN};
    SDX_TRY(SDX_ARENA_NEW(in->arena, body->n_inputs, &facts));
    for (size_t i = 0; i < body->n_inputs; i++) {
        SDX_TRY(step_fact(in, i, i >= n_states, &sizes[BATCH_AXIS], &sizes[STEP_AXIS], &facts[i]));
    }
    SDX_TRY(sdx_in(in->graph(in, body, facts, body->n_inputs), "body"));
    for (size_t k = 0; k < in->n_out; k++) {
        SDX_TRY(sdx_body_output(in, k, body->outputs[k], 0, sizes, k < n_states ? 1 : 2));
    }
    return NULL;
}

/* ---- run */

typedef struct batch_scan {
    sdx_steps steps;
    size_t batch;
    sdx_value **results; /* owned: of output k for sequence b, at k * batch + b; NULL: no step */
} batch_scan;

static sdx_status check_input(const sdx_view *view, size_t i, size_t n_fixed,
                              const int64_t *fixed) {
    char text[160];
    bool fits = view != NULL && view->rank >= n_fixed;
    for (size_t d = 0; d < n_fixed && fits; d++) {
        fits = view->dims[d] == fixed[d];
    }
    if (fits) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH, "input %zu: found %s, expected %lld sequences%s", i,
                    view != NULL ? sdx_view_text(view, text, sizeof text) : "no tensor",
                    (long long)fixed[BATCH_AXIS], n_fixed > 1 ? " of as many steps as others" : "");
}

static sdx_status find_sizes(batch_scan *b) {
    const sdx_call *const c = b->steps.c;
    const size_t first = IN_FIRST + b->steps.n_states;
    const sdx_view *const model = c->in[first], *const lengths = sdx_call_in(c, IN_LENGTHS);
    if (model == NULL || model->rank < 2)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input %zu: found no sequences, expected a tensor of rank 2 or more",
                        first);
    for (size_t i = IN_FIRST; i < c->n_in; i++) {
        SDX_TRY(check_input(c->in[i], i, i < first ? 1 : 2, model->dims));
    }
    b->batch = (size_t)model->dims[BATCH_AXIS];
    b->steps.length = (size_t)model->dims[STEP_AXIS];
    if (lengths == NULL) return NULL;
    if (lengths->len != b->batch)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input 'sequence_lens': found %zu lengths, expected %zu, the batch",
                        lengths->len, b->batch);
    for (size_t i = 0; i < lengths->len; i++) {
        const int64_t length = sdx_view_int(lengths, i);
        if (length < 0 || (uint64_t)length > b->steps.length)
            return sdx_fail_index(c, IN_LENGTHS, i, length, 0, (int64_t)b->steps.length);
    }
    return NULL;
}

/* The sequence at `index` of a scanned input; the batch axis is the outermost, so it is a view. */
static sdx_status sequence_at(const sdx_view *from, size_t index, sdx_view *out) {
    SDX_TRY(sdx_view_init(out, from->dtype, (size_t)from->rank - 1, from->dims + 1));
    out->unpacked = from->unpacked;
    if (out->len != 0)
        out->data = (char *)from->data + index * out->len * sdx_dtype_size(from->dtype);
    return NULL;
}

static sdx_status scan_one(batch_scan *b, size_t index) {
    sdx_steps *const s = &b->steps;
    const sdx_call *const c = s->c;
    const sdx_view *const lengths = sdx_call_in(c, IN_LENGTHS);
    const size_t n = lengths != NULL ? (size_t)sdx_view_int(lengths, index) : s->length;
    for (size_t i = 0; i < s->n_states; i++) {
        SDX_TRY(
            sdx_piece(c->store, c->in[IN_FIRST + i], BATCH_AXIS, index, 1, true, &s->states[i]));
    }
    for (size_t i = 0; i < s->n_scanned; i++) {
        SDX_TRY(sequence_at(c->in[IN_FIRST + s->n_states + i], index, &s->scanned[i]));
        s->axes[i] = 0;
        s->reverse[i] = sdx_steps_choice(sdx_node_attr(c->node, DIRECTIONS), i) != 0;
    }
    SDX_TRY(sdx_steps_run(s, n));
    for (size_t i = 0; i < s->n_states; i++) {
        b->results[i * b->batch + index] = sdx_value_retain(s->states[i]);
    }
    for (size_t k = 0; k < s->n_rows && n > 0; k++) {
        SDX_TRY(sdx_in(
            sdx_steps_stack(s, k, 0, false, &b->results[(s->n_states + k) * b->batch + index]),
            "scan output %zu", k));
    }
    return NULL;
}

/* Zeros up to the full number of steps; NULL: nothing but zeros. The steps that are there are the
 * first bytes, packed or not. */
static sdx_status pad(batch_scan *b, const sdx_view *like, sdx_value **result) {
    int64_t dims[SDX_MAX_RANK];
    memcpy(dims, like->dims, sizeof dims);
    dims[0] = (int64_t)b->steps.length;
    sdx_view shape;
    sdx_value *padded;
    SDX_TRY(sdx_view_init(&shape, like->dtype, like->rank, dims));
    SDX_TRY(sdx_value_dense(b->steps.c->store, &shape, true, &padded));
    if (*result != NULL && (*result)->view.len != 0)
        memcpy(padded->view.data, (*result)->view.data, sdx_view_bytes(&(*result)->view));
    const sdx_status status = sdx_value_seal(padded);
    if (status != NULL) {
        sdx_value_release(padded);
        return status;
    }
    sdx_value_release(*result);
    *result = padded;
    return NULL;
}

static sdx_status pad_column(batch_scan *b, sdx_value **column, bool *any) {
    const sdx_value *model = NULL;
    for (size_t i = 0; i < b->batch && model == NULL; i++) {
        model = column[i];
    }
    *any = model != NULL;
    if (model == NULL) return NULL;
    const sdx_view like = model->view;
    for (size_t i = 0; i < b->batch; i++) {
        if (column[i] == NULL || (size_t)column[i]->view.dims[0] != b->steps.length)
            SDX_TRY(pad(b, &like, &column[i]));
    }
    return NULL;
}

static sdx_status finish(batch_scan *b, size_t k) {
    const sdx_steps *const s = &b->steps;
    const int64_t sizes[] = {(int64_t)b->batch, (int64_t)s->length};
    sdx_value **const column = b->results + k * b->batch, *result;
    bool any = b->batch > 0;
    if (k >= s->n_states) SDX_TRY(pad_column(b, column, &any));
    if (any) {
        SDX_TRY(sdx_in(sdx_values_stack(s->c->store, column, b->batch, 0, false, &result),
                       "output %zu", k));
    } else if (k < s->n_states) {
        SDX_TRY(sdx_call_need_value(s->c, IN_FIRST + k, &result));
        sdx_value_retain(result);
    } else {
        SDX_TRY(sdx_body_zeros(s->c->store, s->body->outputs[k], 0, sizes, 2, &result));
    }
    return sdx_call_set_value(s->c, k, result);
}

static sdx_status scan_all(batch_scan *b) {
    for (size_t i = 0; i < b->batch; i++) {
        SDX_TRY(sdx_in(scan_one(b, i), "sequence %zu", i));
        sdx_steps_clear(&b->steps);
    }
    for (size_t k = 0; k < b->steps.body->n_outputs; k++) {
        SDX_TRY(finish(b, k));
    }
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    const sdx_graph *const body = sdx_node_attr(c->node, BODY)->graph;
    const size_t n_scanned = (size_t)sdx_node_int(c->node, NUM_SCAN_INPUTS);
    const size_t n_states = body->n_inputs - n_scanned;
    batch_scan b = {.steps = {.c = c,
                              .attr = BODY,
                              .body = body,
                              .n_states = n_states,
                              .n_scanned = n_scanned,
                              .n_rows = body->n_outputs - n_states}};
    size_t n, bytes;
    SDX_TRY(find_sizes(&b));
    SDX_TRY(sdx_steps_open(&b.steps));
    if (!sdx_mul_size(body->n_outputs, b.batch, &n) || !sdx_mul_size(n, sizeof *b.results, &bytes))
        return sdx_fail(SDX_LIMIT, "found %zu sequences, more than can be addressed", b.batch);
    SDX_TRY(sdx_call_scratch(c, bytes + 1, (void **)&b.results));
    memset(b.results, 0, bytes);
    const sdx_status status = scan_all(&b);
    sdx_steps_clear(&b.steps);
    sdx_body_release(b.results, n);
    return status;
}

const sdx_op sdx_op_batch_scan = {
    .name = "BatchScan",
    .domain = "sardonyx",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_CONTROL | SDX_OP_VALUES | SDX_OP_DATA_SHAPE | SDX_OP_INTERNAL | SDX_OP_WRITTEN,
    .infer = infer,
    .run = run,
};
