/* Graphs that are built: names, types, inputs, outputs, constants, nodes. */
#include "onnx/builder.h"
#include "tensor/proto.h"
#include "tensor/value.h"

/* ---- names ----------------------------------------------------------------------------------- */

/* The definition that a graph sees: its own, or one of those around it that came before the node it
 * belongs to. */
static const sdx_definition *find(const sdx_build_graph *graph, sdx_str name) {
    size_t visible = SIZE_MAX;
    for (; graph != NULL; graph = graph->outer) {
        const sdx_definition *const found = sdx_map_get(&graph->names, name);
        if (found != NULL && found->index < visible) return found;
        visible = graph->visible;
    }
    return NULL;
}

static sdx_status in_graph(sdx_status status, const sdx_build_graph *graph) {
    return sdx_in(status, "graph '%.*s'", SDX_FMT(graph->name));
}

sdx_status sdx_build_check_known(const sdx_build_graph *graph, sdx_str name) {
    if (find(graph, name) != NULL) return NULL;
    return sdx_fail(SDX_INVALID_ARGUMENT,
                    "value '%.*s': found a use before a definition, expected an input, a constant "
                    "or an output of a node that was added before",
                    SDX_FMT(name));
}

sdx_status sdx_build_check_free(const sdx_build_graph *graph, sdx_str name) {
    if (find(graph, name) == NULL) return NULL;
    return sdx_fail(SDX_INVALID_ARGUMENT,
                    "value '%.*s': found two definitions, expected one; rename one of them",
                    SDX_FMT(name));
}

sdx_status sdx_build_define(sdx_build_graph *graph, sdx_str name, bool is_input) {
    sdx_definition *definition;
    SDX_TRY(SDX_ARENA_NEW(&graph->builder->arena, 1, &definition));
    *definition = (sdx_definition){.index = graph->n_names, .is_input = is_input};
    SDX_TRY(sdx_map_put(&graph->names, name, definition));
    graph->n_names++;
    return NULL;
}

/* ---- types ----------------------------------------------------------------------------------- */

/* A type of the caller, whose pointers may lead anywhere: in a circle, too. */
static sdx_status check_type(const sdx_type *type, unsigned depth) {
    if (depth >= SDX_BUILD_MAX_TYPE)
        return sdx_fail(SDX_INVALID_ARGUMENT, "type: found more than %d types inside each other",
                        (int)SDX_BUILD_MAX_TYPE);
    const bool leaf = type->kind == SDX_TENSOR;
    if (!leaf && type->kind != SDX_SEQUENCE && type->kind != SDX_MAP && type->kind != SDX_OPTIONAL)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "type: found kind %d, expected tensor, sequence, map or optional",
                        (int)type->kind);
    if ((leaf || type->kind == SDX_MAP) && !sdx_dtype_valid((int64_t)type->dtype))
        return sdx_fail(SDX_INVALID_ARGUMENT, "type: found dtype %d, expected 1 to 26",
                        (int)type->dtype);
    if (leaf) return NULL;
    if (type->element == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "type: found a container without element, expected a type in it");
    return check_type(type->element, depth + 1);
}

static sdx_status make_dim(sdx_builder *builder, const sdx_build_type *type, size_t i,
                           sdx_pb_dimension *out) {
    const int64_t dim = type->dims[i];
    const char *const symbol = type->symbols != NULL ? type->symbols[i] : NULL;
    *out = (sdx_pb_dimension){.dim_value = dim, .has_dim_value = dim >= 0};
    if (dim < -1)
        return sdx_fail(SDX_INVALID_ARGUMENT, "dims[%zu]: found %lld, expected 0 or more, or -1", i,
                        (long long)dim);
    if (dim >= 0 && symbol != NULL && symbol[0] != 0)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "dims[%zu]: found %lld and the symbol '%s', expected one of them", i,
                        (long long)dim, symbol);
    if (dim >= 0 || symbol == NULL || symbol[0] == 0) return NULL;
    return sdx_arena_str(&builder->arena, sdx_str_from(symbol), &out->dim_param);
}

