/* See list.h. */
#include "ops/sequence/list.h"

const sdx_type *sdx_list_element(const sdx_infer *in, size_t i) {
    const sdx_type *const type = sdx_infer_has(in, i) ? in->in[i].type : NULL;
    return type != NULL && type->kind == SDX_SEQUENCE ? type->element : NULL;
}

sdx_status sdx_list_infer_same(sdx_infer *in) {
    if (in->n_out > 0 && in->in[0].type != NULL) in->out[0].type = in->in[0].type;
    return NULL;
}

sdx_status sdx_list_in(const sdx_call *c, size_t i, const sdx_value **out) {
    char text[160];
    const sdx_view *const view = sdx_call_in(c, i);
    sdx_value *value = NULL;
    if (view == NULL) SDX_TRY(sdx_call_in_value(c, i, &value));
    *out = value;
    if (value != NULL && value->kind == SDX_SEQUENCE) return NULL;
    return sdx_fail(SDX_TYPE_MISMATCH, "input '%s': found %s, expected a sequence",
                    sdx_op_input_port(c->node->op, i)->name,
                    view != NULL ? sdx_view_text(view, text, sizeof text) : "another kind");
}

sdx_status sdx_list_position(const sdx_call *c, size_t i, size_t n, int64_t high, size_t otherwise,
                             size_t *out) {
    char text[160];
    const sdx_view *const view = sdx_call_in(c, i);
    *out = otherwise;
    if (view == NULL) return NULL;
    if (view->len != 1)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s': found %s, expected one integer",
                        sdx_op_input_port(c->node->op, i)->name,
                        sdx_view_text(view, text, sizeof text));
    const int64_t position = sdx_view_int(view, 0), len = (int64_t)n;
    if (position < -len || position > high) return sdx_fail_index(c, i, 0, position, -len, high);
    *out = (size_t)(position < 0 ? position + len : position);
    return NULL;
}

sdx_status sdx_list_out(const sdx_call *c, const sdx_value *like, sdx_dtype element,
                        sdx_value *const *items, size_t n) {
    sdx_value *result;
    if (like->element != SDX_UNDEFINED) element = like->element;
    SDX_TRY(sdx_value_sequence(c->store, like->element_kind, element, items, n, &result));
    return sdx_call_set_value(c, 0, result);
}
