/* Geometry of windows that slide over the spatial dims of [N, C, D1, D2, ...]: what Conv, pooling
 * and their kind have in common. The attributes are read and checked once, into numbers that cannot
 * overflow; sizes are found with symbols or with numbers; binding leaves plain sizes for loops.
 *
 * ONNX: Conv-22, MaxPool-22 auto_pad, pads, strides, dilations, ceil_mode. */
#ifndef SDX_OPS_CONV_WINDOW_H
#define SDX_OPS_CONV_WINDOW_H

#include "kernels/kernels.h"
#include "ops/call.h"
#include "ops/infer.h"

enum { SDX_WINDOW_MAX = SDX_MAX_RANK - 2 }; /* spatial dims */

/* The first attributes of every operator with a window, in this order. */
enum {
    SDX_WINDOW_AUTO_PAD,
    SDX_WINDOW_KERNEL_SHAPE,
    SDX_WINDOW_STRIDES,
    SDX_WINDOW_PADS,
    SDX_WINDOW_DILATIONS,
    SDX_WINDOW_ATTRS /* how many; the operator's own follow */
};
/* Their rows: static const sdx_attr_def attrs[] = {SDX_WINDOW_ROWS, [MORE] = ...}; */
#define SDX_WINDOW_ROWS                                                      \
    [SDX_WINDOW_AUTO_PAD] = SDX_ATTR_S("auto_pad", "NOTSET"),                \
    [SDX_WINDOW_KERNEL_SHAPE] = SDX_ATTR_OPT("kernel_shape", SDX_ATTR_INTS), \
    [SDX_WINDOW_STRIDES] = SDX_ATTR_OPT("strides", SDX_ATTR_INTS),           \
    [SDX_WINDOW_PADS] = SDX_ATTR_OPT("pads", SDX_ATTR_INTS),                 \
    [SDX_WINDOW_DILATIONS] = SDX_ATTR_OPT("dilations", SDX_ATTR_INTS)

typedef enum sdx_auto_pad {
    SDX_PAD_GIVEN,
    SDX_PAD_VALID,
    SDX_PAD_SAME_UPPER, /* the odd one goes behind */
    SDX_PAD_SAME_LOWER
} sdx_auto_pad;

/* The attributes. All numbers lie in [0, INT32_MAX]; strides, dilations and kernels in [1, ...]. */
typedef struct sdx_window_spec {
    size_t rank; /* spatial dims */
    sdx_auto_pad auto_pad;
    sdx_dim kernel[SDX_WINDOW_MAX]; /* SDX_DIM_UNKNOWN without kernel_shape */
    sdx_dim stride[SDX_WINDOW_MAX], dilation[SDX_WINDOW_MAX];
    sdx_dim before[SDX_WINDOW_MAX], after[SDX_WINDOW_MAX]; /* pads; 0 unless GIVEN */
    bool ceil; /* ONNX: MaxPool-10 ceil_mode: a last window that is cut off counts */
} sdx_window_spec;

/* Reads the attributes of a window over `rank` spatial dims. Errors name the attribute. */
sdx_status sdx_window_read(const sdx_node *node, size_t rank, sdx_window_spec *spec) SDX_NODISCARD;

/* Reads another list of `rank` numbers in [least, INT32_MAX]; `other` where it is absent. */
sdx_status sdx_window_list(const sdx_node *node, size_t attr, size_t rank, int64_t least,
                           sdx_dim other, sdx_dim *out) SDX_NODISCARD;

/* Takes the kernel from the dims of weights (rank of them), which must agree with kernel_shape. */
sdx_status sdx_window_take_kernel(sdx_window_spec *spec, const sdx_dim *dims) SDX_NODISCARD;

/* Output sizes of the spatial dims in[0 .. rank). Errors: a window that does not fit. */
sdx_status sdx_window_sizes(sdx_dims *dims, const sdx_window_spec *spec, const sdx_dim *in,
                            sdx_dim *out) SDX_NODISCARD;

/* A bound window: sizes for loops. */
typedef struct sdx_window_nd {
    size_t rank;
    size_t in[SDX_WINDOW_MAX], out[SDX_WINDOW_MAX];
    size_t kernel[SDX_WINDOW_MAX], stride[SDX_WINDOW_MAX], dilation[SDX_WINDOW_MAX];
    size_t before[SDX_WINDOW_MAX], after[SDX_WINDOW_MAX];
    size_t in_len, out_len, taps; /* products of in, out, kernel */
} sdx_window_nd;

/* Sizes from the spatial dims of views that inference has accepted; kernels are known. */
void sdx_window_bind(const sdx_window_spec *spec, const int64_t *in, const int64_t *out,
                     sdx_window_nd *window);

/* ONNX: Conv-22 auto_pad: cuts `total` in two; the odd one goes behind for SAME_UPPER. */
void sdx_window_halve(sdx_auto_pad auto_pad, size_t total, size_t *before, size_t *after);

/* The same for kernels, which know planes: false when it has more than two dims. */
bool sdx_window_plane(const sdx_window_nd *nd, sdx_window *plane);
/* Whether the kernels that slide over planes should be used: their scratch is in proportion to the
 * padded width, so absurd pads and dilations go another way. */
bool sdx_window_plane_fits(const sdx_window *plane);

/* Taps [first, last) of dim `d` that see inputs when the output stands at `at`. */
typedef struct sdx_taps {
    size_t first, last;
    ptrdiff_t start; /* the input that tap 0 sees; may be outside */
} sdx_taps;
sdx_taps sdx_window_taps(const sdx_window_nd *window, size_t d, size_t at);

#endif
