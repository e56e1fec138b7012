/* QLinearMatMul: the product of quantised matrices. Elements less their zero points are multiplied
 * as int32 (8-bit floats: as float32), then scaled and rounded. */
#include <string.h>

#include "ops/matrix/matmul.h"
#include "ops/quant/quant.h"
#include "ops/work.h"

enum { IN_A, IN_A_SCALE, IN_A_ZERO, IN_B, IN_B_SCALE, IN_B_ZERO, IN_Y_SCALE, IN_Y_ZERO };

#define TYPES (SDX_T(INT8) | SDX_T(UINT8) | SDX_T_FLOATS8)
#define SCALES (SDX_T(FLOAT32) | SDX_T_HALVES)

static const sdx_port inputs[] = {
    {.name = "a", .var = "T1", .types = TYPES},
    {.name = "a_scale", .var = "TS", .types = SCALES},
    {.name = "a_zero_point", .var = "T1", .types = TYPES},
    {.name = "b", .var = "T2", .types = TYPES},
    {.name = "b_scale", .var = "TS", .types = SCALES},
    {.name = "b_zero_point", .var = "T2", .types = TYPES},
    {.name = "y_scale", .var = "TS", .types = SCALES},
    {.name = "y_zero_point", .var = "T3", .types = TYPES},
};
static const sdx_port outputs[] = {{.name = "y", .var = "T3", .types = TYPES}};

/* ---- shapes */

/* ONNX: QLinearMatMul-10: one parameter, a vector of them, or one for each row of all matrices of a
 * (column of b). The `last` dim of a matrix is the one that has them: 2 rows, 1 columns. */
static sdx_status check_params(const sdx_infer *in, size_t matrix, size_t input, int last) {
    const sdx_fact *const m = &in->in[matrix], *const p = &in->in[input];
    if (!sdx_infer_ranked(in, matrix) || !sdx_infer_ranked(in, input) || m->rank == 0) return NULL;
    sdx_dim len = 1;
    for (int i = 0; i < p->rank; i++) {
        if (!sdx_dim_is_number(p->dims[i])) return NULL;
        len = sdx_dim_mul(NULL, len, p->dims[i]);
    }
    if (len == 1) return NULL;
    const sdx_dim many = m->rank >= last ? m->dims[m->rank - last] : 1;
    if (p->rank == 1 && (!sdx_dim_is_number(many) || p->dims[0] == many)) return NULL;
    bool fits = p->rank == m->rank && p->rank >= 2;
    for (int i = 0; fits && i < p->rank; i++) {
        const sdx_dim want = i == p->rank - (3 - last) ? 1 : m->dims[i];
        fits = !sdx_dim_is_number(want) || p->dims[i] == want;
    }
    return fits ? NULL
                : sdx_wrong_shape(in, input,
                                  "one element, or one for each row of 'a', column of 'b'");
}

static sdx_status check_single(const sdx_infer *in, size_t input) {
    if (!sdx_infer_ranked(in, input)) return NULL;
    for (int i = 0; i < in->in[input].rank; i++) {
        const sdx_dim dim = in->in[input].dims[i];
        if (sdx_dim_is_number(dim) && dim != 1) return sdx_wrong_shape(in, input, "one element");
    }
    return NULL;
}

/* The rule of MatMul, for inputs 0 and 3. */
static sdx_status infer(sdx_infer *in) {
    for (size_t i = IN_A_SCALE; i <= IN_A_ZERO; i++) {
        SDX_TRY(check_params(in, IN_A, i, 2));
    }
    for (size_t i = IN_B_SCALE; i <= IN_B_ZERO; i++) {
        SDX_TRY(check_params(in, IN_B, i, 1));
    }
    for (size_t i = IN_Y_SCALE; i <= IN_Y_ZERO; i++) {
        SDX_TRY(check_single(in, i));
    }
    sdx_fact facts[] = {in->in[IN_A], in->in[IN_B]};
    const bool present[] = {in->present[IN_A], in->present[IN_B]};
    sdx_infer product = *in;
    product.in = facts;
    product.present = present;
    product.n_in = 2;
    return sdx_matmul_infer(&product, false, false);
}

