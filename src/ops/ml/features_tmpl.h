/* Elements of type T as type TO. */
static void READ(const void *data, size_t begin, size_t n, TO *out) {
    const T *const x = (const T *)data + begin;
    for (size_t i = 0; i < n; i++) {
        out[i] = (TO)x[i];
    }
}

#undef T
#undef TO
#undef READ
