/* Scaler, Normalizer: features of a row shifted and scaled, or divided by a norm of the row. */
#include <math.h>

#include "ops/ml/features.h"

static const sdx_port inputs[] = {{.name = "X", .var = "T", .types = SDX_ML_NUMBERS}};
static const sdx_port outputs[] = {{.name = "Y", .var = "F", .types = SDX_T(FLOAT32)}};

static sdx_status infer(sdx_infer *in) {
    if (!sdx_infer_ranked(in, 0)) return NULL;
    return sdx_infer_set_shape(in, 0, (size_t)in->in[0].rank, in->in[0].dims);
}

/* Rows are handled by themselves; the numbers of one stand in scratch of its lane. */
typedef struct row_job {
    const sdx_call *c;
    void (*row)(const struct row_job *job, double *x, float *y);
    size_t features;
    double *scratch;
    double (*norm)(const double *x, size_t n); /* Normalizer */
    const sdx_attr *offset, *scale;            /* Scaler */
} row_job;

static void each_row(void *arg, size_t begin, size_t end, unsigned lane) {
    const row_job *const job = arg;
    double *const x = job->scratch + lane * job->features;
    for (size_t r = begin; r < end; r++) {
        sdx_features_read(job->c->in[0], r * job->features, job->features, x);
        job->row(job, x, (float *)job->c->out[0]->data + r * job->features);
    }
}

static sdx_status run_rows(const sdx_call *c, row_job *job) {
    const size_t len = c->in[0]->len;
    size_t bytes;
    job->c = c;
    job->features = sdx_features_count(c->in[0]);
    if (len == 0) return NULL;
    if (!sdx_mul_size(job->features, c->lanes * sizeof(double), &bytes))
        return sdx_fail(SDX_LIMIT, "found %zu features, more than can be addressed", job->features);
    SDX_TRY(sdx_call_scratch(c, bytes, (void **)&job->scratch));
    sdx_call_for(c, len / job->features, sdx_grain(job->features * 4), each_row, job);
    return NULL;
}

/* ---- Scaler */

enum { SCALE, OFFSET };

static const sdx_attr_def scaler_attrs[] = {[SCALE] = SDX_ATTR_OPT("scale", SDX_ATTR_FLOATS),
                                            [OFFSET] = SDX_ATTR_OPT("offset", SDX_ATTR_FLOATS)};

static double of_feature(const sdx_attr *list, size_t i, double otherwise) {
    return list->n == 0 ? otherwise : (double)list->floats[list->n == 1 ? 0 : i];
}

static void scale_row(const row_job *job, double *x, float *y) {
    for (size_t i = 0; i < job->features; i++) {
        y[i] = (float)((x[i] - of_feature(job->offset, i, 0.0)) * of_feature(job->scale, i, 1.0));
    }
}

static sdx_status scaler_run(const sdx_call *c) {
    row_job job = {.row = scale_row,
                   .offset = sdx_node_attr(c->node, OFFSET),
                   .scale = sdx_node_attr(c->node, SCALE)};
    const size_t features = sdx_features_count(c->in[0]);
    for (size_t a = 0; a < sizeof scaler_attrs / sizeof *scaler_attrs; a++) {
        const size_t n = sdx_node_attr(c->node, a)->n;
        if (sdx_node_has(c->node, a) && n > 1 && n != features)
            return sdx_fail(SDX_SHAPE_MISMATCH,
                            "attribute '%s': found %zu values, expected 1 or %zu, the features",
                            scaler_attrs[a].name, n, features);
    }
    return run_rows(c, &job);
}

const sdx_op sdx_op_scaler = {
    .name = "Scaler",
    .domain = "ai.onnx.ml",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, scaler_attrs),
    .infer = infer,
    .run = scaler_run,
};

/* ---- Normalizer */

enum { NORM };

static const sdx_attr_def normalizer_attrs[] = {[NORM] = SDX_ATTR_S("norm", "MAX")};

static double norm_max(const double *x, size_t n) {
    double most = 0.0;
    for (size_t i = 0; i < n; i++) {
        if (fabs(x[i]) > most) most = fabs(x[i]);
    }
    return most;
}

static double norm_l1(const double *x, size_t n) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += fabs(x[i]);
    }
    return sum;
}

static double norm_l2(const double *x, size_t n) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i] * x[i];
    }
    return sqrt(sum);
}

/* ONNX: Normalizer-1 "if the divisor is zero, Y == X"; norms are of magnitudes, as scikit-learn's
 * are. */
static void normalize_row(const row_job *job, double *x, float *y) {
    const double norm = job->norm(x, job->features);
    for (size_t i = 0; i < job->features; i++) {
        y[i] = (float)(norm == 0.0 ? x[i] : x[i] / norm);
    }
}

static sdx_status normalizer_run(const sdx_call *c) {
    static const struct {
        const char *name;
        double (*norm)(const double *x, size_t n);
    } norms[] = {{"MAX", norm_max}, {"L1", norm_l1}, {"L2", norm_l2}};
    const sdx_str name = sdx_node_str(c->node, NORM);
    for (size_t i = 0; i < sizeof norms / sizeof *norms; i++) {
        row_job job = {.row = normalize_row, .norm = norms[i].norm};
        if (sdx_str_is(name, norms[i].name)) return run_rows(c, &job);
    }
    return sdx_fail(SDX_INVALID_MODEL, "attribute 'norm': found '%.*s', expected MAX, L1 or L2",
                    SDX_FMT(name));
}

const sdx_op sdx_op_normalizer = {
    .name = "Normalizer",
    .domain = "ai.onnx.ml",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, normalizer_attrs),
    .infer = infer,
    .run = normalizer_run,
};
