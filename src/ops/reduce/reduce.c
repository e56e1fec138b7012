/* The ten reductions: sums, means, products, extremes and what is made of them. */
#include "ops/reduce/reduce.h"

#include <string.h>

#include "ops/common/strided.h"
#include "ops/infer.h"
#include "ops/upgrade.h"

enum { KEEPDIMS, NOOP };
enum { IN_DATA, IN_AXES };

typedef sdx_dim dim_fn(sdx_dims *dims, sdx_dim a, sdx_dim b);

/* An operator of the family. */
typedef struct row {
    sdx_reduction reduction;
    sdx_reduce_end end;
    dim_fn *join; /* the same on dims, for shapes that models compute; NULL: nobody does */
} row;

/* ---- shapes */

/* Marks the dims that go. False when 'axes' is not known yet. */
static sdx_status choose(const sdx_infer *in, bool *reduced, bool *known) {
    const size_t rank = (size_t)in->in[IN_DATA].rank;
    sdx_dim axes[SDX_MAX_RANK];
    size_t n = 0, axis;
    *known = !sdx_infer_has(in, IN_AXES) || sdx_infer_ints(in, IN_AXES, axes, SDX_MAX_RANK, &n);
    if (n > SDX_MAX_RANK)
        return sdx_fail(SDX_LIMIT, "input 'axes' has %zu elements, expected at most %d", n,
                        SDX_MAX_RANK);
    /* ONNX: ReduceSum-13 noop_with_empty_axes */
    const bool all = n == 0 && sdx_node_int(in->node, NOOP) == 0;
    for (size_t i = 0; i < rank; i++) {
        reduced[i] = all;
    }
    for (size_t i = 0; *known && i < n; i++) {
        SDX_TRY(sdx_infer_axis(in, IN_DATA, axes[i], "input 'axes'", &axis));
        reduced[axis] = true;
    }
    return NULL;
}

/* Shape arithmetic: all elements of a list of dims become one. */
static sdx_status pass_ints(sdx_infer *in, bool reduced) {
    const row *const op = in->node->op->data;
    const sdx_fact *const data = &in->in[IN_DATA];
    const sdx_dtype dtype = sdx_infer_dtype(in, IN_DATA);
    sdx_dim ints[4 * SDX_MAX_RANK];
    size_t n;
    if (!in->arena || op->join == NULL || data->rank != 1 || !reduced || dtype != SDX_INT64 ||
        !sdx_infer_ints(in, IN_DATA, ints, sizeof ints / sizeof *ints, &n) || n == 0)
        return NULL;
    for (size_t i = 1; i < n; i++) {
        ints[0] = op->join(in->dims, ints[0], ints[i]);
    }
    return ints[0] == SDX_DIM_UNKNOWN ? NULL : sdx_infer_set_ints(in, 0, ints, 1);
}

static sdx_status infer(sdx_infer *in) {
    if (!sdx_infer_ranked(in, IN_DATA)) return NULL;
    const sdx_fact *const data = &in->in[IN_DATA];
    const bool keep = sdx_node_int(in->node, KEEPDIMS) != 0;
    bool reduced[SDX_MAX_RANK], known;
    SDX_TRY(choose(in, reduced, &known));
    if (!known) return keep ? sdx_infer_set_rank(in, 0, (size_t)data->rank) : NULL;
    sdx_dim dims[SDX_MAX_RANK];
    size_t rank = 0;
    for (int i = 0; i < data->rank; i++) {
        if (reduced[i] && !keep) continue;
        dims[rank++] = reduced[i] ? 1 : data->dims[i];
    }
    SDX_TRY(sdx_infer_set_shape(in, 0, rank, dims));
    return pass_ints(in, data->rank == 1 && reduced[0]);
}

/* ---- running: the axes may change from run to run, and a few dozen operations find all else */

/* A run of adjacent dims that are all kept or all reduced. */
typedef struct group {
    bool reduced;
    int64_t size;
} group;

