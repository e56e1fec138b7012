/* The intermediate representation: graphs of nodes over values.
 *
 * A model has one main graph; a node's attribute may hold a subgraph, whose nodes use values of the
 * graphs around it directly (captures). A value has one definition: an input of its graph, a
 * constant, or an output of a node. All of it lives in the model's arena and is freed with it;
 * removing a node only unlinks it. Nodes are a doubly linked list in execution order
 * (sdx_graph_sort restores it). Built and changed by one thread while loading, immutable
 * afterwards. */
#ifndef SDX_GRAPH_GRAPH_H
#define SDX_GRAPH_GRAPH_H

#include "base/arena.h"
#include "graph/dim.h"
#include "tensor/copies.h"
#include "tensor/type.h"
#include "tensor/view.h"

/* What is known of a shape while loading. */
typedef struct sdx_shape {
    int rank; /* -1: not known */
    sdx_dim dims[SDX_MAX_RANK];
} sdx_shape;

/* A value of the graph. */
struct sdx_gvalue {
    sdx_str
        name; /* as in the file; values made by rewrites have a name derived from their origin */
    sdx_graph *graph;         /* the graph it is defined in */
    sdx_node *producer;       /* NULL for inputs and constants */
    size_t output;            /* its index among the producer's outputs */
    const sdx_type *type;     /* NULL: not known */
    sdx_shape shape;          /* of a tensor */
    const sdx_view *constant; /* its elements, when it is an initializer or was folded; borrowed
                                 from the arena or the file */
    const sdx_view
        *fallback;       /* of an input that is not a constant: taken when the caller gives none */
    const sdx_dim *ints; /* its elements as dims, when it is a small integer tensor made of shapes:
                            n_ints of them */
    size_t n_ints;
    bool is_input;  /* of its graph; with `constant` as well: an input that has a default */
    bool is_output; /* of its graph */
    sdx_node *
        *users; /* nodes that read it, of inner graphs too, one entry a use; n_users of them */
    size_t n_users, cap_users;
    uint32_t id; /* unique in the model, dense */
};

/* The value of an attribute. Lists have n elements. Borrowed from the arena. */
typedef struct sdx_attr {
    sdx_attr_kind kind;
    size_t n;
    union {
        float f;
        int64_t i;
        sdx_str s;
        const sdx_view
            *tensor; /* TENSOR; TENSORS: n of them in a row. Sparse tensors arrive as dense ones */
        sdx_graph *graph;
        const float *floats;
        const int64_t *ints;
        const sdx_str *strings;
        sdx_graph **graphs;
        const sdx_type *type;
    };
} sdx_attr;

typedef struct sdx_named_attr {
    sdx_str name;
    sdx_attr value;
} sdx_named_attr;

struct sdx_op; /* ops/op.h */

struct sdx_node {
    sdx_str name;            /* as in the file, or made up: "Conv#12" */
    sdx_str op_type, domain; /* as in the file; domain "ai.onnx" is "" */
    const struct sdx_op *op; /* NULL until the loader has found it */
    int64_t version;         /* of its domain's opset in the file */
    int rev; /* semantic revision, where the newest form cannot say the old one; 0: newest */
    sdx_graph *graph;
    sdx_node *prev, *next;
    sdx_gvalue **inputs; /* n_inputs; NULL: absent */
    size_t n_inputs;
    sdx_gvalue **outputs; /* n_outputs; NULL: absent */
    size_t n_outputs;
    sdx_named_attr *named; /* as in the file and after upgrades; n_named */
    size_t n_named;
    const sdx_attr *attrs; /* in the order of the operator's schema with defaults filled in; set by
                              the schema check */
    size_t n_attrs;
    sdx_str origin; /* where it came from: its name in the file, joined with '+' when fused; for
                       errors and profiles */
    uint32_t id;    /* unique in the model, dense */
    uint32_t place; /* in its graph, counted by sdx_graph_sort */
};

struct sdx_graph {
    struct sdx_ir *ir;
    sdx_graph *outer; /* NULL for the main graph */
    sdx_node *owner;  /* the node whose attribute this is */
    sdx_str name;
    sdx_node *first, *last;
    size_t n_nodes;
    sdx_gvalue **inputs, **outputs;
    size_t n_inputs, n_outputs;
    const sdx_shape *declared; /* of the main graph's outputs, as the file says: a hint for who
                                  writes it again, nothing else relies on it; n_outputs, or NULL */
    sdx_gvalue **constants;    /* its constants that are in use; n_constants; set by sdx_ir_tidy */
    size_t n_constants;
};

/* What became of a node of the file, for people who ask: see sdx_change_info. */
typedef struct sdx_change {
    sdx_change_info info;
    struct sdx_change *next;
} sdx_change;

