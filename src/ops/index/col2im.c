/* Col2Im: columns of blocks added up to an image. Block offset k of the block at place l comes from
 * column element (k, l) and goes to pixel l * stride + k * dilation - pad. For each offset, places
 * are walked row by row; what falls into the padding is cut off a row beforehand. */
#include <string.h>

#include "ops/index/scatter.h"
#include "ops/infer.h"

enum { DILATIONS, PADS, STRIDES };
enum { IN_COLUMNS, IN_IMAGE, IN_BLOCK };

#define TYPES (SDX_T_NUMERIC | SDX_T(BOOL) | SDX_T_COMPLEX)

static const sdx_port inputs[] = {
    {.name = "input", .var = "T", .types = TYPES},
    {.name = "image_shape", .var = "I", .types = SDX_T(INT64)},
    {.name = "block_shape", .var = "I", .types = SDX_T(INT64)},
};
static const sdx_port outputs[] = {{.name = "output", .var = "T", .types = TYPES}};
static const sdx_attr_def attrs[] = {
    [DILATIONS] = SDX_ATTR_OPT("dilations", SDX_ATTR_INTS),
    [PADS] = SDX_ATTR_OPT("pads", SDX_ATTR_INTS),
    [STRIDES] = SDX_ATTR_OPT("strides", SDX_ATTR_INTS),
};

/* One spatial axis. */
typedef struct axis {
    int64_t image, block, stride, dilation, pad;
    int64_t places; /* of the block along it */
    int64_t pitch;  /* of the image, in elements */
} axis;

typedef struct geometry {
    axis axes[SDX_MAX_RANK];
    size_t n;
    int64_t offsets, places, pixels; /* products: of blocks, of places, of the image */
} geometry;

/* Number `i` of a list that may be left out, within what sizes can be. */
static sdx_status list_at(const sdx_node *node, size_t attr, size_t i, size_t n, int64_t low,
                          int64_t absent, int64_t *out) {
    const sdx_attr *const list = sdx_node_attr(node, attr);
    *out = absent;
    if (list->kind == SDX_ATTR_ABSENT) return NULL;
    const char *const name = attrs[attr].name;
    if (list->n != n)
        return sdx_fail(SDX_SHAPE_MISMATCH, "attribute '%s' has %zu numbers, expected %zu", name,
                        list->n, n);
    *out = list->ints[i];
    if (*out >= low && *out <= INT32_MAX) return NULL;
    return sdx_fail(SDX_OUT_OF_RANGE, "attribute '%s'[%zu] is %lld, expected %lld to %d", name, i,
                    (long long)*out, (long long)low, INT32_MAX);
}

static sdx_status read_axis(const sdx_node *node, size_t i, size_t n, axis *a) {
    int64_t after, reach;
    SDX_TRY(list_at(node, STRIDES, i, n, 1, 1, &a->stride));
    SDX_TRY(list_at(node, DILATIONS, i, n, 1, 1, &a->dilation));
    SDX_TRY(list_at(node, PADS, i, 2 * n, 0, 0, &a->pad));
    SDX_TRY(list_at(node, PADS, i + n, 2 * n, 0, 0, &after));
    if (a->image < 0 || a->block < 1)
        return sdx_fail(SDX_OUT_OF_RANGE,
                        "inputs 'image_shape'[%zu] and 'block_shape'[%zu] are %lld and %lld, "
                        "expected 0 or more and 1 or more",
                        i, i, (long long)a->image, (long long)a->block);
    if (!sdx_mul_i64(a->block - 1, a->dilation, &reach) || a->image > SDX_DIM_MAX)
        return sdx_fail(SDX_LIMIT, "input 'block_shape'[%zu] is %lld: too large", i,
                        (long long)a->block);
    const int64_t free = a->image + a->pad + after - sdx_dim_number(reach) - 1;
    a->places = free < 0 ? 0 : free / a->stride + 1;
    return NULL;
}

static sdx_status read_geometry(const sdx_node *node, const sdx_dim *image, const sdx_dim *block,
                                size_t n, geometry *g) {
    g->n = n;
    g->offsets = g->places = g->pixels = 1;
    for (size_t i = n; i-- > 0;) {
        axis *const a = &g->axes[i];
        a->image = image[i];
        a->block = block[i];
        SDX_TRY(read_axis(node, i, n, a));
        a->pitch = g->pixels;
        g->pixels = sdx_dim_mul(NULL, g->pixels, a->image);
        g->offsets = sdx_dim_mul(NULL, g->offsets, a->block);
        g->places = sdx_dim_mul(NULL, g->places, a->places);
    }
    return NULL;
}

/* ONNX: Col2Im-18 input: [N, C * product of block_shape, L]. */
static sdx_status check_columns(const sdx_infer *in, const geometry *g) {
    const sdx_dim *const dims = in->in[IN_COLUMNS].dims;
    const bool fits = (!sdx_dim_is_number(dims[1]) || dims[1] % g->offsets == 0) &&
                      (!sdx_dim_is_number(dims[2]) || dims[2] == g->places);
    if (fits) return NULL;
    char found[160];
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "input 'input' has shape %s, expected [N,C*%lld,%lld], as "
                    "'image_shape' and 'block_shape' ask for",
                    sdx_infer_shape_text(in, IN_COLUMNS, found, sizeof found),
                    (long long)g->offsets, (long long)g->places);
}

