/* Kernels that slide a window over a plane: each output looks up its own inputs. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "checkop.h"

static size_t extent(size_t in, size_t pads, size_t kernel, size_t dilation, size_t stride) {
    const size_t reach = (kernel - 1) * dilation + 1;
    return in + pads < reach ? 0 : (in + pads - reach) / stride + 1;
}

/* Any window that has outputs; sometimes one more than fits, as ceil_mode makes them. */
static sdx_window random_window(void) {
    for (;;) {
        sdx_window w = {.in_h = 1 + check_below(12), .in_w = 1 + check_below(70)};
        w.kernel_h = 1 + check_below(4);
        w.kernel_w = 1 + check_below(5);
        w.stride_h = 1 + check_below(3);
        w.stride_w = 1 + check_below(3);
        w.dilation_h = 1 + check_below(2);
        w.dilation_w = 1 + check_below(3);
        w.pad_top = check_below(4);
        w.pad_left = check_below(5);
        w.pad_bottom = check_below(4);
        w.pad_right = check_below(5);
        w.out_h = extent(w.in_h, w.pad_top + w.pad_bottom, w.kernel_h, w.dilation_h, w.stride_h);
        w.out_w = extent(w.in_w, w.pad_left + w.pad_right, w.kernel_w, w.dilation_w, w.stride_w);
        if (w.out_h == 0 || w.out_w == 0) continue;
        if (check_random() % 4 == 0) {
            w.out_h++;
            w.out_w++;
        }
        return w;
    }
}

/* The input that output (oy, ox) sees at tap (ky, kx), or NULL in the padding. */
static const float *seen(const sdx_window *w, const float *x, size_t oy, size_t ox, size_t ky,
                         size_t kx) {
    const size_t row = oy * w->stride_h + ky * w->dilation_h;
    const size_t col = ox * w->stride_w + kx * w->dilation_w;
    if (row < w->pad_top || row >= w->pad_top + w->in_h) return NULL;
    if (col < w->pad_left || col >= w->pad_left + w->in_w) return NULL;
    return x + (row - w->pad_top) * w->in_w + col - w->pad_left;
}

static bool im2col_element(check *c, const sdx_im2col *m, const float *x, const float *y, size_t nr,
                           size_t p, size_t column) {
    const sdx_window *w = &m->window;
    const size_t taps = w->kernel_h * w->kernel_w;
    const size_t rows = m->channels * taps;
    const size_t panel = column / nr - m->first;
    const float got = y[(panel * rows + p) * nr + column % nr];
    float want = 0;
    if (column < w->out_h * w->out_w) {
        const float *plane = x + p / taps * w->in_h * w->in_w;
        const float *in = seen(w, plane, column / w->out_w, column % w->out_w,
                               p % taps / w->kernel_w, p % w->kernel_w);
        if (in) want = *in;
    }
    return got == want || check_failed(c, "line %zu, column %zu: expected %g, found %g", p, column,
                                       (double)want, (double)got);
}

bool check_im2col_f32(check *c, sdx_im2col_f32_fn *fn) {
    const size_t nr = c->kernels->gemm_f32_info()->nr;
    for (int round = 0; round < 300; round++) {
        sdx_im2col m = {.window = random_window(), .channels = 1 + check_below(3)};
        const sdx_window *w = &m.window;
        const size_t panels = (w->out_h * w->out_w + nr - 1) / nr;
        m.first = check_below(panels);
        m.last = m.first + 1 + check_below(panels - m.first);
        const size_t rows = m.channels * w->kernel_h * w->kernel_w;
        const size_t size = m.channels * w->in_h * w->in_w;
        float *x = check_buffer(0, size * sizeof *x);
        float *y = check_buffer(1, (m.last - m.first) * rows * nr * sizeof *y);
        check_fill(x, size, 1, 2);
        fn(y, x, &m);
        for (size_t p = 0; p < rows; p++)
            for (size_t column = m.first * nr; column < m.last * nr; column++)
                if (!im2col_element(c, &m, x, y, nr, p, column)) return false;
        if (!check_canary(c, 1)) return false;
    }
    return true;
}

typedef struct plane_case {
    sdx_depthwise_f32_fn *depthwise_fn;
    sdx_pool_f32_fn *pool_fn;
    sdx_depthwise_f32 depthwise;
    sdx_pool_f32 pool;
    const float *x;
    float *y;
} plane_case;

static void call_depthwise(void *arg) {
    const plane_case *u = arg;
    u->depthwise_fn(u->y, u->x, &u->depthwise);
}
static void call_pool(void *arg) {
    const plane_case *u = arg;
    u->pool_fn(u->y, u->x, &u->pool);
}

/* 3x3, stride 1, 56x56: the plane that is timed. */
static const sdx_window common = {56, 56, 56, 56, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1};

