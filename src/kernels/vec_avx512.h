/* vec.h for AVX-512 (F, BW, DQ, VL): 16 lanes, truth values in mask registers. */
#ifndef SDX_KERNELS_VEC_AVX512_H
#define SDX_KERNELS_VEC_AVX512_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

enum { VF_N = 16 };
typedef __m512 vf;
typedef __m512i vi;
typedef __mmask16 vm;

#define VF_EXACT (_MM_FROUND_NO_EXC)

SDX_INLINE __mmask16 vf_lanes(size_t n) { return (__mmask16)((1u << n) - 1u); }

SDX_INLINE vf vf_load(const float *p) { return _mm512_loadu_ps(p); }
SDX_INLINE vf vf_load_n(const float *p, size_t n) { return _mm512_maskz_loadu_ps(vf_lanes(n), p); }
SDX_INLINE void vf_store(float *p, vf v) { _mm512_storeu_ps(p, v); }
SDX_INLINE void vf_store_n(float *p, vf v, size_t n) { _mm512_mask_storeu_ps(p, vf_lanes(n), v); }
SDX_INLINE vf vf_set(float x) { return _mm512_set1_ps(x); }

SDX_INLINE vf vf_add(vf a, vf b) { return _mm512_add_ps(a, b); }
SDX_INLINE vf vf_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
SDX_INLINE vf vf_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
SDX_INLINE vf vf_div(vf a, vf b) { return _mm512_div_ps(a, b); }
SDX_INLINE vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
SDX_INLINE vf vf_fnma(vf a, vf b, vf c) { return _mm512_fnmadd_ps(a, b, c); }
SDX_INLINE vf vf_min(vf a, vf b) { return _mm512_min_ps(a, b); }
SDX_INLINE vf vf_max(vf a, vf b) { return _mm512_max_ps(a, b); }
SDX_INLINE vf vf_sqrt(vf v) { return _mm512_sqrt_ps(v); }
SDX_INLINE vf vf_abs(vf v) { return _mm512_abs_ps(v); }
SDX_INLINE vf vf_neg(vf v) { return _mm512_xor_ps(v, _mm512_set1_ps(-0.0f)); }
SDX_INLINE vf vf_round(vf v) {
    return _mm512_roundscale_ps(v, _MM_FROUND_TO_NEAREST_INT | VF_EXACT);
}
SDX_INLINE vf vf_floor(vf v) { return _mm512_roundscale_ps(v, _MM_FROUND_TO_NEG_INF | VF_EXACT); }
SDX_INLINE vf vf_ceil(vf v) { return _mm512_roundscale_ps(v, _MM_FROUND_TO_POS_INF | VF_EXACT); }
SDX_INLINE vf vf_trunc(vf v) { return _mm512_roundscale_ps(v, _MM_FROUND_TO_ZERO | VF_EXACT); }
/* v * 2^n for an integral n, rounded once, denormal results included. */
SDX_INLINE vf vf_scale2(vf v, vf n) { return _mm512_scalef_ps(v, n); }

