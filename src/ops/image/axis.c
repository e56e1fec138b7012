/* Coordinates, rounding and weights along one axis. */
#include "ops/image/axis.h"

#include <math.h>

bool sdx_resize_keeps(const sdx_resize_rules *rules, const sdx_resize_axis *axis) {
    const bool whole =
        rules->coordinates != SDX_RESIZE_TF_CROP || (axis->start == 0 && axis->end == 1);
    return axis->in == axis->out && axis->scale == 1.0 && whole;
}

/* ---- coordinates; `width` is the size that the scale asks for, before it became a whole number */

static double half_pixel(const sdx_resize_axis *a, double at, double width) {
    (void)width;
    return (at + 0.5) / a->scale - 0.5;
}

static double half_pixel_symmetric(const sdx_resize_axis *a, double at, double width) {
    const double center = (double)a->in / 2;
    return center * (1 - (double)a->out / width) + half_pixel(a, at, width);
}

static double pytorch_half_pixel(const sdx_resize_axis *a, double at, double width) {
    return a->out > 1 ? half_pixel(a, at, width) : 0;
}

static double align_corners(const sdx_resize_axis *a, double at, double width) {
    return width == 1 ? 0 : at * ((double)a->in - 1) / (width - 1);
}

static double asymmetric(const sdx_resize_axis *a, double at, double width) {
    (void)width;
    return at / a->scale;
}

static double tf_half_pixel_for_nn(const sdx_resize_axis *a, double at, double width) {
    (void)width;
    return (at + 0.5) / a->scale;
}

static double tf_crop(const sdx_resize_axis *a, double at, double width) {
    const double last = (double)a->in - 1;
    if (width == 1) return 0.5 * (a->start + a->end) * last;
    return a->start * last + at * (a->end - a->start) * last / (width - 1);
}

static double (*const places[])(const sdx_resize_axis *a, double at, double width) = {
    [SDX_RESIZE_HALF_PIXEL] = half_pixel,
    [SDX_RESIZE_HALF_PIXEL_SYMMETRIC] = half_pixel_symmetric,
    [SDX_RESIZE_PYTORCH_HALF_PIXEL] = pytorch_half_pixel,
    [SDX_RESIZE_ALIGN_CORNERS] = align_corners,
    [SDX_RESIZE_ASYMMETRIC] = asymmetric,
    [SDX_RESIZE_TF_HALF_PIXEL_FOR_NN] = tf_half_pixel_for_nn,
    [SDX_RESIZE_TF_CROP] = tf_crop,
};

bool sdx_resize_place(const sdx_resize_rules *rules, const sdx_resize_axis *axis, size_t at,
                      double *x) {
    *x = places[rules->coordinates](axis, (double)at, axis->scale * (double)axis->in);
    if (rules->coordinates != SDX_RESIZE_TF_CROP) return true;
    return *x >= 0 && *x <= (double)axis->in - 1;
}

/* ---- inputs */

/* A whole number as an input of the axis; NaN (of absurd scales) gives the first. */
static size_t clamp(const sdx_resize_axis *axis, double x) {
    const double last = (double)axis->in - 1;
    return !(x > 0) ? 0 : x < last ? (size_t)x : axis->in - 1;
}

size_t sdx_resize_nearest(const sdx_resize_rules *rules, const sdx_resize_axis *axis, double x) {
    const double below = floor(x), ratio = x - below;
    bool up = false;
    if (ratio > 0) {
        up = rules->rounding == SDX_RESIZE_CEIL ||
             (rules->rounding == SDX_RESIZE_PREFER_FLOOR && ratio > 0.5) ||
             (rules->rounding == SDX_RESIZE_PREFER_CEIL && ratio >= 0.5) ||
             (rules->rounding == SDX_RESIZE_OUTWARD && axis->scale < 1);
    }
    return clamp(axis, up ? below + 1 : below);
}

/* ---- weights */

/* ONNX: Resize-18 antialias: a filter that is stretched when the axis shrinks. */
static double stretch(const sdx_resize_rules *rules, const sdx_resize_axis *axis) {
    return rules->antialias && axis->scale < 1 ? axis->scale : 1;
}

/* How many inputs lie before the one left of the coordinate. */
static double reach(const sdx_resize_rules *rules, const sdx_resize_axis *axis) {
    const double support = rules->mode == SDX_RESIZE_CUBIC ? 2 : 1;
    return -floor(-support / stretch(rules, axis)) - 1;
}

size_t sdx_resize_taps(const sdx_resize_rules *rules, const sdx_resize_axis *axis) {
    const double n = 2 + 2 * reach(rules, axis);
    return n < (double)SIZE_MAX / 64 ? (size_t)n : SIZE_MAX / 64;
}

static double filter(const sdx_resize_rules *rules, double distance) {
    const double x = fabs(distance), a = rules->cubic_a;
    if (rules->mode == SDX_RESIZE_LINEAR) return x < 1 ? 1 - x : 0;
    if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

static void normalise(double *weights, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += weights[i];
    }
    for (size_t i = 0; i < n && sum != 0; i++) {
        weights[i] /= sum;
    }
}

void sdx_resize_weigh(const sdx_resize_rules *rules, const sdx_resize_axis *axis, double x,
                      size_t n, size_t *inputs, double *weights) {
    const double scale = stretch(rules, axis), first = floor(x) - reach(rules, axis);
    for (size_t i = 0; i < n; i++) {
        const double at = first + (double)i;
        inputs[i] = clamp(axis, at);
        weights[i] = filter(rules, (at - x) * scale);
    }
    if (rules->antialias) normalise(weights, n);
    if (!rules->exclude_outside) return;
    for (size_t i = 0; i < n; i++) {
        const double at = first + (double)i;
        if (at < 0 || at >= (double)axis->in) weights[i] = 0;
    }
    normalise(weights, n);
}
