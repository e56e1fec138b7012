/* Tile: the whole tensor repeated along each axis. As a strided copy, each dim becomes two: the
 * repeats, with stride 0, and the dim itself. */
#include "ops/common/strided.h"
#include "ops/infer.h"
#include "ops/upgrade.h"

enum { IN_DATA, IN_REPEATS };

static const sdx_port inputs[] = {
    {.name = "input", .var = "T", .types = SDX_T_ANY},
    {.name = "repeats", .var = "T1", .types = SDX_T(INT64)},
};
static const sdx_port outputs[] = {{.name = "output", .var = "T", .types = SDX_T_ANY}};

static bool constant_number(const sdx_gvalue *value, int64_t *out) {
    if (!value || !value->constant || value->constant->len != 1) return false;
    const sdx_view *const view = value->constant;
    if (sdx_types_have(SDX_T_INTS, view->dtype)) {
        *out = sdx_view_int(view, 0);
        return true;
    }
    if (!sdx_types_have(SDX_T_FLOATS, view->dtype)) return false;
    const double x = sdx_view_double(view, 0);
    const bool fits = x > -0x1p62 && x < 0x1p62; /* false for NaN */
    *out = fits ? (int64_t)x : 0;
    return fits;
}

/* ONNX: Tile-1 tiles, axis: numbers of any type, which become `repeats` where they are constants.
 */
static sdx_status from_1(sdx_upgrade *u) {
    sdx_node *const node = u->node;
    int64_t tiles, axis, repeats[SDX_MAX_RANK];
    if (node->n_inputs != 3 || !node->inputs[0]) return NULL; /* the schema's error, or newer */
    const int rank = node->inputs[0]->shape.rank;
    if (!constant_number(node->inputs[1], &tiles) || !constant_number(node->inputs[2], &axis) ||
        rank < 0)
        return sdx_fail(SDX_UNSUPPORTED,
                        "inputs 'tiles' and 'axis' are computed, expected constants and an input "
                        "of known rank; convert the model to opset 6 or later");
    if (axis < 0 || axis >= rank)
        return sdx_fail(SDX_OUT_OF_RANGE, "input 'axis' is %lld, expected 0 to %d", (long long)axis,
                        rank - 1);
    for (int i = 0; i < rank; i++)
        repeats[i] = i == axis ? tiles : 1;
    sdx_gvalue *value;
    SDX_TRY(sdx_graph_const_ints(node->graph, 1, repeats, (size_t)rank, &value));
    SDX_TRY(sdx_node_set_input(node, IN_REPEATS, value));
    node->n_inputs = 2;
    return NULL;
}
static const sdx_upgrade_rule upgrades[] = {{.below = 6, .apply = from_1}};

static sdx_status infer(sdx_infer *in) {
    if (!sdx_infer_ranked(in, IN_DATA)) return NULL;
    const size_t rank = (size_t)in->in[IN_DATA].rank;
    sdx_dim repeats[SDX_MAX_RANK], dims[SDX_MAX_RANK];
    size_t n;
    SDX_TRY(sdx_infer_want_rank(in, IN_REPEATS, 1));
    const bool known = sdx_infer_ints(in, IN_REPEATS, repeats, SDX_MAX_RANK, &n);
    if (!known && n == 0) return sdx_infer_set_rank(in, 0, rank);
    if (n != rank)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input 'repeats' has %zu numbers, expected %zu, the rank of 'input'", n,
                        rank);
    SDX_TRY(sdx_infer_want_sizes(in, IN_REPEATS, repeats, rank));
    for (size_t i = 0; i < rank; i++)
        dims[i] = sdx_dim_mul(in->dims, in->in[IN_DATA].dims[i], repeats[i]);
    return sdx_infer_set_shape(in, 0, rank, dims);
}

static sdx_status bind(sdx_bind *b) {
    sdx_strided *const s = b->bound;
    const sdx_view *const data = b->in[IN_DATA], *const out = b->out[0];
    int64_t strides[SDX_MAX_RANK];
    sdx_strides(data->rank, data->dims, strides);
    s->rank = 2 * (size_t)data->rank;
    for (size_t i = 0; i < data->rank; i++) {
        const int64_t dim = data->dims[i];
        s->dims[2 * i] = dim > 0 ? out->dims[i] / dim : 0;
        s->strides[2 * i] = 0;
        s->dims[2 * i + 1] = dim;
        s->strides[2 * i + 1] = strides[i];
    }
    sdx_strided_collapse(s);
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    sdx_strided_copy(c, c->out[0]->data, c->in[IN_DATA]->data,
                     sdx_dtype_size(c->in[IN_DATA]->dtype), c->bound);
    return NULL;
}

const sdx_op sdx_op_tile = {
    .name = "Tile",
    .domain = "",
    .since = 1,
    .newest = 13,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(upgrades, upgrades),
    .bound_size = sizeof(sdx_strided),
    .infer = infer,
    .bind = bind,
    .run = run,
};
