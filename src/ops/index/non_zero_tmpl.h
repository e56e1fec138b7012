/* Template: marks elements of the unsigned type T that have one of these bits. */
static void MARK(uint8_t *marks, const void *src, size_t begin, size_t end, uint64_t bits) {
    const T *const x = src;
    const T mask = (T)bits;
    for (size_t i = begin; i < end; i++)
        marks[i] = (x[i] & mask) != 0;
}
#undef MARK
#undef T
