/* Graphs and nodes of the file as those of the IR.
 *
 * Two passes over the nodes of a graph: first every output gets its value and its name, then nodes
 * are made with their inputs looked up. So nodes may stand in any order; the graph is sorted at the
 * end. */
#include <string.h>

#include "onnx/importer.h"

static sdx_status named_value(sdx_importer *im, sdx_scope *scope, sdx_str name, sdx_gvalue **out) {
    sdx_str full;
    if (scope->prefix.len != 0) {
        SDX_TRY(
            sdx_arena_printf(im->arena, &full, "%.*s%.*s", SDX_FMT(scope->prefix), SDX_FMT(name)));
    } else {
        SDX_TRY(sdx_arena_str(im->arena, name, &full));
    }
    return sdx_gvalue_create(scope->graph, full, out);
}

static sdx_status define_new(sdx_importer *im, sdx_scope *scope, sdx_str name, sdx_gvalue **out) {
    SDX_TRY(named_value(im, scope, name, out));
    return sdx_scope_define(scope, *out, name);
}

static sdx_status import_inputs(sdx_importer *im, sdx_scope *scope, const sdx_pb_graph *proto) {
    sdx_gvalue **inputs;
    SDX_TRY(SDX_ARENA_NEW(im->arena, proto->n_input + 1, &inputs));
    for (size_t i = 0; i < proto->n_input; i++) {
        const sdx_pb_value_info *const info = &proto->input[i];
        SDX_TRY(sdx_in(define_new(im, scope, info->name, &inputs[i]), "input %zu", i));
        inputs[i]->is_input = true;
        SDX_TRY(sdx_in(sdx_import_type(im, info->type, &inputs[i]->type, &inputs[i]->shape),
                       "input '%.*s'", SDX_FMT(info->name)));
    }
    return sdx_graph_set_inputs(scope->graph, inputs, proto->n_input);
}

/* Exporters write a constant twice under one name; as in other engines the last one counts. */
static void warn_twice(const sdx_importer *im, sdx_str name) {
    sdx_log(im->options->logger, SDX_LOG_WARN,
            "constant '%.*s' is defined twice: the last one counts", SDX_FMT(name));
}

/* An initializer that an input names too is that input's default: it can be left out, or given
 * (ONNX IR 3: all of them are listed so). */
static sdx_status define_initializer(sdx_importer *im, sdx_scope *scope, sdx_str name,
                                     const sdx_view *view) {
    sdx_gvalue *value = sdx_map_get(&scope->names, name);
    if (value == NULL) {
        SDX_TRY(define_new(im, scope, name, &value));
    } else if (value->constant != NULL || value->fallback != NULL) {
        warn_twice(im, name);
    } else if (value->type != NULL && !sdx_type_eq(value->type, sdx_type_tensor(view->dtype))) {
        return sdx_fail(
            SDX_INVALID_MODEL,
            "found elements of type %s for an input of another type, expected the same type",
            sdx_dtype_name(view->dtype));
    }
    value->type = sdx_type_tensor(view->dtype);
    im->out->n_initializers++;
    if (sdx_dtype_kind_of(view->dtype) == SDX_KIND_FLOAT) im->out->n_parameters += view->len;
    if (value->is_input && im->options->overridable) {
        value->fallback = view;
        return NULL;
    }
    value->constant = view;
    value->shape.rank = view->rank;
    for (size_t i = 0; i < view->rank; i++) {
        value->shape.dims[i] = view->dims[i];
    }
    return NULL;
}

/* What callers give is checked against the types of the main graph's inputs, so they must be there;
 * inner graphs learn theirs from the node around them. */
static sdx_status check_typed(const sdx_graph *graph) {
    for (size_t i = 0; i < graph->n_inputs && graph->outer == NULL; i++) {
        if (graph->inputs[i]->type != NULL) continue;
        return sdx_fail(SDX_INVALID_MODEL,
                        "input '%.*s': found no type, expected one (ONNX: ValueInfoProto.type); "
                        "export the model again",
                        SDX_FMT(graph->inputs[i]->name));
    }
    return NULL;
}

