/* MaxUnpool: elements go back to where MaxPool found them, the rest is 0. Indices count the
 * elements of the tensor that the window says was pooled; an output that is told to be larger has
 * it in its corner. */
#include <string.h>

#include "ops/conv/window.h"

enum { IN_X, IN_INDICES, IN_SHAPE };
enum { KERNEL_SHAPE, PADS, STRIDES };

static const sdx_port inputs[] = {
    {.name = "X", .var = "T1", .types = SDX_T_FLOATS},
    {.name = "I", .var = "T2", .types = SDX_T(INT64)},
    {.name = "output_shape", .var = "T2", .types = SDX_T(INT64), .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "output", .var = "T1", .types = SDX_T_FLOATS}};
static const sdx_attr_def attrs[] = {
    [KERNEL_SHAPE] = SDX_ATTR_REQ("kernel_shape", SDX_ATTR_INTS),
    [PADS] = SDX_ATTR_OPT("pads", SDX_ATTR_INTS),
    [STRIDES] = SDX_ATTR_OPT("strides", SDX_ATTR_INTS),
};

/* ---- shapes */

/* The shape that was pooled: (in - 1) * stride + kernel - pads. */
static sdx_status pooled_shape(const sdx_node *node, sdx_dims *table, size_t rank,
                               const sdx_dim *in, sdx_dim *out) {
    const size_t n = rank - 2;
    sdx_dim kernel[SDX_WINDOW_MAX], strides[SDX_WINDOW_MAX], pads[2 * SDX_WINDOW_MAX];
    SDX_TRY(sdx_window_list(node, KERNEL_SHAPE, n, 1, 1, kernel));
    SDX_TRY(sdx_window_list(node, STRIDES, n, 1, 1, strides));
    SDX_TRY(sdx_window_list(node, PADS, 2 * n, 0, 0, pads));
    out[0] = in[0];
    out[1] = in[1];
    for (size_t i = 0; i < n; i++) {
        const sdx_dim steps = sdx_dim_mul(table, sdx_dim_sub(table, in[i + 2], 1), strides[i]);
        const sdx_dim more = kernel[i] - pads[i] - pads[n + i];
        out[i + 2] = sdx_dim_add(table, steps, more);
        if (sdx_dim_is_number(out[i + 2]) && out[i + 2] < 0) out[i + 2] = 0;
    }
    return NULL;
}

/* Takes the shape that is asked for; *known is false when it is not there yet. */
static sdx_status take_shape(const sdx_infer *in, size_t rank, sdx_dim *dims, bool *known) {
    sdx_dim asked[SDX_MAX_RANK];
    size_t n;
    *known = sdx_infer_ints(in, IN_SHAPE, asked, SDX_MAX_RANK, &n);
    if (!*known) return NULL;
    if (n != rank)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'output_shape' has %zu elements, expected %zu",
                        n, rank);
    for (size_t i = 0; i < rank; i++) {
        const bool numbers = sdx_dim_is_number(asked[i]) && sdx_dim_is_number(dims[i]);
        if (numbers && asked[i] < dims[i])
            return sdx_fail(SDX_OUT_OF_RANGE,
                            "input 'output_shape'[%zu] is %lld, expected %lld or more, as was "
                            "pooled",
                            i, (long long)asked[i], (long long)dims[i]);
        dims[i] = asked[i];
    }
    return NULL;
}

static sdx_status infer(sdx_infer *in) {
    if (!sdx_infer_ranked(in, IN_X)) return NULL;
    const size_t rank = (size_t)in->in[IN_X].rank;
    char text[160];
    if (rank < 3)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'X' has shape %s, expected [N, C, sizes]",
                        sdx_infer_shape_text(in, IN_X, text, sizeof text));
    sdx_dim dims[SDX_MAX_RANK];
    SDX_TRY(pooled_shape(in->node, in->dims, rank, in->in[IN_X].dims, dims));
    SDX_TRY(sdx_infer_want_rank(in, IN_INDICES, (int)rank));
    for (size_t i = 0; i < rank && sdx_infer_ranked(in, IN_INDICES); i++) {
        const sdx_dim x = in->in[IN_X].dims[i], index = in->in[IN_INDICES].dims[i];
        if (sdx_dim_is_number(x) && sdx_dim_is_number(index) && x != index)
            return sdx_fail(SDX_SHAPE_MISMATCH, "input 'I' has shape %s, expected that of 'X'",
                            sdx_infer_shape_text(in, IN_INDICES, text, sizeof text));
    }
    if (!sdx_infer_has(in, IN_SHAPE)) return sdx_infer_set_shape(in, 0, rank, dims);
    bool known;
    SDX_TRY(take_shape(in, rank, dims, &known));
    return known ? sdx_infer_set_shape(in, 0, rank, dims) : sdx_infer_set_rank(in, 0, rank);
}

/* ---- running */

/* Where an element of the pooled shape stands in the output. */
static size_t place(size_t rank, const sdx_dim *pooled, const sdx_view *y, size_t index) {
    size_t at = 0, step = 1;
    for (size_t d = rank; d-- > 0;) {
        at += index % (size_t)pooled[d] * step;
        index /= (size_t)pooled[d];
        step *= (size_t)y->dims[d];
    }
    return at;
}

/* One lane: where two elements meet, the later one stays. */
static sdx_status run(const sdx_call *c) {
    const sdx_view *const x = c->in[IN_X], *const y = c->out[0];
    const int64_t *const indices = c->in[IN_INDICES]->data;
    const size_t size = sdx_dtype_size(x->dtype), rank = x->rank;
    sdx_dim pooled[SDX_MAX_RANK];
    SDX_TRY(pooled_shape(c->node, NULL, rank, x->dims, pooled));
    int64_t len = 1;
    bool same = true;
    for (size_t d = 0; d < rank; d++) {
        len *= pooled[d]; /* no overflow: none is larger than that of the output */
        same = same && pooled[d] == y->dims[d];
    }
    if (y->len > 0) memset(y->data, 0, sdx_view_bytes(y));
    for (size_t i = 0; i < x->len; i++) {
        if (indices[i] < 0 || indices[i] >= len)
            return sdx_fail_index(c, IN_INDICES, i, indices[i], 0, len - 1);
        const size_t index = (size_t)indices[i];
        const size_t at = same ? index : place(rank, pooled, y, index);
        memcpy((char *)y->data + at * size, (const char *)x->data + i * size, size);
    }
    return NULL;
}

const sdx_op sdx_op_max_unpool = {
    .name = "MaxUnpool",
    .domain = "",
    .since = 9,
    .newest = 22,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .infer = infer,
    .run = run,
};
