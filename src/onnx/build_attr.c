/* Attributes of nodes that are built, one function a kind. */
#include <string.h>

#include "onnx/builder.h"
#include "tensor/value.h"

static sdx_arena *arena_of(const sdx_build_node *node) { return &node->graph->builder->arena; }

/* A place for an attribute of this name; it is the node's when `commit` says so. */
static sdx_status begin(sdx_build_node *node, const char *name, sdx_pb_attribute_type type,
                        sdx_build_attr **out) {
    const sdx_build_attr *const attrs = node->attrs.items;
    sdx_str copy;
    SDX_TRY(sdx_build_text(node->graph->builder, name, "name of an attribute", &copy));
    if (node->proto.n_attribute != 0)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "attribute '%s': found a copied node, which has its own", name);
    for (size_t i = 0; i < node->attrs.n; i++) {
        if (sdx_str_eq(attrs[i].proto.name, copy))
            return sdx_fail(SDX_INVALID_ARGUMENT,
                            "node (%.*s): attribute '%s': found two of the name, expected one",
                            SDX_FMT(node->proto.op_type), name);
    }
    SDX_TRY(sdx_build_room(node->graph->builder, &node->attrs, sizeof **out, out));
    (*out)->proto = (sdx_pb_attribute){.name = copy, .type = (int32_t)type, .has_type = true};
    return NULL;
}

static sdx_status commit(sdx_build_node *node) {
    node->attrs.n++;
    return NULL;
}

static sdx_status null_list(const char *name, size_t n) {
    return sdx_fail(SDX_INVALID_ARGUMENT, "attribute '%s': found NULL, expected %zu elements", name,
                    n);
}

/* ---- one element ----------------------------------------------------------------------------- */

sdx_status sdx_build_int(sdx_build_node *node, const char *name, int64_t value) {
    sdx_build_attr *attr;
    SDX_TRY(begin(node, name, SDX_PB_ATTRIBUTE_INT, &attr));
    attr->proto.i = value;
    attr->proto.has_i = true;
    return commit(node);
}

sdx_status sdx_build_float(sdx_build_node *node, const char *name, float value) {
    sdx_build_attr *attr;
    SDX_TRY(begin(node, name, SDX_PB_ATTRIBUTE_FLOAT, &attr));
    attr->proto.f = value;
    attr->proto.has_f = true;
    return commit(node);
}

sdx_status sdx_build_string(sdx_build_node *node, const char *name, sdx_str value) {
    sdx_build_attr *attr;
    SDX_TRY(begin(node, name, SDX_PB_ATTRIBUTE_STRING, &attr));
    if (value.ptr == NULL && value.len != 0) return null_list(name, value.len);
    SDX_TRY(sdx_arena_str(arena_of(node), value, &attr->proto.s));
    return commit(node);
}

/* n messages of tensors, whose elements are retained. */
static sdx_status make_tensors(sdx_build_node *node, const char *name, sdx_value *const *values,
                               size_t n, const sdx_pb_tensor **out) {
    sdx_pb_tensor *protos;
    SDX_TRY(SDX_ARENA_NEW(arena_of(node), n, &protos));
    for (size_t i = 0; i < n; i++) {
        if (values[i] == NULL || values[i]->kind != SDX_TENSOR || !sdx_value_on_host(values[i]))
            return sdx_fail(SDX_INVALID_ARGUMENT,
                            "attribute '%s': element %zu: expected a tensor on the host", name, i);
        sdx_export_tensor(&values[i]->view, (sdx_str){0}, &protos[i]);
    }
    for (size_t i = 0; i < n; i++) {
        SDX_TRY(sdx_build_keep(node->graph->builder, values[i]));
    }
    *out = protos;
    return NULL;
}

sdx_status sdx_build_tensor(sdx_build_node *node, const char *name, sdx_value *value) {
    sdx_build_attr *attr;
    SDX_TRY(begin(node, name, SDX_PB_ATTRIBUTE_TENSOR, &attr));
    SDX_TRY(make_tensors(node, name, &value, 1, &attr->proto.t));
    return commit(node);
}

