/* MaxRoiPool: regions of images, rounded to whole elements and cut into bins, each its largest
 * element; an empty bin is 0 (Girshick 2015). */
#include <math.h>
#include <string.h>

#include "ops/call.h"
#include "ops/infer.h"

enum { IN_X, IN_ROIS };
enum { POOLED_SHAPE, SPATIAL_SCALE };

static const sdx_port inputs[] = {
    {.name = "X", .var = "T", .types = SDX_T_FLOATS},
    {.name = "rois", .var = "T", .types = SDX_T_FLOATS},
};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_attr_def attrs[] = {
    [POOLED_SHAPE] = SDX_ATTR_REQ("pooled_shape", SDX_ATTR_INTS),
    [SPATIAL_SCALE] = SDX_ATTR_F("spatial_scale", 1.0f),
};

static sdx_status infer(sdx_infer *in) {
    const sdx_attr *const shape = sdx_node_attr(in->node, POOLED_SHAPE);
    if (shape->n != 2)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'pooled_shape' has %zu numbers, expected 2: height, width",
                        shape->n);
    for (size_t i = 0; i < 2; i++) {
        if (shape->ints[i] < 1 || shape->ints[i] > INT32_MAX)
            return sdx_fail(SDX_INVALID_MODEL,
                            "attribute 'pooled_shape'[%zu] is %lld, expected 1 to %d", i,
                            (long long)shape->ints[i], INT32_MAX);
    }
    SDX_TRY(sdx_infer_want_rank(in, IN_X, 4));
    SDX_TRY(sdx_infer_want_rank(in, IN_ROIS, 2));
    sdx_dim dims[4] = {sdx_dim_fresh(in->dims), sdx_dim_fresh(in->dims), shape->ints[0],
                       shape->ints[1]};
    if (sdx_infer_ranked(in, IN_X)) dims[1] = in->in[IN_X].dims[1];
    if (sdx_infer_ranked(in, IN_ROIS)) {
        const sdx_dim *const rois = in->in[IN_ROIS].dims;
        dims[0] = rois[0];
        if (sdx_dim_is_number(rois[1]) && rois[1] != 5)
            return sdx_fail(SDX_SHAPE_MISMATCH,
                            "input 'rois' has %lld numbers a region, expected 5: image, x1, y1, "
                            "x2, y2",
                            (long long)rois[1]);
    }
    return sdx_infer_set_shape(in, 0, 4, dims);
}

typedef struct max_roi_pool {
    size_t channels, h, w, rows, cols;
    double scale;
} max_roi_pool;

typedef struct job {
    const max_roi_pool *bound;
    const void *x, *rois;
    void *y;
} job;

/* A region along one dim: its first element, and how long a bin is. */
typedef struct extent {
    int64_t first;
    float bin;
} extent;

typedef struct range {
    size_t first, end;
} range;

/* Halves away from 0; so far away that nothing of an image is there, at most. */
static int64_t whole(double x) {
    const double limit = 0x1p40;
    return x > limit ? (int64_t)limit : x >= -limit ? (int64_t)round(x) : -(int64_t)limit;
}

static size_t clamp(int64_t x, size_t len) {
    return x < 0 ? 0 : (uint64_t)x < len ? (size_t)x : len;
}

static range range_of(const extent *e, size_t bin, size_t len) {
    const int64_t first = (int64_t)floorf((float)bin * e->bin);
    const int64_t end = (int64_t)ceilf((float)(bin + 1) * e->bin);
    return (range){.first = clamp(e->first + first, len), .end = clamp(e->first + end, len)};
}

#define T float
#define NAME(x) x##_f32
#include "ops/pool/max_roi_pool_tmpl.h"
#define T double
#define NAME(x) x##_f64
#include "ops/pool/max_roi_pool_tmpl.h"

static void planes_f32(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        plane_f32(j, i / j->bound->channels, i % j->bound->channels);
    }
}

static void planes_f64(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        plane_f64(j, i / j->bound->channels, i % j->bound->channels);
    }
}

static sdx_status check_images(const sdx_call *c) {
    const sdx_view *const rois = c->in[IN_ROIS];
    const int64_t images = c->in[IN_X]->dims[0];
    for (size_t i = 0; i < rois->len; i += 5) {
        const double image = sdx_view_double(rois, i);
        if (!(image >= 0 && image < (double)images))
            return sdx_fail_index(c, IN_ROIS, i, whole(image), 0, images - 1);
    }
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const x = c->in[IN_X], *const y = c->out[0];
    const max_roi_pool p = {.channels = (size_t)x->dims[1],
                            .h = (size_t)x->dims[2],
                            .w = (size_t)x->dims[3],
                            .rows = (size_t)y->dims[2],
                            .cols = (size_t)y->dims[3],
                            .scale = (double)sdx_node_float(c->node, SPATIAL_SCALE)};
    job j = {.bound = &p, .x = x->data, .rois = c->in[IN_ROIS]->data, .y = y->data};
    SDX_TRY(check_images(c));
    if (y->len > 0 && x->len == 0) memset(y->data, 0, sdx_view_bytes(y));
    if (y->len == 0 || x->len == 0) return NULL;
    sdx_call_for(c, (size_t)y->dims[0] * p.channels, sdx_grain(p.rows * p.cols * 8),
                 y->dtype == SDX_FLOAT64 ? planes_f64 : planes_f32, &j);
    return NULL;
}

const sdx_op sdx_op_max_roi_pool = {
    .name = "MaxRoiPool",
    .domain = "",
    .since = 1,
    .newest = 22,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .infer = infer,
    .run = run,
};
