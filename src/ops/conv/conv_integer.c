/* ConvInteger and QLinearConv: convolutions of bytes, each less its zero point. Strips of im2col
 * columns, in which padding counts as the zero point, go through the kernel for bytes; zero points
 * come in through sums of rows and columns. QLinearConv scales and rounds the sums on their way
 * out. */
#include <math.h>
#include <string.h>

#include "ops/conv/columns.h"
#include "ops/conv/shape.h"
#include "ops/work.h"

#define BYTES (SDX_T(INT8) | SDX_T(UINT8))

enum { GROUP = SDX_WINDOW_ATTRS };
enum { STRIP = 256 }; /* outputs at a time */
enum { NONE = 99 };   /* an input that an operator does not have */

/* Where an operator has its inputs. */
typedef struct integer_row {
    sdx_conv_ports ports;
    size_t x_zero, w_zero;
    size_t x_scale, w_scale, y_scale, y_zero; /* NONE: sums are the result */
} integer_row;

/* ---- inference */

static sdx_status check_count(const sdx_infer *in, size_t i, sdx_dim channels) {
    if (!sdx_infer_ranked(in, i)) return NULL;
    sdx_dim len = 1;
    for (int d = 0; d < in->in[i].rank; d++) {
        len = sdx_dim_mul(in->dims, len, in->in[i].dims[d]);
    }
    const bool known = sdx_dim_is_number(len) && sdx_dim_is_number(channels);
    if (!known || len == 1 || len == channels) return NULL;
    if (channels == 1)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s' has %lld elements, expected 1",
                        in->node->op->inputs[i].name, (long long)len);
    return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s' has %lld elements, expected 1 or %lld",
                    in->node->op->inputs[i].name, (long long)len, (long long)channels);
}

static sdx_status infer(sdx_infer *in) {
    const integer_row *const row = in->node->op->data;
    const size_t ones[] = {row->x_zero, row->x_scale, row->y_scale, row->y_zero};
    for (size_t i = 0; i < sizeof ones / sizeof *ones; i++) {
        SDX_TRY(check_count(in, ones[i], 1));
    }
    if (row->y_scale == NONE) sdx_infer_set_dtype(in, 0, SDX_INT32);
    if (sdx_infer_ranked(in, row->ports.w) && in->in[row->ports.w].rank > 0) {
        SDX_TRY(check_count(in, row->w_zero, in->in[row->ports.w].dims[0]));
        SDX_TRY(check_count(in, row->w_scale, in->in[row->ports.w].dims[0]));
    }
    return sdx_conv_infer(in, &row->ports);
}

/* ---- binding */

typedef struct conv_integer {
    sdx_conv_sizes sizes;
    size_t strip, strips;
    size_t columns_size, pack_size, sums_size, product_size, lane_size; /* bytes */
} conv_integer;

static bool round_mul(size_t a, size_t b, size_t *out) {
    return sdx_mul_size(a, b, out) && sdx_round_up(*out, 64, out);
}

static sdx_status bind(sdx_bind *b) {
    conv_integer *const c = b->bound;
    const integer_row *const row = b->node->op->data;
    const sdx_exact_table *const kernels = sdx_exact_kernels();
    SDX_TRY(sdx_conv_bind(b->node, &row->ports, b->in[row->ports.x], b->in[row->ports.w], b->out[0],
                          &c->sizes));
    const sdx_conv_sizes *const s = &c->sizes;
    b->how = "8-bit product with im2col columns, sums in int32";
    c->strip = s->window.out_len < STRIP ? s->window.out_len : STRIP;
    c->strips = c->strip > 0 ? (s->window.out_len + c->strip - 1) / c->strip : 0;
    size_t kernel;
    if (!round_mul(s->depth, c->strip, &c->columns_size) ||
        !round_mul(1, kernels->gemm_i8_pack_size(c->strip, s->depth), &c->pack_size) ||
        !round_mul(c->strip, sizeof(int32_t), &c->sums_size) ||
        !round_mul(s->out_channels * c->strip, sizeof(int32_t), &c->product_size) ||
        !round_mul(1, kernels->gemm_i8_scratch(s->out_channels, s->depth), &kernel) ||
        !sdx_add_size(c->columns_size + c->pack_size + c->sums_size + c->product_size, kernel,
                      &c->lane_size) ||
        !sdx_mul_size(c->lane_size, b->lanes, &b->scratch))
        return sdx_fail(SDX_LIMIT, "found scratch beyond the address space");
    return NULL;
}

/* ---- running */

typedef struct job {
    const conv_integer *conv;
    const sdx_view *x, *w, *bias, *w_zero, *w_scale;
    sdx_view *y;
    char *scratch;
    int32_t x_zero, y_zero;
    float scale; /* of x over that of y */
    bool scaled;
} job;

