/* Batched products: the batch is a loop over pairs of matrices, each product is cut into parts of
 * rows and columns, and parts are what lanes claim. The kernels promise that an element does not
 * depend on the cuts, so these may follow the number of lanes. */
#include "ops/matrix/product.h"

enum {
    PART_WORK = 1 << 20,      /* multiplications worth a part: some 15 us */
    PART_READ_MAX = 1 << 22,  /* elements of B that a part may take from memory: some 2 ms */
    MULTIPLIED_PER_READ = 16, /* multiplications in the time of that */
    LANE_PACK_MAX =
        1 << 18,     /* elements of B that a lane packs by itself: half a second-level cache */
    PLAIN_PANEL = 32 /* columns that the plain kernels take at a time */
};

/* ---- binding */

static void push_dim(sdx_product *p, size_t dim, size_t a, size_t b) {
    const size_t last = p->rank - 1;
    if (dim == 1) return;
    if (p->rank > 0 && p->a_strides[last] == a * dim && p->b_strides[last] == b * dim) {
        p->dims[last] *= dim;
        p->a_strides[last] = a;
        p->b_strides[last] = b;
        return;
    }
    p->dims[p->rank] = dim;
    p->a_strides[p->rank] = a;
    p->b_strides[p->rank++] = b;
}

void sdx_product_set_batch(sdx_product *p, size_t rank_a, const int64_t *dims_a, size_t rank_b,
                           const int64_t *dims_b, size_t size_a, size_t size_b) {
    const size_t rank = rank_a > rank_b ? rank_a : rank_b;
    size_t a[SDX_MAX_RANK], b[SDX_MAX_RANK], dims[SDX_MAX_RANK];
    size_t next_a = size_a, next_b = size_b;
    for (size_t i = rank; i-- > 0;) {
        const size_t dim_a = i + rank_a >= rank ? (size_t)dims_a[i + rank_a - rank] : 1;
        const size_t dim_b = i + rank_b >= rank ? (size_t)dims_b[i + rank_b - rank] : 1;
        dims[i] = dim_a == 1 ? dim_b : dim_a;
        a[i] = dim_a == 1 ? 0 : next_a;
        b[i] = dim_b == 1 ? 0 : next_b;
        next_a *= dim_a;
        next_b *= dim_b;
    }
    p->rank = 0;
    for (size_t i = 0; i < rank; i++) {
        push_dim(p, dims[i], a[i], b[i]);
    }
}

void sdx_product_join(sdx_product *p) {
    const bool rows_follow =
        p->rank == 1 && p->b_strides[0] == 0 && p->d_row == 0 && p->a_strides[0] == p->m * p->a_row;
    if (!rows_follow) return;
    p->m *= p->dims[0];
    p->rank = 0;
}

/* As many parts as lanes have use for, and so many that each is soon done: a run that shall end
 * waits for those that were begun. */
static void cut(sdx_product *p, size_t panel, size_t block, unsigned lanes) {
    const double work = (double)p->m * (double)p->n * (double)(p->k + 1) * (double)p->batch;
    const double read = (double)p->k * (double)p->n * (double)p->batch;
    const double least = (work / MULTIPLIED_PER_READ + read) / PART_READ_MAX;
    const double use = lanes > 1 ? 4.0 * lanes : 1.0;
    const double most = use > least ? use : least;
    const double worth = work / PART_WORK < most ? work / PART_WORK : most;
    const size_t wanted = ((size_t)worth + p->batch - 1) / (p->batch + (p->batch == 0));
    const size_t panels = (p->n + panel - 1) / panel, blocks = (p->m + block - 1) / block;
    size_t row_parts = wanted < blocks ? wanted : blocks;
    if (panels >= wanted && p->m <= block * 2) row_parts = 1;
    if (row_parts == 0 || p->mode == SDX_PRODUCT_LANE) row_parts = 1;
    size_t col_parts = (wanted + row_parts - 1) / row_parts;
    if (col_parts > panels) col_parts = panels;
    if (col_parts == 0 || p->mode == SDX_PRODUCT_LANE) col_parts = 1;
    p->rows = (p->m + row_parts - 1) / row_parts;
    p->cols = (panels + col_parts - 1) / col_parts * panel;
    p->row_parts = (p->m + p->rows - 1) / (p->rows + (p->rows == 0));
    p->parts = p->row_parts * ((p->n + p->cols - 1) / (p->cols + (p->cols == 0)));
}

static sdx_product_mode choose_mode(const sdx_product *p, const sdx_gemm_info *info, bool packed,
                                    unsigned lanes) {
    if (packed) return SDX_PRODUCT_PACKED;
    if (p->b_col == 1 && p->m < 2 * info->mr) return SDX_PRODUCT_DIRECT;
    const bool enough = p->batch >= 2 * (size_t)lanes || p->m * p->n * p->k <= 4 * PART_WORK;
    return enough && p->pack_len <= LANE_PACK_MAX ? SDX_PRODUCT_LANE : SDX_PRODUCT_SHARED;
}

