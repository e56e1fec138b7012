/* Attributes, types and tensors as messages. */
#include "onnx/export.h"
#include "ops/op.h"
#include "tensor/proto.h"

/* A text that is there, even when it is empty. */
static sdx_str present(sdx_str text) { return text.ptr != NULL ? text : SDX_STR(""); }

void sdx_export_tensor(const sdx_view *view, sdx_str name, sdx_pb_tensor *out) {
    sdx_tensor_to_proto(view, out);
    out->name = name;
}

/* ---- types ----------------------------------------------------------------------------------- */

static sdx_status inner_type(sdx_arena *arena, const sdx_type *type, const sdx_pb_type **out) {
    sdx_pb_type *inner;
    SDX_TRY(SDX_ARENA_NEW(arena, 1, &inner));
    if (type != NULL) SDX_TRY(sdx_export_type(arena, type, inner));
    *out = inner;
    return NULL;
}

static sdx_status tensor_type(sdx_arena *arena, const sdx_type *type, sdx_pb_type *out) {
    sdx_pb_type_tensor *tensor;
    SDX_TRY(SDX_ARENA_NEW(arena, 1, &tensor));
    tensor->elem_type = (int32_t)type->dtype;
    tensor->has_elem_type = type->dtype != SDX_UNDEFINED;
    out->tensor_type = tensor;
    return NULL;
}

static sdx_status map_type(sdx_arena *arena, const sdx_type *type, sdx_pb_type *out) {
    sdx_pb_type_map *map;
    SDX_TRY(SDX_ARENA_NEW(arena, 1, &map));
    map->key_type = (int32_t)type->dtype;
    map->has_key_type = true;
    out->map_type = map;
    return inner_type(arena, type->element, &map->value_type);
}

/* Nesting is bounded by that of the file that the type came from, or by the builder. */
sdx_status sdx_export_type(sdx_arena *arena, const sdx_type *type, sdx_pb_type *out) {
    sdx_pb_type_sequence *sequence;
    sdx_pb_type_optional *optional;
    *out = (sdx_pb_type){0};
    switch (type->kind) { /* one case for each kind of value */
    case SDX_TENSOR: return tensor_type(arena, type, out);
    case SDX_MAP: return map_type(arena, type, out);
    case SDX_SEQUENCE:
        SDX_TRY(SDX_ARENA_NEW(arena, 1, &sequence));
        out->sequence_type = sequence;
        return inner_type(arena, type->element, &sequence->elem_type);
    case SDX_OPTIONAL:
        SDX_TRY(SDX_ARENA_NEW(arena, 1, &optional));
        out->optional_type = optional;
        return inner_type(arena, type->element, &optional->elem_type);
    }
    return NULL;
}

/* ---- attributes ------------------------------------------------------------------------------ */

/* A file need not say of what kind an empty list is: the operator does. */
static sdx_attr_kind kind_of(const sdx_node *node, const sdx_named_attr *attr) {
    const sdx_op *const op = node->op;
    const sdx_attr_kind kind = attr->value.kind;
    if (kind != SDX_ATTR_INTS || attr->value.n != 0 || op == NULL) return kind;
    for (size_t i = 0; i < op->n_attrs; i++) {
        if (sdx_str_is(attr->name, op->attrs[i].name)) return op->attrs[i].kind;
    }
    return kind;
}

/* ONNX: Constant has an attribute of its own for sparse tensors, which are dense by now. */
static sdx_str name_of(const sdx_node *node, const sdx_named_attr *attr) {
    const bool sparse = node->domain.len == 0 && sdx_str_is(node->op_type, "Constant") &&
                        sdx_str_is(attr->name, "sparse_value");
    return sparse ? SDX_STR("value") : attr->name;
}

static sdx_status export_tensors(sdx_arena *arena, const sdx_attr *attr, size_t n,
                                 const sdx_pb_tensor **out) {
    sdx_pb_tensor *tensors;
    SDX_TRY(SDX_ARENA_NEW(arena, n, &tensors));
    for (size_t i = 0; i < n; i++) {
        sdx_export_tensor(&attr->tensor[i], (sdx_str){0}, &tensors[i]);
    }
    *out = tensors;
    return NULL;
}

