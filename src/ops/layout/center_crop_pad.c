/* CenterCropPad: each axis cropped or padded with zeros to a size, equally on both sides. */
#include "ops/infer.h"
#include "ops/layout/padding.h"

enum { AXES };
enum { IN_DATA, IN_SHAPE };

static const sdx_port inputs[] = {
    {.name = "input_data", .var = "T", .types = SDX_T_ANY},
    {.name = "shape", .var = "Tind", .types = SDX_T_INDEX},
};
static const sdx_port outputs[] = {{.name = "output_data", .var = "T", .types = SDX_T_ANY}};
static const sdx_attr_def attrs[] = {[AXES] = SDX_ATTR_OPT("axes", SDX_ATTR_INTS)};

static sdx_status infer(sdx_infer *in) {
    if (!sdx_infer_ranked(in, IN_DATA)) return NULL;
    const size_t rank = (size_t)in->in[IN_DATA].rank;
    const sdx_attr *const axes = sdx_node_attr(in->node, AXES);
    const bool all = axes->kind == SDX_ATTR_ABSENT;
    const size_t n_axes = all ? rank : axes->n;
    sdx_dim shape[SDX_MAX_RANK], dims[SDX_MAX_RANK];
    size_t n;
    const bool known = sdx_infer_ints(in, IN_SHAPE, shape, SDX_MAX_RANK, &n);
    if ((known || n > 0) && n != n_axes)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input 'shape' has %zu numbers, expected %zu, one an axis", n, n_axes);
    if (known) SDX_TRY(sdx_infer_want_sizes(in, IN_SHAPE, shape, n));
    if (!known && rank == 0) return sdx_infer_set_rank(in, 0, rank);
    for (size_t i = 0; i < rank; i++)
        dims[i] = in->in[IN_DATA].dims[i];
    for (size_t i = 0; i < n_axes; i++) {
        size_t axis = i;
        if (!all) SDX_TRY(sdx_infer_axis(in, IN_DATA, axes->ints[i], "attribute 'axes'", &axis));
        dims[axis] = known ? shape[i] : SDX_DIM_UNKNOWN;
    }
    return sdx_infer_set_shape(in, 0, rank, dims);
}

static sdx_status bind(sdx_bind *b) {
    b->scratch = sdx_padding_scratch(b->out[0]);
    return NULL;
}

/* ONNX: CenterCropPad-18: halves are rounded down, when cropping as well as when padding. */
static sdx_status run(const sdx_call *c) {
    const sdx_view *const in = c->in[IN_DATA], *const out = c->out[0];
    sdx_padding padding = {.mode = SDX_PAD_CONSTANT};
    for (size_t i = 0; i < out->rank; i++)
        padding.before[i] = (out->dims[i] - in->dims[i]) / 2;
    return sdx_padding_copy(c, &padding);
}

const sdx_op sdx_op_center_crop_pad = {
    .name = "CenterCropPad",
    .domain = "",
    .since = 18,
    .newest = 18,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .infer = infer,
    .bind = bind,
    .run = run,
};
