/* Batch normalization in one type: define T and NAME(x) first. */

/* Mean and population variance of one channel, summed in float64. */
static void NAME(moments)(const batch_norm *b, const void *data, size_t channel, double *mean,
                          double *variance) {
    const T *const x = (const T *)data + channel * b->inner;
    const double count = (double)b->images * (double)b->inner;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < b->images; i++) {
        const T *const plane = x + i * b->channels * b->inner;
        for (size_t j = 0; j < b->inner; j++)
            sum += (double)plane[j];
    }
    *mean = sum / count;
    for (size_t i = 0; i < b->images; i++) {
        const T *const plane = x + i * b->channels * b->inner;
        for (size_t j = 0; j < b->inner; j++) {
            const double apart = (double)plane[j] - *mean;
            squares += apart * apart;
        }
    }
    *variance = squares / count;
}

static void NAME(planes)(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const size_t inner = j->norm->inner, channels = j->norm->channels;
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        const T factor = (T)j->factor[i % channels], term = (T)j->term[i % channels];
        const T *const x = (const T *)j->x + i * inner;
        T *const y = (T *)j->y + i * inner;
        for (size_t e = 0; e < inner; e++)
            y[e] = x[e] * factor + term;
    }
}

#undef T
#undef NAME
