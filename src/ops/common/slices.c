/* See slices.h. Slices of a usual element size go through take, longer and misaligned ones through
 * memcpy. */
#include "ops/common/slices.h"

#include <string.h>

#include "ops/common/take.h"

typedef struct copy {
    const sdx_slices *s;
    sdx_take_fn *take; /* NULL: memcpy */
} copy;

/* Slices of one batch, from number `first` of it on. */
static void copy_some(const copy *c, size_t batch, size_t first, size_t n) {
    const sdx_slices *const s = c->s;
    char *const dst = (char *)s->dst + (batch * s->n + first) * s->size;
    const char *const src = (const char *)s->src + batch * s->batch * s->size;
    const int64_t *const index = s->index + (s->own_index ? batch * s->n : 0) + first;
    if (c->take) {
        c->take(dst, src, index, 1, 0, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        memcpy(dst + i * s->size, src + (size_t)index[i] * s->size, s->size);
}

/* Items: all slices of the destination. */
static void copy_items(void *arg, size_t begin, size_t end, unsigned lane) {
    const copy *const c = arg;
    (void)lane;
    for (size_t item = begin, n; item < end; item += n) {
        const size_t first = item % c->s->n, rest = c->s->n - first;
        n = end - item < rest ? end - item : rest;
        copy_some(c, item / c->s->n, first, n);
    }
}

void sdx_slices_copy(const sdx_call *call, const sdx_slices *s) {
    if (s->size == 0) return;
    copy c = {.s = s};
    /* A constant may lie anywhere in its file: memcpy does not mind. */
    if ((uintptr_t)s->src % s->size == 0) c.take = sdx_take_of(s->size);
    sdx_call_for(call, s->batches * s->n, sdx_grain(s->size / 4 + 1), copy_items, &c);
}
