/* MatMulIntegerToFloat and DynamicQuantizeMatMul of com.microsoft: a product of bytes whose sums
 * are scaled to numbers, with a bias. The second one makes its left operand bytes first. */
#include <string.h>

#include "ops/matrix/integer.h"
#include "ops/quant/codes.h"

#define BYTES (SDX_T(INT8) | SDX_T(UINT8))
#define SCALES (SDX_T(FLOAT32) | SDX_T_HALVES)

enum { IN_A, IN_B }; /* of both */
enum { NONE = 99 };  /* an input that an operator does not have */

/* Where an operator has the other inputs. */
typedef struct row {
    size_t a_scale, b_scale, a_zero, b_zero, bias;
    bool dynamic;
} row;
static const row given_row = {.a_scale = 2, .b_scale = 3, .a_zero = 4, .b_zero = 5, .bias = 6};
static const row dynamic_row = {
    .a_scale = NONE, .b_scale = 2, .a_zero = NONE, .b_zero = 3, .bias = 4, .dynamic = true};

static const sdx_port given_inputs[] = {
    {.name = "A", .var = "T1", .types = BYTES},
    {.name = "B", .var = "T2", .types = BYTES},
    {.name = "a_scale", .var = "T3", .types = SCALES},
    {.name = "b_scale", .var = "T3", .types = SCALES},
    {.name = "a_zero_point", .var = "T1", .types = BYTES, .flags = SDX_PORT_OPTIONAL},
    {.name = "b_zero_point", .var = "T2", .types = BYTES, .flags = SDX_PORT_OPTIONAL},
    {.name = "bias", .var = "T3", .types = SCALES, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port given_outputs[] = {{.name = "Y", .var = "T3", .types = SCALES}};
static const sdx_port dynamic_inputs[] = {
    {.name = "A", .var = "T1", .types = SDX_T(FLOAT32)},
    {.name = "B", .var = "T2", .types = BYTES},
    {.name = "b_scale", .var = "T1", .types = SDX_T(FLOAT32)},
    {.name = "b_zero_point", .var = "T2", .types = BYTES, .flags = SDX_PORT_OPTIONAL},
    {.name = "bias", .var = "T1", .types = SDX_T(FLOAT32), .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port dynamic_outputs[] = {{.name = "Y", .var = "T1", .types = SDX_T(FLOAT32)}};

static sdx_status infer(sdx_infer *in) {
    const row *const r = in->node->op->data;
    char text[160];
    SDX_TRY(sdx_integer_check(in, r->a_scale, IN_A, false));
    SDX_TRY(sdx_integer_check(in, r->a_zero, IN_A, false));
    SDX_TRY(sdx_integer_check(in, r->b_scale, IN_B, true));
    SDX_TRY(sdx_integer_check(in, r->b_zero, IN_B, true));
    if (sdx_infer_ranked(in, r->bias) && sdx_infer_ranked(in, IN_B)) {
        SDX_TRY(sdx_infer_want_rank(in, r->bias, 1));
        const sdx_fact *const b = &in->in[IN_B];
        const sdx_dim len = in->in[r->bias].dims[0], n = b->rank > 1 ? b->dims[b->rank - 1] : 1;
        if (sdx_dim_is_number(len) && sdx_dim_is_number(n) && len != n)
            return sdx_fail(SDX_SHAPE_MISMATCH,
                            "input 'bias' has shape %s, expected one element for each column of "
                            "'B'",
                            sdx_infer_shape_text(in, r->bias, text, sizeof text));
    }
    return sdx_matmul_infer(in, false, false);
}

/* ---- binding */

typedef struct plan {
    sdx_integer integer;
    size_t bytes_at; /* in scratch: the left operand made bytes */
} plan;

static sdx_status prepare(sdx_prepare *p) {
    sdx_pack **made;
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &made));
    p->prepared = made;
    return sdx_integer_prepare(p, IN_B, made);
}

static sdx_status bind(sdx_bind *b) {
    plan *const p = b->bound;
    const row *const r = b->node->op->data;
    sdx_pack *const *const made = b->prepared;
    SDX_TRY(sdx_integer_bind(&p->integer, b, b->in[IN_A], b->in[IN_B], *made != NULL));
    if (!r->dynamic) return NULL;
    if (!sdx_round_up(b->scratch, 64, &p->bytes_at) ||
        !sdx_add_size(p->bytes_at, b->in[IN_A]->len, &b->scratch))
        return sdx_fail(SDX_LIMIT, "found scratch beyond the address space");
    return NULL;
}

/* ---- the left operand as bytes */

typedef struct bytes_job {
    const sdx_kernel_table *kernels;
    const float *x;
    uint8_t *bytes;
    float scale, zero;
} bytes_job;

static void bytes_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const bytes_job *const j = arg;
    float tile[SDX_QUANT_TILE];
    (void)lane;
    for (size_t i = begin, n; i < end; i += n) {
        n = end - i < SDX_QUANT_TILE ? end - i : SDX_QUANT_TILE;
        memcpy(tile, j->x + i, n * sizeof *tile);
        sdx_quant_bytes(j->kernels, j->bytes + i, SDX_UINT8, tile, n, j->scale, j->zero);
    }
}

/* ---- sums as numbers */

typedef struct scale_job {
    const plan *p;
    float *y;
    const float *a_scale, *b_scale, *bias; /* bias may be NULL */
    size_t a_len, b_len;
} scale_job;

/* Item: a row of the result, of sums in the place of the numbers. */
static void scale_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const scale_job *const j = arg;
    const sdx_product *const p = &j->p->integer.product;
    (void)lane;
    for (size_t r = begin; r < end; r++) {
        size_t from_a, from_b;
        sdx_product_locate(p, r / p->m, &from_a, &from_b);
        const size_t column = p->k > 0 ? from_b / p->k : 0; /* of all matrices side by side */
        const float a = j->a_scale[sdx_integer_param(r, j->a_len, j->p->integer.rows)];
        float *const y = j->y + r * p->n;
        const int32_t *const sums = (const int32_t *)(const void *)y;
        for (size_t i = 0; i < p->n; i++) {
            const float scale = a * j->b_scale[sdx_integer_param(column + i, j->b_len, p->n)];
            y[i] = (float)sums[i] * scale + (j->bias != NULL ? j->bias[i] : 0);
        }
    }
}

