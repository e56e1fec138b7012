/* Class labels: a list of integers in one attribute, or of strings in another. */
#ifndef SDX_OPS_ML_LABELS_H
#define SDX_OPS_ML_LABELS_H

#include "ops/call.h"
#include "ops/infer.h"

/* The list that a node has: exactly one of two attributes. */
sdx_status sdx_labels_of(const sdx_node *node, size_t ints, size_t strings, const sdx_attr **out)
    SDX_NODISCARD;
static inline sdx_dtype sdx_labels_dtype(const sdx_attr *labels) {
    return labels->kind == SDX_ATTR_INTS ? SDX_INT64 : SDX_STRING;
}
/* Label k as the key of a map: its text, or the bytes of its number. */
sdx_str sdx_labels_key(const sdx_attr *labels, size_t k);
/* Element i of a label tensor is that of class k. */
void sdx_labels_put(const sdx_attr *labels, size_t k, sdx_view *out, size_t i);

#endif
