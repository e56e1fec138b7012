/* Elements of any number type, or bools, to any other. Types below 8 bits are unpacked, one element
 * a byte. */
#ifndef SDX_OPS_CAST_CONVERT_H
#define SDX_OPS_CAST_CONVERT_H

#include "tensor/dtype.h"

typedef struct sdx_convert {
    sdx_dtype from, to;
    bool saturate;        /* ONNX: Cast-19 saturate, of 8-bit floats */
    sdx_e8m0_round round; /* ONNX: Cast-24 round_mode, of FLOAT8E8M0 */
} sdx_convert;

/* Converts n elements; dst may be src where both types have one size. */
void sdx_convert_run(const sdx_convert *c, void *dst, const void *src, size_t n);

#endif
