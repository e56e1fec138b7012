/* Convolutions against the definition, in small integers that every type holds exactly: one to four
 * spatial dims, groups, strides, dilations, pads, every method and type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "op_test.h"

enum { MOST = 1 << 16, MAX_SPATIAL = 4 };

static double x[MOST], w[MOST], y[MOST], bias[512];

typedef struct shape {
    size_t rank;                                       /* spatial */
    int64_t images, groups, in_channels, out_channels; /* channels of a group */
    int64_t in[MAX_SPATIAL], kernel[MAX_SPATIAL], stride[MAX_SPATIAL], dilation[MAX_SPATIAL];
    int64_t pads[2 * MAX_SPATIAL];
} shape;

static void fill(double *data, size_t n, size_t seed) {
    for (size_t i = 0; i < n; i++) {
        data[i] = (double)((i * 11 + seed * 5 + i / 7) % 5) - 2;
    }
}

static int64_t out_size(const shape *s, size_t d) {
    return (s->in[d] + s->pads[d] + s->pads[s->rank + d] - (s->kernel[d] - 1) * s->dilation[d] -
            1) /
               s->stride[d] +
           1;
}

static int64_t product(const int64_t *dims, size_t n) {
    int64_t len = 1;
    for (size_t i = 0; i < n; i++)
        len *= dims[i];
    return len;
}

/* The sum over the taps of one channel. */
static double channel_sum(const shape *s, const double *plane, const double *taps, int64_t at,
                          const int64_t *out) {
    double sum = 0;
    const int64_t n = product(s->kernel, s->rank);
    for (int64_t t = 0; t < n; t++) {
        int64_t rest_t = t, rest_o = at, index = 0, step = 1;
        bool inside = true;
        for (size_t d = s->rank; d-- > 0;) {
            const int64_t p = rest_o % out[d] * s->stride[d] +
                              rest_t % s->kernel[d] * s->dilation[d] - s->pads[d];
            inside = inside && p >= 0 && p < s->in[d];
            index += p * step;
            step *= s->in[d];
            rest_o /= out[d];
            rest_t /= s->kernel[d];
        }
        if (inside) sum += plane[index] * taps[t];
    }
    return sum;
}

static void define(const shape *s, const int64_t *out) {
    const int64_t in_len = product(s->in, s->rank), out_len = product(out, s->rank);
    const int64_t taps = product(s->kernel, s->rank), channels = s->groups * s->out_channels;
    for (int64_t i = 0; i < s->images * channels * out_len; i++) {
        const int64_t channel = i / out_len % channels, image = i / out_len / channels;
        const int64_t first = (image * s->groups + channel / s->out_channels) * s->in_channels;
        y[i] = bias[channel];
        for (int64_t c = 0; c < s->in_channels; c++)
            y[i] += channel_sum(s, x + (first + c) * in_len,
                                w + (channel * s->in_channels + c) * taps, i % out_len, out);
    }
}

static void set_dims(int64_t *dims, int64_t first, int64_t second, const int64_t *rest, size_t n) {
    dims[0] = first;
    dims[1] = second;
    for (size_t i = 0; i < n; i++)
        dims[2 + i] = rest[i];
}

static void check(const shape *s, sdx_dtype type, bool constant) {
    int64_t out[MAX_SPATIAL], dims_x[6], dims_w[6], dims_y[6];
    const int64_t channels = s->groups * s->out_channels;
    for (size_t d = 0; d < s->rank; d++)
        out[d] = out_size(s, d);
    set_dims(dims_x, s->images, s->groups * s->in_channels, s->in, s->rank);
    set_dims(dims_w, channels, s->in_channels, s->kernel, s->rank);
    set_dims(dims_y, s->images, channels, out, s->rank);
    const size_t rank = s->rank + 2;
    assert_true(product(dims_x, rank) <= MOST && product(dims_y, rank) <= MOST);
    fill(x, (size_t)product(dims_x, rank), 1);
    fill(w, (size_t)product(dims_w, rank), 2);
    fill(bias, (size_t)channels, 3);
    define(s, out);
    op_test *t = op_begin("Conv", 22);
    op_ints(t, "strides", s->rank, s->stride);
    op_ints(t, "dilations", s->rank, s->dilation);
    op_ints(t, "pads", 2 * s->rank, s->pads);
    op_int(t, "group", s->groups);
    op_input(t, type, rank, dims_x, x);
    op_input(t, type, rank, dims_w, w);
    if (constant) op_constant(t);
    op_input(t, type, DIMS(channels), bias);
    op_expect(t, 0, type, rank, dims_y, y);
    op_end(t);
}

