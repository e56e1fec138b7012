/* The type of a value in a graph: sdx_type of sardonyx/graph.h. Immutable, its parts borrowed;
 * compare with sdx_type_eq. */
#ifndef SDX_TENSOR_TYPE_H
#define SDX_TENSOR_TYPE_H

#include "sardonyx/graph.h"
#include "tensor/dtype.h"

/* The one type object of tensors of `dtype`. */
const sdx_type *sdx_type_tensor(sdx_dtype dtype);
/* The one type object of a sequence, or an optional, of tensors of `dtype`; optional of sequence by
 * the third. */
const sdx_type *sdx_type_sequence(sdx_dtype dtype);
const sdx_type *sdx_type_optional(sdx_dtype dtype);
const sdx_type *sdx_type_optional_sequence(sdx_dtype dtype);

bool sdx_type_eq(const sdx_type *a, const sdx_type *b);
sdx_types sdx_type_set(
    const sdx_type *type); /* the set with just this type: SDX_T(..), SDX_T_SEQUENCE, ... */
/* Element type of the tensors at the bottom; SDX_UNDEFINED where it is not known, as for NULL. */
sdx_dtype sdx_type_leaf(const sdx_type *type);
const char *sdx_type_text(const sdx_type *type, char *buf,
                          size_t size); /* "seq(tensor(float32))"; returns buf */

#endif
