/* Transpose: dims in another order. */
#include "ops/common/strided.h"
#include "ops/infer.h"

enum { PERM };

static const sdx_port inputs[] = {{.name = "data", .var = "T", .types = SDX_T_ANY}};
static const sdx_port outputs[] = {{.name = "transposed", .var = "T", .types = SDX_T_ANY}};
static const sdx_attr_def attrs[] = {[PERM] = SDX_ATTR_OPT("perm", SDX_ATTR_INTS)};

/* ONNX: Transpose-1 perm: reversed order by default. */
static size_t source_dim(const sdx_node *node, size_t rank, size_t i) {
    const sdx_attr *const perm = sdx_node_attr(node, PERM);
    return perm->kind == SDX_ATTR_ABSENT ? rank - 1 - i : (size_t)perm->ints[i];
}

static sdx_status check_perm(const sdx_attr *perm, size_t rank) {
    unsigned seen = 0;
    if (perm->kind == SDX_ATTR_ABSENT) return NULL;
    if (perm->n != rank)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "attribute 'perm': found %zu axes, expected %zu, the rank of 'data'",
                        perm->n, rank);
    for (size_t i = 0; i < rank; i++) {
        const int64_t axis = perm->ints[i];
        if (axis < 0 || axis >= (int64_t)rank || (seen >> axis & 1) != 0) {
            return sdx_fail(SDX_OUT_OF_RANGE,
                            "attribute 'perm'[%zu]: found %lld, expected each of 0 to %zu once", i,
                            (long long)axis, rank - 1);
        }
        seen |= 1u << axis;
    }
    return NULL;
}

static sdx_status infer(sdx_infer *in) {
    if (!sdx_infer_ranked(in, 0)) return NULL;
    const size_t rank = (size_t)in->in[0].rank;
    sdx_dim dims[SDX_MAX_RANK];
    SDX_TRY(check_perm(sdx_node_attr(in->node, PERM), rank));
    for (size_t i = 0; i < rank; i++) {
        dims[i] = in->in[0].dims[source_dim(in->node, rank, i)];
    }
    return sdx_infer_set_shape(in, 0, rank, dims);
}

static sdx_status bind(sdx_bind *b) {
    sdx_strided *const s = b->bound;
    const sdx_view *const data = b->in[0];
    int64_t strides[SDX_MAX_RANK];
    sdx_strides(data->rank, data->dims, strides);
    s->rank = data->rank;
    for (size_t i = 0; i < data->rank; i++) {
        const size_t from = source_dim(b->node, data->rank, i);
        s->dims[i] = data->dims[from];
        s->strides[i] = strides[from];
    }
    sdx_strided_collapse(s);
    b->how = sdx_strided_how(s);
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    sdx_strided_copy(c, c->out[0]->data, c->in[0]->data, sdx_dtype_size(c->in[0]->dtype), c->bound);
    return NULL;
}

const sdx_op sdx_op_transpose = {
    .name = "Transpose",
    .domain = "",
    .since = 1,
    .newest = 25,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .bound_size = sizeof(sdx_strided),
    .infer = infer,
    .bind = bind,
    .run = run,
};
