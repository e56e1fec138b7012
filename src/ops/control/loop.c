/* Loop: runs its body while a condition holds, at most M times. Carried values are handed from one
 * iteration to the next as references; scan outputs are kept as the list of what the iterations
 * made and stacked at the end. */
#include <string.h>

#include "ops/common/join.h"
#include "ops/control/body.h"

enum { BODY };
enum { IN_M, IN_COND, IN_FIRST };

#define ANY_VALUE (SDX_T_ANY | SDX_T_SEQUENCE | SDX_T_MAP | SDX_T_OPTIONAL)

static const sdx_port inputs[] = {
    {.name = "M", .var = "I", .types = SDX_T(INT64), .flags = SDX_PORT_OPTIONAL},
    {.name = "cond", .var = "B", .types = SDX_T(BOOL), .flags = SDX_PORT_OPTIONAL},
    {.name = "v_initial",
     .var = "V",
     .types = ANY_VALUE,
     .flags = SDX_PORT_VARIADIC | SDX_PORT_HETERO | SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "v_final_and_scan_outputs",
                                    .var = "W",
                                    .types = ANY_VALUE,
                                    .flags = SDX_PORT_VARIADIC | SDX_PORT_HETERO}};
static const sdx_attr_def attrs[] = {[BODY] = SDX_ATTR_REQ("body", SDX_ATTR_GRAPH)};

static size_t n_carried(size_t n_inputs) { return n_inputs > IN_FIRST ? n_inputs - IN_FIRST : 0; }

static sdx_status check_body(const sdx_graph *body, size_t carried, size_t n_out) {
    if (body->n_inputs == carried + 2 && body->n_outputs == n_out + 1 && n_out >= carried)
        return NULL;
    return sdx_fail(SDX_INVALID_MODEL,
                    "attribute 'body': found a graph with %zu inputs and %zu outputs, expected %zu "
                    "(iteration, condition, %zu carried) and %zu (condition, %zu results)",
                    body->n_inputs, body->n_outputs, carried + 2, carried, n_out + 1, n_out);
}

/* Carried shapes may change from one iteration to the next: the body is told types only. */
static sdx_status infer_body(sdx_infer *in, sdx_graph *body, size_t carried) {
    for (size_t i = 0; i < carried + 2; i++) {
        sdx_gvalue *const value = body->inputs[i];
        const sdx_type *const given = i == 0   ? sdx_type_tensor(SDX_INT64)
                                      : i == 1 ? sdx_type_tensor(SDX_BOOL)
                                               : in->in[IN_FIRST + i - 2].type;
        if (given != NULL) value->type = given;
        value->shape.rank = i < 2 ? 0 : -1;
    }
    return in->graph(in, body, NULL, 0);
}

/* ONNX: Loop-16 an optional may be carried whose place the body fills with the element itself. */
static const sdx_type *carried_type(const sdx_type *initial, const sdx_gvalue *made) {
    const bool filled = initial != NULL && initial->kind == SDX_OPTIONAL && made->type != NULL &&
                        sdx_type_eq(initial->element, made->type);
    return filled ? made->type : initial;
}

static sdx_status infer(sdx_infer *in) {
    if (in->graph == NULL) return NULL;
    sdx_graph *const body = sdx_node_attr(in->node, BODY)->graph;
    const size_t carried = n_carried(in->n_in);
    const sdx_dim rows = SDX_DIM_UNKNOWN;
    SDX_TRY(check_body(body, carried, in->n_out));
    SDX_TRY(sdx_in(infer_body(in, body, carried), "body"));
    for (size_t k = 0; k < carried;
         k++) { /* without an iteration the result is the initial value: only the type is sure */
        const sdx_type *const type = carried_type(in->in[IN_FIRST + k].type, body->outputs[k + 1]);
        if (type != NULL) in->out[k].type = type;
    }
    for (size_t k = carried; k < in->n_out; k++) {
        SDX_TRY(sdx_body_output(in, k, body->outputs[k + 1], 0, &rows, 1));
    }
    return NULL;
}

/* ---- run
 * -------------------------------------------------------------------------------------------------------------------------------------------
 */

typedef struct loop {
    const sdx_call *c;
    const sdx_graph *body;
    size_t carried, scans;
    sdx_value **in;   /* iteration, condition, carried: owned */
    sdx_value **out;  /* condition, carried, scans: owned while an iteration ends */
    sdx_value **rows; /* what the iterations made for the scan outputs: n * scans, owned; capacity
                         of them */
    size_t n, capacity;
    sdx_heap *heap;
} loop;

