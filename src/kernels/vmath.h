/* Elementary functions over vec.h, for every kernel that needs them: the same bits everywhere.
 *
 * The polynomials are minimax fits (Remez exchange in 120-bit arithmetic) of the function named, in
 * the variable named; their own error is below 0.03 units of the last place (ulp) of float32, what
 * remains is rounding. The bounds stated hold in every set; `checkop --kernel exp_f32` prints the
 * largest error of its sample. */
#ifndef SDX_KERNELS_VMATH_H
#define SDX_KERNELS_VMATH_H

#include "kernels/vec.h"

/* The two parts of ln 2: n * VM_LN2_HIGH is exact for |n| < 2^15. */
#define VM_LN2_HIGH 0x1.63p-1f
#define VM_LN2_LOW (-2.12194440e-4f)
#define VM_LOG2_E 1.44269504f

/* P(r) in e^r - 1 = r + r^2 P(r), for |r| <= ln(2) / 2. */
SDX_INLINE vf vf_expm1_poly(vf r) {
    vf p = vf_set(0x1.a1a21ap-13f);
    p = vf_fma(p, r, vf_set(0x1.6d7528p-10f));
    p = vf_fma(p, r, vf_set(0x1.111090p-7f));
    p = vf_fma(p, r, vf_set(0x1.5554aep-5f));
    p = vf_fma(p, r, vf_set(0x1.555556p-3f));
    return vf_fma(p, r, vf_set(0.5f));
}

/* n = round(x / ln 2), and x - n ln 2. */
SDX_INLINE vf vf_exp_split(vf x, vf *n) {
    *n = vf_round(vf_mul(x, vf_set(VM_LOG2_E)));
    return vf_fnma(*n, vf_set(VM_LN2_LOW), vf_fnma(*n, vf_set(VM_LN2_HIGH), x));
}

/* e^x, to denormals below and infinity above; below 1 ulp. What 1 + r loses of r joins the small
 * terms, so that functions built on this stay below 2 ulp. */
SDX_INLINE vf vf_exp(vf x) {
    vf n;
    const vf inside = vf_max(vf_set(-104.0f), vf_min(vf_set(89.0f), x));
    const vf r = vf_exp_split(inside, &n);
    const vf one = vf_set(1.0f);
    const vf most = vf_add(one, r);
    const vf lost = vf_sub(r, vf_sub(most, one));
    const vf rest = vf_fma(vf_expm1_poly(r), vf_mul(r, r), lost);
    return vf_scale2(vf_add(most, rest), n);
}

/* e^x - 1 for x <= 0, accurate near 0; NaN stays. */
SDX_INLINE vf vf_expm1_negative(vf x) {
    vf n;
    const vf r = vf_exp_split(vf_max(vf_set(-25.0f), x), &n);
    const vf power = vf_scale2(vf_set(1.0f), n);
    const vf core = vf_fma(vf_expm1_poly(r), vf_mul(r, r), r);
    return vf_fma(core, power, vf_sub(power, vf_set(1.0f)));
}

/* ln(x 2^-shift) + more, for a positive normal x and a small addend. x = m 2^e with m from
 * sqrt(1/2) to sqrt(2), f = m - 1: ln x = e ln 2 + f - f^2/2 + f^3 Q(f). */
SDX_INLINE vf vf_log_core(vf x, vf shift, vf more) {
    const vi root = vi_set(0x3f3504f3); /* sqrt(1/2) */
    const vi bits = vf_bits(x);
    const vi above = vi_add(vi_sub(bits, root), vi_set(128 << 23));
    const vi exponent = vi_sub(vi_shr(above, 23), vi_set(128));
    const vf e = vf_sub(vi_to_f(exponent), shift);
    const vf f = vf_sub(vf_from_bits(vi_sub(bits, vi_shl(exponent, 23))), vf_set(1.0f));
    vf q = vf_set(0x1.149904p-4f);
    q = vf_fma(q, f, vf_set(-0x1.de078ep-4f));
    q = vf_fma(q, f, vf_set(0x1.e6b1f6p-4f));
    q = vf_fma(q, f, vf_set(-0x1.fc2706p-4f));
    q = vf_fma(q, f, vf_set(0x1.233c80p-3f));
    q = vf_fma(q, f, vf_set(-0x1.555c56p-3f));
    q = vf_fma(q, f, vf_set(0x1.99a46cp-3f));
    q = vf_fma(q, f, vf_set(-0x1.000006p-2f));
    q = vf_fma(q, f, vf_set(0x1.555548p-2f));
    const vf square = vf_mul(f, f);
    vf low = vf_fma(vf_mul(square, f), q, vf_fma(e, vf_set(VM_LN2_LOW), more));
    low = vf_fnma(square, vf_set(0.5f), low);
    return vf_fma(e, vf_set(VM_LN2_HIGH), vf_add(f, low));
}

