/* Template for indices of type T (int32_t, int64_t): NAME(check), NAME(resolve).
 *
 * x is in [-dim, dim) just when neither x + dim nor dim - 1 - x is negative. Neither wraps into the
 * wrong sign, since 0 <= dim < 2^62. */

/* The sign bit is set where some index is out of bounds. */
static uint64_t NAME(check)(const T *x, size_t n, uint64_t dim) {
    uint64_t bad = 0;
    for (size_t i = 0; i < n; i++)
        bad |= ((uint64_t)(int64_t)x[i] + dim) | (dim - 1 - (uint64_t)(int64_t)x[i]);
    return bad;
}

static void NAME(resolve)(int64_t *out, const T *x, size_t n, uint64_t dim) {
    for (size_t i = 0; i < n; i++) {
        const uint64_t from = (uint64_t)(int64_t)x[i];
        out[i] = (int64_t)(from + ((0 - (from >> 63)) & dim));
    }
}

#undef T
#undef NAME
