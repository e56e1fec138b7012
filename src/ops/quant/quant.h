/* What quantising operators share: which scale and zero point an element has, reading any quantised
 * type as float32, and rounding float32 to one. */
#ifndef SDX_OPS_QUANT_QUANT_H
#define SDX_OPS_QUANT_QUANT_H

#include "kernels/kernels.h"
#include "ops/call.h"
#include "ops/infer.h"

#define SDX_QUANT_SMALL_INTS                                                                  \
    (SDX_T(INT8) | SDX_T(UINT8) | SDX_T(INT16) | SDX_T(UINT16) | SDX_T(INT4) | SDX_T(UINT4) | \
     SDX_T(INT2) | SDX_T(UINT2))
#define SDX_QUANT_SMALL (SDX_QUANT_SMALL_INTS | SDX_T_FLOATS8 | SDX_T(FLOAT4E2M1))

/* Elements that loops over float32 take at a time. */
enum { SDX_QUANT_TILE = 512 };

/* ---- parameters: one scale and one zero point for all, for each index of an axis, or for each
 * block along it */

/* A tensor cut into runs of adjacent elements that have one parameter, or one each. */
typedef struct sdx_quant_runs {
    size_t runs;
    size_t per;                     /* runs between two steps of the dims before the axis */
    size_t stride, step;            /* elements: between those steps, and of a run at most */
    size_t p_stride, p_step, block; /* parameters likewise; so many runs share them */
    bool each;                      /* every element of a run has a parameter of its own */
} sdx_quant_runs;

typedef struct sdx_quant_run {
    size_t at, n, param;
} sdx_quant_run;

/* Checks inputs 1 and 2 (scale, zero point) against input 0. ONNX: QuantizeLinear-21 block_size,
 * axis. */
sdx_status sdx_quant_check(const sdx_infer *in, int64_t axis, int64_t block) SDX_NODISCARD;
sdx_status sdx_quant_cut(const sdx_view *x, const sdx_view *scale, int64_t axis, int64_t block,
                         sdx_quant_runs *out) SDX_NODISCARD;
sdx_quant_run sdx_quant_run_at(const sdx_quant_runs *runs, size_t index);
/* A scale or zero point as float32 in `place` (len floats); NULL when it is absent. */
const float *sdx_quant_params(const sdx_view *view, float *place);

/* ---- elements */

/* n elements of any type that quantising operators know, as float32; sub-byte types unpacked. */
void sdx_quant_load(float *dst, sdx_dtype dtype, const void *src, size_t n);

/* How float32 becomes a quantised type. */
typedef struct sdx_quant_target {
    sdx_dtype dtype;
    bool saturate;     /* 8-bit floats only; all else always saturates */
    const float *zero; /* added after rounding; NULL: none */
    sdx_form form;     /* VV: one for each element, VS: one for all */
} sdx_quant_target;

/* Rounds to nearest, ties to even, adds the zero point, saturates; a NaN becomes the lowest
 * integer. n is at most SDX_QUANT_TILE; x is overwritten. Sub-byte types unpacked. */
void sdx_quant_store(void *dst, float *x, size_t n, const sdx_quant_target *target);

#endif
