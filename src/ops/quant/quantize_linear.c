/* QuantizeLinear and DynamicQuantizeLinear: y = saturate(round(x / scale) + zero point). */
#include "ops/quant/codes.h"

enum { IN_X, IN_SCALE, IN_ZERO };
enum { AXIS, SATURATE, BLOCK_SIZE, OUTPUT_DTYPE, PRECISION };

#define SOURCES (SDX_T(FLOAT32) | SDX_T_HALVES | SDX_T(INT32))

static const sdx_port inputs[] = {
    {.name = "x", .var = "T1", .types = SOURCES},
    {.name = "y_scale", .var = "T2", .types = SOURCES | SDX_T(FLOAT8E8M0)},
    {.name = "y_zero_point", .var = "T3", .types = SDX_QUANT_SMALL, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "y", .var = "T3", .types = SDX_QUANT_SMALL}};
static const sdx_attr_def attrs[] = {
    [AXIS] = {.name = "axis", .kind = SDX_ATTR_INT, .has_default = true, .i = 1, .since = 13},
    [SATURATE] = SDX_ATTR_I("saturate", 1),
    [BLOCK_SIZE] = {.name = "block_size", .kind = SDX_ATTR_INT, .has_default = true, .since = 21},
    [OUTPUT_DTYPE] = {.name = "output_dtype",
                      .kind = SDX_ATTR_INT,
                      .has_default = true,
                      .i = SDX_UNDEFINED,
                      .since = 21},
    [PRECISION] = SDX_ATTR_I("precision", SDX_UNDEFINED),
};

/* ---- shapes */

/* ONNX: QuantizeLinear-21 output_dtype: that of the zero point, else this one, else uint8. */
static sdx_status infer_type(sdx_infer *in) {
    const int64_t given = sdx_node_int(in->node, OUTPUT_DTYPE);
    const sdx_dtype zero = sdx_infer_dtype(in, IN_ZERO);
    if (given != SDX_UNDEFINED &&
        (!sdx_dtype_valid(given) || !sdx_types_have(SDX_QUANT_SMALL, (sdx_dtype)given)))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'output_dtype' is %lld, expected a quantised type",
                        (long long)given);
    if (sdx_infer_has(in, IN_ZERO)) {
        if (given != SDX_UNDEFINED && zero != SDX_UNDEFINED && zero != (sdx_dtype)given)
            return sdx_fail(SDX_TYPE_MISMATCH,
                            "attribute 'output_dtype' is %s, expected %s as 'y_zero_point'",
                            sdx_dtype_name((sdx_dtype)given), sdx_dtype_name(zero));
        return NULL;
    }
    sdx_infer_set_dtype(in, 0, given != SDX_UNDEFINED ? (sdx_dtype)given : SDX_UINT8);
    return NULL;
}

static sdx_status infer(sdx_infer *in) {
    const int64_t precision = sdx_node_int(in->node, PRECISION);
    if (precision != SDX_UNDEFINED && precision != SDX_FLOAT32 && precision != SDX_FLOAT16 &&
        precision != SDX_BFLOAT16)
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'precision' is %lld, expected 1, 10 or 16",
                        (long long)precision);
    SDX_TRY(infer_type(in));
    SDX_TRY(sdx_quant_check(in, sdx_node_int(in->node, AXIS), sdx_node_int(in->node, BLOCK_SIZE)));
    if (!sdx_infer_ranked(in, IN_X)) return NULL;
    return sdx_infer_set_shape(in, 0, (size_t)in->in[IN_X].rank, in->in[IN_X].dims);
}

/* ---- running */

typedef struct job {
    sdx_quant_runs runs;
    const sdx_view *x, *y;
    const float *scale, *zero; /* zero may be NULL */
    sdx_dtype precision;       /* what quotients are rounded to first */
    bool saturate;
} job;

static void round_halves(float *x, size_t n, sdx_dtype precision) {
    uint16_t half[SDX_QUANT_TILE];
    sdx_narrow_f32(precision, half, x, n);
    sdx_widen_f32(precision, x, half, n);
}

static void quantize_run(const job *j, const sdx_quant_run *run) {
    float q[SDX_QUANT_TILE];
    const size_t x_size = sdx_dtype_size(j->x->dtype), y_size = sdx_dtype_size(j->y->dtype);
    const sdx_form form = j->runs.each ? SDX_FORM_VV : SDX_FORM_VS;
    for (size_t i = 0; i < run->n; i += SDX_QUANT_TILE) {
        const size_t rest = run->n - i, n = rest < SDX_QUANT_TILE ? rest : SDX_QUANT_TILE;
        const size_t at = run->at + i, param = run->param + (j->runs.each ? i : 0);
        const sdx_quant_target target = {.dtype = j->y->dtype,
                                         .saturate = j->saturate,
                                         .zero = j->zero != NULL ? j->zero + param : NULL,
                                         .form = form};
        sdx_quant_load(q, j->x->dtype, (const char *)j->x->data + at * x_size, n);
        sdx_exact_kernels()->div_f32(q, q, j->scale + param, n, form);
        if (j->precision != SDX_FLOAT32) round_halves(q, n, j->precision);
        sdx_quant_store((char *)j->y->data + at * y_size, q, n, &target);
    }
}

