/* MatMul: NumPy's matrix product, with its rules for vectors and for batches. */
#include "ops/matrix/matmul.h"
#include "ops/work.h"

#define TYPES (SDX_T_FLOATS | SDX_T(INT32) | SDX_T(INT64) | SDX_T(UINT32) | SDX_T(UINT64))

enum { IN_A, IN_B };

static const sdx_port inputs[] = {
    {.name = "A", .var = "T", .types = TYPES},
    {.name = "B", .var = "T", .types = TYPES},
};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = TYPES}};

static sdx_status infer(sdx_infer *in) { return sdx_matmul_infer(in, false, false); }

static sdx_status prepare(sdx_prepare *p) {
    sdx_pack **pack;
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &pack));
    p->prepared = pack;
    return sdx_product_prepare(p, IN_B, false, pack);
}

static sdx_status bind(sdx_bind *b) {
    sdx_product *const p = b->bound;
    sdx_pack *const *const pack = b->prepared;
    sdx_matmul_describe(p, b->in[IN_A], b->in[IN_B], false, false);
    SDX_TRY(sdx_product_bind(p, b->kernels, *pack != NULL, b->lanes, &b->scratch));
    b->how = sdx_product_how(p);
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    sdx_pack *const *const pack = c->prepared;
    const void *b = c->in[IN_B]->data;
    if (*pack != NULL) SDX_TRY(sdx_call_pack(c, *pack, &b));
    sdx_product_run(c->bound, c, c->out[0]->data, c->in[IN_A]->data, b,
                    (sdx_product_terms){.d = NULL});
    return NULL;
}

const sdx_op sdx_op_matmul = {
    .name = "MatMul",
    .domain = "",
    .since = 1,
    .newest = 13,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(sdx_product),
    .infer = infer,
    .prepare = prepare,
    .bind = bind,
    .run = run,
    .flops = sdx_flops_matmul,
};
