/* Compress: the slices of an axis, or the elements of the flattened input, for which a condition
 * holds. */
#include "ops/common/slices.h"
#include "ops/infer.h"

enum { AXIS };
enum { IN_DATA, IN_CONDITION };

static const sdx_port inputs[] = {
    {.name = "input", .var = "T", .types = SDX_T_ANY},
    {.name = "condition", .var = "T1", .types = SDX_T(BOOL)},
};
static const sdx_port outputs[] = {{.name = "output", .var = "T", .types = SDX_T_ANY}};
static const sdx_attr_def attrs[] = {[AXIS] = SDX_ATTR_OPT("axis", SDX_ATTR_INT)};

static sdx_status infer(sdx_infer *in) {
    SDX_TRY(sdx_infer_want_rank(in, IN_CONDITION, 1));
    if (!sdx_node_has(in->node, AXIS)) return sdx_infer_set_rank(in, 0, 1);
    if (!sdx_infer_ranked(in, IN_DATA)) return NULL;
    const sdx_fact *const data = &in->in[IN_DATA];
    sdx_dim dims[SDX_MAX_RANK];
    size_t axis;
    SDX_TRY(sdx_infer_axis(in, IN_DATA, sdx_node_int(in->node, AXIS), "attribute 'axis'", &axis));
    for (size_t i = 0; i < (size_t)data->rank; i++)
        dims[i] = i == axis ? SDX_DIM_UNKNOWN : data->dims[i];
    return sdx_infer_set_shape(in, 0, (size_t)data->rank, dims);
}

/* The slices that are taken. */
static sdx_status bind(sdx_bind *b) {
    b->scratch = b->in[IN_CONDITION]->len * sizeof(int64_t);
    return NULL;
}

/* ONNX: Compress-9: what lies beyond a short condition is left out. */
static size_t find_true(const sdx_view *condition, size_t dim, int64_t *index) {
    const uint8_t *const marks = condition->data;
    size_t n = 0;
    for (size_t i = 0; i < condition->len && i < dim; i++)
        if (marks[i]) index[n++] = (int64_t)i;
    return n;
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const data = c->in[IN_DATA];
    const bool flat = !sdx_node_has(c->node, AXIS);
    size_t axis = 0;
    if (!flat)
        SDX_TRY(sdx_axis(sdx_node_int(c->node, AXIS), data->rank, "attribute 'axis'", &axis));
    const size_t inner = flat ? 1 : sdx_view_count(data, axis + 1, data->rank);
    sdx_slices s = {
        .src = data->data,
        .batches = flat ? 1 : sdx_view_count(data, 0, axis),
        .batch = flat ? data->len : (size_t)data->dims[axis],
        .size = inner * sdx_dtype_size(data->dtype),
        .index = c->scratch,
    };
    int64_t dims[SDX_MAX_RANK];
    sdx_view *out;
    s.n = find_true(c->in[IN_CONDITION], s.batch, c->scratch);
    for (size_t i = 0; i < data->rank; i++)
        dims[i] = data->dims[i];
    dims[axis] = (int64_t)s.n;
    SDX_TRY(sdx_call_output(c, 0, data->dtype, flat ? 1 : data->rank, dims, &out));
    s.dst = out->data;
    if (out->len > 0) sdx_slices_copy(c, &s);
    return NULL;
}

const sdx_op sdx_op_compress = {
    .name = "Compress",
    .domain = "",
    .since = 9,
    .newest = 11,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_DATA_SHAPE,
    .infer = infer,
    .bind = bind,
    .run = run,
};
