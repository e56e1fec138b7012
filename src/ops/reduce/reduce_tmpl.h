/* The loops of one element type. Define first: T (the type), NAME(x), SUM (what results grow in),
 * WIDE (the widest type of T's kind), LOWEST and HIGHEST (the neutral elements of max and min), and
 * NOTHING (the mean of no elements, and what a NaN becomes). */

typedef SUM NAME(join_fn)(SUM a, T x);

static SUM NAME(add)(SUM a, T x) { return a + (SUM)x; }
static SUM NAME(add_abs)(SUM a, T x) { return x <= 0 ? a - (SUM)x : a + (SUM)x; }
static SUM NAME(add_square)(SUM a, T x) { return a + (SUM)x * (SUM)x; }
static SUM NAME(times)(SUM a, T x) { return a * (SUM)x; }
/* Any NaN among the elements is the result. */
static SUM NAME(larger)(SUM a, T x) { return x > (T)a || isnan((double)x) ? (SUM)x : a; }
static SUM NAME(smaller)(SUM a, T x) { return x < (T)a || isnan((double)x) ? (SUM)x : a; }

static T NAME(from_double)(double x) {
    if (isnan(x)) return NOTHING;
    if (x <= (double)LOWEST) return LOWEST;
    return x >= (double)HIGHEST ? HIGHEST : (T)x;
}

static T NAME(finish)(SUM a, size_t n, sdx_reduce_end end) {
    if (end == SDX_REDUCE_PLAIN) return (T)a;
    if (end == SDX_REDUCE_MEAN) return (T)(n == 0 ? NOTHING : (WIDE)a / (WIDE)n);
    const double x = (double)(WIDE)a;
    return NAME(from_double)(end == SDX_REDUCE_SQRT ? sqrt(x) : log(x));
}

/* ---- loops; `join` is a constant at every call */

SDX_INLINE SUM NAME(walk_row)(const T *x, size_t n, SUM start, NAME(join_fn) * join) {
    SUM a = start;
    for (size_t i = 0; i < n; i++) {
        a = join(a, x[i]);
    }
    return a;
}

SDX_INLINE void NAME(walk_columns)(SUM *a, const T *x, size_t width, const sdx_reduce_job *job,
                                   SUM start, NAME(join_fn) * join) {
    for (size_t j = 0; j < width; j++) {
        a[j] = start;
    }
    for (size_t r = 0; r < job->reduced; r++, x += job->inner) {
        for (size_t j = 0; j < width; j++) {
            a[j] = join(a[j], x[j]);
        }
    }
}

/* log(sum of exp(x)) with the largest element taken out, so that nothing overflows. */
static T NAME(log_sum_exp)(const T *x, size_t n) {
    double max = -(double)INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (!((double)x[i] <= max)) max = (double)x[i];
        if (isnan(max)) return NOTHING;
    }
    if (isinf(max)) return NAME(from_double)(max);
    for (size_t i = 0; i < n; i++) {
        sum += exp((double)x[i] - max);
    }
    return NAME(from_double)(max + log(sum));
}

/* ---- by reduction */

static SUM NAME(row)(const T *x, size_t n, sdx_reduction reduction) {
    switch (reduction) {
    case SDX_REDUCE_SUM: return NAME(walk_row)(x, n, 0, NAME(add));
    case SDX_REDUCE_SUM_ABS: return NAME(walk_row)(x, n, 0, NAME(add_abs));
    case SDX_REDUCE_SUM_SQUARE: return NAME(walk_row)(x, n, 0, NAME(add_square));
    case SDX_REDUCE_PROD: return NAME(walk_row)(x, n, 1, NAME(times));
    case SDX_REDUCE_MAX: return NAME(walk_row)(x, n, (SUM)LOWEST, NAME(larger));
    case SDX_REDUCE_MIN: return NAME(walk_row)(x, n, (SUM)HIGHEST, NAME(smaller));
    default: return (SUM)NAME(log_sum_exp)(x, n);
    }
}

static void NAME(tile)(SUM *a, const T *x, size_t n, const sdx_reduce_job *job) {
    switch (job->reduction) {
    case SDX_REDUCE_SUM: NAME(walk_columns)(a, x, n, job, 0, NAME(add)); break;
    case SDX_REDUCE_SUM_ABS: NAME(walk_columns)(a, x, n, job, 0, NAME(add_abs)); break;
    case SDX_REDUCE_SUM_SQUARE: NAME(walk_columns)(a, x, n, job, 0, NAME(add_square)); break;
    case SDX_REDUCE_PROD: NAME(walk_columns)(a, x, n, job, 1, NAME(times)); break;
    case SDX_REDUCE_MAX: NAME(walk_columns)(a, x, n, job, (SUM)LOWEST, NAME(larger)); break;
    default: NAME(walk_columns)(a, x, n, job, (SUM)HIGHEST, NAME(smaller)); break;
    }
}

static void NAME(rows)(const sdx_reduce_job *job, size_t begin, size_t end) {
    T *const y = job->y;
    const T *const x = job->x;
    for (size_t i = begin; i < end; i++) {
        const SUM a = NAME(row)(x + i * job->reduced, job->reduced, job->reduction);
        y[i] = NAME(finish)(a, job->reduced, job->end);
    }
}

static void NAME(columns)(const sdx_reduce_job *job, size_t begin, size_t end) {
    SUM a[SDX_REDUCE_COLUMNS];
    for (size_t i = begin; i < end; i++) {
        const sdx_reduce_tile tile = sdx_reduce_tile_at(job, i);
        T *const y = (T *)job->y + tile.y;
        NAME(tile)(a, (const T *)job->x + tile.x, tile.width, job);
        for (size_t j = 0; j < tile.width; j++) {
            y[j] = NAME(finish)(a[j], job->reduced, job->end);
        }
    }
}

#undef T
#undef NAME
#undef LOWEST
#undef HIGHEST
