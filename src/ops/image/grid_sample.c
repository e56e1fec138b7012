/* GridSample: a grid says for each output which place of the input it shows. A block of outputs is
 * looked up once, for all channels. */
#include <string.h>

#include "ops/call.h"
#include "ops/image/pick.h"
#include "ops/image/sampler.h"
#include "ops/infer.h"

enum { IN_X, IN_GRID };
enum { ALIGN_CORNERS, PADDING_MODE, MODE };
enum { BLOCK_POINTS = 2048 }; /* of a block of outputs: 32 KiB */

static const sdx_port inputs[] = {
    {.name = "X", .var = "T1", .types = SDX_T_CLASSIC},
    {.name = "grid", .var = "T2", .types = SDX_T_FLOATS},
};
static const sdx_port outputs[] = {{.name = "Y", .var = "T1", .types = SDX_T_CLASSIC}};
static const sdx_attr_def attrs[] = {
    [ALIGN_CORNERS] = SDX_ATTR_I("align_corners", 0),
    [PADDING_MODE] = SDX_ATTR_S("padding_mode", "zeros"),
    [MODE] = SDX_ATTR_S("mode", "linear"),
};

/* ---- attributes */

typedef struct choice {
    const char *name;
    int value;
} choice;

/* ONNX: GridSample-20 renamed bilinear and bicubic; files mix the names. */
static const choice modes[] = {{"linear", SDX_SAMPLE_LINEAR}, {"nearest", SDX_SAMPLE_NEAREST},
                               {"cubic", SDX_SAMPLE_CUBIC},   {"bilinear", SDX_SAMPLE_LINEAR},
                               {"bicubic", SDX_SAMPLE_CUBIC}, {NULL, 0}};
static const choice paddings[] = {{"zeros", SDX_OUTSIDE_ZEROS},
                                  {"border", SDX_OUTSIDE_BORDER},
                                  {"reflection", SDX_OUTSIDE_REFLECTION},
                                  {NULL, 0}};

static sdx_status choose(const sdx_node *node, size_t attr, const choice *choices, int *out) {
    const sdx_str found = sdx_node_str(node, attr);
    for (const choice *c = choices; c->name != NULL; c++) {
        if (!sdx_str_eq(found, sdx_str_from(c->name))) continue;
        *out = c->value;
        return NULL;
    }
    return sdx_fail(SDX_INVALID_MODEL, "attribute '%s' is '%.*s', expected '%s', '%s' or '%s'",
                    attrs[attr].name, SDX_FMT(found), choices[0].name, choices[1].name,
                    choices[2].name);
}

static sdx_status read_node(const sdx_node *node, sdx_sampler *s) {
    int mode, padding;
    SDX_TRY(choose(node, MODE, modes, &mode));
    SDX_TRY(choose(node, PADDING_MODE, paddings, &padding));
    *s = (sdx_sampler){.mode = (sdx_sampling)mode,
                       .outside = (sdx_outside)padding,
                       .centers = sdx_node_int(node, ALIGN_CORNERS) != 0};
    return NULL;
}

/* ---- inference */

static sdx_status check_shapes(const sdx_infer *in) {
    const sdx_fact *const x = &in->in[IN_X], *const grid = &in->in[IN_GRID];
    char text[160], other[160];
    const sdx_dim last = grid->rank > 0 ? grid->dims[grid->rank - 1] : 0;
    const bool right = x->rank >= 3 && grid->rank == x->rank &&
                       (!sdx_dim_is_number(last) || last == x->rank - 2) &&
                       (!sdx_dim_is_number(x->dims[0]) || !sdx_dim_is_number(grid->dims[0]) ||
                        x->dims[0] == grid->dims[0]);
    if (right) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "inputs 'X' and 'grid' have shapes %s and %s, expected [N, C, D1 .. Dr] and "
                    "[N, O1 .. Or, r]",
                    sdx_infer_shape_text(in, IN_X, text, sizeof text),
                    sdx_infer_shape_text(in, IN_GRID, other, sizeof other));
}

