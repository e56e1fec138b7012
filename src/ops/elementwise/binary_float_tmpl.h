/* Binary maps of one float type that have no kernel. Include with T, FMOD (the fmod of T) and
 * NAME(x); takes them back. */

SDX_INLINE void NAME(each)(T *y, const T *a, const T *b, size_t n, sdx_form form, T (*f)(T, T)) {
    const size_t step_a = form != SDX_FORM_SV, step_b = form != SDX_FORM_VS;
    for (size_t i = 0; i < n; i++)
        y[i] = f(a[i * step_a], b[i * step_b]);
}

static inline T NAME(prelu_one)(T a, T b) { return a < 0 ? a * b : a; }

/* ONNX: Mod-28 fmod 1 */
static inline T NAME(rem_one)(T a, T b) { return FMOD(a, b); }

/* ONNX: Mod-28 fmod 0: the sign of b, zeros included; what has another sign beside an infinite b
 * becomes b. */
static inline T NAME(mod_one)(T a, T b) {
    const T rest = FMOD(a, b);
    if (rest == 0) return b < 0 ? -(T)0 : (T)0;
    return (rest < 0) != (b < 0) && rest == rest ? rest + b : rest;
}

static SDX_UNUSED void NAME(prelu)(SDX_UNUSED const sdx_binary *row, void *y, const void *a,
                                   const void *b, size_t n, sdx_form form) {
    NAME(each)(y, a, b, n, form, NAME(prelu_one));
}
static void NAME(rem)(SDX_UNUSED const sdx_binary *row, void *y, const void *a, const void *b,
                      size_t n, sdx_form form) {
    NAME(each)(y, a, b, n, form, NAME(rem_one));
}
static void NAME(mod)(SDX_UNUSED const sdx_binary *row, void *y, const void *a, const void *b,
                      size_t n, sdx_form form) {
    NAME(each)(y, a, b, n, form, NAME(mod_one));
}

#undef T
#undef FMOD
#undef NAME
