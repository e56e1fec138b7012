/* Size: the number of elements of its input, as an int64 scalar. */
#include "ops/call.h"
#include "ops/infer.h"

static const sdx_port inputs[] = {{.name = "data", .var = "T", .types = SDX_T_ANY}};
static const sdx_port outputs[] = {{.name = "size", .var = "T1", .types = SDX_T(INT64)}};

static sdx_status infer(sdx_infer *in) {
    SDX_TRY(sdx_infer_set_shape(in, 0, 0, NULL));
    if (!sdx_infer_ranked(in, 0)) return NULL;
    sdx_dim size = 1;
    for (int i = 0; i < in->in[0].rank; i++)
        size = sdx_dim_mul(in->dims, size, in->in[0].dims[i]);
    return sdx_infer_set_ints(in, 0, &size, 1);
}

static sdx_status run(const sdx_call *c) {
    *(int64_t *)c->out[0]->data = (int64_t)c->in[0]->len;
    return NULL;
}

const sdx_op sdx_op_size = {
    .name = "Size",
    .domain = "",
    .since = 1,
    .newest = 25,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    .flags = SDX_OP_SUBBYTE, /* of the input only its shape is looked at */
    .infer = infer,
    .run = run,
};
