/* A model of one node, whose values and attributes can be changed before it becomes a file: for
 * tests that try a node in many ways. */
#ifndef SDX_TESTS_ONE_NODE_H
#define SDX_TESTS_ONE_NODE_H

#include "model_text.h"
#include "ops/op.h"
#include "wire/onnx_proto.h"

enum { ONE_NODE_INPUTS = 16, ONE_NODE_OUTPUTS = 16 };

/* How an input reaches the node: at the run, declared by its type or with its shape too; as an
 * initializer; not at all. */
typedef enum one_node_way { TYPED, SHAPED, CONSTANT, LEFT_OUT } one_node_way;

typedef struct one_node {
    sdx_arena arena;
    sdx_pb_model model; /* opset_import[0]: of the node's domain */
    sdx_pb_graph graph;
    sdx_pb_node *node;       /* the graph's last one; may be changed */
    sdx_pb_attribute *attrs; /* its attributes, with room for one more */
    const sdx_op *op;
    sdx_value *given[ONE_NODE_INPUTS]; /* owned; NULL: the node does not name this input */
    one_node_way ways[ONE_NODE_INPUTS];
    size_t n, n_outputs;
} one_node;

/* `text`: subgraphs and nodes as in model_text.h, the last of them is the one. `inputs`: a value
 * (value_text.h) for each input that it names. An error fails the test. */
void one_node_open(one_node *s, int version, const char *text, const char *inputs);
void one_node_close(one_node *s);

/* Loads the model for these values in the place of the given ones (s->n; NULL: left out). */
sdx_status one_node_load(const one_node *s, sdx_runtime *runtime, const sdx_model_options *options,
                         sdx_value *const *values, sdx_model **out) SDX_NODISCARD;
/* Runs it with the same values; all outputs are new or NULL. */
sdx_status one_node_run(const one_node *s, sdx_context *context, sdx_value *const *values,
                        sdx_value **outputs) SDX_NODISCARD;

#endif
