/* See case.h. */
#include "ops/text/case.h"

#include <stddef.h>

typedef struct span {
    uint32_t first, last, step;
    int32_t delta;
} span;

#define UPPER(first, last, step, delta) {(first), (last), (step), (delta)},
#define LOWER(first, last, step, delta)
static const span upper[] = {
#include "ops/text/case.def"
};
#undef UPPER
#undef LOWER

#define UPPER(first, last, step, delta)
#define LOWER(first, last, step, delta) {(first), (last), (step), (delta)},
static const span lower[] = {
#include "ops/text/case.def"
};
#undef UPPER
#undef LOWER

static uint32_t mapped(const span *spans, size_t n, uint32_t c) {
    size_t low = 0, high = n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const span *const s = &spans[middle];
        if (c < s->first)
            high = middle;
        else if (c > s->last)
            low = middle + 1;
        else
            return (c - s->first) % s->step == 0 ? (uint32_t)((int32_t)c + s->delta) : c;
    }
    return c;
}

uint32_t sdx_case_upper(uint32_t c) {
    if (c < 0x80) return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
    return mapped(upper, sizeof upper / sizeof *upper, c);
}

uint32_t sdx_case_lower(uint32_t c) {
    if (c < 0x80) return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
    return mapped(lower, sizeof lower / sizeof *lower, c);
}
