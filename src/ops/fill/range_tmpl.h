/* Template: a run of a range of type T, computed in V. */
static void RANGE(void *arg, size_t begin, size_t end, unsigned lane) {
    const range *const r = arg;
    const V start = (V) * (const T *)r->start, delta = (V) * (const T *)r->delta;
    T *const dst = r->dst;
    (void)lane;
    for (size_t i = begin; i < end; i++)
        dst[i] = (T)(start + (V)i * delta);
}
#undef RANGE
#undef T
#undef V
