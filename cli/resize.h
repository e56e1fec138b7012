/* Planes of samples on another grid: the triangle filter of models/README.md, for shrinking and
 * enlarging alike. A plane is rows of floats without gaps, top to bottom. */
#ifndef CLI_RESIZE_H
#define CLI_RESIZE_H

#include <stdbool.h>
#include <stddef.h>

/* Along one axis: the interval [origin, origin + n * step) of the source is laid on n pixels. */
struct span {
    double origin;
    double step; /* > 0 */
    size_t n;
};

/* Lays part of a plane of `width` x `height` samples on `x.n` x `y.n` of them at `out`. Beyond the
 * plane there is nothing; with `dark_outside` there are zeros, which count in the means. */
void resize_part(const float *plane, size_t width, size_t height, struct span x, struct span y,
                 bool dark_outside, float *out);

/* Lays the whole plane on `out_width` x `out_height` samples at `out`. */
void resize_whole(const float *plane, size_t width, size_t height, size_t out_width,
                  size_t out_height, float *out);

#endif
