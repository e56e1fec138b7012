/* AlignAxis(B, A; axis): B with ones behind its shape, so that NumPy's broadcasting lines it up
 * with the dims of A from `axis` on. It carries the broadcasting of opsets 1 to 6. */
#include "ops/infer.h"

enum { AXIS };

static const sdx_port inputs[] = {
    {.name = "B", .var = "T", .types = SDX_T_ANY},
    {.name = "A", .var = "T1", .types = SDX_T_ANY},
};
static const sdx_port outputs[] = {{.name = "C", .var = "T", .types = SDX_T_ANY}};
static const sdx_attr_def attrs[] = {[AXIS] = SDX_ATTR_REQ("axis", SDX_ATTR_INT)};

static sdx_status infer(sdx_infer *in) {
    if (!sdx_infer_ranked(in, 0) || !sdx_infer_ranked(in, 1)) return NULL;
    const int rank = in->in[0].rank, other = in->in[1].rank;
    const int64_t given = sdx_node_int(in->node, AXIS);
    const int64_t axis = given < 0 && given >= -other ? given + other : given;
    if (axis < 0 || axis > other - rank)
        return sdx_fail(SDX_OUT_OF_RANGE,
                        "attribute 'axis' is %lld, expected 0 to %d: input 'B' of rank %d must lie "
                        "within input 'A' of rank %d",
                        (long long)given, other - rank, rank, other);
    sdx_dim dims[SDX_MAX_RANK];
    const int aligned = other - (int)axis;
    for (int i = 0; i < aligned; i++)
        dims[i] = i < rank ? in->in[0].dims[i] : 1;
    return sdx_infer_set_shape(in, 0, (size_t)aligned, dims);
}

const sdx_op sdx_op_align_axis = {
    .name = "AlignAxis",
    .domain = "sardonyx",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_ALIAS | SDX_OP_INTERNAL | SDX_OP_WRITTEN,
    .infer = infer,
};