static void planes(plane_case *u, const sdx_window *w, float **x) {
    *x = check_buffer(0, w->in_h * w->in_w * sizeof **x);
    check_fill(*x, w->in_h * w->in_w, -2, 2);
    u->x = *x;
    u->y = check_buffer(1, w->out_h * w->out_w * sizeof **x);
    u->pool.window = u->depthwise.window = *w;
    u->pool.scratch = u->depthwise.scratch = check_buffer(2, sdx_window_scratch(w));
}

static void print_speed(check *c, double seconds) {
    snprintf(c->speed, sizeof c->speed, "%.3f ns/output, 3x3 over 56x56",
             seconds / (56 * 56) * 1e9);
}

static bool depthwise_output(check *c, const plane_case *u, size_t oy, size_t ox) {
    const sdx_window *w = &u->depthwise.window;
    double want = (double)u->depthwise.bias, size = fabs(want);
    for (size_t ky = 0; ky < w->kernel_h; ky++) {
        for (size_t kx = 0; kx < w->kernel_w; kx++) {
            const float *in = seen(w, u->x, oy, ox, ky, kx);
            const double term =
                in ? (double)*in * (double)u->depthwise.weight[ky * w->kernel_w + kx] : 0;
            want += term;
            size += fabs(term);
        }
    }
    const double scale = (double)u->depthwise.scale, shift = (double)u->depthwise.shift;
    want = scale * want + shift;
    size = fabs(scale) * size + fabs(shift);
    const double slack = size * (double)(w->kernel_h * w->kernel_w + 1) * 0x1p-24;
    return check_close(c, want, (double)u->y[oy * w->out_w + ox], slack, "column", ox);
}

bool check_depthwise_f32(check *c, sdx_depthwise_f32_fn *fn) {
    plane_case u = {.depthwise_fn = fn};
    float *x;
    for (int round = 0; round < 300; round++) {
        const sdx_window w = random_window();
        planes(&u, &w, &x);
        float *weight = check_buffer(3, w.kernel_h * w.kernel_w * sizeof *weight);
        check_fill(weight, w.kernel_h * w.kernel_w, -1, 1);
        u.depthwise.weight = weight;
        u.depthwise.bias = (float)check_uniform(-1, 1);
        const bool plain = check_random() % 2;
        u.depthwise.scale = plain ? 1 : (float)check_uniform(-2, 2);
        u.depthwise.shift = plain ? -0.0f : (float)check_uniform(-1, 1);
        fn(u.y, x, &u.depthwise);
        for (size_t i = 0; i < w.out_h * w.out_w; i++)
            if (!depthwise_output(c, &u, i / w.out_w, i % w.out_w)) return false;
        if (!check_canary(c, 1) || !check_canary(c, 2)) return false;
    }
    if (c->bench) {
        planes(&u, &common, &x);
        float *weight = check_buffer(3, 9 * sizeof *weight);
        check_fill(weight, 9, -1, 1);
        u.depthwise.weight = weight;
        print_speed(c, check_time(call_depthwise, &u));
    }
    return true;
}

static bool pool_output(check *c, const plane_case *u, bool max, size_t oy, size_t ox) {
    const sdx_window *w = &u->pool.window;
    double sum = 0, size = 0, n = 0, top = -INFINITY;
    for (size_t ky = 0; ky < w->kernel_h; ky++) {
        for (size_t kx = 0; kx < w->kernel_w; kx++) {
            const float *in = seen(w, u->x, oy, ox, ky, kx);
            const size_t row = oy * w->stride_h + ky * w->dilation_h;
            const size_t col = ox * w->stride_w + kx * w->dilation_w;
            const bool padding = row < w->pad_top + w->in_h + w->pad_bottom &&
                                 col < w->pad_left + w->in_w + w->pad_right;
            if (in || (u->pool.count_padding && padding)) n++;
            if (!in) continue;
            sum += (double)*in;
            size += fabs((double)*in);
            top = isnan(top) || isnan(*in) ? NAN : fmax(top, (double)*in);
        }
    }
    const double slack = max ? 0 : size / n * (double)(w->kernel_h * w->kernel_w) * 0x1p-24;
    return check_close(c, max ? top : sum / n, (double)u->y[oy * w->out_w + ox], n > 0 ? slack : 0,
                       "column", ox);
}

bool check_pool_f32(check *c, sdx_pool_f32_fn *fn) {
    const bool max = strcmp(c->oracle, "max_pool") == 0;
    plane_case u = {.pool_fn = fn};
    float *x;
    for (int round = 0; round < 300; round++) {
        const sdx_window w = random_window();
        planes(&u, &w, &x);
        u.pool.count_padding = round % 2;
        if (max && round % 4 == 0) x[check_below(w.in_h * w.in_w)] = NAN;
        fn(u.y, x, &u.pool);
        for (size_t i = 0; i < w.out_h * w.out_w; i++)
            if (!pool_output(c, &u, max, i / w.out_w, i % w.out_w)) return false;
        if (!check_canary(c, 1) || !check_canary(c, 2)) return false;
    }
    if (c->bench) {
        planes(&u, &common, &x);
        print_speed(c, check_time(call_pool, &u));
    }
    return true;
}
