/* LayerNormalization, RMSNormalization and SimplifiedLayerNormalization: the dims from an axis on
 * are a row with moments of its own. */
#include <math.h>

#include "kernels/kernels.h"
#include "ops/infer.h"
#include "ops/norm/affine.h"
#include "ops/norm/moments.h"

enum { IN_X, IN_SCALE, IN_BIAS };
enum { AXIS, EPSILON, STASH_TYPE };

/* ---- shapes */

static sdx_status want_broadcast(const sdx_infer *in, size_t input) {
    char text[160], target[160];
    if (!sdx_infer_ranked(in, input)) return NULL;
    const sdx_fact *const x = &in->in[IN_X], *const factor = &in->in[input];
    bool fits = factor->rank <= x->rank;
    for (int i = 1; fits && i <= factor->rank; i++) {
        const sdx_dim a = factor->dims[factor->rank - i], b = x->dims[x->rank - i];
        fits = a == 1 || a == b || !sdx_dim_is_number(a) || !sdx_dim_is_number(b);
    }
    if (fits) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "input '%s' has shape %s, expected one that broadcasts to %s of input 'X'",
                    sdx_op_input_port(in->node->op, input)->name,
                    sdx_infer_shape_text(in, input, text, sizeof text),
                    sdx_infer_shape_text(in, IN_X, target, sizeof target));
}

/* ONNX: LayerNormalization-17: Mean and InvStdDev have X's dims before the axis, then ones. */
static sdx_status infer(sdx_infer *in) {
    const int64_t stash = sdx_node_int(in->node, STASH_TYPE);
    if (!sdx_dtype_valid(stash) || !sdx_types_have(SDX_T_FLOATS, (sdx_dtype)stash))
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'stash_type' is %lld, expected a type of "
                        "floats: 1, 10, 11 or 16",
                        (long long)stash);
    for (size_t k = 1; k < in->n_out; k++) {
        sdx_infer_set_dtype(in, k, (sdx_dtype)stash);
    }
    if (!sdx_infer_ranked(in, IN_X)) return NULL;
    const sdx_fact *const x = &in->in[IN_X];
    const size_t rank = (size_t)x->rank;
    sdx_dim dims[SDX_MAX_RANK];
    size_t axis;
    SDX_TRY(sdx_infer_axis(in, IN_X, sdx_node_int(in->node, AXIS), "attribute 'axis'", &axis));
    SDX_TRY(want_broadcast(in, IN_SCALE));
    SDX_TRY(want_broadcast(in, IN_BIAS));
    for (size_t i = 0; i < rank; i++) {
        dims[i] = i < axis ? x->dims[i] : 1;
    }
    for (size_t k = 1; k < in->n_out; k++) {
        SDX_TRY(sdx_infer_set_shape(in, k, rank, dims));
    }
    return sdx_infer_set_shape(in, 0, rank, x->dims);
}

/* ---- rows */

typedef struct job {
    const void *x;
    void *y;
    size_t n;
    sdx_affine scale, bias;
    sdx_view *mean, *inv_std; /* NULL: not wanted */
    double epsilon;
    bool centred; /* by the mean, else a root of mean squares */
    sdx_norm_f32_fn *kernel;
} job;

static void put(sdx_view *out, size_t row, double value) {
    if (out != NULL) sdx_view_set_double(out, row, value);
}

static void chunk_f32(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    (void)lane;
    for (size_t r = begin; r < end; r++) {
        float mean = 0, inv_std = 0;
        const sdx_norm_f32 norm = {.scale = sdx_affine_row(&j->scale, r, sizeof(float)),
                                   .bias = sdx_affine_row(&j->bias, r, sizeof(float)),
                                   .mean = &mean,
                                   .inv_std = &inv_std,
                                   .epsilon = (float)j->epsilon};
        j->kernel((float *)j->y + r * j->n, (const float *)j->x + r * j->n, j->n, &norm);
        put(j->mean, r, (double)mean);
        put(j->inv_std, r, (double)inv_std);
    }
}

static void chunk_f64(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    (void)lane;
    for (size_t r = begin; r < end; r++) {
        const double *const x = (const double *)j->x + r * j->n;
        const double *const scale = sdx_affine_row(&j->scale, r, sizeof(double));
        const double *const bias = sdx_affine_row(&j->bias, r, sizeof(double));
        double *const y = (double *)j->y + r * j->n;
        const double mean = j->centred ? sdx_mean_f64(x, j->n) : 0;
        const double inv_std = 1 / sqrt(sdx_variance_f64(x, j->n, mean) + j->epsilon);
        for (size_t i = 0; i < j->n; i++) {
            y[i] = (x[i] - mean) * inv_std * scale[i] + (bias != NULL ? bias[i] : 0);
        }
        put(j->mean, r, mean);
        put(j->inv_std, r, inv_std);
    }
}

