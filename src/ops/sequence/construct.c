/* SequenceConstruct, SequenceEmpty: where sequences begin. Items are shared, not copied. */
#include "ops/call.h"
#include "ops/infer.h"

enum { DTYPE };

static const sdx_port inputs[] = {
    {.name = "inputs", .var = "T", .types = SDX_T_ANY, .flags = SDX_PORT_VARIADIC}};
static const sdx_port outputs[] = {
    {.name = "output_sequence", .var = "S", .types = SDX_T_SEQUENCE}};
static const sdx_attr_def empty_attrs[] = {[DTYPE] = SDX_ATTR_I("dtype", SDX_FLOAT32)};

static sdx_status construct_infer(sdx_infer *in) {
    for (size_t i = 0; i < in->n_in; i++) {
        const sdx_dtype element = sdx_infer_dtype(in, i);
        if (element != SDX_UNDEFINED && in->n_out > 0) in->out[0].type = sdx_type_sequence(element);
    }
    return NULL;
}

static sdx_status construct_run(const sdx_call *c) {
    sdx_value **items, *result;
    SDX_TRY(sdx_call_scratch(c, c->n_in * sizeof *items, (void **)&items));
    for (size_t i = 0; i < c->n_in; i++) {
        SDX_TRY(sdx_call_need_value(c, i, &items[i]));
        if (items[i]->kind == SDX_TENSOR && items[i]->view.dtype == items[0]->view.dtype) continue;
        return sdx_fail(SDX_TYPE_MISMATCH,
                        "input %zu: found another type than input 0 has, expected tensors of one",
                        i);
    }
    SDX_TRY(
        sdx_value_sequence(c->store, SDX_TENSOR, items[0]->view.dtype, items, c->n_in, &result));
    return sdx_call_set_value(c, 0, result);
}

static sdx_status empty_infer(sdx_infer *in) {
    const int64_t dtype = sdx_node_int(in->node, DTYPE);
    if (!sdx_dtype_valid(dtype))
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'dtype': found %lld, expected 1 to 26",
                        (long long)dtype);
    if (in->n_out > 0) in->out[0].type = sdx_type_sequence((sdx_dtype)dtype);
    return NULL;
}

static sdx_status empty_run(const sdx_call *c) {
    const sdx_dtype dtype = (sdx_dtype)sdx_node_int(c->node, DTYPE);
    sdx_value *result;
    SDX_TRY(sdx_value_sequence(c->store, SDX_TENSOR, dtype, NULL, 0, &result));
    return sdx_call_set_value(c, 0, result);
}

const sdx_op sdx_op_sequence_construct = {
    .name = "SequenceConstruct",
    .domain = "",
    .since = 11,
    .newest = 11,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    .flags = SDX_OP_VALUES | SDX_OP_DATA_SHAPE | SDX_OP_SUBBYTE,
    .infer = construct_infer,
    .run = construct_run,
};

const sdx_op sdx_op_sequence_empty = {
    .name = "SequenceEmpty",
    .domain = "",
    .since = 11,
    .newest = 11,
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, empty_attrs),
    .flags = SDX_OP_VALUES | SDX_OP_DATA_SHAPE,
    .infer = empty_infer,
    .run = empty_run,
};
