/* Comparisons of one type. Include with T and NAME(x); takes them back. */

SDX_INLINE void NAME(each)(uint8_t *y, const T *a, const T *b, size_t n, sdx_form form,
                           bool (*f)(T, T)) {
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

static inline bool NAME(less_one)(T a, T b) { return a < b; }
static inline bool NAME(less_equal_one)(T a, T b) { return a <= b; }
static inline bool NAME(equal_one)(T a, T b) { return a == b; }

static void NAME(less)(SDX_UNUSED const sdx_binary *row, void *y, const void *a, const void *b,
                       size_t n, sdx_form form) {
    NAME(each)(y, a, b, n, form, NAME(less_one));
}
static void NAME(less_equal)(SDX_UNUSED const sdx_binary *row, void *y, const void *a,
                             const void *b, size_t n, sdx_form form) {
    NAME(each)(y, a, b, n, form, NAME(less_equal_one));
}
static void NAME(equal)(SDX_UNUSED const sdx_binary *row, void *y, const void *a, const void *b,
                        size_t n, sdx_form form) {
    NAME(each)(y, a, b, n, form, NAME(equal_one));
}

/* a > b is b < a: the operands change places, and with them the form. */
static void NAME(greater)(const sdx_binary *row, void *y, const void *a, const void *b, size_t n,
                          sdx_form form) {
    NAME(less)(row, y, b, a, n, swapped(form));
}
static void NAME(greater_equal)(const sdx_binary *row, void *y, const void *a, const void *b,
                                size_t n, sdx_form form) {
    NAME(less_equal)(row, y, b, a, n, swapped(form));
}

#undef T
#undef NAME
