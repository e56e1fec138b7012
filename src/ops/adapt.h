/* The forms in which an operator wants its tensors: sub-byte types unpacked, small floats widened
 * (flags of its row). Used by whoever calls operators. */
#ifndef SDX_OPS_ADAPT_H
#define SDX_OPS_ADAPT_H

#include "ops/op.h"

/* Whether `op` gets another form than a tensor of `dtype` has in memory; the view that it gets
 * (data NULL) and the bytes that form takes. */
bool sdx_adapt_needed(const sdx_op *op, sdx_dtype dtype);
void sdx_adapt_view(const sdx_op *op, const sdx_view *stored, sdx_view *given);
/* Fills given->data (set by the caller, sdx_view_bytes(given) bytes) from the stored elements; and
 * the way back after run. */
void sdx_adapt_in(const sdx_view *stored, const sdx_view *given);
void sdx_adapt_out(const sdx_view *given, const sdx_view *stored);

#endif
