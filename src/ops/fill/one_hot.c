/* OneHot: a new axis of `depth`, off everywhere but at each index. */
#include <string.h>

#include "ops/call.h"
#include "ops/common/take.h"
#include "ops/infer.h"

enum { AXIS };
enum { IN_INDICES, IN_DEPTH, IN_VALUES };
enum { OFF, ON };

static const sdx_port inputs[] = {
    {.name = "indices", .var = "T1", .types = SDX_T_NUMERIC},
    {.name = "depth", .var = "T2", .types = SDX_T_NUMERIC},
    {.name = "values", .var = "T3", .types = SDX_T_ANY},
};
static const sdx_port outputs[] = {{.name = "output", .var = "T3", .types = SDX_T_ANY}};
static const sdx_attr_def attrs[] = {[AXIS] = SDX_ATTR_I("axis", -1)};

/* ONNX: OneHot-11: floats are cast to int64; INT64_MIN, outside of any depth, where they have no
 * such value. */
static int64_t index_at(const sdx_view *view, size_t i) {
    if (!sdx_types_have(SDX_T_FLOATS, view->dtype)) return sdx_view_int(view, i);
    const double x = sdx_view_double(view, i);
    return x > -0x1p62 && x < 0x1p62 ? (int64_t)x : INT64_MIN;
}

static sdx_status read_depth(const sdx_infer *in, sdx_dim *depth) {
    const sdx_view *const view = in->in[IN_DEPTH].view;
    *depth = SDX_DIM_UNKNOWN;
    if (!view) return sdx_infer_scalar(in, IN_DEPTH, depth);
    if (view->len != 1)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'depth' has %zu elements, expected 1",
                        view->len);
    *depth = sdx_dim_number(index_at(view, 0));
    if (*depth >= 0) return NULL;
    return sdx_fail(SDX_OUT_OF_RANGE, "input 'depth' is %lld, expected 0 or more",
                    (long long)index_at(view, 0));
}

static sdx_status infer(sdx_infer *in) {
    sdx_dim depth, dims[SDX_MAX_RANK + 1];
    size_t axis;
    SDX_TRY(read_depth(in, &depth));
    if (!sdx_infer_ranked(in, IN_INDICES)) return NULL;
    const size_t rank = (size_t)in->in[IN_INDICES].rank + 1;
    SDX_TRY(sdx_axis(sdx_node_int(in->node, AXIS), rank, "attribute 'axis'", &axis));
    for (size_t i = 0; i < rank; i++)
        dims[i] = i == axis ? depth : in->in[IN_INDICES].dims[i < axis ? i : i - 1];
    return sdx_infer_set_shape(in, 0, rank, dims);
}

typedef struct hot {
    const sdx_view *indices;
    const char *values;
    char *dst;
    size_t size, depth, inner;
    sdx_copy_fn *copy;
} hot;

/* Items: the dims before the new axis. */
static void fill(void *arg, size_t begin, size_t end, unsigned lane) {
    const hot *const h = arg;
    const size_t block = h->depth * h->inner;
    const int64_t depth = (int64_t)h->depth;
    (void)lane;
    h->copy(h->dst + begin * block * h->size, 1, h->values + OFF * h->size, 0,
            (end - begin) * block);
    for (size_t i = begin * h->inner; i < end * h->inner; i++) {
        const int64_t index = index_at(h->indices, i);
        if (index < -depth || index >= depth) continue;
        const size_t hot_at = (size_t)(index < 0 ? index + depth : index);
        memcpy(h->dst + (i / h->inner * block + hot_at * h->inner + i % h->inner) * h->size,
               h->values + ON * h->size, h->size);
    }
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const out = c->out[0];
    size_t axis;
    SDX_TRY(sdx_axis(sdx_node_int(c->node, AXIS), out->rank, "attribute 'axis'", &axis));
    hot h = {
        .indices = c->in[IN_INDICES],
        .values = c->in[IN_VALUES]->data,
        .dst = out->data,
        .size = sdx_dtype_size(out->dtype),
        .depth = (size_t)out->dims[axis],
        .inner = sdx_view_count(out, axis + 1, out->rank),
    };
    if (c->in[IN_VALUES]->len != 2)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'values' has %zu elements, expected 2: off, on",
                        c->in[IN_VALUES]->len);
    if (out->len == 0) return NULL;
    h.copy = sdx_copy_of(h.size);
    sdx_call_for(c, sdx_view_count(out, 0, axis), sdx_grain(h.depth * h.inner), fill, &h);
    return NULL;
}

const sdx_op sdx_op_one_hot = {
    .name = "OneHot",
    .domain = "",
    .since = 9,
    .newest = 11,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .infer = infer,
    .run = run,
};
