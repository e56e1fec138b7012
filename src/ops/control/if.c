/* If: runs one of two graphs. The branches may give different shapes, so outputs are made by the
 * branch that runs. */
#include "ops/control/body.h"

enum { THEN, ELSE };

#define ANY_VALUE (SDX_T_ANY | SDX_T_SEQUENCE | SDX_T_MAP | SDX_T_OPTIONAL)

static const sdx_port inputs[] = {{.name = "cond", .var = "B", .types = SDX_T(BOOL)}};
static const sdx_port outputs[] = {{.name = "outputs",
                                    .var = "V",
                                    .types = ANY_VALUE,
                                    .flags = SDX_PORT_VARIADIC | SDX_PORT_HETERO}};
static const sdx_attr_def attrs[] = {[THEN] = SDX_ATTR_REQ("then_branch", SDX_ATTR_GRAPH),
                                     [ELSE] = SDX_ATTR_REQ("else_branch", SDX_ATTR_GRAPH)};

static sdx_status check_branch(const sdx_infer *in, size_t attr) {
    const sdx_graph *const graph = sdx_node_attr(in->node, attr)->graph;
    if (graph->n_outputs == in->n_out && graph->n_inputs == 0) return NULL;
    return sdx_fail(
        SDX_INVALID_MODEL,
        "attribute '%s': found a graph with %zu inputs and %zu outputs, expected 0 and %zu",
        attrs[attr].name, graph->n_inputs, graph->n_outputs, in->n_out);
}

/* What both branches agree on. */
static void join(sdx_infer *in, size_t k, const sdx_gvalue *a, const sdx_gvalue *b) {
    sdx_fact *const out = &in->out[k];
    out->type = a->type != NULL ? a->type : b->type;
    out->rank = -1;
    if (a->shape.rank != b->shape.rank || a->shape.rank < 0) return;
    out->rank = a->shape.rank;
    for (int i = 0; i < a->shape.rank; i++) {
        out->dims[i] = sdx_dim_eq(a->shape.dims[i], b->shape.dims[i]) ? a->shape.dims[i]
                                                                      : sdx_dim_fresh(in->dims);
    }
}

static sdx_status infer(sdx_infer *in) {
    if (in->graph == NULL) return NULL;
    SDX_TRY(check_branch(in, THEN));
    SDX_TRY(check_branch(in, ELSE));
    sdx_graph *const then_graph = sdx_node_attr(in->node, THEN)->graph;
    sdx_graph *const else_graph = sdx_node_attr(in->node, ELSE)->graph;
    SDX_TRY(sdx_in(in->graph(in, then_graph, NULL, 0), "then_branch"));
    SDX_TRY(sdx_in(in->graph(in, else_graph, NULL, 0), "else_branch"));
    for (size_t k = 0; k < in->n_out; k++) {
        join(in, k, then_graph->outputs[k], else_graph->outputs[k]);
    }
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    bool condition;
    SDX_TRY(sdx_body_condition(c->in[0], "input 'cond'", &condition));
    sdx_value **results;
    SDX_TRY(sdx_call_scratch(c, c->n_out * sizeof *results + 1, (void **)&results));
    SDX_TRY(sdx_call_graph(c, condition ? THEN : ELSE, NULL, 0, results, c->n_out));
    sdx_status status = NULL;
    for (size_t k = 0; k < c->n_out; k++) {
        if (status == NULL)
            status = sdx_call_set_value(c, k, results[k]);
        else
            sdx_value_release(results[k]);
    }
    return status;
}

const sdx_op sdx_op_if = {
    .name = "If",
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
