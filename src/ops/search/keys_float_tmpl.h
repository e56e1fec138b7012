/* Template: keys of IEEE floats held in the unsigned type T, INFINITE being the bits of infinity.
 * Positive numbers are ordered as their bits, negative ones the other way round. Without branches:
 * signs are as good as random. */
static void KEYS(uint64_t *keys, const void *src, int64_t stride, size_t n, uint64_t flip,
                 uint64_t nan) {
    const unsigned sign_bit = 8 * sizeof(T) - 1;
    const uint64_t sign = (uint64_t)1 << sign_bit;
    const T *const from = src;
    for (size_t i = 0; i < n; i++) {
        const uint64_t bits = from[(int64_t)i * stride], size = bits & (sign - 1);
        const uint64_t negative = 0 - (bits >> sign_bit);
        const uint64_t is_nan = 0 - ((INFINITE - size) >> 63);
        const uint64_t key = sign + ((size ^ negative) - negative);
        keys[i] = ((key ^ flip) & ~is_nan) | (nan & is_nan);
    }
}
#undef KEYS
#undef T
#undef INFINITE
