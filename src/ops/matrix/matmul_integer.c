/* MatMulInteger: the product of 8-bit matrices, each less its zero point, in int32. The kernel
 * multiplies the bytes as they are; zero points are brought in through sums of rows and columns:
 * sum (a - za)(b - zb) = sum ab - zb * sum a - za * sum b + k * za * zb. */
#include "ops/matrix/matmul.h"

#define BYTES (SDX_T(INT8) | SDX_T(UINT8))

enum { IN_A, IN_B, IN_A_ZERO, IN_B_ZERO };
enum { ROWS = 64 }; /* of A that a lane takes at a time */

static const sdx_port inputs[] = {
    {.name = "A", .var = "T1", .types = BYTES},
    {.name = "B", .var = "T2", .types = BYTES},
    {.name = "a_zero_point", .var = "T1", .types = BYTES, .flags = SDX_PORT_OPTIONAL},
    {.name = "b_zero_point", .var = "T2", .types = BYTES, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "Y", .var = "T3", .types = SDX_T(INT32)}};

/* ---- inference */

/* One zero point, one for each row (column), or one for each row of each matrix. */
static sdx_status check_zero(const sdx_infer *in, size_t i, size_t of, bool column) {
    if (!sdx_infer_ranked(in, i) || !sdx_infer_ranked(in, of)) return NULL;
    const sdx_fact *const matrix = &in->in[of];
    sdx_dim len = 1, all = 1;
    for (int d = 0; d < in->in[i].rank; d++) {
        len = sdx_dim_mul(in->dims, len, in->in[i].dims[d]);
    }
    const int skipped = matrix->rank < 2 ? -1 : column ? matrix->rank - 2 : matrix->rank - 1;
    for (int d = 0; d < matrix->rank; d++) {
        if (d != skipped) all = sdx_dim_mul(in->dims, all, matrix->dims[d]);
    }
    const sdx_dim one = matrix->rank < 2 ? 1 : matrix->dims[matrix->rank - (column ? 1 : 2)];
    const bool known = sdx_dim_is_number(len) && sdx_dim_is_number(all) && sdx_dim_is_number(one);
    if (!known || len == 1 || len == one || len == all) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s' has %lld elements, expected 1 or %lld",
                    inputs[i].name, (long long)len, (long long)one);
}

static sdx_status infer(sdx_infer *in) {
    sdx_infer_set_dtype(in, 0, SDX_INT32);
    SDX_TRY(check_zero(in, IN_A_ZERO, IN_A, false));
    SDX_TRY(check_zero(in, IN_B_ZERO, IN_B, true));
    return sdx_matmul_infer(in, false, false);
}

/* ---- packs: the kernel's, and behind it the sums of columns */

static size_t pack_bytes(const sdx_kernel_table *kernels, size_t k, size_t n) {
    return (kernels->gemm_i8_pack_size(n, k) + 63) & ~(size_t)63;
}

static void pack(const sdx_kernel_table *kernels, void *dst, const void *src, size_t k, size_t n,
                 bool is_signed) {
    const sdx_matrix_i8 matrix = {
        .src = src, .rows = k, .cols = n, .row = n, .col = 1, .is_signed = is_signed};
    int32_t *const sums = (int32_t *)(void *)((char *)dst + pack_bytes(kernels, k, n));
    kernels->gemm_i8_pack(dst, sums, &matrix);
}

static sdx_status fill(void *dst, const sdx_view *src, const int64_t *params,
                       const sdx_kernel_table *kernels, sdx_heap *temporary) {
    (void)temporary;
    pack(kernels, dst, src->data, (size_t)params[0], (size_t)params[1], src->dtype == SDX_INT8);
    return NULL;
}

/* A constant matrix is packed once; a batch of them, which nobody exports, in each run. */
static sdx_status prepare(sdx_prepare *p) {
    const sdx_view *const b = p->constant[IN_B];
    sdx_pack **made;
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &made));
    p->prepared = made;
    if (b == NULL || b->rank != 2 || b->len == 0) return NULL;
    const size_t k = (size_t)b->dims[0], n = (size_t)b->dims[1];
    const sdx_pack_spec spec = {.format = "matmul_integer",
                                .params = {b->dims[0], b->dims[1]},
                                .size = pack_bytes(p->kernels, k, n) + n * sizeof(int32_t),
                                .fill = fill};
    return sdx_prepare_pack(p, IN_B, &spec, made);
}

/* ---- binding */

typedef struct integer_product {
    sdx_product product;
    size_t rows; /* of one matrix A, before matrices were joined */
    size_t batch, pack_size, lane_size;
    bool b_signed;
} integer_product;

