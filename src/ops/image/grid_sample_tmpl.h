/* One channel of a block of outputs in one type, numbers of `parts` elements: define T and NAME(x)
 * first. */
#include "ops/image/weigh_tmpl.h"

static void NAME(sample)(const job *j, const block *b, size_t from, size_t to, size_t parts) {
    const T *const x = (const T *)j->x->data + from * parts;
    T *const y = (T *)j->y->data + to * parts;
    for (size_t part = 0; part < parts; part++) {
        const sdx_point *points = b->points;
        for (size_t i = 0; i < b->len; i++, points += b->sampler->points) {
            y[i * parts + part] = (T)NAME(weigh)(points, b->n[i], x + part, parts);
        }
    }
}

#undef T
#undef NAME
