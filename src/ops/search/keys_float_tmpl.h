/* Template: keys of IEEE floats held in the unsigned type T, INFINITE being the bits of infinity.
 * Positive numbers are ordered as their bits, negative ones the other way round. */
static void KEYS(uint64_t *keys, const void *src, int64_t stride, size_t n, uint64_t flip,
                 uint64_t nan) {
    const uint64_t sign = (uint64_t)1 << (8 * sizeof(T) - 1);
    const T *const from = src;
    for (size_t i = 0; i < n; i++) {
        const uint64_t bits = from[(int64_t)i * stride], size = bits & (sign - 1);
        const uint64_t key = size == 0 || size == bits ? sign + size : sign - size;
        keys[i] = size > INFINITE ? nan : key ^ flip;
    }
}
#undef KEYS
#undef T
#undef INFINITE
