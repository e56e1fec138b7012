/* CumSum, CumProd: element i of the output combines the first i + 1 elements along the axis (the
 * first i with exclusive), in order, from the other end with reverse. Integers wrap. */
#include "ops/call.h"
#include "ops/infer.h"

enum { EXCLUSIVE, REVERSE };
enum { IN_X, IN_AXIS };
enum { TILE = 256 }; /* columns that are walked together */

#define TYPES (SDX_T_FLOATS | SDX_T(UINT32) | SDX_T(UINT64) | SDX_T(INT32) | SDX_T(INT64))

static const sdx_port inputs[] = {
    {.name = "x", .var = "T", .types = TYPES},
    {.name = "axis", .var = "T2", .types = SDX_T_INDEX},
};
static const sdx_port outputs[] = {{.name = "y", .var = "T", .types = TYPES}};
static const sdx_attr_def attrs[] = {
    [EXCLUSIVE] = SDX_ATTR_I("exclusive", 0),
    [REVERSE] = SDX_ATTR_I("reverse", 0),
};

typedef struct scan scan;
typedef void accumulate_fn(const scan *s, size_t block, size_t first, size_t width);

struct scan {
    const void *src;
    void *dst;
    size_t n, inner; /* elements along the axis, and behind it */
    bool exclusive, reverse;
    accumulate_fn *accumulate;
};

#define SUM(a, b) ((a) + (b))
#define PRODUCT(a, b) ((a) * (b))

#define ACCUMULATE sum_f32
#define T float
#define NEUTRAL 0
#define COMBINE SUM
#include "ops/scan/cumulative_tmpl.h"
#define ACCUMULATE sum_f64
#define T double
#define NEUTRAL 0
#define COMBINE SUM
#include "ops/scan/cumulative_tmpl.h"
#define ACCUMULATE sum_u32
#define T uint32_t
#define NEUTRAL 0
#define COMBINE SUM
#include "ops/scan/cumulative_tmpl.h"
#define ACCUMULATE sum_u64
#define T uint64_t
#define NEUTRAL 0
#define COMBINE SUM
#include "ops/scan/cumulative_tmpl.h"

#define ACCUMULATE product_f32
#define T float
#define NEUTRAL 1
#define COMBINE PRODUCT
#include "ops/scan/cumulative_tmpl.h"
#define ACCUMULATE product_f64
#define T double
#define NEUTRAL 1
#define COMBINE PRODUCT
#include "ops/scan/cumulative_tmpl.h"
#define ACCUMULATE product_u32
#define T uint32_t
#define NEUTRAL 1
#define COMBINE PRODUCT
#include "ops/scan/cumulative_tmpl.h"
#define ACCUMULATE product_u64
#define T uint64_t
#define NEUTRAL 1
#define COMBINE PRODUCT
#include "ops/scan/cumulative_tmpl.h"

static accumulate_fn *const sums[] = {
    [SDX_FLOAT32] = sum_f32, [SDX_FLOAT64] = sum_f64, [SDX_UINT32] = sum_u32,
    [SDX_INT32] = sum_u32,   [SDX_UINT64] = sum_u64,  [SDX_INT64] = sum_u64,
};

static accumulate_fn *const products[] = {
    [SDX_FLOAT32] = product_f32, [SDX_FLOAT64] = product_f64, [SDX_UINT32] = product_u32,
    [SDX_INT32] = product_u32,   [SDX_UINT64] = product_u64,  [SDX_INT64] = product_u64,
};

/* Items: tiles of columns of all blocks. */
static void scan_tiles(void *arg, size_t begin, size_t end, unsigned lane) {
    const scan *const s = arg;
    const size_t tiles = (s->inner + TILE - 1) / TILE;
    (void)lane;
    for (size_t item = begin; item < end; item++) {
        const size_t first = item % tiles * TILE, rest = s->inner - first;
        s->accumulate(s, item / tiles, first, rest < TILE ? rest : TILE);
    }
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const x = c->in[IN_X], *const axis_view = c->in[IN_AXIS];
    accumulate_fn *const *const by_type = c->node->op->data;
    size_t axis;
    if (axis_view->len != 1)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'axis' has %zu elements, expected a scalar",
                        axis_view->len);
    SDX_TRY(sdx_axis(sdx_view_int(axis_view, 0), x->rank, "input 'axis'", &axis));
    scan s = {
        .src = x->data,
        .dst = c->out[0]->data,
        .n = (size_t)x->dims[axis],
        .inner = sdx_view_count(x, axis + 1, x->rank),
        .exclusive = sdx_node_int(c->node, EXCLUSIVE) != 0,
        .reverse = sdx_node_int(c->node, REVERSE) != 0,
        .accumulate = by_type[x->dtype],
    };
    if (x->len == 0) return NULL;
    const size_t width = s.inner < TILE ? s.inner : TILE;
    sdx_call_for(c, sdx_view_count(x, 0, axis) * ((s.inner + TILE - 1) / TILE),
                 sdx_grain(s.n * width), scan_tiles, &s);
    return NULL;
}

const sdx_op sdx_op_cum_sum = {
    .name = "CumSum",
    .domain = "",
    .since = 11,
    .newest = 14,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .data = sums,
    .infer = sdx_infer_like_first,
    .run = run,
};

const sdx_op sdx_op_cum_prod = {
    .name = "CumProd",
    .domain = "",
    .since = 26,
    .newest = 26,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .data = products,
    .infer = sdx_infer_like_first,
    .run = run,
};
