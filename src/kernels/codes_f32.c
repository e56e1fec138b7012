/* Products with weights of 4 bits. The row is dealt out once, even elements beside odd ones, so
 * that the low and the high halves of a vector of bytes each meet elements that lie side by side.
 * Codes less their zero point are exact; the scale comes in once for a block and lane. A few
 * columns advance together and share the loads of the row. */
#include "kernels/set.h"

enum { TOGETHER = 4, AHEAD = 8 /* columns whose codes are fetched before they are needed */ };

/* [evens][odds] of VF_N each, 0 after the end. */
static void deal(float *dst, const sdx_codes4_f32 *p) {
    const size_t len = p->block * p->blocks, step = 2 * VF_N;
    size_t k = 0;
    for (; p->k - k >= step; k += step) {
        vf even, odd;
        vf_load_split(p->a + k, &even, &odd);
        vf_store(dst + k, even);
        vf_store(dst + k + VF_N, odd);
    }
    for (size_t i = k; i < len; i++)
        dst[i] = 0.0f;
    for (size_t i = k; i < p->k; i++)
        dst[k + (i - k) / 2 + (i % 2) * VF_N] = p->a[i];
}

static inline float zero_of(const sdx_codes4_f32 *p, size_t column, size_t block) {
    static const float numbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    if (p->zeros)
        return numbers[p->zeros[column * ((p->blocks + 1) / 2) + block / 2] >> block % 2 * 4 & 15];
    return p->zero_floats ? p->zero_floats[column * p->blocks + block] : 8.0f;
}

/* Columns [column, column + n); n is a constant at every call. */
SDX_INLINE void multiply(float *y, const sdx_codes4_f32 *p, const float *dealt, size_t column,
                         size_t n) {
    const size_t bytes = p->block / 2;
    const vi low = vi_set(15);
    vf total[TOGETHER];
    for (size_t c = 0; c < n; c++)
        total[c] = vf_set(0.0f);
    for (size_t b = 0; b < p->blocks; b++) {
        const uint8_t *codes = p->codes + (column * p->blocks + b) * bytes;
        const float *a = dealt + b * p->block;
        vf zero[TOGETHER], sum[TOGETHER];
        for (size_t c = 0; c < n; c++) {
            zero[c] = vf_set(zero_of(p, column + c, b));
            sum[c] = vf_set(0.0f);
        }
        for (size_t c = 0; c < n; c++) /* columns are short: the hardware sees no stream */
            SDX_PREFETCH(codes + (c + AHEAD) * p->blocks * bytes);
        for (size_t i = 0; i < bytes; i += VF_N, a += 2 * VF_N) {
            const vf even = vf_load(a), odd = vf_load(a + VF_N);
            SDX_UNROLL(4)
            for (size_t c = 0; c < n; c++) {
                const vi v = vi_load_u8(codes + c * p->blocks * bytes + i);
                sum[c] = vf_fma(even, vf_sub(vi_to_f(vi_and(v, low)), zero[c]), sum[c]);
                sum[c] = vf_fma(odd, vf_sub(vi_to_f(vi_shr(v, 4)), zero[c]), sum[c]);
            }
        }
        for (size_t c = 0; c < n; c++)
            total[c] = vf_fma(sum[c], vf_set(p->scales[(column + c) * p->blocks + b]), total[c]);
    }
    for (size_t c = 0; c < n; c++)
        y[column + c] = vf_sum(total[c]);
}

void SDX_KERNEL(codes4_f32)(float *y, const sdx_codes4_f32 *p) {
    size_t column = 0;
    deal(p->scratch, p);
    for (; p->columns - column >= TOGETHER; column += TOGETHER)
        multiply(y, p, p->scratch, column, TOGETHER);
    for (; column < p->columns; column++)
        multiply(y, p, p->scratch, column, 1);
}
