/* Attributes and types of the file as those of the graph. */
#include "onnx/importer.h"
#include "tensor/proto.h"

/* Files before IR 2 leave the type out: whichever field is there says it. */
static int attribute_type(const sdx_pb_attribute *a) {
    if (a->has_type && a->type != SDX_PB_ATTRIBUTE_UNDEFINED) return a->type;
    if (a->has_f) return SDX_PB_ATTRIBUTE_FLOAT;
    if (a->has_i) return SDX_PB_ATTRIBUTE_INT;
    if (a->s.ptr != NULL) return SDX_PB_ATTRIBUTE_STRING;
    if (a->t != NULL) return SDX_PB_ATTRIBUTE_TENSOR;
    if (a->g != NULL) return SDX_PB_ATTRIBUTE_GRAPH;
    if (a->n_floats != 0) return SDX_PB_ATTRIBUTE_FLOATS;
    if (a->n_ints != 0) return SDX_PB_ATTRIBUTE_INTS;
    if (a->n_strings != 0) return SDX_PB_ATTRIBUTE_STRINGS;
    if (a->n_tensors != 0) return SDX_PB_ATTRIBUTE_TENSORS;
    if (a->n_graphs != 0) return SDX_PB_ATTRIBUTE_GRAPHS;
    if (a->tp != NULL) return SDX_PB_ATTRIBUTE_TYPE_PROTO;
    if (a->n_type_protos != 0) return SDX_PB_ATTRIBUTE_TYPE_PROTOS;
    return SDX_PB_ATTRIBUTE_UNDEFINED;
}

static sdx_status missing_field(const char *field) {
    return sdx_fail(SDX_INVALID_MODEL,
                    "found no field '%s', expected one since the attribute's type asks for it; "
                    "export the model again",
                    field);
}

static sdx_status import_tensors(sdx_importer *im, const sdx_pb_attribute *a, sdx_attr *out) {
    sdx_view *views;
    SDX_TRY(SDX_ARENA_NEW(im->arena, a->n_tensors + a->n_sparse_tensors, &views));
    for (size_t i = 0; i < a->n_tensors; i++) {
        const sdx_view *view;
        SDX_TRY(sdx_in(sdx_import_tensor(im, &a->tensors[i], &view), "element %zu", i));
        views[i] = *view;
    }
    for (size_t i = 0; i < a->n_sparse_tensors; i++) {
        const sdx_view *view;
        SDX_TRY(sdx_in(sdx_import_sparse(im, &a->sparse_tensors[i], &view), "element %zu", i));
        views[a->n_tensors + i] = *view;
    }
    *out = (sdx_attr){
        .kind = SDX_ATTR_TENSORS, .n = a->n_tensors + a->n_sparse_tensors, .tensor = views};
    return NULL;
}

static sdx_status import_graphs(sdx_importer *im, sdx_scope *scope, sdx_node *node,
                                const sdx_pb_attribute *a, sdx_attr *out) {
    sdx_graph **graphs;
    SDX_TRY(SDX_ARENA_NEW(im->arena, a->n_graphs, &graphs));
    for (size_t i = 0; i < a->n_graphs; i++) {
        SDX_TRY(sdx_import_graph(im, &a->graphs[i], scope, node, &graphs[i]));
    }
    *out = (sdx_attr){.kind = SDX_ATTR_GRAPHS, .n = a->n_graphs, .graphs = graphs};
    return NULL;
}

static sdx_status import_types(sdx_importer *im, const sdx_pb_attribute *a, sdx_attr *out) {
    sdx_type *types;
    SDX_TRY(SDX_ARENA_NEW(im->arena, a->n_type_protos, &types));
    for (size_t i = 0; i < a->n_type_protos; i++) {
        sdx_shape shape;
        const sdx_type *type;
        SDX_TRY(sdx_in(sdx_import_type(im, &a->type_protos[i], &type, &shape), "element %zu", i));
        types[i] = type != NULL ? *type : (sdx_type){.kind = SDX_TENSOR};
    }
    *out = (sdx_attr){.kind = SDX_ATTR_TYPES, .n = a->n_type_protos, .type = types};
    return NULL;
}

static sdx_status import_strings(sdx_importer *im, const sdx_pb_attribute *a, sdx_attr *out) {
    sdx_str *strings;
    SDX_TRY(SDX_ARENA_NEW(im->arena, a->n_strings, &strings));
    for (size_t i = 0; i < a->n_strings; i++) {
        SDX_TRY(sdx_arena_str(im->arena, a->strings[i], &strings[i]));
    }
    *out = (sdx_attr){.kind = SDX_ATTR_STRINGS, .n = a->n_strings, .strings = strings};
    return NULL;
}

