/* Elements of type T as float64. */
static void READ(const void *data, size_t begin, size_t n, double *out) {
    const T *const x = (const T *)data + begin;
    for (size_t i = 0; i < n; i++) {
        out[i] = (double)x[i];
    }
}

#undef T
#undef READ
