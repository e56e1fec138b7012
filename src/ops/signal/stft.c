/* STFT: spectra of the frames of a signal, one beside the other. */
#include "ops/signal/spectrum.h"

enum { ONESIDED };
enum { IN_SIGNAL, IN_STEP, IN_WINDOW, IN_LENGTH };

static const sdx_port inputs[] = {
    {.name = "signal", .var = "T1", .types = SDX_T_FLOATS},
    {.name = "frame_step", .var = "T2", .types = SDX_T_INDEX},
    {.name = "window", .var = "T1", .types = SDX_T_FLOATS, .flags = SDX_PORT_OPTIONAL},
    {.name = "frame_length", .var = "T2", .types = SDX_T_INDEX, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "output", .var = "T1", .types = SDX_T_FLOATS}};
static const sdx_attr_def attrs[] = {[ONESIDED] = SDX_ATTR_I("onesided", 1)};

/* A number that must be at least 1, or one that is not known yet. */
static sdx_status infer_count(sdx_infer *in, size_t i, const char *name, sdx_dim *out) {
    SDX_TRY(sdx_infer_scalar(in, i, out));
    if (!sdx_dim_is_number(*out) || *out > 0) return NULL;
    return sdx_fail(SDX_OUT_OF_RANGE, "input '%s' is %lld, expected at least 1", name,
                    (long long)*out);
}

/* ONNX: STFT-17 frame_length: as told, else the window's length, else the signal's. */
static sdx_status infer_length(sdx_infer *in, sdx_dim *out) {
    const bool told = sdx_infer_has(in, IN_LENGTH), windowed = sdx_infer_has(in, IN_WINDOW);
    SDX_TRY(sdx_infer_want_rank(in, IN_WINDOW, 1));
    const sdx_dim window =
        sdx_infer_ranked(in, IN_WINDOW) ? in->in[IN_WINDOW].dims[0] : sdx_dim_fresh(in->dims);
    *out = windowed ? window : in->in[IN_SIGNAL].dims[1];
    if (!told) return NULL;
    SDX_TRY(infer_count(in, IN_LENGTH, "frame_length", out));
    if (!windowed || !sdx_dim_is_number(window) || !sdx_dim_is_number(*out) || window == *out)
        return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "input 'window' has %lld elements, expected those of 'frame_length', %lld",
                    (long long)window, (long long)*out);
}

/* ONNX: STFT-17 signal has rank 3. Exporters of real signals leave the last dim out, and so may a
 * file. */
static sdx_status check_signal(const sdx_infer *in, bool onesided) {
    if (in->in[IN_SIGNAL].rank == 2) return NULL;
    SDX_TRY(sdx_infer_want_rank(in, IN_SIGNAL, 3));
    return sdx_spectrum_check(in, "signal", true, !onesided);
}

static sdx_status infer(sdx_infer *in) {
    const bool onesided = sdx_node_int(in->node, ONESIDED) != 0;
    if (!sdx_infer_ranked(in, IN_SIGNAL)) return sdx_infer_set_rank(in, 0, 4);
    SDX_TRY(check_signal(in, onesided));
    sdx_dim step, n;
    SDX_TRY(infer_count(in, IN_STEP, "frame_step", &step));
    SDX_TRY(infer_length(in, &n));
    const sdx_dim rest = sdx_dim_sub(in->dims, in->in[IN_SIGNAL].dims[1], n);
    const sdx_dim frames = sdx_dim_add(in->dims, sdx_dim_div(in->dims, rest, step), 1);
    const sdx_dim dims[] = {in->in[IN_SIGNAL].dims[0], sdx_dim_max(in->dims, frames, 0),
                            onesided ? sdx_spectrum_half(in->dims, n) : n, 2};
    return sdx_infer_set_shape(in, 0, 4, dims);
}

static sdx_status run(const sdx_call *c) {
    const sdx_view *const x = c->in[IN_SIGNAL], *const window = sdx_call_in(c, IN_WINDOW);
    const sdx_view *const told = sdx_call_in(c, IN_LENGTH), *const y = c->out[0];
    if (y->len == 0) return NULL;
    const size_t held = (size_t)x->dims[1], parts = x->rank == 3 ? (size_t)x->dims[2] : 1;
    const size_t n = told ? (size_t)sdx_view_int(told, 0) : window ? window->len : held;
    const size_t frames = (size_t)y->dims[1], bins = (size_t)y->dims[2];
    if (n == 0) return sdx_fail(SDX_SHAPE_MISMATCH, "a frame has no samples, expected one or more");
    const sdx_spectrum s = {
        .n = n,
        .rows = (size_t)y->dims[0] * frames,
        .inner = frames,
        .src = {.outer = held * parts,
                .beside = (size_t)sdx_view_int(c->in[IN_STEP], 0) * parts,
                .step = parts,
                .parts = parts,
                .count = n},
        .dst = {
            .outer = frames * bins * 2, .beside = bins * 2, .step = 2, .parts = 2, .count = bins}};
    return sdx_spectrum_run(c, &s, window);
}

const sdx_op sdx_op_stft = {
    .name = "STFT",
    .domain = "",
    .since = 17,
    .newest = 17,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_WIDEN,
    .infer = infer,
    .run = run,
};