static sdx_status make_shape(sdx_builder *builder, const sdx_build_type *type,
                             const sdx_pb_shape **out) {
    sdx_pb_dimension *dims;
    sdx_pb_shape *shape;
    if (type->rank > SDX_MAX_RANK)
        return sdx_fail(SDX_INVALID_ARGUMENT, "found rank %zu, expected 0 to %d", type->rank,
                        (int)SDX_MAX_RANK);
    if (type->rank != 0 && type->dims == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT, "dims: found NULL, expected %zu numbers", type->rank);
    SDX_TRY(SDX_ARENA_NEW(&builder->arena, type->rank + 1, &dims));
    SDX_TRY(SDX_ARENA_NEW(&builder->arena, 1, &shape));
    for (size_t i = 0; i < type->rank; i++) {
        SDX_TRY(make_dim(builder, type, i, &dims[i]));
    }
    *shape = (sdx_pb_shape){.dim = dims, .n_dim = type->rank};
    *out = shape;
    return NULL;
}

sdx_status sdx_build_make_type(sdx_builder *builder, const sdx_build_type *type, sdx_pb_type *out) {
    sdx_pb_type_tensor *tensor;
    *out = (sdx_pb_type){0};
    if (type->type != NULL) {
        if (type->has_rank)
            return sdx_fail(SDX_INVALID_ARGUMENT,
                            "found a type and a shape, expected dtype where there is a shape");
        SDX_TRY(check_type(type->type, 0));
        return sdx_export_type(&builder->arena, type->type, out);
    }
    if (type->dtype != SDX_UNDEFINED && !sdx_dtype_valid((int64_t)type->dtype))
        return sdx_fail(SDX_INVALID_ARGUMENT, "dtype: found %d, expected 1 to 26",
                        (int)type->dtype);
    SDX_TRY(SDX_ARENA_NEW(&builder->arena, 1, &tensor));
    tensor->elem_type = (int32_t)type->dtype;
    tensor->has_elem_type = type->dtype != SDX_UNDEFINED;
    if (type->has_rank) SDX_TRY(make_shape(builder, type, &tensor->shape));
    out->tensor_type = tensor;
    return NULL;
}

/* ---- inputs and outputs ---------------------------------------------------------------------- */

static sdx_status make_port(sdx_build_graph *graph, const char *name, const sdx_build_type *type,
                            sdx_pb_value_info *out) {
    sdx_pb_type *proto;
    const bool typed = type != NULL && (type->type != NULL || type->dtype != SDX_UNDEFINED);
    SDX_TRY(sdx_build_text(graph->builder, name, "name of a value", &out->name));
    if (!typed && graph == graph->builder->main)
        return sdx_fail(SDX_INVALID_ARGUMENT, "found no type, expected one in the main graph");
    if (type != NULL && graph->function != NULL && graph->outer == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "found a type, expected NULL in a function, which takes any");
    if (type == NULL) return NULL;
    SDX_TRY(SDX_ARENA_NEW(&graph->builder->arena, 1, &proto));
    SDX_TRY(sdx_build_make_type(graph->builder, type, proto));
    out->type = proto;
    return NULL;
}

static sdx_status add_input(sdx_build_graph *graph, const char *name, const sdx_build_type *type) {
    sdx_pb_value_info *place, info = {0};
    SDX_TRY(make_port(graph, name, type, &info));
    SDX_TRY(sdx_build_check_free(graph, info.name));
    SDX_TRY(sdx_build_room(graph->builder, &graph->inputs, sizeof *place, &place));
    SDX_TRY(sdx_build_define(graph, info.name, true));
    *place = info;
    graph->inputs.n++;
    return NULL;
}

sdx_status sdx_build_input(sdx_build_graph *graph, const char *name, const sdx_build_type *type) {
    return in_graph(sdx_in(add_input(graph, name, type), "input '%s'", name != NULL ? name : ""),
                    graph);
}

static sdx_status add_output(sdx_build_graph *graph, const char *name, const sdx_build_type *type) {
    sdx_pb_value_info *place, info = {0};
    SDX_TRY(make_port(graph, name, type, &info));
    SDX_TRY(sdx_build_room(graph->builder, &graph->outputs, sizeof *place, &place));
    *place = info;
    graph->outputs.n++;
    return NULL;
}

sdx_status sdx_build_output(sdx_build_graph *graph, const char *name, const sdx_build_type *type) {
    return in_graph(sdx_in(add_output(graph, name, type), "output '%s'", name != NULL ? name : ""),
                    graph);
}

/* ---- constants ------------------------------------------------------------------------------- */

