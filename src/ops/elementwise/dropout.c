/* Dropout: identity and a mask of ones; when told that it trains, elements are dropped: with a seed
 * by the stream of ONNX's reference, so that it means the same mask, without one by the node's own.
 */
#include <string.h>

#include "ops/random/stream.h"
#include "ops/upgrade.h"

enum { RATIO = 1, TRAINING_MODE = 2 };
enum { SEED };

#define FLOATS (SDX_T_FLOATS | SDX_T_FLOATS8)

static const sdx_port inputs[] = {
    {.name = "data", .var = "T", .types = FLOATS},
    {.name = "ratio", .var = "T1", .types = FLOATS, .flags = SDX_PORT_OPTIONAL},
    {.name = "training_mode", .var = "T2", .types = SDX_T(BOOL), .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {
    {.name = "output", .var = "T", .types = FLOATS},
    {.name = "mask", .var = "T2", .types = SDX_T(BOOL), .flags = SDX_PORT_OPTIONAL},
};
static const sdx_attr_def attrs[] = {[SEED] = SDX_ATTR_OPT("seed", SDX_ATTR_INT)};

/* ---- old forms */

/* ONNX: Dropout-7 is for inference alone. Dropout-1 and -6 trained unless is_test said otherwise;
 * models of that time leave it out and mean inference. */
static sdx_status from_1(sdx_upgrade *u) {
    sdx_upgrade_drop(u, "consumed_inputs");
    sdx_upgrade_drop(u, "is_test");
    sdx_upgrade_drop(u, "ratio");
    return NULL;
}

/* ONNX: Dropout-10 the mask became bool. */
static sdx_status mask_from_7(sdx_upgrade *u) {
    const sdx_node *const node = u->node;
    const bool mask = node->n_outputs > 1 && node->outputs[1];
    const sdx_type *const type =
        node->n_inputs > 0 && node->inputs[0] ? node->inputs[0]->type : NULL;
    if (!mask || !type || type->kind != SDX_TENSOR) return NULL;
    sdx_node *cast;
    SDX_TRY(sdx_upgrade_after(u, 1, "", "Cast", NULL, 0, &cast));
    return sdx_node_set_attr(cast, "to",
                             (sdx_attr){.kind = SDX_ATTR_INT, .n = 1, .i = (int64_t)type->dtype});
}
static const sdx_upgrade_rule upgrades[] = {{.below = 10, .apply = mask_from_7},
                                            {.below = 12, .apply = from_1}};

/* ---- inference of shapes */

static sdx_status infer(sdx_infer *in) {
    SDX_TRY(sdx_infer_same(in, 0, 0));
    sdx_infer_set_dtype(in, 1, SDX_BOOL);
    if (!sdx_infer_ranked(in, 0)) return NULL;
    return sdx_infer_set_shape(in, 1, (size_t)in->in[0].rank, in->in[0].dims);
}

/* ---- the generator: Mersenne Twister (Matsumoto and Nishimura 1998), as NumPy's RandomState draws
 * from it */

enum { MT_LEN = 624, MT_SHIFT = 397 };

typedef struct twister {
    uint32_t state[MT_LEN];
    size_t next;
} twister;

static void seed_twister(twister *t, uint32_t seed) {
    t->state[0] = seed;
    for (uint32_t i = 1; i < MT_LEN; i++)
        t->state[i] = UINT32_C(1812433253) * (t->state[i - 1] ^ t->state[i - 1] >> 30) + i;
    t->next = MT_LEN;
}

static void refill(twister *t) {
    for (size_t i = 0; i < MT_LEN; i++) {
        const uint32_t joined = (t->state[i] & UINT32_C(0x80000000)) |
                                (t->state[(i + 1) % MT_LEN] & UINT32_C(0x7fffffff));
        t->state[i] = t->state[(i + MT_SHIFT) % MT_LEN] ^ joined >> 1 ^
                      (joined & 1 ? UINT32_C(0x9908b0df) : 0);
    }
    t->next = 0;
}

static uint32_t draw_bits(twister *t) {
    if (t->next == MT_LEN) refill(t);
    uint32_t x = t->state[t->next++];
    x ^= x >> 11;
    x ^= x << 7 & UINT32_C(0x9d2c5680);
    x ^= x << 15 & UINT32_C(0xefc60000);
    return x ^ x >> 18;
}

/* In [0, 1), of 53 bits. */
static double draw(twister *t) {
    const uint32_t high = draw_bits(t) >> 5, low = draw_bits(t) >> 6;
    return ((double)high * 67108864.0 + (double)low) / 9007199254740992.0;
}

/* ---- run */

typedef struct job {
    const sdx_view *x;
    sdx_view *y;   /* NULL: not wanted */
    uint8_t *mask; /* NULL: not wanted */
    double ratio;
    sdx_stream stream;
} job;

static void drop(const job *j, size_t i, double drawn) {
    const bool kept = drawn >= j->ratio;
    const double x = sdx_view_double(j->x, i);
    if (j->y) sdx_view_set_double(j->y, i, (kept ? x : 0.0 * x) / (1.0 - j->ratio));
    if (j->mask) j->mask[i] = kept;
}

/* One lane: NumPy's stream is one. */
static void train_seeded(const job *j, uint32_t seed) {
    twister t;
    seed_twister(&t, seed);
    for (size_t i = 0; i < j->x->len; i++)
        drop(j, i, draw(&t));
}

static void train_blocks(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    (void)lane;
    for (size_t block = begin; block < end; block++) {
        double units[2];
        sdx_stream_units(&j->stream, block, units);
        for (size_t i = 0; i < 2 && block * 2 + i < j->x->len; i++)
            drop(j, block * 2 + i, units[i]);
    }
}

static void keep(const job *j) {
    const size_t size = sdx_view_bytes(j->x);
    if (j->y && size > 0 && j->y->data != j->x->data) memcpy(j->y->data, j->x->data, size);
    if (j->mask && j->x->len > 0) memset(j->mask, 1, j->x->len);
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const ratio = sdx_call_in(c, RATIO), *const mode =
                                                             sdx_call_in(c, TRAINING_MODE);
    sdx_view *const mask = sdx_call_out(c, 1);
    job j = {.x = c->in[0],
             .y = sdx_call_out(c, 0),
             .mask = mask ? mask->data : NULL,
             .ratio = ratio && ratio->len > 0 ? sdx_view_double(ratio, 0) : 0.5,
             .stream = sdx_stream_of(c, SEED)};
    const bool trains = mode && mode->len > 0 && sdx_view_int(mode, 0) != 0;
    if (trains && !(j.ratio >= 0 && j.ratio < 1))
        return sdx_fail(SDX_OUT_OF_RANGE, "input 'ratio' is %g, expected a number in [0, 1)",
                        j.ratio);
    if (!trains || !(j.ratio > 0))
        keep(&j);
    else if (sdx_node_has(c->node, SEED))
        train_seeded(&j, (uint32_t)(uint64_t)sdx_node_int(c->node, SEED));
    else
        sdx_call_for(c, (j.x->len + 1) / 2, sdx_grain(80), train_blocks, &j);
    return NULL;
}

const sdx_op sdx_op_dropout = {
    .name = "Dropout",
    .domain = "",
    .since = 1,
    .newest = 22,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    SDX_ROWS(upgrades, upgrades),
    .flags = SDX_OP_INPLACE | SDX_OP_WIDEN | SDX_OP_RANDOM,
    .infer = infer,
    .run = run,
};
