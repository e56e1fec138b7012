/* Adagrad, Adam and Momentum: parameters and what is remembered of each, moved by a gradient. The
 * input list has the parameters, then their gradients, then each thing remembered; the output list
 * the same without gradients. */
#include <math.h>

#include "ops/call.h"
#include "ops/infer.h"

enum { IN_R, IN_T, IN_TENSORS };
enum { X, G, MEMORY, MAX_MEMORIES = 2, MAX_KINDS = MEMORY + MAX_MEMORIES };

/* What all elements of a run share. */
typedef struct rates {
    double rate, count;
    double regularization, regularization_post;
    double alpha, beta, epsilon;
    bool nesterov;
} rates;

typedef struct row {
    size_t memories; /* tensors remembered for each parameter */
    sdx_status (*read)(const sdx_node *node, rates *r);
    /* e[X] and e[MEMORY], ... of one element become new; e[G] includes the regularization */
    void (*update)(const rates *r, double *e);
} row;

/* ---- the three */

enum { ADAGRAD_NORM, ADAGRAD_DECAY, ADAGRAD_EPSILON };
static const sdx_attr_def adagrad_attrs[] = {
    [ADAGRAD_NORM] = SDX_ATTR_F("norm_coefficient", 0.0f),
    [ADAGRAD_DECAY] = SDX_ATTR_F("decay_factor", 0.0f),
    [ADAGRAD_EPSILON] = SDX_ATTR_F("epsilon", 1e-6f),
};

static sdx_status read_adagrad(const sdx_node *node, rates *r) {
    r->regularization = (double)sdx_node_float(node, ADAGRAD_NORM);
    r->epsilon = (double)sdx_node_float(node, ADAGRAD_EPSILON);
    r->rate /= 1 + r->count * (double)sdx_node_float(node, ADAGRAD_DECAY);
    return NULL;
}

static void adagrad(const rates *r, double *e) {
    e[MEMORY] += e[G] * e[G];
    e[X] -= r->rate * e[G] / (sqrt(e[MEMORY]) + r->epsilon);
}

enum { ADAM_NORM, ADAM_NORM_POST, ADAM_ALPHA, ADAM_BETA, ADAM_EPSILON };
static const sdx_attr_def adam_attrs[] = {
    [ADAM_NORM] = SDX_ATTR_F("norm_coefficient", 0.0f),
    [ADAM_NORM_POST] = SDX_ATTR_F("norm_coefficient_post", 0.0f),
    [ADAM_ALPHA] = SDX_ATTR_F("alpha", 0.9f),
    [ADAM_BETA] = SDX_ATTR_F("beta", 0.999f),
    [ADAM_EPSILON] = SDX_ATTR_F("epsilon", 1e-6f),
};

static sdx_status read_adam(const sdx_node *node, rates *r) {
    r->regularization = (double)sdx_node_float(node, ADAM_NORM);
    r->regularization_post = (double)sdx_node_float(node, ADAM_NORM_POST);
    r->alpha = (double)sdx_node_float(node, ADAM_ALPHA);
    r->beta = (double)sdx_node_float(node, ADAM_BETA);
    r->epsilon = (double)sdx_node_float(node, ADAM_EPSILON);
    if (r->count > 0) r->rate *= sqrt(1 - pow(r->beta, r->count)) / (1 - pow(r->alpha, r->count));
    return NULL;
}

static void adam(const rates *r, double *e) {
    e[MEMORY] = r->alpha * e[MEMORY] + (1 - r->alpha) * e[G];
    e[MEMORY + 1] = r->beta * e[MEMORY + 1] + (1 - r->beta) * e[G] * e[G];
    e[X] -= r->rate * e[MEMORY] / (sqrt(e[MEMORY + 1]) + r->epsilon);
    e[X] *= 1 - r->regularization_post;
}

enum { MOMENTUM_NORM, MOMENTUM_ALPHA, MOMENTUM_BETA, MOMENTUM_MODE };
static const sdx_attr_def momentum_attrs[] = {
    [MOMENTUM_NORM] = SDX_ATTR_REQ("norm_coefficient", SDX_ATTR_FLOAT),
    [MOMENTUM_ALPHA] = SDX_ATTR_REQ("alpha", SDX_ATTR_FLOAT),
    [MOMENTUM_BETA] = SDX_ATTR_REQ("beta", SDX_ATTR_FLOAT),
    [MOMENTUM_MODE] = SDX_ATTR_REQ("mode", SDX_ATTR_STRING),
};

/* ONNX: Momentum-1: the first gradient counts in full. */
static sdx_status read_momentum(const sdx_node *node, rates *r) {
    const sdx_str mode = sdx_node_str(node, MOMENTUM_MODE);
    r->regularization = (double)sdx_node_float(node, MOMENTUM_NORM);
    r->alpha = (double)sdx_node_float(node, MOMENTUM_ALPHA);
    r->beta = r->count > 0 ? (double)sdx_node_float(node, MOMENTUM_BETA) : 1;
    r->nesterov = sdx_str_is(mode, "nesterov");
    if (r->nesterov || sdx_str_is(mode, "standard")) return NULL;
    return sdx_fail(SDX_INVALID_MODEL,
                    "attribute 'mode' is '%.*s', expected 'standard' or 'nesterov'", SDX_FMT(mode));
}

static void momentum(const rates *r, double *e) {
    e[MEMORY] = r->alpha * e[MEMORY] + r->beta * e[G];
    e[X] -= r->rate * (r->nesterov ? e[G] + r->alpha * e[MEMORY] : e[MEMORY]);
}

/* ---- inference */

static size_t kinds_of(const sdx_node *node) {
    const row *const r = node->op->data;
    return MEMORY + r->memories;
}

