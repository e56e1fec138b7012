/* MatMul of domain sardonyx: a product with what stood behind it: a factor, a term for each column,
 * another tensor, an activation. Lowering makes it; all of it is done while a result is in the
 * cache. */
#include "ops/elementwise/activation.h"
#include "ops/matrix/matmul.h"
#include "ops/work.h"

enum { IN_A, IN_B, IN_C, IN_Z };
enum { ALPHA, BETA, TRANS_A, TRANS_B, ACTIVATION, PARAMS };

#define FLOATS (SDX_T(FLOAT32) | SDX_T_HALVES)

static const sdx_port inputs[] = {
    {.name = "A", .var = "T", .types = FLOATS},
    {.name = "B", .var = "T", .types = FLOATS},
    {.name = "C", .var = "T", .types = FLOATS, .flags = SDX_PORT_OPTIONAL},
    {.name = "Z", .var = "T", .types = FLOATS, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = FLOATS}};
static const sdx_attr_def attrs[] = {
    [ALPHA] = SDX_ATTR_F("alpha", 1),
    [BETA] = SDX_ATTR_F("beta", 1),
    [TRANS_A] = SDX_ATTR_I("transA", 0),
    [TRANS_B] = SDX_ATTR_I("transB", 0),
    [ACTIVATION] = SDX_ATTR_OPT("activation", SDX_ATTR_STRING),
    [PARAMS] = SDX_ATTR_OPT("activation_params", SDX_ATTR_FLOATS),
};

static bool transposed(const sdx_node *node, size_t attr) { return sdx_node_int(node, attr) != 0; }

/* ---- shapes */

/* One term for each column of Y; ones may stand before. */
static sdx_status check_terms(const sdx_infer *in) {
    const sdx_fact *const y = &in->out[0];
    if (!sdx_infer_ranked(in, IN_C) || y->rank < 1) return NULL;
    const sdx_fact *const c = &in->in[IN_C];
    bool fits = c->rank >= 1 && c->rank <= y->rank;
    for (int i = 0; fits && i < c->rank; i++) {
        fits = !sdx_dims_differ(c->dims[i], i == c->rank - 1 ? y->dims[y->rank - 1] : 1);
    }
    return fits ? NULL : sdx_wrong_shape(in, IN_C, "a term for each column of the product");
}

static sdx_status infer(sdx_infer *in) {
    SDX_TRY(sdx_matmul_infer(in, transposed(in->node, TRANS_A), transposed(in->node, TRANS_B)));
    SDX_TRY(check_terms(in));
    const sdx_fact *const y = &in->out[0];
    if (!sdx_infer_has(in, IN_Z) || y->rank < 0) return NULL;
    return sdx_want_shape(in, IN_Z, (size_t)y->rank, y->dims, "that of the product");
}

/* ---- running */

typedef struct prepared {
    sdx_pack *pack; /* of B; NULL: it is read as it is */
    sdx_activation_use use;
} prepared;

static sdx_status prepare(sdx_prepare *p) {
    prepared *made;
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &made));
    p->prepared = made;
    SDX_TRY(sdx_activation_read(p->node, ACTIVATION, PARAMS, &made->use));
    return sdx_product_prepare(p, IN_B, transposed(p->node, TRANS_B), &made->pack);
}

static sdx_status bind(sdx_bind *b) {
    sdx_product *const p = b->bound;
    const prepared *const made = b->prepared;
    sdx_matmul_describe(p, b->in[IN_A], b->in[IN_B], transposed(b->node, TRANS_A),
                        transposed(b->node, TRANS_B));
    p->alpha = sdx_node_float(b->node, ALPHA);
    p->beta = sdx_node_float(b->node, BETA);
    p->d_row = 0;
    p->d_col = 1;
    if (made->use.activation != NULL) {
        p->post = sdx_unary_at(b->kernels, made->use.activation->unary.kernel);
        p->p0 = made->use.p0;
        p->p1 = made->use.p1;
    }
    return sdx_product_bind(p, b->kernels, made->pack != NULL, b->lanes, &b->scratch);
}

static sdx_status run(const sdx_call *c) {
    const prepared *const made = c->prepared;
    const sdx_product_terms terms = {.d = sdx_call_data(c, IN_C),
                                     .residual = sdx_call_data(c, IN_Z)};
    const void *b = c->in[IN_B]->data;
    if (made->pack != NULL) SDX_TRY(sdx_call_pack(c, made->pack, &b));
    sdx_product_run(c->bound, c, c->out[0]->data, c->in[IN_A]->data, b, terms);
    return NULL;
}

const sdx_op sdx_op_sdx_product = {
    .name = "MatMul",
    .domain = "sardonyx",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN | SDX_OP_INTERNAL,
    .bound_size = sizeof(sdx_product),
    .infer = infer,
    .prepare = prepare,
    .bind = bind,
    .run = run,
    .flops = sdx_flops_matmul,
};
