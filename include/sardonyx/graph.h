/* Sardonyx: graphs of models, to look at, to write and to build.
 *
 *   view      the graph of a loaded model: nodes, values, attributes, subgraphs; read-only
 *   writer    a loaded model as an ONNX file or as bytes
 *   builder   a new model, from nothing or from parts of a loaded one
 *
 * Threads. Each section says for its functions which threads may call them. Growth and errors are
 * as sardonyx.h says. Since 0.1.0. */
#ifndef SARDONYX_GRAPH_H
#define SARDONYX_GRAPH_H

#include "sardonyx/sardonyx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- view ------------------------------------------------------------------------------------
 * `sdx_model_graph` lends the main graph; everything reached from it is lent too and lives as long
 * as the model. A model loaded with `optimize` shows the graph after the rewrites, one loaded
 * without that of the file, functions inlined and operators brought to their newest semantics.
 * Names of values are unique where they are visible; texts are sdx_str, not terminated. Threads:
 * any, also at once; what is lent never changes. */

typedef struct sdx_graph sdx_graph;   /* nodes between inputs and outputs */
typedef struct sdx_node sdx_node;     /* a call of an operator */
typedef struct sdx_gvalue sdx_gvalue; /* what flows between nodes: a name, not a tensor */

/* The type of a value. */
typedef struct sdx_type {
    sdx_kind kind;
    /* SDX_TENSOR: of the elements (SDX_UNDEFINED: not known); SDX_MAP: of the keys */
    sdx_dtype dtype;
    /* SDX_SEQUENCE, SDX_OPTIONAL: what is inside; SDX_MAP: of the values; NULL: not known */
    const struct sdx_type *element;
} sdx_type;

/* Elements that are lent. `data` may be misaligned for its type, so read it with memcpy; types
 * below 8 bits are packed; strings are sdx_str[len]. */
typedef struct sdx_tensor_view {
    sdx_dtype dtype;
    size_t rank;
    const int64_t *dims; /* rank numbers */
    size_t len;          /* elements */
    size_t size;         /* bytes of the elements */
    const void *data;    /* NULL when len is 0 */
} sdx_tensor_view;

/* Lends the main graph of `model` to `out`. The first call on a model that can run reads its file
 * once more, because elements that were packed for kernels are not kept as they were; a model
 * loaded with `graph_only` needs no such call. Errors: SDX_INVALID_ARGUMENT, SDX_OUT_OF_MEMORY and
 * those of sdx_model_load. */
SDX_API sdx_status sdx_model_graph(sdx_model *model, const sdx_graph **out);

/* What a graph consists of. */
typedef struct sdx_graph_info {
    size_t struct_size; /* set by the caller */
    sdx_str name;
    const sdx_gvalue *const *inputs; /* n_inputs */
    size_t n_inputs;
    const sdx_gvalue *const *outputs; /* n_outputs */
    size_t n_outputs;
    const sdx_gvalue *const *constants; /* that it owns and that are in use; n_constants */
    size_t n_constants;
    size_t n_nodes;
    const sdx_node *first;  /* in order of execution: definitions before uses; NULL: none */
    const sdx_node *owner;  /* of a subgraph: the node whose attribute it is; NULL: main graph */
    const sdx_graph *outer; /* of a subgraph: the graph around it; NULL: main graph */
} sdx_graph_info;

/* Fills as much of `out` as its struct_size says. */
SDX_API void sdx_graph_describe(const sdx_graph *graph, sdx_graph_info *out);

/* What a node consists of. */
typedef struct sdx_node_info {
    size_t struct_size; /* set by the caller */
    sdx_str op_type;
    sdx_str domain;  /* "" is ai.onnx; "sardonyx": an operator of this engine */
    int64_t version; /* opset of its domain in the file, or of the rewrite that made it */
    sdx_str name;    /* as in the file, or made up: "Conv#12" */
    sdx_str origin;  /* names in the file of what it was made of, joined with '+' */
    const sdx_gvalue *const *inputs; /* n_inputs; NULL: absent */
    size_t n_inputs;
    const sdx_gvalue *const *outputs; /* n_outputs; NULL: absent */
    size_t n_outputs;
    size_t n_attributes;
    const sdx_graph *graph; /* that it is in */
    const sdx_node *next;   /* in order of execution; NULL: the last one */
    bool available;         /* this build has the operator */
} sdx_node_info;

