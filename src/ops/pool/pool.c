/* Pooling: AveragePool, MaxPool, LpPool and their global forms are one walk over windows; planes of
 * float32 take kernels. */
#include <math.h>

#include "ops/conv/window.h"
#include "ops/upgrade.h"

typedef enum pool_kind { POOL_AVERAGE, POOL_MAX, POOL_NORM } pool_kind;

/* The row of an operator: what it computes, and where its own attributes stand (0: it has none). */
typedef struct pool_row {
    pool_kind kind;
    bool global;
    size_t ceil_mode, count_include_pad, storage_order, p;
} pool_row;

typedef enum pool_method {
    METHOD_WALK,   /* any type, any number of dims, indices */
    METHOD_PLANES, /* a kernel for each plane */
    METHOD_REDUCE  /* a whole plane is one number */
} pool_method;

typedef struct pool {
    sdx_window_nd window;
    sdx_window plane;
    pool_method method;
    pool_kind kind;
    bool count_padding, column_major;
    double p;
    size_t planes;    /* images times channels */
    size_t lane_size; /* bytes of scratch */
} pool;

/* ---- inference */

static sdx_status read_window(const sdx_node *node, size_t rank, sdx_window_spec *spec) {
    const pool_row *const row = node->op->data;
    if (sdx_node_attr(node, SDX_WINDOW_KERNEL_SHAPE)->n == 0)
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'kernel_shape' is missing; add it");
    SDX_TRY(sdx_window_read(node, rank, spec));
    spec->ceil = sdx_node_int(node, row->ceil_mode) != 0;
    return NULL;
}

static sdx_status check_p(const sdx_node *node) {
    const pool_row *const row = node->op->data;
    if (row->kind != POOL_NORM || sdx_node_int(node, row->p) >= 1) return NULL;
    return sdx_fail(SDX_INVALID_MODEL, "attribute 'p' is %lld, expected 1 or more",
                    (long long)sdx_node_int(node, row->p));
}

static sdx_status infer(sdx_infer *in) {
    const pool_row *const row = in->node->op->data;
    sdx_infer_set_dtype(in, 1, SDX_INT64);
    SDX_TRY(check_p(in->node));
    if (!sdx_infer_ranked(in, 0)) return NULL;
    const size_t rank = (size_t)in->in[0].rank, least = row->global ? 2 : 3;
    char text[160];
    if (rank < least)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input 'X' has shape %s, expected rank %zu or more: [N, C, sizes]",
                        sdx_infer_shape_text(in, 0, text, sizeof text), least);
    sdx_dim dims[SDX_MAX_RANK] = {in->in[0].dims[0], in->in[0].dims[1]};
    for (size_t i = 2; i < rank; i++) {
        dims[i] = 1;
    }
    if (!row->global) {
        sdx_window_spec spec;
        SDX_TRY(read_window(in->node, rank - 2, &spec));
        SDX_TRY(sdx_window_sizes(in->dims, &spec, in->in[0].dims + 2, dims + 2));
    }
    SDX_TRY(sdx_infer_set_shape(in, 0, rank, dims));
    return sdx_infer_set_shape(in, 1, rank, dims);
}

/* ---- binding */

/* One window that sees the whole plane. */
static void bind_global(const sdx_view *x, sdx_window_nd *w) {
    const size_t len = sdx_view_count(x, 2, x->rank);
    *w = (sdx_window_nd){.rank = 1,
                         .in = {len},
                         .out = {1},
                         .kernel = {len},
                         .stride = {1},
                         .dilation = {1},
                         .in_len = len,
                         .out_len = 1,
                         .taps = len};
}

static pool_method choose(pool *p, const pool_row *row, sdx_dtype dtype, bool indices) {
    if (dtype != SDX_FLOAT32 || indices) return METHOD_WALK;
    if (row->global) return p->kind == POOL_NORM && p->p > 2 ? METHOD_WALK : METHOD_REDUCE;
    const bool has_kernel = p->kind != POOL_NORM && sdx_window_plane(&p->window, &p->plane);
    return has_kernel && sdx_window_plane_fits(&p->plane) ? METHOD_PLANES : METHOD_WALK;
}

/* For people. */
static const char *const how[] = {
    [METHOD_WALK] = "window by window: the type, the window or the indices have no kernel",
    [METHOD_PLANES] = "a kernel for each plane",
    [METHOD_REDUCE] = "each plane is one row to reduce: global"};

