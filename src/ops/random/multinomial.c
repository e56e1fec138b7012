/* Multinomial: classes drawn by their probabilities, of which the input has the logarithms, up to a
 * constant. A draw is a place on the running sum of a row, found by halving. */
#include <math.h>

#include "ops/random/stream.h"

enum { DTYPE, SEED, SAMPLE_SIZE };

static const sdx_port inputs[] = {{.name = "input", .var = "T1", .types = SDX_T_FLOATS}};
static const sdx_port outputs[] = {{.name = "output", .var = "T2", .types = SDX_T_INDEX}};
static const sdx_attr_def attrs[] = {
    [DTYPE] = SDX_ATTR_I("dtype", SDX_INT32),
    [SEED] = SDX_ATTR_OPT("seed", SDX_ATTR_FLOAT),
    [SAMPLE_SIZE] = SDX_ATTR_I("sample_size", 1),
};

static sdx_status infer(sdx_infer *in) {
    const int64_t samples = sdx_node_int(in->node, SAMPLE_SIZE);
    SDX_TRY(sdx_random_dtype(in, DTYPE, SDX_T_INDEX));
    SDX_TRY(sdx_infer_want_rank(in, 0, 2));
    if (samples < 0 || samples > INT32_MAX)
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'sample_size' is %lld, expected 0 to %d",
                        (long long)samples, INT32_MAX);
    if (!sdx_infer_ranked(in, 0)) return NULL;
    const sdx_dim dims[] = {in->in[0].dims[0], samples};
    return sdx_infer_set_shape(in, 0, 2, dims);
}

static sdx_status bind(sdx_bind *b) {
    const sdx_view *const x = b->in[0];
    if (x->len > 0 && !sdx_mul_size((size_t)x->dims[1] * sizeof(double), b->lanes, &b->scratch))
        return sdx_fail(SDX_LIMIT, "found %lld classes, too many", (long long)x->dims[1]);
    return NULL;
}

typedef struct job {
    sdx_stream stream;
    const sdx_view *x;
    sdx_view *y;
    double *sums; /* for each lane: the running sum of a row */
} job;

static double largest(const sdx_view *x, size_t row) {
    const size_t n = (size_t)x->dims[1];
    double best = -(double)INFINITY;
    for (size_t i = 0; i < n; i++) {
        const double at = sdx_view_double(x, row * n + i);
        if (isnan(at)) return at;
        if (at > best) best = at;
    }
    return best;
}

static double sum_up(const job *j, size_t row, double *sums) {
    const size_t n = (size_t)j->x->dims[1];
    const double top = largest(j->x, row);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += exp(sdx_view_double(j->x, row * n + i) - top);
        sums[i] = sum;
    }
    return sum;
}

/* The first class whose running sum is beyond x, or is all: then x was rounded up to that. */
static size_t find(const double *sums, size_t n, double x) {
    size_t low = 0, high = n - 1;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (sums[middle] > x || sums[middle] == sums[n - 1])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void rows(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const size_t n = (size_t)j->x->dims[1], samples = (size_t)j->y->dims[1];
    double *const sums = j->sums + lane * n;
    sdx_view y = *j->y;
    for (size_t row = begin; row < end; row++) {
        const double sum = sum_up(j, row, sums);
        for (size_t s = row * samples; s < (row + 1) * samples; s++) {
            double units[2];
            sdx_stream_units(&j->stream, s / 2, units);
            sdx_view_set_double(&y, s, (double)find(sums, n, units[s % 2] * sum));
        }
    }
}

static sdx_status run(const sdx_call *c) {
    job j = {.stream = sdx_stream_of(c, SEED), .x = c->in[0], .y = c->out[0], .sums = c->scratch};
    if (j.y->len == 0) return NULL;
    for (size_t row = 0; row < (size_t)j.x->dims[0]; row++) {
        const double top = largest(j.x, row);
        if (!isfinite(top))
            return sdx_fail(SDX_OUT_OF_RANGE,
                            "input 'input', row %zu: the largest logarithm is %g, expected a "
                            "finite one",
                            row, top);
    }
    const size_t work = (size_t)j.x->dims[1] * 20 + (size_t)j.y->dims[1] * 60;
    sdx_call_for(c, (size_t)j.x->dims[0], sdx_grain(work), rows, &j);
    return NULL;
}

const sdx_op sdx_op_multinomial = {
    .name = "Multinomial",
    .domain = "",
    .since = 7,
    .newest = 22,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_RANDOM,
    .infer = infer,
    .bind = bind,
    .run = run,
};
