/* Experimental operators of ONNX 1.0, opset 1, said with operators of today. The rules read the
 * node as it is in the file: the schema is checked when it has become what it will be. */
#include <limits.h>

#include "ops/upgrade.h"

/* ---- attributes as they are in the file */

static sdx_status named(const sdx_upgrade *u, const char *name, sdx_attr_kind kind,
                        const sdx_attr **out) {
    const sdx_attr *const attr = sdx_node_named(u->node, name);
    if (attr != NULL && attr->kind != kind)
        return sdx_fail(SDX_INVALID_MODEL, "attribute '%s' has another type, expected %s", name,
                        kind == SDX_ATTR_INTS     ? "ints"
                        : kind == SDX_ATTR_FLOATS ? "floats"
                        : kind == SDX_ATTR_INT    ? "int"
                                                  : "float");
    *out = attr;
    return NULL;
}

static sdx_status named_float(const sdx_upgrade *u, const char *name, float other, float *out) {
    const sdx_attr *attr;
    SDX_TRY(named(u, name, SDX_ATTR_FLOAT, &attr));
    *out = attr != NULL ? attr->f : other;
    return NULL;
}

static sdx_gvalue *input_of(const sdx_upgrade *u) {
    return u->node->n_inputs > 0 ? u->node->inputs[0] : NULL;
}

static sdx_status ints_constant(sdx_upgrade *u, const int64_t *ints, size_t n, sdx_gvalue **out) {
    return sdx_graph_const_ints(u->node->graph, 1, ints, n, out);
}

/* ---- ImageScaler */

/* One float for each channel: `bias` for n of them, or the same for all where it is NULL. */
static sdx_status channels(sdx_upgrade *u, const char *name, float x, const float *bias, size_t n,
                           sdx_gvalue **out) {
    const int64_t dims[] = {(int64_t)n};
    float *floats;
    if (bias != NULL) return sdx_upgrade_constant(u, name, SDX_FLOAT32, 1, dims, bias, out);
    SDX_TRY(SDX_ARENA_NEW(u->node->graph->ir->arena, n, &floats));
    for (size_t i = 0; i < n; i++) {
        floats[i] = x;
    }
    return sdx_upgrade_constant(u, name, SDX_FLOAT32, 1, dims, floats, out);
}

/* Where the number of channels is known already; else BatchNormalization finds it. */
static sdx_status check_channels(const sdx_upgrade *u, size_t n) {
    const sdx_gvalue *const x = input_of(u);
    if (x == NULL || x->shape.rank < 2) return NULL;
    const sdx_dim channels = x->shape.dims[1];
    if (!sdx_dim_is_number(channels) || channels == (sdx_dim)n) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "attribute 'bias' has %zu numbers, expected one for each of %lld channels", n,
                    (long long)channels);
}

/* ONNX: ImageScaler-1: x * scale + bias, a bias for each channel. A mean of 0 and a variance of 1
 * without epsilon change no bit. */
static sdx_status from_image_scaler(sdx_upgrade *u) {
    sdx_gvalue *list[5] = {input_of(u)};
    const sdx_attr *bias;
    float scale;
    SDX_TRY(named(u, "bias", SDX_ATTR_FLOATS, &bias));
    SDX_TRY(named_float(u, "scale", 1, &scale));
    sdx_upgrade_drop(u, "scale");
    if (bias == NULL || bias->n == 0) {
        sdx_upgrade_drop(u, "bias");
        SDX_TRY(sdx_node_set_attr(u->node, "alpha",
                                  (sdx_attr){.kind = SDX_ATTR_FLOAT, .n = 1, .f = scale}));
        return sdx_upgrade_turn(u, "Affine");
    }
    SDX_TRY(check_channels(u, bias->n));
    SDX_TRY(channels(u, "scale", scale, NULL, bias->n, &list[1]));
    SDX_TRY(channels(u, "bias", 0, bias->floats, bias->n, &list[2]));
    SDX_TRY(channels(u, "mean", 0, NULL, bias->n, &list[3]));
    SDX_TRY(channels(u, "variance", 1, NULL, bias->n, &list[4]));
    sdx_upgrade_drop(u, "bias");
    SDX_TRY(sdx_node_set_inputs(u->node, list, 5));
    SDX_TRY(
        sdx_node_set_attr(u->node, "epsilon", (sdx_attr){.kind = SDX_ATTR_FLOAT, .n = 1, .f = 0}));
    return sdx_upgrade_turn(u, "BatchNormalization");
}

