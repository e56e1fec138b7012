/* QLinearAdd and its kind of com.microsoft: bytes become numbers, an operator of ai.onnx, and bytes
 * again. */
#include <limits.h>

#include "ops/compound/parts.h"

#define BYTES (SDX_T(INT8) | SDX_T(UINT8))

/* BYTE("A", 0) is a tensor of bytes, SCALE("A_scale", 0) a scale. */
#define BYTE(text, more) \
    { .name = (text), .var = "T", .types = BYTES, .flags = (more) }
#define SCALE(text) \
    { .name = (text), .var = (text), .types = SDX_T(FLOAT32) }

/* ---- rules */

static sdx_status one(sdx_upgrade *u, const char *op_type) {
    sdx_gvalue *x;
    SDX_TRY(sdx_part_dequantise(u, 0, &x));
    SDX_TRY(sdx_part_quantise(u, 3, sdx_part_input(u, 0)));
    return sdx_part_turn(u, op_type, &x, 1);
}

static sdx_status two(sdx_upgrade *u, const char *op_type) {
    sdx_gvalue *list[2];
    SDX_TRY(sdx_part_dequantise(u, 0, &list[0]));
    SDX_TRY(sdx_part_dequantise(u, 3, &list[1]));
    SDX_TRY(sdx_part_quantise(u, 6, sdx_part_input(u, 0)));
    return sdx_part_turn(u, op_type, list, 2);
}

static sdx_status from_add(sdx_upgrade *u) { return two(u, "Add"); }
static sdx_status from_mul(sdx_upgrade *u) { return two(u, "Mul"); }
static sdx_status from_sigmoid(sdx_upgrade *u) { return one(u, "Sigmoid"); }
static sdx_status from_leaky_relu(sdx_upgrade *u) { return one(u, "LeakyRelu"); }

/* Pooling of [N, C, sizes], or of [N, sizes, C]. */
static sdx_status pool(sdx_upgrade *u, const char *op_type) {
    int64_t last;
    sdx_gvalue *x;
    SDX_TRY(sdx_part_int(u, "channels_last", 0, &last));
    sdx_upgrade_drop(u, "channels_last");
    if (last == 0) return one(u, op_type);
    SDX_TRY(sdx_part_require(u, 0));
    const sdx_gvalue *const bytes = sdx_part_input(u, 0);
    const int rank = bytes->shape.rank;
    SDX_TRY(sdx_part_channels_first(u, sdx_part_input(u, 0), &x));
    SDX_TRY(sdx_node_set_input(u->node, 0, x));
    SDX_TRY(sdx_part_channels_last(u, rank));
    SDX_TRY(sdx_part_dequantise(u, 0, &x));
    SDX_TRY(sdx_part_quantise(u, 3, bytes));
    return sdx_part_turn(u, op_type, &x, 1);
}

static sdx_status from_average_pool(sdx_upgrade *u) { return pool(u, "AveragePool"); }
static sdx_status from_global_pool(sdx_upgrade *u) { return pool(u, "GlobalAveragePool"); }

static sdx_status from_reduce_mean(sdx_upgrade *u) {
    SDX_TRY(one(u, "ReduceMean"));
    return sdx_upgrade_ints_to_input(u, "axes", 1);
}

static sdx_status from_where(sdx_upgrade *u) {
    SDX_TRY(sdx_part_require(u, 0));
    sdx_gvalue *list[3] = {sdx_part_input(u, 0)};
    SDX_TRY(sdx_part_dequantise(u, 1, &list[1]));
    SDX_TRY(sdx_part_dequantise(u, 4, &list[2]));
    SDX_TRY(sdx_part_quantise(u, 7, sdx_part_input(u, 1)));
    return sdx_part_turn(u, "Where", list, 3);
}

static sdx_status from_concat(sdx_upgrade *u) {
    const size_t n = u->node->n_inputs / 3;
    sdx_gvalue **list;
    if (u->node->n_inputs < 5 || u->node->n_inputs % 3 != 2)
        return sdx_fail(SDX_INVALID_MODEL,
                        "found %zu inputs, expected a scale and zero point, then three for each "
                        "tensor",
                        u->node->n_inputs);
    SDX_TRY(SDX_ARENA_NEW(u->node->graph->ir->arena, n, &list));
    for (size_t i = 0; i < n; i++) {
        SDX_TRY(sdx_part_dequantise(u, 2 + 3 * i, &list[i]));
    }
    SDX_TRY(sdx_part_quantise(u, 0, sdx_part_input(u, 2)));
    return sdx_part_turn(u, "Concat", list, n);
}

/* RULE(add) is the table add_rules of the one rule from_add. */
#define RULE(id) \
    static const sdx_upgrade_rule id##_rules[] = {{.below = INT_MAX, .apply = from_##id}}

