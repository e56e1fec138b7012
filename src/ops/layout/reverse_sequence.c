/* ReverseSequence: the first sequence_lens[b] steps of each batch in reverse order. */
#include <string.h>

#include "ops/call.h"
#include "ops/infer.h"

enum { BATCH_AXIS, TIME_AXIS };
enum { IN_DATA, IN_LENS };

static const sdx_port inputs[] = {
    {.name = "input", .var = "T", .types = SDX_T_ANY},
    {.name = "sequence_lens", .var = "I", .types = SDX_T(INT64)},
};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = SDX_T_ANY}};
static const sdx_attr_def attrs[] = {
    [BATCH_AXIS] = SDX_ATTR_I("batch_axis", 1),
    [TIME_AXIS] = SDX_ATTR_I("time_axis", 0),
};

/* ONNX: ReverseSequence-10 batch_axis, time_axis: one is 0, the other 1. */
static sdx_status check(const sdx_infer *in) {
    const int64_t batch = sdx_node_int(in->node, BATCH_AXIS);
    const int64_t time = sdx_node_int(in->node, TIME_AXIS);
    const sdx_fact *const data = &in->in[IN_DATA], *const lens = &in->in[IN_LENS];
    if ((batch != 0 && batch != 1) || time != 1 - batch)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attributes 'batch_axis' and 'time_axis' are %lld and %lld, expected 0 and "
                        "1 or 1 and 0",
                        (long long)batch, (long long)time);
    if (data->rank >= 0 && data->rank < 2)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'input' has rank %d, expected 2 or more",
                        data->rank);
    SDX_TRY(sdx_infer_want_rank(in, IN_LENS, 1));
    if (data->rank < 0 || lens->rank < 0) return NULL;
    const sdx_dim dim = data->dims[batch];
    if (!sdx_dim_is_number(dim) || !sdx_dim_is_number(lens->dims[0]) || dim == lens->dims[0])
        return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "input 'sequence_lens' has %lld numbers, expected %lld, one a batch",
                    (long long)lens->dims[0], (long long)dim);
}

static sdx_status infer(sdx_infer *in) {
    SDX_TRY(check(in));
    return sdx_infer_like_first(in);
}

typedef struct reverse {
    char *dst;
    const char *src;
    const int64_t *lens;
    size_t dims[2], run; /* bytes of a step of a batch */
    size_t time;         /* axis */
} reverse;

/* Items: steps of batches, in the order of the output. */
static void copy_steps(void *arg, size_t begin, size_t end, unsigned lane) {
    const reverse *const r = arg;
    (void)lane;
    for (size_t item = begin; item < end; item++) {
        size_t at[2] = {item / r->dims[1], item % r->dims[1]};
        const size_t len = (size_t)r->lens[at[1 - r->time]];
        if (at[r->time] < len) at[r->time] = len - 1 - at[r->time];
        memcpy(r->dst + item * r->run, r->src + (at[0] * r->dims[1] + at[1]) * r->run, r->run);
    }
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const data = c->in[IN_DATA], *const lens = c->in[IN_LENS];
    reverse r = {
        .dst = c->out[0]->data,
        .src = data->data,
        .lens = lens->data,
        .dims = {(size_t)data->dims[0], (size_t)data->dims[1]},
        .run = sdx_view_count(data, 2, data->rank) * sdx_dtype_size(data->dtype),
        .time = (size_t)sdx_node_int(c->node, TIME_AXIS),
    };
    const int64_t steps = data->dims[r.time];
    for (size_t i = 0; i < lens->len; i++)
        if (r.lens[i] < 0 || r.lens[i] > steps)
            return sdx_fail(SDX_OUT_OF_RANGE,
                            "input 'sequence_lens'[%zu] is %lld, expected 0 to %lld", i,
                            (long long)r.lens[i], (long long)steps);
    if (data->len > 0)
        sdx_call_for(c, r.dims[0] * r.dims[1], sdx_grain(r.run / 4 + 1), copy_steps, &r);
    return NULL;
}

const sdx_op sdx_op_reverse_sequence = {
    .name = "ReverseSequence",
    .domain = "",
    .since = 10,
    .newest = 10,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .infer = infer,
    .run = run,
};
