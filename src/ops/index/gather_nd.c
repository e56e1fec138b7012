/* GatherND: slices named by tuples of indices, within batches. */
#include "ops/common/indices.h"
#include "ops/common/slices.h"
#include "ops/infer.h"

enum { BATCH_DIMS };
enum { IN_DATA, IN_INDICES };

static const sdx_port inputs[] = {
    {.name = "data", .var = "T", .types = SDX_T_ANY},
    {.name = "indices", .var = "Tind", .types = SDX_T(INT64)},
};
static const sdx_port outputs[] = {{.name = "output", .var = "T", .types = SDX_T_ANY}};
static const sdx_attr_def attrs[] = {[BATCH_DIMS] = SDX_ATTR_I("batch_dims", 0)};

/* ONNX: GatherND-12 batch_dims < min(q, r); the dims before it are equal. */
static sdx_status check_batch(const sdx_infer *in, int64_t batch_dims) {
    const sdx_fact *const data = &in->in[IN_DATA], *const indices = &in->in[IN_INDICES];
    if (batch_dims < 0 || batch_dims >= data->rank || batch_dims >= indices->rank)
        return sdx_fail(SDX_OUT_OF_RANGE,
                        "attribute 'batch_dims' is %lld, expected at least 0 and less than the "
                        "ranks of 'data' (%d) and 'indices' (%d)",
                        (long long)batch_dims, data->rank, indices->rank);
    for (size_t i = 0; i < (size_t)batch_dims; i++) {
        const sdx_dim a = data->dims[i], b = indices->dims[i];
        if (!sdx_dim_is_number(a) || !sdx_dim_is_number(b) || a == b) continue;
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input 'indices' has dimension %lld at batch axis %zu, expected %lld, that "
                        "of 'data'",
                        (long long)b, i, (long long)a);
    }
    return NULL;
}

static sdx_status infer(sdx_infer *in) {
    if (!sdx_infer_ranked(in, IN_DATA) || !sdx_infer_ranked(in, IN_INDICES)) return NULL;
    const sdx_fact *const data = &in->in[IN_DATA], *const indices = &in->in[IN_INDICES];
    const int64_t batch_dims = sdx_node_int(in->node, BATCH_DIMS);
    sdx_dim dims[2 * SDX_MAX_RANK];
    size_t rank = 0;
    SDX_TRY(check_batch(in, batch_dims));
    const sdx_dim len = indices->dims[indices->rank - 1];
    if (!sdx_dim_is_number(len)) return NULL;
    if (len < 1 || len > data->rank - batch_dims)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input 'indices' has %lld as its last dimension, expected 1 to %lld, the "
                        "rank of 'data' without the batch",
                        (long long)len, (long long)(data->rank - batch_dims));
    for (size_t i = 0; i + 1 < (size_t)indices->rank; i++)
        dims[rank++] = indices->dims[i];
    for (size_t i = (size_t)(batch_dims + len); i < (size_t)data->rank; i++)
        dims[rank++] = data->dims[i];
    return sdx_infer_set_shape(in, 0, rank, dims);
}

/* Offsets of all tuples. */
static sdx_status bind(sdx_bind *b) {
    const sdx_view *const indices = b->in[IN_INDICES];
    b->scratch = sdx_view_count(indices, 0, (size_t)indices->rank - 1) * sizeof(int64_t);
    return NULL;
}

/* Tuples count whole slices: strides of the dims that they index, without what follows. */
static void slice_strides(const sdx_view *data, size_t first, size_t len, int64_t *strides) {
    int64_t stride = 1;
    for (size_t k = len; k-- > 0;) {
        strides[k] = stride;
        stride *= data->dims[first + k];
    }
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const data = c->in[IN_DATA], *const indices = c->in[IN_INDICES];
    const size_t first = (size_t)sdx_node_int(c->node, BATCH_DIMS);
    const size_t len = (size_t)indices->dims[indices->rank - 1];
    int64_t strides[SDX_MAX_RANK];
    slice_strides(data, first, len, strides);
    const sdx_tuples tuples = {
        .input = IN_INDICES, .len = len, .dims = data->dims + first, .strides = strides};
    SDX_TRY(sdx_index_tuples(c, &tuples, c->scratch));
    const sdx_slices s = {
        .dst = c->out[0]->data,
        .src = data->data,
        .batches = sdx_view_count(data, 0, first),
        .n = sdx_view_count(indices, first, (size_t)indices->rank - 1),
        .batch = sdx_view_count(data, first, first + len),
        .size = sdx_view_count(data, first + len, data->rank) * sdx_dtype_size(data->dtype),
        .index = c->scratch,
        .own_index = true,
    };
    sdx_slices_copy(c, &s);
    return NULL;
}

const sdx_op sdx_op_gather_nd = {
    .name = "GatherND",
    .domain = "",
    .since = 11,
    .newest = 13,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .infer = infer,
    .bind = bind,
    .run = run,
};
