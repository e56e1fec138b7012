/* Elements of a plane, of any number of dims, seen at places between them: what GridSample and
 * DeformConv have in common. A place becomes a list of elements and their weights, which all
 * channels share. */
#ifndef SDX_OPS_IMAGE_SAMPLER_H
#define SDX_OPS_IMAGE_SAMPLER_H

#include "ops/op.h"

typedef enum sdx_sampling { SDX_SAMPLE_NEAREST, SDX_SAMPLE_LINEAR, SDX_SAMPLE_CUBIC } sdx_sampling;

/* What lies outside: nothing, the border's elements, or the plane as in a mirror. */
typedef enum sdx_outside {
    SDX_OUTSIDE_ZEROS,
    SDX_OUTSIDE_BORDER,
    SDX_OUTSIDE_REFLECTION
} sdx_outside;

typedef struct sdx_sampler {
    sdx_sampling mode;
    sdx_outside outside;
    bool centers; /* the plane ends at the centers of its outer elements, not at their edges */
    size_t rank;
    size_t in[SDX_MAX_RANK];
    size_t points; /* elements that a place sees, at most: set by sdx_sampler_init */
} sdx_sampler;

typedef struct sdx_point {
    size_t offset; /* in the plane */
    double weight;
} sdx_point;

/* Sets `points` from the rest. Error SDX_LIMIT: more dims than a list of points could serve. */
sdx_status sdx_sampler_init(sdx_sampler *s) SDX_NODISCARD;

/* The elements that make place x (rank coordinates, 0 the center of the first element; anything,
 * NaN included): writes them to `points` and returns how many. */
size_t sdx_sample(const sdx_sampler *s, const double *x, sdx_point *points);

#endif
