/* Columns added to where they were seen, the reverse of im2col: define T and NAME(x) first. */

static void NAME(add_run)(T *y, const T *src, ptrdiff_t at, const sdx_columns *c, size_t n) {
    const size_t last = c->window->rank - 1;
    const ptrdiff_t in = (ptrdiff_t)c->window->in[last];
    const ptrdiff_t stride = (ptrdiff_t)c->window->stride[last];
    size_t i = 0;
    for (; i < n && at < 0; i++, at += stride) {
    }
    for (; i < n && at < in; i++, at += stride)
        y[at] += src[i];
}

static void NAME(add)(T *y, const T *src, const sdx_columns *c, const size_t *place, size_t n) {
    const sdx_window_nd *const w = c->window;
    const size_t last = w->rank - 1;
    for (size_t channel = 0; channel < c->channels; channel++, y += w->in_len) {
        size_t tap[SDX_WINDOW_MAX] = {0};
        for (size_t t = 0; t < w->taps; t++, src += c->row) {
            size_t offset;
            const bool inside = outer_offset(w, place, tap, &offset);
            const ptrdiff_t at = line_start(w, last, place, tap);
            if (inside) NAME(add_run)(y + offset, src, at, c, n);
            next_index(w->rank, w->kernel, tap);
        }
    }
}

static void NAME(add_columns)(void *to, const void *from, const sdx_columns *c) {
    const T *src = from;
    for (size_t col = c->first, n; col < c->first + c->n; col += n, src += n) {
        size_t place[SDX_WINDOW_MAX];
        n = run_at(c, col, place);
        NAME(add)(to, src, c, place, n);
    }
}

#undef T
#undef NAME