/* What the float32 kernel is told of every part. */
static sdx_gemm_f32 describe(const sdx_product *p) {
    return (sdx_gemm_f32){.m = p->m,
                          .n = p->n,
                          .k = p->k,
                          .a_row = p->a_row,
                          .a_col = p->a_col,
                          .b_packed = p->mode != SDX_PRODUCT_DIRECT,
                          .b_row = p->b_row,
                          .c_row = p->n,
                          .d_row = p->d_row,
                          .d_col = p->d_col,
                          .alpha = p->alpha,
                          .beta = p->beta,
                          .post = p->post,
                          .p0 = p->p0,
                          .p1 = p->p1};
}

static bool align_up(size_t *size) { return sdx_round_up(*size, 64, size); }

static sdx_status bind_f32(sdx_product *p, bool packed, unsigned lanes, size_t *scratch) {
    const sdx_gemm_info *const info = p->kernels->gemm_f32_info();
    size_t width, bytes, all;
    if (!sdx_round_up(p->n, info->nr, &width) || !sdx_mul_size(width, p->k, &p->pack_len) ||
        !sdx_mul_size(p->pack_len, sizeof(float), &bytes)) {
        return sdx_fail(SDX_LIMIT,
                        "found a product of %zu columns and depth %zu, too large to be "
                        "packed",
                        p->n, p->k);
    }
    p->mode = choose_mode(p, info, packed, lanes);
    cut(p, info->nr, info->mc, lanes);
    const sdx_gemm_f32 g = describe(p);
    p->lane_size = sdx_gemm_f32_scratch(info, &g);
    p->shared_size = p->mode == SDX_PRODUCT_SHARED ? bytes : 0;
    if (!align_up(&p->lane_size) || !align_up(&p->shared_size) ||
        (p->mode == SDX_PRODUCT_LANE && !sdx_add_size(p->lane_size, bytes, &p->lane_size)) ||
        !align_up(&p->lane_size) || !sdx_mul_size(p->lane_size, lanes, &all) ||
        !sdx_add_size(all, p->shared_size, scratch)) {
        return sdx_fail(SDX_LIMIT, "found scratch beyond the address space");
    }
    return NULL;
}

sdx_status sdx_product_bind(sdx_product *p, const sdx_kernel_table *kernels, bool packed,
                            unsigned lanes, size_t *scratch) {
    p->kernels = kernels;
    sdx_product_join(p);
    p->batch = 1;
    for (size_t i = 0; i < p->rank; i++) {
        p->batch *= p->dims[i];
    }
    if (p->dtype == SDX_FLOAT32) return bind_f32(p, packed, lanes, scratch);
    p->mode = SDX_PRODUCT_DIRECT;
    cut(p, PLAIN_PANEL, PLAIN_PANEL, lanes);
    return NULL;
}

const char *sdx_product_how(const sdx_product *p) {
    static const char *const texts[] = {
        [SDX_PRODUCT_DIRECT] = "product, B as it lies: few rows of A do not pay for packing",
        [SDX_PRODUCT_PACKED] = "product, B packed at load: it is constant",
        [SDX_PRODUCT_SHARED] = "product, B packed in each run by all lanes: it is no constant",
        [SDX_PRODUCT_LANE] = "products, each lane packs the B it needs: small, or many of them"};
    if (p->dtype != SDX_FLOAT32) return "plain product: its type has no packed kernel";
    if (p->m > 1) return texts[p->mode];
    return p->mode == SDX_PRODUCT_PACKED ? "matrix-vector, B packed at load: A has one row"
                                         : "matrix-vector, B as it lies: A has one row";
}

/* ---- running */

typedef struct work {
    const sdx_product *p;
    const char *a, *b;
    char *out;
    sdx_product_terms terms;
    float *shared;
    char *lanes;
    size_t first, base; /* the first product that the loop's parts belong to; its pack's B */
} work;

void sdx_product_locate(const sdx_product *p, size_t product, size_t *a, size_t *b) {
    *a = *b = 0;
    for (size_t i = p->rank; i-- > 0;) {
        const size_t dim = p->dims[i], at = product % dim;
        product /= dim;
        *a += at * p->a_strides[i];
        *b += at * p->b_strides[i];
    }
}

static void pack_b(const sdx_product *p, const float *b, float *dst, size_t first, size_t last) {
    const sdx_matrix_f32 matrix = {
        .src = b, .rows = p->k, .cols = p->n, .row = p->b_row, .col = p->b_col};
    p->kernels->gemm_f32_pack_b(dst, &matrix, first, last);
}

