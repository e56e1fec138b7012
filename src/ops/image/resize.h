/* Resize and Upsample: what both read from a node, and how it runs. */
#ifndef SDX_OPS_IMAGE_RESIZE_H
#define SDX_OPS_IMAGE_RESIZE_H

#include "ops/call.h"
#include "ops/image/axis.h"

/* What a node asks for, once its inputs are known. */
typedef struct sdx_resize_request {
    sdx_resize_rules rules;
    size_t n; /* axes that are asked for */
    size_t axes[SDX_MAX_RANK];
    const sdx_view *scales, *roi; /* NULL: not given */
    bool has_sizes;
    sdx_dim sizes[SDX_MAX_RANK];
    int aspect; /* ONNX: Resize-18 keep_aspect_ratio_policy: 0 stretch, -1 not_larger, 1 not_smaller
                 */
    double extrapolation;
} sdx_resize_request;

/* The scale that a policy of aspect asks for, from sizes that are numbers. */
double sdx_resize_aspect(const sdx_resize_request *r, const int64_t *in);

/* Bytes of scratch that resizing takes. */
sdx_status sdx_resize_scratch(const sdx_resize_request *r, const sdx_view *in, const sdx_view *out,
                              size_t *size) SDX_NODISCARD;

/* Resizes `in` into `out`, whose shape has been found; `bound` bytes of the call's scratch are at
 * hand. */
sdx_status sdx_resize_run(const sdx_call *c, const sdx_resize_request *r, size_t bound,
                          const sdx_view *in, sdx_view *out) SDX_NODISCARD;

#endif
