/* HannWindow, HammingWindow, BlackmanWindow: a - b cos(t) + c cos(2t), t once around the circle. */
#include <math.h>

#include "ops/call.h"
#include "ops/infer.h"

enum { OUTPUT_DATATYPE, PERIODIC };

#define TYPES SDX_T_NUMERIC

static const sdx_port inputs[] = {{.name = "size", .var = "T1", .types = SDX_T_INDEX}};
static const sdx_port outputs[] = {{.name = "output", .var = "T2", .types = TYPES}};
static const sdx_attr_def attrs[] = {
    [OUTPUT_DATATYPE] = SDX_ATTR_I("output_datatype", 1), [PERIODIC] = SDX_ATTR_I("periodic", 1)};

typedef struct cosines {
    double a, b, c;
} cosines;

static sdx_status infer(sdx_infer *in) {
    const int64_t dtype = sdx_node_int(in->node, OUTPUT_DATATYPE);
    if (!sdx_dtype_valid(dtype) || !sdx_types_have(TYPES, (sdx_dtype)dtype)) {
        char text[256];
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'output_datatype' is %lld, expected one of %s", (long long)dtype,
                        sdx_types_text(TYPES, text, sizeof text));
    }
    sdx_infer_set_dtype(in, 0, (sdx_dtype)dtype);
    sdx_dim n;
    SDX_TRY(sdx_infer_scalar(in, 0, &n));
    SDX_TRY(sdx_infer_want_sizes(in, 0, &n, 1));
    return sdx_infer_set_shape(in, 0, 1, &n);
}

typedef struct job {
    const cosines *row;
    sdx_view *out;
    double around; /* elements of a whole turn */
} job;

static void some(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const double turn = 6.28318530717958647693;
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        const double t = turn * (double)i / j->around;
        sdx_view_set_double(j->out, i, j->row->a - j->row->b * cos(t) + j->row->c * cos(2 * t));
    }
}

/* A symmetric window of one element has no turn: it is 1, the top. */
static sdx_status run(const sdx_call *c) {
    const size_t n = c->out[0]->len;
    const size_t around = sdx_node_int(c->node, PERIODIC) != 0 ? n : n - 1;
    job j = {.row = c->node->op->data, .out = c->out[0], .around = (double)around};
    if (n == 1 && around == 0)
        sdx_view_set_double(c->out[0], 0, 1);
    else
        sdx_call_for(c, n, sdx_grain(32), some, &j);
    return NULL;
}

static const cosines hann = {.a = 0.5, .b = 0.5};
static const cosines hamming = {.a = 25.0 / 46, .b = 21.0 / 46};
static const cosines blackman = {.a = 0.42, .b = 0.5, .c = 0.08};

/* WINDOW_OP(blackman, "BlackmanWindow"): the row sdx_op_blackman_window. */
#define WINDOW_OP(id, op_type)            \
    const sdx_op sdx_op_##id##_window = { \
        .name = (op_type),                \
        .domain = "",                     \
        .since = 17,                      \
        .newest = 17,                     \
        SDX_ROWS(inputs, inputs),         \
        SDX_ROWS(outputs, outputs),       \
        SDX_ROWS(attrs, attrs),           \
        .data = &(id),                    \
        .infer = infer,                   \
        .run = run,                       \
    };
WINDOW_OP(blackman, "BlackmanWindow")
WINDOW_OP(hamming, "HammingWindow")
WINDOW_OP(hann, "HannWindow")