static sdx_status import_initializers(sdx_importer *im, sdx_scope *scope,
                                      const sdx_pb_graph *proto) {
    for (size_t i = 0; i < proto->n_initializer; i++) {
        const sdx_pb_tensor *const tensor = &proto->initializer[i];
        const sdx_view *view;
        SDX_TRY(sdx_in(sdx_import_tensor(im, tensor, &view), "initializer %zu", i));
        SDX_TRY(sdx_in(define_initializer(im, scope, tensor->name, view), "initializer '%.*s'",
                       SDX_FMT(tensor->name)));
    }
    for (size_t i = 0; i < proto->n_sparse_initializer; i++) {
        const sdx_pb_sparse_tensor *const sparse = &proto->sparse_initializer[i];
        const sdx_str name = sparse->values != NULL ? sparse->values->name : (sdx_str){0};
        const sdx_view *view;
        SDX_TRY(sdx_in(sdx_import_sparse(im, sparse, &view), "sparse_initializer '%.*s'",
                       SDX_FMT(name)));
        SDX_TRY(sdx_in(define_initializer(im, scope, name, view), "sparse_initializer '%.*s'",
                       SDX_FMT(name)));
    }
    return NULL;
}

static sdx_status in_proto_node(sdx_status status, const sdx_pb_node *node) {
    return sdx_in(status, "node '%.*s' (%.*s)",
                  SDX_FMT(node->name.len != 0   ? node->name
                          : node->n_output != 0 ? node->output[0]
                                                : node->name),
                  SDX_FMT(node->op_type));
}

/* Our own domain is what the exporter writes, and it says so. */
static sdx_status check_own(const sdx_importer *im, sdx_str name) {
    const sdx_op *const op = sdx_op_find(SDX_STR(SDX_OWN_DOMAIN), name);
    const bool refused =
        op != NULL && (op->flags & (SDX_OP_INTERNAL | SDX_OP_WRITTEN)) == SDX_OP_INTERNAL;
    for (size_t i = 0; i < im->model->n_opset_import && !refused; i++) {
        const sdx_pb_opset *const opset = &im->model->opset_import[i];
        if (!sdx_str_is(opset->domain, SDX_OWN_DOMAIN)) continue;
        if (opset->version >= 1 && opset->version <= SDX_OWN_VERSION) return NULL;
        return sdx_fail(SDX_UNSUPPORTED,
                        "opset_import: found version %lld of domain 'sardonyx', expected 1 to %d; "
                        "read the model with the library that wrote it, or a newer one",
                        (long long)opset->version, (int)SDX_OWN_VERSION);
    }
    return sdx_fail(SDX_INVALID_MODEL,
                    "found an operator of domain 'sardonyx', which is made while loading and only "
                    "stands in files that sdx_model_save wrote; export the model again");
}

static sdx_status add_operator(sdx_importer *im, sdx_str domain, sdx_str name, sdx_str key,
                               sdx_onnx_op_count **out) {
    sdx_onnx_op_count *entry;
    SDX_TRY(SDX_ARENA_NEW(im->arena, 1, &entry));
    SDX_TRY(sdx_arena_str(im->arena, key, &key));
    entry->domain = (sdx_str){key.ptr, domain.len};
    SDX_TRY(sdx_arena_str(im->arena, name, &entry->name));
    if (sdx_str_is(domain, SDX_OWN_DOMAIN)) SDX_TRY(check_own(im, name));
    SDX_TRY(sdx_map_put(&im->op_counts, key, entry));
    *out = entry;
    return NULL;
}

