/* A map applied again and again: chains of multiply-adds, enough of them side by side that none
 * waits for another. What an instruction set gives at most is measured with it. */
#include "kernels/set.h"

enum {
    CHAINS = 12
}; /* in registers: more than latency times throughput of any set's multiply-add,
      and two constants still fit beside them in 16 */

SDX_INLINE void iterate_whole(float *y, const float *x, vf a, vf b, size_t rounds) {
    vf v[CHAINS];
    SDX_UNROLL(12)
    for (size_t i = 0; i < CHAINS; i++)
        v[i] = vf_load(x + i * VF_N);
    for (size_t round = 0; round < rounds; round++) {
        SDX_UNROLL(12)
        for (size_t i = 0; i < CHAINS; i++)
            v[i] = vf_fma(v[i], a, b);
    }
    SDX_UNROLL(12)
    for (size_t i = 0; i < CHAINS; i++)
        vf_store(y + i * VF_N, v[i]);
}

SDX_INLINE vf iterate_one(vf v, vf a, vf b, size_t rounds) {
    for (size_t round = 0; round < rounds; round++)
        v = vf_fma(v, a, b);
    return v;
}

void SDX_KERNEL(iterate_f32)(float *y, const float *x, size_t n, float a, float b, size_t rounds) {
    const vf va = vf_set(a);
    const vf vb = vf_set(b);
    size_t i = 0;
    for (; n - i >= CHAINS * VF_N; i += CHAINS * VF_N)
        iterate_whole(y + i, x + i, va, vb, rounds);
    for (; n - i >= VF_N; i += VF_N)
        vf_store(y + i, iterate_one(vf_load(x + i), va, vb, rounds));
    if (i < n) vf_store_n(y + i, iterate_one(vf_load_n(x + i, n - i), va, vb, rounds), n - i);
}
