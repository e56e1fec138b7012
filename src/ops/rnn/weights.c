/* W and R in the order of the product kernel, and the products. */
#include <string.h>

#include "ops/rnn/rnn.h"

size_t sdx_rnn_pack_len(const sdx_kernel_table *kernels, size_t rows, size_t k) {
    return sdx_gemm_packed_b_len(kernels->gemm_f32_info(), rows, k);
}

void sdx_rnn_pack_now(const sdx_kernel_table *kernels, float *dst, const float *src,
                      size_t directions, size_t all, size_t row0, size_t rows, size_t k) {
    const size_t nr = kernels->gemm_f32_info()->nr;
    const size_t len = sdx_rnn_pack_len(kernels, rows, k);
    for (size_t d = 0; d < directions; d++) {
        const sdx_matrix_f32 matrix = {
            .src = src + (d * all + row0) * k, .rows = k, .cols = rows, .row = 1, .col = k};
        kernels->gemm_f32_pack_b(dst + d * len, &matrix, 0, (rows + nr - 1) / nr);
    }
}

/* params: first row, rows, all rows of a direction. */
static sdx_status fill(void *dst, const sdx_view *src, const int64_t *params,
                       const sdx_kernel_table *kernels, sdx_heap *temporary) {
    const size_t all = (size_t)src->dims[1], k = (size_t)src->dims[2];
    float *wide;
    SDX_TRY(sdx_heap_alloc(temporary, src->len * sizeof *wide, (void **)&wide));
    if (src->dtype == SDX_FLOAT32)
        memcpy(wide, src->data, src->len * sizeof *wide);
    else
        sdx_widen_f32(src->dtype, wide, src->data, src->len);
    sdx_rnn_pack_now(kernels, dst, wide, (size_t)src->dims[0], all, (size_t)params[0],
                     (size_t)params[1], k);
    sdx_heap_free(temporary, wide, src->len * sizeof *wide);
    return NULL;
}

sdx_status sdx_rnn_pack_constant(sdx_prepare *p, size_t input, size_t row0, size_t rows,
                                 sdx_pack **out) {
    const sdx_view *const constant = p->constant[input];
    const size_t size = (size_t)constant->dims[0] *
                        sdx_rnn_pack_len(p->kernels, rows, (size_t)constant->dims[2]) *
                        sizeof(float);
    const sdx_pack_spec spec = {.format = p->kernels->gemm_f32_info()->format,
                                .params = {(int64_t)row0, (int64_t)rows, constant->dims[1]},
                                .size = size,
                                .fill = fill};
    return size == 0 ? NULL : sdx_prepare_pack(p, input, &spec, out);
}

typedef struct product {
    const sdx_kernel_table *kernels;
    sdx_gemm_f32 gemm;
    size_t nr;
    char *scratch;
    size_t lane_size;
} product;

/* Items are panels of columns. */
static void columns(void *arg, size_t begin, size_t end, unsigned lane) {
    const product *const p = arg;
    sdx_gemm_f32 g = p->gemm;
    g.n0 = begin * p->nr;
    g.n1 = end * p->nr < g.n ? end * p->nr : g.n;
    g.scratch = p->lane_size != 0 ? (float *)(void *)(p->scratch + lane * p->lane_size) : NULL;
    p->kernels->gemm_f32(&g);
}

void sdx_rnn_product_f32(const sdx_call *c, const sdx_rnn *r, float *out, const float *a,
                         const float *pack, const float *bias, size_t m, size_t n, size_t k) {
    const size_t nr = c->kernels->gemm_f32_info()->nr;
    if (m == 0 || n == 0) return;
    product p = {.kernels = c->kernels,
                 .gemm = {.m = m,
                          .n = n,
                          .k = k,
                          .m1 = m,
                          .a = a,
                          .a_row = k,
                          .a_col = 1,
                          .b_packed = true,
                          .b = pack,
                          .b_row = n,
                          .c = out,
                          .c_row = n,
                          .d = bias,
                          .d_col = 1,
                          .alpha = 1,
                          .beta = bias != NULL ? 1.0f : 0.0f},
                 .nr = nr,
                 .scratch = (char *)c->scratch + r->at_lane,
                 .lane_size = r->lane_size};
    sdx_call_tiles(c, (n + nr - 1) / nr, sdx_grain(m * nr * (k / 8 + 1)), columns, &p);
}

void sdx_rnn_product_f64(const sdx_call *c, const sdx_rnn *r, double *out, const double *a,
                         const double *rows, const double *bias, size_t m, size_t n, size_t k) {
    (void)r;
    const sdx_gemm_plain g = {.m0 = 0,
                              .m1 = m,
                              .n = n,
                              .k = k,
                              .a_row = k,
                              .a_col = 1,
                              .b_row = 1,
                              .b_col = k,
                              .c_row = n};
    c->kernels->gemm_f64(out, a, rows, &g);
    for (size_t i = 0; bias != NULL && i < m; i++) {
        c->kernels->add_f64(out + i * n, out + i * n, bias, n, SDX_FORM_VV);
    }
}