/* Fills as much of `out` as its struct_size says. */
SDX_API void sdx_node_describe(const sdx_node *node, sdx_node_info *out);

/* What is known of a value. */
typedef struct sdx_gvalue_info {
    size_t struct_size; /* set by the caller */
    sdx_str name;
    const sdx_type *type; /* NULL: not known */
    bool has_rank;        /* of a tensor; else rank and dims say nothing */
    size_t rank;
    int64_t dims[SDX_MAX_RANK]; /* -1: not known before the run; see sdx_gvalue_symbol */
    const sdx_graph *graph;     /* that defines it; values of outer graphs may be used inside */
    const sdx_node *producer;   /* NULL for inputs and constants */
    size_t output;              /* its index among the producer's outputs */
    bool is_input, is_output;   /* of its graph */
    bool is_constant; /* has elements; together with is_input: the default of that input */
    size_t n_users;   /* uses by nodes, those of inner graphs too */
} sdx_gvalue_info;

/* Fills as much of `out` with what is known of `value` as its struct_size says. */
SDX_API void sdx_gvalue_describe(const sdx_gvalue *value, sdx_gvalue_info *out);
/* Writes what dim `axis` of a value is called into the caller's own `text`, `size` bytes with the
 * terminator, cut where it is longer: "batch", "past+1", "?" with a number for what has no name,
 * "3" for a number; "" where there is no such dim. Returns text. */
SDX_API const char *sdx_gvalue_symbol(const sdx_gvalue *value, size_t axis, char *text,
                                      size_t size);
/* Lends the elements of a constant; false, and *out as it was, where `value` is none. */
SDX_API bool sdx_gvalue_elements(const sdx_gvalue *value, sdx_tensor_view *out);
/* Use `index` of a value: the node, lent, and in `input` (may be NULL) which of its inputs it is.
 * NULL beyond the last one. */
SDX_API const sdx_node *sdx_gvalue_user(const sdx_gvalue *value, size_t index, size_t *input);

/* What an attribute holds. */
typedef enum sdx_attr_kind {
    SDX_ATTR_ABSENT,
    SDX_ATTR_FLOAT,
    SDX_ATTR_INT,
    SDX_ATTR_STRING,
    SDX_ATTR_TENSOR,
    SDX_ATTR_GRAPH,
    SDX_ATTR_FLOATS,
    SDX_ATTR_INTS,
    SDX_ATTR_STRINGS,
    SDX_ATTR_TENSORS,
    SDX_ATTR_GRAPHS,
    SDX_ATTR_TYPE,
    SDX_ATTR_TYPES
} sdx_attr_kind;

/* "ints"; "unknown" for a number that is no kind; static text */
SDX_API const char *sdx_attr_kind_name(sdx_attr_kind kind);

/* An attribute as a list of n elements, n being 1 for the kinds that are no lists. The pointer of
 * its kind is set, the others are NULL. */
typedef struct sdx_attr_info {
    sdx_str name;
    sdx_attr_kind kind;
    size_t n;
    const float *floats;            /* FLOAT, FLOATS */
    const int64_t *ints;            /* INT, INTS */
    const sdx_str *strings;         /* STRING, STRINGS: any bytes */
    const sdx_graph *const *graphs; /* GRAPH, GRAPHS */
    const sdx_type *types;          /* TYPE, TYPES: n of them in a row */
    const void *tensors;            /* TENSOR, TENSORS: see sdx_attr_tensor */
} sdx_attr_info;

/* Attribute `index` of a node, in the order of the file; attributes that have their default may be
 * missing. False, and *out as it was, beyond the last one. */
SDX_API bool sdx_node_attribute(const sdx_node *node, size_t index, sdx_attr_info *out);
/* The attribute called `name`; false, and *out as it was, where the node has none. */
SDX_API bool sdx_node_find_attribute(const sdx_node *node, const char *name, sdx_attr_info *out);
/* Lends element `index` of an attribute of kind TENSOR or TENSORS; sparse tensors arrive as dense
 * ones. False, and *out as it was, where there is none. */
