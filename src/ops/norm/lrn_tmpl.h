/* Local response normalization in one type: define T and NAME(x) first. */

/* n elements of channel `at` of an image, from its element `from` on. */
static void NAME(block)(const job *j, const T *image, T *y, size_t at, size_t from, size_t n) {
    const size_t first = at > j->before ? at - j->before : 0;
    const size_t last = j->channels - at > j->after ? at + j->after + 1 : j->channels;
    T sums[BLOCK] = {0};
    for (size_t c = first; c < last; c++) {
        const T *const x = image + c * j->inner + from;
        for (size_t i = 0; i < n; i++)
            sums[i] += x[i] * x[i];
    }
    const T *const x = image + at * j->inner + from;
    for (size_t i = 0; i < n; i++)
        y[from + i] = (T)((double)x[i] / power(j->bias + j->scale * (double)sums[i], j->beta));
}

static void NAME(planes)(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    (void)lane;
    for (size_t plane = begin; plane < end; plane++) {
        const size_t at = plane % j->channels;
        const T *const image = (const T *)j->x + (plane - at) * j->inner;
        T *const y = (T *)j->y + plane * j->inner;
        for (size_t from = 0; from < j->inner; from += BLOCK)
            NAME(block)(j, image, y, at, from, j->inner - from < BLOCK ? j->inner - from : BLOCK);
    }
}

#undef T
#undef NAME
