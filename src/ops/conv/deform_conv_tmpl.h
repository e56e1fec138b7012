/* Columns of a deformable convolution in one type: define T and NAME(x) first. */
#include "ops/image/weigh_tmpl.h"

/* Where tap `tap` of an offset group looks, for the outputs of a strip, and what it finds. */
static void NAME(look_up)(const job *j, const strip *s, size_t group, const size_t *tap) {
    const deform_conv *const d = j->bound;
    const sdx_window_nd *const w = &d->sizes.window;
    const T *const offsets = (const T *)j->offsets + group * w->rank * w->out_len;
    size_t at[SDX_WINDOW_MAX];
    first_output(w, s->first, at);
    for (size_t i = 0; i < s->n; i++) {
        double x[SDX_MAX_RANK];
        for (size_t k = 0; k < w->rank; k++) {
            x[k] = (double)(at[k] * w->stride[k] + tap[k] * w->dilation[k]) - (double)w->before[k] +
                   (double)offsets[k * w->out_len + s->first + i];
        }
        s->count[i] = sdx_sample(&d->sampler, x, s->points + i * d->sampler.points);
        next_index(w->rank, w->out, at);
    }
}

/* One row of the columns: a tap in one input channel. */
static void NAME(fill_row)(const job *j, const strip *s, T *row, const T *x, const T *mask) {
    const size_t points = j->bound->sampler.points;
    for (size_t i = 0; i < s->n; i++) {
        const double sum = NAME(weigh)(s->points + i * points, s->count[i], x, 1);
        row[i] = (T)(mask != NULL ? sum * (double)mask[s->first + i] : sum);
    }
}

/* All rows: channels of the strip's group, in each of which the taps. */
static void NAME(fill)(const job *j, const strip *s) {
    const deform_conv *const d = j->bound;
    const sdx_window_nd *const w = &d->sizes.window;
    const size_t first = s->group * d->sizes.in_channels, last = first + d->sizes.in_channels;
    const T *const x = (const T *)j->x + s->image * d->channels * w->in_len;
    for (size_t channel = first; channel < last;) {
        const size_t part = channel / d->part, end = (part + 1) * d->part;
        const size_t stop = end < last ? end : last;
        size_t tap[SDX_WINDOW_MAX] = {0};
        for (size_t t = 0; t < w->taps; t++) {
            const size_t at = (s->image * d->parts + part) * w->taps + t;
            const T *const mask = j->mask != NULL ? (const T *)j->mask + at * w->out_len : NULL;
            NAME(look_up)(j, s, at, tap);
            for (size_t c = channel; c < stop; c++) {
                T *const row = (T *)s->columns + ((c - first) * w->taps + t) * s->n;
                NAME(fill_row)(j, s, row, x + c * w->in_len, mask);
            }
            next_index(w->rank, w->kernel, tap);
        }
        channel = stop;
    }
}

#undef T
#undef NAME
