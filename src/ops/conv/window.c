/* Sizes and pads of sliding windows. */
#include "ops/conv/window.h"

enum { PLANE_BYTES = 16 << 20 }; /* most scratch of a lane that slides over a plane */

/* ---- attributes */

sdx_status sdx_window_list(const sdx_node *node, size_t index, size_t n, int64_t least,
                           sdx_dim other, sdx_dim *out) {
    const sdx_attr *const attr = sdx_node_attr(node, index);
    const char *const name = node->op->attrs[index].name;
    const bool given = attr->kind != SDX_ATTR_ABSENT && attr->n > 0;
    if (given && attr->n != n)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "attribute '%s' has %zu numbers, expected %zu for the spatial dimensions",
                        name, attr->n, n);
    for (size_t i = 0; i < n; i++) {
        out[i] = given ? attr->ints[i] : other;
        if (given && (out[i] < least || out[i] > INT32_MAX))
            return sdx_fail(SDX_INVALID_MODEL, "attribute '%s'[%zu] is %lld, expected %lld to %d",
                            name, i, (long long)out[i], (long long)least, INT32_MAX);
    }
    return NULL;
}

static sdx_status read_auto_pad(const sdx_node *node, sdx_auto_pad *out) {
    static const struct {
        const char *name;
        sdx_auto_pad value;
    } names[] = {{"NOTSET", SDX_PAD_GIVEN},
                 {"", SDX_PAD_GIVEN},
                 {"VALID", SDX_PAD_VALID},
                 {"SAME_UPPER", SDX_PAD_SAME_UPPER},
                 {"SAME_LOWER", SDX_PAD_SAME_LOWER}};
    const sdx_str found = sdx_node_str(node, SDX_WINDOW_AUTO_PAD);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!sdx_str_eq(found, sdx_str_from(names[i].name))) continue;
        *out = names[i].value;
        return NULL;
    }
    return sdx_fail(SDX_INVALID_MODEL,
                    "attribute 'auto_pad' is '%.*s', expected NOTSET, VALID, SAME_UPPER or "
                    "SAME_LOWER",
                    SDX_FMT(found));
}

sdx_status sdx_window_read(const sdx_node *node, size_t rank, sdx_window_spec *spec) {
    sdx_dim pads[2 * SDX_WINDOW_MAX];
    *spec = (sdx_window_spec){.rank = rank};
    SDX_TRY(read_auto_pad(node, &spec->auto_pad));
    SDX_TRY(sdx_window_list(node, SDX_WINDOW_KERNEL_SHAPE, rank, 1, SDX_DIM_UNKNOWN, spec->kernel));
    SDX_TRY(sdx_window_list(node, SDX_WINDOW_STRIDES, rank, 1, 1, spec->stride));
    SDX_TRY(sdx_window_list(node, SDX_WINDOW_DILATIONS, rank, 1, 1, spec->dilation));
    if (spec->auto_pad != SDX_PAD_GIVEN) return NULL;
    SDX_TRY(sdx_window_list(node, SDX_WINDOW_PADS, 2 * rank, 0, 0, pads));
    for (size_t i = 0; i < rank; i++) {
        spec->before[i] = pads[i];
        spec->after[i] = pads[rank + i];
    }
    return NULL;
}

sdx_status sdx_window_take_kernel(sdx_window_spec *spec, const sdx_dim *dims) {
    for (size_t i = 0; i < spec->rank; i++) {
        const bool both = sdx_dim_is_number(spec->kernel[i]) && sdx_dim_is_number(dims[i]);
        if (both && spec->kernel[i] != dims[i])
            return sdx_fail(SDX_SHAPE_MISMATCH,
                            "attribute 'kernel_shape'[%zu] is %lld, expected %lld as in the "
                            "weights; correct or remove it",
                            i, (long long)spec->kernel[i], (long long)dims[i]);
        if (sdx_dim_is_number(dims[i]) && (dims[i] < 1 || dims[i] > INT32_MAX))
            return sdx_fail(SDX_SHAPE_MISMATCH,
                            "the weights have kernel dimension %lld, expected 1 to %d",
                            (long long)dims[i], INT32_MAX);
        if (sdx_dim_is_number(dims[i]) || spec->kernel[i] == SDX_DIM_UNKNOWN)
            spec->kernel[i] = dims[i];
    }
    return NULL;
}

