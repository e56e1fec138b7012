/* Template: rows of updates combined with elements of one type. Included with
 *   NAME(x)       the name of function x for this type
 *   T             the type in memory
 *   V             the type that sums and products are computed in
 *   LOAD, STORE   from T to V and back
 *   NUMBER(x)     a T as something to compare; not defined for types without order
 *   IS_NAN(x)     of such a number
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

#ifdef NUMBER
/* A NaN on either side stays, as with NumPy's minimum and maximum. */
static void NAME(min)(void *dst, const void *src, const int64_t *index, int64_t scale, int64_t step,
                      size_t n) {
    T *const to = dst;
    const T *const from = src;
    for (size_t i = 0; i < n; i++) {
        T *const at = to + (int64_t)i * step + (index ? index[i] * scale : 0);
        if (NUMBER(from[i]) < NUMBER(*at) || IS_NAN(NUMBER(from[i]))) *at = from[i];
    }
}

static void NAME(max)(void *dst, const void *src, const int64_t *index, int64_t scale, int64_t step,
                      size_t n) {
    T *const to = dst;
    const T *const from = src;
    for (size_t i = 0; i < n; i++) {
        T *const at = to + (int64_t)i * step + (index ? index[i] * scale : 0);
        if (NUMBER(from[i]) > NUMBER(*at) || IS_NAN(NUMBER(from[i]))) *at = from[i];
    }
}
#endif

#undef NAME
#undef T
#undef V
#undef LOAD
#undef STORE
#undef NUMBER
#undef IS_NAN
