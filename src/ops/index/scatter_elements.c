/* ScatterElements: each update goes to the index's own place but for the axis. Scatter is its old
 * name. */
#include <limits.h>

#include "ops/common/indices.h"
#include "ops/index/along_axis.h"
#include "ops/index/scatter.h"
#include "ops/upgrade.h"

enum { AXIS, REDUCTION };
enum { IN_DATA, IN_INDICES, IN_UPDATES };

static const sdx_port inputs[] = {
    {.name = "data", .var = "T", .types = SDX_T_ANY},
    {.name = "indices", .var = "Tind", .types = SDX_T_INDEX},
    {.name = "updates", .var = "T", .types = SDX_T_ANY},
};
static const sdx_port outputs[] = {{.name = "output", .var = "T", .types = SDX_T_ANY}};
static const sdx_attr_def attrs[] = {
    [AXIS] = SDX_ATTR_I("axis", 0),
    [REDUCTION] = SDX_ATTR_S("reduction", "none"),
};

static sdx_status check_updates(const sdx_infer *in) {
    const sdx_fact *const indices = &in->in[IN_INDICES], *const updates = &in->in[IN_UPDATES];
    char found[160], expected[160];
    if (indices->rank < 0 || updates->rank < 0) return NULL;
    bool fits = indices->rank == updates->rank;
    for (int i = 0; i < indices->rank && fits; i++)
        fits = !sdx_dim_is_number(indices->dims[i]) || !sdx_dim_is_number(updates->dims[i]) ||
               indices->dims[i] == updates->dims[i];
    if (fits) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "input 'updates' has shape %s, expected %s, that of 'indices'",
                    sdx_infer_shape_text(in, IN_UPDATES, found, sizeof found),
                    sdx_infer_shape_text(in, IN_INDICES, expected, sizeof expected));
}

static sdx_status infer(sdx_infer *in) {
    SDX_TRY(sdx_scatter_check(sdx_node_str(in->node, REDUCTION)));
    SDX_TRY(sdx_along_axis_check(in, IN_DATA, IN_INDICES));
    SDX_TRY(check_updates(in));
    return sdx_infer_like_first(in);
}

static sdx_status bind(sdx_bind *b) {
    b->scratch = sdx_indices_scratch(b->in[IN_INDICES]);
    return sdx_along_axis_init(b->bound, b->node, b->in[IN_DATA], b->in[IN_INDICES]);
}

typedef struct scatter {
    const sdx_along_axis *a;
    char *dst;
    const char *src;
    size_t size;
    const int64_t *index;
    sdx_scatter_fn *row;
} scatter;

static void scatter_parts(void *arg, size_t begin, size_t end, unsigned lane) {
    const scatter *const sc = arg;
    const sdx_strided *const s = &sc->a->walk;
    const size_t n = (size_t)s->dims[s->rank - 1], rows = s->rows / sc->a->parts;
    sdx_strided_walk w;
    (void)lane;
    sdx_strided_walk_begin(&w, s, begin * rows);
    for (size_t r = begin * rows; r < end * rows; r++) {
        sc->row(sc->dst + w.at * (int64_t)sc->size, sc->src + r * n * sc->size, sc->index + r * n,
                sc->a->stride, s->strides[s->rank - 1], n);
        sdx_strided_walk_next(&w);
    }
}

static sdx_status run(const sdx_call *c) {
    const sdx_along_axis *const a = c->bound;
    const size_t n = c->in[IN_INDICES]->len;
    scatter s = {
        .a = a,
        .dst = c->out[0]->data,
        .src = c->in[IN_UPDATES]->data,
        .size = sdx_dtype_size(c->out[0]->dtype),
    };
    SDX_TRY(sdx_scatter_of(sdx_node_str(c->node, REDUCTION), c->out[0]->dtype, &s.row));
    SDX_TRY(sdx_indices(c, IN_INDICES, a->dim, c->scratch, &s.index));
    sdx_scatter_begin(c);
    if (n > 0) sdx_call_for(c, a->parts, sdx_grain(n / a->parts), scatter_parts, &s);
    return NULL;
}

const sdx_op sdx_op_scatter_elements = {
    .name = "ScatterElements",
    .domain = "",
    .since = 11,
    .newest = 18,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .bound_size = sizeof(sdx_along_axis),
    .infer = infer,
    .bind = bind,
    .run = run,
};

/* ONNX: Scatter-9 is ScatterElements without a reduction; deprecated since 11, but alive. */
static sdx_status rename_scatter(sdx_upgrade *u) { return sdx_upgrade_turn(u, "ScatterElements"); }
static const sdx_upgrade_rule scatter_upgrades[] = {{.below = INT_MAX, .apply = rename_scatter}};

const sdx_op sdx_op_scatter = {
    .name = "Scatter",
    .domain = "",
    .since = 9,
    .until = 10,
    .newest = 9,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    .attrs = attrs,
    .n_attrs = 1,
    SDX_ROWS(upgrades, scatter_upgrades),
};
