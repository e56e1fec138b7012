/* See along_axis.h. */
#include "ops/index/along_axis.h"

enum { AXIS };

sdx_status sdx_along_axis_check(const sdx_infer *in, size_t data, size_t indices) {
    if (!sdx_infer_ranked(in, data)) return NULL;
    const sdx_fact *const from = &in->in[data], *const at = &in->in[indices];
    size_t axis;
    SDX_TRY(sdx_infer_axis(in, data, sdx_node_int(in->node, AXIS), "attribute 'axis'", &axis));
    if (!sdx_infer_ranked(in, indices)) return NULL;
    SDX_TRY(sdx_infer_want_rank(in, indices, from->rank));
    for (size_t i = 0; i < (size_t)from->rank; i++) {
        if (i == axis || !sdx_dim_is_number(from->dims[i]) || !sdx_dim_is_number(at->dims[i]) ||
            at->dims[i] <= from->dims[i])
            continue;
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input 'indices' has dimension %lld at axis %zu, expected at most %lld, "
                        "that of 'data'",
                        (long long)at->dims[i], i, (long long)from->dims[i]);
    }
    return NULL;
}

/* Elements meet where only the axis differs: the dim with stride 0, unless it is 1 and gone. */
static size_t count_parts(const sdx_strided *walk) {
    size_t parts = 1;
    for (size_t i = 0; i + 1 < walk->rank && walk->strides[i] != 0; i++)
        parts *= (size_t)walk->dims[i];
    return parts;
}

sdx_status sdx_along_axis_init(sdx_along_axis *a, const sdx_node *node, const sdx_view *data,
                               const sdx_view *indices) {
    sdx_strided *const walk = &a->walk;
    SDX_TRY(sdx_axis(sdx_node_int(node, AXIS), data->rank, "attribute 'axis'", &a->axis));
    sdx_strides(data->rank, data->dims, walk->strides);
    a->dim = data->dims[a->axis];
    a->stride = walk->strides[a->axis];
    walk->strides[a->axis] = 0;
    walk->rank = data->rank;
    for (size_t i = 0; i < data->rank; i++)
        walk->dims[i] = indices->dims[i];
    sdx_strided_collapse(walk);
    a->parts = count_parts(walk);
    return NULL;
}
