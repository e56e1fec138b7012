/* DeformConv: a convolution whose taps look aside, as far as an input says for each output (Dai et
 * al. 2017; with a mask, Zhu et al. 2019). Strip by strip: columns of what the taps see between the
 * elements, then a product with the weights. */
#include "ops/conv/shape.h"
#include "ops/image/sampler.h"

enum { IN_X, IN_W, IN_OFFSET, IN_B, IN_MASK };
/* auto_pad comes with the rows of windows; ONNX has none here. */
enum { GROUP = SDX_WINDOW_ATTRS, OFFSET_GROUP };
enum { STRIP_BYTES = 1 << 18, STRIP_MIN = 16, STRIP_MAX = 512 };

static const sdx_port inputs[] = {
    {.name = "X", .var = "T", .types = SDX_T_FLOATS},
    {.name = "W", .var = "T", .types = SDX_T_FLOATS},
    {.name = "offset", .var = "T", .types = SDX_T_FLOATS},
    {.name = "B", .var = "T", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
    {.name = "mask", .var = "T", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_attr_def attrs[] = {
    SDX_WINDOW_ROWS,
    [GROUP] = SDX_ATTR_I("group", 1),
    [OFFSET_GROUP] = SDX_ATTR_I("offset_group", 1),
};
static const sdx_conv_ports ports = {.x = IN_X, .w = IN_W, .bias = IN_B, .group = GROUP};

/* ---- inference */

/* Input `i` is [N, channels, sizes of the output]. */
static sdx_status check_like_output(const sdx_infer *in, size_t i, sdx_dim channels) {
    const sdx_fact *const fact = &in->in[i], *const y = &in->out[0];
    if (!sdx_infer_ranked(in, i)) return NULL;
    SDX_TRY(sdx_infer_want_rank(in, i, y->rank));
    for (int d = 0; d < y->rank; d++) {
        const sdx_dim want = d == 1 ? channels : y->dims[d];
        if (!sdx_dim_is_number(want) || !sdx_dim_is_number(fact->dims[d]) || fact->dims[d] == want)
            continue;
        char text[160];
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input '%s' has shape %s, expected %lld in dimension %d", inputs[i].name,
                        sdx_infer_shape_text(in, i, text, sizeof text), (long long)want, d);
    }
    return NULL;
}

static sdx_status infer(sdx_infer *in) {
    const int64_t groups = sdx_node_int(in->node, OFFSET_GROUP);
    SDX_TRY(sdx_conv_infer(in, &ports));
    if (in->out[0].rank < 0) return NULL;
    const sdx_dim channels = in->in[IN_X].dims[1];
    if (groups < 1 || groups > INT32_MAX || (sdx_dim_is_number(channels) && channels % groups != 0))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'offset_group' is %lld, expected a divisor of the number of "
                        "input channels",
                        (long long)groups);
    sdx_dim taps = groups;
    for (int d = 2; d < in->in[IN_W].rank; d++) {
        taps = sdx_dim_mul(in->dims, taps, in->in[IN_W].dims[d]);
    }
    SDX_TRY(check_like_output(in, IN_OFFSET, sdx_dim_mul(in->dims, taps, in->out[0].rank - 2)));
    return check_like_output(in, IN_MASK, taps);
}

/* ---- binding */

typedef struct deform_conv {
    sdx_conv_sizes sizes;
    sdx_sampler sampler;
    size_t channels, parts, part; /* inputs; offset groups, and the channels of one */
    size_t strip, strips;         /* outputs in a strip; strips of a plane */
    size_t columns_size, points_size, lane_size; /* bytes of scratch */
} deform_conv;

/* Strips that stay in the cache; from shapes alone, so that no result depends on the lanes. */
static void cut(deform_conv *d, size_t element) {
    const size_t depth = d->sizes.depth > 0 ? d->sizes.depth : 1, out = d->sizes.window.out_len;
    size_t strip = STRIP_BYTES / element / depth / STRIP_MIN * STRIP_MIN;
    if (strip < STRIP_MIN) strip = STRIP_MIN;
    if (strip > STRIP_MAX) strip = STRIP_MAX;
    d->strip = strip < out ? strip : out;
    d->strips = d->strip > 0 ? (out + d->strip - 1) / d->strip : 0;
}

static sdx_status size_scratch(deform_conv *d, const sdx_bind *b, size_t element, size_t *out) {
    const sdx_gemm_f32 g = {.m = d->sizes.out_channels, .n = d->strip, .k = d->sizes.depth};
    const size_t product =
        element == sizeof(float) ? sdx_gemm_f32_scratch(b->kernels->gemm_f32_info(), &g) : 0;
    const size_t place = d->sampler.points * sizeof(sdx_point) + sizeof(size_t);
    d->points_size =
        (d->strip * place + 63) & ~(size_t)63; /* bounded: STRIP_MAX, and the sampler */
    if (!sdx_mul_size(d->strip, d->sizes.depth, &d->columns_size) ||
        !sdx_mul_size(d->columns_size, element, &d->columns_size) ||
        !sdx_round_up(d->columns_size, 64, &d->columns_size) ||
        !sdx_add_size(d->columns_size, d->points_size, &d->lane_size) ||
        !sdx_add_size(d->lane_size, product, &d->lane_size) ||
        !sdx_round_up(d->lane_size, 64, &d->lane_size) ||
        !sdx_mul_size(d->lane_size, b->lanes, out))
        return sdx_fail(SDX_LIMIT, "found scratch beyond the address space");
    return NULL;
}

static sdx_status bind(sdx_bind *b) {
    deform_conv *const d = b->bound;
    const sdx_view *const x = b->in[IN_X], *const y = b->out[0];
    if (y == NULL || y->len == 0) return NULL;
    SDX_TRY(sdx_conv_bind(b->node, &ports, x, b->in[IN_W], y, &d->sizes));
    d->sampler = (sdx_sampler){.mode = SDX_SAMPLE_LINEAR, .rank = d->sizes.window.rank};
    for (size_t i = 0; i < d->sampler.rank; i++) {
        d->sampler.in[i] = d->sizes.window.in[i];
    }
    SDX_TRY(sdx_sampler_init(&d->sampler));
    d->channels = (size_t)x->dims[1];
    d->parts = (size_t)sdx_node_int(b->node, OFFSET_GROUP);
    d->part = d->channels / d->parts;
    cut(d, sdx_dtype_size(x->dtype));
    return size_scratch(d, b, sdx_dtype_size(x->dtype), &b->scratch);
}

/* ---- running */

typedef struct job {
    const deform_conv *bound;
    const sdx_call *call;
    const void *x, *w, *offsets, *bias, *mask;
    void *y;
} job;

/* A strip of outputs of one image and group, and a lane's scratch. */
typedef struct strip {
    size_t image, group, first, n;
    sdx_point *points; /* places, each with so many as the sampler says; `count` of them count */
    size_t *count;
    void *columns, *product;
} strip;

static void next_index(size_t rank, const size_t *dims, size_t *place) {
    for (size_t d = rank; d-- > 0;) {
        if (++place[d] < dims[d]) return;
        place[d] = 0;
    }
}

static void first_output(const sdx_window_nd *w, size_t at, size_t *place) {
    for (size_t d = w->rank; d-- > 0; at /= w->out[d]) {
        place[d] = at % w->out[d];
    }
}

#define T float
#define NAME(x) x##_f32
#include "ops/conv/deform_conv_tmpl.h"
#define T double
#define NAME(x) x##_f64
#include "ops/conv/deform_conv_tmpl.h"

static strip find_strip(const job *j, size_t index, unsigned lane) {
    const deform_conv *const d = j->bound;
    const size_t plane = index / d->strips, first = index % d->strips * d->strip;
    const size_t left = d->sizes.window.out_len - first;
    char *const scratch = (char *)j->call->scratch + lane * d->lane_size;
    strip s = {.image = plane / d->sizes.groups,
               .group = plane % d->sizes.groups,
               .first = first,
               .n = left < d->strip ? left : d->strip,
               .columns = scratch,
               .points = (sdx_point *)(void *)(scratch + d->columns_size),
               .product = scratch + d->columns_size + d->points_size};
    s.count = (size_t *)(void *)(s.points + d->strip * d->sampler.points);
    return s;
}

/* The first output channel of a strip's group, and where its outputs begin. */
static size_t row_of(const job *j, const strip *s) {
    return (s->image * j->bound->sizes.groups + s->group) * j->bound->sizes.out_channels;
}

static void strip_f32(const job *j, const strip *s) {
    const sdx_conv_sizes *const sizes = &j->bound->sizes;
    const size_t channel = s->group * sizes->out_channels, len = sizes->window.out_len;
    fill_f32(j, s);
    const sdx_gemm_f32 g = {.m = sizes->out_channels,
                            .n = s->n,
                            .k = sizes->depth,
                            .m1 = sizes->out_channels,
                            .n1 = s->n,
                            .a = (const float *)j->w + channel * sizes->depth,
                            .a_row = sizes->depth,
                            .a_col = 1,
                            .b = s->columns,
                            .b_row = s->n,
                            .c = (float *)j->y + row_of(j, s) * len + s->first,
                            .c_row = len,
                            .d = j->bias != NULL ? (const float *)j->bias + channel : NULL,
                            .d_row = 1,
                            .alpha = 1,
                            .beta = 1,
                            .scratch = s->product};
    j->call->kernels->gemm_f32(&g);
}

static void strip_f64(const job *j, const strip *s) {
    const sdx_conv_sizes *const sizes = &j->bound->sizes;
    const size_t channel = s->group * sizes->out_channels, len = sizes->window.out_len;
    double *const y = (double *)j->y + row_of(j, s) * len + s->first;
    fill_f64(j, s);
    const sdx_gemm_plain g = {.m1 = sizes->out_channels,
                              .n = s->n,
                              .k = sizes->depth,
                              .a_row = sizes->depth,
                              .a_col = 1,
                              .b_row = s->n,
                              .b_col = 1,
                              .c_row = len};
    j->call->kernels->gemm_f64(y, (const double *)j->w + channel * sizes->depth, s->columns, &g);
    for (size_t row = 0; row < sizes->out_channels && j->bias != NULL; row++) {
        double *const line = y + row * len;
        j->call->kernels->add_f64(line, line, (const double *)j->bias + channel + row, s->n,
                                  SDX_FORM_VS);
    }
}

static void strips(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    for (size_t i = begin; i < end; i++) {
        const strip s = find_strip(j, i, lane);
        if (j->call->in[IN_X]->dtype == SDX_FLOAT64)
            strip_f64(j, &s);
        else
            strip_f32(j, &s);
    }
}

static sdx_status run(const sdx_call *c) {
    const deform_conv *const d = c->bound;
    job j = {.bound = d,
             .call = c,
             .x = sdx_call_data(c, IN_X),
             .w = sdx_call_data(c, IN_W),
             .offsets = sdx_call_data(c, IN_OFFSET),
             .bias = sdx_call_data(c, IN_B),
             .mask = sdx_call_data(c, IN_MASK),
             .y = c->out[0]->data};
    if (c->out[0]->len == 0) return NULL;
    const size_t work = d->strip * d->sizes.depth;
    sdx_call_tiles(c, d->sizes.images * d->sizes.groups * d->strips,
                   sdx_grain(work * (d->sizes.out_channels / 8 + d->sampler.points)), strips, &j);
    return NULL;
}

const sdx_op sdx_op_deform_conv = {
    .name = "DeformConv",
    .domain = "",
    .since = 19,
    .newest = 22,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(deform_conv),
    .infer = infer,
    .bind = bind,
    .run = run,
};
