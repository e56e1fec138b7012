/* A model that is being built: the messages it will be, in lists that grow. What is finished is put
 * together from them anew each time, so a builder can go on afterwards. */
#ifndef SDX_ONNX_BUILDER_H
#define SDX_ONNX_BUILDER_H

#include "base/map.h"
#include "onnx/export.h"
#include "sardonyx/graph.h"

enum {
    SDX_BUILD_MAX_DEPTH = 60, /* subgraphs inside each other: three messages each in a file */
    SDX_BUILD_MAX_TYPE = 16   /* types inside each other */
};

/* What a name of a graph stands for. */
typedef struct sdx_definition {
    size_t index; /* in the order in which the graph defined its names */
    bool is_input, has_default;
} sdx_definition;

/* A list in the builder's arena; elements move when it grows. */
typedef struct sdx_build_list {
    void *items;
    size_t n, cap;
} sdx_build_list;

struct sdx_build_graph {
    sdx_builder *builder;
    struct sdx_build_graph *next;  /* of all graphs of the builder */
    struct sdx_build_graph *outer; /* NULL: main graph or function */
    size_t visible;                /* definitions of `outer` that this graph sees */
    sdx_str name;
    unsigned depth;
    const struct sdx_build_function *function; /* whose body it is, or is in; NULL: none */
    sdx_map names;                             /* name -> sdx_definition */
    size_t n_names;
    sdx_build_list inputs, outputs; /* of sdx_pb_value_info */
    sdx_build_list constants;       /* of sdx_pb_tensor */
    sdx_build_list nodes;           /* of sdx_build_node * */
};

/* An attribute; subgraphs become messages when the model is put together. */
typedef struct sdx_build_attr {
    sdx_pb_attribute proto;
    sdx_build_graph **graphs; /* n_graphs; NULL: it has none */
    size_t n_graphs;
} sdx_build_attr;

struct sdx_build_node {
    sdx_build_graph *graph;
    size_t position; /* definitions that the graph had before it */
    sdx_pb_node proto;
    sdx_build_list attrs; /* of sdx_build_attr */
};

typedef struct sdx_build_function {
    sdx_pb_function proto;
    sdx_build_graph *body;
} sdx_build_function;

struct sdx_builder {
    sdx_heap heap;
    sdx_arena arena;
    sdx_pb_model labels; /* of the finished message: texts alone */
    sdx_build_graph *main;
    sdx_build_graph *graphs; /* all of them, newest first */
    sdx_opsets opsets;
    sdx_build_list metadata;  /* of sdx_pb_string_pair */
    sdx_build_list functions; /* of sdx_build_function * */
    sdx_build_list values;    /* of sdx_value *, retained */
};

/* build_model.c */
/* Room for one more element of `size` bytes, zeroed: *out. The list has it when n is raised. */
sdx_status sdx_build_room(sdx_builder *builder, sdx_build_list *list, size_t size, void *out)
    SDX_NODISCARD;
/* A copy of a text of the caller, with its bytes checked: "place: found NULL, ...". */
sdx_status sdx_build_text(sdx_builder *builder, const char *text, const char *what, sdx_str *out)
    SDX_NODISCARD;
sdx_status sdx_build_keep(sdx_builder *builder, sdx_value *value) SDX_NODISCARD;
sdx_status sdx_build_new_graph(sdx_builder *builder, sdx_str name, sdx_build_graph **out)
    SDX_NODISCARD;
/* The model as a message in `arena`. Errors: SDX_INVALID_ARGUMENT. */
sdx_status sdx_builder_assemble(sdx_builder *builder, sdx_arena *arena, sdx_pb_model *out)
    SDX_NODISCARD;
/* build_graph.c */
sdx_status sdx_build_make_type(sdx_builder *builder, const sdx_build_type *type, sdx_pb_type *out)
    SDX_NODISCARD;
/* Whether the names of a node's inputs are known, and those of its outputs free. */
sdx_status sdx_build_check_names(const sdx_build_graph *graph, const sdx_pb_node *node)
    SDX_NODISCARD;
sdx_status sdx_build_check_free(const sdx_build_graph *graph, sdx_str name) SDX_NODISCARD;
sdx_status sdx_build_check_known(const sdx_build_graph *graph, sdx_str name) SDX_NODISCARD;
sdx_status sdx_build_define(sdx_build_graph *graph, sdx_str name, bool is_input) SDX_NODISCARD;
/* Adds a node whose names were checked. */
sdx_status sdx_build_add_node(sdx_build_graph *graph, const sdx_pb_node *proto,
                              sdx_build_node **out) SDX_NODISCARD;
/* Adds an initializer whose message is complete. */
sdx_status sdx_build_add_constant(sdx_build_graph *graph, const sdx_pb_tensor *proto) SDX_NODISCARD;

#endif
