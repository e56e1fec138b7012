/* ConcatFromSequence: the tensors of a sequence as one. */
#include "ops/common/join.h"
#include "ops/sequence/list.h"

enum { AXIS, NEW_AXIS };

static const sdx_port inputs[] = {{.name = "input_sequence", .var = "S", .types = SDX_T_SEQUENCE}};
static const sdx_port outputs[] = {{.name = "concat_result", .var = "T", .types = SDX_T_ANY}};
static const sdx_attr_def attrs[] = {
    [AXIS] = SDX_ATTR_REQ("axis", SDX_ATTR_INT), [NEW_AXIS] = SDX_ATTR_I("new_axis", 0)};

static sdx_status infer(sdx_infer *in) {
    const sdx_type *const element = sdx_list_element(in, 0);
    if (element != NULL && in->n_out > 0) in->out[0].type = element;
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    const bool stacked = sdx_node_int(c->node, NEW_AXIS) != 0;
    const sdx_value *sequence;
    sdx_value *result;
    size_t axis;
    SDX_TRY(sdx_list_in(c, 0, &sequence));
    if (sequence->n_items == 0)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input 'input_sequence': found no item, expected one at least; the shape "
                        "of an empty sequence's items is not known");
    const size_t rank = sequence->items[0]->view.rank; /* 0 for what is no tensor */
    SDX_TRY(sdx_axis(sdx_node_int(c->node, AXIS), stacked ? rank + 1 : rank, "attribute 'axis'",
                     &axis));
    if (stacked)
        SDX_TRY(
            sdx_values_stack(c->store, sequence->items, sequence->n_items, axis, false, &result));
    else
        SDX_TRY(sdx_values_join(c->store, sequence->items, sequence->n_items, axis, &result));
    return sdx_call_set_value(c, 0, result);
}

const sdx_op sdx_op_concat_from_sequence = {
    .name = "ConcatFromSequence",
    .domain = "",
    .since = 11,
    .newest = 11,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_VALUES | SDX_OP_DATA_SHAPE,
    .infer = infer,
    .run = run,
};