static sdx_status bind(sdx_bind *b) {
    pool *const p = b->bound;
    const pool_row *const row = b->node->op->data;
    const sdx_view *const x = b->in[0], *const y = b->out[0] != NULL ? b->out[0] : b->out[1];
    const bool indices = b->n_out > 1 && b->out[1] != NULL;
    p->kind = row->kind;
    p->planes = (size_t)x->dims[0] * (size_t)x->dims[1];
    if (row->count_include_pad)
        p->count_padding = sdx_node_int(b->node, row->count_include_pad) != 0;
    if (row->storage_order) p->column_major = sdx_node_int(b->node, row->storage_order) != 0;
    if (row->kind == POOL_NORM) p->p = (double)sdx_node_int(b->node, row->p);
    if (row->global) {
        bind_global(x, &p->window);
    } else {
        sdx_window_spec spec;
        SDX_TRY(read_window(b->node, x->rank - 2u, &spec));
        sdx_window_bind(&spec, x->dims + 2, y->dims + 2, &p->window);
    }
    p->method = choose(p, row, x->dtype, indices);
    b->how = how[p->method];
    if (p->method != METHOD_PLANES) return NULL;
    p->lane_size = (sdx_window_scratch(&p->plane) + 63) & ~(size_t)63;
    b->scratch = p->lane_size * b->lanes; /* sdx_window_plane_fits bounds it */
    return NULL;
}

/* ---- the walk */

typedef struct job {
    const sdx_kernel_table *kernels;
    const pool *pool;
    const void *x;
    void *y;
    int64_t *indices;
    char *scratch;
} job;

/* Where an input plane of elements of `size` bytes begins; planes of nothing may be nowhere. */
static const void *plane_at(const job *j, size_t plane, size_t size) {
    const size_t len = j->pool->window.in_len;
    return len > 0 ? (const char *)j->x + plane * len * size : j->x;
}

/* What one output sees. */
typedef struct seen {
    const sdx_window_nd *window;
    sdx_taps taps[SDX_WINDOW_MAX];
    size_t run, step;      /* inputs along the last dim, and how far apart */
    size_t inputs, padded; /* how many inputs; with the padding of the pads */
    bool empty;            /* no inputs at all */
} seen;

/* Taps of dim `d` within the inputs and their pads. */
static size_t padded_taps(const sdx_window_nd *w, size_t d, ptrdiff_t start) {
    const ptrdiff_t end = (ptrdiff_t)(w->in[d] + w->after[d]), step = (ptrdiff_t)w->dilation[d];
    const ptrdiff_t n = start < end ? (end - start + step - 1) / step : 0;
    return n < (ptrdiff_t)w->kernel[d] ? (size_t)n : w->kernel[d];
}

static seen look(const sdx_window_nd *w, const size_t *place) {
    seen s = {.window = w, .inputs = 1, .padded = 1, .step = w->dilation[w->rank - 1]};
    for (size_t d = 0; d < w->rank; d++) {
        s.taps[d] = sdx_window_taps(w, d, place[d]);
        s.run = s.taps[d].last - s.taps[d].first;
        s.inputs *= s.run;
        s.padded *= padded_taps(w, d, s.taps[d].start);
    }
    s.empty = s.inputs == 0;
    return s;
}

/* The lines of inputs, along the last dim, that an output sees. */
typedef struct lines {
    const seen *seen;
    size_t tap[SDX_WINDOW_MAX];
    size_t offset; /* of the line's first input in the plane */
    bool done;
} lines;

static void locate(lines *l) {
    const sdx_window_nd *const w = l->seen->window;
    l->offset = 0;
    for (size_t d = 0; d < w->rank; d++) {
        const ptrdiff_t at = l->seen->taps[d].start + (ptrdiff_t)(l->tap[d] * w->dilation[d]);
        l->offset = l->offset * w->in[d] + (size_t)at;
    }
}

static lines first_line(const seen *s) {
    lines l = {.seen = s, .done = s->empty};
    for (size_t d = 0; d < s->window->rank; d++) {
        l.tap[d] = s->taps[d].first;
    }
    if (!l.done) locate(&l);
    return l;
}

static void next_line(lines *l) {
    for (size_t d = l->seen->window->rank - 1; d-- > 0;) {
        if (++l->tap[d] < l->seen->taps[d].last) {
            locate(l);
            return;
        }
        l->tap[d] = l->seen->taps[d].first;
    }
    l->done = true;
}

