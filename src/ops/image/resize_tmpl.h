/* One pass of an interpolating resize, along one axis: define T and NAME(x) first. */
static void NAME(lines)(void *arg, size_t begin, size_t end, unsigned lane) {
    const pass *const p = arg;
    const size_t inner = p->inner, out = p->axis->out;
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        const T *const x = (const T *)p->x + i / out * p->axis->in * inner;
        T *const y = (T *)p->y + i * inner;
        const size_t *const inputs = p->inputs + i % out * p->taps;
        const double *const weights = p->weights + i % out * p->taps;
        const T start = p->outside[i % out] ? (T)p->extrapolation : 0;
        for (size_t j = 0; j < inner; j++)
            y[j] = start;
        for (size_t k = 0; k < p->taps; k++) {
            const T weight = (T)weights[k];
            const T *const line = x + inputs[k] * inner;
            if (weight == 0) continue;
            for (size_t j = 0; j < inner; j++)
                y[j] += weight * line[j];
        }
    }
}

#undef T
#undef NAME
