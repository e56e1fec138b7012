/* Constant: one of eight attributes, as a tensor. */
#include <string.h>

#include "ops/call.h"
#include "ops/infer.h"

static const sdx_port outputs[] = {{.name = "output", .var = "T", .types = SDX_T_ANY}};
static const sdx_attr_def attrs[] = {
    SDX_ATTR_OPT("value", SDX_ATTR_TENSOR),        SDX_ATTR_OPT("sparse_value", SDX_ATTR_TENSOR),
    SDX_ATTR_OPT("value_float", SDX_ATTR_FLOAT),   SDX_ATTR_OPT("value_floats", SDX_ATTR_FLOATS),
    SDX_ATTR_OPT("value_int", SDX_ATTR_INT),       SDX_ATTR_OPT("value_ints", SDX_ATTR_INTS),
    SDX_ATTR_OPT("value_string", SDX_ATTR_STRING), SDX_ATTR_OPT("value_strings", SDX_ATTR_STRINGS),
};
enum { N_FORMS = sizeof attrs / sizeof *attrs };

/* The elements of an attribute as a view into the node. */
static sdx_status view_of(const sdx_attr *attr, sdx_view *view) {
    static const sdx_dtype dtypes[] = {
        [SDX_ATTR_FLOAT] = SDX_FLOAT32, [SDX_ATTR_FLOATS] = SDX_FLOAT32,
        [SDX_ATTR_INT] = SDX_INT64,     [SDX_ATTR_INTS] = SDX_INT64,
        [SDX_ATTR_STRING] = SDX_STRING, [SDX_ATTR_STRINGS] = SDX_STRING,
    };
    if (attr->kind == SDX_ATTR_TENSOR) {
        *view = *attr->tensor;
        return NULL;
    }
    const bool list = attr->kind >= SDX_ATTR_FLOATS;
    const int64_t n = (int64_t)attr->n;
    SDX_TRY(sdx_view_init(view, dtypes[attr->kind], list, &n));
    view->data = list ? (void *)(uintptr_t)attr->ints : (void *)(uintptr_t)&attr->i;
    return NULL;
}

static sdx_status form_of(const sdx_node *node, sdx_view *view) {
    const sdx_attr *found = NULL;
    for (size_t i = 0; i < N_FORMS; i++) {
        if (!sdx_node_has(node, i)) continue;
        if (found)
            return sdx_fail(SDX_INVALID_MODEL, "two values are given, expected one; remove '%s'",
                            attrs[i].name);
        found = sdx_node_attr(node, i);
    }
    if (found) return view_of(found, view);
    return sdx_fail(SDX_INVALID_MODEL, "no value is given, expected attribute 'value' or one of "
                                       "'value_float', 'value_ints', ...; add it");
}

static sdx_status infer(sdx_infer *in) {
    sdx_view view;
    SDX_TRY(form_of(in->node, &view));
    sdx_infer_set_dtype(in, 0, view.dtype);
    SDX_TRY(sdx_infer_set_shape(in, 0, view.rank, view.dims));
    sdx_dim ints[SDX_MAX_RANK];
    const bool small = view.dtype == SDX_INT64 && view.rank < 2 && view.len <= SDX_MAX_RANK;
    if (!small || !view.data) return NULL;
    for (size_t i = 0; i < view.len; i++)
        ints[i] = sdx_dim_number(sdx_view_int(&view, i));
    return sdx_infer_set_ints(in, 0, ints, view.len);
}

static sdx_status run(const sdx_call *c) {
    sdx_view view;
    SDX_TRY(form_of(c->node, &view));
    const size_t size = sdx_view_bytes(&view);
    if (size > 0) memcpy(c->out[0]->data, view.data, size);
    return NULL;
}

const sdx_op sdx_op_constant = {
    .name = "Constant",
    .domain = "",
    .since = 1,
    .newest = 25,
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_SUBBYTE, /* elements are copied as they are */
    .infer = infer,
    .run = run,
};
