/* Template: copy and transposition of elements of one size. Included with
 *   COPY, TRANSPOSE   copy_4, transpose_4: the kernels' names
 *   T                 a type of that size without padding bits
 * and takes these names back at its end. */
void SDX_KERNEL(COPY)(void *dst, ptrdiff_t dst_step, const void *src, ptrdiff_t src_step,
                      size_t n) {
    T *d = dst;
    const T *s = src;
    if (dst_step == 1 && src_step == 1) {
        if (n) memcpy(d, s, n * sizeof *d);
    } else if (dst_step == 1 && src_step == 0) {
        const T one = n ? *s : (T){0};
        for (size_t i = 0; i < n; i++)
            d[i] = one;
    } else if (dst_step == 1) {
        for (size_t i = 0; i < n; i++)
            d[i] = s[(ptrdiff_t)i * src_step];
    } else {
        for (size_t i = 0; i < n; i++)
            d[(ptrdiff_t)i * dst_step] = s[(ptrdiff_t)i * src_step];
    }
}

#ifdef TRANSPOSE
/* Blocks of a cache line by a cache line, so that each line of both sides is touched once. */
void SDX_KERNEL(TRANSPOSE)(void *dst, const void *src, const sdx_transpose *t) {
    enum { BLOCK = sizeof(T) >= 4 ? 64 / sizeof(T) : 16 };
    T *d = dst;
    const T *s = src;
    for (size_t i = 0; i < t->rows; i += BLOCK) {
        const size_t rows = t->rows - i < BLOCK ? t->rows - i : BLOCK;
        for (size_t j = 0; j < t->cols; j += BLOCK) {
            const size_t cols = t->cols - j < BLOCK ? t->cols - j : BLOCK;
            for (size_t c = 0; c < cols; c++)
                for (size_t r = 0; r < rows; r++)
                    d[(j + c) * t->dst_row + i + r] = s[(i + r) * t->src_row + j + c];
        }
    }
}
#endif
#undef COPY
#undef TRANSPOSE
#undef T
