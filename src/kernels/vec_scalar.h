/* vec.h without vectors: one lane of plain C, for any machine and as the plainest reading of each
 * operation. vf_fma rounds twice here. */
#ifndef SDX_KERNELS_VEC_SCALAR_H
#define SDX_KERNELS_VEC_SCALAR_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"

enum { VF_N = 1 };
typedef float vf;
typedef int32_t vi;
typedef bool vm;

SDX_INLINE vf vf_load(const float *p) { return *p; }
SDX_INLINE vf vf_load_n(const float *p, size_t n) { return n ? *p : 0.0f; }
SDX_INLINE void vf_store(float *p, vf v) { *p = v; }
SDX_INLINE void vf_store_n(float *p, vf v, size_t n) {
    if (n) *p = v;
}
SDX_INLINE vf vf_set(float x) { return x; }

SDX_INLINE vi vf_bits(vf v) {
    vi bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}
SDX_INLINE vf vf_from_bits(vi bits) {
    vf v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

SDX_INLINE vf vf_add(vf a, vf b) { return a + b; }
SDX_INLINE vf vf_sub(vf a, vf b) { return a - b; }
SDX_INLINE vf vf_mul(vf a, vf b) { return a * b; }
SDX_INLINE vf vf_div(vf a, vf b) { return a / b; }
SDX_INLINE vf vf_fma(vf a, vf b, vf c) { return a * b + c; }
SDX_INLINE vf vf_fnma(vf a, vf b, vf c) { return c - a * b; }
SDX_INLINE vf vf_min(vf a, vf b) { return a < b ? a : b; }
SDX_INLINE vf vf_max(vf a, vf b) { return a > b ? a : b; }
SDX_INLINE vf vf_sqrt(vf v) { return sqrtf(v); }
SDX_INLINE vf vf_abs(vf v) { return vf_from_bits(vf_bits(v) & INT32_MAX); }
SDX_INLINE vf vf_neg(vf v) { return -v; }

SDX_INLINE vf vf_with_sign(vf v, vf sign) {
    return vf_from_bits((vf_bits(v) & INT32_MAX) | (vf_bits(sign) & INT32_MIN));
}
/* From 2^23 on every float is integral; below, the fraction falls off a sum with that number. */
SDX_INLINE vf vf_round(vf v) {
    const vf big = 0x1p23f;
    const vf size = vf_abs(v);
    return size < big ? vf_with_sign((size + big) - big, v) : v;
}
SDX_INLINE vf vf_trunc(vf v) { return vf_abs(v) < 0x1p23f ? vf_with_sign((vf)(int32_t)v, v) : v; }
SDX_INLINE vf vf_floor(vf v) {
    const vf whole = vf_trunc(v);
    return whole > v ? whole - 1.0f : whole;
}
SDX_INLINE vf vf_ceil(vf v) {
    const vf whole = vf_trunc(v);
    return whole < v ? vf_with_sign(whole + 1.0f, v) : whole;
}

SDX_INLINE vm vf_lt(vf a, vf b) { return a < b; }
SDX_INLINE vm vf_le(vf a, vf b) { return a <= b; }
SDX_INLINE vm vf_eq(vf a, vf b) { return a == b; }
SDX_INLINE vm vf_is_nan(vf v) { return v != v; }
SDX_INLINE vf vf_if(vm m, vf yes, vf no) { return m ? yes : no; }
SDX_INLINE vm vm_first(size_t n) { return n > 0; } /* lanes 0 to n - 1 */
SDX_INLINE void vm_store_u8(uint8_t *p, vm m) { *p = m; }

SDX_INLINE vi vi_set(int32_t x) { return x; }
SDX_INLINE vi vi_load(const int32_t *p) { return *p; }
SDX_INLINE vi vi_load_u8(const uint8_t *p) { return *p; }
SDX_INLINE void vi_store(int32_t *p, vi v) { *p = v; }
SDX_INLINE vi vi_add(vi a, vi b) { return (vi)((uint32_t)a + (uint32_t)b); }
SDX_INLINE vi vi_sub(vi a, vi b) { return (vi)((uint32_t)a - (uint32_t)b); }
/* Each lane: sum + the products of the two int16 halves of a and b, wrapping. */
SDX_INLINE vi vi_dot16(vi sum, vi a, vi b) {
    const int32_t low = (int16_t)a * (int16_t)b;
    const int32_t high = (int16_t)((uint32_t)a >> 16) * (int16_t)((uint32_t)b >> 16);
    return vi_add(sum, vi_add(low, high));
}
SDX_INLINE vi vi_and(vi a, vi b) { return a & b; }
SDX_INLINE vi vi_or(vi a, vi b) { return a | b; }
SDX_INLINE vi vi_shl(vi v, int n) { return (vi)((uint32_t)v << n); }
SDX_INLINE vi vi_shr(vi v, int n) { return (vi)((uint32_t)v >> n); } /* zeros come in */
SDX_INLINE vi vi_if(vm m, vi yes, vi no) { return m ? yes : no; }
SDX_INLINE void vi_store_low16(uint16_t *p, vi v) { *p = (uint16_t)v; }

SDX_INLINE vi vf_to_i(vf v) { return (vi)v; } /* v is integral, within int32 */
SDX_INLINE vf vi_to_f(vi v) { return (vf)v; }

/* v * 2^n for an integral n in [-250, 250], in two exact powers: the first product stays normal
 * where |v| is near 1, so the result is rounded once. A NaN n comes with a NaN v, which stays. */
SDX_INLINE vf vf_scale2(vf v, vf n) {
    const vi whole = n == n ? (vi)n : 0;
    const vi first = whole / 2;
    const vf low = vf_from_bits(vi_shl(first + 127, 23));
    const vf high = vf_from_bits(vi_shl(whole - first + 127, 23));
    return v * low * high;
}

/* 2 VF_N floats: those at even and those at odd places. */
SDX_INLINE void vf_load_split(const float *p, vf *even, vf *odd) {
    *even = p[0];
    *odd = p[1];
}

/* Turns VF_N rows into columns: one is its own. */
SDX_INLINE void vf_transpose(SDX_UNUSED vf v[VF_N]) {}

SDX_INLINE vf vf_load_f16(const uint16_t *p) {
    const uint32_t h = *p;
    const uint32_t sign = (h & 0x8000u) << 16;
    const uint32_t rest = h & 0x7fffu;
    if (rest >= 0x7c00u) {
        const uint32_t quiet = rest > 0x7c00u ? 0x400000u : 0u;
        return vf_from_bits((vi)(sign | 0x7f800000u | (rest & 0x3ffu) << 13 | quiet));
    }
    if (rest < 0x400u) { /* zero and denormals: a multiple of 2^-24 */
        const vf size = (vf)rest * 0x1p-24f;
        return sign ? -size : size;
    }
    return vf_from_bits((vi)(sign | ((rest << 13) + (112u << 23))));
}
SDX_INLINE void vf_store_f16(uint16_t *p, vf v) {
    const uint32_t u = (uint32_t)vf_bits(v);
    const uint32_t sign = u >> 16 & 0x8000u;
    const uint32_t size = u & 0x7fffffffu;
    uint32_t rest;
    if (size > 0x7f800000u) {
        rest = 0x7e00u | (size >> 13 & 0x3ffu);
    } else if (size >= 0x477ff000u) { /* 65520, halfway to the first number beyond the largest */
        rest = 0x7c00u;
    } else if (size < 0x38800000u) { /* below 2^-14: adding 1/2 rounds to a multiple of 2^-24 */
        rest = (uint32_t)vf_bits(vf_abs(v) + 0.5f) - 0x3f000000u;
    } else {
        rest = (size - (112u << 23) + 0xfffu + (size >> 13 & 1u)) >> 13;
    }
    *p = (uint16_t)(sign | rest);
}
SDX_INLINE vf vf_load_bf16(const uint16_t *p) { return vf_from_bits((vi)((uint32_t)*p << 16)); }

#endif
