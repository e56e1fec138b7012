/* See integer.h. The kernel multiplies the bytes as they are; zero points are brought in through
 * sums of rows and columns: sum (a - za)(b - zb) = sum ab - zb * sum a - za * sum b + k * za * zb.
 */
#include "ops/matrix/integer.h"

enum { ROWS = 64 }; /* of A that a lane takes at a time */

sdx_status sdx_integer_check(const sdx_infer *in, size_t i, size_t of, bool column) {
    if (!sdx_infer_ranked(in, i) || !sdx_infer_ranked(in, of)) return NULL;
    const sdx_fact *const matrix = &in->in[of];
    sdx_dim len = 1, all = 1;
    for (int d = 0; d < in->in[i].rank; d++) {
        len = sdx_dim_mul(in->dims, len, in->in[i].dims[d]);
    }
    const int skipped = column ? matrix->rank - 2 : matrix->rank - 1;
    for (int d = 0; d < matrix->rank && matrix->rank > 1; d++) { /* a vector has one row */
        if (d != skipped) all = sdx_dim_mul(in->dims, all, matrix->dims[d]);
    }
    const sdx_dim one = matrix->rank < 2 ? 1 : matrix->dims[matrix->rank - (column ? 1 : 2)];
    const bool known = sdx_dim_is_number(len) && sdx_dim_is_number(all) && sdx_dim_is_number(one);
    if (!known || len == 1 || len == one || len == all) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s' has %lld elements, expected 1 or %lld",
                    sdx_op_input_port(in->node->op, i)->name, (long long)len, (long long)one);
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

/* A batch of them, which nobody exports, is packed in each run. */
sdx_status sdx_integer_prepare(sdx_prepare *p, size_t input, sdx_pack **out) {
    const sdx_view *const b = input < p->n_in ? p->constant[input] : NULL;
    *out = NULL;
    if (b == NULL || b->rank != 2 || b->len == 0) return NULL;
    const size_t k = (size_t)b->dims[0], n = (size_t)b->dims[1];
    const sdx_pack_spec spec = {.format = "matmul_integer",
                                .params = {b->dims[0], b->dims[1]},
                                .size = pack_bytes(p->kernels, k, n) + n * sizeof(int32_t),
                                .fill = fill};
    return sdx_prepare_pack(p, input, &spec, out);
}

/* ---- binding */

sdx_status sdx_integer_bind(sdx_integer *i, sdx_bind *b, const sdx_view *a_view,
                            const sdx_view *b_view, bool packed) {
    sdx_product *const p = &i->product;
    sdx_matmul_describe(p, a_view, b_view, false, false);
    i->rows = p->m;
    sdx_product_join(p);
    i->b_signed = b_view->dtype == SDX_INT8;
    b->how = packed ? "8-bit product, sums in int32, B packed at load: it is constant"
                    : "8-bit product, sums in int32, B packed in each run: it is no constant";
    i->batch = 1;
    for (size_t d = 0; d < p->rank; d++) {
        i->batch *= p->dims[d];
    }
    size_t columns, lanes, size;
    if (!sdx_mul_size(p->n, sizeof(int32_t), &columns) ||
        !sdx_add_size(pack_bytes(b->kernels, p->k, p->n), columns, &size) ||
        !sdx_round_up(packed ? 0 : size, 64, &i->pack_size) ||
        !sdx_round_up(b->kernels->gemm_i8_scratch(ROWS, p->k), 64, &i->lane_size) ||
        !sdx_mul_size(i->lane_size, b->lanes, &lanes) ||
        !sdx_add_size(lanes, i->pack_size, &b->scratch))
        return sdx_fail(SDX_LIMIT, "found scratch beyond the address space");
    return NULL;
}

/* ---- running */

typedef struct job {
    const sdx_integer *bound;
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
    return (int32_t)sdx_view_int(zero, sdx_integer_param(index, zero->len, len));
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

sdx_status sdx_integer_run(const sdx_integer *bound, const sdx_call *c,
                           const sdx_integer_call *call) {
    const sdx_product *const p = &bound->product;
    const sdx_view *const b = call->b;
    job j = {.bound = bound,
             .kernels = c->kernels,
             .a = call->a,
             .a_zero = call->a_zero,
             .b_zero = call->b_zero,
             .pack = c->scratch,
             .out = call->out,
             .lanes = (char *)c->scratch + bound->pack_size};
    if (bound->batch * p->m * p->n == 0) return NULL;
    if (call->pack != NULL) SDX_TRY(sdx_call_pack(c, call->pack, &j.pack));
    for (size_t i = 0, before = SIZE_MAX, at; i < bound->batch; i++, before = at) {
        j.product = i;
        sdx_product_locate(p, i, &j.from_a, &at);
        j.b_index = p->k > 0 ? at / (p->k * p->n) : 0;
        if (call->pack == NULL && at != before)
            pack(c->kernels, c->scratch, (const char *)b->data + at, p->k, p->n,
                 b->dtype == SDX_INT8);
        sdx_call_tiles(c, (p->m + ROWS - 1) / ROWS, sdx_grain(ROWS * p->n * (p->k / 16 + 1)),
                       run_rows, &j);
    }
    return NULL;
}
