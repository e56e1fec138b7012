/* SequenceAt, SequenceInsert, SequenceErase, SequenceLength: items of a sequence by position. A
 * changed sequence is a new list of the same items. */
#include <string.h>

#include "ops/sequence/list.h"

enum { IN_SEQUENCE, IN_TENSOR };
enum { AT_POSITION = 1, INSERT_POSITION = 2, ERASE_POSITION = 1 };

#define SEQUENCE_PORT \
    { .name = "input_sequence", .var = "S", .types = SDX_T_SEQUENCE }

static const sdx_port sequence_out[] = {
    {.name = "output_sequence", .var = "S", .types = SDX_T_SEQUENCE}};

/* ---- SequenceAt */

static const sdx_port at_inputs[] = {
    SEQUENCE_PORT,
    {.name = "position", .var = "I", .types = SDX_T_INDEX},
};
static const sdx_port at_outputs[] = {{.name = "tensor", .var = "T", .types = SDX_T_ANY}};

static sdx_status at_infer(sdx_infer *in) {
    const sdx_type *const element = sdx_list_element(in, IN_SEQUENCE);
    if (element != NULL && in->n_out > 0) in->out[0].type = element;
    return NULL;
}

static sdx_status at_run(const sdx_call *c) {
    const sdx_value *sequence;
    size_t position;
    SDX_TRY(sdx_list_in(c, IN_SEQUENCE, &sequence));
    const size_t n = sequence->n_items;
    SDX_TRY(sdx_list_position(c, AT_POSITION, n, (int64_t)n - 1, 0, &position));
    return sdx_call_set_value(c, 0, sdx_value_retain(sequence->items[position]));
}

const sdx_op sdx_op_sequence_at = {
    .name = "SequenceAt",
    .domain = "",
    .since = 11,
    .newest = 11,
    SDX_ROWS(inputs, at_inputs),
    SDX_ROWS(outputs, at_outputs),
    .flags = SDX_OP_VALUES | SDX_OP_DATA_SHAPE | SDX_OP_SUBBYTE,
    .infer = at_infer,
    .run = at_run,
};

/* ---- SequenceInsert */

static const sdx_port insert_inputs[] = {
    SEQUENCE_PORT,
    {.name = "tensor", .var = "T", .types = SDX_T_ANY},
    {.name = "position", .var = "I", .types = SDX_T_INDEX, .flags = SDX_PORT_OPTIONAL},
};

static sdx_status insert_infer(sdx_infer *in) {
    char found[64], expected[64];
    const sdx_type *const element = sdx_list_element(in, IN_SEQUENCE);
    const sdx_type *const type = in->in[IN_TENSOR].type;
    SDX_TRY(sdx_list_infer_same(in));
    if (element == NULL || type == NULL || sdx_type_leaf(element) == SDX_UNDEFINED ||
        sdx_type_eq(element, type))
        return NULL;
    return sdx_fail(SDX_TYPE_MISMATCH,
                    "input 'tensor': found %s, expected %s as 'input_sequence' has",
                    sdx_type_text(type, found, sizeof found),
                    sdx_type_text(element, expected, sizeof expected));
}

static sdx_status insert_run(const sdx_call *c) {
    const sdx_value *sequence;
    size_t position;
    SDX_TRY(sdx_list_in(c, IN_SEQUENCE, &sequence));
    const size_t n = sequence->n_items;
    SDX_TRY(sdx_list_position(c, INSERT_POSITION, n, (int64_t)n, n, &position));
    sdx_value *tensor, **items;
    SDX_TRY(sdx_call_need_value(c, IN_TENSOR, &tensor));
    const sdx_dtype element = sequence->element;
    if (tensor->kind != SDX_TENSOR || (element != SDX_UNDEFINED && tensor->view.dtype != element))
        return sdx_fail(SDX_TYPE_MISMATCH,
                        "input 'tensor': found %s, expected a tensor of %s as 'input_sequence' has",
                        sdx_dtype_name(sdx_value_leaf(tensor)), sdx_dtype_name(element));
    SDX_TRY(sdx_call_scratch(c, (n + 1) * sizeof *items, (void **)&items));
    if (n > 0) memcpy(items, sequence->items, position * sizeof *items);
    items[position] = tensor;
    if (n > 0)
        memcpy(items + position + 1, sequence->items + position, (n - position) * sizeof *items);
    return sdx_list_out(c, sequence, tensor->view.dtype, items, n + 1);
}

const sdx_op sdx_op_sequence_insert = {
    .name = "SequenceInsert",
    .domain = "",
    .since = 11,
    .newest = 11,
    SDX_ROWS(inputs, insert_inputs),
    SDX_ROWS(outputs, sequence_out),
    .flags = SDX_OP_VALUES | SDX_OP_DATA_SHAPE | SDX_OP_SUBBYTE,
    .infer = insert_infer,
    .run = insert_run,
};

/* ---- SequenceErase */

static const sdx_port erase_inputs[] = {
    SEQUENCE_PORT,
    {.name = "position", .var = "I", .types = SDX_T_INDEX, .flags = SDX_PORT_OPTIONAL},
};

static sdx_status erase_run(const sdx_call *c) {
    const sdx_value *sequence;
    size_t position;
    SDX_TRY(sdx_list_in(c, IN_SEQUENCE, &sequence));
    const size_t n = sequence->n_items;
    if (n == 0)
        return sdx_fail(SDX_OUT_OF_RANGE,
                        "input 'input_sequence': found no item, expected one to erase");
    SDX_TRY(sdx_list_position(c, ERASE_POSITION, n, (int64_t)n - 1, n - 1, &position));
    sdx_value **items;
    SDX_TRY(sdx_call_scratch(c, n * sizeof *items, (void **)&items));
    memcpy(items, sequence->items, position * sizeof *items);
    memcpy(items + position, sequence->items + position + 1, (n - 1 - position) * sizeof *items);
    return sdx_list_out(c, sequence, SDX_UNDEFINED, items, n - 1);
}

const sdx_op sdx_op_sequence_erase = {
    .name = "SequenceErase",
    .domain = "",
    .since = 11,
    .newest = 11,
    SDX_ROWS(inputs, erase_inputs),
    SDX_ROWS(outputs, sequence_out),
    .flags = SDX_OP_VALUES | SDX_OP_DATA_SHAPE,
    .infer = sdx_list_infer_same,
    .run = erase_run,
};

/* ---- SequenceLength */

static const sdx_port length_inputs[] = {SEQUENCE_PORT};
static const sdx_port length_outputs[] = {{.name = "length", .var = "I", .types = SDX_T(INT64)}};

static sdx_status length_infer(sdx_infer *in) { return sdx_infer_set_shape(in, 0, 0, NULL); }

static sdx_status length_run(const sdx_call *c) {
    const sdx_value *sequence;
    sdx_view *out;
    SDX_TRY(sdx_list_in(c, IN_SEQUENCE, &sequence));
    SDX_TRY(sdx_call_output(c, 0, SDX_INT64, 0, NULL, &out));
    *(int64_t *)out->data = (int64_t)sequence->n_items;
    return NULL;
}

const sdx_op sdx_op_sequence_length = {
    .name = "SequenceLength",
    .domain = "",
    .since = 11,
    .newest = 11,
    SDX_ROWS(inputs, length_inputs),
    SDX_ROWS(outputs, length_outputs),
    .flags = SDX_OP_VALUES | SDX_OP_DATA_SHAPE,
    .infer = length_infer,
    .run = length_run,
};
