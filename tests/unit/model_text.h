/* Whole models in a few lines of text, as the bytes of an ONNX file:
 *
 *     opset 17
 *     input x float32[batch,3]
 *     init w float32[3,2] 1 2 3 4 5 6
 *     node y = Gemm(x, w) alpha=2.0 transB=0
 *     output y
 *
 * Lines of a graph: `input NAME TYPE[DIMS]`, `init NAME TYPE[DIMS] ELEMENTS` (or `init NAME
 * TYPE[DIMS] random`, in [-1, 1)), `node OUTPUTS = OP(INPUTS) ATTRIBUTES`, `output NAME`. A
 * subgraph is `graph NAME {` ... `}` before the node that uses it as `attribute=@NAME`. Attributes
 * are ints (3), floats (3.0), lists ([1,2]) and texts ("x"). `domain::OP` names a domain. Names
 * have no spaces; an absent input is `_`. */
#ifndef SDX_TESTS_MODEL_TEXT_H
#define SDX_TESTS_MODEL_TEXT_H

#include "exec/context.h"

/* The bytes of the model; an error of the text fails the test. Free with free(). */
void *model_bytes(const char *text, size_t *size);

/* Loads the text as a model (options may be NULL), which must succeed. */
sdx_model *model_of(sdx_runtime *runtime, const char *text, const sdx_model_options *options);

/* A float32 tensor of these dims with elements in [-1, 1) that follow from `seed`. */
sdx_value *random_tensor(uint64_t seed, size_t rank, const int64_t *dims);

/* Fails the test with the text of a status that is not NULL. */
void must(sdx_status status);
/* Requires the error `code` with `part` in its text, and frees it. */
void must_fail(sdx_status status, sdx_code code, const char *part);

#endif