/* One strip of one group of one image. */
typedef struct unit {
    size_t plane, channel, col, n;
    int32_t *sums, *product;
} unit;

static size_t element(const sdx_view *list, size_t channel) { return list->len == 1 ? 0 : channel; }

/* Columns, packed, times the weights of the group. */
static void multiply(const job *j, const unit *u, char *columns) {
    const conv_integer *const c = j->conv;
    const sdx_conv_sizes *const s = &c->sizes;
    char *const pack = columns + c->columns_size;
    const bool x_signed = j->x->dtype == SDX_INT8;
    sdx_columns what = {.window = &s->window,
                        .channels = s->in_channels,
                        .first = u->col,
                        .n = u->n,
                        .row = u->n,
                        .fill = {(char)(j->x_zero & 0xff)}};
    sdx_columns_fill(
        columns, (const char *)j->x->data + u->plane * s->in_channels * s->window.in_len, 1, &what);
    const sdx_matrix_i8 matrix = {.src = columns,
                                  .rows = s->depth,
                                  .cols = u->n,
                                  .row = u->n,
                                  .col = 1,
                                  .is_signed = x_signed};
    sdx_exact_kernels()->gemm_i8_pack(pack, u->sums, &matrix);
    const sdx_gemm_i8 g = {.m1 = s->out_channels,
                           .n = u->n,
                           .k = s->depth,
                           .a = (const char *)j->w->data + u->channel * s->depth,
                           .a_row = s->depth,
                           .b = pack,
                           .c = u->product,
                           .c_row = u->n,
                           .a_signed = j->w->dtype == SDX_INT8,
                           .b_signed = x_signed,
                           .scratch = (char *)u->product + c->product_size};
    sdx_exact_kernels()->gemm_i8(&g);
}

/* Zero points and bias, in wrapping arithmetic. */
static void correct(const job *j, const unit *u, size_t channel, int32_t *line) {
    const size_t depth = j->conv->sizes.depth;
    const char *const w = (const char *)j->w->data + channel * depth;
    const uint32_t zx = (uint32_t)j->x_zero;
    const uint32_t zw =
        j->w_zero != NULL ? (uint32_t)sdx_view_int(j->w_zero, element(j->w_zero, channel)) : 0;
    const uint32_t row_sum =
        (uint32_t)sdx_exact_kernels()->sum_i8(w, depth, j->w->dtype == SDX_INT8);
    const uint32_t bias = j->bias != NULL ? (uint32_t)sdx_view_int(j->bias, channel) : 0;
    const uint32_t term = bias - zx * (row_sum - (uint32_t)depth * zw);
    for (size_t i = 0; i < u->n; i++) {
        line[i] = (int32_t)((uint32_t)line[i] + term - zw * (uint32_t)u->sums[i]);
    }
}

/* ONNX: QLinearConv-10: scaled, rounded to even, then the zero point, then saturated. */
static void requantise(const job *j, size_t channel, const int32_t *line, size_t at, size_t n) {
    const float scale = j->scale * (float)sdx_view_double(j->w_scale, element(j->w_scale, channel));
    const bool is_signed = j->y->dtype == SDX_INT8;
    const float low = is_signed ? INT8_MIN : 0, high = is_signed ? INT8_MAX : UINT8_MAX;
    uint8_t *const y = (uint8_t *)j->y->data + at;
    for (size_t i = 0; i < n; i++) {
        const float x = nearbyintf((float)line[i] * scale) + (float)j->y_zero;
        const float in_range = x > low ? (x < high ? x : high) : low; /* NaN is low */
        y[i] = (uint8_t)((int)in_range & 0xff);
    }
}

static void run_unit(const job *j, size_t index, unsigned lane) {
    const conv_integer *const c = j->conv;
    const sdx_conv_sizes *const s = &c->sizes;
    const size_t col = index % c->strips * c->strip, left = s->window.out_len - col;
    char *const own = j->scratch + lane * c->lane_size;
    unit u = {.plane = index / c->strips, .col = col, .n = left < c->strip ? left : c->strip};
    u.channel = u.plane % s->groups * s->out_channels;
    u.sums = (int32_t *)(void *)(own + c->columns_size + c->pack_size);
    u.product = (int32_t *)(void *)((char *)u.sums + c->sums_size);
    multiply(j, &u, own);
    for (size_t m = 0; m < s->out_channels; m++) {
        int32_t *const line = u.product + m * u.n;
        const size_t at = (u.plane * s->out_channels + m) * s->window.out_len + col;
        correct(j, &u, u.channel + m, line);
        if (j->scaled)
            requantise(j, u.channel + m, line, at, u.n);
        else
            memcpy((int32_t *)j->y->data + at, line, u.n * sizeof *line);
    }
}

