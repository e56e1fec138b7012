/* EyeLike: ones on a diagonal of a matrix that has the input's shape. */
#include <string.h>

#include "ops/call.h"
#include "ops/infer.h"

enum { DTYPE, K };

#define TYPES (SDX_T_NUMERIC | SDX_T(BOOL))

static const sdx_port inputs[] = {{.name = "input", .var = "T1", .types = TYPES}};
static const sdx_port outputs[] = {{.name = "output", .var = "T2", .types = TYPES}};
static const sdx_attr_def attrs[] = {
    [DTYPE] = SDX_ATTR_OPT("dtype", SDX_ATTR_INT),
    [K] = SDX_ATTR_I("k", 0),
};

static sdx_status infer(sdx_infer *in) {
    const int64_t asked = sdx_node_int(in->node, DTYPE);
    if (sdx_node_has(in->node, DTYPE)) {
        char types[256];
        if (!sdx_dtype_valid(asked) || !sdx_types_have(TYPES, (sdx_dtype)asked))
            return sdx_fail(SDX_INVALID_MODEL, "attribute 'dtype' is %lld, expected one of %s",
                            (long long)asked, sdx_types_text(TYPES, types, sizeof types));
        sdx_infer_set_dtype(in, 0, (sdx_dtype)asked);
    } else {
        sdx_infer_set_dtype(in, 0, sdx_infer_dtype(in, 0));
    }
    SDX_TRY(sdx_infer_want_rank(in, 0, 2));
    if (!sdx_infer_ranked(in, 0)) return NULL;
    return sdx_infer_set_shape(in, 0, 2, in->in[0].dims);
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const out = c->out[0];
    const int64_t rows = out->dims[0], cols = out->dims[1];
    const int64_t k = sdx_dim_number(sdx_node_int(c->node, K));
    if (out->len == 0) return NULL;
    memset(out->data, 0, sdx_view_bytes(out));
    sdx_view all = *out;
    for (int64_t r = k < 0 ? -k : 0; r < rows && r + k < cols; r++)
        sdx_view_set_double(&all, (size_t)(r * cols + r + k), 1);
    return NULL;
}

const sdx_op sdx_op_eye_like = {
    .name = "EyeLike",
    .domain = "",
    .since = 9,
    .newest = 22,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .infer = infer,
    .run = run,
};
