/* From the bytes of an ONNX file to a graph of newest-semantics operators with types and shapes as
 * far as they can be known.
 *
 * Reads opsets 1 to 28 and IR versions 1 to 14; model-local functions are inlined; nodes may stand
 * in any order. Nothing of the file is referred to afterwards but the elements of float (and other
 * non-integer) initializers. */
#ifndef SDX_ONNX_IMPORT_H
#define SDX_ONNX_IMPORT_H

#include "base/file.h"
#include "base/log.h"
#include "graph/graph.h"

/* Our own domain, the version that is written, and the attribute that says which older meaning an
 * operator of ai.onnx has there. */
#define SDX_OWN_DOMAIN "sardonyx"
#define SDX_OWN_REV "rev"
enum { SDX_OWN_VERSION = 1 };

typedef struct sdx_onnx_options {
    const char *folder; /* where external data lies; NULL: there is none */
    sdx_read_fn *read;  /* reads external data instead; NULL: files beneath folder */
    void *read_user;
    bool allow_missing; /* operators that this build lacks are listed, not an error */
    bool overridable;   /* inputs with an initializer stay inputs; else they become constants */
    const struct sdx_op_set *custom; /* operators beside those of this build; NULL: none */
    const sdx_logger *logger;        /* NULL: silent */
} sdx_onnx_options;

typedef struct sdx_onnx_pair {
    sdx_str key, value;
} sdx_onnx_pair;

typedef struct sdx_onnx_opset {
    sdx_str domain; /* "" is ai.onnx */
    int64_t version;
} sdx_onnx_opset;

typedef struct sdx_onnx_op_count {
    sdx_str domain, name; /* shared by all its nodes */
    size_t count;
} sdx_onnx_op_count;

/* What came out. All of it lives in the arena, but the files, which sdx_onnx_close ends. */
typedef struct sdx_onnx_model {
    sdx_ir *ir;
    sdx_str producer, producer_version, domain, doc, graph_name;
    int64_t ir_version, model_version;
    const sdx_onnx_opset *opsets;
    size_t n_opsets;
    int64_t functions_opset; /* the highest of ai.onnx that a function of the file imports */
    const sdx_onnx_pair *metadata;
    size_t n_metadata;
    const sdx_onnx_op_count *operators; /* of the file, sorted by domain and name */
    size_t n_operators;
    const sdx_missing_info *missing; /* operators that this build lacks, sorted */
    size_t n_missing;
    size_t n_nodes, n_functions, n_initializers;
    uint64_t n_parameters; /* elements of float initializers */
    sdx_file *files;       /* external data, mapped; n_files */
    sdx_str *file_names;   /* as the model gives them; n_files */
    size_t n_files, cap_files;
    sdx_heap *heap; /* of `files` */
} sdx_onnx_model;

/* Imports `size` bytes, which must live and stay as they are as long as the graph. On failure *out
 * is left empty. Errors: SDX_INVALID_MODEL, SDX_UNSUPPORTED_OPERATOR (one text that lists all of
 * them), SDX_UNSUPPORTED, SDX_NOT_FOUND and SDX_IO (external data), SDX_LIMIT, SDX_OUT_OF_MEMORY.
 */
sdx_status sdx_onnx_import(const void *bytes, size_t size, const sdx_onnx_options *options,
                           sdx_arena *arena, sdx_onnx_model *out) SDX_NODISCARD;
void sdx_onnx_close(sdx_onnx_model *model);

#endif