/* A constant defines its name, or is the default of the input of that name. */
static sdx_status define_constant(sdx_build_graph *graph, sdx_str name) {
    sdx_definition *const input = sdx_map_get(&graph->names, name);
    if (graph->function != NULL && graph->outer == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "found a constant of a function, which has none; add a node Constant");
    if (input == NULL || !input->is_input || input->has_default) {
        SDX_TRY(sdx_build_check_free(graph, name));
        return sdx_build_define(graph, name, false);
    }
    input->has_default = true;
    return NULL;
}

sdx_status sdx_build_add_constant(sdx_build_graph *graph, const sdx_pb_tensor *proto) {
    sdx_pb_tensor *place;
    SDX_TRY(sdx_build_room(graph->builder, &graph->constants, sizeof *place, &place));
    SDX_TRY(define_constant(graph, proto->name));
    *place = *proto;
    graph->constants.n++;
    return NULL;
}

static sdx_status add_value(sdx_build_graph *graph, const char *name, sdx_value *tensor) {
    sdx_pb_tensor proto;
    sdx_str copy;
    if (tensor == NULL || tensor->kind != SDX_TENSOR)
        return sdx_fail(SDX_INVALID_ARGUMENT, "found %s, expected a tensor",
                        tensor == NULL ? "NULL" : "another kind of value");
    if (!sdx_value_on_host(tensor))
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "found a tensor on a device, expected one on the host");
    SDX_TRY(sdx_build_text(graph->builder, name, "name of a value", &copy));
    sdx_export_tensor(&tensor->view, copy, &proto);
    SDX_TRY(sdx_build_keep(graph->builder, tensor));
    return sdx_build_add_constant(graph, &proto);
}

sdx_status sdx_build_constant(sdx_build_graph *graph, const char *name, sdx_value *tensor) {
    return in_graph(
        sdx_in(add_value(graph, name, tensor), "constant '%s'", name != NULL ? name : ""), graph);
}

static sdx_status add_pair(sdx_arena *arena, sdx_pb_string_pair *pair, const char *key,
                           uint64_t number) {
    pair->key = sdx_str_from(key);
    return sdx_arena_printf(arena, &pair->value, "%llu", (unsigned long long)number);
}

static sdx_status add_external(sdx_build_graph *graph, const char *name, const sdx_view *view,
                               const char *file, uint64_t offset) {
    sdx_arena *const arena = &graph->builder->arena;
    sdx_pb_tensor proto;
    sdx_pb_string_pair *pairs;
    sdx_str copy;
    void *dims;
    SDX_TRY(sdx_build_text(graph->builder, name, "name of a value", &copy));
    sdx_export_tensor(view, copy, &proto);
    SDX_TRY(sdx_arena_copy(arena, view->dims, view->rank * sizeof *view->dims, &dims));
    SDX_TRY(SDX_ARENA_NEW(arena, 3, &pairs));
    pairs[0].key = SDX_STR("location");
    SDX_TRY(sdx_build_text(graph->builder, file, "file", &pairs[0].value));
    SDX_TRY(add_pair(arena, &pairs[1], "offset", offset));
    SDX_TRY(add_pair(arena, &pairs[2], "length", sdx_view_bytes(view)));
    proto.dims = dims;
    proto.raw_data = (sdx_str){0};
    proto.external_data = pairs;
    proto.n_external_data = 3;
    proto.data_location = SDX_PB_LOCATION_EXTERNAL;
    proto.has_data_location = true;
    return sdx_build_add_constant(graph, &proto);
}

static sdx_status describe(sdx_dtype dtype, size_t rank, const int64_t *dims, sdx_view *out) {
    if (!sdx_dtype_valid((int64_t)dtype) || dtype == SDX_STRING)
        return sdx_fail(SDX_INVALID_ARGUMENT, "found dtype %d, expected 1 to 26 but no strings",
                        (int)dtype);
    if (rank > SDX_MAX_RANK || (rank != 0 && dims == NULL))
        return sdx_fail(SDX_INVALID_ARGUMENT, "found %zu dims, expected up to %d numbers", rank,
                        (int)SDX_MAX_RANK);
    for (size_t i = 0; i < rank; i++) {
        if (dims[i] < 0)
            return sdx_fail(SDX_INVALID_ARGUMENT, "dims[%zu]: found %lld, expected 0 or more", i,
                            (long long)dims[i]);
    }
    return sdx_view_init(out, dtype, rank, dims);
}