static sdx_status find_groups(const sdx_call *c, group *groups, size_t *n) {
    const sdx_view *const data = c->in[IN_DATA], *const axes = sdx_call_in(c, IN_AXES);
    const size_t n_axes = axes != NULL ? axes->len : 0;
    bool reduced[SDX_MAX_RANK];
    const bool all = n_axes == 0 && sdx_node_int(c->node, NOOP) == 0;
    for (size_t i = 0; i < data->rank; i++) {
        reduced[i] = all;
    }
    for (size_t i = 0; i < n_axes; i++) {
        size_t axis;
        SDX_TRY(sdx_axis(sdx_view_int(axes, i), data->rank, "input 'axes'", &axis));
        reduced[axis] = true;
    }
    *n = 0;
    for (size_t i = 0; i < data->rank; i++) {
        if (data->dims[i] == 1) continue;
        if (*n > 0 && groups[*n - 1].reduced == reduced[i])
            groups[*n - 1].size *= data->dims[i];
        else
            groups[(*n)++] = (group){.reduced = reduced[i], .size = data->dims[i]};
    }
    return NULL;
}

/* The elements with the kept dims before the reduced ones. */
static sdx_status put_in_order(const sdx_call *c, const group *groups, size_t n,
                               sdx_reduce_job *job) {
    const sdx_view *const data = c->in[IN_DATA];
    const size_t size = sdx_dtype_size(data->dtype);
    int64_t sizes[SDX_MAX_RANK], strides[SDX_MAX_RANK];
    sdx_strided s = {.rank = 0};
    void *ordered;
    job->outer = c->out[0]->len;
    job->inner = 1;
    if (data->len == 0) return NULL;
    for (size_t i = 0; i < n; i++) {
        sizes[i] = groups[i].size;
    }
    sdx_strides(n, sizes, strides);
    for (int reduced = 0; reduced < 2; reduced++) {
        for (size_t i = 0; i < n; i++) {
            if (groups[i].reduced != (reduced != 0)) continue;
            s.dims[s.rank] = sizes[i];
            s.strides[s.rank++] = strides[i];
        }
    }
    sdx_strided_collapse(&s);
    SDX_TRY(sdx_call_scratch(c, data->len * size, &ordered));
    sdx_strided_copy(c, ordered, data->data, size, &s);
    job->x = ordered;
    return NULL;
}

static sdx_status arrange(const sdx_call *c, sdx_reduce_job *job) {
    group groups[SDX_MAX_RANK];
    size_t n, n_reduced = 0;
    SDX_TRY(find_groups(c, groups, &n));
    for (size_t i = 0; i < n; i++) {
        if (groups[i].reduced) {
            job->reduced *= (size_t)groups[i].size;
            n_reduced++;
        } else if (n_reduced > 0) {
            job->inner *= (size_t)groups[i].size;
        } else {
            job->outer *= (size_t)groups[i].size;
        }
    }
    if (n_reduced == 0 && job->reduction != SDX_REDUCE_LOG_SUM_EXP) { /* one row of columns */
        job->inner = job->outer;
        job->outer = 1;
    }
    const bool rows_only = job->reduction == SDX_REDUCE_LOG_SUM_EXP && job->inner > 1;
    return n_reduced > 1 || rows_only ? put_in_order(c, groups, n, job) : NULL;
}

typedef struct loop {
    const sdx_reduce_job *job;
    const sdx_reduce_loops *loops;
} loop;

static void rows_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const loop *const l = arg;
    (void)lane;
    l->loops->rows(l->job, begin, end);
}

static void columns_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const loop *const l = arg;
    (void)lane;
    l->loops->columns(l->job, begin, end);
}

static sdx_status run(const sdx_call *c) {
    const row *const op = c->node->op->data;
    const sdx_dtype dtype = c->in[IN_DATA]->dtype;
    sdx_reduce_job job = {.kernels = c->kernels,
                          .reduction = op->reduction,
                          .end = op->end,
                          .y = c->out[0]->data,
                          .x = c->in[IN_DATA]->data,
                          .outer = 1,
                          .reduced = 1,
                          .inner = 1};
    loop l = {.job = &job,
              .loops = dtype == SDX_FLOAT32 ? &sdx_reduce_f32 : &sdx_reduce_plain[dtype]};
    if (c->out[0]->len == 0) return NULL;
    if (job.x == NULL) job.x = job.y; /* nothing is reduced: an address to begin at, never read */
    SDX_TRY(arrange(c, &job));
    if (job.inner == 1) {
        sdx_call_for(c, job.outer, sdx_grain(job.reduced), rows_chunk, &l);
        return NULL;
    }
    const size_t width = job.inner < SDX_REDUCE_COLUMNS ? job.inner : SDX_REDUCE_COLUMNS;
    sdx_call_for(c, job.outer * sdx_reduce_tiles(job.inner), sdx_grain(job.reduced * width),
                 columns_chunk, &l);
    return NULL;
}