/* ---- sizes */

/* What a window covers: (kernel - 1) * dilation + 1. */
static sdx_dim reach(sdx_dims *dims, const sdx_window_spec *s, size_t i) {
    return sdx_dim_add(dims, sdx_dim_mul(dims, sdx_dim_sub(dims, s->kernel[i], 1), s->dilation[i]),
                       1);
}

static sdx_status does_not_fit(const sdx_window_spec *s, size_t i, sdx_dim in, sdx_dim covered) {
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "the window covers %lld of spatial dimension %zu, which has %lld and pads of "
                    "%lld and %lld; give a larger input, a smaller kernel or more padding",
                    (long long)covered, i, (long long)in, (long long)s->before[i],
                    (long long)s->after[i]);
}

/* The steps that fit, plus one. ONNX: MaxPool-22 ceil_mode: the last window may be cut off, but may
 * not begin behind the inputs. */
static sdx_status size_of(sdx_dims *dims, const sdx_window_spec *s, size_t i, sdx_dim in,
                          sdx_dim *out) {
    const sdx_dim stride = s->stride[i];
    if (s->auto_pad == SDX_PAD_SAME_UPPER || s->auto_pad == SDX_PAD_SAME_LOWER) {
        *out = sdx_dim_ceil_div(dims, in, stride);
        return NULL;
    }
    const sdx_dim covered = reach(dims, s, i);
    const sdx_dim padded = sdx_dim_add(dims, in, sdx_dim_add(dims, s->before[i], s->after[i]));
    const sdx_dim left = sdx_dim_sub(dims, padded, covered);
    if (sdx_dim_is_number(left) && left < 0) {
        if (sdx_dim_is_number(in) && in > 0) return does_not_fit(s, i, in, covered);
        *out = 0;
        return NULL;
    }
    if (!s->ceil || s->auto_pad == SDX_PAD_VALID) {
        *out = sdx_dim_add(dims, sdx_dim_div(dims, left, stride), 1);
        return NULL;
    }
    const sdx_dim begins = sdx_dim_ceil_div(dims, sdx_dim_add(dims, in, s->before[i]), stride);
    const sdx_dim steps = sdx_dim_ceil_div(dims, left, stride);
    *out = sdx_dim_min(dims, sdx_dim_add(dims, steps, 1), begins);
    return NULL;
}

/* Loops count in ptrdiff_t, and on a 32-bit machine attributes can say more than that. */
static sdx_status can_be_counted(sdx_dims *dims, const sdx_window_spec *s, size_t i, sdx_dim in) {
    if (!sdx_dim_is_number(in) || !sdx_dim_is_number(s->kernel[i])) return NULL;
    const sdx_dim pads = sdx_dim_add(dims, s->before[i], s->after[i]);
    const sdx_dim steps = sdx_dim_add(dims, s->stride[i], reach(dims, s, i));
    const sdx_dim span = sdx_dim_add(dims, sdx_dim_add(dims, in, pads), steps);
    if ((uint64_t)span <= PTRDIFF_MAX) return NULL;
    return sdx_fail(SDX_LIMIT,
                    "spatial dimension %zu with pads, stride and window spans %lld, more than this "
                    "machine counts; correct the attributes",
                    i, (long long)span);
}

sdx_status sdx_window_sizes(sdx_dims *dims, const sdx_window_spec *spec, const sdx_dim *in,
                            sdx_dim *out) {
    for (size_t i = 0; i < spec->rank; i++) {
        SDX_TRY(can_be_counted(dims, spec, i, in[i]));
        SDX_TRY(size_of(dims, spec, i, in[i], &out[i]));
    }
    return NULL;
}

/* ---- binding */

