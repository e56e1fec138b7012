/* The loop of all unary maps: f for each whole vector, then once for the rest. f is a constant at
 * every call, so the compiler puts it in place of the pointer. */
#ifndef SDX_KERNELS_UNARY_H
#define SDX_KERNELS_UNARY_H

#include "kernels/set.h"

typedef vf unary_map(vf x, vf p0, vf p1);

SDX_INLINE void unary(float *y, const float *x, size_t n, float p0, float p1, unary_map *f) {
    const vf v0 = vf_set(p0);
    const vf v1 = vf_set(p1);
    size_t i = 0;
    for (; n - i >= VF_N; i += VF_N)
        vf_store(y + i, f(vf_load(x + i), v0, v1));
    if (i < n) vf_store_n(y + i, f(vf_load_n(x + i, n - i), v0, v1), n - i);
}

#endif
