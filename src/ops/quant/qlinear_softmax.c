/* QLinearSoftmax of com.microsoft: softmax of a quantised tensor, quantised again. Rows are brought
 * into float32, one at a time. A zero point of the input changes nothing. */
#include "ops/quant/codes.h"

enum { IN_X, IN_X_SCALE, IN_X_ZERO, IN_Y_SCALE, IN_Y_ZERO };
enum { AXIS, OPSET };

#define BYTES (SDX_T(INT8) | SDX_T(UINT8))

static const sdx_port inputs[] = {
    {.name = "X", .var = "T", .types = BYTES},
    {.name = "X_scale", .var = "S1", .types = SDX_T(FLOAT32)},
    {.name = "x_zero_point", .var = "T", .types = BYTES, .flags = SDX_PORT_OPTIONAL},
    {.name = "y_scale", .var = "S2", .types = SDX_T(FLOAT32)},
    {.name = "y_zero_point", .var = "T", .types = BYTES},
};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = BYTES}};
static const sdx_attr_def attrs[] = {
    [AXIS] = SDX_ATTR_I("axis", -1),
    [OPSET] = SDX_ATTR_REQ("opset", SDX_ATTR_INT),
};

static sdx_status infer(sdx_infer *in) {
    size_t axis;
    for (size_t i = IN_X_SCALE; i <= IN_Y_ZERO; i++) {
        SDX_TRY(sdx_quant_want_single(in, i));
    }
    if (sdx_infer_ranked(in, IN_X) && in->in[IN_X].rank > 0)
        SDX_TRY(sdx_infer_axis(in, IN_X, sdx_node_int(in->node, AXIS), "attribute 'axis'", &axis));
    return sdx_infer_same(in, 0, IN_X);
}

/* Element (r, i) is at r / inner * n * inner + i * inner + r % inner. */
typedef struct plan {
    size_t rows, n, inner, lane_size;
} plan;

/* ONNX: Softmax-11 takes all dims from the axis on as one; Softmax-13 that axis alone. */
static sdx_status bind(sdx_bind *b) {
    plan *const p = b->bound;
    const sdx_view *const x = b->in[IN_X];
    size_t at = 0, lane;
    *p = (plan){.rows = 1, .n = 1, .inner = 1};
    if (x->rank > 0 && x->len > 0) {
        SDX_TRY(sdx_axis(sdx_node_int(b->node, AXIS), x->rank, "attribute 'axis'", &at));
        const size_t next = sdx_node_int(b->node, OPSET) < 13 ? x->rank : at + 1;
        p->n = sdx_view_count(x, at, next);
        p->inner = sdx_view_count(x, next, x->rank);
        p->rows = x->len / p->n;
    }
    if (!sdx_mul_size(p->n, sizeof(float) + 1, &lane) || !sdx_round_up(lane, 64, &p->lane_size) ||
        !sdx_mul_size(p->lane_size, b->lanes, &b->scratch))
        return sdx_fail(SDX_LIMIT, "found scratch beyond the address space");
    return NULL;
}

typedef struct job {
    const plan *p;
    const sdx_kernel_table *kernels;
    const uint8_t *x;
    uint8_t *y;
    char *scratch;
    float real[SDX_QUANT_CODES]; /* of each code of the input */
    sdx_dtype dtype;
    float scale, zero; /* of the output */
} job;

static void chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const plan *const p = j->p;
    float *const row = (float *)(void *)(j->scratch + lane * p->lane_size);
    uint8_t *const codes = (uint8_t *)(row + p->n);
    for (size_t r = begin; r < end; r++) {
        const size_t at = r / p->inner * p->n * p->inner + r % p->inner;
        for (size_t i = 0; i < p->n; i++) {
            row[i] = j->real[j->x[at + i * p->inner]];
        }
        j->kernels->softmax_f32(row, row, p->n);
        sdx_quant_bytes(j->kernels, codes, j->dtype, row, p->n, j->scale, j->zero);
        j->kernels->copy_1(j->y + at, (ptrdiff_t)p->inner, codes, 1, p->n);
    }
}

static sdx_status run(const sdx_call *c) {
    const plan *const p = c->bound;
    const sdx_view *const x = c->in[IN_X];
    if (x->len == 0) return NULL;
    job j = {.p = p,
             .kernels = c->kernels,
             .x = x->data,
             .y = c->out[0]->data,
             .scratch = c->scratch,
             .dtype = x->dtype,
             .scale = sdx_quant_single(c, IN_Y_SCALE),
             .zero = sdx_quant_single(c, IN_Y_ZERO)};
    sdx_quant_codes(j.real, x->dtype, sdx_quant_single(c, IN_X_SCALE),
                    sdx_quant_single(c, IN_X_ZERO));
    sdx_call_for(c, p->rows, sdx_grain(p->n * 6), chunk, &j);
    return NULL;
}

const sdx_op sdx_op_ms_qlinear_softmax = {
    .name = "QLinearSoftmax",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .bound_size = sizeof(plan),
    .infer = infer,
    .bind = bind,
    .run = run,
};
