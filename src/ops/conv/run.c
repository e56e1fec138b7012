/* Convolution, unit by unit: each lane builds the columns of its strip and multiplies. */
#include "ops/conv/columns.h"
#include "ops/conv/method.h"

typedef struct job {
    const sdx_conv *conv;
    sdx_conv_data data;
    char *scratch;
} job;

/* One unit's place: the group's data, the strip and the rows. */
typedef struct unit {
    size_t x, w, y, bias; /* elements from the beginnings */
    size_t col, n;        /* the strip */
    size_t row0, row1;    /* output channels of the group */
    char *scratch;
} unit;

static unit find_unit(const job *j, size_t index, unsigned lane) {
    const sdx_conv *const c = j->conv;
    const sdx_conv_sizes *const s = &c->sizes;
    const size_t part = index % c->row_parts, strip = index / c->row_parts % c->strips;
    const size_t plane = index / c->row_parts / c->strips; /* image and group */
    const size_t channel = plane % s->groups * s->out_channels;
    const size_t col = strip * c->strip, row = part * c->rows;
    return (unit){.x = plane * s->in_channels * s->window.in_len,
                  .w = channel * s->depth,
                  .y = plane * s->out_channels * s->window.out_len + col,
                  .bias = channel,
                  .col = col,
                  .n = s->window.out_len - col < c->strip ? s->window.out_len - col : c->strip,
                  .row0 = row,
                  .row1 = s->out_channels - row < c->rows ? s->out_channels : row + c->rows,
                  .scratch = j->scratch + lane * c->lane_size};
}

static const float *f32(const void *base, size_t at) { return (const float *)base + at; }

/* B of the product: the columns of the strip. */
static void build_columns(const job *j, const unit *u, sdx_gemm_f32 *g) {
    const sdx_conv *const c = j->conv;
    const sdx_conv_sizes *const s = &c->sizes;
    float *const columns = (float *)(void *)u->scratch;
    g->b = columns;
    if (c->method == SDX_CONV_PANELS) {
        const size_t nr = c->kernels->gemm_f32_info()->nr;
        const sdx_im2col im2col = {.window = c->plane,
                                   .channels = s->in_channels,
                                   .first = u->col / nr,
                                   .last = (u->col + u->n + nr - 1) / nr};
        c->kernels->im2col_f32(columns, f32(j->data.x, u->x), &im2col);
        g->b_packed = true;
    } else if (c->method == SDX_CONV_POINTWISE) {
        g->b = f32(j->data.x, u->x + u->col);
        g->b_row = s->window.out_len;
    } else {
        const sdx_columns plain = {.window = &s->window,
                                   .channels = s->in_channels,
                                   .first = u->col,
                                   .n = u->n,
                                   .row = u->n};
        sdx_columns_fill(columns, f32(j->data.x, u->x), sizeof(float), &plain);
        g->b_row = u->n;
    }
}

static void product_unit(const job *j, const unit *u) {
    const sdx_conv *const c = j->conv;
    const sdx_conv_sizes *const s = &c->sizes;
    sdx_gemm_f32 g = {.m = s->out_channels,
                      .n = u->n,
                      .k = s->depth,
                      .m0 = u->row0,
                      .m1 = u->row1,
                      .n1 = u->n,
                      .a = f32(j->data.w, u->w),
                      .a_row = s->depth,
                      .a_col = 1,
                      .a_packed = c->packed,
                      .c = (float *)j->data.y + u->y,
                      .c_row = s->window.out_len,
                      .d_row = 1,
                      .alpha = 1.0f,
                      .beta = 1.0f,
                      .r = j->data.residual != NULL ? j->data.residual + u->y : NULL,
                      .r_row = s->window.out_len,
                      .post = c->post,
                      .p0 = c->p0,
                      .p1 = c->p1,
                      .scratch = (float *)(void *)(u->scratch + c->columns_size)};
    if (j->data.bias != NULL) g.d = f32(j->data.bias, u->bias);
    if (j->data.scale != NULL) {
        g.scale = j->data.scale + u->bias;
        g.shift = j->data.shift + u->bias;
    }
    build_columns(j, u, &g);
    c->kernels->gemm_f32(&g);
}

static void float64_unit(const job *j, const unit *u) {
    const sdx_conv_sizes *const s = &j->conv->sizes;
    const sdx_columns plain = {
        .window = &s->window, .channels = s->in_channels, .first = u->col, .n = u->n, .row = u->n};
    double *const columns = (double *)(void *)u->scratch, *const y =
                                                              (double *)(void *)j->data.y + u->y;
    sdx_columns_fill(columns, (const double *)(const void *)j->data.x + u->x, sizeof(double),
                     &plain);
    const sdx_gemm_plain g = {.m0 = u->row0,
                              .m1 = u->row1,
                              .n = u->n,
                              .k = s->depth,
                              .a_row = s->depth,
                              .a_col = 1,
                              .b_row = u->n,
                              .b_col = 1,
                              .c_row = s->window.out_len};
    j->conv->kernels->gemm_f64(y, (const double *)(const void *)j->data.w + u->w, columns, &g);
    if (j->data.bias == NULL) return;
    const double *const bias = (const double *)(const void *)j->data.bias + u->bias;
    for (size_t row = u->row0; row < u->row1; row++) {
        double *const line = y + row * s->window.out_len;
        sdx_exact_kernels()->add_f64(line, line, bias + row, u->n, SDX_FORM_VS);
    }
}

static void run_units(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    for (size_t i = begin; i < end; i++) {
        const unit u = find_unit(j, i, lane);
        if (j->conv->method == SDX_CONV_FLOAT64)
            float64_unit(j, &u);
        else
            product_unit(j, &u);
    }
}

static void run_planes(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const sdx_conv *const c = j->conv;
    const sdx_conv_sizes *const s = &c->sizes;
    const size_t len = s->window.out_len;
    for (size_t i = begin; i < end; i++) {
        const size_t channel = i % (s->groups * s->out_channels);
        float *const y = (float *)j->data.y + i * len;
        const sdx_depthwise_f32 depthwise = {
            .window = c->plane,
            .weight = f32(j->data.w, channel * s->window.taps),
            .bias = j->data.bias != NULL ? *f32(j->data.bias, channel) : 0.0f,
            .scale = j->data.scale != NULL ? j->data.scale[channel] : 1.0f,
            .shift = j->data.scale != NULL ? j->data.shift[channel] : -0.0f,
            .scratch = (float *)(void *)(j->scratch + lane * c->lane_size)};
        c->kernels->depthwise_f32(y, f32(j->data.x, i / s->out_channels * s->window.in_len),
                                  &depthwise);
        if (j->data.residual != NULL)
            c->kernels->add_f32(y, y, j->data.residual + i * len, len, SDX_FORM_VV);
        if (c->post != NULL) c->post(y, y, len, c->p0, c->p1);
    }
}

void sdx_conv_run(const sdx_conv *conv, const sdx_call *c, const sdx_conv_data *data) {
    const sdx_conv_sizes *const s = &conv->sizes;
    job j = {.conv = conv, .data = *data, .scratch = c->scratch};
    if (s->window.out_len == 0 || s->out_channels == 0) return;
    const size_t planes = s->images * s->groups;
    if (conv->method == SDX_CONV_DEPTHWISE) {
        sdx_call_tiles(c, planes * s->out_channels, sdx_grain(s->window.out_len * s->window.taps),
                       run_planes, &j);
        return;
    }
    const size_t work = conv->rows * conv->strip * (s->depth + 1);
    sdx_call_tiles(c, planes * conv->strips * conv->row_parts, sdx_grain(work / 16), run_units, &j);
}