SDX_INLINE vm vf_lt(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
SDX_INLINE vm vf_le(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
SDX_INLINE vm vf_eq(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
SDX_INLINE vm vf_is_nan(vf v) { return _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q); }
SDX_INLINE vf vf_if(vm m, vf yes, vf no) { return _mm512_mask_blend_ps(m, no, yes); }
SDX_INLINE vm vm_first(size_t n) { return vf_lanes(n); } /* lanes 0 to n - 1 */
SDX_INLINE void vm_store_u8(uint8_t *p, vm m) {
    _mm_storeu_si128((__m128i *)(void *)p, _mm_maskz_set1_epi8(m, 1));
}

SDX_INLINE vi vi_set(int32_t x) { return _mm512_set1_epi32(x); }
SDX_INLINE vi vi_load(const int32_t *p) { return _mm512_loadu_si512(p); }
SDX_INLINE vi vi_load_u8(const uint8_t *p) {
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
}
SDX_INLINE void vi_store(int32_t *p, vi v) { _mm512_storeu_si512(p, v); }
SDX_INLINE vi vi_add(vi a, vi b) { return _mm512_add_epi32(a, b); }
SDX_INLINE vi vi_sub(vi a, vi b) { return _mm512_sub_epi32(a, b); }
#if defined(__AVX512VNNI__)
/* Each lane: sum + the products of the four bytes, of a unsigned and of b signed, wrapping. */
#define VI_DOT8_BIAS_SIGNED 128 /* added to bytes of a that are signed, to make them fit */
#define VI_DOT8_BIAS_UNSIGNED 0
SDX_INLINE vi vi_dot8(vi sum, vi a, vi b) { return _mm512_dpbusd_epi32(sum, a, b); }
#endif
/* Each lane: sum + the products of the two int16 halves of a and b, wrapping. */
SDX_INLINE vi vi_dot16(vi sum, vi a, vi b) {
    return _mm512_add_epi32(sum, _mm512_madd_epi16(a, b));
}
SDX_INLINE vi vi_and(vi a, vi b) { return _mm512_and_si512(a, b); }
SDX_INLINE vi vi_or(vi a, vi b) { return _mm512_or_si512(a, b); }
SDX_INLINE vi vi_shl(vi v, unsigned n) { return _mm512_slli_epi32(v, n); }
SDX_INLINE vi vi_shr(vi v, unsigned n) { return _mm512_srli_epi32(v, n); } /* zeros come in */
SDX_INLINE vi vi_if(vm m, vi yes, vi no) { return _mm512_mask_blend_epi32(m, no, yes); }
SDX_INLINE void vi_store_low16(uint16_t *p, vi v) {
    _mm256_storeu_si256((__m256i *)(void *)p, _mm512_cvtepi32_epi16(v));
}

SDX_INLINE vi vf_bits(vf v) { return _mm512_castps_si512(v); }
SDX_INLINE vf vf_from_bits(vi v) { return _mm512_castsi512_ps(v); }
SDX_INLINE vi vf_to_i(vf v) { return _mm512_cvtps_epi32(v); } /* v is integral, within int32 */
SDX_INLINE vf vi_to_f(vi v) { return _mm512_cvtepi32_ps(v); }

/* 2 VF_N floats: those at even and those at odd places. */
SDX_INLINE void vf_load_split(const float *p, vf *even, vf *odd) {
    const vi order = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const vf low = vf_load(p), high = vf_load(p + VF_N);
    *even = _mm512_permutex2var_ps(low, order, high);
    *odd = _mm512_permutex2var_ps(low, vi_or(order, vi_set(1)), high);
}

/* Turns VF_N rows into columns. Afterwards lane i of v[j] is what lane j of v[i] was. */
SDX_INLINE void vf_transpose(vf v[VF_N]) {
    vf t[VF_N];
    SDX_UNROLL(8)
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_ps(v[i], v[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(v[i], v[i + 1]);
    }
    vf four[VF_N]; /* four[4 g + c]: rows 4 g to 4 g + 3 of columns c, 4 + c, 8 + c, 12 + c */
    SDX_UNROLL(4)
    for (int g = 0; g < 16; g += 4) {
        const __m512d even_low = _mm512_castps_pd(t[g]), odd_low = _mm512_castps_pd(t[g + 2]);
        const __m512d even_high = _mm512_castps_pd(t[g + 1]), odd_high = _mm512_castps_pd(t[g + 3]);
        four[g] = _mm512_castpd_ps(_mm512_unpacklo_pd(even_low, odd_low));
        four[g + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(even_low, odd_low));
        four[g + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(even_high, odd_high));
        four[g + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(even_high, odd_high));
    }
    SDX_UNROLL(4)
    for (int c = 0; c < 4; c++) { /* 0x88 takes quarters 0 and 2 of both, 0xdd quarters 1 and 3 */
        const vf even_top = _mm512_shuffle_f32x4(four[c], four[4 + c], 0x88);
        const vf odd_top = _mm512_shuffle_f32x4(four[c], four[4 + c], 0xdd);
        const vf even_bottom = _mm512_shuffle_f32x4(four[8 + c], four[12 + c], 0x88);
        const vf odd_bottom = _mm512_shuffle_f32x4(four[8 + c], four[12 + c], 0xdd);
        v[c] = _mm512_shuffle_f32x4(even_top, even_bottom, 0x88);
        v[4 + c] = _mm512_shuffle_f32x4(odd_top, odd_bottom, 0x88);
        v[8 + c] = _mm512_shuffle_f32x4(even_top, even_bottom, 0xdd);
        v[12 + c] = _mm512_shuffle_f32x4(odd_top, odd_bottom, 0xdd);
    }
}

SDX_INLINE vf vf_load_f16(const uint16_t *p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)p));
}
SDX_INLINE void vf_store_f16(uint16_t *p, vf v) {
    _mm256_storeu_si256((__m256i *)(void *)p,
                        _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | VF_EXACT));
}
SDX_INLINE vf vf_load_bf16(const uint16_t *p) {
    const __m512i wide =
        _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)p));
    return vf_from_bits(vi_shl(wide, 16));
}

#endif