SDX_API bool sdx_attr_tensor(const sdx_attr_info *attr, size_t index, sdx_tensor_view *out);

/* ---- writer ----------------------------------------------------------------------------------
 * Threads: any, also at once. */

/* How a model is written. */
typedef struct sdx_save_options {
    size_t struct_size; /* set by init */
    /* opset of ai.onnx to write; 0: the lowest that has the meaning of all nodes and is not below
     * that of the file; default: 0 */
    int64_t opset;
    /* tensors of at least this many bytes go to an external file beside the model; SIZE_MAX: none
     * do; default: SIZE_MAX */
    size_t external_from;
    /* name of that file, in the folder of the model; default: NULL, that of the model with ".data"
     */
    const char *external_name;
} sdx_save_options;

/* Sets all but struct_size, which says how much of `options` there is, to the defaults. */
SDX_API void sdx_save_options_defaults(sdx_save_options *options);
/* Sets `options` to the defaults; the size is that of this header's struct. */
static inline void sdx_save_options_init(sdx_save_options *options) {
    options->struct_size = sizeof *options;
    sdx_save_options_defaults(options);
}

/* Writes the graph of a model, as sdx_model_graph shows it, to the ONNX file `path`. `options` may
 * be NULL. Files are replaced at once: a reader sees the old or the new one. Operators and older
 * meanings of operators that ONNX cannot say in one opset are written in the domain "sardonyx",
 * which this library reads. Errors: SDX_INVALID_ARGUMENT (an opset that cannot be written),
 * SDX_LIMIT (more than 2 GiB without an external file), SDX_IO, SDX_OUT_OF_MEMORY and those of
 * sdx_model_graph. */
SDX_API sdx_status sdx_model_save(sdx_model *model, const char *path,
                                  const sdx_save_options *options);
/* The same in memory: `bytes` receives a new block of `allocator` to own and `size` its bytes; the
 * caller gives it back with the allocator's `deallocate` (NULL allocator: sdx_bytes_free). Nothing
 * goes to an external file. Errors: the same but SDX_IO. */
SDX_API sdx_status sdx_model_serialize(sdx_model *model, const sdx_allocator *allocator,
                                       const sdx_save_options *options, void **bytes, size_t *size);

/* ---- builder ---------------------------------------------------------------------------------
 * Calls fill in one model, in order of execution; the finished model (bytes, file or sdx_model)
 * goes through the same checks as any other when it is loaded. Names, lists and types are copied;
 * tensors are retained and must not change until the builder ends. Graphs and nodes that functions
 * hand out are lent and live as long as the builder. After an error the builder is as it was before
 * the call, but for SDX_OUT_OF_MEMORY, after which it is only to be released. Threads: a builder
 * and what it lends belong to one thread at a time. */

typedef struct sdx_builder sdx_builder;         /* a model that is being made */
typedef struct sdx_build_graph sdx_build_graph; /* its graph, a subgraph, or a function's body */
typedef struct sdx_build_node sdx_build_node;   /* a node, to give it attributes */

/* A builder of a model with an empty main graph. Memory comes from `allocator` (NULL: malloc).
 * `out` receives a handle to own. Errors: SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_builder_create(const sdx_allocator *allocator, sdx_builder **out);
/* Ends it, its graphs and nodes; takes NULL. Models, bytes and files that were finished stay. */
SDX_API void sdx_builder_destroy(sdx_builder *builder);

/* The `version` of the operators of `domain` ("" is ai.onnx) that nodes refer to. Each domain in
 * use needs one; setting it again replaces it. Errors: SDX_INVALID_ARGUMENT, SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_builder_set_opset(sdx_builder *builder, const char *domain, int64_t version);
/* A `key` of the model's metadata and its `value`; an earlier value is replaced. Errors:
 * SDX_INVALID_ARGUMENT, SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_builder_set_metadata(sdx_builder *builder, const char *key,
                                            const char *value);

/* What a model says of itself. */
typedef struct sdx_label_options {
    size_t struct_size;           /* set by init */
    const char *producer;         /* default: "sardonyx" */
    const char *producer_version; /* default: that of the library */
    const char *domain;           /* of the model's name; default: "" */
    const char *graph_name;       /* default: "main" */
    const char *doc;              /* default: "" */
    int64_t model_version;        /* default: 0 */
} sdx_label_options;

