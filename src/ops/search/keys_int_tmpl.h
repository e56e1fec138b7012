/* Template: keys of integers of type T; SIGN is the bit that orders the signs (0: unsigned). */
static void KEYS(uint64_t *keys, const void *src, int64_t stride, size_t n, uint64_t flip,
                 uint64_t nan) {
    const T *const from = src;
    (void)nan;
    for (size_t i = 0; i < n; i++)
        keys[i] = (uint64_t)(int64_t)from[(int64_t)i * stride] ^ SIGN ^ flip;
}
#undef KEYS
#undef T
#undef SIGN
