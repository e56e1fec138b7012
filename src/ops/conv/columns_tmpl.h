/* Columns of the im2col matrix for elements of one size: define T and NAME(x) first. */

/* One run of outputs along the last dim, for the tap whose inputs begin at x[at]. */
static void NAME(copy_run)(T *dst, const T *x, ptrdiff_t at, const sdx_columns *c, size_t n,
                           T fill) {
    const size_t last = c->window->rank - 1;
    const ptrdiff_t in = (ptrdiff_t)c->window->in[last];
    const ptrdiff_t stride = (ptrdiff_t)c->window->stride[last];
    size_t i = 0;
    for (; i < n && at < 0; i++, at += stride)
        dst[i] = fill;
    for (; i < n && at < in; i++, at += stride)
        dst[i] = x[at];
    for (; i < n; i++)
        dst[i] = fill;
}

/* All taps of all channels for `n` outputs at `place`, whose last index is the run's first. */
static void NAME(one_run)(T *dst, const T *x, const sdx_columns *c, const size_t *place, size_t n,
                          T fill) {
    const sdx_window_nd *const w = c->window;
    const size_t last = w->rank - 1;
    for (size_t channel = 0; channel < c->channels; channel++, x += w->in_len) {
        size_t tap[SDX_WINDOW_MAX] = {0};
        for (size_t t = 0; t < w->taps; t++, dst += c->row) {
            size_t offset;
            const bool inside = outer_offset(w, place, tap, &offset);
            const ptrdiff_t at = line_start(w, last, place, tap);
            NAME(copy_run)(dst, x + offset, inside ? at : (ptrdiff_t)w->in[last], c, n, fill);
            next_index(w->rank, w->kernel, tap);
        }
    }
}

static void NAME(columns)(void *to, const void *from, const sdx_columns *c) {
    T *dst = to, fill;
    memcpy(&fill, c->fill, sizeof fill);
    for (size_t col = c->first, n; col < c->first + c->n; col += n, dst += n) {
        size_t place[SDX_WINDOW_MAX];
        n = run_at(c, col, place);
        NAME(one_run)(dst, from, c, place, n, fill);
    }
}

#undef T
#undef NAME
