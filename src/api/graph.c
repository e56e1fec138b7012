/* graph.h, section "view": what a graph consists of, lent as it is. */
#include "api/growing.h"
#include "exec/model.h"

/* Adds const at each level, which C does not do by itself. */
static const sdx_gvalue *const *lend(sdx_gvalue **values) {
    return (const sdx_gvalue *const *)values;
}

sdx_status sdx_model_graph(sdx_model *model, const sdx_graph **out) {
    const sdx_variant *variant;
    if (model == NULL || out == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "graph: found NULL, expected a model and a place for the graph");
    SDX_TRY(sdx_model_view(model, &variant));
    *out = variant->onnx.ir->main;
    return NULL;
}

void sdx_graph_describe(const sdx_graph *graph, sdx_graph_info *out) {
    const sdx_graph_info own = {.name = graph->name,
                                .inputs = lend(graph->inputs),
                                .n_inputs = graph->n_inputs,
                                .outputs = lend(graph->outputs),
                                .n_outputs = graph->n_outputs,
                                .constants = lend(graph->constants),
                                .n_constants = graph->n_constants,
                                .n_nodes = graph->n_nodes,
                                .first = graph->first,
                                .owner = graph->owner,
                                .outer = graph->outer};
    sdx_growing_give(out, &own, sizeof own);
}

/* ---- nodes ----------------------------------------------------------------------------------- */

void sdx_node_describe(const sdx_node *node, sdx_node_info *out) {
    const sdx_node_info own = {.op_type = node->op_type,
                               .domain = node->domain,
                               .version = node->version,
                               .name = node->name,
                               .origin = node->origin.len != 0 ? node->origin : node->name,
                               .inputs = lend(node->inputs),
                               .n_inputs = node->n_inputs,
                               .outputs = lend(node->outputs),
                               .n_outputs = node->n_outputs,
                               .n_attributes = node->n_named,
                               .graph = node->graph,
                               .next = node->next,
                               .available = node->op != NULL};
    sdx_growing_give(out, &own, sizeof own);
}

static void describe_attr(const sdx_named_attr *named, sdx_attr_info *out) {
    const sdx_attr *const attr = &named->value;
    *out = (sdx_attr_info){.name = named->name, .kind = attr->kind, .n = attr->n};
    switch (attr->kind) { /* one case for each member of the union */
    case SDX_ATTR_ABSENT: out->n = 0; return;
    case SDX_ATTR_FLOAT: out->floats = &attr->f; break;
    case SDX_ATTR_INT: out->ints = &attr->i; break;
    case SDX_ATTR_STRING: out->strings = &attr->s; break;
    case SDX_ATTR_GRAPH: out->graphs = (const sdx_graph *const *)&attr->graph; break;
    case SDX_ATTR_TYPE: out->types = attr->type; break;
    case SDX_ATTR_TENSOR: out->tensors = attr->tensor; break;
    case SDX_ATTR_FLOATS: out->floats = attr->floats; return;
    case SDX_ATTR_INTS: out->ints = attr->ints; return;
    case SDX_ATTR_STRINGS: out->strings = attr->strings; return;
    case SDX_ATTR_TENSORS: out->tensors = attr->tensor; return;
    case SDX_ATTR_GRAPHS: out->graphs = (const sdx_graph *const *)attr->graphs; return;
    case SDX_ATTR_TYPES: out->types = attr->type; return;
    }
    out->n = 1; /* rewrites need not say it of what is no list */
}

bool sdx_node_attribute(const sdx_node *node, size_t index, sdx_attr_info *out) {
    if (index >= node->n_named) return false;
    describe_attr(&node->named[index], out);
    return true;
}

bool sdx_node_find_attribute(const sdx_node *node, const char *name, sdx_attr_info *out) {
    for (size_t i = 0; name != NULL && i < node->n_named; i++) {
        if (sdx_str_is(node->named[i].name, name)) return sdx_node_attribute(node, i, out);
    }
    return false;
}

/* ---- values ---------------------------------------------------------------------------------- */

void sdx_gvalue_describe(const sdx_gvalue *value, sdx_gvalue_info *out) {
    sdx_gvalue_info own = {.name = value->name,
                           .type = value->type,
                           .has_rank = value->shape.rank >= 0,
                           .rank = value->shape.rank >= 0 ? (size_t)value->shape.rank : 0,
                           .graph = value->graph,
                           .producer = value->producer,
                           .output = value->producer != NULL ? value->output : 0,
                           .is_input = value->is_input,
                           .is_output = value->is_output,
                           .is_constant = value->constant != NULL,
                           .n_users = value->n_users};
    for (size_t i = 0; i < own.rank; i++) {
        const sdx_dim dim = value->shape.dims[i];
        own.dims[i] = sdx_dim_is_number(dim) && dim >= 0 ? dim : -1;
    }
    sdx_growing_give(out, &own, sizeof own);
}

const char *sdx_gvalue_symbol(const sdx_gvalue *value, size_t axis, char *text, size_t size) {
    if (value->shape.rank >= 0 && axis < (size_t)value->shape.rank)
        return sdx_dim_text(value->graph->ir->dims, value->shape.dims[axis], text, size);
    if (size != 0) text[0] = 0;
    return text;
}

static void lend_view(const sdx_view *view, sdx_tensor_view *out) {
    *out = (sdx_tensor_view){.dtype = view->dtype,
                             .rank = view->rank,
                             .dims = view->dims,
                             .len = view->len,
                             .size = sdx_view_bytes(view),
                             .data = view->len != 0 ? view->data : NULL};
}

bool sdx_gvalue_elements(const sdx_gvalue *value, sdx_tensor_view *out) {
    if (value->constant == NULL) return false;
    lend_view(value->constant, out);
    return true;
}

bool sdx_attr_tensor(const sdx_attr_info *attr, size_t index, sdx_tensor_view *out) {
    const sdx_view *const views = attr->tensors;
    if (views == NULL || index >= attr->n) return false;
    lend_view(&views[index], out);
    return true;
}

/* Uses are entered one by one: the k-th entry of a node is the k-th of its inputs that is this
 * value. */
const sdx_node *sdx_gvalue_user(const sdx_gvalue *value, size_t index, size_t *input) {
    if (index >= value->n_users) return NULL;
    const sdx_node *const node = value->users[index];
    size_t earlier = 0, at = 0;
    for (size_t i = 0; i < index; i++) {
        earlier += value->users[i] == node;
    }
    for (size_t i = 0; i < node->n_inputs; i++) {
        if (node->inputs[i] != value) continue;
        at = i;
        if (earlier-- == 0) break;
    }
    if (input != NULL) *input = at;
    return node;
}
