/* IsNaN and IsInf. */
#include <math.h>

#include "ops/call.h"
#include "ops/infer.h"

#define FLOATS (SDX_T_FLOATS | SDX_T_FLOATS8)

static const sdx_port inputs[] = {{.name = "X", .var = "T1", .types = FLOATS}};
static const sdx_port outputs[] = {{.name = "Y", .var = "T2", .types = SDX_T(BOOL)}};

static sdx_status infer(sdx_infer *in) {
    if (!sdx_infer_ranked(in, 0)) return NULL;
    return sdx_infer_set_shape(in, 0, (size_t)in->in[0].rank, in->in[0].dims);
}

typedef struct job {
    const sdx_view *x;
    uint8_t *y;
    bool negative, positive; /* infinities that count */
} job;

static void nan_f32(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const float *const x = j->x->data;
    (void)lane;
    for (size_t i = begin; i < end; i++)
        j->y[i] = x[i] != x[i];
}

static void nan_f64(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const double *const x = j->x->data;
    (void)lane;
    for (size_t i = begin; i < end; i++)
        j->y[i] = x[i] != x[i];
}

static void inf_f32(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const float *const x = j->x->data;
    (void)lane;
    for (size_t i = begin; i < end; i++)
        j->y[i] = (x[i] == INFINITY && j->positive) || (x[i] == -INFINITY && j->negative);
}

static void inf_f64(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const double *const x = j->x->data;
    (void)lane;
    for (size_t i = begin; i < end; i++)
        j->y[i] = (x[i] == HUGE_VAL && j->positive) || (x[i] == -HUGE_VAL && j->negative);
}

static sdx_status run_nan(const sdx_call *c) {
    job j = {.x = c->in[0], .y = c->out[0]->data};
    sdx_call_for(c, j.x->len, sdx_grain(1), j.x->dtype == SDX_FLOAT64 ? nan_f64 : nan_f32, &j);
    return NULL;
}

const sdx_op sdx_op_is_nan = {
    .name = "IsNaN",
    .domain = "",
    .since = 9,
    .newest = 20,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    .flags = SDX_OP_WIDEN,
    .infer = infer,
    .run = run_nan,
};

static const sdx_attr_def attrs[] = {SDX_ATTR_I("detect_negative", 1),
                                     SDX_ATTR_I("detect_positive", 1)};

static sdx_status run_inf(const sdx_call *c) {
    job j = {.x = c->in[0],
             .y = c->out[0]->data,
             .negative = sdx_node_int(c->node, 0) != 0,
             .positive = sdx_node_int(c->node, 1) != 0};
    sdx_call_for(c, j.x->len, sdx_grain(1), j.x->dtype == SDX_FLOAT64 ? inf_f64 : inf_f32, &j);
    return NULL;
}

const sdx_op sdx_op_is_inf = {
    .name = "IsInf",
    .domain = "",
    .since = 10,
    .newest = 20,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .infer = infer,
    .run = run_inf,
};
