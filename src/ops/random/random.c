/* RandomNormal, RandomUniform and their Like forms: one loop over blocks of the stream. */
#include <math.h>

#include "ops/random/stream.h"

enum { DTYPE, SEED, FIRST, SECOND, SHAPE }; /* low and high, or mean and scale */

typedef struct row {
    bool normal;
} row;

static const sdx_port inputs[] = {{.name = "input", .var = "T1", .types = SDX_T_CLASSIC}};
static const sdx_port outputs[] = {{.name = "output", .var = "T2", .types = SDX_T_FLOATS}};
static const sdx_attr_def normal_attrs[] = {
    [DTYPE] = SDX_ATTR_I("dtype", SDX_FLOAT32),
    [SEED] = SDX_ATTR_OPT("seed", SDX_ATTR_FLOAT),
    [FIRST] = SDX_ATTR_F("mean", 0.0f),
    [SECOND] = SDX_ATTR_F("scale", 1.0f),
    [SHAPE] = SDX_ATTR_REQ("shape", SDX_ATTR_INTS),
};
static const sdx_attr_def uniform_attrs[] = {
    [DTYPE] = SDX_ATTR_I("dtype", SDX_FLOAT32),
    [SEED] = SDX_ATTR_OPT("seed", SDX_ATTR_FLOAT),
    [FIRST] = SDX_ATTR_F("low", 0.0f),
    [SECOND] = SDX_ATTR_F("high", 1.0f),
    [SHAPE] = SDX_ATTR_REQ("shape", SDX_ATTR_INTS),
};
static const sdx_attr_def normal_like_attrs[] = {
    [DTYPE] = SDX_ATTR_OPT("dtype", SDX_ATTR_INT),
    [SEED] = SDX_ATTR_OPT("seed", SDX_ATTR_FLOAT),
    [FIRST] = SDX_ATTR_F("mean", 0.0f),
    [SECOND] = SDX_ATTR_F("scale", 1.0f),
};
static const sdx_attr_def uniform_like_attrs[] = {
    [DTYPE] = SDX_ATTR_OPT("dtype", SDX_ATTR_INT),
    [SEED] = SDX_ATTR_OPT("seed", SDX_ATTR_FLOAT),
    [FIRST] = SDX_ATTR_F("low", 0.0f),
    [SECOND] = SDX_ATTR_F("high", 1.0f),
};

static sdx_status infer(sdx_infer *in) {
    SDX_TRY(sdx_random_dtype(in, DTYPE, SDX_T_FLOATS));
    const sdx_attr *const shape = sdx_node_attr(in->node, SHAPE);
    if (shape->n > SDX_MAX_RANK)
        return sdx_fail(SDX_LIMIT, "attribute 'shape' has %zu numbers, expected at most %d",
                        shape->n, SDX_MAX_RANK);
    sdx_dim dims[SDX_MAX_RANK];
    for (size_t i = 0; i < shape->n; i++) {
        dims[i] = sdx_dim_number(shape->ints[i]);
    }
    return sdx_infer_set_shape(in, 0, shape->n, dims);
}

static sdx_status infer_like(sdx_infer *in) {
    SDX_TRY(sdx_random_dtype(in, DTYPE, SDX_T_FLOATS));
    if (!sdx_infer_ranked(in, 0)) return NULL;
    return sdx_infer_set_shape(in, 0, (size_t)in->in[0].rank, in->in[0].dims);
}

typedef struct job {
    sdx_stream stream;
    bool normal;
    double first, second;
    sdx_view *y;
} job;

/* Two numbers of [0, 1) become two of the normal distribution (Box and Muller 1958). */
static void make_normal(double *x) {
    const double radius = sqrt(-2 * log(1 - x[0])), angle = 0x1.921fb54442d18p+2 * x[1];
    x[0] = radius * cos(angle);
    x[1] = radius * sin(angle);
}

/* float64 draws 53 bits an element, the others 24, so that none rounds to the upper end of [0, 1).
 */
static size_t draw(const job *j, size_t block, double x[4]) {
    const size_t n = j->y->dtype == SDX_FLOAT64 ? 2 : 4;
    uint32_t words[4];
    if (n == 2) {
        sdx_stream_units(&j->stream, block, x);
    } else {
        sdx_stream_words(&j->stream, block, words);
        for (size_t i = 0; i < 4; i++) {
            x[i] = (double)(words[i] >> 8) * 0x1p-24;
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (j->normal && i % 2 == 0) make_normal(x + i);
        x[i] = j->normal ? j->first + j->second * x[i] : j->first + (j->second - j->first) * x[i];
    }
    return n;
}

static void blocks(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    sdx_view y = *j->y;
    float *const f32 = y.dtype == SDX_FLOAT32 ? y.data : NULL;
    (void)lane;
    for (size_t block = begin; block < end; block++) {
        double x[4];
        const size_t n = draw(j, block, x), at = block * n;
        for (size_t i = 0; i < n && at + i < y.len; i++) {
            if (f32 != NULL)
                f32[at + i] = (float)x[i];
            else
                sdx_view_set_double(&y, at + i, x[i]);
        }
    }
}

static sdx_status run(const sdx_call *c) {
    const row *const r = c->node->op->data;
    job j = {.stream = sdx_stream_of(c, SEED),
             .normal = r->normal,
             .first = (double)sdx_node_float(c->node, FIRST),
             .second = (double)sdx_node_float(c->node, SECOND),
             .y = c->out[0]};
    const size_t n = j.y->dtype == SDX_FLOAT64 ? 2 : 4;
    sdx_call_for(c, (j.y->len + n - 1) / n, sdx_grain(r->normal ? 300 : 60), blocks, &j);
    return NULL;
}

static const row normal_row = {.normal = true}, uniform_row = {.normal = false};

const sdx_op sdx_op_random_normal = {
    .name = "RandomNormal",
    .domain = "",
    .since = 1,
    .newest = 22,
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, normal_attrs),
    .flags = SDX_OP_RANDOM,
    .data = &normal_row,
    .infer = infer,
    .run = run,
};

const sdx_op sdx_op_random_normal_like = {
    .name = "RandomNormalLike",
    .domain = "",
    .since = 1,
    .newest = 22,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, normal_like_attrs),
    .flags = SDX_OP_RANDOM,
    .data = &normal_row,
    .infer = infer_like,
    .run = run,
};

const sdx_op sdx_op_random_uniform = {
    .name = "RandomUniform",
    .domain = "",
    .since = 1,
    .newest = 22,
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, uniform_attrs),
    .flags = SDX_OP_RANDOM,
    .data = &uniform_row,
    .infer = infer,
    .run = run,
};

const sdx_op sdx_op_random_uniform_like = {
    .name = "RandomUniformLike",
    .domain = "",
    .since = 1,
    .newest = 22,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, uniform_like_attrs),
    .flags = SDX_OP_RANDOM,
    .data = &uniform_row,
    .infer = infer_like,
    .run = run,
};
