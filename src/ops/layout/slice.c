/* Slice: every step-th element of a range on some axes. */
#include "ops/common/strided.h"
#include "ops/infer.h"
#include "ops/upgrade.h"

/* Exporters write the largest int32 or int64 for an open end. */
#define TO_THE_END INT32_MAX

enum { IN_DATA, IN_STARTS, IN_ENDS, IN_AXES, IN_STEPS };

static const sdx_port inputs[] = {
    {.name = "data", .var = "T", .types = SDX_T_ANY},
    {.name = "starts", .var = "I", .types = SDX_T_INDEX},
    {.name = "ends", .var = "I", .types = SDX_T_INDEX},
    {.name = "axes", .var = "I", .types = SDX_T_INDEX, .flags = SDX_PORT_OPTIONAL},
    {.name = "steps", .var = "I", .types = SDX_T_INDEX, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "output", .var = "T", .types = SDX_T_ANY}};

/* ONNX: Slice-10 starts, ends and axes became inputs. */
static sdx_status from_1(sdx_upgrade *u) {
    SDX_TRY(sdx_upgrade_ints_to_input(u, "starts", IN_STARTS));
    SDX_TRY(sdx_upgrade_ints_to_input(u, "ends", IN_ENDS));
    return sdx_upgrade_ints_to_input(u, "axes", IN_AXES);
}
static const sdx_upgrade_rule upgrades[] = {{.below = 10, .apply = from_1}};

/* What is asked of one axis. */
typedef struct range {
    sdx_dim start, end, step;
    bool sliced;
} range;

/* Reads the lists into one range an axis; *known is false when an axis is not known yet. */
static sdx_status read_ranges(const sdx_infer *in, range *ranges, size_t rank, bool *known) {
    sdx_dim starts[SDX_MAX_RANK], ends[SDX_MAX_RANK], axes[SDX_MAX_RANK], steps[SDX_MAX_RANK];
    size_t n_starts = 0, n_ends = 0, n_axes = 0, n_steps = 0;
    const bool has_starts = sdx_infer_ints(in, IN_STARTS, starts, SDX_MAX_RANK, &n_starts);
    const bool has_ends = sdx_infer_ints(in, IN_ENDS, ends, SDX_MAX_RANK, &n_ends);
    const bool has_axes =
        !sdx_infer_has(in, IN_AXES) || sdx_infer_ints(in, IN_AXES, axes, SDX_MAX_RANK, &n_axes);
    const bool has_steps =
        !sdx_infer_has(in, IN_STEPS) || sdx_infer_ints(in, IN_STEPS, steps, SDX_MAX_RANK, &n_steps);
    *known = has_axes && (has_starts || has_ends);
    const size_t n = has_starts ? n_starts : n_ends;
    const bool too_long = n_starts > rank || n_ends > rank || n_axes > rank || n_steps > rank;
    if (!*known && !too_long) return NULL;
    if (too_long || (has_ends && has_starts && n_ends != n_starts) ||
        (sdx_infer_has(in, IN_AXES) && n_axes != n) ||
        (sdx_infer_has(in, IN_STEPS) && has_steps && n_steps != n)) {
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "found %zu starts, %zu ends, %zu axes and %zu steps, expected as many of "
                        "each, at most the rank %zu",
                        n_starts, n_ends, n_axes, n_steps, rank);
    }
    for (size_t i = 0; i < n; i++) {
        size_t axis = i;
        if (sdx_infer_has(in, IN_AXES) && !sdx_dim_is_number(axes[i])) {
            *known = false;
            return NULL;
        }
        if (sdx_infer_has(in, IN_AXES))
            SDX_TRY(sdx_infer_axis(in, IN_DATA, axes[i], "input 'axes'", &axis));
        if (ranges[axis].sliced)
            return sdx_fail(SDX_INVALID_MODEL,
                            "input 'axes': found axis %zu twice, expected it once", axis);
        const sdx_dim step = !sdx_infer_has(in, IN_STEPS) ? 1
                             : has_steps                  ? steps[i]
                                                          : SDX_DIM_UNKNOWN;
        if (step == 0)
            return sdx_fail(SDX_OUT_OF_RANGE,
                            "input 'steps'[%zu]: found 0, expected any other number", i);
        ranges[axis] = (range){.start = has_starts ? starts[i] : SDX_DIM_UNKNOWN,
                               .end = has_ends ? ends[i] : SDX_DIM_UNKNOWN,
                               .step = step,
                               .sliced = true};
    }
    return NULL;
}

static int64_t clamp(int64_t x, int64_t low, int64_t high) {
    return x < low ? low : x > high ? high : x;
}

/* ONNX: Slice-13 starts, ends: negative ones count from the end; clamped to [0, dim], or [0, dim -
 * 1] and [-1, dim - 1] when the step is negative. (NumPy gives nothing where a start before the
 * first element goes backwards; here that is the first element.) */
static int64_t resolve(const range *r, int64_t dim, int64_t *first) {
    const int64_t start = r->start < 0 ? r->start + dim : r->start;
    const int64_t end = r->end < 0 ? r->end + dim : r->end;
    *first = 0;
    if (dim == 0) return 0;
    if (r->step > 0) {
        const int64_t from = clamp(start, 0, dim), to = clamp(end, 0, dim);
        *first = from;
        return to > from ? (to - from - 1) / r->step + 1 : 0;
    }
    const int64_t from = clamp(start, 0, dim - 1), to = clamp(end, -1, dim - 1);
    *first = from;
    return from > to ? (from - to - 1) / -r->step + 1 : 0;
}

