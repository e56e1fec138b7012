/* See padding.h. The output is made row by row: a row of padding alone is filled, any other is a
 * run of a row of the source between two ends, which a table describes. Axes that nothing is added
 * to are joined with the one before them where that keeps the meaning, so that rows are long. */
#include "ops/layout/padding.h"

#include <string.h>

#include "ops/common/take.h"

enum { NONE = -1 };

typedef struct axis {
    int64_t in, out, before;
    int64_t shift;      /* places that come before those of the source */
    int64_t from, kept; /* what is left of the source: its first index, its length */
    int64_t stride;     /* of the source, in elements */
    int64_t index;      /* where the walk over the rows stands */
} axis;

typedef struct pad {
    axis axes[SDX_MAX_RANK]; /* n of them */
    size_t n, size;          /* bytes of an element */
    sdx_pad_mode mode;
    _Alignas(16) unsigned char element[16]; /* what kernels read is aligned */
    char *dst;
    const char *src;
    int64_t *ends; /* source index of each place of a row outside its run */
    sdx_take_fn *take;
    sdx_copy_fn *copy;
} pad;

size_t sdx_padding_scratch(const sdx_view *out) {
    return out->rank > 0 ? (size_t)out->dims[out->rank - 1] * sizeof(int64_t) : 0;
}

static int64_t modulo(int64_t x, int64_t n) {
    const int64_t rest = x % n;
    return rest < 0 ? rest + n : rest;
}

/* The source index at place `place` of an axis. */
static int64_t source_of(sdx_pad_mode mode, const axis *a, int64_t place) {
    const int64_t at = place - a->shift, n = a->kept;
    if (at >= 0 && at < n) return a->from + at;
    if (mode == SDX_PAD_CONSTANT) return NONE;
    if (mode == SDX_PAD_EDGE) return a->from + (at < 0 ? 0 : n - 1);
    if (mode == SDX_PAD_WRAP) return a->from + modulo(at, n);
    if (n == 1) return a->from;
    const int64_t folded = modulo(at, 2 * (n - 1));
    return a->from + (folded < n ? folded : 2 * (n - 1) - folded);
}

/* ---- what is copied, once for a run */

/* Beyond its ends an axis has nothing to remove, and nothing is added beyond the output's. */
static int64_t clamp_before(int64_t before, int64_t in, int64_t out) {
    return before < -in ? -in : before > out ? out : before;
}

static void join_axes(pad *p, const sdx_view *in, const sdx_view *out, const int64_t *before) {
    bool last_plain = false;
    for (size_t i = 0; i < out->rank; i++) {
        const bool plain = before[i] == 0 && in->dims[i] == out->dims[i];
        if (plain && p->n > 0 && (last_plain || p->mode == SDX_PAD_CONSTANT)) {
            axis *const last = &p->axes[p->n - 1];
            last->in *= in->dims[i];
            last->out *= in->dims[i];
            last->before *= in->dims[i];
        } else {
            p->axes[p->n++] = (axis){.in = in->dims[i],
                                     .out = out->dims[i],
                                     .before = clamp_before(before[i], in->dims[i], out->dims[i])};
            last_plain = plain;
        }
    }
    if (p->n == 0) p->axes[p->n++] = (axis){.in = 1, .out = 1};
}

static sdx_status measure(pad *p) {
    int64_t stride = 1;
    for (size_t i = p->n; i-- > 0;) {
        axis *const a = &p->axes[i];
        const int64_t after = a->out - a->in - a->before;
        a->shift = a->before > 0 ? a->before : 0;
        a->from = a->before < 0 ? -a->before : 0;
        a->kept = a->in - a->from + (after < 0 ? after : 0);
        if (a->kept < 0) a->kept = 0;
        if (a->kept == 0 && p->mode != SDX_PAD_CONSTANT)
            return sdx_fail(SDX_OUT_OF_RANGE,
                            "input 'pads' has %lld and %lld for an axis of %lld elements, which "
                            "has none left to repeat; use mode constant",
                            (long long)a->before, (long long)after, (long long)a->in);
        a->stride = stride;
        stride *= a->in;
    }
    return NULL;
}

