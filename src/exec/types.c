/* Types during a run. The loader checks what it knows; what only turns up later (the elements of a
 * sequence, the results of a subgraph, what callers give) is checked where it turns up, since
 * operators trust the types of their rows. */
#include <stdio.h>

#include "exec/context.h"
#include "exec/frame.h"

/* Whether a value is of this type. What holds other values is as deep as its type, which the file's
 * nesting limit bounds; an empty list need not know what it would hold. */
static bool is_of_type(const sdx_type *type, const sdx_value *value) {
    if (type == NULL) return true;
    /* ONNX: OptionalGetElement-18 a tensor or sequence stands for an optional that holds it */
    if (type->kind == SDX_OPTIONAL && value->kind != SDX_OPTIONAL)
        return is_of_type(type->element, value);
    if (type->kind != value->kind) return false;
    if (type->kind == SDX_TENSOR)
        return type->dtype == value->view.dtype || type->dtype == SDX_UNDEFINED;
    if (type->kind == SDX_MAP)
        return value->items[0]->view.dtype == type->dtype &&
               is_of_type(type->element, value->items[1]);
    for (size_t i = 0; i < value->n_items; i++) {
        if (!is_of_type(type->element, value->items[i])) return false;
    }
    return value->n_items > 0 || value->element == SDX_UNDEFINED || type->element == NULL ||
           sdx_type_leaf(type->element) == SDX_UNDEFINED ||
           value->element == sdx_type_leaf(type->element);
}

sdx_status sdx_value_fits(const sdx_value *value, const sdx_type *type) {
    char expected[160], found[160];
    if (is_of_type(type, value)) return NULL;
    static const char *const kinds[] = {"nothing", "a tensor", "a sequence of", "a map to",
                                        "an optional of"};
    if (value->kind == SDX_TENSOR)
        sdx_view_text(&value->view, found, sizeof found);
    else
        snprintf(found, sizeof found, "%s %s", kinds[value->kind],
                 sdx_dtype_name(sdx_value_leaf(value)));
    return sdx_fail(SDX_TYPE_MISMATCH, "found %s, expected %s", found,
                    sdx_type_text(type, expected, sizeof expected));
}

static const sdx_type *type_of(const sdx_cell *cell) {
    static const sdx_type map = {.kind = SDX_MAP};
    if (cell->view.dtype != SDX_UNDEFINED) return sdx_type_tensor(cell->view.dtype);
    if (cell->owner == NULL) return NULL;
    const sdx_dtype leaf = sdx_value_leaf(cell->owner);
    if (cell->owner->kind == SDX_SEQUENCE) return sdx_type_sequence(leaf);
    return cell->owner->kind == SDX_OPTIONAL ? sdx_type_optional(leaf) : &map;
}

sdx_status sdx_step_check_types(sdx_frame *frame, const sdx_step *step) {
    if (SDX_LIKELY(!step->untyped)) return NULL;
    const sdx_type **const in = frame->types, **const out = in + step->n_in;
    for (uint32_t i = 0; i < step->n_in; i++) {
        in[i] = step->in[i] == SDX_NONE ? NULL : type_of(&frame->cells[step->in[i]]);
    }
    for (uint32_t k = 0; k < step->n_out; k++) {
        out[k] = NULL;
    }
    return sdx_op_types(step->op, in, step->n_in, out, step->n_out);
}
