/* Unary maps of one integer type. Include with T (the type), U (an unsigned type at least as wide
 * as int, so that nothing overflows) and NAME(x); takes them back. */

static void NAME(abs)(void *y, const void *x, size_t n) {
    T *const dst = y;
    const T *const src = x;
    for (size_t i = 0; i < n; i++)
        dst[i] = (T)(src[i] > 0 ? (U)src[i] : (U)0 - (U)src[i]);
}

static void NAME(neg)(void *y, const void *x, size_t n) {
    T *const dst = y;
    const T *const src = x;
    for (size_t i = 0; i < n; i++)
        dst[i] = (T)((U)0 - (U)src[i]);
}

static void NAME(sign)(void *y, const void *x, size_t n) {
    T *const dst = y;
    const T *const src = x;
    for (size_t i = 0; i < n; i++)
        dst[i] = (T)(src[i] > 0 ? 1 : src[i] == 0 ? 0 : -1);
}

static void NAME(relu)(void *y, const void *x, size_t n) {
    T *const dst = y;
    const T *const src = x;
    for (size_t i = 0; i < n; i++)
        dst[i] = src[i] > 0 ? src[i] : 0;
}

static void NAME(invert)(void *y, const void *x, size_t n) {
    T *const dst = y;
    const T *const src = x;
    for (size_t i = 0; i < n; i++)
        dst[i] = (T)(~(U)src[i]);
}

#undef T
#undef U
#undef NAME