static const shape shapes[] = {
    {1, 2, 1, 3, 4, {9}, {3}, {2}, {1}, {1, 1}},
    {1, 1, 4, 1, 1, {12}, {3}, {1}, {2}, {2, 0}},
    {2, 1, 1, 3, 40, {9, 11}, {3, 3}, {2, 1}, {1, 1}, {1, 1, 1, 1}},
    {2, 2, 1, 8, 6, {5, 7}, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}},
    {2, 1, 1, 8, 50, {5, 7}, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}},
    {2, 1, 2, 4, 30, {6, 6}, {2, 3}, {1, 2}, {2, 1}, {0, 1, 2, 3}},
    {2, 2, 6, 1, 2, {8, 9}, {3, 2}, {1, 1}, {1, 2}, {1, 0, 1, 2}},
    {2, 1, 3, 1, 1, {30, 31}, {5, 5}, {2, 2}, {1, 1}, {2, 2, 2, 2}},
    {3, 1, 2, 2, 3, {4, 5, 6}, {2, 3, 2}, {1, 2, 1}, {1, 1, 2}, {1, 1, 1, 0, 1, 1}},
    {3, 1, 1, 2, 4, {3, 4, 5}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {0}},
    {4,
     1,
     1,
     2,
     3,
     {3, 4, 3, 4},
     {2, 2, 2, 2},
     {1, 2, 1, 1},
     {1, 1, 1, 1},
     {1, 0, 0, 0, 0, 0, 1, 1}},
    {1, 1, 1, 2, 1, {2000}, {25}, {2}, {1}, {3, 2}},
    {2, 0, 1, 3, 4, {5, 5}, {3, 3}, {1, 1}, {1, 1}, {0, 0, 0, 0}},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

static void conv_is_its_definition(void **state) {
    (void)state;
    for (size_t i = 0; i < N_SHAPES; i++) {
        check(&shapes[i], SDX_FLOAT32, true);
        check(&shapes[i], SDX_FLOAT32, false);
        check(&shapes[i], SDX_FLOAT64, i & 1);
        check(&shapes[i], SDX_FLOAT16, true);
        check(&shapes[i], SDX_BFLOAT16, i & 1);
    }
}

/* ---- ConvTranspose: every input spreads over the outputs */

static void spread_channel(const shape *s, const double *plane, const double *taps, double *to,
                           const int64_t *out) {
    const int64_t n = product(s->kernel, s->rank), len = product(s->in, s->rank);
    for (int64_t i = 0; i < len * n; i++) {
        int64_t rest_t = i % n, rest_i = i / n, index = 0, step = 1;
        bool inside = true;
        for (size_t d = s->rank; d-- > 0;) {
            const int64_t p = rest_i % s->in[d] * s->stride[d] +
                              rest_t % s->kernel[d] * s->dilation[d] - s->pads[d];
            inside = inside && p >= 0 && p < out[d];
            index += p * step;
            step *= out[d];
            rest_i /= s->in[d];
            rest_t /= s->kernel[d];
        }
        if (inside) to[index] += plane[i / n] * taps[i % n];
    }
}

static void define_transposed(const shape *s, const int64_t *out) {
    const int64_t in_len = product(s->in, s->rank), out_len = product(out, s->rank);
    const int64_t taps = product(s->kernel, s->rank), channels = s->groups * s->out_channels;
    for (int64_t i = 0; i < s->images * channels; i++) {
        const int64_t image = i / channels, group = i % channels / s->out_channels;
        for (int64_t k = 0; k < out_len; k++)
            y[i * out_len + k] = bias[i % channels];
        for (int64_t c = 0; c < s->in_channels; c++) {
            const int64_t channel = group * s->in_channels + c;
            spread_channel(s, x + (image * s->groups * s->in_channels + channel) * in_len,
                           w + (channel * s->out_channels + i % s->out_channels) * taps,
                           y + i * out_len, out);
        }
    }
}