static void next_index(size_t rank, const size_t *dims, size_t *place) {
    for (size_t d = rank; d-- > 0;) {
        if (++place[d] < dims[d]) return;
        place[d] = 0;
    }
}

/* ONNX: MaxPool-8 storage_order: the place in the whole input, each plane counted by rows or by
 * columns. */
static int64_t index_of(const pool *p, size_t plane, size_t at) {
    const sdx_window_nd *const w = &p->window;
    size_t index = at;
    if (p->column_major) {
        size_t place[SDX_WINDOW_MAX];
        for (size_t d = w->rank; d-- > 0; at /= w->in[d]) {
            place[d] = at % w->in[d];
        }
        index = 0;
        for (size_t d = w->rank; d-- > 0;) {
            index = index * w->in[d] + place[d];
        }
    }
    return (int64_t)(plane * w->in_len + index);
}

#define SUMS
#define T float
#define NAME(x) x##_f32
#define LOWEST (-INFINITY)
#define IS_NAN(x) isnan(x)
#include "ops/pool/pool_tmpl.h"
#define T double
#define NAME(x) x##_f64
#define LOWEST (-(double)INFINITY)
#define IS_NAN(x) isnan(x)
#include "ops/pool/pool_tmpl.h"
#undef SUMS
#define T int8_t
#define NAME(x) x##_i8
#define LOWEST INT8_MIN
#define IS_NAN(x) false
#include "ops/pool/pool_tmpl.h"
#define T uint8_t
#define NAME(x) x##_u8
#define LOWEST 0
#define IS_NAN(x) false
#include "ops/pool/pool_tmpl.h"

/* ---- float32 */

static void pool_planes(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const pool *const p = j->pool;
    const sdx_kernel_table *const kernels = j->kernels;
    const sdx_pool_f32 spec = {.window = p->plane,
                               .count_padding = p->count_padding,
                               .scratch = (float *)(void *)(j->scratch + lane * p->lane_size)};
    sdx_pool_f32_fn *const kernel =
        p->kind == POOL_MAX ? kernels->max_pool_f32 : kernels->average_pool_f32;
    for (size_t i = begin; i < end; i++) {
        kernel((float *)j->y + i * p->window.out_len, plane_at(j, i, sizeof(float)), &spec);
    }
}

static void reduce_planes(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const pool *const p = j->pool;
    const sdx_kernel_table *const kernels = j->kernels;
    const size_t len = p->window.in_len;
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        const float *const x = plane_at(j, i, sizeof *x);
        float *const y = (float *)j->y + i;
        if (p->kind == POOL_AVERAGE)
            *y = kernels->sum_f32(x, len, 0.0f) / (float)len;
        else if (p->kind == POOL_MAX)
            *y = kernels->max_row_f32(x, len, 0.0f);
        else
            *y = p->p == 1.0 ? kernels->sum_abs_f32(x, len, 0.0f)
                             : sqrtf(kernels->sum_square_f32(x, len, 0.0f));
    }
}

/* ---- running */

static sdx_loop_fn *loop_of(const pool *p, sdx_dtype dtype) {
    if (p->method == METHOD_PLANES) return pool_planes;
    if (p->method == METHOD_REDUCE) return reduce_planes;
    static const struct {
        sdx_dtype dtype;
        sdx_loop_fn *fn;
    } loops[] = {{SDX_FLOAT64, planes_f64}, {SDX_INT8, planes_i8}, {SDX_UINT8, planes_u8}};
    for (size_t i = 0; i < sizeof loops / sizeof *loops; i++) {
        if (loops[i].dtype == dtype) return loops[i].fn;
    }
    return planes_f32;
}

static sdx_status run(const sdx_call *c) {
    const pool *const p = c->bound;
    sdx_view *const y = sdx_call_out(c, 0), *const indices = sdx_call_out(c, 1);
    job j = {.kernels = c->kernels,
             .pool = p,
             .x = c->in[0]->data,
             .indices = indices != NULL ? indices->data : NULL,
             .scratch = c->scratch};
    if (p->window.out_len == 0) return NULL;
    if (y != NULL) {
        j.y = y->data;
    } else {
        SDX_TRY(sdx_call_scratch(c, indices->len * sdx_dtype_size(c->in[0]->dtype), &j.y));
    }
    const size_t taps = p->window.taps < p->window.in_len ? p->window.taps : p->window.in_len;
    sdx_call_tiles(c, p->planes, sdx_grain(p->window.out_len * (taps + 1)),
                   loop_of(p, c->in[0]->dtype), &j);
    return NULL;
}

/* ---- rows */