/* Where kind `kind` of a parameter stands among n of them: input, output. */
static size_t input_of(size_t kind, size_t n, size_t i) { return IN_TENSORS + kind * n + i; }
static size_t output_of(size_t kind, size_t n, size_t i) {
    return (kind == X ? 0 : kind - 1) * n + i;
}

static sdx_status check_like(const sdx_infer *in, size_t first, size_t i) {
    const sdx_fact *const a = &in->in[first], *const b = &in->in[i];
    char one[160], other[160];
    bool equal = a->type == NULL || b->type == NULL || a->type == b->type;
    if (sdx_infer_ranked(in, first) && sdx_infer_ranked(in, i)) {
        equal = equal && a->rank == b->rank;
        for (int d = 0; d < a->rank && equal; d++) {
            equal = !sdx_dim_is_number(a->dims[d]) || !sdx_dim_is_number(b->dims[d]) ||
                    a->dims[d] == b->dims[d];
        }
    }
    if (equal) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "inputs %zu and %zu have shapes %s and %s, expected one type and shape: they "
                    "belong to one parameter",
                    first, i, sdx_infer_shape_text(in, first, one, sizeof one),
                    sdx_infer_shape_text(in, i, other, sizeof other));
}

static sdx_status infer(sdx_infer *in) {
    const size_t kinds = kinds_of(in->node), tensors = in->n_in - IN_TENSORS, n = tensors / kinds;
    rates unused = {.rate = 0};
    const row *const r = in->node->op->data;
    SDX_TRY(r->read(in->node, &unused));
    if (tensors % kinds != 0 || in->n_out != n * (kinds - 1))
        return sdx_fail(
            SDX_INVALID_MODEL,
            "found %zu tensors and %zu outputs, expected %zu and %zu for each parameter", tensors,
            in->n_out, kinds, kinds - 1);
    for (size_t i = 0; i < n; i++) {
        for (size_t kind = X; kind < kinds; kind++) {
            const size_t at = input_of(kind, n, i);
            if (!sdx_infer_has(in, at))
                return sdx_fail(SDX_INVALID_MODEL, "input %zu is absent, expected a tensor", at);
            SDX_TRY(check_like(in, input_of(X, n, i), at));
            if (kind != G) SDX_TRY(sdx_infer_same(in, output_of(kind, n, i), at));
        }
    }
    return NULL;
}

/* ---- running */

typedef struct job {
    const rates *rates;
    const row *row;
    const void *in[MAX_KINDS];
    void *out[MAX_KINDS]; /* NULL: not wanted */
} job;

#define T float
#define NAME(x) x##_f32
#include "ops/training/optimizer_tmpl.h"
#define T double
#define NAME(x) x##_f64
#include "ops/training/optimizer_tmpl.h"

static sdx_status read_scalar(const sdx_call *c, size_t i, double *out) {
    if (c->in[i]->len != 1)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s' has %zu elements, expected a scalar",
                        c->node->op->inputs[i].name, c->in[i]->len);
    *out = sdx_view_double(c->in[i], 0);
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    const row *const r = c->node->op->data;
    const size_t kinds = kinds_of(c->node), n = (c->n_in - IN_TENSORS) / kinds;
    rates shared = {.rate = 0};
    SDX_TRY(read_scalar(c, IN_R, &shared.rate));
    SDX_TRY(read_scalar(c, IN_T, &shared.count));
    SDX_TRY(r->read(c->node, &shared));
    for (size_t i = 0; i < n; i++) {
        const sdx_view *const x = c->in[input_of(X, n, i)];
        job j = {.rates = &shared, .row = r};
        for (size_t kind = X; kind < kinds; kind++) {
            j.in[kind] = c->in[input_of(kind, n, i)]->data;
            const sdx_view *const y = kind == G ? NULL : sdx_call_out(c, output_of(kind, n, i));
            j.out[kind] = y != NULL ? y->data : NULL;
        }
        sdx_call_for(c, x->len, sdx_grain(16), x->dtype == SDX_FLOAT64 ? chunk_f64 : chunk_f32, &j);
    }
    return NULL;
}

/* ---- rows */

static const sdx_port inputs[] = {
    {.name = "R", .var = "T1", .types = SDX_T_FLOATS32},
    {.name = "T", .var = "T2", .types = SDX_T(INT64)},
    {.name = "inputs",
     .var = "T3",
     .types = SDX_T_FLOATS32,
     .flags = SDX_PORT_VARIADIC | SDX_PORT_HETERO},
};
static const sdx_port outputs[] = {{.name = "outputs",
                                    .var = "T3",
                                    .types = SDX_T_FLOATS32,
                                    .flags = SDX_PORT_VARIADIC | SDX_PORT_HETERO}};

static const row adagrad_row = {.memories = 1, .read = read_adagrad, .update = adagrad};
static const row adam_row = {.memories = 2, .read = read_adam, .update = adam};
static const row momentum_row = {.memories = 1, .read = read_momentum, .update = momentum};

const sdx_op sdx_op_adagrad = {
    .name = "Adagrad",
    .domain = "ai.onnx.preview.training",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, adagrad_attrs),
    .data = &adagrad_row,
    .infer = infer,
    .run = run,
};

const sdx_op sdx_op_adam = {
    .name = "Adam",
    .domain = "ai.onnx.preview.training",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, adam_attrs),
    .data = &adam_row,
    .infer = infer,
    .run = run,
};

const sdx_op sdx_op_momentum = {
    .name = "Momentum",
    .domain = "ai.onnx.preview.training",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, momentum_attrs),
    .data = &momentum_row,
    .infer = infer,
    .run = run,
};
