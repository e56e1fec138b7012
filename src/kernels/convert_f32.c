/* 16-bit floats to float32 and back, by whole and partial vectors. */
#include "kernels/set.h"

void SDX_KERNEL(f16_to_f32)(float *y, const uint16_t *x, size_t n) {
    size_t i = 0;
    for (; n - i >= VF_N; i += VF_N)
        vf_store(y + i, vf_load_f16(x + i));
    if (i < n) vf_store_n(y + i, vf_load_f16_n(x + i, n - i), n - i);
}

void SDX_KERNEL(bf16_to_f32)(float *y, const uint16_t *x, size_t n) {
    size_t i = 0;
    for (; n - i >= VF_N; i += VF_N)
        vf_store(y + i, vf_load_bf16(x + i));
    if (i < n) vf_store_n(y + i, vf_load_bf16_n(x + i, n - i), n - i);
}

void SDX_KERNEL(f32_to_f16)(uint16_t *y, const float *x, size_t n) {
    size_t i = 0;
    for (; n - i >= VF_N; i += VF_N)
        vf_store_f16(y + i, vf_load(x + i));
    if (i < n) vf_store_f16_n(y + i, vf_load_n(x + i, n - i), n - i);
}

void SDX_KERNEL(f32_to_bf16)(uint16_t *y, const float *x, size_t n) {
    size_t i = 0;
    for (; n - i >= VF_N; i += VF_N)
        vf_store_bf16(y + i, vf_load(x + i));
    if (i < n) vf_store_bf16_n(y + i, vf_load_n(x + i, n - i), n - i);
}
