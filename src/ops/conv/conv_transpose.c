/* ConvTranspose: every input spreads over the outputs that a convolution of the same window would
 * have made it from. A block of output channels is a product, columns = weights^T x, whose columns
 * are then added to where they belong, strip by strip of the input. */
#include "ops/conv/columns.h"
#include "ops/work.h"

enum { IN_X, IN_W, IN_B };
enum { GROUP = SDX_WINDOW_ATTRS, OUTPUT_PADDING, OUTPUT_SHAPE };
enum {
    COLUMNS_LEN = 128 * 1024, /* elements of columns of a lane */
    STRIP_MIN = 64,
    UNITS_PER_LANE = 4
};

static const sdx_port inputs[] = {
    {.name = "X", .var = "T", .types = SDX_T_FLOATS},
    {.name = "W", .var = "T", .types = SDX_T_FLOATS},
    {.name = "B", .var = "T", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_attr_def attrs[] = {
    SDX_WINDOW_ROWS,
    [GROUP] = SDX_ATTR_I("group", 1),
    [OUTPUT_PADDING] = SDX_ATTR_OPT("output_padding", SDX_ATTR_INTS),
    [OUTPUT_SHAPE] = SDX_ATTR_OPT("output_shape", SDX_ATTR_INTS),
};

/* ---- inference */

typedef struct request {
    sdx_window_spec window;
    sdx_dim extra[SDX_WINDOW_MAX]; /* output_padding */
    bool has_shape;
    sdx_dim shape[SDX_WINDOW_MAX]; /* output_shape */
} request;

/* Some exporters write N and C in front of output_shape. */
static sdx_status read_shape(const sdx_node *node, size_t rank, request *r) {
    const sdx_attr *const shape = sdx_node_attr(node, OUTPUT_SHAPE);
    r->has_shape = shape->kind != SDX_ATTR_ABSENT && shape->n > 0;
    if (!r->has_shape || shape->n != rank + 2)
        return sdx_window_list(node, OUTPUT_SHAPE, rank, 0, 0, r->shape);
    for (size_t i = 0; i < rank; i++) {
        r->shape[i] = sdx_dim_number(shape->ints[i + 2]);
    }
    return NULL;
}

static sdx_status read_request(const sdx_node *node, size_t rank, const sdx_dim *kernel,
                               request *r) {
    SDX_TRY(sdx_window_read(node, rank, &r->window));
    SDX_TRY(sdx_window_take_kernel(&r->window, kernel));
    SDX_TRY(sdx_window_list(node, OUTPUT_PADDING, rank, 0, 0, r->extra));
    return read_shape(node, rank, r);
}

/* What the inputs spread over: stride * (in - 1) + extra + (kernel - 1) * dilation + 1. */
static sdx_dim spread(sdx_dims *dims, const request *r, size_t i, sdx_dim in) {
    const sdx_window_spec *const w = &r->window;
    const sdx_dim steps = sdx_dim_mul(dims, w->stride[i], sdx_dim_sub(dims, in, 1));
    const sdx_dim reach = sdx_dim_mul(dims, w->dilation[i], sdx_dim_sub(dims, w->kernel[i], 1));
    return sdx_dim_add(dims, steps, sdx_dim_add(dims, reach, r->extra[i] + 1));
}

static bool same(const request *r) {
    return r->window.auto_pad == SDX_PAD_SAME_UPPER || r->window.auto_pad == SDX_PAD_SAME_LOWER;
}

static sdx_dim out_size(sdx_dims *dims, const request *r, size_t i, sdx_dim in) {
    if (r->has_shape) return r->shape[i];
    if (same(r)) return sdx_dim_mul(dims, in, r->window.stride[i]);
    return sdx_dim_sub(dims, spread(dims, r, i, in), r->window.before[i] + r->window.after[i]);
}

static sdx_status check(const sdx_infer *in, int64_t group) {
    const int rank_x = in->in[IN_X].rank, rank_w = in->in[IN_W].rank;
    char x[160], w[160];
    sdx_infer_shape_text(in, IN_X, x, sizeof x);
    sdx_infer_shape_text(in, IN_W, w, sizeof w);
    if (group < 1 || group > INT32_MAX)
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'group' is %lld, expected 1 or more",
                        (long long)group);
    if (rank_x < 3 || rank_x != rank_w)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "inputs 'X' and 'W' have shapes %s and %s, expected equal ranks of 3 or "
                        "more: [N, C, sizes] and [C, M / group, kernel]",
                        x, w);
    const sdx_dim channels = in->in[IN_X].dims[1], rows = in->in[IN_W].dims[0];
    const bool differ = sdx_dim_is_number(channels) && sdx_dim_is_number(rows) && channels != rows;
    if (differ || (sdx_dim_is_number(rows) && rows % group != 0))
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "inputs 'X' and 'W' have shapes %s and %s, expected as many channels as "
                        "rows of 'W', a multiple of group, which is %lld",
                        x, w, (long long)group);
    return NULL;
}

