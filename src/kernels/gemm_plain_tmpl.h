/* Template: the plain product of one type, row by row over strips of columns. Included with
 *   NAME   gemm_f64, for SDX_KERNEL(gemm_f64)
 *   T      type of the elements
 *   SUM    type to add in: T, or its unsigned twin, which wraps
 * and takes these names back at its end. */
enum { STRIP = 32 };

/* sum[j] += a * b[j * step]; a full strip of step 1 is a loop of known length, which becomes
 * vectors. */
SDX_INLINE void add_line(SUM *sum, SUM a, const T *b, size_t step, size_t n) {
    if (n == STRIP && step == 1) {
        for (size_t j = 0; j < STRIP; j++)
            sum[j] += a * (SUM)b[j];
    } else {
        for (size_t j = 0; j < n; j++)
            sum[j] += a * (SUM)b[j * step];
    }
}

void SDX_KERNEL(NAME)(T *c, const T *a, const T *b, const sdx_gemm_plain *g) {
    for (size_t i = g->m0; i < g->m1; i++) {
        for (size_t j = 0; j < g->n; j += STRIP) {
            const size_t n = g->n - j < STRIP ? g->n - j : STRIP;
            SUM sum[STRIP] = {0};
            for (size_t p = 0; p < g->k; p++)
                add_line(sum, (SUM)a[i * g->a_row + p * g->a_col], b + p * g->b_row + j * g->b_col,
                         g->b_col, n);
            for (size_t s = 0; s < n; s++)
                c[i * g->c_row + j + s] = (T)sum[s];
        }
    }
}
#undef NAME
#undef T
#undef SUM
