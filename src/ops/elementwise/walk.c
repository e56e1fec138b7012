/* See walk.h. Runs are cut into segments, so that one long run is shared as well as many short
 * ones; positions follow from the index of a segment once for each chunk and are counted up from
 * there. */
#include "ops/elementwise/walk.h"

enum { SEGMENT = 8192 }; /* elements of a run at a time */

/* ---- binding */

/* Whether dims `outer` and `inner`, neighbours, are one for all inputs. */
static bool joins(const sdx_walk *w, size_t outer, size_t inner) {
    for (size_t k = 0; k < w->n_inputs; k++)
        if (w->strides[k][outer] != w->strides[k][inner] * w->dims[inner]) return false;
    return true;
}

static void move_dim(sdx_walk *w, size_t to, size_t from) {
    w->dims[to] = w->dims[from];
    for (size_t k = 0; k < w->n_inputs; k++)
        w->strides[k][to] = w->strides[k][from];
}

/* Leaves out dims of 1 and joins those that follow each other in all inputs. */
static void collapse(sdx_walk *w) {
    size_t rank = 0;
    for (size_t i = 0; i < w->rank; i++) {
        if (w->dims[i] == 1) continue;
        if (rank > 0 && joins(w, rank - 1, i)) {
            const int64_t outer = w->dims[rank - 1];
            move_dim(w, rank - 1, i);
            w->dims[rank - 1] *= outer;
        } else {
            move_dim(w, rank++, i);
        }
    }
    w->rank = rank;
}

void sdx_walk_init(sdx_walk *w, const sdx_view *out, const sdx_view *const *in, size_t n) {
    w->n_inputs = n;
    w->rank = out->rank;
    for (size_t i = 0; i < out->rank; i++)
        w->dims[i] = out->dims[i];
    for (size_t k = 0; k < n; k++) {
        sdx_broadcast_strides(in[k], out->rank, w->strides[k]);
        w->moves[k] = false;
    }
    w->run = 1;
    w->rows = 0;
    if (out->len == 0) return;
    collapse(w);
    bool any = false;
    for (size_t k = 0; k < n && w->rank > 0; k++) {
        w->moves[k] = w->strides[k][w->rank - 1] != 0;
        any = any || w->moves[k];
    }
    if (any) w->run = (size_t)w->dims[--w->rank];
    w->rows = out->len / w->run;
}

const char *sdx_walk_how(const sdx_walk *w) {
    bool all = true;
    for (size_t k = 0; k < w->n_inputs; k++) {
        all = all && w->moves[k];
    }
    if (w->rank == 0 && all) return "one run: all inputs have the output's shape";
    if (w->rank == 0) return "one run: an input is one number for all of it";
    return all ? "runs of the last dimensions: an input is repeated along the outer ones"
               : "runs of the last dimensions: an input is one number along each";
}

/* ---- running */

typedef struct job {
    const sdx_walk *w;
    sdx_walk_fn *fn;
    void *arg;
    size_t segments; /* of a run */
} job;

/* Where a run begins: its index in each dim, its place in each input. */
typedef struct place {
    int64_t at[SDX_MAX_RANK];
    size_t in[SDX_WALK_INPUTS];
} place;

static place place_of(const sdx_walk *w, size_t row) {
    place p = {.in = {0}};
    for (size_t i = w->rank; i-- > 0;) {
        p.at[i] = (int64_t)(row % (size_t)w->dims[i]);
        row /= (size_t)w->dims[i];
        for (size_t k = 0; k < w->n_inputs; k++)
            p.in[k] += (size_t)(p.at[i] * w->strides[k][i]);
    }
    return p;
}

static void next_row(const sdx_walk *w, place *p) {
    for (size_t i = w->rank; i-- > 0;) {
        const bool carry = ++p->at[i] == w->dims[i];
        const int64_t steps = carry ? 1 - w->dims[i] : 1;
        for (size_t k = 0; k < w->n_inputs; k++)
            p->in[k] += (size_t)(steps * w->strides[k][i]);
        if (!carry) return;
        p->at[i] = 0;
    }
}

/* Items are segments. */
static void walk_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const sdx_walk *const w = j->w;
    size_t row = begin / j->segments, segment = begin % j->segments;
    place p = place_of(w, row);
    (void)lane;
    for (size_t item = begin; item < end; item++) {
        const size_t first = segment * SEGMENT;
        const size_t n = w->run - first < SEGMENT ? w->run - first : SEGMENT;
        size_t in[SDX_WALK_INPUTS];
        for (size_t k = 0; k < w->n_inputs; k++)
            in[k] = p.in[k] + (w->moves[k] ? first : 0);
        j->fn(j->arg, row * w->run + first, in, n);
        if (++segment < j->segments) continue;
        segment = 0;
        row++;
        next_row(w, &p);
    }
}

void sdx_walk_run(const sdx_call *c, const sdx_walk *w, size_t work, sdx_walk_fn *fn, void *arg) {
    if (w->rows == 0) return;
    job j = {.w = w, .fn = fn, .arg = arg, .segments = (w->run + SEGMENT - 1) / SEGMENT};
    const size_t n = w->run < SEGMENT ? w->run : SEGMENT;
    sdx_call_for(c, w->rows * j.segments, sdx_grain(n * work), walk_chunk, &j);
}
