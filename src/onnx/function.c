/* Model-local functions: a call is replaced by the nodes of the body, with its inputs, outputs and
 * attributes put in. */
#include "onnx/importer.h"

/* The key of a function, and of the operators in reports: "domain:name:overload". */
static sdx_status function_key(sdx_importer *im, sdx_str domain, sdx_str name, sdx_str overload,
                               sdx_str *out) {
    return sdx_arena_printf(im->arena, out, "%.*s:%.*s:%.*s", SDX_FMT(domain), SDX_FMT(name),
                            SDX_FMT(overload));
}

sdx_status sdx_import_functions(sdx_importer *im) {
    for (size_t i = 0; i < im->model->n_functions; i++) {
        const sdx_pb_function *const function = &im->model->functions[i];
        sdx_str key;
        SDX_TRY(function_key(im, sdx_domain(function->domain), function->name, function->overload,
                             &key));
        if (sdx_map_get(&im->functions, key) != NULL) {
            return sdx_fail(SDX_INVALID_MODEL,
                            "function '%.*s' of domain '%.*s': found two definitions, expected one",
                            SDX_FMT(function->name), SDX_FMT(function->domain));
        }
        SDX_TRY(sdx_map_put(&im->functions, key, (void *)(uintptr_t)function));
    }
    return NULL;
}

const sdx_pb_function *sdx_import_function_of(const sdx_importer *im, const sdx_pb_node *node) {
    if (im->model->n_functions == 0) return NULL;
    enum { LONGEST_KEY = 1024 };
    const sdx_str domain = sdx_domain(node->domain);
    const size_t len = domain.len + node->op_type.len + node->overload.len + 2;
    if (len >= LONGEST_KEY) return NULL;
    sdx_buf key;
    sdx_buf_init(&key, im->heap, LONGEST_KEY);
    const sdx_status status = sdx_buf_printf(&key, "%.*s:%.*s:%.*s", SDX_FMT(domain),
                                             SDX_FMT(node->op_type), SDX_FMT(node->overload));
    const sdx_pb_function *const function =
        status == NULL ? sdx_map_get(&im->functions, (sdx_str){key.ptr, key.size}) : NULL;
    sdx_status_free(status);
    sdx_buf_deinit(&key);
    return function;
}

static const sdx_pb_attribute *call_attribute(const sdx_pb_node *call, sdx_str name) {
    for (size_t i = 0; i < call->n_attribute; i++) {
        if (sdx_str_eq(call->attribute[i].name, name)) return &call->attribute[i];
    }
    return NULL;
}

/* An attribute of the call: the written one, or what its own reference leads to; in the scope where
 * it was written. */
static bool resolve(const sdx_pb_attribute *attr, sdx_scope *scope, sdx_binding *out) {
    if (attr->ref_attr_name.len == 0) {
        out->attr = attr;
        out->scope = scope;
        return true;
    }
    for (size_t i = 0; i < scope->n_bindings; i++) {
        if (!sdx_str_eq(scope->bindings[i].name, attr->ref_attr_name)) continue;
        out->attr = scope->bindings[i].attr;
        out->scope = scope->bindings[i].scope;
        return true;
    }
    return false;
}

/* ONNX IR, Functions: names in `attribute` have no default, those in attribute_proto do; default
 * graphs see the body's names. */
static sdx_status bind_attributes(sdx_importer *im, sdx_scope *body, sdx_scope *caller,
                                  const sdx_pb_node *call, const sdx_pb_function *function) {
    sdx_binding *bindings;
    SDX_TRY(SDX_ARENA_NEW(im->arena, function->n_attribute + function->n_attribute_proto + 1,
                          &bindings));
    size_t n = 0;
    for (size_t i = 0; i < function->n_attribute; i++) {
        const sdx_pb_attribute *const given = call_attribute(call, function->attribute[i]);
        bindings[n].name = function->attribute[i];
        if (given != NULL && resolve(given, caller, &bindings[n])) n++;
    }
    for (size_t i = 0; i < function->n_attribute_proto; i++) {
        const sdx_pb_attribute *const standard = &function->attribute_proto[i];
        const sdx_pb_attribute *const given = call_attribute(call, standard->name);
        bindings[n].name = standard->name;
        if (given == NULL || !resolve(given, caller, &bindings[n])) {
            bindings[n].attr = standard;
            bindings[n].scope = body;
        }
        n++;
    }
    body->bindings = bindings;
    body->n_bindings = n;
    return NULL;
}

