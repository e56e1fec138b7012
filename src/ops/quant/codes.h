/* Bytes by table: what operators on 8-bit tensors with one scale share. */
#ifndef SDX_OPS_QUANT_CODES_H
#define SDX_OPS_QUANT_CODES_H

#include "ops/quant/quant.h"

enum { SDX_QUANT_CODES = 256 };

/* Requires input i, where it is there and known, to have one element. */
sdx_status sdx_quant_want_single(const sdx_infer *in, size_t i) SDX_NODISCARD;

/* A scale or zero point of one element; 0 where the zero point is absent. */
float sdx_quant_single(const sdx_call *c, size_t i);

/* What each byte of dtype (int8 or uint8) stands for: (code - zero) * scale; real has
 * SDX_QUANT_CODES places, by the byte's bits. */
void sdx_quant_codes(float *real, sdx_dtype dtype, float scale, float zero);

/* The bytes of n numbers, at any n: rounded to even after division by scale, zero added, saturated.
 * x is overwritten. */
void sdx_quant_bytes(const sdx_kernel_table *kernels, void *bytes, sdx_dtype dtype, float *x,
                     size_t n, float scale, float zero);

/* ONNX: DynamicQuantizeLinear-11: scale and zero point, a whole number, of float32 elements as
 * uint8: the range includes 0; where it is nothing else the scale is 1. */
void sdx_quant_range(const sdx_kernel_table *kernels, const sdx_view *x, float *scale, float *zero);

#endif