/* ln x: -inf for 0, NaN below; below 1 ulp. */
SDX_INLINE vf vf_log(vf x) {
    const vf zero = vf_set(0.0f);
    const vf infinity = vf_from_bits(vi_set(0x7f800000));
    const vm tiny = vf_lt(x, vf_set(0x1p-126f));
    const vf normal = vf_if(tiny, vf_mul(x, vf_set(0x1p32f)), x);
    const vf shift = vf_if(tiny, vf_set(32.0f), zero);
    const vf sure = vf_if(vf_lt(zero, normal), normal, vf_set(1.0f));
    vf y = vf_log_core(sure, shift, zero);
    y = vf_if(vf_eq(x, zero), vf_neg(infinity), y);
    y = vf_if(vf_eq(x, infinity), x, y);
    y = vf_if(vf_lt(x, zero), vf_from_bits(vi_set(0x7fc00000)), y);
    return vf_if(vf_is_nan(x), x, y);
}

/* ln(1 + z) for z from 0 to 1, accurate near 0: the core of u = 1 + z, and what u lost of z. */
SDX_INLINE vf vf_log1p_unit(vf z) {
    const vf one = vf_set(1.0f);
    const vf u = vf_add(one, z);
    const vf lost = vf_sub(z, vf_sub(u, one));
    return vf_log_core(u, vf_set(0.0f), vf_div(lost, u));
}

/* 1 / (1 + e^-x) from e^-|x|, which never overflows; most of what 1 + z loses of z is given back;
 * below 2 ulp. */
SDX_INLINE vf vf_sigmoid(vf x) {
    const vf one = vf_set(1.0f);
    const vf z = vf_exp(vf_neg(vf_abs(x)));
    const vf sum = vf_add(one, z);
    const vf lost = vf_sub(z, vf_sub(sum, one));
    const vf quotient = vf_div(vf_if(vf_lt(x, vf_set(0.0f)), z, one), sum);
    return vf_fnma(quotient, lost, quotient);
}

/* tanh x: x + x^3 T(x^2) below 5/8, 1 - 2 / (e^2|x| + 1) above; below 2 ulp. */
SDX_INLINE vf vf_tanh(vf x) {
    const vf one = vf_set(1.0f);
    const vf two = vf_set(2.0f);
    const vf size = vf_abs(x);
    const vf square = vf_mul(x, x);
    vf t = vf_set(-0x1.76f928p-8f);
    t = vf_fma(t, square, vf_set(0x1.526a4cp-6f));
    t = vf_fma(t, square, vf_set(-0x1.b847bep-5f));
    t = vf_fma(t, square, vf_set(0x1.110788p-3f));
    t = vf_fma(t, square, vf_set(-0x1.555534p-2f));
    const vf near = vf_fma(vf_mul(t, square), x, x);
    const vf power = vf_exp(vf_mul(size, two));
    const vf far = vf_sub(one, vf_div(two, vf_add(power, one)));
    const vf far_signed = vf_if(vf_lt(x, vf_set(0.0f)), vf_neg(far), far);
    return vf_if(vf_lt(size, vf_set(0.625f)), near, far_signed);
}

/* erf x: x + x E(x^2) below 1; 1 - e^G(|x|) above, where G fits ln erfc up to 4 and erf is 1
 * beyond; below 2 ulp. */
SDX_INLINE vf vf_erf(vf x) {
    const vf one = vf_set(1.0f);
    const vf size = vf_min(vf_set(4.0f), vf_abs(x));
    const vf square = vf_mul(size, size);
    vf e = vf_set(0x1.496a30p-14f);
    e = vf_fma(e, square, vf_set(-0x1.a3f700p-11f));
    e = vf_fma(e, square, vf_set(0x1.5405b2p-8f));
    e = vf_fma(e, square, vf_set(-0x1.b7f90cp-6f));
    e = vf_fma(e, square, vf_set(0x1.ce2cf8p-4f));
    e = vf_fma(e, square, vf_set(-0x1.81273ep-2f));
    e = vf_fma(e, square, vf_set(0x1.06eba8p-3f));
    const vf near = vf_fma(e, x, x);
    vf g = vf_set(0x1.86dd7cp-13f);
    g = vf_fma(g, size, vf_set(-0x1.825af2p-9f));
    g = vf_fma(g, size, vf_set(0x1.65cb74p-6f));
    g = vf_fma(g, size, vf_set(-0x1.a65342p-4f));
    g = vf_fma(g, size, vf_set(-0x1.46baecp-1f));
    g = vf_fma(g, size, vf_set(-0x1.2088eap+0f));
    g = vf_fma(g, size, vf_set(-0x1.661d7ap-12f));
    const vf far = vf_sub(one, vf_exp(g));
    const vf far_signed = vf_if(vf_lt(x, vf_set(0.0f)), vf_neg(far), far);
    return vf_if(vf_lt(size, one), near, far_signed);
}

#endif