static sdx_status run(const sdx_call *c) {
    const plan *const p = c->bound;
    const row *const r = c->node->op->data;
    sdx_pack *const *const made = c->prepared;
    const sdx_view *const bias = sdx_call_in(c, r->bias), *const b_scale = c->in[r->b_scale];
    const sdx_view *const a_scale = sdx_call_in(c, r->a_scale);
    sdx_view bytes = *c->in[IN_A], zero_point = {.len = 1, .dtype = SDX_UINT8};
    uint8_t zero_byte;
    float scale = 1, zero = 0;
    sdx_integer_call call = {.a = c->in[IN_A],
                             .b = c->in[IN_B],
                             .a_zero = sdx_call_in(c, r->a_zero),
                             .b_zero = sdx_call_in(c, r->b_zero),
                             .pack = *made,
                             .out = c->out[0]->data};
    if (c->out[0]->len == 0) return NULL;
    if (r->dynamic) {
        sdx_quant_range(c->kernels, c->in[IN_A], &scale, &zero);
        bytes_job b = {.kernels = c->kernels,
                       .x = c->in[IN_A]->data,
                       .bytes = (uint8_t *)c->scratch + p->bytes_at,
                       .scale = scale,
                       .zero = zero};
        sdx_call_for(c, bytes.len, sdx_grain(4), bytes_chunk, &b);
        zero_byte = (uint8_t)zero;
        bytes.data = b.bytes;
        bytes.dtype = SDX_UINT8;
        zero_point.data = &zero_byte;
        call.a = &bytes;
        call.a_zero = &zero_point;
    }
    SDX_TRY(sdx_integer_run(&p->integer, c, &call));
    scale_job j = {.p = p,
                   .y = c->out[0]->data,
                   .a_scale = a_scale != NULL ? a_scale->data : &scale,
                   .a_len = a_scale != NULL ? a_scale->len : 1,
                   .b_scale = b_scale->data,
                   .b_len = b_scale->len,
                   .bias = bias != NULL ? bias->data : NULL};
    const size_t n = p->integer.product.n;
    sdx_call_for(c, c->out[0]->len / n, sdx_grain(n * 2), scale_chunk, &j);
    return NULL;
}

const sdx_op sdx_op_ms_matmul_integer_to_float = {
    .name = "MatMulIntegerToFloat",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, given_inputs),
    SDX_ROWS(outputs, given_outputs),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(plan),
    .data = &given_row,
    .infer = infer,
    .prepare = prepare,
    .bind = bind,
    .run = run,
};

const sdx_op sdx_op_ms_dynamic_quantize_matmul = {
    .name = "DynamicQuantizeMatMul",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, dynamic_inputs),
    SDX_ROWS(outputs, dynamic_outputs),
    .bound_size = sizeof(plan),
    .data = &dynamic_row,
    .infer = infer,
    .prepare = prepare,
    .bind = bind,
    .run = run,
};
