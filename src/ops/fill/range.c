/* Range: start + i * delta, up to limit. Integers wrap in uint64_t, which no element that is asked
 * for does. */
#include <math.h>

#include "ops/call.h"
#include "ops/infer.h"

enum { STASH_TYPE };
enum { IN_START, IN_LIMIT, IN_DELTA };

#define TYPES (SDX_T_FLOATS | SDX_T(INT16) | SDX_T_INDEX)

static const sdx_port inputs[] = {
    {.name = "start", .var = "T", .types = TYPES},
    {.name = "limit", .var = "T", .types = TYPES},
    {.name = "delta", .var = "T", .types = TYPES},
};
static const sdx_port outputs[] = {{.name = "output", .var = "T", .types = TYPES}};

/* ONNX: Range-27 stash_type: halves are computed in float32 whatever it says, which is no less
 * exact. */
static const sdx_attr_def attrs[] = {[STASH_TYPE] = SDX_ATTR_I("stash_type", 1)};

static sdx_status no_delta(void) {
    return sdx_fail(SDX_OUT_OF_RANGE, "input 'delta' is 0, expected any other number");
}

/* Elements of a range that is counted up at binding: short, of numbers. */
static sdx_status count_ints(sdx_infer *in, sdx_dim start, sdx_dim delta, sdx_dim n) {
    enum { MAX = 64 };
    sdx_dim ints[MAX];
    if (!sdx_dim_is_number(n) || n > MAX) return NULL;
    for (sdx_dim i = 0; i < n; i++)
        ints[i] = sdx_dim_add(in->dims, start, sdx_dim_mul(in->dims, i, delta));
    return sdx_infer_set_ints(in, 0, ints, (size_t)n);
}

static sdx_status infer_int(sdx_infer *in) {
    sdx_dim start, limit, delta;
    SDX_TRY(sdx_infer_scalar(in, IN_START, &start));
    SDX_TRY(sdx_infer_scalar(in, IN_LIMIT, &limit));
    SDX_TRY(sdx_infer_scalar(in, IN_DELTA, &delta));
    if (start == SDX_DIM_UNKNOWN || limit == SDX_DIM_UNKNOWN || delta == SDX_DIM_UNKNOWN)
        return sdx_infer_set_rank(in, 0, 1);
    if (delta == 0) return no_delta();
    const sdx_dim steps = sdx_dim_ceil_div(in->dims, sdx_dim_sub(in->dims, limit, start), delta);
    const sdx_dim n = sdx_dim_max(in->dims, steps, 0);
    SDX_TRY(sdx_infer_set_shape(in, 0, 1, &n));
    return count_ints(in, start, delta, n);
}

static double number(const sdx_infer *in, size_t i) { return sdx_view_double(in->in[i].view, 0); }

static sdx_status infer_float(sdx_infer *in) {
    for (size_t i = IN_START; i <= IN_DELTA; i++)
        if (!in->in[i].view) return sdx_infer_set_rank(in, 0, 1);
    double span = number(in, IN_LIMIT) - number(in, IN_START);
    if (sdx_infer_dtype(in, IN_START) != SDX_FLOAT64) span = (float)span;
    if (number(in, IN_DELTA) == 0) return no_delta();
    const double steps = ceil(span / number(in, IN_DELTA));
    if (!(steps < (double)SDX_DIM_MAX))
        return sdx_fail(
            SDX_OUT_OF_RANGE,
            "inputs 'start', 'limit', 'delta' are %g, %g and %g, expected finite numbers "
            "and a range that memory holds",
            number(in, IN_START), number(in, IN_LIMIT), number(in, IN_DELTA));
    const sdx_dim n = steps > 0 ? (sdx_dim)steps : 0;
    return sdx_infer_set_shape(in, 0, 1, &n);
}

static sdx_status infer(sdx_infer *in) {
    static const char *const names[] = {"start", "limit", "delta"};
    for (size_t i = IN_START; i <= IN_DELTA; i++) {
        const sdx_view *const view = in->in[i].view;
        if (view && view->len != 1)
            return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s' has %zu elements, expected a scalar",
                            names[i], view->len);
    }
    const sdx_dtype dtype = sdx_infer_dtype(in, IN_START);
    if (dtype == SDX_UNDEFINED) return sdx_infer_set_rank(in, 0, 1);
    return sdx_types_have(SDX_T_FLOATS, dtype) ? infer_float(in) : infer_int(in);
}

typedef struct range {
    const void *start, *delta;
    void *dst;
} range;

#define RANGE range_f32
#define T float
#define V float
#include "ops/fill/range_tmpl.h"
#define RANGE range_f64
#define T double
#define V double
#include "ops/fill/range_tmpl.h"
#define RANGE range_i16
#define T int16_t
#define V uint64_t
#include "ops/fill/range_tmpl.h"
#define RANGE range_i32
#define T int32_t
#define V uint64_t
#include "ops/fill/range_tmpl.h"
#define RANGE range_i64
#define T int64_t
#define V uint64_t
#include "ops/fill/range_tmpl.h"

static sdx_loop_fn *const by_type[] = {[SDX_FLOAT32] = range_f32,
                                       [SDX_FLOAT64] = range_f64,
                                       [SDX_INT16] = range_i16,
                                       [SDX_INT32] = range_i32,
                                       [SDX_INT64] = range_i64};

static sdx_status run(const sdx_call *c) {
    range r = {
        .start = c->in[IN_START]->data, .delta = c->in[IN_DELTA]->data, .dst = c->out[0]->data};
    sdx_call_for(c, c->out[0]->len, sdx_grain(1), by_type[c->out[0]->dtype], &r);
    return NULL;
}

const sdx_op sdx_op_range = {
    .name = "Range",
    .domain = "",
    .since = 11,
    .newest = 27,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .infer = infer,
    .run = run,
};