static void check_transposed(const shape *s, sdx_dtype type, bool by_shape) {
    int64_t out[MAX_SPATIAL], dims_x[6], dims_w[6], dims_y[6];
    shape own = *s;
    for (size_t d = 0; d < s->rank; d++) {
        const int64_t spread = s->stride[d] * (s->in[d] - 1) + (s->kernel[d] - 1) * s->dilation[d];
        out[d] = spread + 1 - s->pads[d] - s->pads[s->rank + d];
        if (by_shape) { /* ONNX: ConvTranspose-22 output_shape: the odd one goes in front */
            const int64_t total = s->pads[d] + s->pads[s->rank + d];
            own.pads[d] = total - total / 2;
            own.pads[s->rank + d] = total / 2;
        }
    }
    set_dims(dims_x, s->images, s->groups * s->in_channels, s->in, s->rank);
    set_dims(dims_w, s->groups * s->in_channels, s->out_channels, s->kernel, s->rank);
    set_dims(dims_y, s->images, s->groups * s->out_channels, out, s->rank);
    const size_t rank = s->rank + 2;
    assert_true(product(dims_x, rank) <= MOST && product(dims_y, rank) <= MOST);
    fill(x, (size_t)product(dims_x, rank), 1);
    fill(w, (size_t)product(dims_w, rank), 2);
    fill(bias, (size_t)dims_y[1], 3);
    define_transposed(&own, out);
    op_test *t = op_begin("ConvTranspose", 22);
    op_ints(t, "strides", s->rank, s->stride);
    op_ints(t, "dilations", s->rank, s->dilation);
    if (by_shape)
        op_ints(t, "output_shape", s->rank, out);
    else
        op_ints(t, "pads", 2 * s->rank, s->pads);
    op_int(t, "group", s->groups);
    op_input(t, type, rank, dims_x, x);
    op_input(t, type, rank, dims_w, w);
    op_input(t, type, DIMS(dims_y[1]), bias);
    op_expect(t, 0, type, rank, dims_y, y);
    op_end(t);
}

static void transposed_is_its_definition(void **state) {
    (void)state;
    for (size_t i = 0; i < N_SHAPES; i++) {
        check_transposed(&shapes[i], SDX_FLOAT32, i & 1);
        check_transposed(&shapes[i], SDX_FLOAT64, !(i & 1));
        check_transposed(&shapes[i], SDX_FLOAT16, i & 1);
    }
}

/* ---- bytes: the same definition, with zero points taken off first */

static void check_bytes(const shape *s, sdx_dtype type_x, sdx_dtype type_w, bool each) {
    static double zero_w[512];
    int64_t out[MAX_SPATIAL], dims_x[6], dims_w[6], dims_y[6];
    const int64_t channels = s->groups * s->out_channels;
    for (size_t d = 0; d < s->rank; d++)
        out[d] = out_size(s, d);
    set_dims(dims_x, s->images, s->groups * s->in_channels, s->in, s->rank);
    set_dims(dims_w, channels, s->in_channels, s->kernel, s->rank);
    set_dims(dims_y, s->images, channels, out, s->rank);
    const size_t rank = s->rank + 2;
    const int64_t n_x = product(dims_x, rank), n_w = product(dims_w, rank);
    fill(x, (size_t)n_x, 1);
    fill(w, (size_t)n_w, 2);
    for (int64_t i = 0; i < channels; i++) {
        bias[i] = 0;
        zero_w[i] = (double)(each ? 2 + i % 3 : 2);
    }
    define(s, out);
    for (int64_t i = 0; i < n_x; i++)
        x[i] += 7;
    for (int64_t i = 0; i < n_w; i++)
        w[i] += zero_w[i / (n_w / channels)];
    op_test *t = op_begin("ConvInteger", 10);
    op_ints(t, "strides", s->rank, s->stride);
    op_ints(t, "dilations", s->rank, s->dilation);
    op_ints(t, "pads", 2 * s->rank, s->pads);
    op_int(t, "group", s->groups);
    op_input(t, type_x, rank, dims_x, x);
    op_input(t, type_w, rank, dims_w, w);
    op_input(t, type_x, SCALAR, (const double[]){7});
    op_input(t, type_w, DIMS(each ? channels : 1), zero_w);
    op_expect(t, 0, SDX_INT32, rank, dims_y, y);
    op_end(t);
}

static void bytes_convolve(void **state) {
    (void)state;
    for (size_t i = 0; i < N_SHAPES; i++) {
        check_bytes(&shapes[i], SDX_UINT8, SDX_INT8, i & 1);
        check_bytes(&shapes[i], SDX_INT8, SDX_UINT8, !(i & 1));
    }
}