/* Counts a node of an operator, which is known from its first node on. */
static sdx_status count_operator(sdx_importer *im, const sdx_pb_node *node,
                                 const sdx_onnx_op_count **out) {
    enum { LONGEST_NAME = 512 };
    const sdx_str domain = sdx_domain(node->domain), name = node->op_type;
    char key[LONGEST_NAME];
    const size_t len = domain.len + 1 + name.len;
    if (len >= LONGEST_NAME) {
        return sdx_fail(SDX_INVALID_MODEL,
                        "found an operator name of %zu bytes, expected fewer than %d; export the "
                        "model again",
                        len, (int)LONGEST_NAME);
    }
    if (domain.len != 0) memcpy(key, domain.ptr, domain.len);
    key[domain.len] = ':';
    if (name.len != 0) memcpy(key + domain.len + 1, name.ptr, name.len);
    const sdx_str view = {key, len};
    sdx_onnx_op_count *entry = sdx_map_get(&im->op_counts, view);
    if (entry == NULL) SDX_TRY(add_operator(im, domain, name, view, &entry));
    entry->count++;
    *out = entry;
    return NULL;
}

static sdx_status define_constant(sdx_importer *im, sdx_scope *scope, sdx_str name,
                                  sdx_gvalue **out) {
    const sdx_gvalue *const earlier = sdx_map_get(&scope->names, name);
    const bool again = earlier != NULL && !earlier->is_input &&
                       (earlier->output == SDX_OUTPUT_CONSTANT || earlier->constant != NULL);
    if (again) {
        warn_twice(im, name);
        SDX_TRY(named_value(im, scope, name, out));
        SDX_TRY(sdx_map_put(&scope->names, (*out)->name, *out));
    } else {
        SDX_TRY(define_new(im, scope, name, out));
    }
    (*out)->output = SDX_OUTPUT_CONSTANT;
    return NULL;
}

/* Outputs get their values; an empty name is an absent output. Names given before (a function's
 * outputs) keep the caller's value. */
static sdx_status define_outputs(sdx_importer *im, sdx_scope *scope, const sdx_pb_node *node,
                                 sdx_gvalue **outputs) {
    for (size_t i = 0; i < node->n_output; i++) {
        const sdx_str name = node->output[i];
        if (name.len == 0) continue;
        sdx_gvalue *const given = scope->function != NULL ? sdx_map_get(&scope->names, name) : NULL;
        if (given != NULL && given->output == SDX_OUTPUT_OPEN) {
            given->output = 0; /* taken: a second node with this output is an error */
            outputs[i] = given;
            continue;
        }
        if (sdx_str_is(node->op_type, "Constant")) {
            SDX_TRY(define_constant(im, scope, name, &outputs[i]));
        } else {
            SDX_TRY(define_new(im, scope, name, &outputs[i]));
        }
    }
    return NULL;
}

static sdx_status find_inputs(sdx_importer *im, sdx_scope *scope, const sdx_pb_node *node,
                              sdx_gvalue ***out) {
    sdx_gvalue **inputs;
    SDX_TRY(SDX_ARENA_NEW(im->arena, node->n_input + 1, &inputs));
    for (size_t i = 0; i < node->n_input; i++) {
        if (node->input[i].len == 0) continue;
        inputs[i] = sdx_scope_find(scope, node->input[i]);
        if (inputs[i] != NULL) continue;
        bool absent = false; /* a formal input that the call left out */
        for (size_t k = 0; scope->function != NULL && k < scope->function->n_input; k++) {
            absent = absent || sdx_str_eq(scope->function->input[k], node->input[i]);
        }
        if (!absent) return sdx_scope_unknown_name(scope, node->input[i]);
    }
    *out = inputs;
    return NULL;
}

