/* Pooling in one type: define T, NAME(x), LOWEST (what every element is at least) and IS_NAN(x)
 * first. */

/* The maximum and where it is first found; a NaN beats all. */
static T NAME(max)(const T *x, const seen *s, size_t *at) {
    lines walk = first_line(s);
    T best = LOWEST;
    *at = s->empty ? 0 : walk.offset;
    for (; !walk.done; next_line(&walk)) {
        size_t i = walk.offset;
        for (size_t n = 0; n < s->run; n++, i += s->step) {
            if (!(x[i] > best) && !IS_NAN(x[i])) continue;
            best = x[i];
            *at = i;
            if (IS_NAN(best)) return best;
        }
    }
    return best;
}

#ifdef SUMS
static T NAME(sum)(const T *x, const seen *s) {
    T sum = 0;
    for (lines walk = first_line(s); !walk.done; next_line(&walk)) {
        size_t i = walk.offset;
        for (size_t n = 0; n < s->run; n++, i += s->step)
            sum += x[i];
    }
    return sum;
}

static T NAME(norm)(const T *x, const seen *s, double p) {
    double sum = 0;
    for (lines walk = first_line(s); !walk.done; next_line(&walk)) {
        size_t i = walk.offset;
        for (size_t n = 0; n < s->run; n++, i += s->step) {
            const double size = fabs((double)x[i]);
            sum += p == 1.0 ? size : p == 2.0 ? size * size : pow(size, p);
        }
    }
    return (T)(p == 1.0 ? sum : p == 2.0 ? sqrt(sum) : pow(sum, 1.0 / p));
}
#endif

static void NAME(planes)(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const pool *const p = j->pool;
    const sdx_window_nd *const w = &p->window;
    (void)lane;
    for (size_t plane = begin; plane < end; plane++) {
        const T *const x = plane_at(j, plane, sizeof *x);
        T *const y = (T *)j->y + plane * w->out_len;
        size_t place[SDX_WINDOW_MAX] = {0};
        for (size_t o = 0; o < w->out_len; o++, next_index(w->rank, w->out, place)) {
            size_t at;
            const seen s = look(w, place);
#ifdef SUMS
            if (p->kind == POOL_AVERAGE)
                y[o] = NAME(sum)(x, &s) / (T)(p->count_padding ? s.padded : s.inputs);
            if (p->kind == POOL_NORM) y[o] = NAME(norm)(x, &s, p->p);
#endif
            if (p->kind != POOL_MAX) continue;
            y[o] = NAME(max)(x, &s, &at);
            if (j->indices != NULL) j->indices[plane * w->out_len + o] = index_of(p, plane, at);
        }
    }
}

#undef T
#undef NAME
#undef LOWEST
#undef IS_NAN