static sdx_status bind(sdx_bind *b) {
    integer_product *const i = b->bound;
    sdx_product *const p = &i->product;
    sdx_pack *const *const made = b->prepared;
    sdx_matmul_describe(p, b->in[IN_A], b->in[IN_B], false, false);
    i->rows = p->m;
    sdx_product_join(p);
    i->b_signed = b->in[IN_B]->dtype == SDX_INT8;
    i->batch = 1;
    for (size_t d = 0; d < p->rank; d++) {
        i->batch *= p->dims[d];
    }
    size_t columns, lanes, size;
    if (!sdx_mul_size(p->n, sizeof(int32_t), &columns) ||
        !sdx_add_size(pack_bytes(b->kernels, p->k, p->n), columns, &size) ||
        !sdx_round_up(*made == NULL ? size : 0, 64, &i->pack_size) ||
        !sdx_round_up(b->kernels->gemm_i8_scratch(ROWS, p->k), 64, &i->lane_size) ||
        !sdx_mul_size(i->lane_size, b->lanes, &lanes) ||
        !sdx_add_size(lanes, i->pack_size, &b->scratch))
        return sdx_fail(SDX_LIMIT, "found scratch beyond the address space");
    return NULL;
}

/* ---- running */

typedef struct job {
    const integer_product *bound;
    const sdx_kernel_table *kernels;
    const sdx_view *a, *a_zero, *b_zero;
    const void *pack;
    int32_t *out;
    char *lanes;
    size_t product; /* of the batch */
    size_t from_a, b_index;
} job;

static int32_t zero_at(const sdx_view *zero, size_t index, size_t len) {
    if (zero == NULL) return 0;
    return (int32_t)sdx_view_int(zero, zero->len == 1 ? 0 : zero->len == len ? index % len : index);
}

/* Wrapping arithmetic, as the kernel's. */
static void apply_zeros(const job *j, size_t row, const int32_t *sums) {
    const sdx_product *const p = &j->bound->product;
    const bool is_signed = j->a->dtype == SDX_INT8;
    const char *const a = (const char *)j->a->data + j->from_a + row * p->k;
    int32_t *const out = j->out + (j->product * p->m + row) * p->n;
    const uint32_t za = (uint32_t)zero_at(j->a_zero, j->product * p->m + row, j->bound->rows);
    const uint32_t row_sum = (uint32_t)j->kernels->sum_i8(a, p->k, is_signed);
    const uint32_t rest = row_sum - (uint32_t)p->k * za;
    for (size_t n = 0; n < p->n; n++) {
        const uint32_t zb = (uint32_t)zero_at(j->b_zero, j->b_index * p->n + n, p->n);
        out[n] = (int32_t)((uint32_t)out[n] - za * (uint32_t)sums[n] - zb * rest);
    }
}

static void run_rows(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const sdx_product *const p = &j->bound->product;
    const size_t packed = pack_bytes(j->kernels, p->k, p->n);
    const int32_t *const sums = (const int32_t *)(const void *)((const char *)j->pack + packed);
    for (size_t row = begin * ROWS; row < p->m && row < end * ROWS; row += ROWS) {
        const size_t last = p->m - row < ROWS ? p->m : row + ROWS;
        const sdx_gemm_i8 g = {.m1 = last - row,
                               .n = p->n,
                               .k = p->k,
                               .a = (const char *)j->a->data + j->from_a + row * p->k,
                               .a_row = p->k,
                               .b = j->pack,
                               .c = j->out + (j->product * p->m + row) * p->n,
                               .c_row = p->n,
                               .a_signed = j->a->dtype == SDX_INT8,
                               .b_signed = j->bound->b_signed,
                               .scratch = j->lanes + lane * j->bound->lane_size};
        j->kernels->gemm_i8(&g);
        for (size_t i = row; i < last && (j->a_zero != NULL || j->b_zero != NULL); i++) {
            apply_zeros(j, i, sums);
        }
    }
}

static sdx_status run(const sdx_call *c) {
    const integer_product *const bound = c->bound;
    const sdx_product *const p = &bound->product;
    sdx_pack *const *const made = c->prepared;
    const sdx_view *const b = c->in[IN_B];
    job j = {.bound = bound,
             .kernels = c->kernels,
             .a = c->in[IN_A],
             .a_zero = sdx_call_in(c, IN_A_ZERO),
             .b_zero = sdx_call_in(c, IN_B_ZERO),
             .pack = c->scratch,
             .out = c->out[0]->data,
             .lanes = (char *)c->scratch + bound->pack_size};
    if (c->out[0]->len == 0) return NULL;
    if (*made != NULL) SDX_TRY(sdx_call_pack(c, *made, &j.pack));
    for (size_t i = 0, before = SIZE_MAX, at; i < bound->batch; i++, before = at) {
        j.product = i;
        sdx_product_locate(p, i, &j.from_a, &at);
        j.b_index = p->k > 0 ? at / (p->k * p->n) : 0;
        if (*made == NULL && at != before)
            pack(c->kernels, c->scratch, (const char *)b->data + at, p->k, p->n,
                 b->dtype == SDX_INT8);
        sdx_call_for(c, (p->m + ROWS - 1) / ROWS, sdx_grain(ROWS * p->n * (p->k / 16 + 1)),
                     run_rows, &j);
    }
    return NULL;
}

const sdx_op sdx_op_matmul_integer = {
    .name = "MatMulInteger",
    .domain = "",
    .since = 10,
    .newest = 10,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    .bound_size = sizeof(integer_product),
    .infer = infer,
    .prepare = prepare,
    .bind = bind,
    .run = run,
};