static void part_f32(const work *w, size_t product, size_t part, unsigned lane) {
    const sdx_product *const p = w->p;
    sdx_gemm_f32 g = describe(p);
    size_t a, b;
    sdx_product_locate(p, product, &a, &b);
    char *const scratch = w->lanes + lane * p->lane_size;
    const size_t row = part % p->row_parts * p->rows, col = part / p->row_parts * p->cols;
    g.m0 = row;
    g.m1 = p->m - row < p->rows ? p->m : row + p->rows;
    g.n0 = col;
    g.n1 = p->n - col < p->cols ? p->n : col + p->cols;
    g.a = (const float *)(const void *)w->a + a;
    g.b = (const float *)(const void *)w->b + b;
    g.c = (float *)(void *)w->out + product * p->m * p->n;
    g.d = w->terms.d;
    if (w->terms.residual != NULL) g.r = w->terms.residual + product * p->m * p->n;
    g.r_row = p->n;
    g.scratch = (float *)(void *)scratch;
    if (p->mode == SDX_PRODUCT_SHARED) g.b = w->shared;
    if (p->mode == SDX_PRODUCT_PACKED) {
        g.b = (const float *)(const void *)w->b + b / (p->k * p->n) * p->pack_len;
    }
    if (p->mode == SDX_PRODUCT_LANE) {
        float *const own = g.scratch;
        const size_t nr = p->kernels->gemm_f32_info()->nr;
        pack_b(p, g.b, own, 0, (p->n + nr - 1) / nr);
        g.b = own;
        g.scratch += (p->pack_len + 15) / 16 * 16;
    }
    p->kernels->gemm_f32(&g);
}

static void part_plain(const work *w, size_t product, size_t part) {
    const sdx_product *const p = w->p;
    const sdx_kernel_table *const kernels = p->kernels;
    const size_t row = part % p->row_parts * p->rows, col = part / p->row_parts * p->cols;
    const sdx_gemm_plain g = {.m0 = row,
                              .m1 = p->m - row < p->rows ? p->m : row + p->rows,
                              .n = p->n - col < p->cols ? p->n - col : p->cols,
                              .k = p->k,
                              .a_row = p->a_row,
                              .a_col = p->a_col,
                              .b_row = p->b_row,
                              .b_col = p->b_col,
                              .c_row = p->n};
    const size_t size = sdx_dtype_size(p->dtype);
    size_t a, b;
    sdx_product_locate(p, product, &a, &b);
    const void *const from_a = w->a + a * size;
    const void *const from_b = w->b + (b + col * p->b_col) * size;
    void *const to = w->out + (product * p->m * p->n + col) * size;
    if (p->dtype == SDX_FLOAT64)
        kernels->gemm_f64(to, from_a, from_b, &g);
    else if (size == 4)
        kernels->gemm_i32(to, from_a, from_b, &g);
    else
        kernels->gemm_i64(to, from_a, from_b, &g);
}

static void run_parts(void *arg, size_t begin, size_t end, unsigned lane) {
    const work *const w = arg;
    for (size_t i = begin; i < end; i++) {
        const size_t product = w->first + i / w->p->parts, part = i % w->p->parts;
        if (w->p->dtype == SDX_FLOAT32)
            part_f32(w, product, part, lane);
        else
            part_plain(w, product, part);
    }
}

static void pack_panels(void *arg, size_t begin, size_t end, unsigned lane) {
    const work *const w = arg;
    (void)lane;
    pack_b(w->p, (const float *)(const void *)w->b + w->base, w->shared, begin, end);
}

/* One product after the other; a B that serves several in a row is packed once. */
static void run_shared(work *w, const sdx_call *c) {
    const sdx_product *const p = w->p;
    const size_t nr = p->kernels->gemm_f32_info()->nr;
    for (size_t i = 0; i < p->batch; i++) {
        const size_t before = w->base;
        size_t a;
        w->first = i;
        sdx_product_locate(p, i, &a, &w->base);
        if (i == 0 || w->base != before)
            sdx_call_tiles(c, p->pack_len / (nr * p->k + (p->k == 0)), sdx_grain(nr * p->k / 8),
                           pack_panels, w);
        sdx_call_tiles(c, p->parts, 1, run_parts, w);
    }
}

void sdx_product_run(const sdx_product *p, const sdx_call *c, void *out, const void *a,
                     const void *b, sdx_product_terms terms) {
    work w = {.p = p, .a = a, .b = b, .out = out, .terms = terms};
    if (p->m == 0 || p->n == 0 || p->batch == 0) return;
    w.shared = c->scratch;
    w.lanes = (char *)c->scratch + p->shared_size;
    if (p->mode == SDX_PRODUCT_SHARED) {
        run_shared(&w, c);
        return;
    }
    const size_t work_of_part = p->m * p->n / p->parts * (p->k + 1);
    const size_t grain = work_of_part >= PART_WORK ? 1 : PART_WORK / (work_of_part + 1);
    sdx_call_tiles(c, p->parts * p->batch, grain, run_parts, &w);
}