static sdx_status check_bias(const sdx_infer *in, sdx_dim channels) {
    SDX_TRY(sdx_infer_want_rank(in, IN_B, 1));
    if (!sdx_infer_ranked(in, IN_B)) return NULL;
    const sdx_dim len = in->in[IN_B].dims[0];
    if (!sdx_dim_is_number(len) || !sdx_dim_is_number(channels) || len == channels) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "input 'B' has %lld elements, expected one for each of %lld channels",
                    (long long)len, (long long)channels);
}

static sdx_status infer(sdx_infer *in) {
    if (!sdx_infer_ranked(in, IN_X) || !sdx_infer_ranked(in, IN_W)) return NULL;
    const int64_t group = sdx_node_int(in->node, GROUP);
    SDX_TRY(check(in, group));
    const size_t rank = (size_t)in->in[IN_X].rank;
    const sdx_dim *const x = in->in[IN_X].dims, *const w = in->in[IN_W].dims;
    sdx_dim dims[SDX_MAX_RANK] = {x[0], sdx_dim_mul(in->dims, w[1], group)};
    request r;
    SDX_TRY(check_bias(in, dims[1]));
    SDX_TRY(read_request(in->node, rank - 2, w + 2, &r));
    for (size_t i = 0; i + 2 < rank; i++) {
        dims[i + 2] = out_size(in->dims, &r, i, x[i + 2]);
    }
    return sdx_infer_set_shape(in, 0, rank, dims);
}

/* ---- binding */

typedef struct conv_transpose {
    sdx_window_nd window; /* of the convolution whose input is our output */
    size_t images, groups, in_channels, out_channels; /* channels of a group */
    size_t strip;         /* inputs at a time; from the shapes alone, for it orders the sums */
    size_t block, blocks; /* output channels at a time; blocks of a group */
    size_t columns_size, lane_size;
} conv_transpose;

/* Pads: as given, or what makes the size come out. */
static void find_pads(const request *r, conv_transpose *t, size_t i) {
    sdx_window_nd *const w = &t->window;
    if (!r->has_shape && !same(r)) return;
    const sdx_dim total = spread(NULL, r, i, (sdx_dim)w->out[i]) - (sdx_dim)w->in[i];
    sdx_window_halve(r->window.auto_pad, total > 0 ? (size_t)total : 0, &w->before[i],
                     &w->after[i]);
}

static size_t at_least_one(size_t n) { return n > 0 ? n : 1; }

static void cut(conv_transpose *t, unsigned lanes) {
    const size_t taps = at_least_one(t->window.taps);
    t->strip = at_least_one(COLUMNS_LEN / 4 / taps);
    if (t->strip < STRIP_MIN) t->strip = STRIP_MIN;
    if (t->strip > t->window.out_len) t->strip = at_least_one(t->window.out_len);
    t->block = at_least_one(COLUMNS_LEN / (t->strip * taps));
    const size_t planes = at_least_one(t->images * t->groups);
    const size_t wanted = (lanes * UNITS_PER_LANE + planes - 1) / planes;
    const size_t even = (t->out_channels + wanted - 1) / wanted;
    if (lanes > 1 && even < t->block) t->block = at_least_one(even);
    if (t->block > t->out_channels) t->block = at_least_one(t->out_channels);
    t->blocks = (t->out_channels + t->block - 1) / t->block;
}

static sdx_status size_scratch(conv_transpose *t, size_t element, sdx_bind *b) {
    const sdx_gemm_info *const info = b->kernels->gemm_f32_info();
    size_t len, all;
    if (!sdx_mul_size(t->block * t->strip, t->window.taps, &len) ||
        !sdx_mul_size(len, element, &len) || !sdx_round_up(len, 64, &t->columns_size))
        return sdx_fail(SDX_LIMIT, "found scratch beyond the address space");
    const sdx_gemm_f32 g = {.m = t->block * t->window.taps, .n = t->strip, .k = t->in_channels};
    len = element == sizeof(float) ? sdx_gemm_f32_scratch(info, &g) : 0;
    if (!sdx_add_size(len, t->columns_size, &len) || !sdx_round_up(len, 64, &t->lane_size) ||
        !sdx_mul_size(t->lane_size, b->lanes, &all))
        return sdx_fail(SDX_LIMIT, "found scratch beyond the address space");
    b->scratch = all;
    return NULL;
}

