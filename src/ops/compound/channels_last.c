/* Operators of com.microsoft on [N, sizes, C]: NhwcConv, NhwcFusedConv, NhwcMaxPool and a
 * QLinearConv that may be. Each is the operator on [N, C, sizes] between two Transposes. */
#include <limits.h>

#include "ops/compound/parts.h"

#define BYTES (SDX_T(INT8) | SDX_T(UINT8))

/* Input 0 (and the residual, input 3 of a convolution of floats) with channels first, and the
 * result with channels last. */
static sdx_status reorder(sdx_upgrade *u, bool residual) {
    sdx_gvalue *value;
    SDX_TRY(sdx_part_require(u, 0));
    const int rank = u->node->inputs[0]->shape.rank;
    SDX_TRY(sdx_part_channels_first(u, u->node->inputs[0], &value));
    SDX_TRY(sdx_node_set_input(u->node, 0, value));
    if (residual && sdx_part_input(u, 3) != NULL) {
        SDX_TRY(sdx_part_channels_first(u, sdx_part_input(u, 3), &value));
        SDX_TRY(sdx_node_set_input(u->node, 3, value));
    }
    return sdx_part_channels_last(u, rank);
}

static sdx_status from_conv(sdx_upgrade *u) {
    SDX_TRY(reorder(u, false));
    return sdx_upgrade_turn(u, "Conv");
}

static sdx_status from_max_pool(sdx_upgrade *u) {
    SDX_TRY(reorder(u, false));
    return sdx_upgrade_turn(u, "MaxPool");
}

/* It stays an operator of com.microsoft. */
static sdx_status from_fused_conv(sdx_upgrade *u) {
    SDX_TRY(reorder(u, true));
    u->node->op_type = SDX_STR("FusedConv");
    return NULL;
}

static sdx_status from_qlinear_conv(sdx_upgrade *u) {
    int64_t last;
    SDX_TRY(sdx_part_int(u, "channels_last", 0, &last));
    sdx_upgrade_drop(u, "channels_last");
    if (last != 0) SDX_TRY(reorder(u, false));
    return sdx_upgrade_turn(u, "QLinearConv");
}

static const sdx_upgrade_rule conv_rules[] = {{.below = INT_MAX, .apply = from_conv}};
static const sdx_upgrade_rule max_pool_rules[] = {{.below = INT_MAX, .apply = from_max_pool}};
static const sdx_upgrade_rule fused_conv_rules[] = {{.below = INT_MAX, .apply = from_fused_conv}};
static const sdx_upgrade_rule qlinear_conv_rules[] = {
    {.below = INT_MAX, .apply = from_qlinear_conv}};

/* ---- schemas, for the list of operators */

#define WINDOW                                                                            \
    SDX_ATTR_S("auto_pad", "NOTSET"), SDX_ATTR_OPT("dilations", SDX_ATTR_INTS),           \
        SDX_ATTR_OPT("kernel_shape", SDX_ATTR_INTS), SDX_ATTR_OPT("pads", SDX_ATTR_INTS), \
        SDX_ATTR_OPT("strides", SDX_ATTR_INTS)

static const sdx_port float_inputs[] = {
    {.name = "X", .var = "T", .types = SDX_T_FLOATS},
    {.name = "W", .var = "T", .types = SDX_T_FLOATS},
    {.name = "B", .var = "T", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
    {.name = "Z", .var = "T", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port float_output[] = {{.name = "Y", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_attr_def conv_attrs[] = {WINDOW, SDX_ATTR_I("group", 1)};
static const sdx_attr_def fused_attrs[] = {
    WINDOW,
    SDX_ATTR_I("group", 1),
    SDX_ATTR_OPT("activation", SDX_ATTR_STRING),
    SDX_ATTR_OPT("activation_params", SDX_ATTR_FLOATS),
};
static const sdx_port pool_inputs[] = {{.name = "x", .var = "T", .types = BYTES}};
static const sdx_port pool_outputs[] = {{.name = "y", .var = "T", .types = BYTES}};
static const sdx_attr_def pool_attrs[] = {WINDOW, SDX_ATTR_I("ceil_mode", 0)};
static const sdx_port byte_inputs[] = {
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
static const sdx_port byte_output[] = {{.name = "y", .var = "T3", .types = BYTES}};
static const sdx_attr_def byte_attrs[] = {WINDOW, SDX_ATTR_I("channels_last", 0),
                                          SDX_ATTR_I("group", 1)};

const sdx_op sdx_op_ms_nhwc_conv = {
    .name = "NhwcConv",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    .inputs = float_inputs,
    .n_inputs = 3,
    SDX_ROWS(outputs, float_output),
    SDX_ROWS(attrs, conv_attrs),
    SDX_ROWS(upgrades, conv_rules),
};

const sdx_op sdx_op_ms_nhwc_fused_conv = {
    .name = "NhwcFusedConv",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, float_inputs),
    SDX_ROWS(outputs, float_output),
    SDX_ROWS(attrs, fused_attrs),
    SDX_ROWS(upgrades, fused_conv_rules),
};

const sdx_op sdx_op_ms_nhwc_max_pool = {
    .name = "NhwcMaxPool",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, pool_inputs),
    SDX_ROWS(outputs, pool_outputs),
    SDX_ROWS(attrs, pool_attrs),
    SDX_ROWS(upgrades, max_pool_rules),
};

const sdx_op sdx_op_ms_qlinear_conv = {
    .name = "QLinearConv",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, byte_inputs),
    SDX_ROWS(outputs, byte_output),
    SDX_ROWS(attrs, byte_attrs),
    SDX_ROWS(upgrades, qlinear_conv_rules),
};
