/* EmbedLayerNormalization of com.microsoft: rows of two or three tables added, and their layer
 * norm; beside it the length of each sequence by its mask. */
#include <string.h>

#include "ops/call.h"
#include "ops/infer.h"

enum {
    IN_WORDS,
    IN_SEGMENTS,
    IN_WORD_TABLE,
    IN_POSITION_TABLE,
    IN_SEGMENT_TABLE,
    IN_GAMMA,
    IN_BETA,
    IN_MASK,
    IN_POSITIONS
};
enum { OUT_Y, OUT_LENGTHS, OUT_SUM };
enum { EPSILON, MASK_TYPE };

#define TYPES (SDX_T(FLOAT32) | SDX_T_HALVES)
#define IDS SDX_T(INT32)

static const sdx_port inputs[] = {
    {.name = "input_ids", .var = "T1", .types = IDS},
    {.name = "segment_ids", .var = "T1", .types = IDS, .flags = SDX_PORT_OPTIONAL},
    {.name = "word_embedding", .var = "T", .types = TYPES},
    {.name = "position_embedding", .var = "T", .types = TYPES},
    {.name = "segment_embedding", .var = "T", .types = TYPES, .flags = SDX_PORT_OPTIONAL},
    {.name = "gamma", .var = "T", .types = TYPES},
    {.name = "beta", .var = "T", .types = TYPES},
    {.name = "mask", .var = "T1", .types = IDS, .flags = SDX_PORT_OPTIONAL},
    {.name = "position_ids", .var = "T1", .types = IDS, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {
    {.name = "output", .var = "T", .types = TYPES},
    {.name = "mask_index", .var = "T1", .types = IDS, .flags = SDX_PORT_OPTIONAL},
    {.name = "embedding_sum", .var = "T", .types = TYPES, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_attr_def attrs[] = {
    [EPSILON] = SDX_ATTR_F("epsilon", 1e-12f),
    [MASK_TYPE] = SDX_ATTR_I("mask_index_type", 0), /* a hint for inference */
};

static sdx_status infer(sdx_infer *in) {
    if (sdx_infer_has(in, IN_SEGMENTS) != sdx_infer_has(in, IN_SEGMENT_TABLE))
        return sdx_fail(SDX_INVALID_MODEL, "one of 'segment_ids' and 'segment_embedding' is "
                                           "absent, expected both or none");
    SDX_TRY(sdx_infer_want_rank(in, IN_WORDS, 2));
    SDX_TRY(sdx_infer_want_rank(in, IN_WORD_TABLE, 2));
    if (!sdx_infer_ranked(in, IN_WORDS) || !sdx_infer_ranked(in, IN_WORD_TABLE)) return NULL;
    const sdx_dim *const ids = in->in[IN_WORDS].dims;
    const sdx_dim hidden = in->in[IN_WORD_TABLE].dims[1];
    const sdx_dim table[] = {-1, hidden}, steps[] = {-1, ids[1]};
    const sdx_dim y[] = {ids[0], ids[1], hidden};
    SDX_TRY(sdx_want_shape(in, IN_SEGMENTS, 2, ids, "that of 'input_ids'"));
    SDX_TRY(sdx_want_shape(in, IN_MASK, 2, ids, "that of 'input_ids'"));
    SDX_TRY(sdx_want_shape(in, IN_POSITIONS, 2, steps, "[batch or 1, length]"));
    if (sdx_infer_ranked(in, IN_POSITIONS) && in->in[IN_POSITIONS].dims[0] != 1 &&
        sdx_dims_differ(in->in[IN_POSITIONS].dims[0], ids[0]))
        return sdx_wrong_shape(in, IN_POSITIONS, "[batch or 1, length]");
    SDX_TRY(sdx_want_shape(in, IN_POSITION_TABLE, 2, table, "[positions, hidden size]"));
    SDX_TRY(sdx_want_shape(in, IN_SEGMENT_TABLE, 2, table, "[segments, hidden size]"));
    SDX_TRY(sdx_want_shape(in, IN_GAMMA, 1, &hidden, "the hidden size"));
    SDX_TRY(sdx_want_shape(in, IN_BETA, 1, &hidden, "the hidden size"));
    SDX_TRY(sdx_infer_set_shape(in, OUT_Y, 3, y));
    SDX_TRY(sdx_infer_set_shape(in, OUT_LENGTHS, 1, ids));
    return sdx_infer_set_shape(in, OUT_SUM, 3, y);
}

typedef struct job {
    const sdx_kernel_table *kernels;
    const int32_t *words, *segments, *positions; /* the last two may be NULL */
    const float *word_table, *position_table, *segment_table;
    float *y, *sum; /* sum may be NULL */
    size_t steps, n, n_positions;
    sdx_norm_f32 norm;
} job;

static size_t position_of(const job *j, size_t token) {
    return j->positions != NULL ? (size_t)j->positions[token % j->n_positions] : token % j->steps;
}

/* Item: a token. */
static void chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const size_t n = j->n;
    (void)lane;
    for (size_t t = begin; t < end; t++) {
        float *const y = j->y + t * n, *const sum = j->sum != NULL ? j->sum + t * n : y;
        j->kernels->add_f32(sum, j->word_table + (size_t)j->words[t] * n,
                            j->position_table + position_of(j, t) * n, n, SDX_FORM_VV);
        if (j->segments != NULL)
            j->kernels->add_f32(sum, sum, j->segment_table + (size_t)j->segments[t] * n, n,
                                SDX_FORM_VV);
        j->kernels->layer_norm_f32(y, sum, n, &j->norm);
    }
}

static sdx_status check_ids(const sdx_call *c, size_t input, size_t table) {
    const sdx_view *const ids = sdx_call_in(c, input);
    for (size_t i = 0; ids != NULL && i < ids->len; i++) {
        const int32_t id = ((const int32_t *)ids->data)[i];
        if (id < 0 || id >= c->in[table]->dims[0])
            return sdx_fail_index(c, input, i, id, 0, c->in[table]->dims[0] - 1);
    }
    return NULL;
}

static sdx_status check_all(const sdx_call *c) {
    const int64_t steps = c->in[IN_WORDS]->dims[1], rows = c->in[IN_POSITION_TABLE]->dims[0];
    SDX_TRY(check_ids(c, IN_WORDS, IN_WORD_TABLE));
    SDX_TRY(check_ids(c, IN_SEGMENTS, IN_SEGMENT_TABLE));
    SDX_TRY(check_ids(c, IN_POSITIONS, IN_POSITION_TABLE));
    if (sdx_call_in(c, IN_POSITIONS) == NULL && steps > rows)
        return sdx_fail(SDX_OUT_OF_RANGE,
                        "input 'input_ids' has %lld tokens in a row, beyond the %lld positions of "
                        "'position_embedding'",
                        (long long)steps, (long long)rows);
    return NULL;
}

/* How many of a sequence the mask takes; 0 without a mask. */
static void count_lengths(const sdx_view *lengths, const sdx_view *mask, size_t steps) {
    for (size_t b = 0; b < lengths->len; b++) {
        int32_t n = 0;
        for (size_t i = 0; mask != NULL && i < steps; i++) {
            n += ((const int32_t *)mask->data)[b * steps + i] == 1;
        }
        ((int32_t *)lengths->data)[b] = n;
    }
}

static const void *data_of(const sdx_view *view) { return view != NULL ? view->data : NULL; }

static sdx_status run(const sdx_call *c) {
    const sdx_view *const y = c->out[OUT_Y], *const lengths = sdx_call_out(c, OUT_LENGTHS);
    const sdx_view *const positions = sdx_call_in(c, IN_POSITIONS);
    const sdx_view *const words = c->in[IN_WORDS], *const sum = sdx_call_out(c, OUT_SUM);
    job j = {.kernels = c->kernels,
             .words = words->data,
             .segments = data_of(sdx_call_in(c, IN_SEGMENTS)),
             .positions = data_of(positions),
             .word_table = c->in[IN_WORD_TABLE]->data,
             .position_table = c->in[IN_POSITION_TABLE]->data,
             .segment_table = data_of(sdx_call_in(c, IN_SEGMENT_TABLE)),
             .y = y->data,
             .sum = sum != NULL ? sum->data : NULL,
             .steps = (size_t)words->dims[1],
             .n = (size_t)c->in[IN_WORD_TABLE]->dims[1],
             .n_positions = positions != NULL ? positions->len : 0,
             .norm = {.scale = c->in[IN_GAMMA]->data,
                      .bias = c->in[IN_BETA]->data,
                      .epsilon = sdx_node_float(c->node, EPSILON)}};
    SDX_TRY(check_all(c));
    if (lengths != NULL) count_lengths(lengths, sdx_call_in(c, IN_MASK), j.steps);
    if (y->len > 0) sdx_call_for(c, words->len, sdx_grain(j.n * 4), chunk, &j);
    return NULL;
}

const sdx_op sdx_op_ms_embed_layer_normalization = {
    .name = "EmbedLayerNormalization",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .infer = infer,
    .run = run,
};