static void fill_ends(pad *p) {
    const axis *const a = &p->axes[p->n - 1];
    if (p->mode == SDX_PAD_CONSTANT) return;
    for (int64_t i = 0; i < a->shift && i < a->out; i++)
        p->ends[i] = source_of(p->mode, a, i);
    for (int64_t i = a->shift + a->kept; i < a->out; i++)
        p->ends[i] = source_of(p->mode, a, i);
}

/* ---- rows */

static void copy_end(const pad *p, char *dst, const char *row, int64_t first, int64_t n) {
    if (n <= 0) return;
    char *const to = dst + (size_t)first * p->size;
    if (p->mode == SDX_PAD_CONSTANT)
        p->copy(to, 1, p->element, 0, (size_t)n);
    else
        p->take(to, row, p->ends + first, 1, 0, (size_t)n);
}

static void copy_row(const pad *p, char *dst, const char *row) {
    const axis *const a = &p->axes[p->n - 1];
    const int64_t first = a->shift < a->out ? a->shift : a->out;
    const int64_t len = a->kept < a->out - first ? a->kept : a->out - first;
    copy_end(p, dst, row, 0, first);
    if (len > 0)
        memcpy(dst + (size_t)first * p->size, row + (size_t)a->from * p->size,
               (size_t)len * p->size);
    copy_end(p, dst, row, first + len, a->out - first - len);
}

/* Where the row begins that the outer axes stand at; NONE for one of padding alone. */
static int64_t row_of(const pad *p, const axis *axes) {
    int64_t at = 0;
    for (size_t i = 0; i + 1 < p->n; i++) {
        const int64_t index = source_of(p->mode, &axes[i], axes[i].index);
        if (index == NONE) return NONE;
        at += index * axes[i].stride;
    }
    return at;
}

static void next_row(axis *axes, size_t n) {
    for (size_t i = n - 1; i-- > 0;) {
        if (++axes[i].index < axes[i].out) return;
        axes[i].index = 0;
    }
}

static void copy_rows(void *arg, size_t begin, size_t end, unsigned lane) {
    const pad *const p = arg;
    const size_t row = (size_t)p->axes[p->n - 1].out;
    axis axes[SDX_MAX_RANK];
    (void)lane;
    memcpy(axes, p->axes, sizeof axes);
    for (size_t i = p->n - 1, rest = begin; i-- > 0;) {
        axes[i].index = (int64_t)(rest % (size_t)axes[i].out);
        rest /= (size_t)axes[i].out;
    }
    for (size_t r = begin; r < end; r++) {
        char *const dst = p->dst + r * row * p->size;
        const int64_t at = row_of(p, axes);
        if (at == NONE)
            p->copy(dst, 1, p->element, 0, row);
        else
            copy_row(p, dst, p->src + (size_t)at * p->size);
        next_row(axes, p->n);
    }
}

sdx_status sdx_padding_copy(const sdx_call *c, const sdx_padding *padding) {
    const sdx_view *const in = c->in[0], *const out = c->out[0];
    const size_t size = sdx_dtype_size(out->dtype);
    pad p = {
        .size = size,
        .mode = padding->mode,
        .dst = out->data,
        .src = in->data,
        .ends = c->scratch,
        .take = sdx_take_of(size),
        .copy = sdx_copy_of(size),
    };
    if (out->len == 0) return NULL;
    if (padding->element) memcpy(p.element, padding->element, size);
    join_axes(&p, in, out, padding->before);
    SDX_TRY(measure(&p));
    fill_ends(&p);
    const size_t row = (size_t)p.axes[p.n - 1].out;
    sdx_call_for(c, out->len / row, sdx_grain(row * size / 4 + 1), copy_rows, &p);
    return NULL;
}
