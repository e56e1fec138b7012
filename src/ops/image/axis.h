/* One axis of a resize: which inputs an output is made of.
 *
 * ONNX: Resize-19: every mode maps the place of an output to a coordinate among the inputs; nearest
 * rounds it, linear and cubic weigh the inputs around it. */
#ifndef SDX_OPS_IMAGE_AXIS_H
#define SDX_OPS_IMAGE_AXIS_H

#include "ops/op.h"

typedef enum sdx_resize_mode {
    SDX_RESIZE_NEAREST,
    SDX_RESIZE_LINEAR,
    SDX_RESIZE_CUBIC
} sdx_resize_mode;

typedef enum sdx_resize_coordinates {
    SDX_RESIZE_HALF_PIXEL,
    SDX_RESIZE_HALF_PIXEL_SYMMETRIC,
    SDX_RESIZE_PYTORCH_HALF_PIXEL,
    SDX_RESIZE_ALIGN_CORNERS,
    SDX_RESIZE_ASYMMETRIC,
    SDX_RESIZE_TF_HALF_PIXEL_FOR_NN,
    SDX_RESIZE_TF_CROP
} sdx_resize_coordinates;

typedef enum sdx_resize_rounding {
    SDX_RESIZE_PREFER_FLOOR, /* halves down */
    SDX_RESIZE_PREFER_CEIL,  /* halves up */
    SDX_RESIZE_FLOOR,
    SDX_RESIZE_CEIL,
    SDX_RESIZE_OUTWARD /* Resize-10 and Upsample: down, but up when the axis shrinks */
} sdx_resize_rounding;

/* What all axes share. */
typedef struct sdx_resize_rules {
    sdx_resize_mode mode;
    sdx_resize_coordinates coordinates;
    sdx_resize_rounding rounding;
    bool antialias, exclude_outside;
    double cubic_a;
} sdx_resize_rules;

typedef struct sdx_resize_axis {
    size_t in, out;
    double scale;      /* as given, or out / in */
    double start, end; /* region of interest, in units of the axis; [0, 1] is all of it */
} sdx_resize_axis;

/* Whether the axis stays as it is. */
bool sdx_resize_keeps(const sdx_resize_rules *rules, const sdx_resize_axis *axis);

/* The coordinate of output `at`; false when it lies outside a cropped region and takes the
 * extrapolation value. */
bool sdx_resize_place(const sdx_resize_rules *rules, const sdx_resize_axis *axis, size_t at,
                      double *x);

/* The input that is nearest to x, within the axis. */
size_t sdx_resize_nearest(const sdx_resize_rules *rules, const sdx_resize_axis *axis, double x);

/* How many inputs weigh in, at most; and for x their weights, the inputs being clamped to the axis:
 * n numbers each. */
size_t sdx_resize_taps(const sdx_resize_rules *rules, const sdx_resize_axis *axis);
void sdx_resize_weigh(const sdx_resize_rules *rules, const sdx_resize_axis *axis, double x,
                      size_t n, size_t *inputs, double *weights);

#endif