static sdx_status bind(sdx_bind *b) {
    conv_transpose *const t = b->bound;
    const sdx_view *const x = b->in[IN_X], *const w = b->in[IN_W], *const y = b->out[0];
    request r;
    SDX_TRY(read_request(b->node, x->rank - 2u, w->dims + 2, &r));
    /* auto_pad means something else here than in a convolution */
    sdx_window_spec given = r.window;
    given.auto_pad = SDX_PAD_GIVEN;
    sdx_window_bind(&given, y->dims + 2, x->dims + 2, &t->window);
    for (size_t i = 0; i < t->window.rank; i++) {
        find_pads(&r, t, i);
    }
    t->images = (size_t)x->dims[0];
    t->groups = (size_t)sdx_node_int(b->node, GROUP);
    t->in_channels = (size_t)w->dims[0] / t->groups;
    t->out_channels = (size_t)w->dims[1];
    cut(t, b->lanes);
    b->how = "product into columns, which are added where they belong";
    return size_scratch(t, sdx_dtype_size(x->dtype), b);
}

/* ---- running */

typedef struct job {
    const sdx_kernel_table *kernels;
    const conv_transpose *t;
    const void *x, *w, *bias;
    void *y;
    char *scratch;
} job;

/* One strip of one block of output channels. */
typedef struct unit {
    size_t x, w;     /* elements: the strip's first input; the block's first weight */
    size_t rows, n;  /* rows of the columns: channels of the block times taps; inputs */
    size_t row_of_w; /* elements between rows of W */
    void *columns;
    float *scratch;
} unit;

static void multiply_f32(const job *j, const unit *u) {
    const sdx_gemm_f32 g = {.m = u->rows,
                            .n = u->n,
                            .k = j->t->in_channels,
                            .m1 = u->rows,
                            .n1 = u->n,
                            .a = (const float *)j->w + u->w,
                            .a_row = 1,
                            .a_col = u->row_of_w,
                            .b = (const float *)j->x + u->x,
                            .b_row = j->t->window.out_len,
                            .c = u->columns,
                            .c_row = u->n,
                            .alpha = 1.0f,
                            .scratch = u->scratch};
    j->kernels->gemm_f32(&g);
}

static void multiply_f64(const job *j, const unit *u) {
    const sdx_gemm_plain g = {.m1 = u->rows,
                              .n = u->n,
                              .k = j->t->in_channels,
                              .a_row = 1,
                              .a_col = u->row_of_w,
                              .b_row = j->t->window.out_len,
                              .b_col = 1,
                              .c_row = u->n};
    j->kernels->gemm_f64(u->columns, (const double *)j->w + u->w, (const double *)j->x + u->x, &g);
}

#define T float
#define NAME(x) x##_f32
#include "ops/conv/conv_transpose_tmpl.h"
#define T double
#define NAME(x) x##_f64
#include "ops/conv/conv_transpose_tmpl.h"

static sdx_status run(const sdx_call *c) {
    const conv_transpose *const t = c->bound;
    const sdx_view *const x = c->in[IN_X], *const bias = sdx_call_in(c, IN_B);
    job j = {.kernels = c->kernels,
             .t = t,
             .x = x->data,
             .w = c->in[IN_W]->data,
             .bias = bias != NULL ? bias->data : NULL,
             .y = c->out[0]->data,
             .scratch = c->scratch};
    if (c->out[0]->len == 0) return NULL;
    const size_t work = t->block * t->window.taps * t->window.out_len * (t->in_channels + 1);
    sdx_call_tiles(c, t->images * t->groups * t->blocks, sdx_grain(work / 8),
                   x->dtype == SDX_FLOAT64 ? blocks_f64 : blocks_f32, &j);
    return NULL;
}

const sdx_op sdx_op_conv_transpose = {
    .name = "ConvTranspose",
    .domain = "",
    .since = 1,
    .newest = 22,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(conv_transpose),
    .infer = infer,
    .bind = bind,
    .run = run,
    .flops = sdx_flops_conv_transpose,
};
