/* See quant.h. */
#include "ops/quant/quant.h"

#include <string.h>

/* Elements of a run where one parameter serves all. */
enum { PER_TENSOR_RUN = 16 * 1024 };

enum { IN_X, IN_SCALE, IN_ZERO };

/* ---- parameters */

static sdx_status wrong_shape(const sdx_infer *in, size_t input, const char *expected) {
    char text[160], whole[160];
    return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s' has shape %s, expected %s; '%s' has shape %s",
                    sdx_op_input_port(in->node->op, input)->name,
                    sdx_infer_shape_text(in, input, text, sizeof text), expected,
                    sdx_op_input_port(in->node->op, IN_X)->name,
                    sdx_infer_shape_text(in, IN_X, whole, sizeof whole));
}

static bool known(const sdx_fact *fact) {
    bool numbers = fact->rank >= 0;
    for (int i = 0; numbers && i < fact->rank; i++) {
        numbers = sdx_dim_is_number(fact->dims[i]);
    }
    return numbers;
}

static bool single(const sdx_fact *fact) {
    bool one = true;
    for (int i = 0; i < fact->rank; i++) {
        one = one && fact->dims[i] == 1;
    }
    return one;
}

/* ONNX: QuantizeLinear-10: of a vector there is only one axis, whatever 'axis' says. */
static sdx_status find_axis(int64_t axis, size_t rank, size_t *out) {
    *out = 0;
    return rank == 1 ? NULL : sdx_axis(axis, rank, "attribute 'axis'", out);
}

sdx_status sdx_quant_check(const sdx_infer *in, int64_t axis, int64_t block) {
    if (block < 0)
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'block_size' is %lld, expected 0 or more",
                        (long long)block);
    if (!sdx_infer_has(in, IN_X) || !sdx_infer_has(in, IN_SCALE)) return NULL;
    const sdx_fact *const x = &in->in[IN_X], *const scale = &in->in[IN_SCALE];
    size_t at;
    if (!known(x) || !known(scale)) return NULL;
    if (sdx_infer_has(in, IN_ZERO) && known(&in->in[IN_ZERO])) {
        const sdx_fact *const zero = &in->in[IN_ZERO];
        bool fits = zero->rank == scale->rank;
        for (int i = 0; fits && i < zero->rank; i++) {
            fits = zero->dims[i] == scale->dims[i];
        }
        if (!fits && !(single(zero) && single(scale)))
            return wrong_shape(in, IN_ZERO, "the shape of the scale");
    }
    if (single(scale)) return NULL;
    SDX_TRY(find_axis(axis, (size_t)x->rank, &at));
    if (block == 0)
        return scale->rank == 1 && scale->dims[0] == x->dims[at]
                   ? NULL
                   : wrong_shape(in, IN_SCALE, "one element, or one for each index of the axis");
    bool fits = scale->rank == x->rank;
    for (int i = 0; fits && i < x->rank; i++) {
        const sdx_dim dim = x->dims[i];
        fits = scale->dims[i] == ((size_t)i == at ? sdx_dim_ceil_div(NULL, dim, block) : dim);
    }
    return fits ? NULL : wrong_shape(in, IN_SCALE, "one element for each block");
}

sdx_status sdx_quant_cut(const sdx_view *x, const sdx_view *scale, int64_t axis, int64_t block,
                         sdx_quant_runs *out) {
    size_t at = 0;
    *out = (sdx_quant_runs){.per = 1, .stride = x->len, .step = PER_TENSOR_RUN, .block = 1};
    if (x->len == 0) return NULL;
    if (scale->len == 1) {
        out->runs = out->per = (x->len + PER_TENSOR_RUN - 1) / PER_TENSOR_RUN;
        return NULL;
    }
    SDX_TRY(find_axis(axis, x->rank, &at));
    const size_t dim = (size_t)x->dims[at], inner = sdx_view_count(x, at + 1, x->rank);
    const size_t blocks = block > 0 ? (size_t)sdx_dim_ceil_div(NULL, x->dims[at], block) : dim;
    out->stride = dim * inner;
    out->each = block > 0 ? inner > 1 : inner == 1;
    out->step = inner > 1 ? inner : block > 0 ? (size_t)block : dim;
    out->per = inner > 1 ? dim : block > 0 ? blocks : 1;
    out->p_step = block > 0 ? inner : 1;
    out->p_stride = block > 0 ? blocks * inner : 0;
    if (block > 0 && inner > 1) out->block = (size_t)block;
    out->runs = x->len / out->stride * out->per;
    return NULL;
}

