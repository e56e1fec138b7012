/* Vectors of a fixed length: one name per operation, one implementation per instruction set.
 * Kernels are written over this and know nothing else of the machine.
 *
 * vf  VF_N floats     vi  VF_N int32     vm  VF_N truth values
 *
 * A tail is a partial vector (vf_load_n, vf_store_n: n < VF_N, lanes beyond n are 0 and not
 * stored), so that every element sees the same operations at any length and offset. vf_fma rounds
 * once, but in the scalar set, which multiplies and adds: each set has its own bits.
 *
 * NaN: vf_min and vf_max give their second operand when the comparison is unordered, so a constant
 * that comes first lets NaN through; vf_min_nan and vf_max_nan give NaN when either is. Comparisons
 * with NaN are false. */
#ifndef SDX_KERNELS_VEC_H
#define SDX_KERNELS_VEC_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"

#if defined(__AVX512F__)
#include "kernels/vec_avx512.h"
#elif defined(__AVX2__)
#include "kernels/vec_avx2.h"
#elif defined(__ARM_NEON) && !defined(SDX_SET_SCALAR)
#include "kernels/vec_neon.h"
#else
#include "kernels/vec_scalar.h"
#endif

/* What follows is the same for every set, over the operations above. */

SDX_INLINE vf vf_max_nan(vf a, vf b) { return vf_if(vf_is_nan(a), a, vf_max(a, b)); }
SDX_INLINE vf vf_min_nan(vf a, vf b) { return vf_if(vf_is_nan(a), a, vf_min(a, b)); }

/* Partial rows of 16-bit elements and of truth bytes go through a full vector on the stack. */
SDX_INLINE vf vf_load_f16_n(const uint16_t *p, size_t n) {
    uint16_t t[VF_N] = {0};
    memcpy(t, p, n * sizeof *p);
    return vf_load_f16(t);
}
SDX_INLINE vf vf_load_bf16_n(const uint16_t *p, size_t n) {
    uint16_t t[VF_N] = {0};
    memcpy(t, p, n * sizeof *p);
    return vf_load_bf16(t);
}
SDX_INLINE void vf_store_f16_n(uint16_t *p, vf v, size_t n) {
    uint16_t t[VF_N];
    vf_store_f16(t, v);
    memcpy(p, t, n * sizeof *p);
}
/* Rounds to nearest even; a NaN keeps its upper bits and becomes quiet. */
SDX_INLINE vi vf_bf16_bits(vf v) {
    const vi u = vf_bits(v);
    const vi odd = vi_and(vi_shr(u, 16), vi_set(1));
    const vi rounded = vi_shr(vi_add(u, vi_add(odd, vi_set(0x7fff))), 16);
    return vi_if(vf_is_nan(v), vi_or(vi_shr(u, 16), vi_set(0x40)), rounded);
}
SDX_INLINE void vf_store_bf16(uint16_t *p, vf v) { vi_store_low16(p, vf_bf16_bits(v)); }
SDX_INLINE void vf_store_bf16_n(uint16_t *p, vf v, size_t n) {
    uint16_t t[VF_N];
    vf_store_bf16(t, v);
    memcpy(p, t, n * sizeof *p);
}
SDX_INLINE void vm_store_u8_n(uint8_t *p, vm m, size_t n) {
    uint8_t t[VF_N];
    vm_store_u8(t, m);
    memcpy(p, t, n);
}

/* Horizontal reductions, always by halves: lane i with lane i + N/2, then N/4, ... */
SDX_INLINE float vf_first(vf v) {
    float t[VF_N];
    vf_store(t, v);
    return t[0];
}
SDX_INLINE float vf_sum(vf v) {
    float t[VF_N];
    vf_store(t, v);
    for (size_t half = VF_N / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            t[i] += t[i + half];
    return t[0];
}
SDX_INLINE float vf_prod(vf v) {
    float t[VF_N];
    vf_store(t, v);
    for (size_t half = VF_N / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            t[i] *= t[i + half];
    return t[0];
}
/* NaN if any lane is. */
SDX_INLINE float vf_max_lane(vf v) {
    float t[VF_N];
    vf_store(t, v);
    for (size_t half = VF_N / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            t[i] = t[i] > t[i + half] || t[i] != t[i] ? t[i] : t[i + half];
    return t[0];
}
SDX_INLINE float vf_min_lane(vf v) {
    float t[VF_N];
    vf_store(t, v);
    for (size_t half = VF_N / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            t[i] = t[i] < t[i + half] || t[i] != t[i] ? t[i] : t[i + half];
    return t[0];
}

#endif
