/* Which method a convolution takes, and how its work is cut. */
#include "ops/conv/method.h"

enum {
    STRIP_BYTES = 512 * 1024, /* of columns: they stay in the second-level cache */
    UNITS_PER_LANE = 4,
    ROWS_MIN = 64,       /* output channels that are worth building the columns again */
    UNIT_WORK = 1 << 20, /* multiplications worth a unit */
    COLUMN_STEP = 16     /* plain columns come in whole cache lines */
};

static size_t ceil_div(size_t a, size_t b) { return a / b + (a % b != 0); }

/* ---- packs */

enum { PARAM_KIND, PARAM_GROUPS, PARAM_ROWS, PARAM_DEPTH };
enum { LEFT_OPERAND = 2 }; /* the product's packs of right operands have kinds 0 and 1 */

static sdx_status fill(void *dst, const sdx_view *src, const int64_t *params,
                       const sdx_kernel_table *kernels, sdx_heap *temporary) {
    const size_t groups = (size_t)params[PARAM_GROUPS], rows = (size_t)params[PARAM_ROWS];
    const size_t depth = (size_t)params[PARAM_DEPTH], len = rows * depth;
    const bool widen = src->dtype != SDX_FLOAT32 || (uintptr_t)src->data % sizeof(float) != 0;
    const size_t size = sdx_dtype_size(src->dtype);
    float *wide = NULL;
    if (widen) SDX_TRY(SDX_NEW_ARRAY(temporary, len, &wide));
    for (size_t g = 0; g < groups; g++) {
        const char *const from = (const char *)src->data + g * len * size;
        if (widen) sdx_widen_f32(src->dtype, wide, from, len);
        const sdx_matrix_f32 matrix = {.src = widen ? wide : (const float *)(const void *)from,
                                       .rows = rows,
                                       .cols = depth,
                                       .row = depth,
                                       .col = 1};
        kernels->gemm_f32_pack_a((float *)dst + g * len, &matrix, 0, rows);
    }
    sdx_heap_free(temporary, wide, widen ? len * sizeof *wide : 0);
    return NULL;
}

sdx_status sdx_conv_prepare(sdx_prepare *p, size_t input, int64_t groups, sdx_pack **out) {
    const sdx_view *const w = input < p->n_in ? p->constant[input] : NULL;
    *out = NULL;
    if (w == NULL || w->len == 0 || w->rank < 3 || groups < 1) return NULL;
    if (!sdx_types_have(SDX_T(FLOAT32) | SDX_T_HALVES, w->dtype)) return NULL;
    const bool depthwise = w->dims[1] == 1 && groups > 1 && w->rank <= 4;
    size_t size;
    if (depthwise || w->dims[0] % groups != 0) return NULL;
    if (!sdx_mul_size(w->len, sizeof(float), &size))
        return sdx_fail(SDX_LIMIT, "found weights of %zu elements, too many to be packed", w->len);
    const int64_t rows = w->dims[0] / groups;
    const sdx_pack_spec spec = {
        .format = p->kernels->gemm_f32_info()->format,
        .params = {LEFT_OPERAND, groups, rows, (int64_t)w->len / w->dims[0]},
        .size = size,
        .fill = fill};
    return sdx_prepare_pack(p, input, &spec, out);
}

/* ---- choice */

static bool pointwise(const sdx_window_nd *w) {
    for (size_t i = 0; i < w->rank; i++) {
        if (w->kernel[i] != 1 || w->stride[i] != 1 || w->in[i] != w->out[i]) return false;
    }
    return true;
}

static sdx_conv_method choose_method(sdx_conv *c, sdx_dtype dtype) {
    const sdx_conv_sizes *const s = &c->sizes;
    if (dtype == SDX_FLOAT64) return SDX_CONV_FLOAT64;
    const bool planes = sdx_window_plane(&s->window, &c->plane);
    if (planes && s->in_channels == 1 && s->groups > 1 && !c->packed &&
        sdx_window_plane_fits(&c->plane))
        return SDX_CONV_DEPTHWISE;
    /* packing panels pays from two tiles of rows on */
    if (pointwise(&s->window) && s->out_channels < 2 * c->kernels->gemm_f32_info()->mr)
        return SDX_CONV_POINTWISE;
    return planes ? SDX_CONV_PANELS : SDX_CONV_COLUMNS;
}

/* Strips of whole panels, small enough for the cache and many enough for the lanes; where the plane
 * is too small for that, parts of the channels. */