static sdx_status export_graphs(sdx_arena *arena, sdx_graph *const *graphs, size_t n,
                                const sdx_pb_graph **out) {
    sdx_pb_graph *protos;
    SDX_TRY(SDX_ARENA_NEW(arena, n, &protos));
    for (size_t i = 0; i < n; i++) {
        SDX_TRY(sdx_export_graph(arena, graphs[i], &protos[i]));
    }
    *out = protos;
    return NULL;
}

static sdx_status export_types(sdx_arena *arena, const sdx_type *types, size_t n,
                               const sdx_pb_type **out) {
    sdx_pb_type *protos;
    SDX_TRY(SDX_ARENA_NEW(arena, n, &protos));
    for (size_t i = 0; i < n; i++) {
        SDX_TRY(sdx_export_type(arena, &types[i], &protos[i]));
    }
    *out = protos;
    return NULL;
}

static sdx_status export_list(sdx_arena *arena, sdx_attr_kind kind, const sdx_attr *attr,
                              sdx_pb_attribute *out) {
    switch (kind) { /* one case for each kind of the wire format */
    case SDX_ATTR_FLOATS:
        out->type = SDX_PB_ATTRIBUTE_FLOATS;
        out->floats = attr->floats, out->n_floats = attr->n;
        return NULL;
    case SDX_ATTR_STRINGS:
        out->type = SDX_PB_ATTRIBUTE_STRINGS;
        out->strings = attr->strings, out->n_strings = attr->n;
        return NULL;
    case SDX_ATTR_TENSORS:
        out->type = SDX_PB_ATTRIBUTE_TENSORS, out->n_tensors = attr->n;
        return export_tensors(arena, attr, attr->n, &out->tensors);
    case SDX_ATTR_GRAPHS:
        out->type = SDX_PB_ATTRIBUTE_GRAPHS, out->n_graphs = attr->n;
        return export_graphs(arena, attr->graphs, attr->n, &out->graphs);
    case SDX_ATTR_TYPES:
        out->type = SDX_PB_ATTRIBUTE_TYPE_PROTOS, out->n_type_protos = attr->n;
        return export_types(arena, attr->type, attr->n, &out->type_protos);
    default:
        out->type = SDX_PB_ATTRIBUTE_INTS;
        out->ints = attr->ints, out->n_ints = attr->n;
        return NULL;
    }
}

sdx_status sdx_export_attr(sdx_arena *arena, const sdx_node *node, const sdx_named_attr *named,
                           sdx_pb_attribute *out) {
    const sdx_attr *const attr = &named->value;
    *out = (sdx_pb_attribute){.name = name_of(node, named), .has_type = true};
    switch (attr->kind) {
    case SDX_ATTR_FLOAT:
        out->type = SDX_PB_ATTRIBUTE_FLOAT;
        out->f = attr->f, out->has_f = true;
        return NULL;
    case SDX_ATTR_INT:
        out->type = SDX_PB_ATTRIBUTE_INT;
        out->i = attr->i, out->has_i = true;
        return NULL;
    case SDX_ATTR_STRING:
        out->type = SDX_PB_ATTRIBUTE_STRING;
        out->s = present(attr->s);
        return NULL;
    case SDX_ATTR_TENSOR:
        out->type = SDX_PB_ATTRIBUTE_TENSOR;
        return export_tensors(arena, attr, 1, &out->t);
    case SDX_ATTR_GRAPH:
        out->type = SDX_PB_ATTRIBUTE_GRAPH;
        return export_graphs(arena, &attr->graph, 1, &out->g);
    case SDX_ATTR_TYPE:
        out->type = SDX_PB_ATTRIBUTE_TYPE_PROTO;
        return export_types(arena, attr->type, 1, &out->tp);
    default: return export_list(arena, kind_of(node, named), attr, out);
    }
}
