/* Clip: Min(max, Max(input, min)). */
#include <math.h>
#include <string.h>

#include "ops/elementwise/binary.h"

static const sdx_port inputs[] = {
    {.name = "input", .var = "T", .types = SDX_T_NUMERIC},
    {.name = "min", .var = "T", .types = SDX_T_NUMERIC, .flags = SDX_PORT_OPTIONAL},
    {.name = "max", .var = "T", .types = SDX_T_NUMERIC, .flags = SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {{.name = "output", .var = "T", .types = SDX_T_NUMERIC}};

/* ONNX: Clip-11 min and max became inputs. */
static sdx_status from_1(sdx_upgrade *u) {
    const sdx_gvalue *const x = u->node->n_inputs > 0 ? u->node->inputs[0] : NULL;
    const bool known = x && x->type && x->type->kind == SDX_TENSOR && x->type->dtype;
    const sdx_dtype dtype = known ? x->type->dtype : SDX_FLOAT32;
    sdx_upgrade_drop(u, "consumed_inputs");
    SDX_TRY(sdx_upgrade_float_to_input(u, "min", 1, dtype));
    return sdx_upgrade_float_to_input(u, "max", 2, dtype);
}
static const sdx_upgrade_rule upgrades[] = {{.below = 11, .apply = from_1}};

/* Bounds are scalars; one element in any shape is taken too. */
static sdx_status want_scalar(const sdx_infer *in, size_t i) {
    if (!sdx_infer_ranked(in, i)) return NULL;
    bool one = true;
    for (int d = 0; d < in->in[i].rank; d++)
        one = one && (in->in[i].dims[d] == 1 || !sdx_dim_is_number(in->in[i].dims[d]));
    char text[160];
    if (one) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s' has shape %s, expected a scalar",
                    inputs[i].name, sdx_infer_shape_text(in, i, text, sizeof text));
}

static sdx_status infer(sdx_infer *in) {
    SDX_TRY(want_scalar(in, 1));
    SDX_TRY(want_scalar(in, 2));
    return sdx_infer_same(in, 0, 0);
}

/* A bound, copied: the output may take over the memory of an input that dies. */
typedef struct bound {
    bool given;
    uint64_t element; /* its bytes come first */
} bound;

static bound take_bound(const sdx_view *view) {
    bound b = {.given = view != NULL};
    if (view) memcpy(&b.element, view->data, sdx_dtype_size(view->dtype));
    return b;
}

/* ONNX's reference leaves infinities alone where a bound is absent. */
static float f32_bound(const bound *b, float otherwise) {
    float value;
    memcpy(&value, &b->element, sizeof value);
    return b->given ? value : otherwise;
}

typedef struct job {
    const sdx_view *x, *y;
    bound low, high;
} job;

static void f32_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    (void)lane;
    sdx_exact_kernels()->clip_f32((float *)j->y->data + begin, (const float *)j->x->data + begin,
                                  end - begin, f32_bound(&j->low, -INFINITY),
                                  f32_bound(&j->high, INFINITY));
}

static void any_chunk(void *arg, size_t begin, size_t end, unsigned lane) {
    const job *const j = arg;
    const sdx_dtype dtype = j->x->dtype;
    const size_t at = begin * sdx_dtype_size(dtype), n = end - begin;
    char *const y = (char *)j->y->data + at;
    const char *x = (const char *)j->x->data + at;
    (void)lane;
    if (j->low.given) {
        sdx_loops_max[dtype](&sdx_binary_max, y, x, &j->low.element, n, SDX_FORM_VS);
        x = y;
    }
    if (j->high.given)
        sdx_loops_min[dtype](&sdx_binary_min, y, x, &j->high.element, n, SDX_FORM_VS);
    else if (x != y)
        memcpy(y, x, n * sdx_dtype_size(dtype));
}

static sdx_status run(const sdx_call *c) {
    job j = {.x = c->in[0],
             .y = c->out[0],
             .low = take_bound(sdx_call_in(c, 1)),
             .high = take_bound(sdx_call_in(c, 2))};
    sdx_call_for(c, j.x->len, sdx_grain(1), j.x->dtype == SDX_FLOAT32 ? f32_chunk : any_chunk, &j);
    return NULL;
}

const sdx_op sdx_op_clip = {
    .name = "Clip",
    .domain = "",
    .since = 1,
    .newest = 13,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(upgrades, upgrades),
    .flags = SDX_OP_INPLACE | SDX_OP_WIDEN,
    .infer = infer,
    .run = run,
};