static void run_units(void *arg, size_t begin, size_t end, unsigned lane) {
    for (size_t i = begin; i < end; i++) {
        run_unit(arg, i, lane);
    }
}

static int32_t zero_of(const sdx_call *c, size_t i) {
    const sdx_view *const zero = sdx_call_in(c, i);
    return zero != NULL ? (int32_t)sdx_view_int(zero, 0) : 0;
}

static sdx_status run(const sdx_call *c) {
    const conv_integer *const conv = c->bound;
    const integer_row *const row = c->node->op->data;
    const sdx_conv_sizes *const s = &conv->sizes;
    job j = {.conv = conv,
             .x = c->in[row->ports.x],
             .w = c->in[row->ports.w],
             .bias = sdx_call_in(c, row->ports.bias),
             .w_zero = sdx_call_in(c, row->w_zero),
             .w_scale = sdx_call_in(c, row->w_scale),
             .y = c->out[0],
             .scratch = c->scratch,
             .x_zero = zero_of(c, row->x_zero),
             .y_zero = zero_of(c, row->y_zero),
             .scaled = row->y_scale != NONE};
    if (j.y->len == 0) return NULL;
    if (j.scaled)
        j.scale = (float)(sdx_view_double(c->in[row->x_scale], 0) /
                          sdx_view_double(c->in[row->y_scale], 0));
    const size_t work = s->depth * (s->out_channels / 16 + 1) * conv->strip;
    sdx_call_tiles(c, s->images * s->groups * conv->strips, sdx_grain(work), run_units, &j);
    return NULL;
}

/* ---- rows */

static const sdx_attr_def attrs[] = {SDX_WINDOW_ROWS, [GROUP] = SDX_ATTR_I("group", 1)};

static const sdx_port integer_inputs[] = {
    {.name = "x", .var = "T1", .types = BYTES},
    {.name = "w", .var = "T2", .types = BYTES},
    {.name = "x_zero_point", .var = "T1", .types = BYTES, .flags = SDX_PORT_OPTIONAL},
    {.name = "w_zero_point", .var = "T2", .types = BYTES, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port integer_outputs[] = {{.name = "y", .var = "T3", .types = SDX_T(INT32)}};
static const integer_row conv_integer_row = {
    .ports = {.x = 0, .w = 1, .bias = NONE, .group = GROUP},
    .x_zero = 2,
    .w_zero = 3,
    .x_scale = NONE,
    .w_scale = NONE,
    .y_scale = NONE,
    .y_zero = NONE,
};

static const sdx_port linear_inputs[] = {
    {.name = "x", .var = "T1", .types = BYTES},
    {.name = "x_scale", .var = "S1", .types = SDX_T(FLOAT32)},
    {.name = "x_zero_point", .var = "T1", .types = BYTES},
    {.name = "w", .var = "T2", .types = BYTES},
    {.name = "w_scale", .var = "S2", .types = SDX_T(FLOAT32)},
    {.name = "w_zero_point", .var = "T2", .types = BYTES},
    {.name = "y_scale", .var = "S3", .types = SDX_T(FLOAT32)},
    {.name = "y_zero_point", .var = "T3", .types = BYTES},
    {.name = "B", .var = "T4", .types = SDX_T(INT32), .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port linear_outputs[] = {{.name = "y", .var = "T3", .types = BYTES}};
static const integer_row qlinear_conv_row = {
    .ports = {.x = 0, .w = 3, .bias = 8, .group = GROUP},
    .x_scale = 1,
    .x_zero = 2,
    .w_scale = 4,
    .w_zero = 5,
    .y_scale = 6,
    .y_zero = 7,
};

const sdx_op sdx_op_conv_integer = {
    .name = "ConvInteger",
    .domain = "",
    .since = 10,
    .newest = 10,
    SDX_ROWS(inputs, integer_inputs),
    SDX_ROWS(outputs, integer_outputs),
    SDX_ROWS(attrs, attrs),
    .data = &conv_integer_row,
    .bound_size = sizeof(conv_integer),
    .infer = infer,
    .bind = bind,
    .run = run,
    .flops = sdx_flops_conv,
};

const sdx_op sdx_op_qlinear_conv = {
    .name = "QLinearConv",
    .domain = "",
    .since = 10,
    .newest = 10,
    SDX_ROWS(inputs, linear_inputs),
    SDX_ROWS(outputs, linear_outputs),
    SDX_ROWS(attrs, attrs),
    .data = &qlinear_conv_row,
    .bound_size = sizeof(conv_integer),
    .infer = infer,
    .bind = bind,
    .run = run,
    .flops = sdx_flops_qlinear_conv,
};
