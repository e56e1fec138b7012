/* Between float32 and a type of integers. Define T and NAME(x) first. */

static void NAME(load)(float *dst, const void *src, size_t n) {
    const T *const from = src;
    for (size_t i = 0; i < n; i++) {
        dst[i] = (float)from[i];
    }
}

/* src holds whole numbers, or what lies beyond [low, high]. */
static void NAME(store)(void *dst, const float *src, size_t n, float low, float high) {
    T *const to = dst;
    for (size_t i = 0; i < n; i++) {
        const float above = src[i] > low ? src[i] : low; /* low for a NaN, too */
        to[i] = (T)(int32_t)(above < high ? above : high);
    }
}

#undef T
#undef NAME