static sdx_status define_inputs(sdx_scope *body, const sdx_pb_function *function,
                                const sdx_pb_node *call, sdx_gvalue *const *inputs) {
    if (call->n_input > function->n_input) {
        return sdx_fail(SDX_INVALID_MODEL,
                        "found %zu inputs, expected at most the %zu of the function", call->n_input,
                        function->n_input);
    }
    for (size_t i = 0; i < call->n_input; i++) {
        if (inputs[i] != NULL) SDX_TRY(sdx_scope_define(body, inputs[i], function->input[i]));
    }
    return NULL;
}

static bool is_formal_input(const sdx_pb_function *function, sdx_str name) {
    for (size_t i = 0; i < function->n_input; i++) {
        if (sdx_str_eq(function->input[i], name)) return true;
    }
    return false;
}

/* Outputs that the body computes are the call's own values; one that is an input of the function
 * passes through an Identity. */
static sdx_status define_outputs(sdx_scope *body, const sdx_pb_function *function,
                                 const sdx_pb_node *call, sdx_gvalue *const *outputs) {
    if (call->n_output > function->n_output) {
        return sdx_fail(SDX_INVALID_MODEL,
                        "found %zu outputs, expected at most the %zu of the function",
                        call->n_output, function->n_output);
    }
    for (size_t i = 0; i < call->n_output; i++) {
        if (outputs[i] == NULL) continue;
        const sdx_str name = function->output[i];
        sdx_gvalue *const earlier = sdx_map_get(&body->names, name);
        if (!is_formal_input(function, name) && earlier == NULL) {
            SDX_TRY(sdx_scope_define(body, outputs[i], name));
            outputs[i]->output = SDX_OUTPUT_OPEN;
            continue;
        }
        if (earlier == NULL) continue; /* an optional input that the call left out */
        sdx_node *node;
        SDX_TRY(sdx_node_create(body->graph, NULL, SDX_STR(""), SDX_STR("Identity"),
                                outputs[i]->name, &earlier, 1, &outputs[i], 1, &node));
        node->version = SDX_ONNX_NEWEST_OPSET;
    }
    return NULL;
}

static sdx_status check_recursion(const sdx_scope *caller, const sdx_pb_function *function) {
    if (caller->function_depth >= SDX_ONNX_MAX_FUNCTION_DEPTH) {
        return sdx_fail(
            SDX_LIMIT,
            "found function calls nested deeper than %d, supported: %d; does '%.*s' call itself?",
            (int)SDX_ONNX_MAX_FUNCTION_DEPTH, (int)SDX_ONNX_MAX_FUNCTION_DEPTH,
            SDX_FMT(function->name));
    }
    return NULL;
}

sdx_status sdx_import_call(sdx_importer *im, sdx_scope *scope, const sdx_pb_node *call,
                           const sdx_pb_function *function, sdx_gvalue *const *inputs,
                           sdx_gvalue *const *outputs) {
    SDX_TRY(check_recursion(scope, function));
    sdx_scope body;
    sdx_scope_init(&body, im, NULL, scope->graph);
    body.opsets = function->opset_import;
    body.n_opsets = function->n_opset_import;
    body.function = function;
    body.graph_depth = scope->graph_depth;
    body.function_depth = scope->function_depth + 1;
    const sdx_str stem = call->name.len != 0 ? call->name : call->op_type;
    sdx_status status = sdx_arena_printf(im->arena, &body.prefix, "%.*s%.*s/",
                                         SDX_FMT(scope->prefix), SDX_FMT(stem));
    const sdx_change_info change = {
        .rule = "inline", .node = call->name, .op = call->op_type, .into = body.prefix};
    if (status == NULL) status = sdx_ir_note(scope->graph->ir, &change);
    if (status == NULL) status = bind_attributes(im, &body, scope, call, function);
    if (status == NULL) status = define_inputs(&body, function, call, inputs);
    if (status == NULL) status = define_outputs(&body, function, call, outputs);
    if (status == NULL) status = sdx_import_nodes(im, &body, function->node, function->n_node);
    sdx_scope_deinit(&body);
    return sdx_in(status, "function '%.*s'", SDX_FMT(function->name));
}
