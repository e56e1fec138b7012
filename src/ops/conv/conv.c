/* Conv: cross-correlation over any number of spatial dims, in groups. */
#include "ops/conv/method.h"
#include "ops/work.h"

enum { IN_X, IN_W, IN_B };
enum { GROUP = SDX_WINDOW_ATTRS };

static const sdx_port inputs[] = {
    {.name = "X", .var = "T", .types = SDX_T_FLOATS},
    {.name = "W", .var = "T", .types = SDX_T_FLOATS},
    {.name = "B", .var = "T", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_attr_def attrs[] = {SDX_WINDOW_ROWS, [GROUP] = SDX_ATTR_I("group", 1)};
static const sdx_conv_ports ports = {.x = IN_X, .w = IN_W, .bias = IN_B, .group = GROUP};

static sdx_status infer(sdx_infer *in) { return sdx_conv_infer(in, &ports); }

static sdx_status prepare(sdx_prepare *p) {
    sdx_pack **pack;
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &pack));
    p->prepared = pack;
    return sdx_conv_prepare(p, IN_W, sdx_node_int(p->node, GROUP), pack);
}

static sdx_status bind(sdx_bind *b) {
    sdx_conv *const conv = b->bound;
    sdx_pack *const *const pack = b->prepared;
    SDX_TRY(sdx_conv_bind(b->node, &ports, b->in[IN_X], b->in[IN_W], b->out[0], &conv->sizes));
    return sdx_conv_choose(conv, b, b->in[IN_X]->dtype, *pack != NULL);
}

static sdx_status run(const sdx_call *c) {
    sdx_pack *const *const pack = c->prepared;
    const void *w = c->in[IN_W]->data;
    if (*pack != NULL) SDX_TRY(sdx_call_pack(c, *pack, &w));
    const sdx_conv_data data = {
        .y = c->out[0]->data, .x = c->in[IN_X]->data, .w = w, .bias = sdx_call_data(c, IN_B)};
    sdx_conv_run(c->bound, c, &data);
    return NULL;
}

const sdx_op sdx_op_conv = {
    .name = "Conv",
    .domain = "",
    .since = 1,
    .newest = 22,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(sdx_conv),
    .infer = infer,
    .prepare = prepare,
    .bind = bind,
    .run = run,
    .flops = sdx_flops_conv,
};