static sdx_status keep_rows(loop *l) {
    if (l->scans == 0) return NULL;
    if ((l->n + 1) * l->scans > l->capacity) {
        const size_t capacity = l->capacity == 0 ? 16 * l->scans : l->capacity * 2;
        SDX_TRY(sdx_heap_realloc(l->heap, (void **)&l->rows, l->capacity * sizeof *l->rows,
                                 capacity * sizeof *l->rows));
        l->capacity = capacity;
    }
    for (size_t i = 0; i < l->scans; i++) {
        l->rows[l->n * l->scans + i] = l->out[1 + l->carried + i];
        l->out[1 + l->carried + i] = NULL;
    }
    return NULL;
}

static sdx_status iterate(loop *l, bool *go_on) {
    const sdx_call *const c = l->c;
    sdx_value_release(l->in[0]);
    l->in[0] = NULL;
    SDX_TRY(sdx_body_int(c->store, (int64_t)l->n, &l->in[0]));
    SDX_TRY(sdx_call_graph(c, BODY, l->in, l->carried + 2, l->out, 1 + l->carried + l->scans));
    SDX_TRY(sdx_body_condition(l->out[0]->kind == SDX_TENSOR ? &l->out[0]->view : NULL,
                               "the body's condition", go_on));
    for (size_t i = 0; i < l->carried + 1; i++) { /* the condition is carried, too */
        sdx_value_release(l->in[i + 1]);
        l->in[i + 1] = l->out[i];
        l->out[i] = NULL;
    }
    SDX_TRY(keep_rows(l));
    l->n++;
    return NULL;
}

static sdx_status start(loop *l, int64_t *limit, bool *go_on) {
    const sdx_call *const c = l->c;
    const sdx_view *const most = sdx_call_in(c, IN_M), *const condition = sdx_call_in(c, IN_COND);
    *limit = INT64_MAX;
    *go_on = true;
    if (most != NULL && most->len != 1)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'M': found %zu elements, expected 1", most->len);
    if (most != NULL) *limit = *(const int64_t *)most->data;
    if (condition != NULL) SDX_TRY(sdx_body_condition(condition, "input 'cond'", go_on));
    SDX_TRY(sdx_body_bool(c->store, *go_on, &l->in[1]));
    for (size_t i = 0; i < l->carried; i++) {
        sdx_value *value;
        SDX_TRY(sdx_call_need_value(c, IN_FIRST + i, &value));
        l->in[2 + i] = sdx_value_retain(value);
    }
    return NULL;
}

static sdx_status finish_scan(loop *l, size_t i) {
    sdx_value *result;
    if (l->n == 0) {
        const int64_t none = 0;
        SDX_TRY(sdx_body_zeros(l->c->store, l->body->outputs[1 + l->carried + i], 0, &none, 1,
                               &result));
    } else {
        sdx_value **column;
        SDX_TRY(sdx_call_scratch(l->c, l->n * sizeof *column, (void **)&column));
        for (size_t r = 0; r < l->n; r++) {
            column[r] = l->rows[r * l->scans + i];
        }
        SDX_TRY(sdx_in(sdx_values_stack(l->c->store, column, l->n, 0, false, &result),
                       "scan output %zu", i));
    }
    return sdx_call_set_value(l->c, l->carried + i, result);
}

static sdx_status turn(loop *l) {
    int64_t limit;
    bool go_on;
    SDX_TRY(start(l, &limit, &go_on));
    while (go_on && (int64_t)l->n < limit) {
        if (sdx_call_cancelled(l->c)) return sdx_call_stopped();
        SDX_TRY(sdx_in(iterate(l, &go_on), "iteration %zu", l->n));
    }
    for (size_t i = 0; i < l->carried; i++) {
        SDX_TRY(sdx_call_set_value(l->c, i, sdx_value_retain(l->in[2 + i])));
    }
    for (size_t i = 0; i < l->scans; i++) {
        SDX_TRY(finish_scan(l, i));
    }
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    const size_t carried = n_carried(c->n_in);
    loop l = {.c = c,
              .body = sdx_node_attr(c->node, BODY)->graph,
              .carried = carried,
              .scans = c->n_out - carried,
              .heap = sdx_store_heap(c->store)};
    const size_t places = (carried + 2) + (1 + c->n_out);
    SDX_TRY(sdx_call_scratch(c, places * sizeof *l.in, (void **)&l.in));
    memset(l.in, 0, places * sizeof *l.in);
    l.out = l.in + carried + 2;
    const sdx_status status = turn(&l);
    sdx_body_release(l.in, places);
    if (l.rows != NULL) sdx_body_release(l.rows, l.n * l.scans);
    sdx_heap_free(l.heap, l.rows, l.capacity * sizeof *l.rows);
    return status;
}

const sdx_op sdx_op_loop = {
    .name = "Loop",
    .domain = "",
    .since = 1,
    .newest = 25,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_CONTROL | SDX_OP_VALUES | SDX_OP_DATA_SHAPE | SDX_OP_SUBBYTE,
    .infer = infer,
    .run = run,
};
