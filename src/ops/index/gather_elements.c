/* GatherElements: one element for each index, from the index's own place but for the axis. */
#include "ops/common/indices.h"
#include "ops/common/take.h"
#include "ops/index/along_axis.h"

enum { AXIS };
enum { IN_DATA, IN_INDICES };

static const sdx_port inputs[] = {
    {.name = "data", .var = "T", .types = SDX_T_ANY},
    {.name = "indices", .var = "Tind", .types = SDX_T_INDEX},
};
static const sdx_port outputs[] = {{.name = "output", .var = "T", .types = SDX_T_ANY}};
static const sdx_attr_def attrs[] = {[AXIS] = SDX_ATTR_I("axis", 0)};

static sdx_status infer(sdx_infer *in) {
    SDX_TRY(sdx_along_axis_check(in, IN_DATA, IN_INDICES));
    const sdx_fact *const indices = &in->in[IN_INDICES];
    if (indices->rank < 0) return NULL;
    return sdx_infer_set_shape(in, 0, (size_t)indices->rank, indices->dims);
}

static sdx_status bind(sdx_bind *b) {
    b->scratch = sdx_indices_scratch(b->in[IN_INDICES]);
    return sdx_along_axis_init(b->bound, b->node, b->in[IN_DATA], b->in[IN_INDICES]);
}

typedef struct gather {
    const sdx_along_axis *a;
    char *dst;
    const char *src;
    size_t size;
    const int64_t *index;
    sdx_take_fn *take;
} gather;

static void gather_rows(void *arg, size_t begin, size_t end, unsigned lane) {
    const gather *const g = arg;
    const sdx_strided *const s = &g->a->walk;
    const size_t n = (size_t)s->dims[s->rank - 1];
    sdx_strided_walk w;
    (void)lane;
    sdx_strided_walk_begin(&w, s, begin);
    for (size_t r = begin; r < end; r++) {
        g->take(g->dst + r * n * g->size, g->src + w.at * (int64_t)g->size, g->index + r * n,
                g->a->stride, s->strides[s->rank - 1], n);
        sdx_strided_walk_next(&w);
    }
}

static sdx_status run(const sdx_call *c) {
    const sdx_along_axis *const a = c->bound;
    const size_t size = sdx_dtype_size(c->out[0]->dtype);
    gather g = {.a = a,
                .dst = c->out[0]->data,
                .src = c->in[IN_DATA]->data,
                .size = size,
                .take = sdx_take_of(size)};
    if (c->out[0]->len == 0) return NULL;
    SDX_TRY(sdx_indices(c, IN_INDICES, a->dim, c->scratch, &g.index));
    sdx_call_for(c, a->walk.rows, sdx_grain((size_t)a->walk.dims[a->walk.rank - 1]), gather_rows,
                 &g);
    return NULL;
}

const sdx_op sdx_op_gather_elements = {
    .name = "GatherElements",
    .domain = "",
    .since = 11,
    .newest = 13,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .bound_size = sizeof(sdx_along_axis),
    .infer = infer,
    .bind = bind,
    .run = run,
};
