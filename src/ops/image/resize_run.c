/* Resizing: nearest picks elements by one map an axis; linear and cubic go axis by axis, the last
 * one first, in float32 where the tensor is that and in float64 otherwise. */
#include <math.h>
#include <string.h>

#include "ops/image/pick.h"
#include "ops/image/resize.h"

/* ---- axes */

static double list_at(const sdx_view *list, size_t i, double other) {
    return list != NULL && i < list->len ? sdx_view_double(list, i) : other;
}

double sdx_resize_aspect(const sdx_resize_request *r, const int64_t *in) {
    double scale = 0;
    for (size_t i = 0; i < r->n; i++) {
        const double own = (double)r->sizes[i] / (double)in[r->axes[i]];
        if (i == 0 || (r->aspect < 0 ? own < scale : own > scale)) scale = own;
    }
    return scale;
}

/* One for each dim of the tensor; those that nobody asked for stay as they are. */
static void find_axes(const sdx_resize_request *r, const sdx_view *in, const sdx_view *out,
                      sdx_resize_axis *axes) {
    for (size_t d = 0; d < in->rank; d++) {
        axes[d] = (sdx_resize_axis){
            .in = (size_t)in->dims[d], .out = (size_t)out->dims[d], .scale = 1, .end = 1};
    }
    const double aspect = r->aspect != 0 && r->has_sizes ? sdx_resize_aspect(r, in->dims) : 0;
    for (size_t i = 0; i < r->n; i++) {
        sdx_resize_axis *const axis = &axes[r->axes[i]];
        axis->scale = !r->has_sizes ? list_at(r->scales, i, 1)
                      : aspect > 0  ? aspect
                                    : (double)axis->out / (double)axis->in;
        axis->start = list_at(r->roi, i, 0);
        axis->end = list_at(r->roi, r->n + i, 1);
    }
}

/* ---- scratch: pieces cut from one block; with base NULL the pieces are only counted */

typedef struct pieces {
    char *base;
    size_t used;
    bool overflow;
} pieces;

static void *take(pieces *p, size_t n, size_t size) {
    size_t bytes, at = p->used;
    if (!sdx_mul_size(n, size, &bytes) || !sdx_round_up(bytes, 64, &bytes) ||
        !sdx_add_size(p->used, bytes, &p->used))
        p->overflow = true;
    return p->base != NULL ? p->base + at : NULL;
}

/* ---- nearest */

typedef struct nearest {
    const ptrdiff_t *maps[SDX_MAX_RANK];
    const sdx_resize_axis *axes;
    size_t last;  /* the last axis that changes: lines run along it */
    size_t inner; /* bytes behind it, copied at once */
    size_t size;  /* of an element */
    const char *x;
    char *y;
    const char *fill; /* an element: what lies outside a cropped region */
} nearest;

static void fill_line(const nearest *n, char *y, size_t bytes) {
    for (size_t i = 0; i < bytes; i += n->size) {
        memcpy(y + i, n->fill, n->size);
    }
}

/* The line of inputs of line `row` of outputs; -1: outside. */
static ptrdiff_t source_of(const nearest *n, size_t row) {
    size_t place[SDX_MAX_RANK];
    for (size_t d = n->last; d-- > 0;) {
        place[d] = row % n->axes[d].out;
        row /= n->axes[d].out;
    }
    ptrdiff_t source = 0;
    for (size_t d = 0; d < n->last; d++) {
        const ptrdiff_t at = n->maps[d][place[d]];
        if (at < 0) return -1;
        source = source * (ptrdiff_t)n->axes[d].in + at;
    }
    return source;
}

static void pick_line(const nearest *n, const char *x, char *y) {
    const sdx_resize_axis *const axis = &n->axes[n->last];
    const ptrdiff_t *const map = n->maps[n->last];
    if (n->inner == n->size) {
        sdx_pick_of(n->size)(y, x, map, axis->out, n->fill);
        return;
    }
    for (size_t i = 0; i < axis->out; i++, y += n->inner) {
        if (map[i] < 0)
            fill_line(n, y, n->inner);
        else
            memcpy(y, x + (size_t)map[i] * n->inner, n->inner);
    }
}

/* Lines that are made of the same inputs as the one before are copied from it. */
static void nearest_lines(void *arg, size_t begin, size_t end, unsigned lane) {
    const nearest *const n = arg;
    const sdx_resize_axis *const axis = &n->axes[n->last];
    const size_t line = axis->out * n->inner;
    ptrdiff_t before = -1;
    (void)lane;
    for (size_t row = begin; row < end; row++) {
        char *const y = n->y + row * line;
        const ptrdiff_t source = source_of(n, row);
        if (source < 0)
            fill_line(n, y, line);
        else if (source == before)
            memcpy(y, y - line, line);
        else
            pick_line(n, n->x + (size_t)source * axis->in * n->inner, y);
        before = source;
    }
}