static void chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    (void)lane;
    for (size_t r = begin; r < end; r++) {
        const sdx_quant_run run = sdx_quant_run_at(&j->runs, r);
        quantize_run(j, &run);
    }
}

static void quantize(const sdx_call *c, job *j) {
    sdx_call_for(c, j->runs.runs, sdx_grain(j->runs.step * 4), chunk, j);
}

static sdx_status bind(sdx_bind *b) {
    const sdx_view *const zero = b->n_in > IN_ZERO ? b->in[IN_ZERO] : NULL;
    b->scratch = (b->in[IN_SCALE]->len + (zero != NULL ? zero->len : 0)) * sizeof(float);
    return sdx_quant_cut(b->in[IN_X], b->in[IN_SCALE], sdx_node_int(b->node, AXIS),
                         sdx_node_int(b->node, BLOCK_SIZE), b->bound);
}

/* ONNX: QuantizeLinear-23 precision: of the division; that of the scale when it is not given. */
static sdx_dtype precision_of(const sdx_call *c) {
    const sdx_dtype scale = c->in[IN_SCALE]->dtype;
    const int64_t given = sdx_node_int(c->node, PRECISION);
    if (given != SDX_UNDEFINED) return (sdx_dtype)given;
    return scale == SDX_FLOAT16 || scale == SDX_BFLOAT16 ? scale : SDX_FLOAT32;
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const scale = c->in[IN_SCALE];
    float *const place = c->scratch;
    job j = {.runs = *(const sdx_quant_runs *)c->bound,
             .x = c->in[IN_X],
             .y = c->out[0],
             .scale = sdx_quant_params(scale, place),
             .zero = sdx_quant_params(sdx_call_in(c, IN_ZERO), place + scale->len),
             .precision = precision_of(c),
             .saturate = sdx_node_int(c->node, SATURATE) != 0};
    quantize(c, &j);
    return NULL;
}

const sdx_op sdx_op_quantize_linear = {
    .name = "QuantizeLinear",
    .domain = "",
    .since = 10,
    .newest = 28,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .bound_size = sizeof(sdx_quant_runs),
    .infer = infer,
    .bind = bind,
    .run = run,
};

/* ---- DynamicQuantizeLinear: scale and zero point from the range of the elements */

enum { OUT_Y, OUT_SCALE, OUT_ZERO };

static const sdx_port dynamic_inputs[] = {{.name = "x", .var = "T1", .types = SDX_T(FLOAT32)}};
static const sdx_port dynamic_outputs[] = {
    {.name = "y", .var = "T2", .types = SDX_T(UINT8)},
    {.name = "y_scale", .var = "F", .types = SDX_T(FLOAT32)},
    {.name = "y_zero_point", .var = "T2", .types = SDX_T(UINT8)},
};

static sdx_status infer_dynamic(sdx_infer *in) {
    sdx_infer_set_dtype(in, OUT_Y, SDX_UINT8);
    sdx_infer_set_dtype(in, OUT_SCALE, SDX_FLOAT32);
    sdx_infer_set_dtype(in, OUT_ZERO, SDX_UINT8);
    SDX_TRY(sdx_infer_set_shape(in, OUT_SCALE, 0, NULL));
    SDX_TRY(sdx_infer_set_shape(in, OUT_ZERO, 0, NULL));
    if (!sdx_infer_ranked(in, IN_X)) return NULL;
    return sdx_infer_set_shape(in, OUT_Y, (size_t)in->in[IN_X].rank, in->in[IN_X].dims);
}

static sdx_status run_dynamic(const sdx_call *c) {
    const sdx_view *const x = c->in[IN_X], *const y = sdx_call_out(c, OUT_Y);
    const sdx_view *const scale_out = sdx_call_out(c, OUT_SCALE), *const zero_out =
                                                                      sdx_call_out(c, OUT_ZERO);
    float scale, zero;
    sdx_quant_range(c->kernels, x, &scale, &zero);
    if (scale_out != NULL) *(float *)scale_out->data = scale;
    if (zero_out != NULL) *(uint8_t *)zero_out->data = (uint8_t)zero;
    if (y == NULL) return NULL;
    const sdx_view single = {.len = 1};
    job j = {.x = x, .y = y, .scale = &scale, .zero = &zero, .precision = SDX_FLOAT32};
    SDX_TRY(sdx_quant_cut(x, &single, 0, 0, &j.runs));
    quantize(c, &j);
    return NULL;
}

const sdx_op sdx_op_dynamic_quantize_linear = {
    .name = "DynamicQuantizeLinear",
    .domain = "",
    .since = 11,
    .newest = 11,
    SDX_ROWS(inputs, dynamic_inputs),
    SDX_ROWS(outputs, dynamic_outputs),
    .infer = infer_dynamic,
    .run = run_dynamic,
};
