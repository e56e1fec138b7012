/* SwiGLU: Swish(A) * B, in one pass over tiles. */
#include "kernels/kernels.h"
#include "ops/call.h"
#include "ops/elementwise/unary_math.h"
#include "ops/infer.h"

enum { TILE = 1024 };

static const sdx_port inputs[] = {{.name = "A", .var = "T", .types = SDX_T_FLOATS},
                                  {.name = "B", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = SDX_T_FLOATS}};
static const sdx_attr_def attrs[] = {SDX_ATTR_F("alpha", 1.0f)};

/* ONNX: SwiGLU-28: the shapes are the same, nothing is broadcast. */
static sdx_status infer(sdx_infer *in) {
    SDX_TRY(sdx_infer_same(in, 0, 0));
    if (!sdx_infer_ranked(in, 0) || !sdx_infer_ranked(in, 1)) return NULL;
    const sdx_fact *const a = &in->in[0], *const b = &in->in[1];
    bool same = a->rank == b->rank;
    for (int i = 0; same && i < a->rank; i++)
        same = a->dims[i] == b->dims[i] || !sdx_dim_is_number(a->dims[i]) ||
               !sdx_dim_is_number(b->dims[i]);
    char found[160], expected[160];
    if (same) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH, "input 'B' has shape %s, expected %s as 'A' has",
                    sdx_infer_shape_text(in, 1, found, sizeof found),
                    sdx_infer_shape_text(in, 0, expected, sizeof expected));
}

typedef struct job {
    const sdx_kernel_table *kernels;
    void *y;
    const void *a, *b;
    float alpha;
} job;

/* The output may take over either input. */
static void f32_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const float *const a = j->a, *const b = j->b;
    float *const y = j->y, gate[TILE];
    (void)lane;
    for (size_t i = begin; i < end; i += TILE) {
        const size_t n = end - i < TILE ? end - i : TILE;
        j->kernels->silu_f32(gate, a + i, n, j->alpha, 0);
        sdx_exact_kernels()->mul_f32(y + i, gate, b + i, n, SDX_FORM_VV);
    }
}

static void f64_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const double *const a = j->a, *const b = j->b;
    double *const y = j->y;
    (void)lane;
    for (size_t i = begin; i < end; i++)
        y[i] = math_swish(a[i], (double)j->alpha, 0) * b[i];
}

static sdx_status run(const sdx_call *c) {
    const bool is_f32 = c->in[0]->dtype == SDX_FLOAT32;
    job j = {.kernels = c->kernels,
             .y = c->out[0]->data,
             .a = c->in[0]->data,
             .b = c->in[1]->data,
             .alpha = sdx_node_float(c->node, 0)};
    sdx_call_for(c, c->out[0]->len, sdx_grain(8), is_f32 ? f32_chunk : f64_chunk, &j);
    return NULL;
}

const sdx_op sdx_op_swiglu = {
    .name = "SwiGLU",
    .domain = "",
    .since = 28,
    .newest = 28,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_INPLACE | SDX_OP_WIDEN,
    .infer = infer,
    .run = run,
};
