/* See labels.h. */
#include "ops/ml/labels.h"

sdx_status sdx_labels_of(const sdx_node *node, size_t ints, size_t strings, const sdx_attr **out) {
    const bool has_ints = sdx_node_has(node, ints) && sdx_node_attr(node, ints)->n > 0;
    const bool has_strings = sdx_node_has(node, strings) && sdx_node_attr(node, strings)->n > 0;
    *out = sdx_node_attr(node, has_ints ? ints : strings);
    if (has_ints != has_strings) return NULL;
    return sdx_fail(SDX_INVALID_MODEL, "attributes '%s' and '%s': found %s, expected just one",
                    node->op->attrs[ints].name, node->op->attrs[strings].name,
                    has_ints ? "both" : "none");
}

sdx_str sdx_labels_key(const sdx_attr *labels, size_t k) {
    if (labels->kind == SDX_ATTR_STRINGS) return labels->strings[k];
    return (sdx_str){(const char *)(labels->ints + k), sizeof *labels->ints};
}

void sdx_labels_put(const sdx_attr *labels, size_t k, sdx_view *out, size_t i) {
    if (labels->kind == SDX_ATTR_INTS)
        ((int64_t *)out->data)[i] = labels->ints[k];
    else
        ((sdx_str *)out->data)[i] = labels->strings[k];
}