/* The graph of a model and what all of its graphs share. */
typedef struct sdx_ir {
    sdx_arena *arena; /* everything here lives in it; borrowed */
    sdx_dims *dims;
    sdx_copies copies; /* elements of constants that are not where the file has them */
    sdx_graph *main;
    uint32_t n_values, n_nodes;        /* ids given so far */
    sdx_change *changes, *last_change; /* in the order in which they were made */
} sdx_ir;

sdx_status sdx_ir_create(sdx_arena *arena, sdx_ir **out) SDX_NODISCARD;
/* Gives back what is not in the arena; comes before the arena's end. NULL is allowed. */
void sdx_ir_destroy(sdx_ir *ir);
/* Copies of constants that no node, output or default refers to any more go back. */
sdx_status sdx_ir_sweep(sdx_ir *ir) SDX_NODISCARD;
/* Prepares all graphs to be looked at: lists their constants, makes names of values unique where
 * they are visible. */
sdx_status sdx_ir_tidy(sdx_ir *ir) SDX_NODISCARD;
/* Notes a change; its texts live as long as the arena. */
sdx_status sdx_ir_note(sdx_ir *ir, const sdx_change_info *change) SDX_NODISCARD;
sdx_status sdx_graph_create(sdx_ir *ir, sdx_graph *outer, sdx_node *owner, sdx_graph **out)
    SDX_NODISCARD;

/* A new value without definition; set is_input, constant or a producer next. The name is borrowed.
 */
sdx_status sdx_gvalue_create(sdx_graph *graph, sdx_str name, sdx_gvalue **out) SDX_NODISCARD;
/* A constant of `graph` with these elements (borrowed: arena or file). */
sdx_status sdx_graph_constant(sdx_graph *graph, sdx_str name, const sdx_view *view,
                              sdx_gvalue **out) SDX_NODISCARD;
/* An int64 constant: 1-D of n elements, or a scalar for rank 0; the elements are copied. */
sdx_status sdx_graph_const_ints(sdx_graph *graph, size_t rank, const int64_t *ints, size_t n,
                                sdx_gvalue **out) SDX_NODISCARD;
sdx_status sdx_graph_set_inputs(sdx_graph *graph, sdx_gvalue *const *inputs, size_t n)
    SDX_NODISCARD;
sdx_status sdx_graph_set_outputs(sdx_graph *graph, sdx_gvalue *const *outputs, size_t n)
    SDX_NODISCARD;

/* A node with its inputs and outputs (copied lists, NULL entries: absent), placed before `before`
 * (NULL: at the end). Uses are entered. */
sdx_status sdx_node_create(sdx_graph *graph, sdx_node *before, sdx_str domain, sdx_str op_type,
                           sdx_str name, sdx_gvalue *const *inputs, size_t n_inputs,
                           sdx_gvalue *const *outputs, size_t n_outputs, sdx_node **out)
    SDX_NODISCARD;
sdx_status sdx_node_set_inputs(sdx_node *node, sdx_gvalue *const *inputs, size_t n)
    SDX_NODISCARD; /* replaces the list */
sdx_status sdx_node_set_input(sdx_node *node, size_t index, sdx_gvalue *value)
    SDX_NODISCARD; /* one of them; the list grows as needed */
sdx_status sdx_node_set_attr(sdx_node *node, const char *name, sdx_attr value)
    SDX_NODISCARD; /* adds or replaces a named one */
void sdx_node_drop_attr(sdx_node *node, const char *name);
const sdx_attr *sdx_node_named(const sdx_node *node, const char *name); /* NULL: absent */
sdx_status sdx_node_add_origin(sdx_node *node, const sdx_node *from) SDX_NODISCARD;
/* Unlinks a node and its uses. Its outputs must have no users left. */
void sdx_node_remove(sdx_node *node);
/* Every use of `old`, graph outputs included, becomes a use of `new_value`. */
sdx_status sdx_gvalue_replace(sdx_gvalue *old, sdx_gvalue *new_value) SDX_NODISCARD;

/* Puts the nodes in an order in which definitions come before uses (stable: keeps the given order
 * where it can). Error: SDX_INVALID_MODEL names a cycle. */
sdx_status sdx_graph_sort(sdx_graph *graph) SDX_NODISCARD;

/* Calls visit for each subgraph that is an attribute of `node`. */
sdx_status sdx_node_subgraphs(const sdx_node *node,
                              sdx_status (*visit)(void *arg, sdx_graph *graph), void *arg)
    SDX_NODISCARD;

/* The graph as text, one node a line, subgraphs indented: for people, tests and errors. */
sdx_status sdx_graph_dump(const sdx_graph *graph, sdx_buf *out) SDX_NODISCARD;

/* Whether both shapes are known and equal, symbols included. */
bool sdx_gvalue_same_shape(const sdx_gvalue *a, const sdx_gvalue *b);

/* The elements of a constant as int64 (any integer type): true when the value is a constant. */
bool sdx_gvalue_const_ints(const sdx_gvalue *value, const sdx_view **view);

#endif