static sdx_status make_types(sdx_build_node *node, const char *name, const sdx_build_type *values,
                             size_t n, const sdx_pb_type **out) {
    sdx_pb_type *protos;
    SDX_TRY(SDX_ARENA_NEW(arena_of(node), n, &protos));
    for (size_t i = 0; i < n; i++) {
        SDX_TRY(sdx_in(sdx_build_make_type(node->graph->builder, &values[i], &protos[i]),
                       "attribute '%s': element %zu", name, i));
    }
    *out = protos;
    return NULL;
}

sdx_status sdx_build_type_of(sdx_build_node *node, const char *name, const sdx_build_type *value) {
    sdx_build_attr *attr;
    SDX_TRY(begin(node, name, SDX_PB_ATTRIBUTE_TYPE_PROTO, &attr));
    if (value == NULL) return null_list(name, 1);
    SDX_TRY(make_types(node, name, value, 1, &attr->proto.tp));
    return commit(node);
}

/* ---- lists ----------------------------------------------------------------------------------- */

sdx_status sdx_build_ints(sdx_build_node *node, const char *name, const int64_t *values, size_t n) {
    sdx_build_attr *attr;
    int64_t *copy;
    SDX_TRY(begin(node, name, SDX_PB_ATTRIBUTE_INTS, &attr));
    if (values == NULL && n != 0) return null_list(name, n);
    SDX_TRY(SDX_ARENA_NEW(arena_of(node), n, &copy));
    if (n != 0) memcpy(copy, values, n * sizeof *values);
    attr->proto.ints = copy;
    attr->proto.n_ints = n;
    return commit(node);
}

sdx_status sdx_build_floats(sdx_build_node *node, const char *name, const float *values, size_t n) {
    sdx_build_attr *attr;
    float *copy;
    SDX_TRY(begin(node, name, SDX_PB_ATTRIBUTE_FLOATS, &attr));
    if (values == NULL && n != 0) return null_list(name, n);
    SDX_TRY(SDX_ARENA_NEW(arena_of(node), n, &copy));
    if (n != 0) memcpy(copy, values, n * sizeof *values);
    attr->proto.floats = copy;
    attr->proto.n_floats = n;
    return commit(node);
}

sdx_status sdx_build_strings(sdx_build_node *node, const char *name, const sdx_str *values,
                             size_t n) {
    sdx_build_attr *attr;
    sdx_str *copies;
    SDX_TRY(begin(node, name, SDX_PB_ATTRIBUTE_STRINGS, &attr));
    if (values == NULL && n != 0) return null_list(name, n);
    SDX_TRY(SDX_ARENA_NEW(arena_of(node), n, &copies));
    for (size_t i = 0; i < n; i++) {
        if (values[i].ptr == NULL && values[i].len != 0) return null_list(name, values[i].len);
        SDX_TRY(sdx_arena_str(arena_of(node), values[i], &copies[i]));
    }
    attr->proto.strings = copies;
    attr->proto.n_strings = n;
    return commit(node);
}

sdx_status sdx_build_tensors(sdx_build_node *node, const char *name, sdx_value *const *values,
                             size_t n) {
    sdx_build_attr *attr;
    SDX_TRY(begin(node, name, SDX_PB_ATTRIBUTE_TENSORS, &attr));
    if (values == NULL && n != 0) return null_list(name, n);
    SDX_TRY(make_tensors(node, name, values, n, &attr->proto.tensors));
    attr->proto.n_tensors = n;
    return commit(node);
}

sdx_status sdx_build_types_of(sdx_build_node *node, const char *name, const sdx_build_type *values,
                              size_t n) {
    sdx_build_attr *attr;
    SDX_TRY(begin(node, name, SDX_PB_ATTRIBUTE_TYPE_PROTOS, &attr));
    if (values == NULL && n != 0) return null_list(name, n);
    SDX_TRY(make_types(node, name, values, n, &attr->proto.type_protos));
    attr->proto.n_type_protos = n;
    return commit(node);
}

/* ---- subgraphs ------------------------------------------------------------------------------- */

static sdx_status make_graph(sdx_build_node *node, sdx_str name, sdx_build_graph **out) {
    sdx_build_graph *const around = node->graph;
    if (around->depth >= SDX_BUILD_MAX_DEPTH)
        return sdx_fail(SDX_LIMIT, "found more than %d subgraphs inside each other",
                        (int)SDX_BUILD_MAX_DEPTH);
    SDX_TRY(sdx_build_new_graph(around->builder, name, out));
    (*out)->outer = around;
    (*out)->visible = node->position;
    (*out)->depth = around->depth + 1;
    (*out)->function = around->function;
    return NULL;
}

