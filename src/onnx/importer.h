/* The state of one import, shared by the files of this folder. */
#ifndef SDX_ONNX_IMPORTER_H
#define SDX_ONNX_IMPORTER_H

#include "base/map.h"
#include "onnx/import.h"
#include "onnx/limits.h"
#include "ops/infer.h"
#include "wire/onnx_proto.h"

/* sdx_gvalue.output of an output of a function call until a node of the body defines it. */
#define SDX_OUTPUT_OPEN (SIZE_MAX - 1)
/* The same of an output of a Constant node until the node is made. */
#define SDX_OUTPUT_CONSTANT (SIZE_MAX - 2)

/* A value of an attribute that a function call gives to its body: read where it was written. */
typedef struct sdx_binding {
    sdx_str name;
    const sdx_pb_attribute *attr;
    struct sdx_scope *scope;
} sdx_binding;

/* The names that are visible at a place: of a graph, or of a function body (which sees no outer
 * names). */
typedef struct sdx_scope {
    struct sdx_scope *outer; /* NULL: main graph or function body */
    sdx_map names;           /* name -> sdx_gvalue */
    sdx_graph *graph;        /* where nodes go */
    const sdx_pb_opset *opsets;
    size_t n_opsets;
    const sdx_binding *bindings; /* of the function that this is in; NULL outside functions */
    size_t n_bindings;
    const sdx_pb_function *function; /* NULL outside functions */
    sdx_str prefix; /* put before names of nodes and values in functions: "block_3/" */
    unsigned graph_depth, function_depth;
} sdx_scope;

typedef struct sdx_importer {
    const sdx_onnx_options *options;
    sdx_arena *arena;
    sdx_heap *heap;    /* for what is gone after the import */
    const void *bytes; /* the file: size bytes */
    size_t size;
    const sdx_pb_model *model;
    sdx_onnx_model *out;
    sdx_map functions; /* "domain:name:overload" -> sdx_pb_function */
    sdx_map op_counts; /* "domain:name" -> sdx_onnx_op_count */
} sdx_importer;

/* import_graph.c */
sdx_status sdx_import_graph(sdx_importer *im, const sdx_pb_graph *proto, sdx_scope *outer,
                            sdx_node *owner, sdx_graph **out) SDX_NODISCARD;
sdx_status sdx_import_nodes(sdx_importer *im, sdx_scope *scope, const sdx_pb_node *nodes, size_t n)
    SDX_NODISCARD;
/* scope.c */
void sdx_scope_init(sdx_scope *scope, sdx_importer *im, sdx_scope *outer, sdx_graph *graph);
void sdx_scope_deinit(sdx_scope *scope);
sdx_gvalue *sdx_scope_find(const sdx_scope *scope, sdx_str name);
sdx_status sdx_scope_define(sdx_scope *scope, sdx_gvalue *value, sdx_str name) SDX_NODISCARD;
sdx_status sdx_scope_unknown_name(const sdx_scope *scope, sdx_str name)
    SDX_NODISCARD SDX_NEVER_NULL;
int64_t sdx_scope_version(const sdx_scope *scope, const sdx_importer *im, sdx_str domain);
/* import_attr.c */
sdx_status sdx_import_attr(sdx_importer *im, sdx_scope *scope, sdx_node *node,
                           const sdx_pb_attribute *proto) SDX_NODISCARD;
sdx_status sdx_import_type(sdx_importer *im, const sdx_pb_type *proto, const sdx_type **type,
                           sdx_shape *shape) SDX_NODISCARD;
/* import_tensor.c */
sdx_status sdx_import_tensor(sdx_importer *im, const sdx_pb_tensor *proto, const sdx_view **out)
    SDX_NODISCARD;
sdx_status sdx_import_sparse(sdx_importer *im, const sdx_pb_sparse_tensor *proto,
                             const sdx_view **out) SDX_NODISCARD;
/* function.c */
const sdx_pb_function *sdx_import_function_of(const sdx_importer *im, const sdx_pb_node *node);
sdx_status sdx_import_functions(sdx_importer *im) SDX_NODISCARD;
sdx_status sdx_import_call(sdx_importer *im, sdx_scope *scope, const sdx_pb_node *call,
                           const sdx_pb_function *function, sdx_gvalue *const *inputs,
                           sdx_gvalue *const *outputs) SDX_NODISCARD;
/* domain.c: "ai.onnx" is "", other spellings of known domains are resolved */
sdx_str sdx_domain(sdx_str domain);

#endif
