/* Template: rows of updates put in place, for elements of SIZE bytes; SET is the name. */
static void SET(void *dst, const void *src, const int64_t *index, int64_t scale, int64_t step,
                size_t n) {
    char *const to = dst;
    const char *const from = src;
    if (!index && step == 1) {
        memcpy(to, from, n * SIZE);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const int64_t at = (int64_t)i * step + (index ? index[i] * scale : 0);
        memcpy(to + at * SIZE, from + i * SIZE, SIZE);
    }
}
#undef SET
#undef SIZE
