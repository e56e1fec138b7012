/* Resize and its forerunner Upsample: schemas, old forms, shapes. */
#include "ops/image/resize.h"

#include <math.h>

#include "ops/infer.h"
#include "ops/upgrade.h"

#define TYPES (SDX_T_CLASSIC)

enum { IN_X, IN_ROI, IN_SCALES, IN_SIZES };
enum {
    MODE,
    COORDINATES,
    NEAREST_MODE,
    ASPECT,
    AXES,
    ANTIALIAS,
    EXCLUDE_OUTSIDE,
    CUBIC_A,
    EXTRAPOLATION
};
enum { REV_SIMPLE = 1 }; /* Resize-10, Upsample: rounding that no nearest_mode names */

static const sdx_port inputs[] = {
    {.name = "X", .var = "T1", .types = TYPES},
    {.name = "roi",
     .var = "T2",
     .types = SDX_T_FLOATS32 | SDX_T(FLOAT16),
     .flags = SDX_PORT_OPTIONAL},
    {.name = "scales", .var = "S", .types = SDX_T(FLOAT32), .flags = SDX_PORT_OPTIONAL},
    {.name = "sizes", .var = "I", .types = SDX_T(INT64), .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "Y", .var = "T1", .types = TYPES}};
static const sdx_attr_def attrs[] = {
    [MODE] = SDX_ATTR_S("mode", "nearest"),
    [COORDINATES] = SDX_ATTR_S("coordinate_transformation_mode", "half_pixel"),
    [NEAREST_MODE] = SDX_ATTR_S("nearest_mode", "round_prefer_floor"),
    [ASPECT] = SDX_ATTR_S("keep_aspect_ratio_policy", "stretch"),
    [AXES] = SDX_ATTR_OPT("axes", SDX_ATTR_INTS),
    [ANTIALIAS] = SDX_ATTR_I("antialias", 0),
    [EXCLUDE_OUTSIDE] = SDX_ATTR_I("exclude_outside", 0),
    [CUBIC_A] = SDX_ATTR_F("cubic_coeff_a", -0.75f),
    [EXTRAPOLATION] = SDX_ATTR_F("extrapolation_value", 0.0f),
};

/* ---- old forms */

static sdx_status set_text(sdx_upgrade *u, const char *name, const char *value) {
    return sdx_node_set_attr(u->node, name,
                             (sdx_attr){.kind = SDX_ATTR_STRING, .n = 1, .s = sdx_str_from(value)});
}

/* ONNX: Resize-10: coordinates are divided by the scale. */
static sdx_status make_simple(sdx_upgrade *u) {
    u->node->rev = REV_SIMPLE;
    return set_text(u, "coordinate_transformation_mode", "asymmetric");
}

/* ONNX: Resize-11 scales became the third input. */
static sdx_status from_10(sdx_upgrade *u) {
    sdx_gvalue *const list[] = {u->node->inputs[0], NULL,
                                u->node->n_inputs > 1 ? u->node->inputs[1] : NULL};
    SDX_TRY(sdx_node_set_inputs(u->node, list, 3));
    return make_simple(u);
}
static const sdx_upgrade_rule upgrades[] = {{.below = 11, .apply = from_10}};

static sdx_status scales_to_input(sdx_upgrade *u, const float *scales, size_t n) {
    const int64_t dims[] = {(int64_t)n};
    sdx_gvalue *value;
    SDX_TRY(sdx_upgrade_constant(u, "scales", SDX_FLOAT32, 1, dims, scales, &value));
    return sdx_node_set_input(u->node, IN_SCALES, value);
}