/* The size of a sliced axis while some of it is a symbol: only the forms that exporters write. */
static sdx_dim symbolic_size(sdx_dims *dims, const range *r, sdx_dim dim) {
    if (r->step != 1) return sdx_dim_fresh(dims);
    const bool from_zero = r->start == 0;
    const bool start_is_number = sdx_dim_is_number(r->start),
               end_is_number = sdx_dim_is_number(r->end);
    if (end_is_number && r->end >= TO_THE_END && start_is_number) { /* x[k:] and x[-k:] */
        return r->start >= 0 ? sdx_dim_max(dims, sdx_dim_sub(dims, dim, r->start), 0)
                             : sdx_dim_min(dims, -r->start, dim);
    }
    if (from_zero && end_is_number && r->end < 0)
        return sdx_dim_max(dims, sdx_dim_add(dims, dim, r->end), 0); /* x[:-k] */
    if (from_zero)
        return r->end == SDX_DIM_UNKNOWN ? sdx_dim_fresh(dims) : sdx_dim_min(dims, dim, r->end);
    if (!start_is_number && sdx_dim_eq(r->end, dim)) return sdx_dim_sub(dims, dim, r->start);
    return sdx_dim_fresh(dims);
}

static bool all_numbers(const range *r, sdx_dim dim) {
    return sdx_dim_is_number(r->start) && sdx_dim_is_number(r->end) && sdx_dim_is_number(r->step) &&
           sdx_dim_is_number(dim);
}

/* Shape arithmetic: a slice of the elements of a shape. */
static sdx_status pass_ints(sdx_infer *in, const range *r) {
    const sdx_fact *const data = &in->in[IN_DATA];
    if (data->rank != 1 || data->ints == NULL) return NULL;
    const int64_t n = (int64_t)data->n_ints;
    const range whole = {.start = 0, .end = n, .step = 1};
    if (!r->sliced) r = &whole;
    if (!all_numbers(r, n)) return NULL;
    sdx_dim ints[64];
    int64_t first;
    const int64_t len = resolve(r, n, &first);
    if (len > 64) return NULL;
    for (int64_t i = 0; i < len; i++) {
        ints[i] = data->ints[first + i * r->step];
    }
    return sdx_infer_set_ints(in, 0, ints, (size_t)len);
}

static sdx_status infer(sdx_infer *in) {
    if (!sdx_infer_ranked(in, IN_DATA)) return NULL;
    const size_t rank = (size_t)in->in[IN_DATA].rank;
    range ranges[SDX_MAX_RANK] = {0};
    bool known;
    SDX_TRY(read_ranges(in, ranges, rank, &known));
    if (!known) return sdx_infer_set_rank(in, 0, rank);
    sdx_dim dims[SDX_MAX_RANK];
    for (size_t i = 0; i < rank; i++) {
        const sdx_dim dim = in->in[IN_DATA].dims[i];
        int64_t first;
        dims[i] = !ranges[i].sliced              ? dim
                  : all_numbers(&ranges[i], dim) ? resolve(&ranges[i], dim, &first)
                                                 : symbolic_size(in->dims, &ranges[i], dim);
    }
    SDX_TRY(sdx_infer_set_shape(in, 0, rank, dims));
    return pass_ints(in, &ranges[0]);
}

/* Elements of the lists, now that all are there; INT64_MIN and its like saturate as dims do. */
static sdx_dim list_at(const sdx_view *view, size_t i) {
    return sdx_dim_number(sdx_view_int(view, i));
}

/* A few dozen operations, so that lists that change from run to run need no binding of their own.
 */
static void find_strides(const sdx_view *const *in, size_t n_in, sdx_strided *s) {
    const sdx_view *const data = in[IN_DATA];
    sdx_strides(data->rank, data->dims, s->strides);
    s->rank = data->rank;
    s->offset = 0;
    for (size_t i = 0; i < data->rank; i++) {
        s->dims[i] = data->dims[i];
    }
    const sdx_view *const axes = n_in > IN_AXES ? in[IN_AXES] : NULL, *const steps =
                                                                          n_in > IN_STEPS
                                                                              ? in[IN_STEPS]
                                                                              : NULL;
    for (size_t i = 0; i < in[IN_STARTS]->len; i++) {
        const int64_t asked = axes != NULL ? list_at(axes, i) : (int64_t)i;
        const size_t axis = (size_t)(asked < 0 ? asked + data->rank : asked); /* checked by infer */
        const range r = {.start = list_at(in[IN_STARTS], i),
                         .end = list_at(in[IN_ENDS], i),
                         .step = steps != NULL ? list_at(steps, i) : 1};
        int64_t first;
        s->dims[axis] = resolve(&r, data->dims[axis], &first);
        s->offset += first * s->strides[axis];
        s->strides[axis] *=
            s->dims[axis] > 1 ? r.step : 1; /* a single element has no stride that could overflow */
    }
    sdx_strided_collapse(s);
}

static sdx_status run(const sdx_call *c) {
    sdx_strided s;
    if (c->out[0]->len == 0) return NULL;
    find_strides(c->in, c->n_in, &s);
    sdx_strided_copy(c, c->out[0]->data, c->in[IN_DATA]->data,
                     sdx_dtype_size(c->in[IN_DATA]->dtype), &s);
    return NULL;
}

const sdx_op sdx_op_slice = {
    .name = "Slice",
    .domain = "",
    .since = 1,
    .newest = 13,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(upgrades, upgrades),
    .infer = infer,
    .run = run,
};
