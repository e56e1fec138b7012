/* Y = alpha * Y + beta * C for one type: define T, NAME(x) and FACTOR (the type that
 * factors pass through on their way to T) first. Integers wrap. */

static void NAME(combine)(const combine_job *job) {
    T *const y = job->y;
    const T *const c = job->c;
    const T alpha = (T)(FACTOR)job->alpha, beta = (T)(FACTOR)job->beta;
    for (size_t i = 0; i < job->m; i++) {
        T *const row = y + i * job->n;
        for (size_t j = 0; j < job->n; j++) {
            row[j] *= alpha;
        }
        if (c == NULL) continue;
        const T *const from = c + i * job->c_row;
        for (size_t j = 0; j < job->n; j++) {
            row[j] += beta * from[j * job->c_col];
        }
    }
}

#undef T
#undef NAME
#undef FACTOR
