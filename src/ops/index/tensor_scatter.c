/* TensorScatter: new steps written into a cache, at an index of each sample's own. */
#include <string.h>

#include "ops/index/scatter.h"
#include "ops/infer.h"

enum { AXIS, MODE };
enum { IN_PAST, IN_UPDATE, IN_WRITE };

static const sdx_port inputs[] = {
    {.name = "past_cache", .var = "T", .types = SDX_T_ANY},
    {.name = "update", .var = "T", .types = SDX_T_ANY},
    {.name = "write_indices", .var = "I", .types = SDX_T(INT64), .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "present_cache", .var = "T", .types = SDX_T_ANY}};
static const sdx_attr_def attrs[] = {
    [AXIS] = SDX_ATTR_I("axis", -2),
    [MODE] = SDX_ATTR_S("mode", "linear"),
};

/* ONNX: TensorScatter-24: the shapes differ along the axis alone, where the update is shorter. */
static sdx_status check_update(const sdx_infer *in, size_t axis) {
    const sdx_fact *const past = &in->in[IN_PAST], *const update = &in->in[IN_UPDATE];
    bool fits = past->rank == update->rank;
    for (size_t i = 0; fits && i < (size_t)past->rank; i++) {
        const bool longer = sdx_dim_is_number(past->dims[i]) && update->dims[i] > past->dims[i];
        fits = i == axis ? !longer : !sdx_dims_differ(past->dims[i], update->dims[i]);
    }
    if (fits) return NULL;
    char found[160], expected[160];
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "input 'update' has shape %s, expected that of 'past_cache', %s, or shorter "
                    "along axis %zu",
                    sdx_infer_shape_text(in, IN_UPDATE, found, sizeof found),
                    sdx_infer_shape_text(in, IN_PAST, expected, sizeof expected), axis);
}

static sdx_status check_write(const sdx_infer *in) {
    if (!sdx_infer_ranked(in, IN_WRITE)) return NULL;
    SDX_TRY(sdx_infer_want_rank(in, IN_WRITE, 1));
    const sdx_dim n = in->in[IN_WRITE].dims[0], batch = in->in[IN_PAST].dims[0];
    if (!sdx_dims_differ(n, batch)) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "input 'write_indices' has %lld numbers, expected %lld, one a sample",
                    (long long)n, (long long)batch);
}

static sdx_status infer(sdx_infer *in) {
    const sdx_str mode = sdx_node_str(in->node, MODE);
    size_t axis;
    if (!sdx_str_is(mode, "linear") && !sdx_str_is(mode, "circular"))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'mode' is '%.*s', expected linear or circular", SDX_FMT(mode));
    if (sdx_infer_ranked(in, IN_PAST)) {
        SDX_TRY(
            sdx_infer_axis(in, IN_PAST, sdx_node_int(in->node, AXIS), "attribute 'axis'", &axis));
        if (axis == 0)
            return sdx_fail(SDX_INVALID_MODEL,
                            "attribute 'axis' is that of the batch, expected another one");
        if (sdx_infer_ranked(in, IN_UPDATE)) SDX_TRY(check_update(in, axis));
        SDX_TRY(check_write(in));
    }
    return sdx_infer_like_first(in);
}

typedef struct write {
    char *dst;
    const char *src;
    const int64_t *at;             /* of each sample; NULL: 0 */
    size_t per_sample, steps, len; /* blocks of a sample; steps of the cache, of the update */
    size_t run;                    /* bytes of a step of a block */
} write;

/* Items: blocks, all steps of one place in the dims before the axis. The second part of an update
 * that goes round the end stands at the beginning. */
static void write_blocks(void *arg, size_t begin, size_t end, unsigned lane) {
    const write *const w = arg;
    (void)lane;
    for (size_t b = begin; b < end; b++) {
        const int64_t steps = (int64_t)w->steps;
        const int64_t rest = w->at ? w->at[b / w->per_sample] % steps : 0;
        const size_t at = (size_t)(rest < 0 ? rest + steps : rest);
        const size_t first = w->len < w->steps - at ? w->len : w->steps - at;
        char *const dst = w->dst + b * w->steps * w->run;
        const char *const src = w->src + b * w->len * w->run;
        memcpy(dst + at * w->run, src, first * w->run);
        memcpy(dst, src + first * w->run, (w->len - first) * w->run);
    }
}

/* ONNX: TensorScatter-24 mode linear: write_indices + sequence_length <= max_sequence_length. */
static sdx_status check_linear(const sdx_call *c, int64_t steps, int64_t len) {
    const sdx_view *const at = sdx_call_in(c, IN_WRITE);
    if (sdx_str_is(sdx_node_str(c->node, MODE), "circular")) return NULL;
    for (size_t i = 0; at && i < at->len; i++) {
        const int64_t index = sdx_view_int(at, i);
        if (index < 0 || index > steps - len)
            return sdx_fail_index(c, IN_WRITE, i, index, 0, steps - len);
    }
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const past = c->in[IN_PAST], *const update = c->in[IN_UPDATE];
    const sdx_view *const at = sdx_call_in(c, IN_WRITE);
    size_t axis;
    SDX_TRY(sdx_axis(sdx_node_int(c->node, AXIS), past->rank, "attribute 'axis'", &axis));
    SDX_TRY(check_linear(c, past->dims[axis], update->dims[axis]));
    write w = {
        .dst = c->out[0]->data,
        .src = update->data,
        .at = at ? at->data : NULL,
        .per_sample = sdx_view_count(past, 1, axis),
        .steps = (size_t)past->dims[axis],
        .len = (size_t)update->dims[axis],
        .run = sdx_view_count(past, axis + 1, past->rank) * sdx_dtype_size(past->dtype),
    };
    sdx_scatter_begin(c);
    if (update->len > 0)
        sdx_call_for(c, sdx_view_count(past, 0, axis), sdx_grain(w.len * w.run / 4 + 1),
                     write_blocks, &w);
    return NULL;
}

const sdx_op sdx_op_tensor_scatter = {
    .name = "TensorScatter",
    .domain = "",
    .since = 24,
    .newest = 24,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .infer = infer,
    .run = run,
};