/* ---- Crop, DynamicSlice */

/* A list of `n` sizes, or absent. */
static sdx_status sizes(const sdx_upgrade *u, const char *name, size_t n, const int64_t **out) {
    const sdx_attr *attr;
    SDX_TRY(named(u, name, SDX_ATTR_INTS, &attr));
    *out = NULL;
    if (attr == NULL || attr->n == 0) return NULL;
    if (attr->n != n)
        return sdx_fail(SDX_INVALID_MODEL, "attribute '%s' has %zu numbers, expected %zu", name,
                        attr->n, n);
    for (size_t i = 0; i < n; i++) {
        if (attr->ints[i] < 0 || attr->ints[i] > INT32_MAX)
            return sdx_fail(SDX_INVALID_MODEL, "attribute '%s'[%zu] is %lld, expected 0 to %d",
                            name, i, (long long)attr->ints[i], INT32_MAX);
    }
    *out = attr->ints;
    return NULL;
}

/* ONNX: Crop-1: border is left, top, right, bottom; with scale, height and width, the window starts
 * at left and top. */
static sdx_status from_crop(sdx_upgrade *u) {
    enum { LEFT, TOP, RIGHT, BOTTOM };
    static const int64_t axes[] = {2, 3}, no_border[4] = {0};
    const int64_t *border, *scale;
    SDX_TRY(sizes(u, "border", 4, &border));
    SDX_TRY(sizes(u, "scale", 2, &scale));
    if (border == NULL) border = no_border;
    const int64_t starts[] = {border[TOP], border[LEFT]};
    int64_t ends[] = {border[BOTTOM] > 0 ? -border[BOTTOM] : INT64_MAX,
                      border[RIGHT] > 0 ? -border[RIGHT] : INT64_MAX};
    for (size_t i = 0; i < 2 && scale != NULL; i++) {
        ends[i] = starts[i] + scale[i];
    }
    sdx_gvalue *list[4] = {input_of(u)};
    SDX_TRY(ints_constant(u, starts, 2, &list[1]));
    SDX_TRY(ints_constant(u, ends, 2, &list[2]));
    SDX_TRY(ints_constant(u, axes, 2, &list[3]));
    sdx_upgrade_drop(u, "border");
    sdx_upgrade_drop(u, "scale");
    SDX_TRY(sdx_node_set_inputs(u->node, list, 4));
    return sdx_upgrade_turn(u, "Slice");
}

static sdx_status from_dynamic_slice(sdx_upgrade *u) { return sdx_upgrade_turn(u, "Slice"); }

/* ---- ConstantFill, GivenTensorFill */

/* The shape of the output, an int64 tensor: an attribute; or what the input holds (input_as_shape),
 * or has for its shape, and more dims behind it. */
