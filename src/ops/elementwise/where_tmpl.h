/* The choice between elements of one size. Include with T and NAME(x); takes them back. */

/* Both are read: so the compiler may choose without a branch. */
static inline T NAME(pick)(uint8_t condition, T yes, T no) { return condition ? yes : no; }

/* One condition for all: a copy, or one element repeated. */
static void NAME(take)(T *dst, const T *src, size_t n, bool moves) {
    const T first = *src;
    for (size_t i = 0; i < n; i++)
        dst[i] = moves ? src[i] : first;
}

static void NAME(choose)(void *y, const uint8_t *condition, const void *a, const void *b, size_t n,
                         const bool *moves) {
    T *const dst = y;
    const T *const yes = a, *const no = b, first_yes = *yes, first_no = *no;
    if (!moves[0]) {
        const bool holds = condition[0] != 0;
        NAME(take)(dst, holds ? yes : no, n, holds ? moves[1] : moves[2]);
    } else if (moves[1] && moves[2]) {
        for (size_t i = 0; i < n; i++)
            dst[i] = NAME(pick)(condition[i], yes[i], no[i]);
    } else if (moves[1]) {
        for (size_t i = 0; i < n; i++)
            dst[i] = NAME(pick)(condition[i], yes[i], first_no);
    } else if (moves[2]) {
        for (size_t i = 0; i < n; i++)
            dst[i] = NAME(pick)(condition[i], first_yes, no[i]);
    } else {
        for (size_t i = 0; i < n; i++)
            dst[i] = NAME(pick)(condition[i], first_yes, first_no);
    }
}

#undef T
#undef NAME
