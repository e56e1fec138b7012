/* Bernoulli: 1 with the probability that the input has, else 0. */
#include "ops/random/stream.h"

enum { DTYPE, SEED };

#define TYPES (SDX_T_NUMERIC | SDX_T(BOOL))

static const sdx_port inputs[] = {{.name = "input", .var = "T1", .types = SDX_T_FLOATS}};
static const sdx_port outputs[] = {{.name = "output", .var = "T2", .types = TYPES}};
static const sdx_attr_def attrs[] = {
    [DTYPE] = SDX_ATTR_OPT("dtype", SDX_ATTR_INT),
    [SEED] = SDX_ATTR_OPT("seed", SDX_ATTR_FLOAT),
};

static sdx_status infer(sdx_infer *in) {
    SDX_TRY(sdx_random_dtype(in, DTYPE, TYPES));
    if (!sdx_infer_ranked(in, 0)) return NULL;
    return sdx_infer_set_shape(in, 0, (size_t)in->in[0].rank, in->in[0].dims);
}

typedef struct job {
    sdx_stream stream;
    const sdx_view *x;
    sdx_view *y;
} job;

/* A number of [0, 1) is never below a probability of 0 and always below one of 1; NaN gives 0. */
static void blocks(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    sdx_view y = *j->y;
    (void)lane;
    for (size_t block = begin; block < end; block++) {
        double units[2];
        sdx_stream_units(&j->stream, block, units);
        for (size_t i = 0; i < 2 && block * 2 + i < y.len; i++) {
            const bool one = units[i] < sdx_view_double(j->x, block * 2 + i);
            sdx_view_set_double(&y, block * 2 + i, one ? 1 : 0);
        }
    }
}

static sdx_status run(const sdx_call *c) {
    job j = {.stream = sdx_stream_of(c, SEED), .x = c->in[0], .y = c->out[0]};
    sdx_call_for(c, (j.y->len + 1) / 2, sdx_grain(80), blocks, &j);
    return NULL;
}

const sdx_op sdx_op_bernoulli = {
    .name = "Bernoulli",
    .domain = "",
    .since = 15,
    .newest = 22,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_RANDOM,
    .infer = infer,
    .run = run,
};
