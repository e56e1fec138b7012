/* MelWeightMatrix: triangles over the bins of a spectrum, evenly spaced on the mel scale,
 * mel(f) = 2595 log10(1 + f / 700). */
#include <math.h>
#include <string.h>

#include "ops/call.h"
#include "ops/infer.h"

enum { OUTPUT_DATATYPE };
enum { IN_BANDS, IN_LENGTH, IN_RATE, IN_LOWER, IN_UPPER };

#define TYPES SDX_T_NUMERIC

static const sdx_port inputs[] = {
    {.name = "num_mel_bins", .var = "T1", .types = SDX_T_INDEX},
    {.name = "dft_length", .var = "T1", .types = SDX_T_INDEX},
    {.name = "sample_rate", .var = "T1", .types = SDX_T_INDEX},
    {.name = "lower_edge_hertz", .var = "T2", .types = SDX_T_FLOATS},
    {.name = "upper_edge_hertz", .var = "T2", .types = SDX_T_FLOATS},
};
static const sdx_port outputs[] = {{.name = "output", .var = "T3", .types = TYPES}};
static const sdx_attr_def attrs[] = {[OUTPUT_DATATYPE] = SDX_ATTR_I("output_datatype", 1)};

static sdx_status infer(sdx_infer *in) {
    const int64_t dtype = sdx_node_int(in->node, OUTPUT_DATATYPE);
    if (!sdx_dtype_valid(dtype) || !sdx_types_have(TYPES, (sdx_dtype)dtype)) {
        char text[256];
        return sdx_fail(SDX_INVALID_MODEL,
                        "attribute 'output_datatype' is %lld, expected one of %s", (long long)dtype,
                        sdx_types_text(TYPES, text, sizeof text));
    }
    sdx_infer_set_dtype(in, 0, (sdx_dtype)dtype);
    sdx_dim bands, length;
    SDX_TRY(sdx_infer_scalar(in, IN_BANDS, &bands));
    SDX_TRY(sdx_infer_want_sizes(in, IN_BANDS, &bands, 1));
    SDX_TRY(sdx_infer_scalar(in, IN_LENGTH, &length));
    SDX_TRY(sdx_infer_want_sizes(in, IN_LENGTH, &length, 1));
    const sdx_dim half = sdx_dim_div(in->dims, length, 2);
    const sdx_dim dims[] = {sdx_dim_add(in->dims, half, 1), bands};
    return sdx_infer_set_shape(in, 0, 2, dims);
}

static double mel(double hertz) { return 2595 * log1p(hertz / 700) / log(10); }
static double hertz(double of_mel) { return 700 * expm1(of_mel / 2595 * log(10)); }

/* What the edges of triangles are computed from. */
typedef struct scale {
    double low, step; /* mel */
    double bins;      /* of a hertz */
} scale;

static double edge(const scale *s, size_t i) {
    return floor(hertz(s->low + (double)i * s->step) * s->bins);
}

/* Band i: up from its left edge to 1 at the centre, then down to its right edge. Frequencies that
 * the spectrum does not have are left out. */
static void draw(sdx_view *out, const scale *s, size_t i) {
    const size_t bands = (size_t)out->dims[1];
    const double bins = (double)out->dims[0];
    const double left = edge(s, i), centre = edge(s, i + 1), right = edge(s, i + 2);
    for (double bin = left; bin < bins && (bin < right || bin == centre); bin++) {
        const bool rising = bin < centre || (bin == centre && centre == right);
        const double run = rising ? centre - left : right - centre;
        const double height = rising ? bin - left : right - bin;
        sdx_view_set_double(out, (size_t)bin * bands + i, run > 0 ? height / run : 1);
    }
}

static sdx_status read_scale(const sdx_call *c, scale *s) {
    const double rate = (double)sdx_view_int(c->in[IN_RATE], 0);
    const double length = (double)sdx_view_int(c->in[IN_LENGTH], 0);
    const double lower = sdx_view_double(c->in[IN_LOWER], 0);
    const double upper = sdx_view_double(c->in[IN_UPPER], 0);
    const double bands = (double)c->out[0]->dims[1];
    if (!(rate > 0))
        return sdx_fail(SDX_OUT_OF_RANGE, "input 'sample_rate' is %lld, expected at least 1",
                        (long long)sdx_view_int(c->in[IN_RATE], 0));
    if (!(lower >= 0 && upper >= lower && isfinite(upper)))
        return sdx_fail(SDX_OUT_OF_RANGE,
                        "inputs 'lower_edge_hertz' and 'upper_edge_hertz' are %g and %g, expected "
                        "rising frequencies from 0 on",
                        lower, upper);
    s->low = mel(lower);
    s->step = (mel(upper) - s->low) / (bands + 2);
    s->bins = (length + 1) / rate;
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    sdx_view *const out = c->out[0];
    scale s;
    if (out->len == 0) return NULL;
    for (size_t i = IN_BANDS; i <= IN_UPPER; i++)
        if (c->in[i]->len != 1)
            return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s' has %zu elements, expected a scalar",
                            inputs[i].name, c->in[i]->len);
    SDX_TRY(read_scale(c, &s));
    memset(out->data, 0, sdx_view_bytes(out));
    for (size_t i = 0; i < (size_t)out->dims[1]; i++)
        draw(out, &s, i);
    return NULL;
}

const sdx_op sdx_op_mel_weight_matrix = {
    .name = "MelWeightMatrix",
    .domain = "",
    .since = 17,
    .newest = 17,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .infer = infer,
    .run = run,
};
