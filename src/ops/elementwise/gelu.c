/* Gelu of ai.onnx, and Gelu and QuickGelu of com.microsoft: unary maps with another choice of
 * attributes than the rest. */
#include "ops/elementwise/unary.h"
#include "ops/elementwise/unary_math.h"
#include "ops/infer.h"

const sdx_unary sdx_unary_gelu_erf = {
    .kernel = offsetof(sdx_kernel_table, gelu_erf_f32), .plain = math_gelu_erf, .work = 8};
const sdx_unary sdx_unary_gelu_tanh = {
    .kernel = offsetof(sdx_kernel_table, gelu_tanh_f32), .plain = math_gelu_tanh, .work = 8};
static const sdx_unary quick = {
    .kernel = offsetof(sdx_kernel_table, silu_f32), .with = math_swish, .work = 8};

static const sdx_port inputs[] = {{.name = "X", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = SDX_T_FLOATS}};

/* ---- Gelu */

static const sdx_attr_def attrs[] = {SDX_ATTR_S("approximate", "none")};

/* ONNX: Gelu-20 approximate */
static sdx_status prepare(sdx_prepare *p) {
    const sdx_str approximate = sdx_node_str(p->node, 0);
    const bool tanh_form = sdx_str_is(approximate, "tanh");
    if (!tanh_form && !sdx_str_is(approximate, "none"))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'approximate' is '%.*s', expected 'none' or 'tanh'",
                        SDX_FMT(approximate));
    p->prepared = tanh_form ? &sdx_unary_gelu_tanh : &sdx_unary_gelu_erf;
    return NULL;
}

static sdx_status run(const sdx_call *c) { return sdx_unary_run(c, c->prepared, 0, 0); }

const sdx_op sdx_op_gelu = {
    .name = "Gelu",
    .domain = "",
    .since = 20,
    .newest = 20,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_INPLACE | SDX_OP_WIDEN,
    .infer = sdx_infer_like_first,
    .prepare = prepare,
    .run = run,
};

/* ---- com.microsoft */

static sdx_status run_erf(const sdx_call *c) { return sdx_unary_run(c, &sdx_unary_gelu_erf, 0, 0); }

const sdx_op sdx_op_ms_gelu = {
    .name = "Gelu",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    .flags = SDX_OP_INPLACE | SDX_OP_WIDEN,
    .infer = sdx_infer_like_first,
    .run = run_erf,
};

static const sdx_attr_def quick_attrs[] = {SDX_ATTR_F("alpha", 1.702f)};

static sdx_status run_quick(const sdx_call *c) {
    return sdx_unary_run(c, &quick, sdx_node_float(c->node, 0), 0);
}

const sdx_op sdx_op_ms_quick_gelu = {
    .name = "QuickGelu",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, quick_attrs),
    .flags = SDX_OP_INPLACE | SDX_OP_WIDEN,
    .infer = sdx_infer_like_first,
    .run = run_quick,
};
