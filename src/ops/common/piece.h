/* Parts of a tensor as values of their own. */
#ifndef SDX_OPS_COMMON_PIECE_H
#define SDX_OPS_COMMON_PIECE_H

#include "tensor/value.h"

/* Steps [begin, begin + size) of axis `axis` (they exist), copied. With `squeeze`, where size is 1,
 * the axis goes. */
sdx_status sdx_piece(sdx_store *store, const sdx_view *from, size_t axis, size_t begin, size_t size,
                     bool squeeze, sdx_value **out) SDX_NODISCARD;

#endif