/* ONNX: Upsample-1 width_scale, height_scale, of images; "bilinear". */
static sdx_status from_upsample_6(sdx_upgrade *u) {
    const sdx_attr *const width = sdx_node_named(u->node, "width_scale");
    const sdx_attr *const height = sdx_node_named(u->node, "height_scale");
    const sdx_attr *const mode = sdx_node_named(u->node, "mode");
    const bool floats = width != NULL && height != NULL && width->kind == SDX_ATTR_FLOAT &&
                        height->kind == SDX_ATTR_FLOAT;
    if (!floats)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attributes 'width_scale' and 'height_scale' are missing, expected floats");
    const float scales[] = {1, 1, height->f, width->f};
    if (mode != NULL && mode->kind == SDX_ATTR_STRING &&
        sdx_str_eq(mode->s, sdx_str_from("bilinear")))
        SDX_TRY(set_text(u, "mode", "linear"));
    sdx_upgrade_drop(u, "width_scale");
    sdx_upgrade_drop(u, "height_scale");
    SDX_TRY(scales_to_input(u, scales, 4));
    return make_simple(u);
}

/* ONNX: Upsample-7 scales was an attribute; -9 the second input; below 7 see above. */
static sdx_status from_upsample_7(sdx_upgrade *u) {
    const sdx_attr *const scales = sdx_node_named(u->node, "scales");
    if (u->version < 7) return NULL;
    if (u->version >= 9) return from_10(u);
    if (scales == NULL || scales->kind != SDX_ATTR_FLOATS)
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'scales' is missing, expected floats");
    SDX_TRY(scales_to_input(u, scales->floats, scales->n));
    sdx_upgrade_drop(u, "scales");
    return make_simple(u);
}

/* What is left is a Resize; versions that have no Upsample keep it, for the check to find. */
static sdx_status from_upsample_9(sdx_upgrade *u) {
    SDX_TRY(from_upsample_7(u));
    return u->version <= 9 ? sdx_upgrade_turn(u, "Resize") : NULL;
}
static const sdx_upgrade_rule upsample_upgrades[] = {
    {.below = 7, .apply = from_upsample_6},
    {.below = INT32_MAX, .apply = from_upsample_9},
};

/* ---- attributes */

typedef struct choice {
    const char *name;
    int value;
} choice;

static const choice modes[] = {{"nearest", SDX_RESIZE_NEAREST},
                               {"linear", SDX_RESIZE_LINEAR},
                               {"cubic", SDX_RESIZE_CUBIC},
                               {NULL, 0}};
static const choice coordinates[] = {{"half_pixel", SDX_RESIZE_HALF_PIXEL},
                                     {"half_pixel_symmetric", SDX_RESIZE_HALF_PIXEL_SYMMETRIC},
                                     {"pytorch_half_pixel", SDX_RESIZE_PYTORCH_HALF_PIXEL},
                                     {"align_corners", SDX_RESIZE_ALIGN_CORNERS},
                                     {"asymmetric", SDX_RESIZE_ASYMMETRIC},
                                     {"tf_half_pixel_for_nn", SDX_RESIZE_TF_HALF_PIXEL_FOR_NN},
                                     {"tf_crop_and_resize", SDX_RESIZE_TF_CROP},
                                     {NULL, 0}};
static const choice roundings[] = {{"round_prefer_floor", SDX_RESIZE_PREFER_FLOOR},
                                   {"round_prefer_ceil", SDX_RESIZE_PREFER_CEIL},
                                   {"floor", SDX_RESIZE_FLOOR},
                                   {"ceil", SDX_RESIZE_CEIL},
                                   {NULL, 0}};
static const choice aspects[] = {{"stretch", 0}, {"not_larger", -1}, {"not_smaller", 1}, {NULL, 0}};

static sdx_status choose(const sdx_node *node, size_t attr, const choice *choices, int *out) {
    const sdx_str found = sdx_node_str(node, attr);
    for (const choice *c = choices; c->name != NULL; c++) {
        if (!sdx_str_eq(found, sdx_str_from(c->name))) continue;
        *out = c->value;
        return NULL;
    }
    return sdx_fail(SDX_INVALID_MODEL,
                    "attribute '%s' is '%.*s', expected '%s', '%s', '%s' or another of ONNX's",
                    attrs[attr].name, SDX_FMT(found), choices[0].name, choices[1].name,
                    choices[2].name);
}