static void linear_rounds_to_even(void **state) {
    (void)state;
    op_test *t = op_begin("QLinearConv", 10);
    op_input(t, SDX_UINT8, DIMS(1, 1, 4), DATA(1, 3, 5, 255));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(1));
    op_input(t, SDX_UINT8, SCALAR, DATA(0));
    op_input(t, SDX_INT8, DIMS(2, 1, 1), DATA(1, -1));
    op_input(t, SDX_FLOAT32, DIMS(2), DATA(1, 2));
    op_input(t, SDX_INT8, DIMS(2), DATA(0, 0));
    op_input(t, SDX_FLOAT32, SCALAR, DATA(2));
    op_input(t, SDX_INT8, SCALAR, DATA(1));
    op_input(t, SDX_INT32, DIMS(2), DATA(0, 10));
    op_expect(t, 0, SDX_INT8, DIMS(1, 2, 4), DATA(1, 3, 3, 127, 10, 8, 6, -128));
    op_end(t);
}

static void auto_pad_puts_the_odd_one(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double out[2];
    } cases[] = {{"SAME_UPPER", {3, 5}}, {"SAME_LOWER", {2, 6}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        op_test *t = op_begin("Conv", 1);
        op_text(t, "auto_pad", cases[i].name);
        op_ints(t, "strides", DIMS(2));
        op_ints(t, "kernel_shape", DIMS(3));
        op_input(t, SDX_FLOAT32, DIMS(1, 1, 4), DATA(1, 1, 1, 4));
        op_input(t, SDX_FLOAT32, DIMS(1, 1, 3), DATA(1, 1, 1));
        op_expect(t, 0, SDX_FLOAT32, DIMS(1, 1, 2), cases[i].out);
        op_end(t);
    }
}

static op_test *conv(size_t n_x, const int64_t *dims_x, size_t n_w, const int64_t *dims_w) {
    op_test *t = op_begin("Conv", 22);
    fill(x, 1000, 1);
    op_input(t, SDX_FLOAT32, n_x, dims_x, x);
    op_input(t, SDX_FLOAT32, n_w, dims_w, x);
    return t;
}

static void conv_knows_symbols(void **state) {
    (void)state;
    op_test *t = op_begin("Conv", 22);
    op_ints(t, "strides", DIMS(1, 2));
    op_ints(t, "pads", DIMS(1, 1, 0, 1));
    op_input(t, SDX_FLOAT32, DIMS(1, 1, 8, 8), x);
    op_symbols(t, "batch,1,h,9");
    op_input(t, SDX_FLOAT32, DIMS(5, 1, 2, 3), x);
    op_infers(t, 0, "[batch,5,h,5]");
    op_end(t);
}

static void conv_refuses(void **state) {
    (void)state;
    op_test *t = conv(DIMS(1, 3, 5, 5), DIMS(4, 2, 3, 3));
    op_fails(t, "expected C = 2 * group channels");
    op_end(t);
    t = conv(DIMS(1, 3, 5), DIMS(4, 3, 3, 3));
    op_fails(t, "expected equal ranks of 3 or more");
    op_end(t);
    t = conv(DIMS(1, 3, 2), DIMS(4, 3, 3));
    op_fails(t, "the window covers 3 of spatial dimension 0, which has 2 and pads of 0 and 0");
    op_end(t);
    t = conv(DIMS(1, 3, 5), DIMS(4, 3, 3));
    op_ints(t, "strides", DIMS(0));
    op_fails(t, "attribute 'strides'[0] is 0, expected 1 to 2147483647");
    op_end(t);
    t = conv(DIMS(1, 3, 5), DIMS(4, 3, 3));
    op_ints(t, "pads", DIMS(1));
    op_fails(t, "attribute 'pads' has 1 numbers, expected 2");
    op_end(t);
    t = conv(DIMS(1, 3, 5), DIMS(4, 3, 3));
    op_ints(t, "kernel_shape", DIMS(2));
    op_fails(t, "attribute 'kernel_shape'[0] is 2, expected 3 as in the weights");
    op_end(t);
    t = conv(DIMS(1, 3, 5), DIMS(4, 3, 3));
    op_int(t, "group", 0);
    op_fails(t, "attribute 'group' is 0");
    op_end(t);
    t = conv(DIMS(1, 3, 5), DIMS(4, 3, 3));
    op_text(t, "auto_pad", "SAME");
    op_fails(t, "attribute 'auto_pad' is 'SAME', expected NOTSET, VALID");
    op_end(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conv_is_its_definition),
        cmocka_unit_test(transposed_is_its_definition),
        cmocka_unit_test(bytes_convolve),
        cmocka_unit_test(linear_rounds_to_even),
        cmocka_unit_test(auto_pad_puts_the_odd_one),
        cmocka_unit_test(conv_knows_symbols),
        cmocka_unit_test(conv_refuses),
    };
    return cmocka_run_group_tests_name("ops_conv", tests, NULL, NULL);
}
