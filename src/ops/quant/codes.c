/* See codes.h. */
#include "ops/quant/codes.h"

sdx_status sdx_quant_want_single(const sdx_infer *in, size_t i) {
    char text[160];
    if (!sdx_infer_ranked(in, i)) return NULL;
    for (int d = 0; d < in->in[i].rank; d++) {
        const sdx_dim dim = in->in[i].dims[d];
        if (sdx_dim_is_number(dim) && dim != 1)
            return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s' has shape %s, expected one element",
                            sdx_op_input_port(in->node->op, i)->name,
                            sdx_infer_shape_text(in, i, text, sizeof text));
    }
    return NULL;
}

float sdx_quant_single(const sdx_call *c, size_t i) {
    const sdx_view *const view = sdx_call_in(c, i);
    return view != NULL ? (float)sdx_view_double(view, 0) : 0;
}

void sdx_quant_codes(float *real, sdx_dtype dtype, float scale, float zero) {
    for (int code = 0; code < SDX_QUANT_CODES; code++) {
        const int value = dtype == SDX_INT8 && code > INT8_MAX ? code - SDX_QUANT_CODES : code;
        real[code] = ((float)value - zero) * scale;
    }
}

void sdx_quant_bytes(const sdx_kernel_table *kernels, void *bytes, sdx_dtype dtype, float *x,
                     size_t n, float scale, float zero) {
    const sdx_quant_target target = {.dtype = dtype, .zero = &zero, .form = SDX_FORM_VS};
    for (size_t i = 0; i < n; i += SDX_QUANT_TILE) {
        const size_t here = n - i < SDX_QUANT_TILE ? n - i : SDX_QUANT_TILE;
        kernels->div_f32(x + i, x + i, &scale, here, SDX_FORM_VS);
        sdx_quant_store((char *)bytes + i, x + i, here, &target);
    }
}

void sdx_quant_range(const sdx_kernel_table *kernels, const sdx_view *x, float *scale,
                     float *zero) {
    const float largest = kernels->max_row_f32(x->data, x->len, 0);
    const float smallest = kernels->min_row_f32(x->data, x->len, 0);
    const float max = largest > 0 ? largest : 0, min = smallest < 0 ? smallest : 0;
    const sdx_quant_target target = {.dtype = SDX_UINT8};
    uint8_t code;
    *scale = max == min ? 1 : (max - min) / UINT8_MAX;
    *zero = -min / *scale;
    sdx_quant_store(&code, zero, 1, &target);
    *zero = code;
}