void sdx_window_halve(sdx_auto_pad auto_pad, size_t total, size_t *before, size_t *after) {
    *before = auto_pad == SDX_PAD_SAME_UPPER ? total / 2 : total - total / 2;
    *after = total - *before;
}

/* ONNX: Conv-22 auto_pad: as much padding as makes the sizes come out. */
static void same_pads(const sdx_window_spec *s, size_t i, sdx_window_nd *w) {
    const size_t covered = (w->kernel[i] - 1) * w->dilation[i] + 1;
    const size_t needed = w->out[i] > 0 ? (w->out[i] - 1) * w->stride[i] + covered : 0;
    const size_t total = needed > w->in[i] ? needed - w->in[i] : 0;
    sdx_window_halve(s->auto_pad, total, &w->before[i], &w->after[i]);
}

void sdx_window_bind(const sdx_window_spec *spec, const int64_t *in, const int64_t *out,
                     sdx_window_nd *window) {
    window->rank = spec->rank;
    window->in_len = window->out_len = window->taps = 1;
    for (size_t i = 0; i < spec->rank; i++) {
        window->in[i] = (size_t)in[i];
        window->out[i] = (size_t)out[i];
        window->kernel[i] = (size_t)spec->kernel[i];
        window->stride[i] = (size_t)spec->stride[i];
        window->dilation[i] = (size_t)spec->dilation[i];
        window->before[i] = (size_t)spec->before[i];
        window->after[i] = (size_t)spec->after[i];
        if (spec->auto_pad == SDX_PAD_SAME_UPPER || spec->auto_pad == SDX_PAD_SAME_LOWER)
            same_pads(spec, i, window);
        window->in_len *= window->in[i];
        window->out_len *= window->out[i];
        window->taps *= window->kernel[i];
    }
}

bool sdx_window_plane(const sdx_window_nd *nd, sdx_window *plane) {
    if (nd->rank == 0 || nd->rank > 2) return false;
    const size_t w = nd->rank - 1;
    *plane = (sdx_window){.in_h = 1,
                          .in_w = nd->in[w],
                          .out_h = 1,
                          .out_w = nd->out[w],
                          .kernel_h = 1,
                          .kernel_w = nd->kernel[w],
                          .stride_h = 1,
                          .stride_w = nd->stride[w],
                          .dilation_h = 1,
                          .dilation_w = nd->dilation[w],
                          .pad_left = nd->before[w],
                          .pad_right = nd->after[w]};
    if (w == 0) return true;
    plane->in_h = nd->in[0];
    plane->out_h = nd->out[0];
    plane->kernel_h = nd->kernel[0];
    plane->stride_h = nd->stride[0];
    plane->dilation_h = nd->dilation[0];
    plane->pad_top = nd->before[0];
    plane->pad_bottom = nd->after[0];
    return true;
}

bool sdx_window_plane_fits(const sdx_window *plane) {
    if (plane->out_w == 0 || plane->out_h == 0) return false;
    const double rows = (double)(plane->kernel_h - 1) * (double)plane->dilation_h + 1;
    const double width = (double)plane->out_w * (double)plane->stride_w +
                         (double)plane->kernel_w * (double)plane->dilation_w + 1;
    return rows * width * sizeof(float) <= PLANE_BYTES;
}

sdx_taps sdx_window_taps(const sdx_window_nd *window, size_t d, size_t at) {
    const ptrdiff_t start = (ptrdiff_t)(at * window->stride[d]) - (ptrdiff_t)window->before[d];
    const ptrdiff_t step = (ptrdiff_t)window->dilation[d], in = (ptrdiff_t)window->in[d];
    const ptrdiff_t kernel = (ptrdiff_t)window->kernel[d];
    ptrdiff_t first = start < 0 ? (step - 1 - start) / step : 0;
    ptrdiff_t last = start < in ? (in - start + step - 1) / step : 0;
    if (first > kernel) first = kernel;
    if (last > kernel) last = kernel;
    if (last < first) last = first;
    return (sdx_taps){.first = (size_t)first, .last = (size_t)last, .start = start};
}
