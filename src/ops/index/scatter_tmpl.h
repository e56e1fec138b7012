/* Template: rows of updates combined with elements of one type. Included with
 *   NAME(x)       a function's name for this type
 *   T             the type in memory
 *   V             the type that is computed in
 *   LOAD, STORE   between the two
 *   ORDERED       defined where the type has minima and maxima
 *   IS_NAN(x)     with ORDERED
 * and takes these names back at its end. */
static void NAME(add)(void *dst, const void *src, const int64_t *index, int64_t scale, int64_t step,
                      size_t n) {
    T *const to = dst;
    const T *const from = src;
    for (size_t i = 0; i < n; i++) {
        T *const at = to + (int64_t)i * step + (index ? index[i] * scale : 0);
        *at = STORE(LOAD(*at) + LOAD(from[i]));
    }
}

static void NAME(mul)(void *dst, const void *src, const int64_t *index, int64_t scale, int64_t step,
                      size_t n) {
    T *const to = dst;
    const T *const from = src;
    for (size_t i = 0; i < n; i++) {
        T *const at = to + (int64_t)i * step + (index ? index[i] * scale : 0);
        *at = STORE(LOAD(*at) * LOAD(from[i]));
    }
}

#ifdef ORDERED
/* A NaN on either side stays, as with NumPy's minimum and maximum. */
static void NAME(min)(void *dst, const void *src, const int64_t *index, int64_t scale, int64_t step,
                      size_t n) {
    T *const to = dst;
    const T *const from = src;
    for (size_t i = 0; i < n; i++) {
        T *const at = to + (int64_t)i * step + (index ? index[i] * scale : 0);
        const V x = LOAD(from[i]);
        if (x < LOAD(*at) || IS_NAN(x)) *at = from[i];
    }
}

static void NAME(max)(void *dst, const void *src, const int64_t *index, int64_t scale, int64_t step,
                      size_t n) {
    T *const to = dst;
    const T *const from = src;
    for (size_t i = 0; i < n; i++) {
        T *const at = to + (int64_t)i * step + (index ? index[i] * scale : 0);
        const V x = LOAD(from[i]);
        if (x > LOAD(*at) || IS_NAN(x)) *at = from[i];
    }
}
#endif

#undef NAME
#undef T
#undef V
#undef LOAD
#undef STORE
#undef ORDERED
#undef IS_NAN
