/* RotaryEmbedding, of ai.onnx and of com.microsoft: pairs of elements of each head are turned by an
 * angle that depends on the position. */
#include "ops/attention/turn.h"
#include "ops/call.h"
#include "ops/infer.h"

enum { IN_X };
enum { INTERLEAVED, NUM_HEADS, ROTARY_DIM }; /* what follows changes nothing */

/* Where an operator has its other inputs, and what else com.microsoft takes: heads that the caches
 * imply, and one position, that of the first token. */
typedef struct row {
    size_t cos, sin, positions;
    bool implied;
} row;
static const row onnx_row = {.cos = 1, .sin = 2, .positions = 3};
static const row ms_row = {.positions = 1, .cos = 2, .sin = 3, .implied = true};

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

static const sdx_port ms_inputs[] = {
    {.name = "input", .var = "T", .types = TYPES},
    {.name = "position_ids", .var = "M", .types = SDX_T(INT64)},
    {.name = "cos_cache", .var = "T", .types = TYPES},
    {.name = "sin_cache", .var = "T", .types = TYPES},
};
static const sdx_port ms_outputs[] = {{.name = "output", .var = "T", .types = TYPES}};
static const sdx_attr_def ms_attrs[] = {
    [INTERLEAVED] = SDX_ATTR_I("interleaved", 0),
    [NUM_HEADS] = SDX_ATTR_I("num_heads", 0),
    [ROTARY_DIM] = SDX_ATTR_I("rotary_embedding_dim", 0),
    SDX_ATTR_I("is_packed_batching", 0),
    SDX_ATTR_F("scale", 1), /* onnxruntime has never applied it */
};

/* ---- shapes */

/* ONNX: RotaryEmbedding-23: X is [batch, heads, len, size] or [batch, len, heads * size]. */
typedef struct geometry {
    sdx_dim batches, heads, len, size, rotated;
} geometry;

/* `half` are the columns of a cache. */
static geometry measure(sdx_dims *dims, const sdx_node *node, int rank, const sdx_dim *x,
                        sdx_dim half) {
    const row *const r = node->op->data;
    const sdx_dim rotated = sdx_dim_number(sdx_node_int(node, ROTARY_DIM));
    geometry g = {.batches = x[0], .len = x[1]};
    g.heads = sdx_dim_number(sdx_node_int(node, NUM_HEADS));
    if (rank == 4) {
        g.heads = x[1];
        g.len = x[2];
    } else if (r->implied && g.heads == 0) {
        g.heads = sdx_dim_div(dims, x[2], sdx_dim_mul(dims, half, 2));
    }
    g.size = rank == 4 ? x[3] : sdx_dim_div(dims, x[2], g.heads);
    g.rotated = rotated == 0 ? g.size : rotated;
    return g;
}

static sdx_status check_cache(const sdx_infer *in, size_t input, const geometry *g) {
    if (!sdx_infer_ranked(in, input)) return NULL;
    const sdx_fact *const cache = &in->in[input];
    const row *const r = in->node->op->data;
    const bool by_position = sdx_infer_has(in, r->positions);
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

/* Of X of rank 3. */
static sdx_status check_heads(const sdx_infer *in, sdx_dim half) {
    const row *const r = in->node->op->data;
    const int64_t heads = sdx_node_int(in->node, NUM_HEADS);
    const bool implied = r->implied && heads == 0 && sdx_node_int(in->node, ROTARY_DIM) == 0;
    const sdx_dim hidden = in->in[IN_X].dims[2];
    const sdx_dim part = implied ? sdx_dim_mul(in->dims, half, 2) : heads;
    if (implied && !sdx_dim_is_number(part)) return NULL;
    if (part >= 1 && (!sdx_dim_is_number(hidden) || hidden % part == 0)) return NULL;
    if (implied) return sdx_wrong_shape(in, IN_X, "heads of twice the columns of 'cos_cache'");
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "attribute 'num_heads' is %lld, expected a divisor of the last dimension, "
                    "as '%s' has rank 3",
                    (long long)heads, sdx_op_input_port(in->node->op, IN_X)->name);
}

