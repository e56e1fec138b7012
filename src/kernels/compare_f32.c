/* Comparisons of float32 into bytes 0 and 1; with a NaN every relation is false. */
#include "kernels/set.h"

typedef vm relation(vf a, vf b);

/* Elements i to i + n of a vector, or the one element of an operand of step 0. */
SDX_INLINE vf operand(const float *p, size_t i, size_t n, size_t step, vf one) {
    if (step == 0) return one;
    return n < VF_N ? vf_load_n(p + i, n) : vf_load(p + i);
}

SDX_INLINE void relate(uint8_t *y, const float *a, size_t a_step, const float *b, size_t b_step,
                       size_t n, relation *f) {
    const vf one_a = vf_set(*a);
    const vf one_b = vf_set(*b);
    size_t i = 0;
    for (; n - i >= VF_N; i += VF_N) {
        const vf va = operand(a, i, VF_N, a_step, one_a);
        const vf vb = operand(b, i, VF_N, b_step, one_b);
        vm_store_u8(y + i, f(va, vb));
    }
    if (i < n) {
        const vf va = operand(a, i, n - i, a_step, one_a);
        const vf vb = operand(b, i, n - i, b_step, one_b);
        vm_store_u8_n(y + i, f(va, vb), n - i);
    }
}

/* f and the steps are constants at every call. */
SDX_INLINE void compare(uint8_t *y, const float *a, const float *b, size_t n, sdx_form form,
                        relation *f) {
    if (n == 0) return;
    if (form == SDX_FORM_VV) {
        relate(y, a, 1, b, 1, n, f);
    } else if (form == SDX_FORM_VS) {
        relate(y, a, 1, b, 0, n, f);
    } else {
        relate(y, a, 0, b, 1, n, f);
    }
}

static inline vm equal_map(vf a, vf b) { return vf_eq(a, b); }
void SDX_KERNEL(equal_f32)(uint8_t *y, const float *a, const float *b, size_t n, sdx_form form) {
    compare(y, a, b, n, form, equal_map);
}

static inline vm less_map(vf a, vf b) { return vf_lt(a, b); }
void SDX_KERNEL(less_f32)(uint8_t *y, const float *a, const float *b, size_t n, sdx_form form) {
    compare(y, a, b, n, form, less_map);
}

static inline vm less_equal_map(vf a, vf b) { return vf_le(a, b); }
void SDX_KERNEL(less_equal_f32)(uint8_t *y, const float *a, const float *b, size_t n,
                                sdx_form form) {
    compare(y, a, b, n, form, less_equal_map);
}

static inline vm greater_map(vf a, vf b) { return vf_lt(b, a); }
void SDX_KERNEL(greater_f32)(uint8_t *y, const float *a, const float *b, size_t n, sdx_form form) {
    compare(y, a, b, n, form, greater_map);
}

static inline vm greater_equal_map(vf a, vf b) { return vf_le(b, a); }
void SDX_KERNEL(greater_equal_f32)(uint8_t *y, const float *a, const float *b, size_t n,
                                   sdx_form form) {
    compare(y, a, b, n, form, greater_equal_map);
}