/* ---- binding */

typedef struct plan {
    sdx_product shape;      /* as described: batch, rows, columns */
    sdx_product product;    /* as bound */
    size_t a, b, c, params; /* offsets in scratch; at 0 what the product needs */
} plan;

static sdx_status reserve(size_t *scratch, size_t len, size_t *at) {
    size_t bytes;
    *at = *scratch;
    if (!sdx_mul_size(len, 4, &bytes) || !sdx_round_up(bytes, 64, &bytes) ||
        !sdx_add_size(*scratch, bytes, scratch))
        return sdx_fail(SDX_LIMIT, "the product needs more memory than there are addresses");
    return NULL;
}

static sdx_status bind(sdx_bind *b) {
    plan *const p = b->bound;
    const bool is_float = sdx_dtype_kind_of(b->in[IN_A]->dtype) == SDX_KIND_FLOAT ||
                          sdx_dtype_kind_of(b->in[IN_B]->dtype) == SDX_KIND_FLOAT;
    size_t n_params = 0, unused;
    for (size_t i = 0; i < b->n_in; i++) {
        if (i != IN_A && i != IN_B) n_params += b->in[i]->len;
    }
    sdx_matmul_describe(&p->shape, b->in[IN_A], b->in[IN_B], false, false);
    p->shape.dtype = is_float ? SDX_FLOAT32 : SDX_INT32;
    p->product = p->shape;
    b->how = is_float ? "dequantised, product in float32, quantised"
                      : "product of integers in int32, quantised";
    SDX_TRY(sdx_product_bind(&p->product, b->kernels, false, b->lanes, &b->scratch));
    SDX_TRY(reserve(&b->scratch, 16, &unused)); /* what follows is aligned */
    b->scratch &= ~(size_t)63;
    SDX_TRY(reserve(&b->scratch, b->in[IN_A]->len, &p->a));
    SDX_TRY(reserve(&b->scratch, b->in[IN_B]->len, &p->b));
    SDX_TRY(reserve(&b->scratch, b->out[0]->len, &p->c));
    return reserve(&b->scratch, n_params, &p->params);
}

/* ---- running */

/* A list of parameters and how rows of a (columns of b) find theirs. */
typedef struct params {
    const float *at;
    size_t len;
    bool each_matrix; /* every matrix has its own */
} params;

static params take_params(const sdx_view *view, float **place) {
    const params p = {
        .at = sdx_quant_params(view, *place), .len = view->len, .each_matrix = view->rank > 1};
    *place += view->len;
    return p;
}

/* Of row (column) `index` of matrix `matrix`, which has `n` of them. */
static float param_of(const params *p, size_t matrix, size_t index, size_t n) {
    return p->len == 1 ? p->at[0] : p->at[p->each_matrix ? matrix * n + index : index];
}

typedef struct job {
    const plan *p;
    const sdx_view *a, *b, *y;
    char *scratch;
    params a_scale, a_zero, b_scale, b_zero;
    const float *y_scale, *y_zero;
} job;

/* Whole numbers below 2^24 as what the product takes. */
static void put_terms(const job *j, char *dst, const float *src, size_t n) {
    if (j->p->shape.dtype == SDX_FLOAT32) {
        memcpy(dst, src, n * sizeof *src);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        ((int32_t *)(void *)dst)[i] = (int32_t)src[i];
    }
}

/* Item: a row of `from`, which is a or b, of `n` columns; rows of a have one zero point, those of b
 * one for each column. */
static void widen_row(const job *j, const sdx_view *from, const params *zero, size_t at, size_t row,
                      size_t rows, size_t n, bool by_row) {
    float tile[SDX_QUANT_TILE];
    const size_t matrix = row / rows;
    for (size_t i = 0; i < n; i += SDX_QUANT_TILE) {
        const size_t len = n - i < SDX_QUANT_TILE ? n - i : SDX_QUANT_TILE;
        sdx_quant_load(tile, from->dtype, (const char *)from->data + row * n + i, len);
        for (size_t e = 0; e < len; e++) {
            tile[e] -= by_row ? param_of(zero, matrix, row % rows, rows)
                              : param_of(zero, matrix, i + e, n);
        }
        put_terms(j, j->scratch + at + (row * n + i) * sizeof(float), tile, len);
    }
}

