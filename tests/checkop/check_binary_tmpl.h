/* Template: the check of binary maps or comparisons of one type. Included with
 *   CHECK    check_binary_i32, the function to make
 *   FN       the kernel's type
 *   T, OUT   of operands and result; WANT: of the oracle
 *   NAMES    the oracles' names; ORACLE: WANT f(int which, T a, T b), exact up to bound
 * (check_close) SAMPLE   a random T; CLOSE compares, TIME is the benchmark and takes these names
 * back at its end. */
bool CHECK(check *c, FN *fn) {
    const int which = check_find(c, NAMES, sizeof NAMES / sizeof *NAMES);
    if (which < 0) return false;
    for (int round = 0; round < 400; round++) {
        const size_t n = check_length(1000);
        const sdx_form form = (sdx_form)(round % 3);
        const size_t na = form == SDX_FORM_SV ? 1 : n;
        const size_t nb = form == SDX_FORM_VS ? 1 : n;
        T *a = check_buffer(0, na * sizeof *a);
        T *b = check_buffer(1, nb * sizeof *b);
        OUT *y = check_buffer(2, n * sizeof *y);
        for (size_t i = 0; i < na; i++)
            a[i] = SAMPLE();
        for (size_t i = 0; i < nb; i++)
            b[i] = SAMPLE();
        if (nb == n)
            for (size_t i = 0; i < n; i += 3)
                b[i] = a[na == n ? i : 0];
        fn(y, a, b, n, form);
        for (size_t i = 0; i < n; i++) {
            const T *pa = a + (na == n ? i : 0);
            const T *pb = b + (nb == n ? i : 0);
            const WANT want = ORACLE(which, *pa, *pb);
            OUT alone;
            fn(&alone, pa, pb, 1, form);
            if (!CLOSE(c, want, y[i], i)) return false;
            if (memcmp(y + i, &alone, sizeof alone) != 0 && !isnan((double)y[i]))
                return check_failed(c, "element %zu alone has other bits", i);
        }
        if (!check_canary(c, 2)) return false;
    }
    return !c->bench || TIME(c, fn);
}
#undef CHECK
#undef FN
#undef T
#undef OUT
#undef WANT
#undef NAMES
#undef ORACLE
#undef SAMPLE
#undef CLOSE
#undef TIME
