/* vec.h for AVX2 with FMA and F16C: 8 lanes, truth values as lanes of ones or zeros. */
#ifndef SDX_KERNELS_VEC_AVX2_H
#define SDX_KERNELS_VEC_AVX2_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

enum { VF_N = 8 };
typedef __m256 vf;
typedef __m256i vi;
typedef __m256 vm;

SDX_INLINE __m256i vf_lanes(size_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

SDX_INLINE vf vf_load(const float *p) { return _mm256_loadu_ps(p); }
SDX_INLINE vf vf_load_n(const float *p, size_t n) { return _mm256_maskload_ps(p, vf_lanes(n)); }
SDX_INLINE void vf_store(float *p, vf v) { _mm256_storeu_ps(p, v); }
SDX_INLINE void vf_store_n(float *p, vf v, size_t n) { _mm256_maskstore_ps(p, vf_lanes(n), v); }
SDX_INLINE vf vf_set(float x) { return _mm256_set1_ps(x); }

SDX_INLINE vf vf_add(vf a, vf b) { return _mm256_add_ps(a, b); }
SDX_INLINE vf vf_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
SDX_INLINE vf vf_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
SDX_INLINE vf vf_div(vf a, vf b) { return _mm256_div_ps(a, b); }
SDX_INLINE vf vf_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
SDX_INLINE vf vf_fnma(vf a, vf b, vf c) { return _mm256_fnmadd_ps(a, b, c); }
SDX_INLINE vf vf_min(vf a, vf b) { return _mm256_min_ps(a, b); }
SDX_INLINE vf vf_max(vf a, vf b) { return _mm256_max_ps(a, b); }
SDX_INLINE vf vf_sqrt(vf v) { return _mm256_sqrt_ps(v); }
SDX_INLINE vf vf_abs(vf v) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), v); }
SDX_INLINE vf vf_neg(vf v) { return _mm256_xor_ps(v, _mm256_set1_ps(-0.0f)); }
SDX_INLINE vf vf_round(vf v) {
    return _mm256_round_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
SDX_INLINE vf vf_floor(vf v) { return _mm256_floor_ps(v); }
SDX_INLINE vf vf_ceil(vf v) { return _mm256_ceil_ps(v); }
SDX_INLINE vf vf_trunc(vf v) { return _mm256_round_ps(v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC); }

SDX_INLINE vm vf_lt(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
SDX_INLINE vm vf_le(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_LE_OQ); }
SDX_INLINE vm vf_eq(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
SDX_INLINE vm vf_is_nan(vf v) { return _mm256_cmp_ps(v, v, _CMP_UNORD_Q); }
SDX_INLINE vf vf_if(vm m, vf yes, vf no) { return _mm256_blendv_ps(no, yes, m); }
SDX_INLINE vm vm_first(size_t n) { return _mm256_castsi256_ps(vf_lanes(n)); } /* lanes 0 to n - 1 */
SDX_INLINE void vm_store_u8(uint8_t *p, vm m) {
    const __m256i lanes = _mm256_castps_si256(m);
    const __m128i half =
        _mm_packs_epi32(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
    const __m128i bytes = _mm_and_si128(_mm_packs_epi16(half, half), _mm_set1_epi8(1));
    _mm_storel_epi64((__m128i *)(void *)p, bytes);
}

SDX_INLINE vi vi_set(int32_t x) { return _mm256_set1_epi32(x); }
SDX_INLINE vi vi_load(const int32_t *p) {
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}
SDX_INLINE vi vi_load_u8(const uint8_t *p) {
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p));
}
SDX_INLINE void vi_store(int32_t *p, vi v) { _mm256_storeu_si256((__m256i *)(void *)p, v); }
SDX_INLINE vi vi_add(vi a, vi b) { return _mm256_add_epi32(a, b); }
SDX_INLINE vi vi_sub(vi a, vi b) { return _mm256_sub_epi32(a, b); }
/* Each lane: sum + the products of the two int16 halves of a and b, wrapping. */
SDX_INLINE vi vi_dot16(vi sum, vi a, vi b) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
}
SDX_INLINE vi vi_and(vi a, vi b) { return _mm256_and_si256(a, b); }
SDX_INLINE vi vi_or(vi a, vi b) { return _mm256_or_si256(a, b); }
SDX_INLINE vi vi_shl(vi v, int n) { return _mm256_slli_epi32(v, n); }
SDX_INLINE vi vi_shr(vi v, int n) { return _mm256_srli_epi32(v, n); } /* zeros come in */
SDX_INLINE vi vi_if(vm m, vi yes, vi no) {
    return _mm256_blendv_epi8(no, yes, _mm256_castps_si256(m));
}
SDX_INLINE void vi_store_low16(uint16_t *p, vi v) {
    const __m256i packed =
        _mm256_packus_epi32(_mm256_and_si256(v, _mm256_set1_epi32(0xffff)), _mm256_setzero_si256());
    const __m256i ordered = _mm256_permute4x64_epi64(packed, 0x08); /* quarters 0 and 2 */
    _mm_storeu_si128((__m128i *)(void *)p, _mm256_castsi256_si128(ordered));
}

