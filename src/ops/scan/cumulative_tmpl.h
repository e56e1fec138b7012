/* Template: accumulates columns [first, first + width) of one block along its axis. Included with
 *   ACCUMULATE   the function's name
 *   T            the type
 *   NEUTRAL      0 or 1
 *   COMBINE(a, b)
 * and takes these names back at its end. */
static void ACCUMULATE(const scan *s, size_t block, size_t first, size_t width) {
    const size_t start = block * s->n * s->inner + first;
    const T *const src = (const T *)s->src + start;
    T *const dst = (T *)s->dst + start;
    const int64_t inner = (int64_t)s->inner, step = s->reverse ? -inner : inner;
    int64_t at = s->reverse ? (int64_t)(s->n - 1) * inner : 0;
    for (size_t i = 0; i < width; i++)
        dst[at + (int64_t)i] = s->exclusive ? (T)NEUTRAL : src[at + (int64_t)i];
    for (size_t r = 1; r < s->n; r++) {
        const T *const more = src + (s->exclusive ? at : at + step);
        const T *const before = dst + at;
        at += step;
        for (size_t i = 0; i < width; i++)
            dst[at + (int64_t)i] = (T)COMBINE(before[i], more[i]);
    }
}
#undef ACCUMULATE
#undef T
#undef NEUTRAL
#undef COMBINE