static sdx_status add_graphs(sdx_build_node *node, const char *name, sdx_pb_attribute_type type,
                             size_t n, sdx_build_graph **out) {
    sdx_build_attr *attr;
    sdx_build_graph **graphs;
    SDX_TRY(begin(node, name, type, &attr));
    if (out == NULL && n != 0) return null_list(name, n);
    SDX_TRY(SDX_ARENA_NEW(arena_of(node), n, &graphs));
    for (size_t i = 0; i < n; i++) {
        SDX_TRY(sdx_in(make_graph(node, attr->proto.name, &graphs[i]), "attribute '%s'", name));
    }
    if (n != 0) memcpy(out, graphs, n * sizeof *graphs);
    attr->graphs = graphs;
    attr->n_graphs = n;
    return commit(node);
}

sdx_status sdx_build_subgraph(sdx_build_node *node, const char *name, sdx_build_graph **out) {
    return add_graphs(node, name, SDX_PB_ATTRIBUTE_GRAPH, 1, out);
}

sdx_status sdx_build_subgraphs(sdx_build_node *node, const char *name, size_t n,
                               sdx_build_graph **out) {
    return add_graphs(node, name, SDX_PB_ATTRIBUTE_GRAPHS, n, out);
}

/* ---- references ------------------------------------------------------------------------------ */

static sdx_pb_attribute_type type_of(sdx_attr_kind kind) {
    static const sdx_pb_attribute_type types[] = {
        [SDX_ATTR_FLOAT] = SDX_PB_ATTRIBUTE_FLOAT,
        [SDX_ATTR_INT] = SDX_PB_ATTRIBUTE_INT,
        [SDX_ATTR_STRING] = SDX_PB_ATTRIBUTE_STRING,
        [SDX_ATTR_TENSOR] = SDX_PB_ATTRIBUTE_TENSOR,
        [SDX_ATTR_GRAPH] = SDX_PB_ATTRIBUTE_GRAPH,
        [SDX_ATTR_FLOATS] = SDX_PB_ATTRIBUTE_FLOATS,
        [SDX_ATTR_INTS] = SDX_PB_ATTRIBUTE_INTS,
        [SDX_ATTR_STRINGS] = SDX_PB_ATTRIBUTE_STRINGS,
        [SDX_ATTR_TENSORS] = SDX_PB_ATTRIBUTE_TENSORS,
        [SDX_ATTR_GRAPHS] = SDX_PB_ATTRIBUTE_GRAPHS,
        [SDX_ATTR_TYPE] = SDX_PB_ATTRIBUTE_TYPE_PROTO,
        [SDX_ATTR_TYPES] = SDX_PB_ATTRIBUTE_TYPE_PROTOS,
    };
    return (size_t)kind < sizeof types / sizeof *types ? types[kind] : SDX_PB_ATTRIBUTE_UNDEFINED;
}

sdx_status sdx_build_reference(sdx_build_node *node, const char *name, sdx_attr_kind kind,
                               const char *of_call) {
    const sdx_build_function *const function = node->graph->function;
    const sdx_pb_attribute_type type = type_of(kind);
    sdx_build_attr *attr;
    if (function == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "found a reference outside a function, expected one in its body");
    if (type == SDX_PB_ATTRIBUTE_UNDEFINED)
        return sdx_fail(SDX_INVALID_ARGUMENT, "found kind %d, expected one of sdx_attr_kind",
                        (int)kind);
    SDX_TRY(begin(node, name, type, &attr));
    SDX_TRY(sdx_build_text(node->graph->builder, of_call, "attribute of a call",
                           &attr->proto.ref_attr_name));
    for (size_t i = 0; i < function->proto.n_attribute; i++) {
        if (sdx_str_eq(function->proto.attribute[i], attr->proto.ref_attr_name))
            return commit(node);
    }
    return sdx_fail(SDX_INVALID_ARGUMENT,
                    "attribute '%s': found no attribute '%s' of function '%.*s', expected one of "
                    "its own",
                    name, of_call, SDX_FMT(function->proto.name));
}