static sdx_status read_axes(const sdx_node *node, size_t rank, sdx_resize_request *r) {
    const sdx_attr *const axes = sdx_node_attr(node, AXES);
    bool seen[SDX_MAX_RANK] = {false};
    r->n = rank;
    for (size_t i = 0; i < rank; i++) {
        r->axes[i] = i;
    }
    if (axes->kind == SDX_ATTR_ABSENT) return NULL;
    if (axes->n > rank)
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'axes' has %zu numbers, expected at most %zu",
                        axes->n, rank);
    r->n = axes->n;
    for (size_t i = 0; i < axes->n; i++) {
        SDX_TRY(sdx_axis(axes->ints[i], rank, "attribute 'axes'", &r->axes[i]));
        if (seen[r->axes[i]])
            return sdx_fail(SDX_INVALID_MODEL,
                            "attribute 'axes' has axis %zu twice, expected it once", r->axes[i]);
        seen[r->axes[i]] = true;
    }
    return NULL;
}

static sdx_status read_node(const sdx_node *node, size_t rank, sdx_resize_request *r) {
    int mode, place, rounding;
    *r = (sdx_resize_request){.n = 0};
    SDX_TRY(choose(node, MODE, modes, &mode));
    SDX_TRY(choose(node, COORDINATES, coordinates, &place));
    SDX_TRY(choose(node, NEAREST_MODE, roundings, &rounding));
    SDX_TRY(choose(node, ASPECT, aspects, &r->aspect));
    r->rules = (sdx_resize_rules){
        .mode = (sdx_resize_mode)mode,
        .coordinates = (sdx_resize_coordinates)place,
        .rounding = node->rev == REV_SIMPLE ? SDX_RESIZE_OUTWARD : (sdx_resize_rounding)rounding,
        .antialias = sdx_node_int(node, ANTIALIAS) != 0,
        .exclude_outside = sdx_node_int(node, EXCLUDE_OUTSIDE) != 0,
        .cubic_a = (double)sdx_node_float(node, CUBIC_A)};
    r->extrapolation = (double)sdx_node_float(node, EXTRAPOLATION);
    return read_axes(node, rank, r);
}

/* ---- lists */

static sdx_status check_list(const char *name, size_t len, size_t expected) {
    if (len == expected) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s' has %zu elements, expected %zu, for the axes",
                    name, len, expected);
}

/* Takes scales and region from views; empty ones are as good as none (ONNX: Resize-11). */
static sdx_status take_lists(sdx_resize_request *r, const sdx_view *roi, const sdx_view *scales) {
    r->scales = scales != NULL && scales->len > 0 && !r->has_sizes ? scales : NULL;
    r->roi = roi != NULL && roi->len > 0 && r->rules.coordinates == SDX_RESIZE_TF_CROP ? roi : NULL;
    if (r->roi != NULL) SDX_TRY(check_list("roi", r->roi->len, 2 * r->n));
    if (r->scales == NULL) return NULL;
    SDX_TRY(check_list("scales", r->scales->len, r->n));
    for (size_t i = 0; i < r->n; i++) {
        const double scale = sdx_view_double(r->scales, i);
        if (!(scale > 0) || !(scale < INFINITY))
            return sdx_fail(SDX_OUT_OF_RANGE, "input 'scales'[%zu] is %g, expected more than 0", i,
                            scale);
    }
    return NULL;
}

static sdx_status take_sizes(sdx_resize_request *r, size_t n) {
    SDX_TRY(check_list("sizes", n, r->n));
    r->has_sizes = true;
    for (size_t i = 0; i < n; i++) {
        if (sdx_dim_is_number(r->sizes[i]) && r->sizes[i] < 0)
            return sdx_fail(SDX_OUT_OF_RANGE, "input 'sizes'[%zu] is %lld, expected 0 or more", i,
                            (long long)r->sizes[i]);
    }
    return NULL;
}

