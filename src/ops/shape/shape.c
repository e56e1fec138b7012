/* Shape: the dims of its input, from `start` to `end`, as an int64 vector. Inference knows the
 * elements as well, so that chains of shape arithmetic cost nothing in a run. */
#include <string.h>

#include "ops/call.h"
#include "ops/infer.h"

enum { START, END };

static const sdx_port inputs[] = {{.name = "data", .var = "T", .types = SDX_T_ANY}};
static const sdx_port outputs[] = {{.name = "shape", .var = "T1", .types = SDX_T(INT64)}};
static const sdx_attr_def attrs[] = {
    [START] = SDX_ATTR_I("start", 0),
    [END] = SDX_ATTR_OPT("end", SDX_ATTR_INT),
};

/* ONNX: Shape-15 start, end: negative ones count from the end, then both are clamped. */
static int64_t clamp(int64_t at, int64_t rank) {
    if (at < 0) at += rank;
    return at < 0 ? 0 : at > rank ? rank : at;
}

static void range(const sdx_node *node, int64_t rank, size_t *first, size_t *n) {
    const int64_t start = clamp(sdx_node_int(node, START), rank);
    const int64_t end = sdx_node_has(node, END) ? clamp(sdx_node_int(node, END), rank) : rank;
    *first = (size_t)start;
    *n = end > start ? (size_t)(end - start) : 0;
}

static sdx_status infer(sdx_infer *in) {
    if (!sdx_infer_ranked(in, 0)) return sdx_infer_set_rank(in, 0, 1);
    size_t first, n;
    range(in->node, in->in[0].rank, &first, &n);
    const sdx_dim len = (sdx_dim)n;
    SDX_TRY(sdx_infer_set_shape(in, 0, 1, &len));
    return sdx_infer_set_ints(in, 0, in->in[0].dims + first, n);
}

static sdx_status run(const sdx_call *c) {
    size_t first, n;
    range(c->node, c->in[0]->rank, &first, &n);
    if (n > 0) memcpy(c->out[0]->data, c->in[0]->dims + first, n * sizeof(int64_t));
    return NULL;
}

const sdx_op sdx_op_shape = {
    .name = "Shape",
    .domain = "",
    .since = 1,
    .newest = 25,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_SUBBYTE, /* of the input only its shape is looked at */
    .infer = infer,
    .run = run,
};
