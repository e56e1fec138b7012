/* What Pad and CenterCropPad share: a tensor with elements added or removed at both ends of its
 * axes. Negative numbers remove: that happens first, then the rest is padded. */
#ifndef SDX_OPS_LAYOUT_PADDING_H
#define SDX_OPS_LAYOUT_PADDING_H

#include "ops/call.h"

typedef enum sdx_pad_mode {
    SDX_PAD_CONSTANT,
    SDX_PAD_EDGE,
    SDX_PAD_REFLECT, /* the end itself is not repeated */
    SDX_PAD_WRAP
} sdx_pad_mode;

typedef struct sdx_padding {
    sdx_pad_mode mode;
    const void *element;          /* of SDX_PAD_CONSTANT; NULL: zero, false, the empty string */
    int64_t before[SDX_MAX_RANK]; /* of each axis; within +-SDX_DIM_MAX */
} sdx_padding;

/* Bytes of scratch for the copy: a table of source indices for each axis. */
size_t sdx_padding_scratch(const sdx_view *out);

/* Output 0 from input 0; what is added behind each axis follows from the two shapes. Uses
 * c->scratch. */
sdx_status sdx_padding_copy(const sdx_call *c, const sdx_padding *padding) SDX_NODISCARD;

#endif