static void a_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    (void)lane;
    for (size_t r = begin; r < end; r++) {
        widen_row(j, j->a, &j->a_zero, j->p->a, r, j->p->shape.m, j->p->shape.k, true);
    }
}

static void b_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    (void)lane;
    for (size_t r = begin; r < end; r++) {
        widen_row(j, j->b, &j->b_zero, j->p->b, r, j->p->shape.k, j->p->shape.n, false);
    }
}

/* Which matrices of a and b product `index` of the batch has. */
static void find_matrices(const sdx_product *p, size_t index, size_t *a, size_t *b) {
    size_t at_a = 0, at_b = 0;
    for (size_t i = p->rank; i-- > 0;) {
        at_a += index % p->dims[i] * p->a_strides[i];
        at_b += index % p->dims[i] * p->b_strides[i];
        index /= p->dims[i];
    }
    *a = p->k == 0 ? 0 : at_a / (p->m * p->k);
    *b = p->k == 0 ? 0 : at_b / (p->k * p->n);
}

/* Item: a row of the result. ONNX: QLinearMatMul-10: rounded to even, then the zero point. */
static void y_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const sdx_product *const p = &j->p->shape;
    const sdx_quant_target target = {
        .dtype = j->y->dtype, .saturate = true, .zero = j->y_zero, .form = SDX_FORM_VS};
    const char *const c = j->scratch + j->p->c;
    float tile[SDX_QUANT_TILE];
    (void)lane;
    for (size_t r = begin; r < end; r++) {
        size_t a, b;
        find_matrices(p, r / p->m, &a, &b);
        const float row_scale = param_of(&j->a_scale, a, r % p->m, p->m);
        for (size_t i = 0; i < p->n; i += SDX_QUANT_TILE) {
            const size_t at = r * p->n + i;
            const size_t n = p->n - i < SDX_QUANT_TILE ? p->n - i : SDX_QUANT_TILE;
            sdx_quant_load(tile, p->dtype, c + at * sizeof(float), n);
            for (size_t e = 0; e < n; e++) {
                tile[e] *= row_scale * param_of(&j->b_scale, b, i + e, p->n) / j->y_scale[0];
            }
            sdx_quant_store((char *)j->y->data + at, tile, n, &target);
        }
    }
}

static sdx_status run(const sdx_call *c) {
    const plan *const p = c->bound;
    const sdx_product *const shape = &p->shape;
    char *const scratch = c->scratch;
    float *place = (float *)(void *)(scratch + p->params);
    if (c->out[0]->len == 0) return NULL;
    job j = {.p = p, .a = c->in[IN_A], .b = c->in[IN_B], .y = c->out[0], .scratch = scratch};
    j.a_scale = take_params(c->in[IN_A_SCALE], &place);
    j.a_zero = take_params(c->in[IN_A_ZERO], &place);
    j.b_scale = take_params(c->in[IN_B_SCALE], &place);
    j.b_zero = take_params(c->in[IN_B_ZERO], &place);
    j.y_scale = take_params(c->in[IN_Y_SCALE], &place).at;
    j.y_zero = take_params(c->in[IN_Y_ZERO], &place).at;
    if (shape->k != 0) {
        sdx_call_for(c, j.a->len / shape->k, sdx_grain(shape->k * 2), a_chunk, &j);
        sdx_call_for(c, j.b->len / shape->n, sdx_grain(shape->n * 2), b_chunk, &j);
    }
    sdx_product_run(&p->product, c, scratch + p->c, scratch + p->a, scratch + p->b,
                    (sdx_product_terms){.d = NULL});
    sdx_call_for(c, c->out[0]->len / shape->n, sdx_grain(shape->n * 4), y_chunk, &j);
    return NULL;
}

const sdx_op sdx_op_qlinear_matmul = {
    .name = "QLinearMatMul",
    .domain = "",
    .since = 10,
    .newest = 21,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    .bound_size = sizeof(plan),
    .infer = infer,
    .bind = bind,
    .run = run,
    .flops = sdx_flops_matmul,
};