/* A node without a name is called by its operator and number. */
static sdx_status name_node(sdx_importer *im, const sdx_scope *scope, const sdx_pb_node *proto,
                            sdx_str *out) {
    if (proto->name.len == 0)
        return sdx_arena_printf(im->arena, out, "%.*s%.*s#%u", SDX_FMT(scope->prefix),
                                SDX_FMT(proto->op_type), (unsigned)im->out->ir->n_nodes);
    if (scope->prefix.len == 0) return sdx_arena_str(im->arena, proto->name, out);
    return sdx_arena_printf(im->arena, out, "%.*s%.*s", SDX_FMT(scope->prefix),
                            SDX_FMT(proto->name));
}

/* An operator of ai.onnx in our own domain: attribute rev says which older meaning it has. All else
 * of it is as in the newest opset, so nothing is upgraded. */
static sdx_status take_older_meaning(sdx_node *node) {
    if (!sdx_str_is(node->domain, SDX_OWN_DOMAIN) ||
        sdx_op_find(node->domain, node->op_type) != NULL)
        return NULL;
    const sdx_op *const op = sdx_op_find(SDX_STR(""), node->op_type);
    if (op == NULL || op->n_revs == 0) return NULL;
    const sdx_attr *const rev = sdx_node_named(node, SDX_OWN_REV);
    if (rev == NULL || rev->kind != SDX_ATTR_INT || rev->i < 1 || rev->i > op->n_revs)
        return sdx_fail(SDX_INVALID_MODEL, "attribute '%s': expected an integer from 1 to %d",
                        SDX_OWN_REV, op->n_revs);
    node->rev = (int)rev->i;
    node->domain = sdx_str_from(op->domain);
    node->version = op->newest;
    sdx_node_drop_attr(node, SDX_OWN_REV);
    return NULL;
}

static sdx_status make_node(sdx_importer *im, sdx_scope *scope, const sdx_pb_node *proto,
                            sdx_gvalue *const *inputs, sdx_gvalue *const *outputs) {
    const sdx_onnx_op_count *kind;
    sdx_str name;
    sdx_node *node;
    SDX_TRY(count_operator(im, proto, &kind));
    SDX_TRY(name_node(im, scope, proto, &name));
    SDX_TRY(sdx_node_create(scope->graph, NULL, kind->domain, kind->name, name, inputs,
                            proto->n_input, outputs, proto->n_output, &node));
    node->version = sdx_scope_version(scope, im, kind->domain);
    for (size_t i = 0; i < proto->n_attribute; i++) {
        SDX_TRY(sdx_import_attr(im, scope, node, &proto->attribute[i]));
    }
    return take_older_meaning(node);
}

static sdx_status import_node(sdx_importer *im, sdx_scope *scope, const sdx_pb_node *proto,
                              sdx_gvalue *const *outputs) {
    sdx_gvalue **inputs;
    if (im->out->ir->n_nodes >= SDX_ONNX_MAX_NODES) {
        return sdx_fail(SDX_LIMIT,
                        "found more than %d nodes once functions are inlined; split the model",
                        (int)SDX_ONNX_MAX_NODES);
    }
    im->out->n_nodes++;
    SDX_TRY(find_inputs(im, scope, proto, &inputs));
    const sdx_pb_function *const function = sdx_import_function_of(im, proto);
    if (function != NULL) return sdx_import_call(im, scope, proto, function, inputs, outputs);
    return make_node(im, scope, proto, inputs, outputs);
}

sdx_status sdx_import_nodes(sdx_importer *im, sdx_scope *scope, const sdx_pb_node *nodes,
                            size_t n) {
    sdx_gvalue ***outputs;
    SDX_TRY(SDX_ARENA_NEW(im->arena, n + 1, &outputs));
    for (size_t i = 0; i < n; i++) {
        SDX_TRY(SDX_ARENA_NEW(im->arena, nodes[i].n_output + 1, &outputs[i]));
        SDX_TRY(in_proto_node(define_outputs(im, scope, &nodes[i], outputs[i]), &nodes[i]));
    }
    for (size_t i = 0; i < n; i++) {
        SDX_TRY(in_proto_node(import_node(im, scope, &nodes[i], outputs[i]), &nodes[i]));
    }
    return NULL;
}

