/* Operators of com.microsoft that became operators of ai.onnx under the same name. */
#include <limits.h>

#include "ops/compound/parts.h"

#define FLOATS (SDX_T(FLOAT32) | SDX_T_HALVES)
#define SMALL \
    (SDX_T(INT8) | SDX_T(UINT8) | SDX_T(INT16) | SDX_T(UINT16) | SDX_T(INT4) | SDX_T(UINT4))

/* The same words in another domain. */
static sdx_status rename(sdx_upgrade *u) { return sdx_upgrade_turn(u, u->node->op->name); }
static const sdx_upgrade_rule rules[] = {{.below = INT_MAX, .apply = rename}};

static const sdx_attr_def axis[] = {SDX_ATTR_OPT("axis", SDX_ATTR_INT)};

static const sdx_port quantize_inputs[] = {
    {.name = "x", .var = "T1", .types = FLOATS},
    {.name = "y_scale", .var = "T1", .types = FLOATS},
    {.name = "y_zero_point", .var = "T2", .types = SMALL, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port quantize_outputs[] = {{.name = "y", .var = "T2", .types = SMALL}};

static const sdx_port dequantize_inputs[] = {
    {.name = "x", .var = "T1", .types = SMALL | SDX_T(INT32)},
    {.name = "x_scale", .var = "T2", .types = FLOATS},
    {.name = "x_zero_point",
     .var = "T1",
     .types = SMALL | SDX_T(INT32),
     .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port dequantize_outputs[] = {{.name = "y", .var = "T2", .types = FLOATS}};

const sdx_op sdx_op_ms_quantize_linear = {
    .name = "QuantizeLinear",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, quantize_inputs),
    SDX_ROWS(outputs, quantize_outputs),
    SDX_ROWS(attrs, axis),
    SDX_ROWS(upgrades, rules),
};

const sdx_op sdx_op_ms_dequantize_linear = {
    .name = "DequantizeLinear",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, dequantize_inputs),
    SDX_ROWS(outputs, dequantize_outputs),
    SDX_ROWS(attrs, axis),
    SDX_ROWS(upgrades, rules),
};
