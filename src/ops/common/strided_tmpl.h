/* The inner loops for one element type: define T (the type) and NAME(x) (the name of a function for
 * it) first. Pointers are to bytes, so that all types share a table. */

/* One row whose source elements stand `stride` apart. */
static void NAME(row)(char *to, const char *from, int64_t n, int64_t stride) {
    T *const dst = (T *)(void *)to;
    const T *const src = (const T *)(const void *)from;
    if (stride == 0) {
        const T x = src[0];
        for (int64_t i = 0; i < n; i++) {
            dst[i] = x;
        }
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        dst[i] = src[i * stride];
    }
}

/* A tile of a transposition: dst[r * dst_stride + i] = src[r + i * src_stride]. */
static void NAME(tile)(char *to, int64_t dst_stride, const char *from, int64_t src_stride,
                       int64_t rows, int64_t n) {
    T *const dst = (T *)(void *)to;
    const T *const src = (const T *)(const void *)from;
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t i = 0; i < n; i++) {
            dst[r * dst_stride + i] = src[r + i * src_stride];
        }
    }
}

#undef T
#undef NAME
