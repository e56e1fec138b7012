/* Template: one binary map of a plain type, in its three forms; the compiler makes vectors of the
 * loops. Included with
 *   NAME      add_i32, for SDX_KERNEL(add_i32)
 *   T, OUT    type of the operands and of the result
 *   F         a function OUT F(T a, T b)
 * and takes these names back at its end. In place only element by element, so restrict is not used.
 */
void SDX_KERNEL(NAME)(OUT *y, const T *a, const T *b, size_t n, sdx_form form) {
    if (n == 0) return;
    if (form == SDX_FORM_VV) {
        for (size_t i = 0; i < n; i++)
            y[i] = F(a[i], b[i]);
    } else if (form == SDX_FORM_VS) {
        const T one = *b;
        for (size_t i = 0; i < n; i++)
            y[i] = F(a[i], one);
    } else {
        const T one = *a;
        for (size_t i = 0; i < n; i++)
            y[i] = F(one, b[i]);
    }
}
#undef NAME
#undef T
#undef OUT
#undef F
