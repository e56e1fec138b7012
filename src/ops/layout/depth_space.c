/* DepthToSpace, SpaceToDepth: blocks of pixels to channels and back; strided copies over six dims.
 */
#include "ops/common/strided.h"
#include "ops/infer.h"

enum { BLOCKSIZE, MODE };
enum { N, C, H, W, RANK };

static const sdx_port inputs[] = {{.name = "input", .var = "T", .types = SDX_T_ANY}};
static const sdx_port outputs[] = {{.name = "output", .var = "T", .types = SDX_T_ANY}};
static const sdx_attr_def to_space_attrs[] = {
    [BLOCKSIZE] = SDX_ATTR_REQ("blocksize", SDX_ATTR_INT),
    [MODE] = SDX_ATTR_S("mode", "DCR"),
};
static const sdx_attr_def to_depth_attrs[] = {
    [BLOCKSIZE] = SDX_ATTR_REQ("blocksize", SDX_ATTR_INT),
};

static sdx_status check_block(const sdx_infer *in, sdx_dim *block) {
    *block = sdx_dim_number(sdx_node_int(in->node, BLOCKSIZE));
    if (*block < 1)
        return sdx_fail(SDX_OUT_OF_RANGE, "attribute 'blocksize' is %lld, expected 1 or more",
                        (long long)*block);
    return sdx_infer_want_rank(in, 0, RANK);
}

/* dims[i] becomes the part of it, when that is whole. */
static sdx_status divide(const sdx_infer *in, sdx_dim *dims, size_t i, sdx_dim by) {
    const sdx_dim dim = dims[i];
    if (sdx_dim_is_number(dim) && dim % by != 0)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input 'input' has dimension %lld at axis %zu, expected a multiple of %lld",
                        (long long)dim, i, (long long)by);
    dims[i] = sdx_dim_div(in->dims, dim, by);
    return NULL;
}

/* ---- DepthToSpace */

static sdx_status infer_to_space(sdx_infer *in) {
    const sdx_str mode = sdx_node_str(in->node, MODE);
    sdx_dim block, dims[RANK];
    if (!sdx_str_is(mode, "DCR") && !sdx_str_is(mode, "CRD"))
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'mode' is '%.*s', expected DCR or CRD",
                        SDX_FMT(mode));
    SDX_TRY(check_block(in, &block));
    if (!sdx_infer_ranked(in, 0)) return NULL;
    for (size_t i = 0; i < RANK; i++)
        dims[i] = in->in[0].dims[i];
    SDX_TRY(divide(in, dims, C, sdx_dim_mul(NULL, block, block)));
    dims[H] = sdx_dim_mul(in->dims, dims[H], block);
    dims[W] = sdx_dim_mul(in->dims, dims[W], block);
    return sdx_infer_set_shape(in, 0, RANK, dims);
}

/* out[n, c, h * block + i, w * block + j]. ONNX: DepthToSpace-11 mode: channels are [i, j, c] with
 * DCR, [c, i, j] with CRD. */
static sdx_status bind_to_space(sdx_bind *b) {
    const int64_t *const in = b->in[0]->dims, *const out = b->out[0]->dims;
    const int64_t block = sdx_node_int(b->node, BLOCKSIZE), plane = in[H] * in[W];
    const bool depth_first = sdx_str_is(sdx_node_str(b->node, MODE), "DCR");
    if (b->out[0]->len == 0) return NULL;
    const int64_t j = depth_first ? out[C] * plane : plane;
    *(sdx_strided *)b->bound = (sdx_strided){
        .rank = 6,
        .dims = {in[N], out[C], in[H], block, in[W], block},
        .strides = {in[C] * plane, depth_first ? plane : block * block * plane, in[W], block * j, 1,
                    j},
    };
    sdx_strided_collapse(b->bound);
    return NULL;
}

/* ---- SpaceToDepth */

static sdx_status infer_to_depth(sdx_infer *in) {
    sdx_dim block, dims[RANK];
    SDX_TRY(check_block(in, &block));
    if (!sdx_infer_ranked(in, 0)) return NULL;
    for (size_t i = 0; i < RANK; i++)
        dims[i] = in->in[0].dims[i];
    SDX_TRY(divide(in, dims, H, block));
    SDX_TRY(divide(in, dims, W, block));
    dims[C] = sdx_dim_mul(in->dims, dims[C], sdx_dim_mul(NULL, block, block));
    return sdx_infer_set_shape(in, 0, RANK, dims);
}

/* out[n, [i, j, c], h, w] */
static sdx_status bind_to_depth(sdx_bind *b) {
    const int64_t *const in = b->in[0]->dims, *const out = b->out[0]->dims;
    const int64_t block = sdx_node_int(b->node, BLOCKSIZE), plane = in[H] * in[W];
    if (b->out[0]->len == 0) return NULL;
    *(sdx_strided *)b->bound = (sdx_strided){
        .rank = 6,
        .dims = {in[N], block, block, in[C], out[H], out[W]},
        .strides = {in[C] * plane, in[W], 1, plane, block * in[W], block},
    };
    sdx_strided_collapse(b->bound);
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const out = c->out[0];
    if (out->len == 0) return NULL;
    sdx_strided_copy(c, out->data, c->in[0]->data, sdx_dtype_size(out->dtype), c->bound);
    return NULL;
}

const sdx_op sdx_op_depth_to_space = {
    .name = "DepthToSpace",
    .domain = "",
    .since = 1,
    .newest = 13,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, to_space_attrs),
    .bound_size = sizeof(sdx_strided),
    .infer = infer_to_space,
    .bind = bind_to_space,
    .run = run,
};

const sdx_op sdx_op_space_to_depth = {
    .name = "SpaceToDepth",
    .domain = "",
    .since = 1,
    .newest = 13,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, to_depth_attrs),
    .bound_size = sizeof(sdx_strided),
    .infer = infer_to_depth,
    .bind = bind_to_depth,
    .run = run,
};
