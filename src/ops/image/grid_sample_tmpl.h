/* One channel of a block of outputs in one type, numbers of `parts` elements: define T and NAME(x)
 * first. */
static void NAME(sample)(const job *j, const block *b, size_t from, size_t to, size_t parts) {
    const T *const x = (const T *)j->x->data + from * parts;
    T *const y = (T *)j->y->data + to * parts;
    for (size_t part = 0; part < parts; part++) {
        const sdx_point *points = b->points;
        for (size_t i = 0; i < b->len; i++, points += b->sampler->points) {
            double sum = 0;
            for (size_t k = 0; k < b->n[i]; k++) {
                sum += points[k].weight * (double)x[points[k].offset * parts + part];
            }
            y[i * parts + part] = (T)sum;
        }
    }
}

#undef T
#undef NAME
