/* How a convolution in floats is computed. Binding chooses a method and cuts the work into units of
 * image, group, strip of outputs and rows of output channels; an element does not depend on the
 * cuts.
 *
 * float32 weights that are constant are packed once, from any float type, as the left operand of a
 * product. */
#ifndef SDX_OPS_CONV_METHOD_H
#define SDX_OPS_CONV_METHOD_H

#include "ops/conv/shape.h"

typedef enum sdx_conv_method {
    SDX_CONV_DEPTHWISE, /* one input channel a group: plane by plane */
    SDX_CONV_PANELS,    /* product with im2col panels, strip by strip */
    SDX_CONV_POINTWISE, /* product with the input itself: window 1, stride 1, no padding */
    SDX_CONV_COLUMNS,   /* product with plain columns: more than two spatial dims */
    SDX_CONV_FLOAT64    /* the same in float64 */
} sdx_conv_method;

typedef struct sdx_conv {
    const sdx_kernel_table *kernels;
    sdx_conv_sizes sizes;
    sdx_window plane; /* of the first three methods */
    sdx_conv_method method;
    bool packed;            /* the weights are a pack */
    sdx_unary_f32_fn *post; /* float32: applied to the finished elements, or NULL */
    float p0, p1;
    size_t strip, strips;           /* outputs in a strip; strips in a plane */
    size_t rows, row_parts;         /* output channels of a group in a part */
    size_t columns_size, lane_size; /* bytes of scratch of a lane: columns; all */
} sdx_conv;

/* A pack of constant weights (input `input`, `groups` groups); *out stays NULL where they are read
 * as they are. */
sdx_status sdx_conv_prepare(sdx_prepare *p, size_t input, int64_t groups, sdx_pack **out)
    SDX_NODISCARD;

/* Chooses for conv->sizes and, where there is one, conv->post; asks for scratch. */
sdx_status sdx_conv_choose(sdx_conv *conv, sdx_bind *b, sdx_dtype dtype, bool packed) SDX_NODISCARD;

/* Elements of the type that was bound; below `bias` float32 alone:
 * y = post(scale * (conv + bias) + shift + residual). */
typedef struct sdx_conv_data {
    void *y;
    const void *x, *w;          /* w: the weights or their pack */
    const void *bias;           /* of each output channel; NULL: 0 */
    const float *scale, *shift; /* of each output channel: both or none */
    const float *residual;      /* of y's shape; NULL: 0 */
} sdx_conv_data;

void sdx_conv_run(const sdx_conv *conv, const sdx_call *c, const sdx_conv_data *data);

#endif
