/* SplitToSequence: pieces of a tensor along an axis, as a sequence. */
#include "ops/common/piece.h"
#include "ops/sequence/list.h"

enum { AXIS, KEEPDIMS };
enum { IN_DATA, IN_SPLIT };

static const sdx_port inputs[] = {
    {.name = "input", .var = "T", .types = SDX_T_ANY},
    {.name = "split", .var = "I", .types = SDX_T_INDEX, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {
    {.name = "output_sequence", .var = "S", .types = SDX_T_SEQUENCE}};
static const sdx_attr_def attrs[] = {
    [AXIS] = SDX_ATTR_I("axis", 0), [KEEPDIMS] = SDX_ATTR_I("keepdims", 1)};

static sdx_status infer(sdx_infer *in) {
    const sdx_dtype element = sdx_infer_dtype(in, IN_DATA);
    if (element != SDX_UNDEFINED && in->n_out > 0) in->out[0].type = sdx_type_sequence(element);
    return NULL;
}

/* How an axis of `dim` steps is cut: into n pieces; piece i has sizes[i] steps, or `size` where
 * there is no list (the last one what is left). */
typedef struct cuts {
    const sdx_view *sizes;
    size_t dim, n, size;
} cuts;

static sdx_status check_sizes(const cuts *k) {
    int64_t sum = 0;
    for (size_t i = 0; i < k->n; i++) {
        const int64_t size = sdx_view_int(k->sizes, i);
        if (size < 0 || (uint64_t)size > k->dim)
            return sdx_fail(SDX_OUT_OF_RANGE, "input 'split'[%zu]: found %lld, expected 0 to %zu",
                            i, (long long)size, k->dim);
        sum = sdx_dim_add(NULL, sum, size);
    }
    if ((uint64_t)sum == k->dim) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "input 'split': found sizes that sum to %lld, expected %zu, the size of the "
                    "axis",
                    (long long)sum, k->dim);
}

/* ONNX: SplitToSequence-11 split: absent as a scalar 1; a scalar is the size of all pieces. */
static sdx_status find_cuts(const sdx_call *c, cuts *k) {
    const sdx_view *const split = sdx_call_in(c, IN_SPLIT);
    int64_t size = 1;
    if (split != NULL && split->rank == 1) {
        k->sizes = split;
        k->n = split->len;
        return check_sizes(k);
    }
    if (split != NULL && split->rank != 0)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'split': found rank %u, expected 0 or 1",
                        (unsigned)split->rank);
    if (split != NULL) size = sdx_view_int(split, 0);
    if (size < 1)
        return sdx_fail(SDX_OUT_OF_RANGE, "input 'split': found %lld, expected 1 or more",
                        (long long)size);
    k->size = (size_t)size;
    k->n = k->dim / k->size + (k->dim % k->size != 0);
    return NULL;
}

static sdx_status cut(const sdx_call *c, size_t axis, const cuts *k, sdx_value **pieces) {
    const bool squeeze = sdx_call_in(c, IN_SPLIT) == NULL && sdx_node_int(c->node, KEEPDIMS) == 0;
    size_t begin = 0;
    for (size_t i = 0; i < k->n; i++) {
        const size_t left = k->dim - begin;
        const size_t size = k->sizes != NULL ? (size_t)sdx_view_int(k->sizes, i)
                            : k->size < left ? k->size
                                             : left;
        SDX_TRY(sdx_piece(c->store, c->in[IN_DATA], axis, begin, size, squeeze, &pieces[i]));
        begin += size;
    }
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const data = c->in[IN_DATA];
    sdx_heap *const heap = sdx_store_heap(c->store);
    cuts k = {0};
    size_t axis;
    sdx_value **pieces, *result = NULL;
    SDX_TRY(sdx_axis(sdx_node_int(c->node, AXIS), data->rank, "attribute 'axis'", &axis));
    k.dim = (size_t)data->dims[axis];
    SDX_TRY(find_cuts(c, &k));
    SDX_TRY(SDX_NEW_ARRAY(heap, k.n, &pieces));
    sdx_status status = cut(c, axis, &k, pieces);
    if (status == NULL)
        status = sdx_value_sequence(c->store, SDX_TENSOR, data->dtype, pieces, k.n, &result);
    for (size_t i = 0; i < k.n; i++) {
        sdx_value_release(pieces[i]);
    }
    sdx_heap_free(heap, pieces, k.n * sizeof *pieces);
    return status != NULL ? status : sdx_call_set_value(c, 0, result);
}

const sdx_op sdx_op_split_to_sequence = {
    .name = "SplitToSequence",
    .domain = "",
    .since = 11,
    .newest = 24,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_VALUES | SDX_OP_DATA_SHAPE,
    .infer = infer,
    .run = run,
};
