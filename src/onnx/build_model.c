/* Builders as a whole: memory, opsets, metadata, functions, and putting the model together. */
#include <string.h>

#include "onnx/builder.h"
#include "onnx/limits.h"

/* ---- lists and texts ------------------------------------------------------------------------- */

sdx_status sdx_build_room(sdx_builder *builder, sdx_build_list *list, size_t size, void *out) {
    char *item;
    if (list->n == list->cap) {
        const size_t cap = list->cap == 0 ? 4 : list->cap * 2;
        void *items;
        SDX_TRY(sdx_arena_alloc(&builder->arena, cap, size, &items));
        if (list->n != 0) memcpy(items, list->items, list->n * size);
        list->items = items;
        list->cap = cap;
    }
    item = (char *)list->items + list->n * size;
    memset(item, 0, size);
    memcpy(out, &item, sizeof item);
    return NULL;
}

sdx_status sdx_build_text(sdx_builder *builder, const char *text, const char *what, sdx_str *out) {
    if (text == NULL || text[0] == 0)
        return sdx_fail(SDX_INVALID_ARGUMENT, "%s: found %s, expected a text", what,
                        text == NULL ? "NULL" : "no text");
    return sdx_arena_str(&builder->arena, sdx_str_from(text), out);
}

sdx_status sdx_build_keep(sdx_builder *builder, sdx_value *value) {
    sdx_value **place;
    SDX_TRY(sdx_build_room(builder, &builder->values, sizeof value, &place));
    *place = sdx_value_retain(value);
    builder->values.n++;
    return NULL;
}

/* ---- life ------------------------------------------------------------------------------------ */

sdx_status sdx_build_new_graph(sdx_builder *builder, sdx_str name, sdx_build_graph **out) {
    sdx_build_graph *graph;
    SDX_TRY(SDX_ARENA_NEW(&builder->arena, 1, &graph));
    graph->builder = builder;
    graph->name = name;
    sdx_map_init(&graph->names, &builder->heap);
    graph->next = builder->graphs;
    builder->graphs = graph;
    *out = graph;
    return NULL;
}

static sdx_status fill(sdx_builder *builder) {
    builder->labels.producer_name = SDX_STR("sardonyx");
    builder->labels.producer_version = sdx_str_from(sdx_version());
    sdx_opsets_init(&builder->opsets, &builder->arena);
    return sdx_build_new_graph(builder, SDX_STR("main"), &builder->main);
}

sdx_status sdx_builder_create(const sdx_allocator *allocator, sdx_builder **out) {
    sdx_heap base;
    sdx_builder *builder;
    if (out == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "builder: found NULL, expected a place for the handle");
    sdx_heap_init(&base, allocator, 0, "builder");
    SDX_TRY(SDX_NEW(&base, &builder));
    sdx_heap_init(&builder->heap, allocator, 0, "builder");
    sdx_arena_init(&builder->arena, &builder->heap);
    const sdx_status status = fill(builder);
    if (status != NULL) {
        sdx_builder_destroy(builder);
        return status;
    }
    *out = builder;
    return NULL;
}

void sdx_builder_destroy(sdx_builder *builder) {
    if (builder == NULL) return;
    for (sdx_build_graph *graph = builder->graphs; graph != NULL; graph = graph->next) {
        sdx_map_deinit(&graph->names);
    }
    sdx_value **const values = builder->values.items;
    for (size_t i = 0; i < builder->values.n; i++) {
        sdx_value_release(values[i]);
    }
    sdx_arena_deinit(&builder->arena);
    sdx_heap base;
    sdx_heap_init(&base, &builder->heap.parent, 0, "builder");
    sdx_heap_free(&base, builder, sizeof *builder);
}

sdx_build_graph *sdx_builder_main(sdx_builder *builder) { return builder->main; }

/* ---- opsets, metadata, functions ------------------------------------------------------------- */

static sdx_str domain_of(const char *domain) {
    const sdx_str text = sdx_str_from(domain);
    return sdx_str_is(text, "ai.onnx") ? SDX_STR("") : text;
}

sdx_status sdx_builder_set_opset(sdx_builder *builder, const char *domain, int64_t version) {
    sdx_str copy;
    const sdx_str name = domain_of(domain);
    if (version < 1 || version > INT32_MAX)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "opset of domain '%.*s': found version %lld, expected 1 or more",
                        SDX_FMT(name), (long long)version);
    for (size_t i = 0; i < builder->opsets.n; i++) {
        sdx_onnx_opset *const known = &builder->opsets.list[i];
        if (!sdx_str_eq(known->domain, name)) continue;
        known->version = version;
        return NULL;
    }
    SDX_TRY(sdx_arena_str(&builder->arena, name, &copy));
    return sdx_opsets_need(&builder->opsets, copy, version);
}