static void map_axis(const sdx_resize_rules *rules, const sdx_resize_axis *axis, ptrdiff_t *map) {
    const bool keep = sdx_resize_keeps(rules, axis);
    for (size_t i = 0; i < axis->out; i++) {
        double x;
        map[i] = keep ? (ptrdiff_t)i
                 : sdx_resize_place(rules, axis, i, &x)
                     ? (ptrdiff_t)sdx_resize_nearest(rules, axis, x)
                     : -1;
    }
}

static void run_nearest(const sdx_call *c, const sdx_resize_request *r, const sdx_view *in,
                        sdx_view *out, const sdx_resize_axis *axes, pieces *scratch) {
    nearest n = {.axes = axes, .size = sdx_dtype_size(in->dtype), .x = in->data};
    char fill[16] = {0};
    sdx_view element = {.data = fill, .len = 1, .dtype = in->dtype};
    for (size_t d = 0; d < in->rank; d++) {
        ptrdiff_t *const map = take(scratch, axes[d].out, sizeof *map);
        n.maps[d] = map;
        if (map != NULL) map_axis(&r->rules, &axes[d], map);
        if (!sdx_resize_keeps(&r->rules, &axes[d])) n.last = d;
    }
    if (c == NULL) return;
    const sdx_dtype_kind kind = sdx_dtype_kind_of(in->dtype);
    if (kind != SDX_KIND_STRING && kind != SDX_KIND_COMPLEX)
        sdx_view_set_double(&element, 0, r->extrapolation);
    n.fill = fill;
    n.y = out->data;
    n.inner = n.size * sdx_view_count(out, n.last + 1, out->rank);
    const size_t line = axes[n.last].out * n.inner;
    sdx_call_for(c, out->len * n.size / line, sdx_grain(line / n.size), nearest_lines, &n);
}

/* ---- linear and cubic */

typedef struct pass {
    const sdx_resize_axis *axis;
    size_t inner; /* elements behind the axis */
    size_t taps;
    size_t *inputs;
    double *weights;
    bool *outside;
    double extrapolation;
    const void *x;
    void *y;
} pass;

#define T float
#define NAME(x) x##_f32
#include "ops/image/resize_tmpl.h"
#define T double
#define NAME(x) x##_f64
#include "ops/image/resize_tmpl.h"

static void weigh_axis(const sdx_resize_rules *rules, pass *p) {
    for (size_t i = 0; i < p->axis->out; i++) {
        size_t *const inputs = p->inputs + i * p->taps;
        double x, *const weights = p->weights + i * p->taps;
        p->outside[i] = !sdx_resize_place(rules, p->axis, i, &x);
        sdx_resize_weigh(rules, p->axis, p->outside[i] ? 0 : x, p->taps, inputs, weights);
        for (size_t k = 0; k < p->taps && p->outside[i]; k++) {
            weights[k] = 0;
        }
    }
}

typedef struct convert_job {
    const sdx_view *from;
    sdx_view *to;
    double *wide;
    bool whole; /* the target is no float */
} convert_job;

static void widen(void *arg, size_t begin, size_t end, unsigned lane) {
    const convert_job *const j = arg;
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        j->wide[i] = sdx_view_double(j->from, i);
    }
}

/* Integers are rounded to the nearest, halves to even. */
static void narrow(void *arg, size_t begin, size_t end, unsigned lane) {
    const convert_job *const j = arg;
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        sdx_view_set_double(j->to, i, j->whole ? nearbyint(j->wide[i]) : j->wide[i]);
    }
}

/* One axis: shape `dims` with dims[d] inputs becomes the same with as many outputs. */
static void run_pass(const sdx_call *c, const sdx_resize_request *r, const sdx_resize_axis *axis,
                     const size_t *dims, size_t rank, size_t d, pass *p, pieces *scratch,
                     bool wide) {
    size_t outer = 1;
    p->axis = axis;
    p->taps = sdx_resize_taps(&r->rules, axis);
    p->extrapolation = r->extrapolation;
    p->inner = 1;
    for (size_t i = 0; i < d; i++) {
        outer *= dims[i];
    }
    for (size_t i = d + 1; i < rank; i++) {
        p->inner *= dims[i];
    }
    size_t weights = 0;
    if (!sdx_mul_size(axis->out, p->taps, &weights)) scratch->overflow = true;
    p->inputs = take(scratch, weights, sizeof *p->inputs);
    p->weights = take(scratch, weights, sizeof *p->weights);
    p->outside = take(scratch, axis->out, sizeof *p->outside);
    if (c == NULL) return;
    weigh_axis(&r->rules, p);
    sdx_call_for(c, outer * axis->out, sdx_grain(p->inner * p->taps), wide ? lines_f64 : lines_f32,
                 p);
}

