/* vec.h for NEON (AArch64): 4 lanes, truth values as lanes of ones or zeros. */
#ifndef SDX_KERNELS_VEC_NEON_H
#define SDX_KERNELS_VEC_NEON_H

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"

enum { VF_N = 4 };
typedef float32x4_t vf;
typedef int32x4_t vi;
typedef uint32x4_t vm;

SDX_INLINE vf vf_load(const float *p) { return vld1q_f32(p); }
SDX_INLINE vf vf_load_n(const float *p, size_t n) {
    float t[VF_N] = {0};
    memcpy(t, p, n * sizeof *p);
    return vld1q_f32(t);
}
SDX_INLINE void vf_store(float *p, vf v) { vst1q_f32(p, v); }
SDX_INLINE void vf_store_n(float *p, vf v, size_t n) {
    float t[VF_N];
    vst1q_f32(t, v);
    memcpy(p, t, n * sizeof *p);
}
SDX_INLINE vf vf_set(float x) { return vdupq_n_f32(x); }

SDX_INLINE vf vf_if(vm m, vf yes, vf no) { return vbslq_f32(m, yes, no); }
SDX_INLINE vm vm_first(size_t n) { /* lanes 0 to n - 1 */
    static const uint32_t lane[VF_N] = {0, 1, 2, 3};
    return vcltq_u32(vld1q_u32(lane), vdupq_n_u32((uint32_t)n));
}
SDX_INLINE vm vf_lt(vf a, vf b) { return vcltq_f32(a, b); }
SDX_INLINE vm vf_le(vf a, vf b) { return vcleq_f32(a, b); }
SDX_INLINE vm vf_eq(vf a, vf b) { return vceqq_f32(a, b); }
SDX_INLINE vm vf_is_nan(vf v) { return vmvnq_u32(vceqq_f32(v, v)); }
SDX_INLINE void vm_store_u8(uint8_t *p, vm m) {
    const uint16x4_t half = vand_u16(vmovn_u32(m), vdup_n_u16(1));
    const uint8x8_t bytes = vmovn_u16(vcombine_u16(half, half));
    uint8_t t[8];
    vst1_u8(t, bytes);
    memcpy(p, t, VF_N);
}

SDX_INLINE vf vf_add(vf a, vf b) { return vaddq_f32(a, b); }
SDX_INLINE vf vf_sub(vf a, vf b) { return vsubq_f32(a, b); }
SDX_INLINE vf vf_mul(vf a, vf b) { return vmulq_f32(a, b); }
SDX_INLINE vf vf_div(vf a, vf b) { return vdivq_f32(a, b); }
SDX_INLINE vf vf_fma(vf a, vf b, vf c) { return vfmaq_f32(c, a, b); }
SDX_INLINE vf vf_fnma(vf a, vf b, vf c) { return vfmsq_f32(c, a, b); }
SDX_INLINE vf vf_min(vf a, vf b) { return vf_if(vf_lt(a, b), a, b); }
SDX_INLINE vf vf_max(vf a, vf b) { return vf_if(vf_lt(b, a), a, b); }
SDX_INLINE vf vf_sqrt(vf v) { return vsqrtq_f32(v); }
SDX_INLINE vf vf_abs(vf v) { return vabsq_f32(v); }
SDX_INLINE vf vf_neg(vf v) { return vnegq_f32(v); }
SDX_INLINE vf vf_round(vf v) { return vrndnq_f32(v); }
SDX_INLINE vf vf_floor(vf v) { return vrndmq_f32(v); }
SDX_INLINE vf vf_ceil(vf v) { return vrndpq_f32(v); }
SDX_INLINE vf vf_trunc(vf v) { return vrndq_f32(v); }

