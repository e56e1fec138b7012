/* Template: takes elements of SIZE bytes; TAKE is the name of the function. */
static void TAKE(void *dst, const void *src, const int64_t *index, int64_t scale, int64_t step,
                 size_t n) {
    char *const to = dst;
    const char *const from = src;
    for (size_t i = 0; i < n; i++)
        memcpy(to + i * SIZE, from + (index[i] * scale + (int64_t)i * step) * SIZE, SIZE);
}
#undef TAKE
#undef SIZE