static void cut(sdx_conv *c, size_t panel, size_t element, unsigned lanes) {
    const sdx_conv_sizes *const s = &c->sizes;
    const size_t panels = ceil_div(s->window.out_len, panel);
    const double panel_bytes = (double)panel * (double)s->depth * (double)element;
    const bool kept = c->method != SDX_CONV_POINTWISE;
    const double fit = panel_bytes > 0 && kept ? STRIP_BYTES / panel_bytes : (double)panels;
    size_t in_strip = fit < 1 ? 1 : fit > (double)panels ? panels : (size_t)fit;
    const size_t planes = s->images * s->groups;
    const double work = (double)s->images * (double)s->groups * (double)s->out_channels *
                        (double)s->window.out_len * (double)(s->depth + 1);
    const size_t most = lanes > 1 ? (size_t)lanes * UNITS_PER_LANE : 1;
    const size_t units = work / UNIT_WORK < (double)most ? (size_t)(work / UNIT_WORK) : most;
    const size_t wanted = planes > 0 ? ceil_div(units, planes) : 1;
    if (wanted > 1 && ceil_div(panels, wanted) < in_strip) in_strip = ceil_div(panels, wanted);
    if (in_strip == 0) in_strip = 1;
    c->strips = ceil_div(panels, in_strip);
    c->strip = (c->strips > 0 ? ceil_div(panels, c->strips) : 1) * panel;
    c->strips = ceil_div(s->window.out_len, c->strip);
    const size_t parts = c->strips > 0 ? ceil_div(wanted, c->strips) : 1;
    const size_t most_parts = s->out_channels / ROWS_MIN;
    c->row_parts = parts < most_parts ? parts : most_parts;
    if (c->row_parts == 0) c->row_parts = 1;
    c->rows = ceil_div(s->out_channels, c->row_parts);
    c->row_parts = c->rows > 0 ? ceil_div(s->out_channels, c->rows) : 1;
}

static sdx_status too_large(void) {
    return sdx_fail(SDX_LIMIT, "found scratch beyond the address space");
}

/* Scratch of the product: what the kernel packs itself. */
static size_t product_scratch(const sdx_conv *c) {
    const sdx_gemm_f32 g = {.m = c->sizes.out_channels,
                            .n = c->strip,
                            .k = c->sizes.depth,
                            .a_packed = c->packed,
                            .b_packed = c->method == SDX_CONV_PANELS};
    return sdx_gemm_f32_scratch(c->kernels->gemm_f32_info(), &g);
}

static sdx_status size_scratch(sdx_conv *c, size_t element, unsigned lanes, size_t *scratch) {
    size_t len, all;
    c->columns_size = 0;
    if (c->method == SDX_CONV_DEPTHWISE) {
        c->lane_size = sdx_window_scratch(&c->plane);
    } else {
        if (c->method != SDX_CONV_POINTWISE &&
            (!sdx_mul_size(c->strip, c->sizes.depth, &len) || !sdx_mul_size(len, element, &len) ||
             !sdx_round_up(len, 64, &c->columns_size)))
            return too_large();
        c->lane_size = element == sizeof(float) ? product_scratch(c) : 0;
    }
    if (!sdx_add_size(c->lane_size, c->columns_size, &len) ||
        !sdx_round_up(len, 64, &c->lane_size) || !sdx_mul_size(c->lane_size, lanes, &all))
        return too_large();
    *scratch = all;
    return NULL;
}

/* For people: what was chosen and why. */
static const char *tell(const sdx_conv *c) {
    static const char *const texts[] = {
        [SDX_CONV_DEPTHWISE] = "depthwise, plane by plane: one input channel a group",
        [SDX_CONV_PANELS] = "product with im2col panels, strip by strip",
        [SDX_CONV_POINTWISE] =
            "product with the input itself: 1x1 window, few output channels a group",
        [SDX_CONV_COLUMNS] = "product with plain columns: more than two spatial dimensions",
        [SDX_CONV_FLOAT64] = "product with plain columns: float64"};
    const bool one = c->method == SDX_CONV_PANELS && pointwise(&c->sizes.window);
    if (one && c->packed) return "1x1: product with the input in panels, weights packed at load";
    if (one) return "1x1: product with the input in panels";
    if (c->method == SDX_CONV_PANELS && c->packed)
        return "product with im2col panels, strip by strip, weights packed at load";
    return texts[c->method];
}

sdx_status sdx_conv_choose(sdx_conv *c, sdx_bind *b, sdx_dtype dtype, bool packed) {
    c->kernels = b->kernels;
    c->packed = packed;
    c->method = choose_method(c, dtype);
    b->how = tell(c);
    const bool panels = c->method == SDX_CONV_PANELS || c->method == SDX_CONV_POINTWISE;
    const size_t panel = panels ? c->kernels->gemm_f32_info()->nr : COLUMN_STEP;
    const size_t element = sdx_dtype_size(dtype);
    cut(c, panel, element, b->lanes);
    return size_scratch(c, element, b->lanes, &b->scratch);
}
