/* FusedConv of com.microsoft: a convolution, plus another tensor, through an activation. */
#include "ops/conv/method.h"
#include "ops/elementwise/activation.h"
#include "ops/work.h"

enum { IN_X, IN_W, IN_B, IN_Z };
enum { GROUP = SDX_WINDOW_ATTRS, ACTIVATION, PARAMS };

/* The schema lacks bfloat16, which costs nothing. */
static const sdx_port inputs[] = {
    {.name = "X", .var = "T", .types = SDX_T_FLOATS},
    {.name = "W", .var = "T", .types = SDX_T_FLOATS},
    {.name = "B", .var = "T", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
    {.name = "Z", .var = "T", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
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
    if (!sdx_infer_ranked(in, IN_Z) || y->rank < 0) return NULL;
    const sdx_fact *const z = &in->in[IN_Z];
    bool fits = z->rank == y->rank;
    for (int i = 0; fits && i < z->rank; i++) {
        fits = z->dims[i] == y->dims[i] || !sdx_dim_is_number(z->dims[i]) ||
               !sdx_dim_is_number(y->dims[i]);
    }
    char text[160];
    if (fits) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH, "input 'Z' has shape %s, expected that of the output",
                    sdx_infer_shape_text(in, IN_Z, text, sizeof text));
}

static sdx_status infer(sdx_infer *in) {
    SDX_TRY(sdx_conv_infer(in, &ports));
    return check_residual(in);
}

/* ---- preparing */

typedef struct prepared {
    sdx_pack *pack;                   /* NULL: the weights are read as they are */
    const sdx_activation *activation; /* NULL: none */
    float p0, p1;
} prepared;

static sdx_status read_activation(const sdx_node *node, prepared *out) {
    const sdx_attr *const params = sdx_node_attr(node, PARAMS);
    if (!sdx_node_has(node, ACTIVATION) || sdx_node_str(node, ACTIVATION).len == 0) return NULL;
    SDX_TRY(sdx_activation_find(sdx_node_str(node, ACTIVATION), &out->activation));
    const size_t want = out->activation->n_params;
    out->p0 = out->activation->p0;
    out->p1 = out->activation->p1;
    if (params->n == 0 && !sdx_str_is(sdx_node_str(node, ACTIVATION), "Clip")) return NULL;
    if (params->n != want)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'activation_params' has %zu elements, expected %zu for %s",
                        params->n, want, out->activation->name);
    if (want > 0) out->p0 = params->floats[0];
    if (want > 1) out->p1 = params->floats[1];
    return NULL;
}

static sdx_status prepare(sdx_prepare *p) {
    prepared *made;
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &made));
    p->prepared = made;
    SDX_TRY(read_activation(p->node, made));
    return sdx_conv_prepare(p, IN_W, sdx_node_int(p->node, GROUP), &made->pack);
}

/* The product applies the activation itself where nothing is added after it. */
static sdx_status bind(sdx_bind *b) {
    sdx_conv *const conv = b->bound;
    const prepared *const made = b->prepared;
    const bool residual = b->n_in > IN_Z && b->in[IN_Z] != NULL;
    SDX_TRY(sdx_conv_bind(b->node, &ports, b->in[IN_X], b->in[IN_W], b->out[0], &conv->sizes));
    if (made->activation != NULL && !residual && b->in[IN_X]->dtype == SDX_FLOAT32) {
        conv->post = sdx_unary_at(b->kernels, made->activation->unary.kernel);
        conv->p0 = made->p0;
        conv->p1 = made->p1;
    }
    return sdx_conv_choose(conv, b, b->in[IN_X]->dtype, made->pack != NULL);
}

/* ---- running */

typedef struct job {
    const prepared *made;
    const sdx_kernel_table *kernels;
    const sdx_view *y, *z; /* z may be NULL */
} job;

static void finish_f32(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const prepared *const made = j->made;
    const size_t n = end - begin;
    float *const y = (float *)j->y->data + begin;
    (void)lane;
    if (j->z != NULL) j->kernels->add_f32(y, y, (const float *)j->z->data + begin, n, SDX_FORM_VV);
    if (made->activation != NULL)
        sdx_unary_at(j->kernels, made->activation->unary.kernel)(y, y, n, made->p0, made->p1);
}

static void finish_f64(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const prepared *const made = j->made;
    const size_t n = end - begin;
    double *const y = (double *)j->y->data + begin;
    (void)lane;
    if (j->z != NULL) j->kernels->add_f64(y, y, (const double *)j->z->data + begin, n, SDX_FORM_VV);
    if (made->activation != NULL) sdx_activation_f64(made->activation, y, n, made->p0, made->p1);
}

static sdx_status run(const sdx_call *c) {
    const prepared *const made = c->prepared;
    const sdx_conv *const conv = c->bound;
    const sdx_view *const bias = sdx_call_in(c, IN_B);
    const void *w = c->in[IN_W]->data;
    job j = {.made = made, .kernels = c->kernels, .y = c->out[0], .z = sdx_call_in(c, IN_Z)};
    if (made->pack != NULL) SDX_TRY(sdx_call_pack(c, made->pack, &w));
    sdx_conv_run(conv, c, j.y->data, c->in[IN_X]->data, w, bias != NULL ? bias->data : NULL);
    if (j.z == NULL && (made->activation == NULL || conv->post != NULL)) return NULL;
    const size_t work = made->activation != NULL ? made->activation->unary.work + 1 : 1;
    sdx_call_for(c, j.y->len, sdx_grain(work), j.y->dtype == SDX_FLOAT64 ? finish_f64 : finish_f32,
                 &j);
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
