/* Pow: the result has the type of the base, the exponent any type. Equal float types have loops; a
 * single exponent of 2, 3 or 1/2, which norms and activations are exported with, is a product or a
 * root; all else goes element by element. */
#include <math.h>

#include "ops/elementwise/binary.h"

#define BASES (SDX_T_FLOATS | SDX_T_INDEX)

static const sdx_port inputs[] = {{.name = "X", .var = "T", .types = BASES},
                                  {.name = "Y", .var = "T1", .types = SDX_T_NUMERIC}};
static const sdx_port outputs[] = {{.name = "Z", .var = "T", .types = BASES}};

/* ONNX: Pow-1 broadcast, axis */
static const sdx_upgrade_rule upgrades[] = {{.below = 7, .apply = sdx_upgrade_broadcast}};

static void pow_f32(SDX_UNUSED const sdx_binary *row, void *y, const void *a, const void *b,
                    size_t n, sdx_form form) {
    const float *const base = a, *const exponent = b;
    float *const dst = y;
    const size_t step_a = form != SDX_FORM_SV, step_b = form != SDX_FORM_VS;
    for (size_t i = 0; i < n; i++)
        dst[i] = powf(base[i * step_a], exponent[i * step_b]);
}

static void pow_f64(SDX_UNUSED const sdx_binary *row, void *y, const void *a, const void *b,
                    size_t n, sdx_form form) {
    const double *const base = a, *const exponent = b;
    double *const dst = y;
    const size_t step_a = form != SDX_FORM_SV, step_b = form != SDX_FORM_VS;
    for (size_t i = 0; i < n; i++)
        dst[i] = pow(base[i * step_a], exponent[i * step_b]);
}

static sdx_binary_fn *const float_loops[] = {[SDX_FLOAT32] = pow_f32, [SDX_FLOAT64] = pow_f64};
static const sdx_binary floats = {.loops = float_loops, .work = 16};

/* ---- a single exponent of 2, 3 or 1/2 */

typedef struct single {
    const sdx_view *x, *y;
} single;

static void square_f32(void *arg, size_t begin, size_t end, unsigned lane) {
    const single *const s = arg;
    const float *const x = (const float *)s->x->data + begin;
    (void)lane;
    sdx_exact_kernels()->mul_f32((float *)s->y->data + begin, x, x, end - begin, SDX_FORM_VV);
}

/* In double precision, so that it is rounded once. */
static void cube_f32(void *arg, size_t begin, size_t end, unsigned lane) {
    const single *const s = arg;
    const float *const x = s->x->data;
    float *const y = s->y->data;
    (void)lane;
    for (size_t i = begin; i < end; i++)
        y[i] = (float)((double)x[i] * (double)x[i] * (double)x[i]);
}

/* pow(-0, 1/2) is 0 and pow(-inf, 1/2) is inf, unlike the roots. */
static void root_f32(void *arg, size_t begin, size_t end, unsigned lane) {
    const single *const s = arg;
    const float *const x = s->x->data;
    float *const y = s->y->data;
    (void)lane;
    for (size_t i = begin; i < end; i++)
        y[i] = x[i] == -INFINITY ? INFINITY : sqrtf(x[i] + 0.0f);
}

/* True where it was done. */
static bool run_single(const sdx_call *c) {
    const sdx_view *const exponent = c->in[1];
    single s = {.x = c->in[0], .y = c->out[0]};
    if (exponent->len != 1 || s.x->dtype != SDX_FLOAT32 || s.x->len != s.y->len) return false;
    const double value = sdx_view_double(exponent, 0);
    sdx_loop_fn *const loop = value == 2.0   ? square_f32
                              : value == 3.0 ? cube_f32
                              : value == 0.5 ? root_f32
                                             : NULL;
    if (!loop) return false;
    sdx_call_for(c, s.x->len, sdx_grain(1), loop, &s);
    return true;
}

/* ---- mixed types */

/* Wraps. A negative exponent truncates 1 / base^|exponent|, which saturates for a base of 0. */
static int64_t int_power(int64_t base, int64_t exponent) {
    if (exponent < 0) {
        if (base == 0) return INT64_MAX;
        if (base == -1) return exponent % 2 != 0 ? -1 : 1;
        return base == 1;
    }
    uint64_t power = 1, square = (uint64_t)base;
    for (uint64_t left = (uint64_t)exponent; left > 0; left >>= 1) {
        if (left & 1) power *= square;
        square *= square;
    }
    return (int64_t)power;
}

typedef struct mixed {
    const sdx_walk *w;
    const sdx_view *base, *exponent, *y;
} mixed;

static void int_piece(void *arg, size_t out, const size_t *in, size_t n) {
    const mixed *const m = arg;
    const bool narrow = m->y->dtype == SDX_INT32;
    for (size_t i = 0; i < n; i++) {
        const int64_t base = sdx_view_int(m->base, in[0] + (m->w->moves[0] ? i : 0));
        const int64_t exponent = sdx_view_int(m->exponent, in[1] + (m->w->moves[1] ? i : 0));
        const int64_t power = int_power(base, exponent);
        if (narrow)
            ((int32_t *)m->y->data)[out + i] =
                base == 0 && exponent < 0 ? INT32_MAX : (int32_t)power;
        else
            ((int64_t *)m->y->data)[out + i] = power;
    }
}

static void float_piece(void *arg, size_t out, const size_t *in, size_t n) {
    const mixed *const m = arg;
    sdx_view y = *m->y;
    for (size_t i = 0; i < n; i++) {
        const double base = sdx_view_double(m->base, in[0] + (m->w->moves[0] ? i : 0));
        const double exponent = sdx_view_double(m->exponent, in[1] + (m->w->moves[1] ? i : 0));
        sdx_view_set_double(&y, out + i, pow(base, exponent));
    }
}

static sdx_status run(const sdx_call *c) {
    const sdx_dtype base = c->in[0]->dtype, exponent = c->in[1]->dtype;
    const bool float_base = sdx_dtype_kind_of(base) == SDX_KIND_FLOAT;
    if (run_single(c)) return NULL;
    if (float_base && base == exponent) return sdx_binary_run_row(c, &floats);
    mixed m = {.w = c->bound, .base = c->in[0], .exponent = c->in[1], .y = c->out[0]};
    const bool ints = !float_base && sdx_dtype_kind_of(exponent) != SDX_KIND_FLOAT;
    sdx_walk_run(c, m.w, 32, ints ? int_piece : float_piece, &m);
    return NULL;
}

const sdx_op sdx_op_pow = {
    .name = "Pow",
    .domain = "",
    .since = 1,
    .newest = 15,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(upgrades, upgrades),
    .flags = SDX_OP_INPLACE | SDX_OP_WIDEN,
    .bound_size = sizeof(sdx_walk),
    .infer = sdx_infer_broadcast_all,
    .bind = sdx_binary_bind,
    .run = run,
};
