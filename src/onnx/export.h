/* From graphs back to messages of ONNX, which sdx_wire_encode or onnx/write.h makes a file of.
 *
 * Nodes have their newest semantics, so the opset that is written is the lowest at which each of
 * them holds. What ONNX cannot say so, an older meaning (sdx_node.rev) or an operator made while
 * loading, stands in the domain "sardonyx", version 1, which the import reads. Messages borrow
 * names and elements from the graph; lists are in the arena. Graphs are tidied (sdx_ir_tidy). */
#ifndef SDX_ONNX_EXPORT_H
#define SDX_ONNX_EXPORT_H

#include "onnx/import.h"
#include "wire/onnx_proto.h"

/* The opsets that something needs: for each domain the least version. */
typedef struct sdx_opsets {
    sdx_arena *arena;
    sdx_onnx_opset *list;
    size_t n, cap;
    const sdx_node *highest; /* the node that raised ai.onnx last; NULL: none did */
    const sdx_node *exact;   /* a node of ai.onnx that this build lacks: it keeps its version */
} sdx_opsets;

void sdx_opsets_init(sdx_opsets *opsets, sdx_arena *arena);
/* At least this version of the domain, whose text is borrowed. */
sdx_status sdx_opsets_need(sdx_opsets *opsets, sdx_str domain, int64_t version) SDX_NODISCARD;
/* What a node and its subgraphs need. */
sdx_status sdx_opsets_need_node(sdx_opsets *opsets, const sdx_node *node) SDX_NODISCARD;
/* 0: the domain is not there. */
int64_t sdx_opsets_version(const sdx_opsets *opsets, sdx_str domain);
sdx_status sdx_opsets_proto(const sdx_opsets *opsets, const sdx_pb_opset **out, size_t *n)
    SDX_NODISCARD;
/* The IR version that files of this opset of ai.onnx have. */
int64_t sdx_ir_version_of(int64_t opset);

/* A whole model. `opset` of ai.onnx, 0: the lowest, and not below that of the file. Errors:
 * SDX_INVALID_ARGUMENT names a node that needs a higher one. */
sdx_status sdx_export_model(const sdx_onnx_model *model, int64_t opset, sdx_arena *arena,
                            sdx_pb_model *out) SDX_NODISCARD;

/* Its parts. */
sdx_status sdx_export_node(sdx_arena *arena, const sdx_node *node, sdx_pb_node *out) SDX_NODISCARD;
sdx_status sdx_export_value(sdx_arena *arena, const sdx_gvalue *value, sdx_pb_value_info *out)
    SDX_NODISCARD;
sdx_status sdx_export_type(sdx_arena *arena, const sdx_type *type, sdx_pb_type *out) SDX_NODISCARD;
void sdx_export_tensor(const sdx_view *view, sdx_str name, sdx_pb_tensor *out);
/* export_attr.c */
sdx_status sdx_export_attr(sdx_arena *arena, const sdx_node *node, const sdx_named_attr *attr,
                           sdx_pb_attribute *out) SDX_NODISCARD;
/* export_graph.c */
sdx_status sdx_export_graph(sdx_arena *arena, const sdx_graph *graph, sdx_pb_graph *out)
    SDX_NODISCARD;

#endif