sdx_status sdx_builder_set_metadata(sdx_builder *builder, const char *key, const char *value) {
    sdx_str key_copy, copy;
    sdx_pb_string_pair *pair = builder->metadata.items;
    if (value == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT, "metadata: found NULL, expected a value");
    SDX_TRY(sdx_build_text(builder, key, "metadata", &key_copy));
    SDX_TRY(sdx_arena_str(&builder->arena, sdx_str_from(value), &copy));
    for (size_t i = 0; i < builder->metadata.n; i++) {
        if (!sdx_str_eq(pair[i].key, key_copy)) continue;
        pair[i].value = copy;
        return NULL;
    }
    SDX_TRY(sdx_build_room(builder, &builder->metadata, sizeof *pair, &pair));
    *pair = (sdx_pb_string_pair){key_copy, copy};
    builder->metadata.n++;
    return NULL;
}

static sdx_status check_new_function(const sdx_builder *builder, sdx_str domain, sdx_str name) {
    sdx_build_function *const *const known = builder->functions.items;
    for (size_t i = 0; i < builder->functions.n; i++) {
        if (sdx_str_eq(known[i]->proto.domain, domain) && sdx_str_eq(known[i]->proto.name, name))
            return sdx_fail(SDX_INVALID_ARGUMENT,
                            "function '%.*s' of domain '%.*s': found a second one, expected "
                            "another name",
                            SDX_FMT(name), SDX_FMT(domain));
    }
    return NULL;
}

static sdx_status copy_names(sdx_builder *builder, const char *const *names, size_t n,
                             sdx_str **out) {
    sdx_str *copies;
    if (names == NULL && n != 0)
        return sdx_fail(SDX_INVALID_ARGUMENT, "attributes: found NULL, expected %zu names", n);
    SDX_TRY(SDX_ARENA_NEW(&builder->arena, n, &copies));
    for (size_t i = 0; i < n; i++) {
        SDX_TRY(sdx_build_text(builder, names[i], "attribute", &copies[i]));
    }
    *out = copies;
    return NULL;
}

sdx_status sdx_builder_function(sdx_builder *builder, const char *domain, const char *op_type,
                                const char *const *attributes, size_t n, sdx_build_graph **out) {
    sdx_build_function *function, **place;
    sdx_str name, space, *names;
    if (out == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "function: found NULL, expected a place for the body");
    SDX_TRY(sdx_build_text(builder, op_type, "op_type of a function", &name));
    SDX_TRY(sdx_build_text(builder, domain, "domain of a function", &space));
    SDX_TRY(check_new_function(builder, space, name));
    SDX_TRY(copy_names(builder, attributes, n, &names));
    SDX_TRY(SDX_ARENA_NEW(&builder->arena, 1, &function));
    SDX_TRY(sdx_build_room(builder, &builder->functions, sizeof function, &place));
    SDX_TRY(sdx_build_new_graph(builder, name, &function->body));
    function->proto =
        (sdx_pb_function){.name = name, .domain = space, .attribute = names, .n_attribute = n};
    function->body->function = function;
    *place = function;
    builder->functions.n++;
    *out = function->body;
    return NULL;
}

/* ---- putting together ------------------------------------------------------------------------ */

static sdx_status check_outputs(const sdx_build_graph *graph) {
    const sdx_pb_value_info *const outputs = graph->outputs.items;
    for (size_t i = 0; i < graph->outputs.n; i++) {
        if (sdx_map_get(&graph->names, outputs[i].name) != NULL) continue;
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "graph '%.*s': output '%.*s': found nothing that defines it, expected an "
                        "output of a node, an input or a constant of that name",
                        SDX_FMT(graph->name), SDX_FMT(outputs[i].name));
    }
    return NULL;
}

static sdx_status assemble_graph(const sdx_build_graph *graph, sdx_arena *arena, sdx_pb_graph *out);

static sdx_status assemble_attr(const sdx_build_attr *attr, sdx_arena *arena,
                                sdx_pb_attribute *out) {
    sdx_pb_graph *graphs;
    *out = attr->proto;
    if (attr->graphs == NULL) return NULL;
    SDX_TRY(SDX_ARENA_NEW(arena, attr->n_graphs, &graphs));
    for (size_t i = 0; i < attr->n_graphs; i++) {
        SDX_TRY(assemble_graph(attr->graphs[i], arena, &graphs[i]));
    }
    if (out->type == SDX_PB_ATTRIBUTE_GRAPH) {
        out->g = graphs;
    } else {
        out->graphs = graphs;
        out->n_graphs = attr->n_graphs;
    }
    return NULL;
}

static sdx_status assemble_node(const sdx_build_node *node, sdx_arena *arena, sdx_pb_node *out) {
    const sdx_build_attr *const attrs = node->attrs.items;
    sdx_pb_attribute *protos;
    *out = node->proto;
    if (sdx_opsets_version(&node->graph->builder->opsets, node->proto.domain) == 0)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "node '%.*s' (%.*s): found no opset of domain '%.*s', expected one; call "
                        "sdx_builder_set_opset",
                        SDX_FMT(node->proto.name), SDX_FMT(node->proto.op_type),
                        SDX_FMT(node->proto.domain));
    if (node->attrs.n == 0) return NULL; /* a copied node has them in its message */
    SDX_TRY(SDX_ARENA_NEW(arena, node->attrs.n, &protos));
    for (size_t i = 0; i < node->attrs.n; i++) {
        SDX_TRY(assemble_attr(&attrs[i], arena, &protos[i]));
    }
    out->attribute = protos;
    out->n_attribute = node->attrs.n;
    return NULL;
}