/* ---- inference */

/* An input that is there and not known to be empty. */
static bool has_list(const sdx_infer *in, size_t i) {
    if (!sdx_infer_has(in, i)) return false;
    return in->in[i].rank != 1 || in->in[i].dims[0] != 0;
}

/* ONNX: Resize-19: floor(in * (roi_end - roi_start) * scale), in float32 as ONNX's own inference.
 */
static sdx_dim scaled(sdx_dims *dims, const sdx_resize_request *r, size_t i, sdx_dim in) {
    const float scale = (float)sdx_view_double(r->scales, i);
    float part = 1;
    if (r->roi != NULL)
        part = (float)(sdx_view_double(r->roi, r->n + i) - sdx_view_double(r->roi, i));
    if (sdx_dim_is_number(in)) {
        const float out = floorf((float)in * part * scale);
        return out < 0x1p62f ? (out > 0 ? (int64_t)out : 0) : SDX_DIM_MAX;
    }
    const float twice = 2 * scale;
    if (part == 1 && twice == floorf(twice) && twice < 0x1p20f) /* x1, x1.5, x2, ... */
        return sdx_dim_div(dims, sdx_dim_mul(dims, in, (int64_t)twice), 2);
    return sdx_dim_fresh(dims);
}

static sdx_status size_axes(sdx_infer *in, const sdx_resize_request *r, sdx_dim *dims) {
    bool numbers = true;
    int64_t from[SDX_MAX_RANK] = {0};
    for (size_t i = 0; i < r->n; i++) {
        const size_t axis = r->axes[i];
        from[axis] = dims[axis];
        numbers = numbers && sdx_dim_is_number(dims[axis]) && sdx_dim_is_number(r->sizes[i]);
        if (numbers && dims[axis] == 0 && r->has_sizes && r->sizes[i] > 0)
            return sdx_fail(SDX_SHAPE_MISMATCH,
                            "input 'sizes'[%zu] is %lld, expected 0: input 'X' is empty there", i,
                            (long long)r->sizes[i]);
    }
    const bool aspect = r->has_sizes && r->aspect != 0;
    const double scale = aspect && numbers ? sdx_resize_aspect(r, from) : 0;
    for (size_t i = 0; i < r->n; i++) {
        sdx_dim *const dim = &dims[r->axes[i]];
        if (!r->has_sizes)
            *dim = scaled(in->dims, r, i, *dim);
        else if (!aspect)
            *dim = r->sizes[i];
        else if (numbers && *dim > 0)
            *dim = (int64_t)(scale * (double)*dim + 0.5); /* halves up */
        else if (!numbers)
            *dim = sdx_dim_fresh(in->dims);
    }
    return NULL;
}

static sdx_status check_type(const sdx_infer *in, const sdx_resize_request *r) {
    const sdx_dtype type = sdx_infer_dtype(in, IN_X);
    const sdx_dtype_kind kind = sdx_dtype_kind_of(type);
    if (r->rules.mode == SDX_RESIZE_NEAREST) return NULL;
    if (kind != SDX_KIND_STRING && kind != SDX_KIND_COMPLEX) return NULL;
    return sdx_fail(SDX_UNSUPPORTED,
                    "input 'X' is %s, expected a real type: only mode 'nearest' takes others",
                    sdx_dtype_name(type));
}

