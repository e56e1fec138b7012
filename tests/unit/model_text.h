/* Whole models in a few lines of text, as the bytes of an ONNX file:
 *
 *     opset 17
 *     input x float32[batch,3]
 *     init w float32[3,2] 1 2 3 4 5 6
 *     node y = Gemm(x, w) alpha=2.0 transB=0
 *     output y
 *
 * Lines of a graph: `input NAME TYPE`, `init NAME TYPE[DIMS] ELEMENTS` (or `init NAME TYPE[DIMS]
 * random`, in [-1, 1)), `sparse NAME TYPE[DIMS] INDEX:ELEMENT ...`, `external NAME TYPE[DIMS] FILE
 * OFFSET LENGTH`, `value NAME TYPE`, `node OUTPUTS = OP(INPUTS) ATTRIBUTES`, `output NAME [TYPE]`.
 * A subgraph is `graph NAME {` ... `}` before the node that uses it as `attribute=@NAME`. Types are
 * float32[batch,3], float32 (of any rank), sequence(T), optional(T), map(int64,T). Attributes are
 * ints (3), floats (3.0), texts ("x"), lists of them ([1,2]), tensors (int64[2]{1,2}: value_text.h)
 * and, in functions, references ($name).
 * `domain::OP:overload` names domain and overload. Names have no spaces; an absent input is `_`.
 *
 * Lines of a model: `opset VERSION [DOMAIN]`, `ir VERSION`, `metadata KEY VALUE`, and functions:
 *
 *     function y = my::Scaled(x) by bias=1.0 {
 *     opset 17
 *     node y = Elu(x) alpha=$by
 *     } */
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
