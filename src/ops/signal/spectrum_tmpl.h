/* Template: rows of type T into pairs of double and back. */
static void LOAD(double *row, const sdx_spectrum *s, const void *src, const void *window) {
    const sdx_samples *const from = &s->src;
    const T *const x = src, *const factors = window;
    for (size_t i = 0; i < from->count; i++) {
        const double factor = factors ? (double)factors[i] : 1.0;
        row[2 * i] = (double)x[i * from->step] * factor;
        row[2 * i + 1] = from->parts == 2 ? (double)x[i * from->step + 1] * factor : 0.0;
    }
}

static void STORE(void *dst, const sdx_spectrum *s, const double *row, double scale) {
    const sdx_samples *const to = &s->dst;
    T *const y = dst;
    for (size_t i = 0; i < to->count; i++) {
        y[i * to->step] = (T)(row[2 * i] * scale);
        if (to->parts == 2) y[i * to->step + 1] = (T)(row[2 * i + 1] * scale);
    }
}
#undef LOAD
#undef STORE
#undef T
