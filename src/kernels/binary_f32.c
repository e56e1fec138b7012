/* Binary maps of float32: one loop, three forms.
 */
#include "kernels/set.h"

typedef vf binary_map(vf a, vf b);

/* Elements i to i + n of a vector, or the one element of an operand of step 0. */
SDX_INLINE vf operand(const float *p, size_t i, size_t n, size_t step, vf one) {
    if (step == 0) return one;
    return n < VF_N ? vf_load_n(p + i, n) : vf_load(p + i);
}

SDX_INLINE void map(float *y, const float *a, size_t a_step, const float *b, size_t b_step,
                    size_t n, binary_map *f) {
    const vf one_a = vf_set(*a);
    const vf one_b = vf_set(*b);
    size_t i = 0;
    for (; n - i >= VF_N; i += VF_N) {
        const vf va = operand(a, i, VF_N, a_step, one_a);
        const vf vb = operand(b, i, VF_N, b_step, one_b);
        vf_store(y + i, f(va, vb));
    }
    if (i < n) {
        const vf va = operand(a, i, n - i, a_step, one_a);
        const vf vb = operand(b, i, n - i, b_step, one_b);
        vf_store_n(y + i, f(va, vb), n - i);
    }
}

/* f and the steps are constants at every call, so the compiler makes a loop of each. */
SDX_INLINE void binary(float *y, const float *a, const float *b, size_t n, sdx_form form,
                       binary_map *f) {
    if (n == 0) return;
    if (form == SDX_FORM_VV) {
        map(y, a, 1, b, 1, n, f);
    } else if (form == SDX_FORM_VS) {
        map(y, a, 1, b, 0, n, f);
    } else {
        map(y, a, 0, b, 1, n, f);
    }
}

static inline vf add_map(vf a, vf b) { return vf_add(a, b); }
void SDX_KERNEL(add_f32)(float *y, const float *a, const float *b, size_t n, sdx_form form) {
    binary(y, a, b, n, form, add_map);
}

static inline vf sub_map(vf a, vf b) { return vf_sub(a, b); }
void SDX_KERNEL(sub_f32)(float *y, const float *a, const float *b, size_t n, sdx_form form) {
    binary(y, a, b, n, form, sub_map);
}

static inline vf mul_map(vf a, vf b) { return vf_mul(a, b); }
void SDX_KERNEL(mul_f32)(float *y, const float *a, const float *b, size_t n, sdx_form form) {
    binary(y, a, b, n, form, mul_map);
}

static inline vf div_map(vf a, vf b) { return vf_div(a, b); }
void SDX_KERNEL(div_f32)(float *y, const float *a, const float *b, size_t n, sdx_form form) {
    binary(y, a, b, n, form, div_map);
}

static inline vf min_map(vf a, vf b) { return vf_min_nan(a, b); }
void SDX_KERNEL(min_f32)(float *y, const float *a, const float *b, size_t n, sdx_form form) {
    binary(y, a, b, n, form, min_map);
}

static inline vf max_map(vf a, vf b) { return vf_max_nan(a, b); }
void SDX_KERNEL(max_f32)(float *y, const float *a, const float *b, size_t n, sdx_form form) {
    binary(y, a, b, n, form, max_map);
}

static inline vf prelu_map(vf a, vf b) { return vf_if(vf_lt(a, vf_set(0.0f)), vf_mul(a, b), a); }
void SDX_KERNEL(prelu_f32)(float *y, const float *a, const float *b, size_t n, sdx_form form) {
    binary(y, a, b, n, form, prelu_map);
}
