/* Binary maps of one integer type. Include with T (the type), U (an unsigned type at least as wide
 * as int, so that nothing overflows and shifts are defined), BITS (of T) and NAME(x); takes them
 * back. Divisors are not 0: the operators look first. */

/* With f known where this is inlined, the loops are f's own. */
SDX_INLINE void NAME(each)(T *y, const T *a, const T *b, size_t n, sdx_form form, T (*f)(T, T)) {
    const T first_a = *a, first_b = *b;
    if (form == SDX_FORM_VV)
        for (size_t i = 0; i < n; i++)
            y[i] = f(a[i], b[i]);
    else if (form == SDX_FORM_VS)
        for (size_t i = 0; i < n; i++)
            y[i] = f(a[i], first_b);
    else
        for (size_t i = 0; i < n; i++)
            y[i] = f(first_a, b[i]);
}

static inline T NAME(add_one)(T a, T b) { return (T)((U)a + (U)b); }
static inline T NAME(sub_one)(T a, T b) { return (T)((U)a - (U)b); }
static inline T NAME(mul_one)(T a, T b) { return (T)((U)a * (U)b); }
static inline T NAME(min_one)(T a, T b) { return b < a ? b : a; }
static inline T NAME(max_one)(T a, T b) { return a < b ? b : a; }
static inline T NAME(and_one)(T a, T b) { return (T)((U)a & (U)b); }
static inline T NAME(or_one)(T a, T b) { return (T)((U)a | (U)b); }
static inline T NAME(xor_one)(T a, T b) { return (T)((U)a ^ (U)b); }
static inline T NAME(prelu_one)(T a, T b) { return (T)(a > 0 ? (U)a : (U)a * (U)b); }

/* Truncates; the least number divided by -1 wraps to itself. */
static inline T NAME(div_one)(T a, T b) {
    const bool negates = b == (T)-1 && (T)-1 < 1;
    return (T)(negates ? (T)((U)0 - (U)a) : a / b);
}

/* The sign of a. */
static inline T NAME(rem_one)(T a, T b) {
    const bool negates = b == (T)-1 && (T)-1 < 1;
    return (T)(negates ? 0 : a % b);
}

/* The sign of b. */
static inline T NAME(mod_one)(T a, T b) {
    const T rest = NAME(rem_one)(a, b);
    return (T)(rest != 0 && (rest > 0) != (b > 0) ? (U)rest + (U)b : (U)rest);
}

/* ONNX: BitShift-28 amounts outside [0, bits) leave the extended sign alone. */
static inline T NAME(left_one)(T a, T b) {
    const bool inside = b == 0 || (b > 0 && b < BITS);
    return (T)(inside ? (U)a << (U)b : 0);
}
static inline T NAME(right_one)(T a, T b) {
    const bool negative = !(a > 0) && a != 0, inside = b == 0 || (b > 0 && b < BITS);
    if (!inside) return (T)(negative ? -1 : 0);
    return (T)(negative ? ~((U)(T)~a >> (U)b) : (U)a >> (U)b);
}

/* The loops; those that no table names are not compiled. */

static SDX_UNUSED void NAME(add)(SDX_UNUSED const sdx_binary *row, void *y, const void *a,
                                 const void *b, size_t n, sdx_form form) {
    NAME(each)(y, a, b, n, form, NAME(add_one));
}
static SDX_UNUSED void NAME(sub)(SDX_UNUSED const sdx_binary *row, void *y, const void *a,
                                 const void *b, size_t n, sdx_form form) {
    NAME(each)(y, a, b, n, form, NAME(sub_one));
}
static SDX_UNUSED void NAME(mul)(SDX_UNUSED const sdx_binary *row, void *y, const void *a,
                                 const void *b, size_t n, sdx_form form) {
    NAME(each)(y, a, b, n, form, NAME(mul_one));
}
static SDX_UNUSED void NAME(div)(SDX_UNUSED const sdx_binary *row, void *y, const void *a,
                                 const void *b, size_t n, sdx_form form) {
    NAME(each)(y, a, b, n, form, NAME(div_one));
}
static SDX_UNUSED void NAME(min)(SDX_UNUSED const sdx_binary *row, void *y, const void *a,
                                 const void *b, size_t n, sdx_form form) {
    NAME(each)(y, a, b, n, form, NAME(min_one));
}
static SDX_UNUSED void NAME(max)(SDX_UNUSED const sdx_binary *row, void *y, const void *a,
                                 const void *b, size_t n, sdx_form form) {
    NAME(each)(y, a, b, n, form, NAME(max_one));
}
static SDX_UNUSED void NAME(prelu)(SDX_UNUSED const sdx_binary *row, void *y, const void *a,
                                   const void *b, size_t n, sdx_form form) {
    NAME(each)(y, a, b, n, form, NAME(prelu_one));
}
static SDX_UNUSED void NAME(rem)(SDX_UNUSED const sdx_binary *row, void *y, const void *a,
                                 const void *b, size_t n, sdx_form form) {
    NAME(each)(y, a, b, n, form, NAME(rem_one));
}
static SDX_UNUSED void NAME(mod)(SDX_UNUSED const sdx_binary *row, void *y, const void *a,
                                 const void *b, size_t n, sdx_form form) {
    NAME(each)(y, a, b, n, form, NAME(mod_one));
}
static SDX_UNUSED void NAME (and)(SDX_UNUSED const sdx_binary *row, void *y, const void *a,
                                  const void *b, size_t n, sdx_form form) {
    NAME(each)(y, a, b, n, form, NAME(and_one));
}
static SDX_UNUSED void NAME(or)(SDX_UNUSED const sdx_binary *row, void *y, const void *a,
                                const void *b, size_t n, sdx_form form) {
    NAME(each)(y, a, b, n, form, NAME(or_one));
}
static SDX_UNUSED void NAME (xor)(SDX_UNUSED const sdx_binary *row, void *y, const void *a,
                                  const void *b, size_t n, sdx_form form) {
    NAME(each)(y, a, b, n, form, NAME(xor_one));
}
static SDX_UNUSED void NAME(left)(SDX_UNUSED const sdx_binary *row, void *y, const void *a,
                                  const void *b, size_t n, sdx_form form) {
    NAME(each)(y, a, b, n, form, NAME(left_one));
}
static SDX_UNUSED void NAME(right)(SDX_UNUSED const sdx_binary *row, void *y, const void *a,
                                   const void *b, size_t n, sdx_form form) {
    NAME(each)(y, a, b, n, form, NAME(right_one));
}

#undef T
#undef U
#undef BITS
#undef NAME