static sdx_status fill_shape(sdx_upgrade *u, sdx_gvalue **out) {
    const sdx_attr *shape, *extra, *as_shape;
    sdx_gvalue *input = input_of(u), *more;
    SDX_TRY(named(u, "shape", SDX_ATTR_INTS, &shape));
    SDX_TRY(named(u, "extra_shape", SDX_ATTR_INTS, &extra));
    SDX_TRY(named(u, "input_as_shape", SDX_ATTR_INT, &as_shape));
    if (shape != NULL) return ints_constant(u, shape->ints, shape->n, out);
    if (input == NULL)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'shape' and the input are absent, expected one of them");
    if (as_shape == NULL || as_shape->i == 0) {
        SDX_TRY(sdx_upgrade_before(u, "", "Shape", &input, 1, out));
    } else {
        SDX_TRY(sdx_upgrade_before(u, "", "Cast", &input, 1, out));
        SDX_TRY(sdx_node_set_attr((*out)->producer, "to",
                                  (sdx_attr){.kind = SDX_ATTR_INT, .n = 1, .i = SDX_INT64}));
    }
    if (extra == NULL || extra->n == 0) return NULL;
    SDX_TRY(ints_constant(u, extra->ints, extra->n, &more));
    sdx_gvalue *const parts[] = {*out, more};
    SDX_TRY(sdx_upgrade_before(u, "", "Concat", parts, 2, out));
    return sdx_node_set_attr((*out)->producer, "axis",
                             (sdx_attr){.kind = SDX_ATTR_INT, .n = 1, .i = 0});
}

static void drop_fill(sdx_upgrade *u) {
    static const char *const names[] = {"shape",  "extra_shape", "input_as_shape",
                                        "values", "value",       "dtype"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        sdx_upgrade_drop(u, names[i]);
    }
}

/* ONNX: ConstantFill-1 value, of type dtype. */
static sdx_status from_constant_fill(sdx_upgrade *u) {
    const sdx_types types = SDX_T_NUMERIC | SDX_T(BOOL);
    const sdx_attr *dtype;
    sdx_gvalue *shape;
    sdx_view *value;
    float x;
    char text[256];
    sdx_arena *const arena = u->node->graph->ir->arena;
    SDX_TRY(named_float(u, "value", 0, &x));
    SDX_TRY(named(u, "dtype", SDX_ATTR_INT, &dtype));
    const int64_t type = dtype != NULL ? dtype->i : SDX_FLOAT32;
    if (!sdx_dtype_valid(type) || !sdx_types_have(types, (sdx_dtype)type))
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'dtype' is %lld, expected one of %s",
                        (long long)type, sdx_types_text(types, text, sizeof text));
    SDX_TRY(fill_shape(u, &shape));
    SDX_TRY(SDX_ARENA_NEW(arena, 1, &value));
    SDX_TRY(sdx_view_init(value, (sdx_dtype)type, 0, NULL));
    SDX_TRY(sdx_arena_alloc(arena, 1, sdx_view_bytes(value), &value->data));
    sdx_view_set_double(value, 0, (double)x);
    drop_fill(u);
    SDX_TRY(sdx_node_set_inputs(u->node, &shape, 1));
    SDX_TRY(sdx_node_set_attr(u->node, "value",
                              (sdx_attr){.kind = SDX_ATTR_TENSOR, .n = 1, .tensor = value}));
    return sdx_upgrade_turn(u, "ConstantOfShape");
}

/* ONNX: GivenTensorFill-1 values. */
static sdx_status from_given_tensor_fill(sdx_upgrade *u) {
    const sdx_attr *values;
    sdx_gvalue *list[2];
    SDX_TRY(named(u, "values", SDX_ATTR_FLOATS, &values));
    const int64_t n = values != NULL ? (int64_t)values->n : 0;
    SDX_TRY(fill_shape(u, &list[1]));
    SDX_TRY(sdx_upgrade_constant(u, "values", SDX_FLOAT32, 1, &n,
                                 values != NULL ? values->floats : NULL, &list[0]));
    drop_fill(u);
    SDX_TRY(sdx_node_set_inputs(u->node, list, 2));
    SDX_TRY(
        sdx_node_set_attr(u->node, "allowzero", (sdx_attr){.kind = SDX_ATTR_INT, .n = 1, .i = 1}));
    return sdx_upgrade_turn(u, "Reshape");
}

/* ---- rows: what a file may say */

