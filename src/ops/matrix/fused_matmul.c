/* FusedMatMul and TransposeMatMul of com.microsoft: MatMul with its operands transposed, times a
 * factor. */
#include "ops/matrix/matmul.h"
#include "ops/upgrade.h"

enum { IN_A, IN_B };
enum { ALPHA, TRANS_A, TRANS_B };

static const sdx_port inputs[] = {
    {.name = "A", .var = "T", .types = SDX_T_FLOATS},
    {.name = "B", .var = "T", .types = SDX_T_FLOATS},
};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_attr_def attrs[] = {
    [ALPHA] = SDX_ATTR_F("alpha", 1),
    [TRANS_A] = SDX_ATTR_I("transA", 0),
    [TRANS_B] = SDX_ATTR_I("transB", 0),
};

/* ---- transBatchA, transBatchB: the first dim goes behind the others of the batch */

static sdx_status move_first(sdx_upgrade *u, size_t input, const char *name) {
    const sdx_attr *const given = sdx_node_named(u->node, name);
    const bool moved = given != NULL && given->kind == SDX_ATTR_INT && given->i != 0;
    sdx_upgrade_drop(u, name);
    if (!moved || u->node->n_inputs <= input || u->node->inputs[input] == NULL) return NULL;
    const int rank = u->node->inputs[input]->shape.rank;
    if (rank >= 0 && rank < 3) return NULL;
    if (rank < 0)
        return sdx_fail(SDX_UNSUPPORTED,
                        "attribute '%s' is set, and the rank of its operand is not known; declare "
                        "its shape",
                        name);
    sdx_gvalue *value;
    int64_t *perm;
    SDX_TRY(SDX_ARENA_NEW(u->node->graph->ir->arena, (size_t)rank, &perm));
    for (int i = 0; i < rank; i++) {
        perm[i] = i < rank - 2 ? i + 1 : i == rank - 2 ? 0 : i;
    }
    SDX_TRY(sdx_upgrade_before(u, "", "Transpose", &u->node->inputs[input], 1, &value));
    SDX_TRY(sdx_node_set_attr(value->producer, "perm",
                              (sdx_attr){.kind = SDX_ATTR_INTS, .n = (size_t)rank, .ints = perm}));
    return sdx_node_set_input(u->node, input, value);
}

static sdx_status move_batches(sdx_upgrade *u) {
    SDX_TRY(move_first(u, IN_A, "transBatchA"));
    return move_first(u, IN_B, "transBatchB");
}
static const sdx_upgrade_rule rules[] = {{.below = INT32_MAX, .apply = move_batches}};

/* ---- the product */

static bool transposed(const sdx_node *node, size_t attr) { return sdx_node_int(node, attr) != 0; }

static sdx_status infer(sdx_infer *in) {
    return sdx_matmul_infer(in, transposed(in->node, TRANS_A), transposed(in->node, TRANS_B));
}

static sdx_status prepare(sdx_prepare *p) {
    sdx_pack **pack;
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &pack));
    p->prepared = pack;
    return sdx_product_prepare(p, IN_B, transposed(p->node, TRANS_B), pack);
}

static sdx_status bind(sdx_bind *b) {
    sdx_product *const p = b->bound;
    sdx_pack *const *const pack = b->prepared;
    sdx_matmul_describe(p, b->in[IN_A], b->in[IN_B], transposed(b->node, TRANS_A),
                        transposed(b->node, TRANS_B));
    p->alpha = sdx_node_float(b->node, ALPHA);
    SDX_TRY(sdx_product_bind(p, b->kernels, *pack != NULL, b->lanes, &b->scratch));
    b->how = sdx_product_how(p);
    return NULL;
}

typedef struct scale_job {
    double *y, alpha;
} scale_job;

static void scale_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const scale_job *const j = arg;
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        j->y[i] *= j->alpha;
    }
}

static sdx_status run(const sdx_call *c) {
    sdx_pack *const *const pack = c->prepared;
    const sdx_view *const y = c->out[0];
    const void *b = c->in[IN_B]->data;
    scale_job j = {.y = y->data, .alpha = (double)sdx_node_float(c->node, ALPHA)};
    if (*pack != NULL) SDX_TRY(sdx_call_pack(c, *pack, &b));
    sdx_product_run(c->bound, c, y->data, c->in[IN_A]->data, b, (sdx_product_terms){.d = NULL});
    if (y->dtype == SDX_FLOAT64 && j.alpha != 1)
        sdx_call_for(c, y->len, sdx_grain(1), scale_chunk, &j);
    return NULL;
}

const sdx_op sdx_op_ms_fused_matmul = {
    .name = "FusedMatMul",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    SDX_ROWS(upgrades, rules),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(sdx_product),
    .infer = infer,
    .prepare = prepare,
    .bind = bind,
    .run = run,
};

const sdx_op sdx_op_ms_transpose_matmul = {
    .name = "TransposeMatMul",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(sdx_product),
    .infer = infer,
    .prepare = prepare,
    .bind = bind,
    .run = run,
};