SDX_INLINE vi vi_set(int32_t x) { return vdupq_n_s32(x); }
SDX_INLINE vi vi_load(const int32_t *p) { return vld1q_s32(p); }
SDX_INLINE vi vi_load_u8(const uint8_t *p) {
    uint32_t bytes;
    memcpy(&bytes, p, sizeof bytes);
    const uint16x8_t wide = vmovl_u8(vcreate_u8(bytes));
    return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(wide)));
}
SDX_INLINE void vi_store(int32_t *p, vi v) { vst1q_s32(p, v); }
SDX_INLINE vi vi_add(vi a, vi b) { return vaddq_s32(a, b); }
SDX_INLINE vi vi_sub(vi a, vi b) { return vsubq_s32(a, b); }
#if defined(__ARM_FEATURE_DOTPROD)
/* Each lane: sum + the products of the four bytes, both signed, wrapping. */
#define VI_DOT8_BIAS_SIGNED 0
#define VI_DOT8_BIAS_UNSIGNED (-128) /* added to bytes of a that are unsigned, to make them fit */
SDX_INLINE vi vi_dot8(vi sum, vi a, vi b) {
    return vdotq_s32(sum, vreinterpretq_s8_s32(a), vreinterpretq_s8_s32(b));
}
#endif
/* Each lane: sum + the products of the two int16 halves of a and b, wrapping. */
SDX_INLINE vi vi_dot16(vi sum, vi a, vi b) {
    const int16x8_t x = vreinterpretq_s16_s32(a);
    const int16x8_t y = vreinterpretq_s16_s32(b);
    const int32x4_t low = vmull_s16(vget_low_s16(x), vget_low_s16(y));
    return vaddq_s32(sum, vpaddq_s32(low, vmull_high_s16(x, y)));
}
SDX_INLINE vi vi_and(vi a, vi b) { return vandq_s32(a, b); }
SDX_INLINE vi vi_or(vi a, vi b) { return vorrq_s32(a, b); }
SDX_INLINE vi vi_shl(vi v, int n) { return vshlq_s32(v, vdupq_n_s32(n)); }
SDX_INLINE vi vi_shr(vi v, int n) { /* zeros come in */
    return vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(v), vdupq_n_s32(-n)));
}
SDX_INLINE vi vi_if(vm m, vi yes, vi no) { return vbslq_s32(m, yes, no); }
SDX_INLINE void vi_store_low16(uint16_t *p, vi v) {
    vst1_u16(p, vmovn_u32(vreinterpretq_u32_s32(v)));
}

SDX_INLINE vi vf_bits(vf v) { return vreinterpretq_s32_f32(v); }
SDX_INLINE vf vf_from_bits(vi v) { return vreinterpretq_f32_s32(v); }
SDX_INLINE vi vf_to_i(vf v) { return vcvtnq_s32_f32(v); } /* v is integral, within int32 */
SDX_INLINE vf vi_to_f(vi v) { return vcvtq_f32_s32(v); }

/* v * 2^n for an integral n in [-250, 250], in two exact powers: the first product stays normal
 * where |v| is near 1, so the result is rounded once. */
SDX_INLINE vf vf_scale2(vf v, vf n) {
    const vi whole = vf_to_i(n);
    const vi first = vshrq_n_s32(whole, 1);
    const vi second = vi_sub(whole, first);
    const vf low = vf_from_bits(vi_shl(vi_add(first, vi_set(127)), 23));
    const vf high = vf_from_bits(vi_shl(vi_add(second, vi_set(127)), 23));
    return vf_mul(vf_mul(v, low), high);
}

/* 2 VF_N floats: those at even and those at odd places. */
SDX_INLINE void vf_load_split(const float *p, vf *even, vf *odd) {
    const float32x4x2_t both = vld2q_f32(p);
    *even = both.val[0];
    *odd = both.val[1];
}

/* Turns VF_N rows into columns. Afterwards lane i of v[j] is what lane j of v[i] was. */
SDX_INLINE void vf_transpose(vf v[VF_N]) {
    const vf even_low = vzip1q_f32(v[0], v[2]), even_high = vzip2q_f32(v[0], v[2]);
    const vf odd_low = vzip1q_f32(v[1], v[3]), odd_high = vzip2q_f32(v[1], v[3]);
    v[0] = vzip1q_f32(even_low, odd_low);
    v[1] = vzip2q_f32(even_low, odd_low);
    v[2] = vzip1q_f32(even_high, odd_high);
    v[3] = vzip2q_f32(even_high, odd_high);
}

SDX_INLINE vf vf_load_f16(const uint16_t *p) {
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)));
}
SDX_INLINE void vf_store_f16(uint16_t *p, vf v) {
    vst1_u16(p, vreinterpret_u16_f16(vcvt_f16_f32(v)));
}
SDX_INLINE vf vf_load_bf16(const uint16_t *p) {
    return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p), 16));
}

#endif