SDX_INLINE vi vf_bits(vf v) { return _mm256_castps_si256(v); }
SDX_INLINE vf vf_from_bits(vi v) { return _mm256_castsi256_ps(v); }
SDX_INLINE vi vf_to_i(vf v) { return _mm256_cvtps_epi32(v); } /* v is integral, within int32 */
SDX_INLINE vf vi_to_f(vi v) { return _mm256_cvtepi32_ps(v); }

/* v * 2^n for an integral n in [-250, 250], in two exact powers: the first product stays normal
 * where |v| is near 1, so the result is rounded once. */
SDX_INLINE vf vf_scale2(vf v, vf n) {
    const vi whole = vf_to_i(n);
    const vi first = _mm256_srai_epi32(whole, 1);
    const vi second = vi_sub(whole, first);
    const vi bias = vi_set(127);
    const vf low = vf_from_bits(vi_shl(vi_add(first, bias), 23));
    const vf high = vf_from_bits(vi_shl(vi_add(second, bias), 23));
    return vf_mul(vf_mul(v, low), high);
}

/* 2 VF_N floats: those at even and those at odd places. */
SDX_INLINE void vf_load_split(const float *p, vf *even, vf *odd) {
    const vf low = vf_load(p), high = vf_load(p + VF_N);
    const __m256d even_halves = _mm256_castps_pd(_mm256_shuffle_ps(low, high, 0x88));
    const __m256d odd_halves = _mm256_castps_pd(_mm256_shuffle_ps(low, high, 0xdd));
    *even = _mm256_castpd_ps(_mm256_permute4x64_pd(even_halves, 0xd8)); /* quarters 0 2 1 3 */
    *odd = _mm256_castpd_ps(_mm256_permute4x64_pd(odd_halves, 0xd8));
}

/* Turns VF_N rows into columns. Afterwards lane i of v[j] is what lane j of v[i] was. */
SDX_INLINE void vf_transpose(vf v[VF_N]) {
    vf t[VF_N];
    SDX_UNROLL(4)
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_ps(v[i], v[i + 1]);
        t[i + 1] = _mm256_unpackhi_ps(v[i], v[i + 1]);
    }
    vf four[VF_N]; /* four[4 g + c]: rows 4 g to 4 g + 3 of columns c and 4 + c */
    SDX_UNROLL(2)
    for (int g = 0; g < 8; g += 4) {
        four[g] = _mm256_shuffle_ps(t[g], t[g + 2], 0x44);
        four[g + 1] = _mm256_shuffle_ps(t[g], t[g + 2], 0xee);
        four[g + 2] = _mm256_shuffle_ps(t[g + 1], t[g + 3], 0x44);
        four[g + 3] = _mm256_shuffle_ps(t[g + 1], t[g + 3], 0xee);
    }
    SDX_UNROLL(4)
    for (int c = 0; c < 4; c++) {
        v[c] = _mm256_permute2f128_ps(four[c], four[4 + c], 0x20);
        v[4 + c] = _mm256_permute2f128_ps(four[c], four[4 + c], 0x31);
    }
}

SDX_INLINE vf vf_load_f16(const uint16_t *p) {
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)p));
}
SDX_INLINE void vf_store_f16(uint16_t *p, vf v) {
    _mm_storeu_si128((__m128i *)(void *)p, _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
}
SDX_INLINE vf vf_load_bf16(const uint16_t *p) {
    const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
    return vf_from_bits(vi_shl(wide, 16));
}

#endif
