/* See spectrum.h. */
#include "ops/signal/spectrum.h"

#include <string.h>

#include "ops/signal/fourier.h"

#define LOAD load_f32
#define STORE store_f32
#define T float
#include "ops/signal/spectrum_tmpl.h"
#define LOAD load_f64
#define STORE store_f64
#define T double
#include "ops/signal/spectrum_tmpl.h"

typedef struct job {
    const sdx_spectrum *s;
    const sdx_fourier *fourier;
    void (*load)(double *row, const sdx_spectrum *s, const void *src, const void *window);
    void (*store)(void *dst, const sdx_spectrum *s, const double *row, double scale);
    const char *src;
    const void *window;
    char *dst;
    double *lanes; /* a row and its work for each lane */
    size_t lane_size;
    size_t element; /* bytes */
} job;

/* The other half of the spectrum of a real signal. */
static void mirror(double *row, size_t n) {
    for (size_t k = n / 2 + 1; k < n; k++) {
        row[2 * k] = row[2 * (n - k)];
        row[2 * k + 1] = -row[2 * (n - k) + 1];
    }
}

/* The inverse transform is the forward one of conjugates, conjugated and divided by n. */
static void negate(double *row, size_t n) {
    for (size_t k = 0; k < n; k++)
        row[2 * k + 1] = -row[2 * k + 1];
}

static void rows_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const sdx_spectrum *const s = j->s;
    double *const row = j->lanes + lane * j->lane_size, *const work = row + 2 * s->n;
    for (size_t r = begin; r < end; r++) {
        const size_t outer = r / s->inner, beside = r % s->inner;
        const size_t from = outer * s->src.outer + beside * s->src.beside;
        const size_t to = outer * s->dst.outer + beside * s->dst.beside;
        j->load(row, s, j->src + from * j->element, j->window);
        memset(row + 2 * s->src.count, 0, 2 * (s->n - s->src.count) * sizeof *row);
        if (s->mirrored) mirror(row, s->n);
        if (s->inverse) negate(row, s->n);
        sdx_fourier_run(j->fourier, row, work);
        if (s->inverse) negate(row, s->n);
        j->store(j->dst + to * j->element, s, row, s->inverse ? 1.0 / (double)s->n : 1.0);
    }
}

/* Tables and the lanes' rows, in one piece. */
static sdx_status find_memory(const sdx_call *c, const sdx_fourier *f, job *j, double **tables) {
    const size_t lane_size = 2 * f->n + sdx_fourier_work(f);
    size_t size, bytes;
    void *memory;
    if (!sdx_mul_size(c->lanes, lane_size, &size) ||
        !sdx_add_size(size, sdx_fourier_tables(f), &size) ||
        !sdx_mul_size(size, sizeof(double), &bytes))
        return sdx_fail(SDX_LIMIT, "a transform of %zu samples is longer than memory can hold",
                        f->n);
    SDX_TRY(sdx_call_scratch(c, bytes, &memory));
    j->lane_size = lane_size;
    j->lanes = memory;
    *tables = j->lanes + c->lanes * lane_size;
    return NULL;
}

sdx_status sdx_spectrum_run(const sdx_call *c, const sdx_spectrum *s, const sdx_view *window) {
    const bool single = c->in[0]->dtype == SDX_FLOAT32;
    sdx_fourier fourier;
    double *tables;
    job j = {.s = s,
             .fourier = &fourier,
             .load = single ? load_f32 : load_f64,
             .store = single ? store_f32 : store_f64,
             .src = c->in[0]->data,
             .window = window ? window->data : NULL,
             .dst = c->out[0]->data,
             .element = sdx_dtype_size(c->in[0]->dtype)};
    SDX_TRY(sdx_fourier_init(&fourier, s->n));
    SDX_TRY(find_memory(c, &fourier, &j, &tables));
    sdx_fourier_fill(&fourier, tables, j.lanes);
    /* About two dozen operations a sample: some ten stages of pairs. */
    sdx_call_for(c, s->rows, sdx_grain(24 * fourier.m), rows_chunk, &j);
    return NULL;
}

sdx_dim sdx_spectrum_half(sdx_dims *dims, sdx_dim n) {
    return sdx_dim_add(dims, sdx_dim_div(dims, n, 2), 1);
}

sdx_status sdx_spectrum_check(const sdx_infer *in, const char *name, bool real, bool complex_) {
    const sdx_fact *const x = &in->in[0];
    const sdx_dim parts = x->rank > 1 ? x->dims[x->rank - 1] : 0;
    const bool fits = (real && parts == 1) || (complex_ && parts == 2);
    if (fits || (x->rank > 1 && !sdx_dim_is_number(parts))) return NULL;
    char text[256];
    const char *const expected = real && complex_ ? "1 or 2" : real ? "1" : "2";
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "input '%s' has shape %s, expected %s as last dim: the parts of a sample", name,
                    sdx_infer_shape_text(in, 0, text, sizeof text), expected);
}