static sdx_status import_single(sdx_importer *im, sdx_scope *scope, sdx_node *node,
                                const sdx_pb_attribute *a, int type, sdx_attr *out) {
    *out = (sdx_attr){.n = 1};
    sdx_shape shape;
    switch (type) { /* one case for each kind of the wire format */
    case SDX_PB_ATTRIBUTE_FLOAT: out->kind = SDX_ATTR_FLOAT, out->f = a->f; return NULL;
    case SDX_PB_ATTRIBUTE_INT: out->kind = SDX_ATTR_INT, out->i = a->i; return NULL;
    case SDX_PB_ATTRIBUTE_STRING:
        out->kind = SDX_ATTR_STRING;
        return sdx_arena_str(im->arena, a->s, &out->s);
    case SDX_PB_ATTRIBUTE_TENSOR:
        out->kind = SDX_ATTR_TENSOR;
        return a->t == NULL ? missing_field("t") : sdx_import_tensor(im, a->t, &out->tensor);
    case SDX_PB_ATTRIBUTE_SPARSE_TENSOR:
        out->kind = SDX_ATTR_TENSOR;
        return a->sparse_tensor == NULL ? missing_field("sparse_tensor")
                                        : sdx_import_sparse(im, a->sparse_tensor, &out->tensor);
    case SDX_PB_ATTRIBUTE_GRAPH:
        out->kind = SDX_ATTR_GRAPH;
        return a->g == NULL ? missing_field("g")
                            : sdx_import_graph(im, a->g, scope, node, &out->graph);
    case SDX_PB_ATTRIBUTE_TYPE_PROTO:
        out->kind = SDX_ATTR_TYPE;
        return a->tp == NULL ? missing_field("tp") : sdx_import_type(im, a->tp, &out->type, &shape);
    default:
        return sdx_fail(SDX_INVALID_MODEL,
                        "found attribute type %d, expected 1 to 14; export the model again", type);
    }
}

static sdx_status import_value(sdx_importer *im, sdx_scope *scope, sdx_node *node,
                               const sdx_pb_attribute *a, sdx_attr *out) {
    const int type = attribute_type(a);
    void *copy;
    switch (type) {
    case SDX_PB_ATTRIBUTE_FLOATS:
        SDX_TRY(sdx_arena_copy(im->arena, a->floats, a->n_floats * sizeof(float), &copy));
        *out = (sdx_attr){.kind = SDX_ATTR_FLOATS, .n = a->n_floats, .floats = copy};
        return NULL;
    case SDX_PB_ATTRIBUTE_INTS:
        SDX_TRY(sdx_arena_copy(im->arena, a->ints, a->n_ints * sizeof(int64_t), &copy));
        *out = (sdx_attr){.kind = SDX_ATTR_INTS, .n = a->n_ints, .ints = copy};
        return NULL;
    case SDX_PB_ATTRIBUTE_STRINGS: return import_strings(im, a, out);
    case SDX_PB_ATTRIBUTE_TENSORS:
    case SDX_PB_ATTRIBUTE_SPARSE_TENSORS: return import_tensors(im, a, out);
    case SDX_PB_ATTRIBUTE_GRAPHS: return import_graphs(im, scope, node, a, out);
    case SDX_PB_ATTRIBUTE_TYPE_PROTOS: return import_types(im, a, out);
    case SDX_PB_ATTRIBUTE_UNDEFINED: /* an empty list of any kind */
        *out = (sdx_attr){.kind = SDX_ATTR_INTS};
        return NULL;
    default: return import_single(im, scope, node, a, type, out);
    }
}

static const sdx_binding *find_binding(const sdx_scope *scope, sdx_str name) {
    for (size_t i = 0; i < scope->n_bindings; i++) {
        if (sdx_str_eq(scope->bindings[i].name, name)) return &scope->bindings[i];
    }
    return NULL;
}

sdx_status sdx_import_attr(sdx_importer *im, sdx_scope *scope, sdx_node *node,
                           const sdx_pb_attribute *proto) {
    const sdx_pb_attribute *source = proto;
    sdx_scope *source_scope = scope;
    if (proto->ref_attr_name.len != 0) {
        if (scope->function == NULL) {
            return sdx_fail(SDX_INVALID_MODEL,
                            "attribute '%.*s': found a reference to function attribute '%.*s' "
                            "outside a function, expected a value",
                            SDX_FMT(proto->name), SDX_FMT(proto->ref_attr_name));
        }
        const sdx_binding *const binding = find_binding(scope, proto->ref_attr_name);
        if (binding == NULL)
            return NULL; /* ONNX IR: a reference to an attribute that the call left out is left out
                          */
        source = binding->attr;
        source_scope = binding->scope;
    }
    sdx_attr value;
    SDX_TRY(sdx_in(import_value(im, source_scope, node, source, &value), "attribute '%.*s'",
                   SDX_FMT(proto->name)));
    sdx_str name;
    SDX_TRY(sdx_arena_str(im->arena, proto->name, &name));
    return sdx_node_set_attr(node, name.ptr, value);
}