static sdx_status assemble_nodes(const sdx_build_graph *graph, sdx_arena *arena,
                                 const sdx_pb_node **out) {
    sdx_build_node *const *const nodes = graph->nodes.items;
    sdx_pb_node *protos;
    SDX_TRY(SDX_ARENA_NEW(arena, graph->nodes.n + 1, &protos));
    for (size_t i = 0; i < graph->nodes.n; i++) {
        SDX_TRY(assemble_node(nodes[i], arena, &protos[i]));
    }
    *out = protos;
    return NULL;
}

/* A copy of the messages of tensors: writing changes those that go to an external file. */
static sdx_status assemble_constants(const sdx_build_graph *graph, sdx_arena *arena,
                                     const sdx_pb_tensor **out) {
    sdx_pb_tensor *protos;
    SDX_TRY(SDX_ARENA_NEW(arena, graph->constants.n + 1, &protos));
    if (graph->constants.n != 0)
        memcpy(protos, graph->constants.items, graph->constants.n * sizeof *protos);
    *out = protos;
    return NULL;
}

/* Nesting is bounded by SDX_BUILD_MAX_DEPTH. */
static sdx_status assemble_graph(const sdx_build_graph *graph, sdx_arena *arena,
                                 sdx_pb_graph *out) {
    SDX_TRY(check_outputs(graph));
    *out = (sdx_pb_graph){.name = graph->name,
                          .input = graph->inputs.items,
                          .n_input = graph->inputs.n,
                          .output = graph->outputs.items,
                          .n_output = graph->outputs.n,
                          .n_initializer = graph->constants.n,
                          .n_node = graph->nodes.n};
    SDX_TRY(assemble_constants(graph, arena, &out->initializer));
    return assemble_nodes(graph, arena, &out->node);
}

static sdx_status names_of(const sdx_build_list *infos, sdx_arena *arena, const sdx_str **out) {
    const sdx_pb_value_info *const info = infos->items;
    sdx_str *names;
    SDX_TRY(SDX_ARENA_NEW(arena, infos->n + 1, &names));
    for (size_t i = 0; i < infos->n; i++) {
        names[i] = info[i].name;
    }
    *out = names;
    return NULL;
}

static sdx_status assemble_functions(const sdx_builder *builder, sdx_arena *arena,
                                     sdx_pb_model *out) {
    sdx_build_function *const *const functions = builder->functions.items;
    sdx_pb_function *protos;
    SDX_TRY(SDX_ARENA_NEW(arena, builder->functions.n + 1, &protos));
    for (size_t i = 0; i < builder->functions.n; i++) {
        const sdx_build_graph *const body = functions[i]->body;
        protos[i] = functions[i]->proto;
        protos[i].n_input = body->inputs.n;
        protos[i].n_output = body->outputs.n;
        protos[i].n_node = body->nodes.n;
        protos[i].opset_import = out->opset_import;
        protos[i].n_opset_import = out->n_opset_import;
        SDX_TRY(check_outputs(body));
        SDX_TRY(names_of(&body->inputs, arena, &protos[i].input));
        SDX_TRY(names_of(&body->outputs, arena, &protos[i].output));
        SDX_TRY(assemble_nodes(body, arena, &protos[i].node));
    }
    out->functions = protos;
    out->n_functions = builder->functions.n;
    return NULL;
}

sdx_status sdx_builder_assemble(sdx_builder *builder, sdx_arena *arena, sdx_pb_model *out) {
    enum { FUNCTIONS_IR = 8 };
    sdx_pb_graph *graph;
    const int64_t ir = sdx_ir_version_of(sdx_opsets_version(&builder->opsets, SDX_STR("")));
    *out = builder->labels;
    out->ir_version = builder->functions.n != 0 && ir < FUNCTIONS_IR ? FUNCTIONS_IR : ir;
    out->has_ir_version = true;
    out->metadata_props = builder->metadata.items;
    out->n_metadata_props = builder->metadata.n;
    SDX_TRY(sdx_opsets_proto(&builder->opsets, &out->opset_import, &out->n_opset_import));
    if (out->n_opset_import == 0)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "builder: found no opset, expected one of ai.onnx; call "
                        "sdx_builder_set_opset");
    SDX_TRY(SDX_ARENA_NEW(arena, 1, &graph));
    SDX_TRY(assemble_graph(builder->main, arena, graph));
    SDX_TRY(assemble_functions(builder, arena, out));
    out->graph = graph;
    return NULL;
}
