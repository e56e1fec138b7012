/* 1 where x is greater than the threshold, else 0; of type T, compared as float64. */
static void NAME(const void *from, void *to, size_t n, double threshold) {
    const T *const x = from;
    T *const y = to;
    for (size_t i = 0; i < n; i++) {
        y[i] = (T)((double)x[i] > threshold);
    }
}

#undef T
#undef NAME