static sdx_status import_shape(sdx_importer *im, const sdx_pb_shape *proto, sdx_shape *shape) {
    if (proto->n_dim > SDX_MAX_RANK) {
        return sdx_fail(
            SDX_UNSUPPORTED,
            "found a tensor of rank %zu, supported: 0 to %d; reshape it in the exporting framework",
            proto->n_dim, (int)SDX_MAX_RANK);
    }
    shape->rank = (int)proto->n_dim;
    for (size_t i = 0; i < proto->n_dim; i++) {
        const sdx_pb_dimension *const dim = &proto->dim[i];
        if (dim->has_dim_value && dim->dim_value > 0) {
            shape->dims[i] = sdx_dim_number(dim->dim_value);
        } else if (dim->dim_param.len != 0) {
            sdx_str name;
            SDX_TRY(sdx_arena_str(im->arena, dim->dim_param, &name));
            shape->dims[i] = sdx_dim_symbol(im->out->ir->dims, name);
        } else { /* exporters write 0 and -1 for what they do not know */
            shape->dims[i] = sdx_dim_fresh(im->out->ir->dims);
        }
    }
    return NULL;
}

static sdx_status element_type(int32_t id, sdx_dtype *out) {
    if (!sdx_dtype_valid(id)) {
        return sdx_fail(SDX_INVALID_MODEL,
                        "found element type %d, expected 1 to 26 (ONNX TensorProto.DataType)",
                        (int)id);
    }
    *out = (sdx_dtype)id;
    return NULL;
}

static sdx_status nested_type(sdx_importer *im, sdx_kind kind, sdx_dtype key,
                              const sdx_pb_type *inner, const sdx_type **type) {
    sdx_type *made;
    sdx_shape ignored;
    SDX_TRY(SDX_ARENA_NEW(im->arena, 1, &made));
    *made = (sdx_type){.kind = kind, .dtype = key};
    if (inner == NULL)
        return sdx_fail(SDX_INVALID_MODEL,
                        "found a container type without element type, expected one");
    SDX_TRY(sdx_import_type(im, inner, &made->element, &ignored));
    *type = made;
    return NULL;
}

/* Nesting is bounded by the depth that the wire reader takes. */
sdx_status sdx_import_type(sdx_importer *im, const sdx_pb_type *proto, const sdx_type **type,
                           sdx_shape *shape) {
    sdx_dtype dtype = SDX_UNDEFINED;
    shape->rank = -1;
    *type = NULL;
    if (proto == NULL) return NULL;
    if (proto->tensor_type != NULL) {
        if (proto->tensor_type->elem_type == 0) return NULL; /* exporters leave it open */
        SDX_TRY(element_type(proto->tensor_type->elem_type, &dtype));
        *type = sdx_type_tensor(dtype);
        return proto->tensor_type->shape == NULL
                   ? NULL
                   : import_shape(im, proto->tensor_type->shape, shape);
    }
    if (proto->sequence_type != NULL)
        return nested_type(im, SDX_SEQUENCE, SDX_UNDEFINED, proto->sequence_type->elem_type, type);
    if (proto->optional_type != NULL)
        return nested_type(im, SDX_OPTIONAL, SDX_UNDEFINED, proto->optional_type->elem_type, type);
    if (proto->map_type != NULL) {
        SDX_TRY(element_type(proto->map_type->key_type, &dtype));
        return nested_type(im, SDX_MAP, dtype, proto->map_type->value_type, type);
    }
    if (proto->sparse_tensor_type != NULL) {
        return sdx_fail(SDX_UNSUPPORTED,
                        "found a value of type sparse_tensor, supported: tensor, sequence, map, "
                        "optional; make it dense (sparse initializers are fine)");
    }
    if (proto->opaque_type != NULL) {
        return sdx_fail(
            SDX_UNSUPPORTED,
            "found a value of opaque type '%.*s', supported: tensor, sequence, map, optional",
            SDX_FMT(proto->opaque_type->name));
    }
    return NULL;
}
