/* RotaryEmbedding: pairs of elements of each head are turned by an angle that depends on the
 * position. */
#include "ops/attention/check.h"
#include "ops/attention/turn.h"
#include "ops/call.h"
#include "ops/infer.h"

enum { IN_X, IN_COS, IN_SIN, IN_POSITIONS };
enum { INTERLEAVED, NUM_HEADS, ROTARY_DIM };

#define TYPES (SDX_T(FLOAT32) | SDX_T_HALVES)

static const sdx_port inputs[] = {
    {.name = "X", .var = "T", .types = TYPES},
    {.name = "cos_cache", .var = "T", .types = TYPES},
    {.name = "sin_cache", .var = "T", .types = TYPES},
    {.name = "position_ids", .var = "M", .types = SDX_T(INT64), .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = TYPES}};
static const sdx_attr_def attrs[] = {
    [INTERLEAVED] = SDX_ATTR_I("interleaved", 0),
    [NUM_HEADS] = SDX_ATTR_I("num_heads", 0),
    [ROTARY_DIM] = SDX_ATTR_I("rotary_embedding_dim", 0),
};

/* ---- shapes */

/* ONNX: RotaryEmbedding-23: X is [batch, heads, len, size] or [batch, len, heads * size]. */
typedef struct geometry {
    sdx_dim batches, heads, len, size, rotated;
} geometry;

static geometry measure(sdx_dims *dims, const sdx_node *node, int rank, const sdx_dim *x) {
    const int64_t heads = sdx_node_int(node, NUM_HEADS), rotated = sdx_node_int(node, ROTARY_DIM);
    geometry g = {.batches = x[0], .heads = heads, .len = x[1]};
    if (rank == 4) {
        g.heads = x[1];
        g.len = x[2];
    }
    g.size = rank == 4 ? x[3] : sdx_dim_div(dims, x[2], heads);
    g.rotated = rotated == 0 ? g.size : rotated;
    return g;
}

static sdx_status check_cache(const sdx_infer *in, size_t input, const geometry *g) {
    if (!sdx_infer_ranked(in, input)) return NULL;
    const sdx_fact *const cache = &in->in[input];
    const bool by_position = sdx_infer_has(in, IN_POSITIONS);
    if (cache->rank != (by_position ? 2 : 3))
        return sdx_wrong_shape(
            in, input, by_position ? "[positions, rotated / 2]" : "[batch, length, rotated / 2]");
    const sdx_dim half = sdx_dim_is_number(g->rotated) ? g->rotated / 2 : SDX_DIM_UNKNOWN;
    if (sdx_dims_differ(cache->dims[cache->rank - 1], half))
        return sdx_wrong_shape(in, input, "a last dimension of half the rotated elements");
    if (!by_position &&
        (sdx_dims_differ(cache->dims[0], g->batches) || sdx_dims_differ(cache->dims[1], g->len)))
        return sdx_wrong_shape(in, input, "batch and length of 'X'");
    return NULL;
}

static sdx_status infer(sdx_infer *in) {
    const int64_t heads = sdx_node_int(in->node, NUM_HEADS);
    if (!sdx_infer_ranked(in, IN_X)) return NULL;
    const sdx_fact *const x = &in->in[IN_X];
    if (x->rank != 3 && x->rank != 4) return sdx_wrong_shape(in, IN_X, "rank 3 or 4");
    if (x->rank == 3 && (heads < 1 || (sdx_dim_is_number(x->dims[2]) && x->dims[2] % heads != 0)))
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "attribute 'num_heads' is %lld, expected a divisor of the last dimension, "
                        "as 'X' has rank 3",
                        (long long)heads);
    const geometry g = measure(in->dims, in->node, x->rank, x->dims);
    if (sdx_dim_is_number(g.rotated) &&
        (g.rotated < 0 || g.rotated % 2 != 0 || (sdx_dim_is_number(g.size) && g.rotated > g.size)))
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "found %lld elements to rotate, expected an even number, "
                        "at most the size of a head; check "
                        "'rotary_embedding_dim'",
                        (long long)g.rotated);
    SDX_TRY(check_cache(in, IN_COS, &g));
    SDX_TRY(check_cache(in, IN_SIN, &g));
    if (sdx_infer_ranked(in, IN_POSITIONS)) {
        const sdx_fact *const positions = &in->in[IN_POSITIONS];
        if (positions->rank != 2 || sdx_dims_differ(positions->dims[0], g.batches) ||
            sdx_dims_differ(positions->dims[1], g.len))
            return sdx_wrong_shape(in, IN_POSITIONS, "[batch, length]");
    }
    return sdx_infer_same(in, 0, IN_X);
}

/* ---- rows */

typedef struct job {
    const float *x, *cos, *sin;
    const sdx_view *positions; /* NULL: one row of the caches for each token */
    float *y;
    size_t heads, len, size, half;
    bool by_head; /* [batch, heads, len, size], else [batch, len, heads, size] */
    bool interleaved;
} job;

/* Item: a row, in the order of X. */
static void chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    (void)lane;
    for (size_t r = begin; r < end; r++) {
        const size_t batch = r / (j->heads * j->len);
        const size_t token = j->by_head ? r % j->len : r / j->heads % j->len;
        const size_t id = batch * j->len + token;
        const size_t at = j->positions != NULL ? (size_t)sdx_view_int(j->positions, id) : id;
        const sdx_turn turn = {.cos = j->cos + at * j->half,
                               .sin = j->sin + at * j->half,
                               .half = j->half,
                               .interleaved = j->interleaved};
        sdx_turn_head(j->y + r * j->size, j->x + r * j->size, j->size, &turn);
    }
}

static sdx_status check_positions(const sdx_call *c) {
    const sdx_view *const positions = sdx_call_in(c, IN_POSITIONS);
    if (positions == NULL) return NULL;
    const int64_t cos = c->in[IN_COS]->dims[0], sin = c->in[IN_SIN]->dims[0];
    const int64_t rows = cos < sin ? cos : sin;
    for (size_t i = 0; i < positions->len; i++) {
        const int64_t position = sdx_view_int(positions, i);
        if (position < 0 || position >= rows)
            return sdx_fail_index(c, IN_POSITIONS, i, position, 0, rows - 1);
    }
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const x = c->in[IN_X];
    const geometry g = measure(NULL, c->node, x->rank, x->dims);
    job j = {.x = x->data,
             .cos = c->in[IN_COS]->data,
             .sin = c->in[IN_SIN]->data,
             .positions = sdx_call_in(c, IN_POSITIONS),
             .y = c->out[0]->data,
             .heads = (size_t)g.heads,
             .len = (size_t)g.len,
             .size = (size_t)g.size,
             .half = (size_t)g.rotated / 2,
             .by_head = x->rank == 4,
             .interleaved = sdx_node_int(c->node, INTERLEAVED) != 0};
    if (x->len == 0) return NULL;
    SDX_TRY(check_positions(c));
    sdx_call_for(c, x->len / j.size, sdx_grain(j.size), chunk, &j);
    return NULL;
}

const sdx_op sdx_op_rotary_embedding = {
    .name = "RotaryEmbedding",
    .domain = "",
    .since = 23,
    .newest = 23,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .infer = infer,
    .run = run,
};
