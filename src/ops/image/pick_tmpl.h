/* A line of outputs picked from a line of inputs, for elements of one size: define T and NAME(x).
 */
static void NAME(pick)(void *to, const void *from, const ptrdiff_t *map, size_t n,
                       const void *other) {
    T *const dst = to;
    const T *const src = from, *const fill = other;
    for (size_t i = 0; i < n; i++)
        dst[i] = map[i] >= 0 ? src[map[i]] : *fill;
}

#undef T
#undef NAME