sdx_quant_run sdx_quant_run_at(const sdx_quant_runs *runs, size_t index) {
    const size_t outer = index / runs->per, step = index % runs->per;
    const size_t rest = runs->stride - step * runs->step;
    return (sdx_quant_run){.at = outer * runs->stride + step * runs->step,
                           .n = rest < runs->step ? rest : runs->step,
                           .param = outer * runs->p_stride + step / runs->block * runs->p_step};
}

const float *sdx_quant_params(const sdx_view *view, float *place) {
    for (size_t i = 0; view != NULL && i < view->len; i++) {
        place[i] = (float)sdx_view_double(view, i);
    }
    return view != NULL ? place : NULL;
}

/* ---- elements: by type */

#define T int8_t
#define NAME(x) x##_i8
#include "ops/quant/quant_tmpl.h"
#define T uint8_t
#define NAME(x) x##_u8
#include "ops/quant/quant_tmpl.h"
#define T int16_t
#define NAME(x) x##_i16
#include "ops/quant/quant_tmpl.h"
#define T uint16_t
#define NAME(x) x##_u16
#include "ops/quant/quant_tmpl.h"

static void load_i32(float *dst, const void *src, size_t n) {
    for (size_t i = 0; i < n; i++) {
        dst[i] = (float)((const int32_t *)src)[i];
    }
}

typedef struct int_type {
    void (*load)(float *dst, const void *src, size_t n);
    void (*store)(void *dst, const float *src, size_t n, float low, float high);
    float low, high;
} int_type;

static const int_type ints[] = {
    [SDX_INT8] = {load_i8, store_i8, INT8_MIN, INT8_MAX},
    [SDX_UINT8] = {load_u8, store_u8, 0, UINT8_MAX},
    [SDX_INT16] = {load_i16, store_i16, INT16_MIN, INT16_MAX},
    [SDX_UINT16] = {load_u16, store_u16, 0, UINT16_MAX},
    [SDX_INT32] = {.load = load_i32},
    [SDX_INT4] = {load_i8, store_i8, -8, 7},
    [SDX_UINT4] = {load_u8, store_u8, 0, 15},
    [SDX_INT2] = {load_i8, store_i8, -2, 1},
    [SDX_UINT2] = {load_u8, store_u8, 0, 3},
};

void sdx_quant_load(float *dst, sdx_dtype dtype, const void *src, size_t n) {
    if (sdx_dtype_kind_of(dtype) == SDX_KIND_FLOAT)
        sdx_widen_f32(dtype, dst, src, n);
    else
        ints[dtype].load(dst, src, n);
}

void sdx_quant_store(void *dst, float *x, size_t n, const sdx_quant_target *target) {
    const sdx_exact_table *const k = sdx_exact_kernels();
    const bool is_float = sdx_dtype_kind_of(target->dtype) == SDX_KIND_FLOAT;
    if (!is_float) k->round_f32(x, x, n, 0, 0);
    if (target->zero != NULL) k->add_f32(x, x, target->zero, n, target->form);
    if (!is_float) {
        const int_type *const type = &ints[target->dtype];
        type->store(dst, x, n, type->low, type->high);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        ((uint8_t *)dst)[i] =
            sdx_f32_to_small(target->dtype, x[i], target->saturate, SDX_E8M0_NEAREST);
    }
}