/* An output that the graph does not compute itself (a name of an outer graph) passes through an
 * Identity, so that each graph owns its outputs. */
static sdx_status own_output(sdx_importer *im, sdx_scope *scope, sdx_str name, sdx_gvalue **value) {
    if ((*value)->graph == scope->graph) return NULL;
    sdx_gvalue *copy;
    sdx_node *node;
    SDX_TRY(named_value(im, scope, name, &copy));
    SDX_TRY(sdx_node_create(scope->graph, NULL, SDX_STR(""), SDX_STR("Identity"), copy->name, value,
                            1, &copy, 1, &node));
    node->version = SDX_ONNX_NEWEST_OPSET;
    *value = copy;
    return NULL;
}

static sdx_status import_outputs(sdx_importer *im, sdx_scope *scope, const sdx_pb_graph *proto) {
    sdx_gvalue **outputs;
    sdx_shape *declared;
    SDX_TRY(SDX_ARENA_NEW(im->arena, proto->n_output + 1, &outputs));
    SDX_TRY(SDX_ARENA_NEW(im->arena, proto->n_output + 1, &declared));
    for (size_t i = 0; i < proto->n_output; i++) {
        const sdx_str name = proto->output[i].name;
        declared[i].rank = -1;
        outputs[i] = sdx_scope_find(scope, name);
        if (outputs[i] == NULL) return sdx_in(sdx_scope_unknown_name(scope, name), "output %zu", i);
        SDX_TRY(own_output(im, scope, name, &outputs[i]));
        outputs[i]->is_output = true;
        if (outputs[i]->type != NULL) continue;
        /* the type is a hint for what inference cannot tell; shapes are never believed */
        SDX_TRY(sdx_in(sdx_import_type(im, proto->output[i].type, &outputs[i]->type, &declared[i]),
                       "output '%.*s'", SDX_FMT(name)));
    }
    scope->graph->declared = scope->graph->outer == NULL ? declared : NULL;
    return sdx_graph_set_outputs(scope->graph, outputs, proto->n_output);
}

static sdx_status fill_graph(sdx_importer *im, sdx_scope *scope, const sdx_pb_graph *proto) {
    SDX_TRY(sdx_arena_str(im->arena, proto->name, &scope->graph->name));
    SDX_TRY(import_inputs(im, scope, proto));
    SDX_TRY(import_initializers(im, scope, proto));
    SDX_TRY(check_typed(scope->graph));
    SDX_TRY(sdx_import_nodes(im, scope, proto->node, proto->n_node));
    SDX_TRY(import_outputs(im, scope, proto));
    return sdx_graph_sort(scope->graph);
}

sdx_status sdx_import_graph(sdx_importer *im, const sdx_pb_graph *proto, sdx_scope *outer,
                            sdx_node *owner, sdx_graph **out) {
    const unsigned depth = outer != NULL ? outer->graph_depth + 1 : 0;
    if (depth > SDX_ONNX_MAX_GRAPH_DEPTH) {
        return sdx_fail(SDX_LIMIT, "found subgraphs nested deeper than %d; flatten the model",
                        (int)SDX_ONNX_MAX_GRAPH_DEPTH);
    }
    sdx_scope scope;
    sdx_graph *graph;
    SDX_TRY(sdx_graph_create(im->out->ir, outer != NULL ? outer->graph : NULL, owner, &graph));
    sdx_scope_init(&scope, im, outer, graph);
    if (outer == NULL) {
        scope.opsets = im->model->opset_import;
        scope.n_opsets = im->model->n_opset_import;
    }
    const sdx_status status = fill_graph(im, &scope, proto);
    sdx_scope_deinit(&scope);
    if (status == NULL) *out = graph;
    return outer == NULL ? status : sdx_in(status, "graph '%.*s'", SDX_FMT(proto->name));
}