static sdx_status run_rows(const sdx_call *c, job *j) {
    const sdx_view *const x = c->in[IN_X];
    size_t axis;
    SDX_TRY(sdx_axis(sdx_node_int(c->node, AXIS), x->rank, "attribute 'axis'", &axis));
    if (x->len == 0) return NULL;
    j->x = x->data;
    j->y = c->out[0]->data;
    j->n = sdx_view_count(x, axis, x->rank);
    j->epsilon = (double)sdx_node_float(c->node, EPSILON);
    SDX_TRY(sdx_affine_make(c, IN_SCALE, x, axis, &j->scale));
    SDX_TRY(sdx_affine_make(c, IN_BIAS, x, axis, &j->bias));
    sdx_call_for(c, x->len / j->n, sdx_grain(j->n * 2),
                 x->dtype == SDX_FLOAT32 ? chunk_f32 : chunk_f64, j);
    return NULL;
}

static sdx_status run_layer(const sdx_call *c) {
    job j = {.centred = true,
             .kernel = c->kernels->layer_norm_f32,
             .mean = sdx_call_out(c, 1),
             .inv_std = sdx_call_out(c, 2)};
    return run_rows(c, &j);
}

static sdx_status run_rms_alike(const sdx_call *c) {
    job j = {.kernel = c->kernels->rms_norm_f32, .inv_std = sdx_call_out(c, 1)};
    return run_rows(c, &j);
}

/* The same shape in float64, from scratch. */
static sdx_status make_f64(const sdx_call *c, const sdx_view *view, sdx_view *out) {
    *out = *view;
    out->dtype = SDX_FLOAT64;
    return sdx_call_scratch(c, view->len * sizeof(double), &out->data);
}

static void copy_elements(sdx_view *to, const sdx_view *from) {
    for (size_t i = 0; i < from->len; i++) {
        sdx_view_set_double(to, i, sdx_view_double(from, i));
    }
}

/* One of X and scale is float64, the other is not: both become so. */
static sdx_status run_rms_mixed(const sdx_call *c) {
    sdx_view x, scale, y;
    const sdx_view *const in[] = {&x, &scale};
    sdx_view *const out[] = {&y, sdx_call_out(c, 1)};
    sdx_call call = *c;
    SDX_TRY(make_f64(c, c->in[IN_X], &x));
    SDX_TRY(make_f64(c, c->in[IN_SCALE], &scale));
    SDX_TRY(make_f64(c, c->out[0], &y));
    copy_elements(&x, c->in[IN_X]);
    copy_elements(&scale, c->in[IN_SCALE]);
    call.in = in;
    call.out = out;
    call.n_in = call.n_out = 2;
    SDX_TRY(run_rms_alike(&call));
    copy_elements(c->out[0], &y);
    return NULL;
}

static sdx_status run_rms(const sdx_call *c) {
    return c->in[IN_X]->dtype == c->in[IN_SCALE]->dtype ? run_rms_alike(c) : run_rms_mixed(c);
}

/* ---- rows of the operators */

static const sdx_attr_def attrs[] = {[AXIS] = SDX_ATTR_I("axis", -1),
                                     [EPSILON] = SDX_ATTR_F("epsilon", 1e-5f),
                                     [STASH_TYPE] = SDX_ATTR_I("stash_type", SDX_FLOAT32)};

static const sdx_port layer_inputs[] = {
    {.name = "X", .var = "T", .types = SDX_T_FLOATS},
    {.name = "Scale", .var = "T", .types = SDX_T_FLOATS},
    {.name = "B", .var = "T", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port layer_outputs[] = {
    {.name = "Y", .var = "T", .types = SDX_T_FLOATS},
    {.name = "Mean", .var = "U", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
    {.name = "InvStdDev", .var = "U", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
};

/* In ONNX since opset 17; optimizers of other engines write it into files of any opset. */
const sdx_op sdx_op_layer_normalization = {
    .name = "LayerNormalization",
    .domain = "",
    .since = 1,
    .standard = 17,
    .newest = 17,
    SDX_ROWS(inputs, layer_inputs),
    SDX_ROWS(outputs, layer_outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .infer = infer,
    .run = run_layer,
};

/* ONNX: RMSNormalization-23: Y has the type of scale. The second output is that of onnxruntime's
 * SimplifiedLayerNormalization alone. */
static const sdx_port rms_inputs[] = {
    {.name = "X", .var = "T", .types = SDX_T_FLOATS},
    {.name = "scale", .var = "V", .types = SDX_T_FLOATS},
};
static const sdx_port rms_outputs[] = {{.name = "Y", .var = "V", .types = SDX_T_FLOATS}};
static const sdx_port simplified_outputs[] = {
    {.name = "Y", .var = "V", .types = SDX_T_FLOATS},
    {.name = "inv_std_var", .var = "U", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
};

const sdx_op sdx_op_rms_normalization = {
    .name = "RMSNormalization",
    .domain = "",
    .since = 23,
    .newest = 23,
    SDX_ROWS(inputs, rms_inputs),
    SDX_ROWS(outputs, rms_outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .infer = infer,
    .run = run_rms,
};

const sdx_op sdx_op_simplified_layer_normalization = {
    .name = "SimplifiedLayerNormalization",
    .domain = "",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, rms_inputs),
    SDX_ROWS(outputs, simplified_outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .infer = infer,
    .run = run_rms,
};
