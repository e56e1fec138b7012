/* SequenceMap: runs its body once for each position of its sequences; what the runs make becomes
 * sequences again. Tensors among the inputs are the same in each run. */
#include <string.h>

#include "ops/control/body.h"

enum { BODY };
enum { IN_SEQUENCE };

static const sdx_port inputs[] = {
    {.name = "input_sequence", .var = "S", .types = SDX_T_SEQUENCE},
    {.name = "additional_inputs",
     .var = "V",
     .types = SDX_T_ANY | SDX_T_SEQUENCE,
     .flags = SDX_PORT_VARIADIC | SDX_PORT_HETERO | SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "out_sequence",
                                    .var = "W",
                                    .types = SDX_T_SEQUENCE,
                                    .flags = SDX_PORT_VARIADIC | SDX_PORT_HETERO}};
static const sdx_attr_def attrs[] = {[BODY] = SDX_ATTR_REQ("body", SDX_ATTR_GRAPH)};

static sdx_status infer(sdx_infer *in) {
    if (in->graph == NULL) return NULL;
    sdx_graph *const body = sdx_node_attr(in->node, BODY)->graph;
    if (body->n_inputs != in->n_in || body->n_outputs < in->n_out)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'body': found a graph with %zu inputs and %zu outputs, expected "
                        "%zu and %zu",
                        body->n_inputs, body->n_outputs, in->n_in, in->n_out);
    sdx_fact *facts;
    SDX_TRY(SDX_ARENA_NEW(in->arena, in->n_in, &facts));
    for (size_t i = 0; i < in->n_in; i++) {
        const sdx_type *const type = in->in[i].type;
        facts[i] = in->in[i];
        if (type == NULL || type->kind != SDX_SEQUENCE) continue;
        facts[i] = (sdx_fact){.type = type->element, .rank = -1};
    }
    SDX_TRY(sdx_in(in->graph(in, body, facts, in->n_in), "body"));
    for (size_t k = 0; k < in->n_out; k++) {
        const sdx_type *const made = body->outputs[k]->type;
        if (made != NULL && made->kind == SDX_TENSOR)
            in->out[k].type = sdx_type_sequence(made->dtype);
    }
    return NULL;
}

/* ---- run */

typedef struct mapping {
    const sdx_call *c;
    const sdx_graph *body;
    size_t n;          /* positions */
    sdx_value **given; /* inputs of the node, borrowed */
    sdx_value **in;    /* of the body, borrowed */
    sdx_value **out;   /* of the body, owned */
    sdx_value **made;  /* owned: what position p made for output k, at k * n + p */
} mapping;

static sdx_status check_inputs(mapping *m) {
    for (size_t i = 0; i < m->c->n_in; i++) {
        SDX_TRY(sdx_call_need_value(m->c, i, &m->given[i]));
        if (m->given[i]->kind == SDX_SEQUENCE && m->given[i]->n_items != m->n)
            return sdx_fail(SDX_SHAPE_MISMATCH,
                            "input %zu: found a sequence of %zu, expected %zu as the first", i,
                            m->given[i]->n_items, m->n);
    }
    return NULL;
}

static sdx_status map_position(mapping *m, size_t position) {
    for (size_t i = 0; i < m->c->n_in; i++) {
        sdx_value *const given = m->given[i];
        m->in[i] = given->kind == SDX_SEQUENCE ? given->items[position] : given;
    }
    SDX_TRY(sdx_call_graph(m->c, BODY, m->in, m->c->n_in, m->out, m->body->n_outputs));
    for (size_t k = 0; k < m->body->n_outputs; k++) {
        m->made[k * m->n + position] = m->out[k];
        m->out[k] = NULL;
    }
    return NULL;
}

static sdx_status finish(const mapping *m, size_t k) {
    const sdx_type *const type = m->body->outputs[k]->type;
    sdx_value *const *const items = m->made + k * m->n, *result;
    sdx_dtype element = type != NULL ? sdx_type_leaf(type) : SDX_UNDEFINED;
    for (size_t p = 0; p < m->n; p++) {
        if (p == 0) element = items[p]->view.dtype;
        if (items[p]->kind != SDX_TENSOR || items[p]->view.dtype != element)
            return sdx_fail(SDX_TYPE_MISMATCH,
                            "output %zu of the body: found no %s at position %zu, expected "
                            "tensors of one type",
                            k, sdx_dtype_name(element), p);
    }
    SDX_TRY(sdx_value_sequence(m->c->store, SDX_TENSOR, element, items, m->n, &result));
    return sdx_call_set_value(m->c, k, result);
}

static sdx_status map_all(mapping *m) {
    SDX_TRY(check_inputs(m));
    for (size_t p = 0; p < m->n; p++) {
        if (sdx_call_cancelled(m->c)) return sdx_call_stopped();
        SDX_TRY(sdx_in(map_position(m, p), "position %zu", p));
    }
    for (size_t k = 0; k < m->c->n_out; k++) {
        SDX_TRY(finish(m, k));
    }
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    sdx_value *first;
    mapping m = {.c = c, .body = sdx_node_attr(c->node, BODY)->graph};
    const size_t n_out = m.body->n_outputs;
    size_t n_made, bytes;
    SDX_TRY(sdx_call_need_value(c, IN_SEQUENCE, &first));
    if (first->kind != SDX_SEQUENCE)
        return sdx_fail(SDX_TYPE_MISMATCH,
                        "input 'input_sequence': found no sequence, expected one");
    m.n = first->n_items;
    if (!sdx_mul_size(n_out, m.n, &n_made) ||
        !sdx_mul_size(2 * c->n_in + n_out + n_made, sizeof *m.made, &bytes))
        return sdx_fail(SDX_LIMIT, "found %zu positions, more than can be addressed", m.n);
    SDX_TRY(sdx_call_scratch(c, bytes, (void **)&m.given));
    memset(m.given, 0, bytes);
    m.in = m.given + c->n_in;
    m.out = m.in + c->n_in;
    m.made = m.out + n_out;
    const sdx_status status = map_all(&m);
    sdx_body_release(m.out, n_out);
    sdx_body_release(m.made, n_made);
    return status;
}

const sdx_op sdx_op_sequence_map = {
    .name = "SequenceMap",
    .domain = "",
    .since = 17,
    .newest = 17,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_CONTROL | SDX_OP_VALUES | SDX_OP_DATA_SHAPE | SDX_OP_SUBBYTE,
    .infer = infer,
    .run = run,
};
