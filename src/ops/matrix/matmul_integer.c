/* MatMulInteger: the product of 8-bit matrices, each less its zero point, in int32. */
#include "ops/matrix/integer.h"
#include "ops/work.h"

#define BYTES (SDX_T(INT8) | SDX_T(UINT8))

enum { IN_A, IN_B, IN_A_ZERO, IN_B_ZERO };

static const sdx_port inputs[] = {
    {.name = "A", .var = "T1", .types = BYTES},
    {.name = "B", .var = "T2", .types = BYTES},
    {.name = "a_zero_point", .var = "T1", .types = BYTES, .flags = SDX_PORT_OPTIONAL},
    {.name = "b_zero_point", .var = "T2", .types = BYTES, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "Y", .var = "T3", .types = SDX_T(INT32)}};

/* ---- inference */

static sdx_status infer(sdx_infer *in) {
    sdx_infer_set_dtype(in, 0, SDX_INT32);
    SDX_TRY(sdx_integer_check(in, IN_A_ZERO, IN_A, false));
    SDX_TRY(sdx_integer_check(in, IN_B_ZERO, IN_B, true));
    return sdx_matmul_infer(in, false, false);
}

static sdx_status prepare(sdx_prepare *p) {
    sdx_pack **made;
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &made));
    p->prepared = made;
    return sdx_integer_prepare(p, IN_B, made);
}

static sdx_status bind(sdx_bind *b) {
    sdx_pack *const *const made = b->prepared;
    return sdx_integer_bind(b->bound, b, b->in[IN_A], b->in[IN_B], *made != NULL);
}

static sdx_status run(const sdx_call *c) {
    sdx_pack *const *const made = c->prepared;
    const sdx_integer_call call = {.a = c->in[IN_A],
                                   .b = c->in[IN_B],
                                   .a_zero = sdx_call_in(c, IN_A_ZERO),
                                   .b_zero = sdx_call_in(c, IN_B_ZERO),
                                   .pack = *made,
                                   .out = c->out[0]->data};
    return sdx_integer_run(c->bound, c, &call);
}

const sdx_op sdx_op_matmul_integer = {
    .name = "MatMulInteger",
    .domain = "",
    .since = 10,
    .newest = 10,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    .bound_size = sizeof(sdx_integer),
    .infer = infer,
    .prepare = prepare,
    .bind = bind,
    .run = run,
    .flops = sdx_flops_matmul,
};