enum { CEIL_MODE = SDX_WINDOW_ATTRS, OWN, N_ATTRS };

static const sdx_port inputs[] = {{.name = "X", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = SDX_T_FLOATS}};

#define MAX_TYPES (SDX_T_FLOATS | SDX_T(INT8) | SDX_T(UINT8))
static const sdx_port max_inputs[] = {{.name = "X", .var = "T", .types = MAX_TYPES}};
static const sdx_port max_outputs[] = {
    {.name = "Y", .var = "T", .types = MAX_TYPES},
    {.name = "Indices", .var = "I", .types = SDX_T(INT64), .flags = SDX_PORT_OPTIONAL},
};

static const sdx_attr_def average_attrs[] = {
    SDX_WINDOW_ROWS,
    [CEIL_MODE] = SDX_ATTR_I("ceil_mode", 0),
    [OWN] = SDX_ATTR_I("count_include_pad", 0),
};
static const sdx_attr_def max_attrs[] = {
    SDX_WINDOW_ROWS,
    [CEIL_MODE] = SDX_ATTR_I("ceil_mode", 0),
    [OWN] = SDX_ATTR_I("storage_order", 0),
};
static const sdx_attr_def norm_attrs[] = {
    SDX_WINDOW_ROWS,
    [CEIL_MODE] = SDX_ATTR_I("ceil_mode", 0),
    [OWN] = SDX_ATTR_I("p", 2),
};
static const sdx_attr_def global_norm_attrs[] = {SDX_ATTR_I("p", 2)};

/* ONNX: LpPool-1 p was a float. */
static sdx_status from_1(sdx_upgrade *u) {
    const sdx_attr *const p = sdx_node_named(u->node, "p");
    if (p == NULL || p->kind != SDX_ATTR_FLOAT) return NULL;
    const float x = p->f;
    if (!(x >= 1.0f && x <= 0x1p30f) || x != floorf(x))
        return sdx_fail(SDX_UNSUPPORTED_OPERATOR, "attribute 'p' is %g, expected 1, 2, 3, ...",
                        (double)x);
    return sdx_node_set_attr(u->node, "p",
                             (sdx_attr){.kind = SDX_ATTR_INT, .n = 1, .i = (int64_t)x});
}
static const sdx_upgrade_rule norm_upgrades[] = {{.below = 2, .apply = from_1}};

static const pool_row average_row = {
    .kind = POOL_AVERAGE, .ceil_mode = CEIL_MODE, .count_include_pad = OWN};
static const pool_row max_row = {.kind = POOL_MAX, .ceil_mode = CEIL_MODE, .storage_order = OWN};
static const pool_row norm_row = {.kind = POOL_NORM, .ceil_mode = CEIL_MODE, .p = OWN};
static const pool_row global_average_row = {.kind = POOL_AVERAGE, .global = true};
static const pool_row global_max_row = {.kind = POOL_MAX, .global = true};
static const pool_row global_norm_row = {.kind = POOL_NORM, .global = true};

/* What all rows share: HOOKS stands for the hooks and what binding leaves. */
#define HOOKS                                                                                  \
    .domain = "", .since = 1, .newest = 22, .flags = SDX_OP_WIDEN, .bound_size = sizeof(pool), \
    .infer = infer, .bind = bind, .run = run

const sdx_op sdx_op_average_pool = {
    .name = "AveragePool",
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, average_attrs),
    .data = &average_row,
    HOOKS,
};

const sdx_op sdx_op_max_pool = {
    .name = "MaxPool",
    SDX_ROWS(inputs, max_inputs),
    SDX_ROWS(outputs, max_outputs),
    SDX_ROWS(attrs, max_attrs),
    .data = &max_row,
    HOOKS,
};

const sdx_op sdx_op_lp_pool = {
    .name = "LpPool",
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, norm_attrs),
    SDX_ROWS(upgrades, norm_upgrades),
    .data = &norm_row,
    HOOKS,
};

const sdx_op sdx_op_global_average_pool = {
    .name = "GlobalAveragePool",
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    .data = &global_average_row,
    HOOKS,
};

const sdx_op sdx_op_global_max_pool = {
    .name = "GlobalMaxPool",
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    .data = &global_max_row,
    HOOKS,
};

const sdx_op sdx_op_global_lp_pool = {
    .name = "GlobalLpPool",
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, global_norm_attrs),
    SDX_ROWS(upgrades, norm_upgrades),
    .data = &global_norm_row,
    HOOKS,
};
