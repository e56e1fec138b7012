/* Shapes of convolutions, shared by all operators that are one. */
#ifndef SDX_OPS_CONV_SHAPE_H
#define SDX_OPS_CONV_SHAPE_H

#include "ops/conv/window.h"

/* Which inputs and which attribute an operator has them at. */
typedef struct sdx_conv_ports {
    size_t x, w, bias; /* bias may be beyond the inputs: none */
    size_t group;      /* attribute */
} sdx_conv_ports;

/* ONNX: Conv-22: output 0 is [N, M, sizes of the window] for x [N, C, D1, ...] and w [M, C / group,
 * K1, ...]. */
sdx_status sdx_conv_infer(sdx_infer *in, const sdx_conv_ports *ports) SDX_NODISCARD;

/* What binding a convolution finds. */
typedef struct sdx_conv_sizes {
    sdx_window_nd window;
    size_t images, groups;
    size_t in_channels, out_channels; /* of one group */
    size_t depth;                     /* products an output adds up: in_channels * taps */
} sdx_conv_sizes;
sdx_status sdx_conv_bind(const sdx_node *node, const sdx_conv_ports *ports, const sdx_view *x,
                         const sdx_view *w, const sdx_view *y, sdx_conv_sizes *out) SDX_NODISCARD;

#endif