static sdx_status infer(sdx_infer *in) {
    sdx_sampler s;
    SDX_TRY(read_node(in->node, &s));
    if (sdx_infer_dtype(in, IN_X) == SDX_STRING && s.mode != SDX_SAMPLE_NEAREST)
        return sdx_fail(SDX_UNSUPPORTED,
                        "input 'X' is string, expected numbers: mode 'nearest' alone takes others");
    if (!sdx_infer_ranked(in, IN_X) || !sdx_infer_ranked(in, IN_GRID)) return NULL;
    SDX_TRY(check_shapes(in));
    const size_t rank = (size_t)in->in[IN_X].rank;
    sdx_dim dims[SDX_MAX_RANK] = {in->in[IN_X].dims[0], in->in[IN_X].dims[1]};
    for (size_t i = 2; i < rank; i++) {
        dims[i] = in->in[IN_GRID].dims[i - 1];
    }
    return sdx_infer_set_shape(in, 0, rank, dims);
}

/* ---- binding */

typedef struct grid_sample {
    sdx_sampler sampler;
    size_t images, channels, in_len, out_len;
    size_t block, blocks; /* outputs in a block; blocks of an image */
    size_t lane_size;     /* bytes of scratch */
} grid_sample;

static sdx_status bind(sdx_bind *b) {
    grid_sample *const g = b->bound;
    const sdx_view *const x = b->in[IN_X], *const y = b->out[0];
    if (y == NULL) return NULL;
    SDX_TRY(read_node(b->node, &g->sampler));
    g->sampler.rank = x->rank - 2u;
    for (size_t d = 0; d < g->sampler.rank; d++) {
        g->sampler.in[d] = (size_t)x->dims[d + 2];
    }
    SDX_TRY(sdx_sampler_init(&g->sampler));
    const size_t points = g->sampler.points;
    g->images = (size_t)x->dims[0];
    g->channels = (size_t)x->dims[1];
    g->in_len = sdx_view_count(x, 2, x->rank);
    g->out_len = sdx_view_count(y, 2, y->rank);
    g->block = points < BLOCK_POINTS ? BLOCK_POINTS / points : 1;
    g->blocks = (g->out_len + g->block - 1) / g->block;
    g->lane_size = g->block * (points * sizeof(sdx_point) + sizeof(size_t));
    b->scratch = g->lane_size * b->lanes; /* a few MiB at most: MAX_POINTS bounds it */
    return NULL;
}

/* ---- running */

typedef struct job {
    const grid_sample *bound;
    const sdx_view *x, *grid;
    sdx_view *y;
    char *scratch;
} job;

/* The outputs of a block and what they see: `points` places for each, of which n[i] count. */
typedef struct block {
    const sdx_sampler *sampler;
    size_t first, len;
    size_t *n;
    sdx_point *points;
} block;

/* ONNX: GridSample-22 grid: -1 and 1 are the ends of the plane; the last dim comes first. */
static void place_of(const sdx_sampler *s, const sdx_view *grid, size_t at, double *x) {
    const float *const f32 = (const float *)grid->data + at * s->rank;
    const double *const f64 = (const double *)grid->data + at * s->rank;
    for (size_t d = 0; d < s->rank; d++) {
        const size_t i = s->rank - 1 - d;
        const double part = grid->dtype == SDX_FLOAT32 ? (double)f32[i] : f64[i];
        const double len = (double)s->in[d];
        x[d] = s->centers ? (part + 1) / 2 * (len - 1) : ((part + 1) * len - 1) / 2;
    }
}

static block look_up(const job *j, size_t unit, unsigned lane) {
    const grid_sample *const g = j->bound;
    char *const scratch = j->scratch + lane * g->lane_size;
    block b = {.sampler = &g->sampler,
               .first = unit % g->blocks * g->block,
               .points = (sdx_point *)(void *)scratch};
    b.n = (size_t *)(void *)(b.points + g->block * g->sampler.points);
    b.len = g->out_len - b.first < g->block ? g->out_len - b.first : g->block;
    const size_t first = unit / g->blocks * g->out_len + b.first;
    for (size_t i = 0; i < b.len; i++) {
        double x[SDX_MAX_RANK];
        place_of(&g->sampler, j->grid, first + i, x);
        b.n[i] = sdx_sample(&g->sampler, x, b.points + i * g->sampler.points);
    }
    return b;
}

