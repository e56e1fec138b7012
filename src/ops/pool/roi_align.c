/* RoiAlign: regions of images, cut into bins, each the mean or the largest of samples between the
 * elements. Samples lie on a grid, so their weights are a product: of rows and of columns, which
 * all channels share. */
#include <math.h>
#include <string.h>

#include "ops/call.h"
#include "ops/infer.h"
#include "ops/upgrade.h"

enum { IN_X, IN_ROIS, IN_IMAGES };
enum { COORDINATES, MODE, OUTPUT_HEIGHT, OUTPUT_WIDTH, SAMPLING_RATIO, SPATIAL_SCALE };
enum { MAX_RATIO = 1 << 12 };

static const sdx_port inputs[] = {
    {.name = "X", .var = "T1", .types = SDX_T_FLOATS},
    {.name = "rois", .var = "T1", .types = SDX_T_FLOATS},
    {.name = "batch_indices", .var = "T2", .types = SDX_T(INT64)},
};
static const sdx_port outputs[] = {{.name = "Y", .var = "T1", .types = SDX_T_FLOATS}};
static const sdx_attr_def attrs[] = {
    [COORDINATES] = SDX_ATTR_S("coordinate_transformation_mode", "half_pixel"),
    [MODE] = SDX_ATTR_S("mode", "avg"),
    [OUTPUT_HEIGHT] = SDX_ATTR_I("output_height", 1),
    [OUTPUT_WIDTH] = SDX_ATTR_I("output_width", 1),
    [SAMPLING_RATIO] = SDX_ATTR_I("sampling_ratio", 0),
    [SPATIAL_SCALE] = SDX_ATTR_F("spatial_scale", 1.0f),
};

/* ONNX: RoiAlign-16 coordinate_transformation_mode; before, no coordinate was shifted. */
static sdx_status from_10(sdx_upgrade *u) {
    if (sdx_node_named(u->node, "coordinate_transformation_mode") != NULL) return NULL;
    return sdx_node_set_attr(
        u->node, "coordinate_transformation_mode",
        (sdx_attr){.kind = SDX_ATTR_STRING, .n = 1, .s = SDX_STR("output_half_pixel")});
}
static const sdx_upgrade_rule upgrades[] = {{.below = 16, .apply = from_10}};

/* ---- attributes and shapes */

static sdx_status check_int(const sdx_node *node, size_t attr, int64_t low, int64_t high) {
    const int64_t x = sdx_node_int(node, attr);
    if (x >= low && x <= high) return NULL;
    return sdx_fail(SDX_INVALID_MODEL, "attribute '%s' is %lld, expected %lld to %lld",
                    attrs[attr].name, (long long)x, (long long)low, (long long)high);
}

/* Whether a text attribute is the second of two; the first is the other choice. */
static sdx_status check_text(const sdx_node *node, size_t attr, const char *first,
                             const char *second, bool *is_second) {
    const sdx_str found = sdx_node_str(node, attr);
    *is_second = sdx_str_eq(found, sdx_str_from(second));
    if (*is_second || sdx_str_eq(found, sdx_str_from(first))) return NULL;
    return sdx_fail(SDX_INVALID_MODEL, "attribute '%s' is '%.*s', expected '%s' or '%s'",
                    attrs[attr].name, SDX_FMT(found), first, second);
}

static sdx_status infer(sdx_infer *in) {
    bool flag;
    SDX_TRY(check_text(in->node, COORDINATES, "half_pixel", "output_half_pixel", &flag));
    SDX_TRY(check_text(in->node, MODE, "avg", "max", &flag));
    SDX_TRY(check_int(in->node, OUTPUT_HEIGHT, 1, INT32_MAX));
    SDX_TRY(check_int(in->node, OUTPUT_WIDTH, 1, INT32_MAX));
    SDX_TRY(check_int(in->node, SAMPLING_RATIO, 0, MAX_RATIO));
    SDX_TRY(sdx_infer_want_rank(in, IN_X, 4));
    SDX_TRY(sdx_infer_want_rank(in, IN_ROIS, 2));
    SDX_TRY(sdx_infer_want_rank(in, IN_IMAGES, 1));
    sdx_dim dims[4] = {sdx_dim_fresh(in->dims), sdx_dim_fresh(in->dims),
                       sdx_node_int(in->node, OUTPUT_HEIGHT), sdx_node_int(in->node, OUTPUT_WIDTH)};
    if (sdx_infer_ranked(in, IN_X)) dims[1] = in->in[IN_X].dims[1];
    if (sdx_infer_ranked(in, IN_IMAGES)) dims[0] = in->in[IN_IMAGES].dims[0];
    if (sdx_infer_ranked(in, IN_ROIS)) {
        const sdx_dim *const rois = in->in[IN_ROIS].dims;
        const bool many = sdx_dim_is_number(rois[0]) && sdx_dim_is_number(dims[0]);
        char text[160];
        if ((many && rois[0] != dims[0]) || (sdx_dim_is_number(rois[1]) && rois[1] != 4))
            return sdx_fail(SDX_SHAPE_MISMATCH,
                            "input 'rois' has shape %s, expected [R,4], R as in 'batch_indices'",
                            sdx_infer_shape_text(in, IN_ROIS, text, sizeof text));
    }
    return sdx_infer_set_shape(in, 0, 4, dims);
}

/* ---- binding */

typedef struct roi_align {
    size_t images, channels, h, w, regions, rows, cols;
    size_t room_y, room_x; /* samples of a bin that may lie inside the image */
    size_t lane_size;      /* bytes of scratch */
    double scale;
    int64_t ratio;
    bool half_pixel, max;
} roi_align;

