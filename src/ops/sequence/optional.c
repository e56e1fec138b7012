/* Optional, OptionalHasElement, OptionalGetElement. Since opset 18 a tensor or a sequence stands
 * for an optional that holds it. */
#include "ops/call.h"
#include "ops/infer.h"

enum { TYPE };

#define ELEMENT (SDX_T_ANY | SDX_T_SEQUENCE)

/* ---- Optional */

static const sdx_port optional_inputs[] = {
    {.name = "input", .var = "V", .types = ELEMENT, .flags = SDX_PORT_OPTIONAL}};
static const sdx_port optional_outputs[] = {
    {.name = "output", .var = "O", .types = SDX_T_OPTIONAL}};
static const sdx_attr_def optional_attrs[] = {[TYPE] = SDX_ATTR_OPT("type", SDX_ATTR_TYPE)};

static sdx_status optional_infer(sdx_infer *in) {
    char text[64];
    const sdx_type *element = sdx_infer_has(in, 0) ? in->in[0].type : NULL;
    if (!sdx_infer_has(in, 0)) {
        if (!sdx_node_has(in->node, TYPE))
            return sdx_fail(SDX_INVALID_MODEL, "attribute 'type' is absent, expected the type of "
                                               "the element since there is no input; add it");
        element = sdx_node_attr(in->node, TYPE)->type;
    }
    if (element == NULL || in->n_out == 0) return NULL;
    const bool list = element->kind == SDX_SEQUENCE && element->element->kind == SDX_TENSOR;
    if (element->kind != SDX_TENSOR && !list)
        return sdx_fail(SDX_TYPE_MISMATCH,
                        "found an element of %s, expected a tensor or a sequence of tensors",
                        sdx_type_text(element, text, sizeof text));
    in->out[0].type = list ? sdx_type_optional_sequence(sdx_type_leaf(element))
                           : sdx_type_optional(element->dtype);
    return NULL;
}

static sdx_status optional_run(const sdx_call *c) {
    sdx_value *item, *result;
    SDX_TRY(sdx_call_in_value(c, 0, &item));
    if (item != NULL) {
        SDX_TRY(sdx_value_optional(c->store, item->kind, sdx_value_leaf(item), item, &result));
    } else {
        const sdx_type *const type = sdx_node_attr(c->node, TYPE)->type;
        SDX_TRY(sdx_value_optional(c->store, type->kind, sdx_type_leaf(type), NULL, &result));
    }
    return sdx_call_set_value(c, 0, result);
}

const sdx_op sdx_op_optional = {
    .name = "Optional",
    .domain = "",
    .since = 15,
    .newest = 28,
    SDX_ROWS(inputs, optional_inputs),
    SDX_ROWS(outputs, optional_outputs),
    SDX_ROWS(attrs, optional_attrs),
    .flags = SDX_OP_VALUES | SDX_OP_DATA_SHAPE | SDX_OP_SUBBYTE,
    .infer = optional_infer,
    .run = optional_run,
};

/* ---- OptionalHasElement */

static const sdx_port has_inputs[] = {
    {.name = "input", .var = "O", .types = ELEMENT | SDX_T_OPTIONAL, .flags = SDX_PORT_OPTIONAL}};
static const sdx_port has_outputs[] = {{.name = "output", .var = "B", .types = SDX_T(BOOL)}};

static sdx_status has_infer(sdx_infer *in) { return sdx_infer_set_shape(in, 0, 0, NULL); }

static sdx_status has_run(const sdx_call *c) {
    bool has = sdx_call_in(c, 0) != NULL;
    if (!has) {
        sdx_value *value;
        SDX_TRY(sdx_call_in_value(c, 0, &value));
        has = value != NULL && (value->kind != SDX_OPTIONAL || value->n_items > 0);
    }
    sdx_view *out;
    SDX_TRY(sdx_call_output(c, 0, SDX_BOOL, 0, NULL, &out));
    *(uint8_t *)out->data = has;
    return NULL;
}

const sdx_op sdx_op_optional_has_element = {
    .name = "OptionalHasElement",
    .domain = "",
    .since = 15,
    .newest = 28,
    SDX_ROWS(inputs, has_inputs),
    SDX_ROWS(outputs, has_outputs),
    .flags = SDX_OP_VALUES | SDX_OP_DATA_SHAPE | SDX_OP_SUBBYTE,
    .infer = has_infer,
    .run = has_run,
};

/* ---- OptionalGetElement */

static const sdx_port get_inputs[] = {
    {.name = "input", .var = "O", .types = ELEMENT | SDX_T_OPTIONAL}};
static const sdx_port get_outputs[] = {{.name = "output", .var = "V", .types = ELEMENT}};

static sdx_status get_infer(sdx_infer *in) {
    const sdx_type *const type = in->in[0].type;
    if (type == NULL || in->n_out == 0) return NULL;
    if (type->kind != SDX_OPTIONAL) return sdx_infer_same(in, 0, 0);
    if (type->element != NULL) in->out[0].type = type->element;
    return NULL;
}

static sdx_status get_run(const sdx_call *c) {
    sdx_value *value;
    SDX_TRY(sdx_call_need_value(c, 0, &value));
    if (value->kind == SDX_OPTIONAL && value->n_items == 0)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "input 'input': found an empty optional, expected one with an element; ask "
                        "OptionalHasElement before");
    if (value->kind == SDX_OPTIONAL) value = value->items[0];
    return sdx_call_set_value(c, 0, sdx_value_retain(value));
}

const sdx_op sdx_op_optional_get_element = {
    .name = "OptionalGetElement",
    .domain = "",
    .since = 15,
    .newest = 28,
    SDX_ROWS(inputs, get_inputs),
    SDX_ROWS(outputs, get_outputs),
    .flags = SDX_OP_VALUES | SDX_OP_DATA_SHAPE | SDX_OP_SUBBYTE,
    .infer = get_infer,
    .run = get_run,
};