sdx_status sdx_build_external(sdx_build_graph *graph, const char *name, sdx_dtype dtype,
                              size_t rank, const int64_t *dims, const char *file, uint64_t offset) {
    sdx_view view;
    sdx_status status = describe(dtype, rank, dims, &view);
    if (status == NULL && offset > INT64_MAX)
        status = sdx_fail(SDX_INVALID_ARGUMENT, "found offset %llu, expected at most %lld",
                          (unsigned long long)offset, (long long)INT64_MAX);
    if (status == NULL) status = add_external(graph, name, &view, file, offset);
    return in_graph(sdx_in(status, "constant '%s'", name != NULL ? name : ""), graph);
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static sdx_status copy_names(sdx_builder *builder, const char *const *names, size_t n,
                             const sdx_str **out) {
    sdx_str *copies;
    if (names == NULL && n != 0)
        return sdx_fail(SDX_INVALID_ARGUMENT, "found NULL, expected %zu names", n);
    SDX_TRY(SDX_ARENA_NEW(&builder->arena, n + 1, &copies));
    for (size_t i = 0; i < n; i++) {
        SDX_TRY(sdx_arena_str(&builder->arena, sdx_str_from(names[i]), &copies[i]));
    }
    *out = copies;
    return NULL;
}

sdx_status sdx_build_check_names(const sdx_build_graph *graph, const sdx_pb_node *node) {
    for (size_t i = 0; i < node->n_input; i++) {
        if (node->input[i].len != 0)
            SDX_TRY(sdx_in(sdx_build_check_known(graph, node->input[i]), "input %zu", i));
    }
    for (size_t k = 0; k < node->n_output; k++) {
        if (node->output[k].len == 0) continue;
        SDX_TRY(sdx_in(sdx_build_check_free(graph, node->output[k]), "output %zu", k));
        for (size_t j = 0; j < k; j++) {
            if (sdx_str_eq(node->output[j], node->output[k]))
                return sdx_fail(SDX_INVALID_ARGUMENT,
                                "output %zu: found the name '%.*s' of output %zu, expected another",
                                k, SDX_FMT(node->output[k]), j);
        }
    }
    return NULL;
}

sdx_status sdx_build_add_node(sdx_build_graph *graph, const sdx_pb_node *proto,
                              sdx_build_node **out) {
    sdx_build_node *node, **place;
    SDX_TRY(SDX_ARENA_NEW(&graph->builder->arena, 1, &node));
    SDX_TRY(sdx_build_room(graph->builder, &graph->nodes, sizeof node, &place));
    *node = (sdx_build_node){.graph = graph, .position = graph->n_names, .proto = *proto};
    for (size_t k = 0; k < proto->n_output; k++) {
        if (proto->output[k].len != 0) SDX_TRY(sdx_build_define(graph, proto->output[k], false));
    }
    *place = node;
    graph->nodes.n++;
    if (out != NULL) *out = node;
    return NULL;
}

sdx_status sdx_build_node_add(sdx_build_graph *graph, const char *domain, const char *op_type,
                              const char *const *inputs, size_t n_inputs,
                              const char *const *outputs, size_t n_outputs, sdx_build_node **out) {
    sdx_builder *const builder = graph->builder;
    sdx_pb_node proto = {.n_input = n_inputs, .n_output = n_outputs};
    const sdx_str space = sdx_str_from(domain);
    SDX_TRY(sdx_build_text(builder, op_type, "op_type", &proto.op_type));
    sdx_status status = sdx_arena_str(
        &builder->arena, sdx_str_is(space, "ai.onnx") ? SDX_STR("") : space, &proto.domain);
    if (status == NULL)
        status = sdx_in(copy_names(builder, inputs, n_inputs, &proto.input), "inputs");
    if (status == NULL)
        status = sdx_in(copy_names(builder, outputs, n_outputs, &proto.output), "outputs");
    if (status == NULL) status = sdx_build_check_names(graph, &proto);
    if (status == NULL) status = sdx_build_add_node(graph, &proto, out);
    return in_graph(sdx_in(status, "node %zu (%s)", graph->nodes.n, op_type), graph);
}

sdx_status sdx_build_node_name(sdx_build_node *node, const char *name) {
    return sdx_build_text(node->graph->builder, name, "name of a node", &node->proto.name);
}