static const sdx_upgrade_rule constant_fill_rules[] = {{INT_MAX, from_constant_fill}};
static const sdx_upgrade_rule crop_rules[] = {{INT_MAX, from_crop}};
static const sdx_upgrade_rule dynamic_slice_rules[] = {{INT_MAX, from_dynamic_slice}};
static const sdx_upgrade_rule given_tensor_fill_rules[] = {{INT_MAX, from_given_tensor_fill}};
static const sdx_upgrade_rule image_scaler_rules[] = {{INT_MAX, from_image_scaler}};

static const sdx_port input[] = {{.name = "input", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_port output[] = {{.name = "output", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_port shape_input[] = {
    {.name = "shape",
     .var = "T1",
     .types = SDX_T_NUMERIC | SDX_T(BOOL),
     .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port filled[] = {
    {.name = "output", .var = "T2", .types = SDX_T_NUMERIC | SDX_T(BOOL)}};
static const sdx_port floats_filled[] = {{.name = "X", .var = "T2", .types = SDX_T(FLOAT32)}};
static const sdx_port slice_inputs[] = {
    {.name = "data", .var = "T", .types = SDX_T_ANY},
    {.name = "starts", .var = "I", .types = SDX_T_INDEX},
    {.name = "ends", .var = "I", .types = SDX_T_INDEX},
    {.name = "axes", .var = "I", .types = SDX_T_INDEX, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port sliced[] = {{.name = "output", .var = "T", .types = SDX_T_ANY}};

static const sdx_attr_def constant_fill_attrs[] = {
    SDX_ATTR_F("value", 0.0f),
    SDX_ATTR_I("dtype", SDX_FLOAT32),
    SDX_ATTR_OPT("shape", SDX_ATTR_INTS),
    SDX_ATTR_OPT("extra_shape", SDX_ATTR_INTS),
    SDX_ATTR_OPT("input_as_shape", SDX_ATTR_INT),
};
static const sdx_attr_def given_tensor_fill_attrs[] = {
    SDX_ATTR_OPT("values", SDX_ATTR_FLOATS),
    SDX_ATTR_OPT("shape", SDX_ATTR_INTS),
    SDX_ATTR_OPT("extra_shape", SDX_ATTR_INTS),
    SDX_ATTR_OPT("input_as_shape", SDX_ATTR_INT),
};
static const sdx_attr_def crop_attrs[] = {
    SDX_ATTR_OPT("border", SDX_ATTR_INTS),
    SDX_ATTR_OPT("scale", SDX_ATTR_INTS),
};
static const sdx_attr_def image_scaler_attrs[] = {
    SDX_ATTR_OPT("bias", SDX_ATTR_FLOATS),
    SDX_ATTR_F("scale", 1.0f),
};

const sdx_op sdx_op_constant_fill = {
    .name = "ConstantFill",
    .domain = "",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, shape_input),
    SDX_ROWS(outputs, filled),
    SDX_ROWS(attrs, constant_fill_attrs),
    SDX_ROWS(upgrades, constant_fill_rules),
};

const sdx_op sdx_op_crop = {
    .name = "Crop",
    .domain = "",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, input),
    SDX_ROWS(outputs, output),
    SDX_ROWS(attrs, crop_attrs),
    SDX_ROWS(upgrades, crop_rules),
};

const sdx_op sdx_op_dynamic_slice = {
    .name = "DynamicSlice",
    .domain = "",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, slice_inputs),
    SDX_ROWS(outputs, sliced),
    SDX_ROWS(upgrades, dynamic_slice_rules),
};

const sdx_op sdx_op_given_tensor_fill = {
    .name = "GivenTensorFill",
    .domain = "",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, shape_input),
    SDX_ROWS(outputs, floats_filled),
    SDX_ROWS(attrs, given_tensor_fill_attrs),
    SDX_ROWS(upgrades, given_tensor_fill_rules),
};

const sdx_op sdx_op_image_scaler = {
    .name = "ImageScaler",
    .domain = "",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, input),
    SDX_ROWS(outputs, output),
    SDX_ROWS(attrs, image_scaler_attrs),
    SDX_ROWS(upgrades, image_scaler_rules),
};
