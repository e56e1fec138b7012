/* DequantizeLinear: y = (x - zero point) * scale. */
#include "ops/quant/quant.h"

enum { IN_X, IN_SCALE, IN_ZERO };
enum { AXIS, BLOCK_SIZE, OUTPUT_DTYPE };

#define SOURCES (SDX_QUANT_SMALL | SDX_T(INT32))
#define RESULTS (SDX_T(FLOAT32) | SDX_T_HALVES)

static const sdx_port inputs[] = {
    {.name = "x", .var = "T1", .types = SOURCES},
    {.name = "x_scale", .var = "T2", .types = RESULTS | SDX_T(FLOAT8E8M0)},
    {.name = "x_zero_point", .var = "T1", .types = SOURCES, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "y", .var = "T3", .types = RESULTS}};
static const sdx_attr_def attrs[] = {
    [AXIS] = {.name = "axis", .kind = SDX_ATTR_INT, .has_default = true, .i = 1, .since = 13},
    [BLOCK_SIZE] = {.name = "block_size", .kind = SDX_ATTR_INT, .has_default = true, .since = 21},
    [OUTPUT_DTYPE] = {.name = "output_dtype",
                      .kind = SDX_ATTR_INT,
                      .has_default = true,
                      .i = SDX_UNDEFINED,
                      .since = 23},
};

/* ONNX: DequantizeLinear-23 output_dtype: else the type of the scale; scales that are powers of two
 * alone say nothing, and give float32. */
static sdx_status infer_type(sdx_infer *in) {
    const int64_t given = sdx_node_int(in->node, OUTPUT_DTYPE);
    const sdx_dtype scale = sdx_infer_dtype(in, IN_SCALE);
    if (given != SDX_UNDEFINED &&
        (!sdx_dtype_valid(given) || !sdx_types_have(RESULTS, (sdx_dtype)given)))
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'output_dtype' is %lld, expected 1, 10 or 16",
                        (long long)given);
    if (given != SDX_UNDEFINED)
        sdx_infer_set_dtype(in, 0, (sdx_dtype)given);
    else
        sdx_infer_set_dtype(in, 0, scale == SDX_FLOAT8E8M0 ? SDX_FLOAT32 : scale);
    return NULL;
}

static sdx_status infer(sdx_infer *in) {
    SDX_TRY(infer_type(in));
    SDX_TRY(sdx_quant_check(in, sdx_node_int(in->node, AXIS), sdx_node_int(in->node, BLOCK_SIZE)));
    if (!sdx_infer_ranked(in, IN_X)) return NULL;
    return sdx_infer_set_shape(in, 0, (size_t)in->in[IN_X].rank, in->in[IN_X].dims);
}

typedef struct job {
    sdx_quant_runs runs;
    const sdx_view *x, *y;
    const float *scale, *zero; /* zero may be NULL */
} job;

static void dequantize_run(const job *j, const sdx_quant_run *run) {
    const sdx_exact_table *const k = sdx_exact_kernels();
    float tile[SDX_QUANT_TILE];
    const size_t x_size = sdx_dtype_size(j->x->dtype), y_size = sdx_dtype_size(j->y->dtype);
    const sdx_form form = j->runs.each ? SDX_FORM_VV : SDX_FORM_VS;
    for (size_t i = 0; i < run->n; i += SDX_QUANT_TILE) {
        const size_t rest = run->n - i, n = rest < SDX_QUANT_TILE ? rest : SDX_QUANT_TILE;
        const size_t at = run->at + i, param = run->param + (j->runs.each ? i : 0);
        sdx_quant_load(tile, j->x->dtype, (const char *)j->x->data + at * x_size, n);
        if (j->zero != NULL) k->sub_f32(tile, tile, j->zero + param, n, form);
        k->mul_f32(tile, tile, j->scale + param, n, form);
        sdx_narrow_f32(j->y->dtype, (char *)j->y->data + at * y_size, tile, n);
    }
}

static void chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    (void)lane;
    for (size_t r = begin; r < end; r++) {
        const sdx_quant_run run = sdx_quant_run_at(&j->runs, r);
        dequantize_run(j, &run);
    }
}

static sdx_status bind(sdx_bind *b) {
    const sdx_view *const zero = b->n_in > IN_ZERO ? b->in[IN_ZERO] : NULL;
    b->scratch = (b->in[IN_SCALE]->len + (zero != NULL ? zero->len : 0)) * sizeof(float);
    return sdx_quant_cut(b->in[IN_X], b->in[IN_SCALE], sdx_node_int(b->node, AXIS),
                         sdx_node_int(b->node, BLOCK_SIZE), b->bound);
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const scale = c->in[IN_SCALE];
    float *const place = c->scratch;
    job j = {.runs = *(const sdx_quant_runs *)c->bound,
             .x = c->in[IN_X],
             .y = c->out[0],
             .scale = sdx_quant_params(scale, place),
             .zero = sdx_quant_params(sdx_call_in(c, IN_ZERO), place + scale->len)};
    sdx_call_for(c, j.runs.runs, sdx_grain(j.runs.step * 2), chunk, &j);
    return NULL;
}

const sdx_op sdx_op_dequantize_linear = {
    .name = "DequantizeLinear",
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