#define T float
#define NAME(x) x##_f32
#include "ops/image/grid_sample_tmpl.h"
#define T double
#define NAME(x) x##_f64
#include "ops/image/grid_sample_tmpl.h"

/* Other types: as floating point, rounded to the type at the end. */
static void sample_any(const job *j, const block *b, size_t from, size_t to) {
    sdx_view y = *j->y;
    for (size_t i = 0; i < b->len; i++) {
        const sdx_point *const points = b->points + i * b->sampler->points;
        double sum = 0;
        for (size_t k = 0; k < b->n[i]; k++) {
            sum += points[k].weight * sdx_view_double(j->x, from + points[k].offset);
        }
        sdx_view_set_double(&y, to + i, sum);
    }
}

static void interpolate(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const grid_sample *const g = j->bound;
    const sdx_dtype dtype = j->x->dtype;
    for (size_t unit = begin; unit < end; unit++) {
        const block b = look_up(j, unit, lane);
        const size_t image = unit / g->blocks * g->channels;
        for (size_t c = 0; c < g->channels; c++) {
            const size_t from = (image + c) * g->in_len, to = (image + c) * g->out_len + b.first;
            if (dtype == SDX_FLOAT32)
                sample_f32(j, &b, from, to, 1);
            else if (dtype == SDX_FLOAT64)
                sample_f64(j, &b, from, to, 1);
            else if (dtype == SDX_COMPLEX64)
                sample_f32(j, &b, from, to, 2);
            else if (dtype == SDX_COMPLEX128)
                sample_f64(j, &b, from, to, 2);
            else
                sample_any(j, &b, from, to);
        }
    }
}

static void pick(void *arg, size_t begin, size_t end, unsigned lane) {
    static const char nothing[16] = {0};
    const job *const j = arg;
    const grid_sample *const g = j->bound;
    const size_t size = sdx_dtype_size(j->x->dtype);
    sdx_pick_fn *const copy = sdx_pick_of(size);
    for (size_t unit = begin; unit < end; unit++) {
        const block b = look_up(j, unit, lane);
        const size_t image = unit / g->blocks * g->channels;
        ptrdiff_t *const map = (ptrdiff_t *)b.n; /* taken over: one element or none */
        for (size_t i = 0; i < b.len; i++) {
            map[i] = b.n[i] > 0 ? (ptrdiff_t)b.points[i].offset : -1;
        }
        for (size_t c = 0; c < g->channels; c++) {
            const size_t to = (image + c) * g->out_len + b.first;
            copy((char *)j->y->data + to * size,
                 (const char *)j->x->data + (image + c) * g->in_len * size, map, b.len, nothing);
        }
    }
}

static sdx_status run(const sdx_call *c) {
    const grid_sample *const g = c->bound;
    job j = {.bound = g,
             .x = c->in[IN_X],
             .grid = c->in[IN_GRID],
             .y = c->out[0],
             .scratch = c->scratch};
    if (j.y->len == 0) return NULL;
    sdx_call_for(c, g->images * g->blocks,
                 sdx_grain(g->block * g->sampler.points * (g->channels + 8)),
                 g->sampler.mode == SDX_SAMPLE_NEAREST ? pick : interpolate, &j);
    return NULL;
}

#define HOOKS                                                                               \
    .flags = SDX_OP_WIDEN, .bound_size = sizeof(grid_sample), .infer = infer, .bind = bind, \
    .run = run

const sdx_op sdx_op_grid_sample = {
    .name = "GridSample",
    .domain = "",
    .since = 16,
    .newest = 22,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    HOOKS,
};

/* What it was before ONNX had it. */
const sdx_op sdx_op_ms_grid_sample = {
    .name = "GridSample",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    HOOKS,
};