/* ---- rows */

#define NUMBERS (SDX_T_FLOATS | SDX_T_INDEX | SDX_T(UINT32) | SDX_T(UINT64))
#define ORDERED (NUMBERS | SDX_T(INT8) | SDX_T(UINT8) | SDX_T(BOOL))

static const sdx_port inputs[] = {
    {.name = "data", .var = "T", .types = NUMBERS},
    {.name = "axes", .var = "I", .types = SDX_T(INT64), .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port ordered_inputs[] = {
    {.name = "data", .var = "T", .types = ORDERED},
    {.name = "axes", .var = "I", .types = SDX_T(INT64), .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "reduced", .var = "T", .types = NUMBERS}};
static const sdx_port ordered_outputs[] = {{.name = "reduced", .var = "T", .types = ORDERED}};
static const sdx_attr_def attrs[] = {
    [KEEPDIMS] = SDX_ATTR_I("keepdims", 1), [NOOP] = SDX_ATTR_I("noop_with_empty_axes", 0)};

/* ONNX: ReduceSum-13, ReduceMax-18 and the others: axes became an input. */
static sdx_status from_1(sdx_upgrade *u) { return sdx_upgrade_ints_to_input(u, "axes", IN_AXES); }
static const sdx_upgrade_rule sum_upgrades[] = {{.below = 13, .apply = from_1}};
static const sdx_upgrade_rule upgrades[] = {{.below = 18, .apply = from_1}};

static const row sum = {.reduction = SDX_REDUCE_SUM, .join = sdx_dim_add};
static const row mean = {.reduction = SDX_REDUCE_SUM, .end = SDX_REDUCE_MEAN};
static const row prod = {.reduction = SDX_REDUCE_PROD, .join = sdx_dim_mul};
static const row max = {.reduction = SDX_REDUCE_MAX, .join = sdx_dim_max};
static const row min = {.reduction = SDX_REDUCE_MIN, .join = sdx_dim_min};
static const row l1 = {.reduction = SDX_REDUCE_SUM_ABS};
static const row l2 = {.reduction = SDX_REDUCE_SUM_SQUARE, .end = SDX_REDUCE_SQRT};
static const row log_sum = {.reduction = SDX_REDUCE_SUM, .end = SDX_REDUCE_LOG};
static const row log_sum_exp = {.reduction = SDX_REDUCE_LOG_SUM_EXP};
static const row sum_square = {.reduction = SDX_REDUCE_SUM_SQUARE};

/* REDUCTION(l1, "ReduceL1", inputs, outputs, upgrades, 18) is the row sdx_op_reduce_l1. */
#define REDUCTION(id, text, in, out, from, version) \
    const sdx_op sdx_op_reduce_##id = {             \
        .name = (text),                             \
        .domain = "",                               \
        .since = 1,                                 \
        .newest = (version),                        \
        SDX_ROWS(inputs, in),                       \
        SDX_ROWS(outputs, out),                     \
        SDX_ROWS(attrs, attrs),                     \
        SDX_ROWS(upgrades, from),                   \
        .flags = SDX_OP_WIDEN,                      \
        .data = &(id),                              \
        .infer = infer,                             \
        .run = run,                                 \
    }

REDUCTION(sum, "ReduceSum", inputs, outputs, sum_upgrades, 13);
REDUCTION(mean, "ReduceMean", inputs, outputs, upgrades, 18);
REDUCTION(prod, "ReduceProd", inputs, outputs, upgrades, 18);
REDUCTION(max, "ReduceMax", ordered_inputs, ordered_outputs, upgrades, 20);
REDUCTION(min, "ReduceMin", ordered_inputs, ordered_outputs, upgrades, 20);
REDUCTION(l1, "ReduceL1", inputs, outputs, upgrades, 18);
REDUCTION(l2, "ReduceL2", inputs, outputs, upgrades, 18);
REDUCTION(log_sum, "ReduceLogSum", inputs, outputs, upgrades, 18);
REDUCTION(log_sum_exp, "ReduceLogSumExp", inputs, outputs, upgrades, 18);
REDUCTION(sum_square, "ReduceSumSquare", inputs, outputs, upgrades, 18);