/* The last axis first: the lines of the others, which are added up whole, are longest then. */
static void run_passes(const sdx_call *c, const sdx_resize_request *r, const sdx_view *in,
                       sdx_view *out, const sdx_resize_axis *axes, pieces *scratch) {
    const bool direct = in->dtype == SDX_FLOAT32 || in->dtype == SDX_FLOAT64;
    const bool wide = in->dtype != SDX_FLOAT32;
    const size_t size = wide ? sizeof(double) : sizeof(float);
    const bool whole = sdx_dtype_kind_of(in->dtype) != SDX_KIND_FLOAT;
    size_t dims[SDX_MAX_RANK], left = 0, len = in->len;
    convert_job job = {.from = in, .to = out, .whole = whole};
    const void *x = in->data;
    for (size_t d = 0; d < in->rank; d++) {
        dims[d] = (size_t)in->dims[d];
        left += !sdx_resize_keeps(&r->rules, &axes[d]);
    }
    if (!direct) {
        x = job.wide = take(scratch, in->len, sizeof(double));
        if (c != NULL) sdx_call_for(c, in->len, sdx_grain(4), widen, &job);
    }
    for (size_t d = in->rank; d-- > 0;) {
        if (sdx_resize_keeps(&r->rules, &axes[d])) continue;
        len = len / axes[d].in;
        if (!sdx_mul_size(len, axes[d].out, &len)) scratch->overflow = true;
        const bool into_output = --left == 0 && direct;
        void *const y = into_output ? (c != NULL ? out->data : NULL) : take(scratch, len, size);
        pass p = {.x = x, .y = y};
        run_pass(c, r, &axes[d], dims, in->rank, d, &p, scratch, wide);
        dims[d] = axes[d].out;
        x = y;
    }
    if (c == NULL || direct) return;
    job.wide = (double *)(uintptr_t)x;
    sdx_call_for(c, out->len, sdx_grain(4), narrow, &job);
}

/* ---- both */

static void resize(const sdx_call *c, const sdx_resize_request *r, const sdx_view *in,
                   sdx_view *out, const sdx_resize_axis *axes, pieces *scratch) {
    if (r->rules.mode == SDX_RESIZE_NEAREST)
        run_nearest(c, r, in, out, axes, scratch);
    else
        run_passes(c, r, in, out, axes, scratch);
}

static bool keeps_all(const sdx_resize_request *r, const sdx_resize_axis *axes, size_t rank) {
    for (size_t d = 0; d < rank; d++) {
        if (!sdx_resize_keeps(&r->rules, &axes[d])) return false;
    }
    return true;
}

sdx_status sdx_resize_scratch(const sdx_resize_request *r, const sdx_view *in, const sdx_view *out,
                              size_t *size) {
    sdx_resize_axis axes[SDX_MAX_RANK];
    pieces count = {0};
    sdx_view shape = *out;
    *size = 0;
    if (in->len == 0 || out->len == 0) return NULL;
    find_axes(r, in, out, axes);
    if (keeps_all(r, axes, in->rank)) return NULL;
    resize(NULL, r, in, &shape, axes, &count);
    if (count.overflow) return sdx_fail(SDX_LIMIT, "found scratch beyond the address space");
    *size = count.used;
    return NULL;
}

sdx_status sdx_resize_run(const sdx_call *c, const sdx_resize_request *r, size_t bound,
                          const sdx_view *in, sdx_view *out) {
    sdx_resize_axis axes[SDX_MAX_RANK];
    size_t needed;
    void *block = c->scratch;
    if (out->len == 0) return NULL;
    find_axes(r, in, out, axes);
    if (keeps_all(r, axes, in->rank)) {
        memcpy(out->data, in->data, sdx_view_bytes(out));
        return NULL;
    }
    SDX_TRY(sdx_resize_scratch(r, in, out, &needed));
    if (needed > bound) SDX_TRY(sdx_call_scratch(c, needed, &block));
    pieces scratch = {.base = block};
    resize(c, r, in, out, axes, &scratch);
    return NULL;
}
