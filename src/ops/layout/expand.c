/* Expand: bidirectional broadcast of a tensor with a shape. */
#include "ops/common/strided.h"
#include "ops/infer.h"

static const sdx_port inputs[] = {
    {.name = "input", .var = "T", .types = SDX_T_ANY},
    {.name = "shape", .var = "I", .types = SDX_T(INT64)},
};
static const sdx_port outputs[] = {{.name = "output", .var = "T", .types = SDX_T_ANY}};

/* ONNX: Expand-8: dims are aligned at the end; 1 gives way to the other. */
static sdx_status infer(sdx_infer *in) {
    sdx_dim shape[SDX_MAX_RANK], dims[SDX_MAX_RANK];
    size_t n;
    SDX_TRY(sdx_infer_want_rank(in, 1, 1));
    if (!sdx_infer_ranked(in, 0)) return NULL;
    const size_t rank_in = (size_t)in->in[0].rank;
    if (!sdx_infer_ints(in, 1, shape, SDX_MAX_RANK, &n)) {
        const bool counted = sdx_infer_ranked(in, 1) && sdx_dim_is_number(in->in[1].dims[0]);
        const size_t length = counted ? (size_t)in->in[1].dims[0] : 0;
        return counted ? sdx_infer_set_rank(in, 0, length > rank_in ? length : rank_in) : NULL;
    }
    SDX_TRY(sdx_infer_want_sizes(in, 1, shape, n));
    const size_t rank = n > rank_in ? n : rank_in;
    for (size_t i = 0; i < rank; i++) {
        const sdx_dim a = i + rank_in >= rank ? in->in[0].dims[i + rank_in - rank] : 1;
        const sdx_dim b = i + n >= rank ? shape[i + n - rank] : 1;
        char text[160];
        if (!sdx_dim_broadcast(in->dims, a, b, &dims[i])) {
            return sdx_fail(SDX_SHAPE_MISMATCH,
                            "input 'shape': found %lld where 'input' of shape %s has %lld, "
                            "expected equal numbers or 1",
                            (long long)b, sdx_infer_shape_text(in, 0, text, sizeof text),
                            (long long)a);
        }
    }
    return sdx_infer_set_shape(in, 0, rank, dims);
}

static sdx_status bind(sdx_bind *b) {
    sdx_strided *const s = b->bound;
    const sdx_view *const out = b->out[0];
    s->rank = out->rank;
    for (size_t i = 0; i < out->rank; i++) {
        s->dims[i] = out->dims[i];
    }
    sdx_broadcast_strides(b->in[0], out->rank, s->strides);
    sdx_strided_collapse(s);
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    sdx_strided_copy(c, c->out[0]->data, c->in[0]->data, sdx_dtype_size(c->in[0]->dtype), c->bound);
    return NULL;
}

const sdx_op sdx_op_expand = {
    .name = "Expand",
    .domain = "",
    .since = 8,
    .newest = 13,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    .bound_size = sizeof(sdx_strided),
    .infer = infer,
    .bind = bind,
    .run = run,
};
