/* What the loader accepts at most. A hostile file reaches an error here before it reaches memory or
 * stack limits. */
#ifndef SDX_ONNX_LIMITS_H
#define SDX_ONNX_LIMITS_H

enum {
    SDX_ONNX_MAX_GRAPH_DEPTH = 100,       /* subgraphs inside subgraphs */
    SDX_ONNX_MAX_FUNCTION_DEPTH = 120,    /* function calls inside functions */
    SDX_ONNX_MAX_NODES = 4 * 1000 * 1000, /* after inlining, all graphs together */
    SDX_ONNX_NEWEST_OPSET = 28,           /* of ai.onnx; 28 is a preview */
    SDX_ONNX_NEWEST_IR = 14,
    SDX_ONNX_MAX_EXTERNAL_FILES = 4096
};

#define SDX_ONNX_MAX_SPARSE_BYTES ((size_t)1 << 31) /* a sparse initializer made dense */

#endif
