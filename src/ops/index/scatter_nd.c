/* ScatterND: slices named by tuples of indices are written or reduced. */
#include "ops/common/indices.h"
#include "ops/index/scatter.h"
#include "ops/infer.h"

enum { REDUCTION };
enum { IN_DATA, IN_INDICES, IN_UPDATES };

static const sdx_port inputs[] = {
    {.name = "data", .var = "T", .types = SDX_T_ANY},
    {.name = "indices", .var = "Tind", .types = SDX_T(INT64)},
    {.name = "updates", .var = "T", .types = SDX_T_ANY},
};
static const sdx_port outputs[] = {{.name = "output", .var = "T", .types = SDX_T_ANY}};
static const sdx_attr_def attrs[] = {[REDUCTION] = SDX_ATTR_S("reduction", "none")};

/* ONNX: ScatterND-18 updates: indices.shape[:-1] ++ data.shape[len:]. */
static sdx_status check_updates(const sdx_infer *in, size_t len) {
    const sdx_fact *const data = &in->in[IN_DATA], *const indices = &in->in[IN_INDICES];
    const sdx_fact *const updates = &in->in[IN_UPDATES];
    sdx_dim dims[2 * SDX_MAX_RANK];
    size_t rank = 0;
    for (size_t i = 0; i + 1 < (size_t)indices->rank; i++)
        dims[rank++] = indices->dims[i];
    for (size_t i = len; i < (size_t)data->rank; i++)
        dims[rank++] = data->dims[i];
    bool fits = (size_t)updates->rank == rank;
    for (size_t i = 0; i < rank && fits; i++)
        fits = !sdx_dim_is_number(dims[i]) || !sdx_dim_is_number(updates->dims[i]) ||
               dims[i] == updates->dims[i];
    if (fits) return NULL;
    char found[160], expected[160];
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "input 'updates' has shape %s, expected %s, as 'indices' and 'data' ask for",
                    sdx_infer_shape_text(in, IN_UPDATES, found, sizeof found),
                    sdx_dims_text(in->dims, rank, dims, expected, sizeof expected));
}

static sdx_status check(const sdx_infer *in) {
    if (!sdx_infer_ranked(in, IN_DATA) || !sdx_infer_ranked(in, IN_INDICES)) return NULL;
    const sdx_fact *const data = &in->in[IN_DATA], *const indices = &in->in[IN_INDICES];
    if (indices->rank == 0)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'indices' is a scalar, expected rank 1 or more");
    const sdx_dim len = indices->dims[indices->rank - 1];
    if (!sdx_dim_is_number(len)) return NULL;
    if (len < 1 || len > data->rank)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input 'indices' has %lld as its last dimension, expected 1 to %d, the "
                        "rank of 'data'",
                        (long long)len, data->rank);
    return sdx_infer_ranked(in, IN_UPDATES) ? check_updates(in, (size_t)len) : NULL;
}

static sdx_status infer(sdx_infer *in) {
    SDX_TRY(sdx_scatter_check(sdx_node_str(in->node, REDUCTION)));
    SDX_TRY(check(in));
    return sdx_infer_like_first(in);
}

/* Offsets of all tuples. */
static sdx_status bind(sdx_bind *b) {
    const sdx_view *const indices = b->in[IN_INDICES];
    b->scratch = sdx_view_count(indices, 0, (size_t)indices->rank - 1) * sizeof(int64_t);
    return NULL;
}

typedef struct scatter {
    char *dst;
    const char *src;
    const int64_t *offsets; /* in elements */
    size_t n, run, size;    /* tuples; elements of a slice; bytes of one */
    sdx_scatter_fn *row;
} scatter;

/* Items: elements of a slice. All tuples are done in order, so that those that meet in one slice
 * give the same with any number of lanes. */
static void scatter_slices(void *arg, size_t begin, size_t end, unsigned lane) {
    const scatter *const s = arg;
    (void)lane;
    for (size_t t = 0; t < s->n; t++) {
        char *const dst = s->dst + ((size_t)s->offsets[t] + begin) * s->size;
        s->row(dst, s->src + (t * s->run + begin) * s->size, NULL, 0, 1, end - begin);
    }
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const data = c->in[IN_DATA], *const indices = c->in[IN_INDICES];
    const size_t len = (size_t)indices->dims[indices->rank - 1];
    int64_t strides[SDX_MAX_RANK];
    sdx_strides(data->rank, data->dims, strides);
    const sdx_tuples tuples = {
        .input = IN_INDICES, .len = len, .dims = data->dims, .strides = strides};
    scatter s = {
        .dst = c->out[0]->data,
        .src = c->in[IN_UPDATES]->data,
        .offsets = c->scratch,
        .n = indices->len / len,
        .run = sdx_view_count(data, len, data->rank),
        .size = sdx_dtype_size(data->dtype),
    };
    SDX_TRY(sdx_scatter_of(sdx_node_str(c->node, REDUCTION), data->dtype, &s.row));
    SDX_TRY(sdx_index_tuples(c, &tuples, c->scratch));
    sdx_scatter_begin(c);
    if (s.run == 1)
        s.row(s.dst, s.src, s.offsets, 1, 0, s.n);
    else
        sdx_call_for(c, s.run, sdx_grain(s.n), scatter_slices, &s);
    return NULL;
}

const sdx_op sdx_op_scatter_nd = {
    .name = "ScatterND",
    .domain = "",
    .since = 11,
    .newest = 18,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .infer = infer,
    .bind = bind,
    .run = run,
};