static sdx_status infer(sdx_infer *in) {
    if (!sdx_infer_ranked(in, IN_X)) return NULL;
    const size_t rank = (size_t)in->in[IN_X].rank;
    sdx_resize_request r;
    size_t n;
    SDX_TRY(read_node(in->node, rank, &r));
    SDX_TRY(check_type(in, &r));
    const bool sizes = has_list(in, IN_SIZES), scales = has_list(in, IN_SCALES);
    const bool crop = r.rules.coordinates == SDX_RESIZE_TF_CROP && has_list(in, IN_ROI);
    if (!sizes && !scales)
        return sdx_fail(SDX_INVALID_MODEL, "inputs 'scales' and 'sizes' are absent, expected one");
    bool known = !crop || in->in[IN_ROI].view != NULL;
    if (sizes && sdx_infer_ints(in, IN_SIZES, r.sizes, SDX_MAX_RANK, &n)) {
        if (n > 0) SDX_TRY(take_sizes(&r, n));
    } else if (sizes) {
        known = false;
    }
    if (scales && !r.has_sizes) known = known && in->in[IN_SCALES].view != NULL;
    if (!known) return sdx_infer_set_rank(in, 0, rank);
    SDX_TRY(
        take_lists(&r, crop ? in->in[IN_ROI].view : NULL, scales ? in->in[IN_SCALES].view : NULL));
    if (!r.has_sizes && r.scales == NULL)
        return sdx_fail(SDX_INVALID_MODEL, "inputs 'scales' and 'sizes' are empty, expected one");
    sdx_dim dims[SDX_MAX_RANK];
    for (size_t i = 0; i < rank; i++) {
        dims[i] = in->in[IN_X].dims[i];
    }
    SDX_TRY(size_axes(in, &r, dims));
    return sdx_infer_set_shape(in, 0, rank, dims);
}

/* ---- binding and running */

static const sdx_view *input(const sdx_view *const *in, size_t n, size_t i) {
    return i < n ? in[i] : NULL;
}

/* *known is false while a list has no elements yet. */
static sdx_status read_request(const sdx_node *node, const sdx_view *const *in, size_t n,
                               sdx_resize_request *r, bool *known) {
    const sdx_view *const roi = input(in, n, IN_ROI), *const scales = input(in, n, IN_SCALES);
    const sdx_view *const sizes = input(in, n, IN_SIZES);
    const sdx_view *const lists[] = {roi, scales, sizes};
    *known = true;
    for (size_t i = 0; i < 3; i++) {
        if (lists[i] != NULL && lists[i]->len > 0 && lists[i]->data == NULL) *known = false;
    }
    SDX_TRY(read_node(node, in[IN_X]->rank, r));
    if (!*known) return NULL;
    if (sizes != NULL && sizes->len > 0) {
        SDX_TRY(check_list("sizes", sizes->len, r->n));
        for (size_t i = 0; i < r->n; i++) {
            r->sizes[i] = sdx_dim_number(sdx_view_int(sizes, i));
        }
        SDX_TRY(take_sizes(r, r->n));
    }
    return take_lists(r, roi, scales);
}

static sdx_status bind(sdx_bind *b) {
    size_t *const scratch = b->bound;
    sdx_resize_request r;
    bool known;
    SDX_TRY(read_request(b->node, b->in, b->n_in, &r, &known));
    if (!known || b->out[0] == NULL) return NULL;
    SDX_TRY(sdx_resize_scratch(&r, b->in[IN_X], b->out[0], scratch));
    b->scratch = *scratch;
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    const size_t *const scratch = c->bound;
    sdx_resize_request r;
    bool known;
    SDX_TRY(read_request(c->node, c->in, c->n_in, &r, &known));
    return sdx_resize_run(c, &r, *scratch, c->in[IN_X], c->out[0]);
}

const sdx_op sdx_op_resize = {
    .name = "Resize",
    .domain = "",
    .since = 10,
    .newest = 19,
    .n_revs = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    SDX_ROWS(upgrades, upgrades),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(size_t),
    .infer = infer,
    .bind = bind,
    .run = run,
};

/* After its upgrades an Upsample is a Resize. */
const sdx_op sdx_op_upsample = {
    .name = "Upsample",
    .domain = "",
    .since = 1,
    .until = 9,
    .newest = 9,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    SDX_ROWS(upgrades, upsample_upgrades),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(size_t),
    .infer = infer,
    .bind = bind,
    .run = run,
};
