/* Gather: whole slices of an axis, picked by index. */
#include "ops/common/indices.h"
#include "ops/common/slices.h"
#include "ops/infer.h"

enum { AXIS };
enum { IN_DATA, IN_INDICES };

static const sdx_port inputs[] = {
    {.name = "data", .var = "T", .types = SDX_T_ANY, .flags = SDX_PORT_UNALIGNED},
    {.name = "indices", .var = "Tind", .types = SDX_T_INDEX},
};
static const sdx_port outputs[] = {{.name = "output", .var = "T", .types = SDX_T_ANY}};
static const sdx_attr_def attrs[] = {[AXIS] = SDX_ATTR_I("axis", 0)};

/* Shape arithmetic: dims picked out of a shape. */
static sdx_status pick_ints(sdx_infer *in) {
    enum { MAX = 64 };
    sdx_dim data[MAX], at[MAX], picked[MAX];
    size_t n_data, n;
    const sdx_dtype dtype = sdx_infer_dtype(in, IN_DATA);
    if (in->in[IN_DATA].rank != 1 || in->in[IN_INDICES].rank > 1) return NULL;
    if ((dtype != SDX_INT64 && dtype != SDX_INT32) ||
        !sdx_infer_ints(in, IN_DATA, data, MAX, &n_data) ||
        !sdx_infer_ints(in, IN_INDICES, at, MAX, &n))
        return NULL;
    const sdx_dim end = (sdx_dim)n_data;
    for (size_t i = 0; i < n; i++) {
        if (!sdx_dim_is_number(at[i])) return NULL;
        if (at[i] < -end || at[i] >= end)
            return sdx_fail(SDX_OUT_OF_RANGE,
                            "input 'indices'[%zu]: index %lld outside [%lld, %lld]", i,
                            (long long)at[i], (long long)-end, (long long)(end - 1));
        picked[i] = data[at[i] < 0 ? at[i] + end : at[i]];
    }
    return sdx_infer_set_ints(in, 0, picked, n);
}

static sdx_status infer(sdx_infer *in) {
    if (!sdx_infer_ranked(in, IN_DATA) || !sdx_infer_ranked(in, IN_INDICES)) return NULL;
    const sdx_fact *const data = &in->in[IN_DATA], *const indices = &in->in[IN_INDICES];
    size_t axis, rank = 0;
    sdx_dim dims[2 * SDX_MAX_RANK];
    SDX_TRY(sdx_infer_axis(in, IN_DATA, sdx_node_int(in->node, AXIS), "attribute 'axis'", &axis));
    for (size_t i = 0; i < axis; i++)
        dims[rank++] = data->dims[i];
    for (size_t i = 0; i < (size_t)indices->rank; i++)
        dims[rank++] = indices->dims[i];
    for (size_t i = axis + 1; i < (size_t)data->rank; i++)
        dims[rank++] = data->dims[i];
    SDX_TRY(sdx_infer_set_shape(in, 0, rank, dims));
    return pick_ints(in);
}

static sdx_status bind(sdx_bind *b) {
    b->scratch = sdx_indices_scratch(b->in[IN_INDICES]);
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const data = c->in[IN_DATA];
    size_t axis;
    SDX_TRY(sdx_axis(sdx_node_int(c->node, AXIS), data->rank, "attribute 'axis'", &axis));
    sdx_slices s = {
        .dst = c->out[0]->data,
        .src = data->data,
        .batches = sdx_view_count(data, 0, axis),
        .n = c->in[IN_INDICES]->len,
        .batch = (size_t)data->dims[axis],
        .size = sdx_view_count(data, axis + 1, data->rank) * sdx_dtype_size(data->dtype),
    };
    SDX_TRY(sdx_indices(c, IN_INDICES, data->dims[axis], c->scratch, &s.index));
    sdx_slices_copy(c, &s);
    return NULL;
}

const sdx_op sdx_op_gather = {
    .name = "Gather",
    .domain = "",
    .since = 1,
    .newest = 13,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .infer = infer,
    .bind = bind,
    .run = run,
};
