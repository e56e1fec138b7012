/* Flatten: a matrix of the dims before `axis` by those from it on. */
#include "ops/infer.h"

enum { AXIS };

static const sdx_port inputs[] = {{.name = "input", .var = "T", .types = SDX_T_ANY}};
static const sdx_port outputs[] = {{.name = "output", .var = "T", .types = SDX_T_ANY}};
static const sdx_attr_def attrs[] = {[AXIS] = SDX_ATTR_I("axis", 1)};

static sdx_status infer(sdx_infer *in) {
    if (!sdx_infer_ranked(in, 0)) return sdx_infer_set_rank(in, 0, 2);
    const int rank = in->in[0].rank;
    const int64_t given = sdx_node_int(in->node, AXIS);
    if (given < -rank || given > rank) /* ONNX: Flatten-11 axis, which may equal the rank */
        return sdx_fail(SDX_OUT_OF_RANGE, "attribute 'axis' is %lld, expected %d to %d",
                        (long long)given, -rank, rank);
    const int64_t axis = given < 0 ? given + rank : given;
    sdx_dim dims[2] = {1, 1};
    for (int i = 0; i < rank; i++)
        dims[i >= axis] = sdx_dim_mul(in->dims, dims[i >= axis], in->in[0].dims[i]);
    return sdx_infer_set_shape(in, 0, 2, dims);
}

const sdx_op sdx_op_flatten = {
    .name = "Flatten",
    .domain = "",
    .since = 1,
    .newest = 25,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_ALIAS,
    .infer = infer,
};
