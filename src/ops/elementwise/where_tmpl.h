/* The choice between elements of one size. Include with T and NAME(x); takes them back. */

static void NAME(choose)(void *y, const uint8_t *condition, const void *a, const void *b, size_t n,
                         const bool *moves) {
    T *const dst = y;
    const T *const yes = a, *const no = b;
    const size_t step = moves[0], step_yes = moves[1], step_no = moves[2];
    if (step & step_yes & step_no) {
        for (size_t i = 0; i < n; i++)
            dst[i] = condition[i] ? yes[i] : no[i];
        return;
    }
    for (size_t i = 0; i < n; i++)
        dst[i] = condition[i * step] ? yes[i * step_yes] : no[i * step_no];
}

#undef T
#undef NAME