static sdx_status check_position_ids(const sdx_infer *in, const geometry *g) {
    const row *const r = in->node->op->data;
    const sdx_dim want[] = {g->batches, g->len}, one = 1;
    if (r->implied && sdx_infer_ranked(in, r->positions) && in->in[r->positions].rank == 1)
        return sdx_want_shape(in, r->positions, 1, &one, "[batch, length], or one element");
    return sdx_want_shape(in, r->positions, 2, want, "[batch, length]");
}

static sdx_status infer(sdx_infer *in) {
    const row *const r = in->node->op->data;
    if (!sdx_infer_ranked(in, IN_X)) return NULL;
    const sdx_fact *const x = &in->in[IN_X];
    const bool cached = sdx_infer_ranked(in, r->cos) && in->in[r->cos].rank > 0;
    const sdx_dim half = cached ? in->in[r->cos].dims[in->in[r->cos].rank - 1] : SDX_DIM_UNKNOWN;
    if (x->rank != 3 && x->rank != 4) return sdx_wrong_shape(in, IN_X, "rank 3 or 4");
    if (x->rank == 3) SDX_TRY(check_heads(in, half));
    const geometry g = measure(in->dims, in->node, x->rank, x->dims, half);
    if (sdx_dim_is_number(g.rotated) &&
        (g.rotated < 0 || g.rotated % 2 != 0 || (sdx_dim_is_number(g.size) && g.rotated > g.size)))
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "found %lld elements to rotate, expected an even number, "
                        "at most the size of a head; check "
                        "'rotary_embedding_dim'",
                        (long long)g.rotated);
    SDX_TRY(check_cache(in, r->cos, &g));
    SDX_TRY(check_cache(in, r->sin, &g));
    SDX_TRY(check_position_ids(in, &g));
    return sdx_infer_same(in, 0, IN_X);
}

/* ---- rows */

typedef struct job {
    const float *x, *cos, *sin;
    const sdx_view *positions; /* NULL: one row of the caches for each token */
    bool first_only;           /* they are one, that of the first token of each batch */
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
        size_t at = id;
        if (j->first_only)
            at = (size_t)sdx_view_int(j->positions, 0) + token;
        else if (j->positions != NULL)
            at = (size_t)sdx_view_int(j->positions, id);
        const sdx_turn turn = {.cos = j->cos + at * j->half,
                               .sin = j->sin + at * j->half,
                               .half = j->half,
                               .interleaved = j->interleaved};
        sdx_turn_head(j->y + r * j->size, j->x + r * j->size, j->size, &turn);
    }
}

static sdx_status check_positions(const sdx_call *c, const job *j) {
    const row *const r = c->node->op->data;
    const sdx_view *const positions = j->positions;
    if (positions == NULL) return NULL;
    const int64_t cos = c->in[r->cos]->dims[0], sin = c->in[r->sin]->dims[0];
    const int64_t rows = (cos < sin ? cos : sin) - (j->first_only ? (int64_t)j->len - 1 : 0);
    for (size_t i = 0; i < positions->len; i++) {
        const int64_t position = sdx_view_int(positions, i);
        if (position < 0 || position >= rows)
            return sdx_fail_index(c, r->positions, i, position, 0, rows - 1);
    }
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    const row *const r = c->node->op->data;
    const sdx_view *const x = c->in[IN_X], *const cos = c->in[r->cos];
    const geometry g = measure(NULL, c->node, x->rank, x->dims, cos->dims[cos->rank - 1]);
    job j = {.x = x->data,
             .cos = cos->data,
             .sin = c->in[r->sin]->data,
             .positions = sdx_call_in(c, r->positions),
             .y = c->out[0]->data,
             .heads = (size_t)g.heads,
             .len = (size_t)g.len,
             .size = (size_t)g.size,
             .half = (size_t)g.rotated / 2,
             .by_head = x->rank == 4,
             .interleaved = sdx_node_int(c->node, INTERLEAVED) != 0};
    if (x->len == 0) return NULL;
    j.first_only = j.positions != NULL && j.positions->rank == 1;
    SDX_TRY(check_positions(c, &j));
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
    .data = &onnx_row,
    .infer = infer,
    .run = run,
};

const sdx_op sdx_op_ms_rotary_embedding = {
    .name = "RotaryEmbedding",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, ms_inputs),
    SDX_ROWS(outputs, ms_outputs),
    SDX_ROWS(attrs, ms_attrs),
    .flags = SDX_OP_WIDEN,
    .data = &ms_row,
    .infer = infer,
    .run = run,
};
