/* Template: the check of a plain product. Included with
 *   CHECK, FN, T   the function to make, the kernel's type, the elements
 *   SUM            type of the oracle's sum
 *   SAMPLE         a random T
 *   EQUAL          bool f(check *c, SUM want, T got, size_t k)
 * and takes these names back at its end. */
bool CHECK(check *c, FN *fn) {
    for (int round = 0; round < 200; round++) {
        const size_t m = 1 + check_below(9), n = 1 + check_below(80), k = check_below(40);
        const bool turn_a = check_random() % 2, turn_b = check_random() % 2;
        sdx_gemm_plain g = {.m1 = m, .n = n, .k = k};
        g.a_row = turn_a ? 1 : k + 2;
        g.a_col = turn_a ? m + 1 : 1;
        g.b_row = turn_b ? 1 : n + 3;
        g.b_col = turn_b ? k + 1 : 1;
        g.c_row = n + check_below(3);
        T *a = check_buffer(0, (m + 1) * (k + 2) * sizeof *a);
        T *b = check_buffer(1, (n + 3) * (k + 1) * sizeof *b);
        T *y = check_buffer(2, ((m - 1) * g.c_row + n) * sizeof *y);
        for (size_t i = 0; i < (m + 1) * (k + 2); i++)
            a[i] = SAMPLE();
        for (size_t i = 0; i < (n + 3) * (k + 1); i++)
            b[i] = SAMPLE();
        fn(y, a, b, &g);
        for (size_t i = 0; i < m; i++) {
            for (size_t j = 0; j < n; j++) {
                SUM want = 0;
                for (size_t p = 0; p < k; p++) {
                    want += (SUM)a[i * g.a_row + p * g.a_col] * (SUM)b[p * g.b_row + j * g.b_col];
                }
                if (!EQUAL(c, want, y[i * g.c_row + j], k)) return false;
            }
        }
        g.m0 = check_below(m);
        T *z = check_buffer(3, ((m - 1) * g.c_row + n) * sizeof *z);
        memcpy(z, y, ((m - 1) * g.c_row + n) * sizeof *z);
        fn(z, a, b, &g);
        if (!check_bits(c, y, z, ((m - 1) * g.c_row + n) * sizeof *z, "rows alone")) return false;
        if (!check_canary(c, 2)) return false;
    }
    return true;
}
#undef CHECK
#undef FN
#undef T
#undef SUM
#undef SAMPLE
#undef EQUAL