/* One sample along one dim: between two elements, `far` from the first. */
typedef struct sample {
    size_t low, high;
    double far;
} sample;

typedef struct samples {
    sample *list;
    size_t n;
} samples;

/* The elements [first, end) that samples touch, and their weights. */
typedef struct cover {
    double *weight; /* by element of the dim */
    size_t first, end;
} cover;

typedef struct lane_room {
    samples ys, xs;
    cover rows, cols;
} lane_room;

/* Samples that are not asked for by number stand more than half an element apart. */
static size_t room_of(int64_t ratio, size_t len) { return ratio > 0 ? (size_t)ratio : 2 * len + 8; }

static sdx_status bind(sdx_bind *b) {
    roi_align *const r = b->bound;
    const sdx_view *const x = b->in[IN_X], *const y = b->out[0];
    bool unshifted;
    if (y == NULL) return NULL;
    SDX_TRY(check_text(b->node, COORDINATES, "half_pixel", "output_half_pixel", &unshifted));
    SDX_TRY(check_text(b->node, MODE, "avg", "max", &r->max));
    r->half_pixel = !unshifted;
    r->images = (size_t)x->dims[0];
    r->channels = (size_t)x->dims[1];
    r->h = (size_t)x->dims[2];
    r->w = (size_t)x->dims[3];
    r->regions = (size_t)y->dims[0];
    r->rows = (size_t)y->dims[2];
    r->cols = (size_t)y->dims[3];
    r->scale = (double)sdx_node_float(b->node, SPATIAL_SCALE);
    r->ratio = sdx_node_int(b->node, SAMPLING_RATIO);
    if (y->len == 0 || x->len == 0) return NULL; /* else h and w are sizes of memory */
    r->room_y = room_of(r->ratio, r->h);
    r->room_x = room_of(r->ratio, r->w);
    r->lane_size = (r->room_y + r->room_x) * sizeof(sample) + (r->h + r->w + 8) * sizeof(double);
    r->lane_size = (r->lane_size + 63) & ~(size_t)63;
    if (!sdx_mul_size(r->lane_size, b->lanes, &b->scratch))
        return sdx_fail(SDX_LIMIT, "found images of %zu times %zu elements, too many", r->h, r->w);
    return NULL;
}

static lane_room room_for(const roi_align *r, char *scratch) {
    lane_room room;
    room.ys.list = (sample *)(void *)scratch;
    room.xs.list = room.ys.list + r->room_y;
    room.rows.weight = (double *)(void *)(room.xs.list + r->room_x);
    room.cols.weight = room.rows.weight + r->h;
    return room;
}

/* ---- running */

typedef struct job {
    const roi_align *bound;
    const void *x, *rois;
    const int64_t *images;
    void *y;
    char *scratch;
} job;

/* Samples come in order of their places, or in the reverse for a region that is turned round. */
static void cover_all(const samples *s, cover *c, size_t len) {
    c->first = len;
    c->end = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (s->list[i].low < c->first) c->first = s->list[i].low;
        if (s->list[i].high + 1 > c->end) c->end = s->list[i].high + 1;
    }
    for (size_t i = c->first; i < c->end; i++) {
        c->weight[i] = 0;
    }
    for (size_t i = 0; i < s->n; i++) {
        c->weight[s->list[i].low] += 1 - s->list[i].far;
        c->weight[s->list[i].high] += s->list[i].far;
    }
}

/* A region along one dim: where it starts, how long a bin is, samples in a bin. */
typedef struct extent_f32 {
    float start, bin, grid;
} extent_f32;
typedef struct extent_f64 {
    double start, bin, grid;
} extent_f64;

#define T float
#define NAME(x) x##_f32
#include "ops/pool/roi_align_tmpl.h"
#define T double
#define NAME(x) x##_f64
#include "ops/pool/roi_align_tmpl.h"

static void rows_f32(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    lane_room room = room_for(j->bound, j->scratch + lane * j->bound->lane_size);
    for (size_t i = begin; i < end; i++) {
        row_f32(j, i / j->bound->rows, i % j->bound->rows, &room);
    }
}

static void rows_f64(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    lane_room room = room_for(j->bound, j->scratch + lane * j->bound->lane_size);
    for (size_t i = begin; i < end; i++) {
        row_f64(j, i / j->bound->rows, i % j->bound->rows, &room);
    }
}

static sdx_status run(const sdx_call *c) {
    const roi_align *const r = c->bound;
    const sdx_view *const y = c->out[0], *const images = c->in[IN_IMAGES];
    job j = {.bound = r,
             .x = c->in[IN_X]->data,
             .rois = c->in[IN_ROIS]->data,
             .images = images->data,
             .y = y->data,
             .scratch = c->scratch};
    for (size_t i = 0; i < images->len; i++) {
        if (j.images[i] < 0 || j.images[i] >= (int64_t)r->images)
            return sdx_fail_index(c, IN_IMAGES, i, j.images[i], 0, (int64_t)r->images - 1);
    }
    if (y->len > 0 && c->in[IN_X]->len == 0) memset(y->data, 0, sdx_view_bytes(y));
    if (y->len == 0 || c->in[IN_X]->len == 0) return NULL;
    const size_t samples_of_row = r->cols * r->channels * 8;
    sdx_call_for(c, r->regions * r->rows, sdx_grain(samples_of_row),
                 y->dtype == SDX_FLOAT64 ? rows_f64 : rows_f32, &j);
    return NULL;
}

const sdx_op sdx_op_roi_align = {
    .name = "RoiAlign",
    .domain = "",
    .since = 10,
    .newest = 22,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    SDX_ROWS(upgrades, upgrades),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(roi_align),
    .infer = infer,
    .bind = bind,
    .run = run,
};
