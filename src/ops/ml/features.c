/* See features.h. */
#include "ops/ml/features.h"

#define T float
#define TO double
#define READ read_f32
#include "ops/ml/features_tmpl.h"

#define T int32_t
#define TO double
#define READ read_i32
#include "ops/ml/features_tmpl.h"

#define T int64_t
#define TO double
#define READ read_i64
#include "ops/ml/features_tmpl.h"

#define T double
#define TO double
#define READ read_f64
#include "ops/ml/features_tmpl.h"

void sdx_features_read(const sdx_view *x, size_t begin, size_t n, double *out) {
    if (x->dtype == SDX_FLOAT32) read_f32(x->data, begin, n, out);
    if (x->dtype == SDX_FLOAT64) read_f64(x->data, begin, n, out);
    if (x->dtype == SDX_INT32) read_i32(x->data, begin, n, out);
    if (x->dtype == SDX_INT64) read_i64(x->data, begin, n, out);
}

sdx_status sdx_features_infer(sdx_infer *in, size_t k, int64_t columns) {
    char text[160];
    if (!sdx_infer_ranked(in, 0)) return NULL;
    const sdx_fact *const x = &in->in[0];
    if (x->rank != 1 && x->rank != 2)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'X': found shape %s, expected [rows,features]",
                        sdx_infer_shape_text(in, 0, text, sizeof text));
    const sdx_dim dims[] = {x->rank == 2 ? x->dims[0] : 1, columns};
    return sdx_infer_set_shape(in, k, columns > 0 ? 2 : 1, dims);
}
