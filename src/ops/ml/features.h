/* Rows of features, [n, f] or [f] (one row), of one of the four types that ai.onnx.ml knows. */
#ifndef SDX_OPS_ML_FEATURES_H
#define SDX_OPS_ML_FEATURES_H

#include "ops/call.h"
#include "ops/infer.h"

#define SDX_ML_NUMBERS (SDX_T_FLOATS32 | SDX_T_INDEX)

static inline size_t sdx_features_rows(const sdx_view *x) {
    return x->rank == 2 ? (size_t)x->dims[0] : 1;
}
static inline size_t sdx_features_count(const sdx_view *x) {
    return x->rank == 0 ? 1 : (size_t)x->dims[x->rank - 1];
}
/* Elements [begin, begin + n) as float64. */
void sdx_features_read(const sdx_view *x, size_t begin, size_t n, double *out);

/* Output k is [rows, columns] (columns 0: [rows]) for the rows of input 0, which must be such. */
sdx_status sdx_features_infer(sdx_infer *in, size_t k, int64_t columns) SDX_NODISCARD;

#endif