static sdx_status infer(sdx_infer *in) {
    sdx_dim image[SDX_MAX_RANK], block[SDX_MAX_RANK], dims[SDX_MAX_RANK];
    size_t n, n_block;
    geometry g;
    SDX_TRY(sdx_infer_want_rank(in, IN_COLUMNS, 3));
    bool known = sdx_infer_ints(in, IN_IMAGE, image, SDX_MAX_RANK - 2, &n);
    known = sdx_infer_ints(in, IN_BLOCK, block, SDX_MAX_RANK - 2, &n_block) && known;
    for (size_t i = 0; known && i < n && n == n_block; i++)
        known = sdx_dim_is_number(image[i]) && sdx_dim_is_number(block[i]);
    if (!known || !sdx_infer_ranked(in, IN_COLUMNS))
        return n > 0 ? sdx_infer_set_rank(in, 0, n + 2) : NULL;
    if (n != n_block || n == 0)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "inputs 'image_shape' and 'block_shape' have %zu and %zu numbers, expected "
                        "one for each spatial axis",
                        n, n_block);
    SDX_TRY(read_geometry(in->node, image, block, n, &g));
    SDX_TRY(check_columns(in, &g));
    dims[0] = in->in[IN_COLUMNS].dims[0];
    dims[1] = sdx_dim_div(in->dims, in->in[IN_COLUMNS].dims[1], g.offsets);
    for (size_t i = 0; i < n; i++)
        dims[i + 2] = image[i];
    return sdx_infer_set_shape(in, 0, n + 2, dims);
}

typedef struct assembly {
    const geometry *g;
    char *dst;
    const char *src;
    size_t size;
    sdx_scatter_fn *add;
} assembly;

/* Adds the row of places along the last axis that begins at place `l` of the others. */
static void add_row(const assembly *s, char *image, const char *row, const int64_t *k,
                    const int64_t *l) {
    const geometry *const g = s->g;
    const axis *const last = &g->axes[g->n - 1];
    int64_t at = 0;
    for (size_t i = 0; i + 1 < g->n; i++) {
        const axis *const a = &g->axes[i];
        const int64_t pixel = l[i] * a->stride + k[i] * a->dilation - a->pad;
        if (pixel < 0 || pixel >= a->image) return;
        at += pixel * a->pitch;
    }
    const int64_t start = k[g->n - 1] * last->dilation - last->pad;
    const int64_t from = start < 0 ? (-start + last->stride - 1) / last->stride : 0;
    const int64_t room = last->image - 1 - start;
    const int64_t fit = room < 0 ? 0 : room / last->stride + 1;
    const int64_t to = fit < last->places ? fit : last->places;
    if (from >= to) return;
    s->add(image + (at + start + from * last->stride) * (int64_t)s->size,
           row + from * (int64_t)s->size, NULL, 0, last->stride, (size_t)(to - from));
}

/* The next number in a mixed-radix count of `n` digits; false after the last. */
static bool step(int64_t *digits, const axis *axes, size_t n, bool of_block) {
    for (size_t i = n; i-- > 0;) {
        if (++digits[i] < (of_block ? axes[i].block : axes[i].places)) return true;
        digits[i] = 0;
    }
    return false;
}

/* Items: images of one channel. */
static void add_images(void *arg, size_t begin, size_t end, unsigned lane) {
    const assembly *const s = arg;
    const geometry *const g = s->g;
    const size_t row = (size_t)g->axes[g->n - 1].places * s->size;
    (void)lane;
    for (size_t item = begin; item < end; item++) {
        char *const image = s->dst + item * (size_t)g->pixels * s->size;
        const char *src = s->src + item * (size_t)(g->offsets * g->places) * s->size;
        int64_t k[SDX_MAX_RANK] = {0}, l[SDX_MAX_RANK] = {0};
        memset(image, 0, (size_t)g->pixels * s->size);
        do {
            do {
                add_row(s, image, src, k, l);
                src += row;
            } while (step(l, g->axes, g->n - 1, false));
        } while (step(k, g->axes, g->n, true));
    }
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const image = c->in[IN_IMAGE], *const block = c->in[IN_BLOCK];
    const sdx_view *const columns = c->in[IN_COLUMNS], *const out = c->out[0];
    geometry g;
    assembly s = {
        .g = &g, .dst = out->data, .src = columns->data, .size = sdx_dtype_size(out->dtype)};
    SDX_TRY(read_geometry(c->node, image->data, block->data, image->len, &g));
    SDX_TRY(sdx_scatter_of(SDX_STR("add"), out->dtype, &s.add));
    if (out->len == 0) return NULL;
    if (columns->len == 0) {
        memset(out->data, 0, sdx_view_bytes(out));
        return NULL;
    }
    sdx_call_for(c, (size_t)(out->dims[0] * out->dims[1]),
                 sdx_grain((size_t)(g.offsets * g.places)), add_images, &s);
    return NULL;
}

const sdx_op sdx_op_col2im = {
    .name = "Col2Im",
    .domain = "",
    .since = 18,
    .newest = 18,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .infer = infer,
    .run = run,
};
