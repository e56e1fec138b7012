/* A convolution with what stood behind it: a factor and a term for each channel, another tensor, an
 * activation. FusedConv of com.microsoft has no factor; the Conv of domain sardonyx, which lowering
 * makes, has. float32 does all of it while a result is in the cache. */
#include "ops/conv/method.h"
#include "ops/elementwise/activation.h"
#include "ops/work.h"

enum { IN_X, IN_W, IN_B, IN_Z, IN_S, IN_T };
enum { GROUP = SDX_WINDOW_ATTRS, ACTIVATION, PARAMS };

/* The schema lacks bfloat16, which costs nothing. */
static const sdx_port inputs[] = {
    {.name = "X", .var = "T", .types = SDX_T_FLOATS},
    {.name = "W", .var = "T", .types = SDX_T_FLOATS},
    {.name = "B", .var = "T", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
    {.name = "Z", .var = "T", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
};
#define FLOATS (SDX_T(FLOAT32) | SDX_T_HALVES)

/* Factors and terms keep float32 beside halves. */
static const sdx_port scaled_inputs[] = {
    {.name = "X", .var = "T", .types = FLOATS},
    {.name = "W", .var = "T", .types = FLOATS},
    {.name = "B", .var = "T", .types = FLOATS, .flags = SDX_PORT_OPTIONAL},
    {.name = "Z", .var = "T", .types = FLOATS, .flags = SDX_PORT_OPTIONAL},
    {.name = "scale", .var = "T1", .types = SDX_T(FLOAT32), .flags = SDX_PORT_OPTIONAL},
    {.name = "shift", .var = "T1", .types = SDX_T(FLOAT32), .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_attr_def attrs[] = {
    SDX_WINDOW_ROWS,
    [GROUP] = SDX_ATTR_I("group", 1),
    [ACTIVATION] = SDX_ATTR_OPT("activation", SDX_ATTR_STRING),
    [PARAMS] = SDX_ATTR_OPT("activation_params", SDX_ATTR_FLOATS),
};
static const sdx_conv_ports ports = {.x = IN_X, .w = IN_W, .bias = IN_B, .group = GROUP};

/* ---- shapes */

static sdx_status check_residual(const sdx_infer *in) {
    const sdx_fact *const y = &in->out[0];
    if (!sdx_infer_has(in, IN_Z) || y->rank < 0) return NULL;
    return sdx_want_shape(in, IN_Z, (size_t)y->rank, y->dims, "that of the output");
}

/* A factor comes with a term, for each output channel; the shape of Y tells how many. */
static sdx_status check_factors(const sdx_infer *in) {
    const sdx_fact *const y = &in->out[0];
    if (sdx_infer_has(in, IN_S) != sdx_infer_has(in, IN_T))
        return sdx_fail(SDX_INVALID_MODEL,
                        "found one of 'scale' and 'shift', expected both or none");
    if (y->rank < 2) return NULL;
    SDX_TRY(sdx_want_shape(in, IN_S, 1, &y->dims[1], "one factor for each output channel"));
    return sdx_want_shape(in, IN_T, 1, &y->dims[1], "one term for each output channel");
}

static sdx_status infer(sdx_infer *in) {
    SDX_TRY(sdx_conv_infer(in, &ports));
    SDX_TRY(check_factors(in));
    return check_residual(in);
}

/* ---- preparing */

typedef struct prepared {
    sdx_pack *pack; /* NULL: the weights are read as they are */
    sdx_activation_use use;
} prepared;

static sdx_status prepare(sdx_prepare *p) {
    prepared *made;
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &made));
    p->prepared = made;
    SDX_TRY(sdx_activation_read(p->node, ACTIVATION, PARAMS, &made->use));
    return sdx_conv_prepare(p, IN_W, sdx_node_int(p->node, GROUP), &made->pack);
}

static sdx_status bind(sdx_bind *b) {
    sdx_conv *const conv = b->bound;
    const prepared *const made = b->prepared;
    SDX_TRY(sdx_conv_bind(b->node, &ports, b->in[IN_X], b->in[IN_W], b->out[0], &conv->sizes));
    if (made->use.activation != NULL && b->in[IN_X]->dtype == SDX_FLOAT32) {
        conv->post = sdx_unary_at(b->kernels, made->use.activation->unary.kernel);
        conv->p0 = made->use.p0;
        conv->p1 = made->use.p1;
    }
    return sdx_conv_choose(conv, b, b->in[IN_X]->dtype, made->pack != NULL);
}

/* ---- running */

typedef struct job {
    const prepared *made;
    const sdx_view *y, *z; /* z may be NULL */
} job;

/* float64 goes over the result once more. */
static void finish_f64(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const prepared *const made = j->made;
    const size_t n = end - begin;
    double *const y = (double *)j->y->data + begin;
    (void)lane;
    if (j->z != NULL)
        sdx_exact_kernels()->add_f64(y, y, (const double *)j->z->data + begin, n, SDX_FORM_VV);
    if (made->use.activation != NULL)
        sdx_activation_f64(made->use.activation, y, n, made->use.p0, made->use.p1);
}

static sdx_status run(const sdx_call *c) {
    const prepared *const made = c->prepared;
    const bool whole = c->out[0]->dtype == SDX_FLOAT32;
    const void *w = c->in[IN_W]->data;
    if (made->pack != NULL) SDX_TRY(sdx_call_pack(c, made->pack, &w));
    const sdx_conv_data data = {.y = c->out[0]->data,
                                .x = c->in[IN_X]->data,
                                .w = w,
                                .bias = sdx_call_data(c, IN_B),
                                .scale = sdx_call_data(c, IN_S),
                                .shift = sdx_call_data(c, IN_T),
                                .residual = whole ? sdx_call_data(c, IN_Z) : NULL};
    sdx_conv_run(c->bound, c, &data);
    job j = {.made = made, .y = c->out[0], .z = sdx_call_in(c, IN_Z)};
    if (whole || (j.z == NULL && made->use.activation == NULL)) return NULL;
    const size_t work = made->use.activation != NULL ? made->use.activation->unary.work + 1 : 1;
    sdx_call_for(c, j.y->len, sdx_grain(work), finish_f64, &j);
    return NULL;
}

const sdx_op sdx_op_ms_fused_conv = {
    .name = "FusedConv",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
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

const sdx_op sdx_op_sdx_conv = {
    .name = "Conv",
    .domain = "sardonyx",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, scaled_inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN | SDX_OP_INTERNAL,
    .bound_size = sizeof(sdx_conv),
    .infer = infer,
    .prepare = prepare,
    .bind = bind,
    .run = run,
    .flops = sdx_flops_conv,
};
