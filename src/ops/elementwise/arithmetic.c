/* Add, Sub, Mul, Div, Mod: binary maps of numbers. Integers wrap; Div truncates. */
#include "ops/elementwise/binary.h"

static const sdx_port inputs[] = {{.name = "A", .var = "T", .types = SDX_T_NUMERIC},
                                  {.name = "B", .var = "T", .types = SDX_T_NUMERIC}};
static const sdx_port outputs[] = {{.name = "C", .var = "T", .types = SDX_T_NUMERIC}};

/* ONNX: Add-1 consumed_inputs; Add-6 broadcast, axis */
static sdx_status drop_consumed(sdx_upgrade *u) {
    sdx_upgrade_drop(u, "consumed_inputs");
    return NULL;
}
static const sdx_upgrade_rule upgrades[] = {{.below = 6, .apply = drop_consumed},
                                            {.below = 7, .apply = sdx_upgrade_broadcast}};

static const sdx_binary sub_row = {.loops = sdx_loops_sub, SDX_BINARY_KERNELS(sub)};
static const sdx_binary mul_row = {.loops = sdx_loops_mul, SDX_BINARY_KERNELS(mul)};

/* ---- shape arithmetic */

static sdx_status infer_add(sdx_infer *in) { return sdx_binary_infer_ints(in, sdx_dim_add); }
static sdx_status infer_sub(sdx_infer *in) { return sdx_binary_infer_ints(in, sdx_dim_sub); }
static sdx_status infer_mul(sdx_infer *in) { return sdx_binary_infer_ints(in, sdx_dim_mul); }

/* Numbers truncate; of an expression, which is a size, the floor is the same. */
static sdx_dim divide(sdx_dims *dims, sdx_dim a, sdx_dim b) {
    if (sdx_dim_is_number(a) && sdx_dim_is_number(b)) return b != 0 ? a / b : SDX_DIM_UNKNOWN;
    return sdx_dim_is_number(b) && b > 0 ? sdx_dim_div(dims, a, b) : SDX_DIM_UNKNOWN;
}
static sdx_status infer_div(sdx_infer *in) { return sdx_binary_infer_ints(in, divide); }

/* ---- Div, Mod */

static sdx_status run_div(const sdx_call *c) {
    SDX_TRY(sdx_binary_no_zero(c, 1));
    return sdx_binary_run(c);
}

static const sdx_attr_def mod_attrs[] = {SDX_ATTR_I("fmod", 0)};

/* ONNX: Mod-28 fmod: 0 floors the quotient, 1 truncates it */
static sdx_status run_mod(const sdx_call *c) {
    static const sdx_binary floored = {.loops = sdx_loops_mod, .work = 8};
    static const sdx_binary truncated = {.loops = sdx_loops_rem, .work = 8};
    SDX_TRY(sdx_binary_no_zero(c, 1));
    return sdx_binary_run_row(c, sdx_node_int(c->node, 0) == 0 ? &floored : &truncated);
}

/* ---- the rows; ARITHMETIC(add, "Add", ...) is sdx_op_add */

#define ARITHMETIC(id, name_, row_, infer_, run_) \
    const sdx_op sdx_op_##id = {                  \
        .name = name_,                            \
        .domain = "",                             \
        .since = 1,                               \
        .newest = 14,                             \
        SDX_ROWS(inputs, inputs),                 \
        SDX_ROWS(outputs, outputs),               \
        SDX_ROWS(upgrades, upgrades),             \
        .flags = SDX_OP_INPLACE | SDX_OP_WIDEN,   \
        .bound_size = sizeof(sdx_walk),           \
        .data = &row_,                            \
        .infer = infer_,                          \
        .bind = sdx_binary_bind,                  \
        .run = run_,                              \
    };

ARITHMETIC(add, "Add", sdx_binary_add, infer_add, sdx_binary_run)
ARITHMETIC(sub, "Sub", sub_row, infer_sub, sdx_binary_run)
ARITHMETIC(mul, "Mul", mul_row, infer_mul, sdx_binary_run)
ARITHMETIC(div, "Div", sdx_binary_div, infer_div, run_div)

const sdx_op sdx_op_mod = {
    .name = "Mod",
    .domain = "",
    .since = 10,
    .newest = 28,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, mod_attrs),
    .flags = SDX_OP_INPLACE | SDX_OP_WIDEN,
    .bound_size = sizeof(sdx_walk),
    .infer = sdx_infer_broadcast_all,
    .bind = sdx_binary_bind,
    .run = run_mod,
};
