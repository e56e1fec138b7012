/* MeanVarianceNormalization: over any axes. The elements are put in order, kept dims before reduced
 * ones, normalised by rows, and put back. */
#include <math.h>

#include "kernels/kernels.h"
#include "ops/common/strided.h"
#include "ops/infer.h"
#include "ops/norm/moments.h"
#include "ops/upgrade.h"

enum { AXES };

/* ONNX: MeanVarianceNormalization-13, its body: added to the standard deviation. */
static const double tiny = 1e-9;

static const int64_t default_axes[] = {0, 2, 3};

static const sdx_port inputs[] = {{.name = "X", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_attr_def attrs[] = {[AXES] = SDX_ATTR_OPT("axes", SDX_ATTR_INTS)};

/* ---- the experimental form */

static sdx_status flag(const sdx_upgrade *u, const char *name, bool other, bool *out) {
    const sdx_attr *const attr = sdx_node_named(u->node, name);
    *out = attr != NULL ? attr->i != 0 : other;
    if (attr == NULL || attr->kind == SDX_ATTR_INT) return NULL;
    return sdx_fail(SDX_INVALID_MODEL, "attribute '%s' has another type, expected int", name);
}

/* ONNX: MeanVarianceNormalization-1 across_channels, normalize_variance, of images. */
static sdx_status from_1(sdx_upgrade *u) {
    static const int64_t all[] = {0, 1, 2, 3};
    bool across, variance;
    SDX_TRY(flag(u, "across_channels", false, &across));
    SDX_TRY(flag(u, "normalize_variance", true, &variance));
    sdx_upgrade_drop(u, "across_channels");
    sdx_upgrade_drop(u, "normalize_variance");
    const int64_t *const axes = across ? all : default_axes;
    const size_t n = across ? 4 : sizeof default_axes / sizeof *default_axes;
    if (variance)
        return sdx_node_set_attr(u->node, "axes",
                                 (sdx_attr){.kind = SDX_ATTR_INTS, .n = n, .ints = axes});
    sdx_gvalue *list[] = {u->node->n_inputs > 0 ? u->node->inputs[0] : NULL, NULL};
    SDX_TRY(sdx_graph_const_ints(u->node->graph, 1, axes, n, &list[1]));
    SDX_TRY(sdx_upgrade_before(u, "", "ReduceMean", list, 2, &list[1]));
    SDX_TRY(sdx_node_set_inputs(u->node, list, 2));
    return sdx_upgrade_turn(u, "Sub");
}
static const sdx_upgrade_rule upgrades[] = {{.below = 9, .apply = from_1}};

/* ---- today's */

static sdx_status choose(const sdx_node *node, size_t rank, bool *reduced) {
    const sdx_attr *const attr = sdx_node_attr(node, AXES);
    const bool given = attr->kind != SDX_ATTR_ABSENT;
    const int64_t *const axes = given ? attr->ints : default_axes;
    const size_t n = given ? attr->n : sizeof default_axes / sizeof *default_axes;
    for (size_t i = 0; i < n; i++) {
        size_t axis;
        SDX_TRY(sdx_axis(axes[i], rank, "attribute 'axes'", &axis));
        reduced[axis] = true;
    }
    return NULL;
}

static sdx_status infer(sdx_infer *in) {
    bool reduced[SDX_MAX_RANK] = {false};
    if (sdx_infer_ranked(in, 0)) SDX_TRY(choose(in->node, (size_t)in->in[0].rank, reduced));
    return sdx_infer_same(in, 0, 0);
}

typedef struct plan {
    sdx_strided gather, spread; /* into order, and back */
    size_t n;                   /* elements of a row */
} plan;

static sdx_status bind(sdx_bind *b) {
    plan *const p = b->bound;
    const sdx_view *const x = b->in[0];
    int64_t strides[SDX_MAX_RANK], ordered = 1;
    bool reduced[SDX_MAX_RANK] = {false};
    SDX_TRY(choose(b->node, x->rank, reduced));
    sdx_strides(x->rank, x->dims, strides);
    p->n = 1;
    p->gather.rank = p->spread.rank = x->rank;
    size_t at = x->rank; /* from the last dim of the order to the first */
    for (int pass = 1; pass >= 0; pass--) {
        for (size_t i = x->rank; i-- > 0;) {
            if (reduced[i] != (pass != 0)) continue;
            if (reduced[i]) p->n *= (size_t)x->dims[i];
            p->gather.dims[--at] = p->spread.dims[i] = x->dims[i];
            p->gather.strides[at] = strides[i];
            p->spread.strides[i] = ordered;
            ordered *= x->dims[i];
        }
    }
    sdx_strided_collapse(&p->gather);
    sdx_strided_collapse(&p->spread);
    b->scratch = x->len * sdx_dtype_size(x->dtype);
    return NULL;
}

typedef struct job {
    const sdx_kernel_table *kernels;
    void *x;
    size_t n;
} job;

static void chunk_f32(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const sdx_kernel_table *const k = j->kernels;
    (void)lane;
    for (size_t r = begin; r < end; r++) {
        float *const x = (float *)j->x + r * j->n;
        const float mean = k->sum_f32(x, j->n, 0) / (float)j->n;
        const float variance = k->sum_square_f32(x, j->n, mean) / (float)j->n;
        const float divisor = sqrtf(variance) + (float)tiny;
        k->sub_f32(x, x, &mean, j->n, SDX_FORM_VS);
        k->div_f32(x, x, &divisor, j->n, SDX_FORM_VS);
    }
}

static void chunk_f64(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    (void)lane;
    for (size_t r = begin; r < end; r++) {
        double *const x = (double *)j->x + r * j->n;
        const double mean = sdx_mean_f64(x, j->n);
        const double divisor = sqrt(sdx_variance_f64(x, j->n, mean)) + tiny;
        for (size_t i = 0; i < j->n; i++) {
            x[i] = (x[i] - mean) / divisor;
        }
    }
}

static sdx_status run(const sdx_call *c) {
    const plan *const p = c->bound;
    const sdx_view *const x = c->in[0];
    const size_t size = sdx_dtype_size(x->dtype);
    job j = {.kernels = c->kernels, .x = c->scratch, .n = p->n};
    if (x->len == 0) return NULL;
    sdx_strided_copy(c, c->scratch, x->data, size, &p->gather);
    sdx_call_for(c, x->len / p->n, sdx_grain(p->n * 4),
                 x->dtype == SDX_FLOAT32 ? chunk_f32 : chunk_f64, &j);
    sdx_strided_copy(c, c->out[0]->data, c->scratch, size, &p->spread);
    return NULL;
}

const sdx_op sdx_op_mean_variance_normalization = {
    .name = "MeanVarianceNormalization",
    .domain = "",
    .since = 1,
    .standard = 9,
    .newest = 13,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    SDX_ROWS(upgrades, upgrades),
    .flags = SDX_OP_WIDEN,
    .bound_size = sizeof(plan),
    .infer = infer,
    .bind = bind,
    .run = run,
};