/* Sets all but struct_size, which says how much of `options` there is, to the defaults. */
SDX_API void sdx_label_options_defaults(sdx_label_options *options);
/* Sets `options` to the defaults; the size is that of this header's struct. */
static inline void sdx_label_options_init(sdx_label_options *options) {
    options->struct_size = sizeof *options;
    sdx_label_options_defaults(options);
}
/* Labels the model as `options` say; a text that is NULL is as its default. Errors:
 * SDX_INVALID_ARGUMENT, SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_builder_set_labels(sdx_builder *builder, const sdx_label_options *options);

/* The main graph, lent */
SDX_API sdx_build_graph *sdx_builder_main(sdx_builder *builder);

/* Type and shape of an input or output of a graph, or of an attribute; zeros say nothing. */
typedef struct sdx_build_type {
    const sdx_type *type;       /* of what is no tensor; NULL: a tensor of dtype */
    sdx_dtype dtype;            /* SDX_UNDEFINED: left open */
    bool has_rank;              /* of a tensor: rank and dims count */
    size_t rank;                /* 0 for a scalar */
    const int64_t *dims;        /* rank numbers; -1: not known */
    const char *const *symbols; /* rank names of dims that are -1, NULL: no name; NULL: none has */
} sdx_build_type;

/* Adds an input, or output, called `name` to a graph. Those of the main graph need a type; `type`
 * may be NULL in subgraphs and functions. An input defines a name that nothing else may define; an
 * output is the name of something that the graph defines before the model is finished. Errors:
 * SDX_INVALID_ARGUMENT, SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_build_input(sdx_build_graph *graph, const char *name,
                                   const sdx_build_type *type);
SDX_API sdx_status sdx_build_output(sdx_build_graph *graph, const char *name,
                                    const sdx_build_type *type);
/* Adds an initializer called `name`, of any element type; `tensor` is retained. With the name of an
 * input it is that input's default. Errors: SDX_INVALID_ARGUMENT, SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_build_constant(sdx_build_graph *graph, const char *name, sdx_value *tensor);
/* An initializer called `name` whose elements, of type `dtype` and the `rank` numbers of `dims`,
 * lie in `file`, a path relative to the model's folder, at `offset` bytes. Nothing is read now. Not
 * for strings. Errors: SDX_INVALID_ARGUMENT, SDX_LIMIT, SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_build_external(sdx_build_graph *graph, const char *name, sdx_dtype dtype,
                                      size_t rank, const int64_t *dims, const char *file,
                                      uint64_t offset);

/* Adds a node that calls operator `op_type` of `domain` (NULL or "": ai.onnx). `inputs` are
 * n_inputs names of what this graph, or one around it, has by now; `outputs` are n_outputs names
 * that nothing defines yet; NULL or an empty name leaves one out. `out` (may be NULL) receives the
 * node, lent. Errors: SDX_INVALID_ARGUMENT tells which name is not known, or is taken;
 * SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_build_node_add(sdx_build_graph *graph, const char *domain,
                                      const char *op_type, const char *const *inputs,
                                      size_t n_inputs, const char *const *outputs, size_t n_outputs,
                                      sdx_build_node **out);
/* The node's own `name`, for errors and profiles. Errors: SDX_INVALID_ARGUMENT, SDX_OUT_OF_MEMORY.
 */
SDX_API sdx_status sdx_build_node_name(sdx_build_node *node, const char *name);

