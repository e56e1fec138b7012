/* Identity: tensors are aliased, sequences and optionals are shared. */
#include "ops/call.h"
#include "ops/infer.h"

#define TYPES (SDX_T_ANY | SDX_T_SEQUENCE | SDX_T_OPTIONAL)

static const sdx_port inputs[] = {{.name = "input", .var = "V", .types = TYPES}};
static const sdx_port outputs[] = {{.name = "output", .var = "V", .types = TYPES}};

static sdx_status infer(sdx_infer *in) {
    SDX_TRY(sdx_infer_same(in, 0, 0));
    return sdx_infer_same_ints(in, 0, 0);
}

static sdx_status run(const sdx_call *c) {
    sdx_value *value;
    SDX_TRY(sdx_call_need_value(c, 0, &value));
    return sdx_call_set_value(c, 0, sdx_value_retain(value));
}

const sdx_op sdx_op_identity = {
    .name = "Identity",
    .domain = "",
    .since = 1,
    .newest = 25,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    .flags = SDX_OP_ALIAS | SDX_OP_VALUES,
    .infer = infer,
    .run = run,
};
