/* Elements of type T that equal one value become another, that of their column; a value that is NaN
 * equals NaN. */
static void NAME(const void *from, void *to, size_t begin, size_t n, const imputation *how) {
    const T *const x = (const T *)from + begin;
    T *const y = (T *)to + begin;
    const bool nan = isnan((double)how->REPLACED);
    size_t column = how->n == 1 ? 0 : begin % how->n;
    for (size_t i = 0; i < n; i++) {
        const bool missing = nan ? isnan((double)x[i]) : x[i] == how->REPLACED;
        y[i] = missing ? (T)how->IMPUTED[column] : x[i];
        if (++column == how->n) column = 0;
    }
}

#undef T
#undef NAME
#undef REPLACED
#undef IMPUTED