/* Adds attribute `name` to a node: one `value`, or a list of `n` `values`, of a kind. Strings may
 * hold any bytes; tensors are retained. Errors: SDX_INVALID_ARGUMENT for a name that the node has
 * already, SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_build_int(sdx_build_node *node, const char *name, int64_t value);
SDX_API sdx_status sdx_build_float(sdx_build_node *node, const char *name, float value);
SDX_API sdx_status sdx_build_string(sdx_build_node *node, const char *name, sdx_str value);
SDX_API sdx_status sdx_build_tensor(sdx_build_node *node, const char *name, sdx_value *value);
SDX_API sdx_status sdx_build_type_of(sdx_build_node *node, const char *name,
                                     const sdx_build_type *value);
SDX_API sdx_status sdx_build_ints(sdx_build_node *node, const char *name, const int64_t *values,
                                  size_t n);
SDX_API sdx_status sdx_build_floats(sdx_build_node *node, const char *name, const float *values,
                                    size_t n);
SDX_API sdx_status sdx_build_strings(sdx_build_node *node, const char *name, const sdx_str *values,
                                     size_t n);
SDX_API sdx_status sdx_build_tensors(sdx_build_node *node, const char *name,
                                     sdx_value *const *values, size_t n);
SDX_API sdx_status sdx_build_types_of(sdx_build_node *node, const char *name,
                                      const sdx_build_type *values, size_t n);

/* Adds attribute `name`, an empty subgraph or `n` of them, to a node; they see the names that are
 * defined before the node. `out` receives the graph, or n graphs, lent. Errors:
 * SDX_INVALID_ARGUMENT, SDX_LIMIT (too many inside each other), SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_build_subgraph(sdx_build_node *node, const char *name,
                                      sdx_build_graph **out);
SDX_API sdx_status sdx_build_subgraphs(sdx_build_node *node, const char *name, size_t n,
                                       sdx_build_graph **out);

/* In a function's body: attribute `name` of the node, of `kind`, is attribute `of_call` of whoever
 * calls the function. Errors: SDX_INVALID_ARGUMENT, SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_build_reference(sdx_build_node *node, const char *name, sdx_attr_kind kind,
                                       const char *of_call);
/* Adds a function of the model, which nodes of this `domain` and `op_type` call: its body is `out`,
 * lent, whose inputs and outputs take no types, and `attributes` are the names of its `n`
 * attributes. Its nodes refer to the opsets of the model. Errors: SDX_INVALID_ARGUMENT,
 * SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_builder_function(sdx_builder *builder, const char *domain,
                                        const char *op_type, const char *const *attributes,
                                        size_t n, sdx_build_graph **out);

/* Adds a part of a loaded model to a graph: a node with its attributes and subgraphs; an input, an
 * output or a constant (`value`) with its name, type and shape. The names of what a node uses have
 * to be defined as in sdx_build_node_add, those that its subgraphs take from around too. Nothing is
 * copied but structure: the loaded model must live as long as the builder. Opsets rise to what the
 * part needs. Errors: SDX_INVALID_ARGUMENT, SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_build_copy_node(sdx_build_graph *graph, const sdx_node *node);
SDX_API sdx_status sdx_build_copy_input(sdx_build_graph *graph, const sdx_gvalue *value);
SDX_API sdx_status sdx_build_copy_output(sdx_build_graph *graph, const sdx_gvalue *value);
SDX_API sdx_status sdx_build_copy_constant(sdx_build_graph *graph, const sdx_gvalue *value);
/* Sets labels, opsets and metadata to those of a loaded model. Errors: SDX_OUT_OF_MEMORY and those
 * of sdx_model_graph. */
SDX_API sdx_status sdx_builder_copy_labels(sdx_builder *builder, sdx_model *model);

/* Finishes the model in memory: `bytes` receives a new block of `allocator` to own and `size` its
 * bytes; the caller gives it back with the allocator's `deallocate` (NULL allocator:
 * sdx_bytes_free). The builder can go on. Errors: SDX_INVALID_ARGUMENT (nothing defines an output,
 * a domain has no opset), SDX_LIMIT (more than 2 GiB), SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_builder_serialize(sdx_builder *builder, const sdx_allocator *allocator,
                                         void **bytes, size_t *size);
/* The same as the file `path`; of `options` (may be NULL) the opset must be 0. Errors: SDX_IO as
 * well. */
SDX_API sdx_status sdx_builder_save(sdx_builder *builder, const char *path,
                                    const sdx_save_options *options);
/* The same as a loaded model, to run or to look at: `out` receives a handle to own. `options` (may
 * be NULL) are those of sdx_model_load_memory; folder says where external files lie. Errors: those
 * of sdx_model_load as well: SDX_INVALID_MODEL, SDX_UNSUPPORTED_OPERATOR, ... */
SDX_API sdx_status sdx_builder_load(sdx_builder *builder, sdx_runtime *runtime,
                                    const sdx_model_options *options, sdx_model **out);

#ifdef __cplusplus
}
#endif
#endif