RULE(add);
RULE(mul);
RULE(sigmoid);
RULE(leaky_relu);
RULE(average_pool);
RULE(global_pool);
RULE(reduce_mean);
RULE(where);
RULE(concat);

/* ---- schemas, for the list of operators: what a rule leaves is checked as what it has become */

static const sdx_port two_inputs[] = {
    BYTE("A", 0),
    SCALE("A_scale"),
    BYTE("A_zero_point", SDX_PORT_OPTIONAL),
    BYTE("B", 0),
    SCALE("B_scale"),
    BYTE("B_zero_point", SDX_PORT_OPTIONAL),
    SCALE("C_scale"),
    BYTE("C_zero_point", SDX_PORT_OPTIONAL),
};
static const sdx_port one_input[] = {
    BYTE("X", 0),
    SCALE("X_scale"),
    BYTE("X_zero_point", SDX_PORT_OPTIONAL),
    SCALE("Y_scale"),
    BYTE("Y_zero_point", SDX_PORT_OPTIONAL),
};
static const sdx_port where_inputs[] = {
    {.name = "condition", .var = "B", .types = SDX_T(BOOL)},
    BYTE("X", 0),
    SCALE("x_scale"),
    BYTE("x_zero_point", 0),
    BYTE("Y", 0),
    SCALE("y_scale"),
    BYTE("y_zero_point", 0),
    SCALE("z_scale"),
    BYTE("z_zero_point", 0),
};
static const sdx_port concat_inputs[] = {
    SCALE("Y_scale"),
    BYTE("Y_zero_point", 0),
    {.name = "inputs",
     .var = "TV",
     .types = BYTES | SDX_T(FLOAT32),
     .flags = SDX_PORT_VARIADIC | SDX_PORT_HETERO},
};
static const sdx_port outputs[] = {BYTE("Y", 0)};
static const sdx_attr_def leaky_relu_attrs[] = {SDX_ATTR_F("alpha", 0.01f)};
static const sdx_attr_def global_attrs[] = {SDX_ATTR_I("channels_last", 0)};
static const sdx_attr_def pool_attrs[] = {
    SDX_ATTR_S("auto_pad", "NOTSET"),
    SDX_ATTR_I("ceil_mode", 0),
    SDX_ATTR_I("channels_last", 0),
    SDX_ATTR_I("count_include_pad", 0),
    SDX_ATTR_REQ("kernel_shape", SDX_ATTR_INTS),
    SDX_ATTR_OPT("pads", SDX_ATTR_INTS),
    SDX_ATTR_OPT("strides", SDX_ATTR_INTS),
};
static const sdx_attr_def mean_attrs[] = {
    SDX_ATTR_REQ("axes", SDX_ATTR_INTS),
    SDX_ATTR_REQ("keepdims", SDX_ATTR_INT),
};
static const sdx_attr_def concat_attrs[] = {SDX_ATTR_REQ("axis", SDX_ATTR_INT)};

#define ATTRS(table) SDX_ROWS(attrs, table)
#define NO_ATTRS .n_attrs = 0

/* ROW(qlinear_add, "QLinearAdd", two_inputs, NO_ATTRS, add) is the row sdx_op_ms_qlinear_add. */
#define ROW(id, text, in_table, attrs_, rule) \
    const sdx_op sdx_op_ms_##id = {           \
        .name = (text),                       \
        .domain = "com.microsoft",            \
        .since = 1,                           \
        .newest = 1,                          \
        SDX_ROWS(inputs, in_table),           \
        SDX_ROWS(outputs, outputs),           \
        attrs_,                               \
        SDX_ROWS(upgrades, rule##_rules),     \
    }

ROW(qlinear_add, "QLinearAdd", two_inputs, NO_ATTRS, add);
ROW(qlinear_mul, "QLinearMul", two_inputs, NO_ATTRS, mul);
ROW(qlinear_sigmoid, "QLinearSigmoid", one_input, NO_ATTRS, sigmoid);
ROW(qlinear_leaky_relu, "QLinearLeakyRelu", one_input, ATTRS(leaky_relu_attrs), leaky_relu);
ROW(qlinear_average_pool, "QLinearAveragePool", one_input, ATTRS(pool_attrs), average_pool);
ROW(qlinear_global_average_pool, "QLinearGlobalAveragePool", one_input, ATTRS(global_attrs),
    global_pool);
ROW(qlinear_reduce_mean, "QLinearReduceMean", one_input, ATTRS(mean_attrs), reduce_mean);
ROW(qlinear_where, "QLinearWhere", where_inputs, NO_ATTRS, where);
ROW(qlinear_concat, "QLinearConcat", concat_inputs, ATTRS(concat_attrs), concat);
