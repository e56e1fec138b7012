/* Constants in the order that the float32 product reads B, from any float type, strip by strip. */
#include <string.h>

#include "ops/matrix/product.h"

enum { STRIP_BYTES = 4 << 20 }; /* of widened elements at a time */

enum { PARAM_TRANSPOSED, PARAM_K, PARAM_N, PARAM_BATCH };

/* Columns [col, col + cols) of a k x n matrix that begins at element `from` of src, as float32:
 * rows of `cols` elements, or of k when it is stored transposed. */
static void widen_strip(float *strip, const sdx_view *src, size_t from, const int64_t *params,
                        size_t col, size_t cols) {
    const size_t k = (size_t)params[PARAM_K], n = (size_t)params[PARAM_N];
    const size_t size = sdx_dtype_size(src->dtype);
    const char *const data = (const char *)src->data + from * size;
    if (params[PARAM_TRANSPOSED] != 0) {
        sdx_widen_f32(src->dtype, strip, data + col * k * size, cols * k);
        return;
    }
    for (size_t p = 0; p < k; p++) {
        sdx_widen_f32(src->dtype, strip + p * cols, data + (p * n + col) * size, cols);
    }
}

static void pack_strip(float *dst, const float *src, const int64_t *params, size_t cols,
                       size_t stored_cols, const sdx_kernel_table *kernels) {
    const size_t k = (size_t)params[PARAM_K], nr = kernels->gemm_f32_info()->nr;
    const bool transposed = params[PARAM_TRANSPOSED] != 0;
    const sdx_matrix_f32 matrix = {.src = src,
                                   .rows = k,
                                   .cols = cols,
                                   .row = transposed ? 1 : stored_cols,
                                   .col = transposed ? k : 1};
    kernels->gemm_f32_pack_b(dst, &matrix, 0, (cols + nr - 1) / nr);
}

static sdx_status fill(void *dst, const sdx_view *src, const int64_t *params,
                       const sdx_kernel_table *kernels, sdx_heap *temporary) {

    const sdx_gemm_info *const info = kernels->gemm_f32_info();
    const size_t k = (size_t)params[PARAM_K], n = (size_t)params[PARAM_N];
    const size_t batch = (size_t)params[PARAM_BATCH], len = sdx_gemm_packed_b_len(info, n, k);
    if (src->dtype == SDX_FLOAT32 && (uintptr_t)src->data % sizeof(float) == 0) {
        for (size_t i = 0; i < batch; i++) {
            pack_strip((float *)dst + i * len, (const float *)src->data + i * k * n, params, n, n,
                       kernels);
        }
        return NULL;
    }
    const size_t panel_bytes = info->nr * k * sizeof(float);
    const size_t panels = panel_bytes < STRIP_BYTES ? STRIP_BYTES / panel_bytes : 1;
    const size_t width = panels * info->nr < n ? panels * info->nr : n;
    float *strip;
    SDX_TRY(SDX_NEW_ARRAY(temporary, width * k, &strip));
    for (size_t i = 0; i < batch; i++) {
        for (size_t col = 0; col < n; col += width) {
            const size_t cols = n - col < width ? n - col : width;
            widen_strip(strip, src, i * k * n, params, col, cols);
            pack_strip((float *)dst + i * len + col * k, strip, params, cols, cols, kernels);
        }
    }
    sdx_heap_free(temporary, strip, width * k * sizeof *strip);
    return NULL;
}

sdx_status sdx_product_prepare(sdx_prepare *p, size_t input, bool transposed, sdx_pack **out) {
    const sdx_gemm_info *const info = p->kernels->gemm_f32_info();
    const sdx_view *const b = input < p->n_in ? p->constant[input] : NULL;
    *out = NULL;
    if (b == NULL || b->len == 0 || b->rank == 0) return NULL;
    if (!sdx_types_have(SDX_T(FLOAT32) | SDX_T_HALVES, b->dtype)) return NULL;
    const size_t last = (size_t)b->dims[b->rank - 1];
    const size_t before = b->rank > 1 ? (size_t)b->dims[b->rank - 2] : last;
    const size_t k = b->rank > 1 && transposed ? last : before;
    const size_t n = b->rank == 1 ? 1 : transposed ? before : last;
    const size_t batch = b->len / (k * n);
    size_t panels_len, size;
    if (!sdx_mul_size((n + info->nr - 1) / info->nr * info->nr, k, &panels_len) ||
        !sdx_mul_size(panels_len, batch * sizeof(float), &size)) {
        return sdx_fail(SDX_LIMIT, "found a matrix of %zu elements, too large to be packed",
                        b->len);
    }
    const sdx_pack_spec spec = {.format = info->format,
                                .params = {transposed, (int64_t)k, (int64_t)n, (int64_t)batch},
                                .size = size,
                                .fill = fill};
    return sdx_prepare_pack(p, input, &spec, out);
}
