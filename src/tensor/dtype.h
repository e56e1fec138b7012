/* Behaviour of the 26 element types: one table (dtype.c, expanded from sardonyx/dtype.def), no
 * switch elsewhere.
 *
 * Types below 8 bits are packed in memory, the first element in the lowest bits of a byte.
 * Operators that only move elements see them unpacked, one element a byte (sdx_view.unpacked):
 * whoever calls an operator does that for them. */
#ifndef SDX_TENSOR_DTYPE_H
#define SDX_TENSOR_DTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* A set of element types and value kinds: bit d for tensors of element type d, and the bits below
 * for the rest. */
typedef uint64_t sdx_types;

#define SDX_T(NAME) (UINT64_C(1) << SDX_##NAME)
#define SDX_T_SEQUENCE (UINT64_C(1) << 40)
#define SDX_T_MAP (UINT64_C(1) << 41)
#define SDX_T_OPTIONAL (UINT64_C(1) << 42)

/* The sets that schemas are written with. */
#define SDX_T_FLOATS32 (SDX_T(FLOAT32) | SDX_T(FLOAT64))
#define SDX_T_HALVES (SDX_T(FLOAT16) | SDX_T(BFLOAT16))
#define SDX_T_FLOATS (SDX_T_FLOATS32 | SDX_T_HALVES)
#define SDX_T_FLOATS8 \
    (SDX_T(FLOAT8E4M3FN) | SDX_T(FLOAT8E4M3FNUZ) | SDX_T(FLOAT8E5M2) | SDX_T(FLOAT8E5M2FNUZ))
#define SDX_T_SINTS (SDX_T(INT8) | SDX_T(INT16) | SDX_T(INT32) | SDX_T(INT64))
#define SDX_T_UINTS (SDX_T(UINT8) | SDX_T(UINT16) | SDX_T(UINT32) | SDX_T(UINT64))
#define SDX_T_INTS (SDX_T_SINTS | SDX_T_UINTS)
#define SDX_T_INDEX (SDX_T(INT32) | SDX_T(INT64))
#define SDX_T_COMPLEX (SDX_T(COMPLEX64) | SDX_T(COMPLEX128))
#define SDX_T_SUBBYTE (SDX_T(UINT4) | SDX_T(INT4) | SDX_T(FLOAT4E2M1) | SDX_T(UINT2) | SDX_T(INT2))
#define SDX_T_NUMERIC (SDX_T_FLOATS | SDX_T_INTS)
/* ONNX's "all tensor types" before the 8-bit floats, and all 26. */
#define SDX_T_CLASSIC (SDX_T_NUMERIC | SDX_T(BOOL) | SDX_T(STRING) | SDX_T_COMPLEX)
#define SDX_T_ANY (SDX_T_CLASSIC | SDX_T_FLOATS8 | SDX_T(FLOAT8E8M0) | SDX_T_SUBBYTE)

typedef enum sdx_dtype_kind {
    SDX_KIND_NONE,
    SDX_KIND_BOOL,
    SDX_KIND_INT,
    SDX_KIND_UINT,
    SDX_KIND_FLOAT,
    SDX_KIND_COMPLEX,
    SDX_KIND_STRING
} sdx_dtype_kind;

sdx_dtype_kind sdx_dtype_kind_of(sdx_dtype dtype);
bool sdx_dtype_valid(int64_t id); /* id is one of the 26 */
static inline bool sdx_types_have(sdx_types types, sdx_dtype dtype) { return (types >> dtype) & 1; }
/* "float32, float16, ..." into buf; always terminated, cut to size. Returns buf. */
const char *sdx_types_text(sdx_types types, char *buf, size_t size);

/* Bytes of one element when it lies alone (sub-byte types: 1). 0 for what is no type. */
size_t sdx_dtype_size(sdx_dtype dtype);
bool sdx_dtype_subbyte(sdx_dtype dtype);
/* Bytes that `len` packed elements take; false on overflow. */
bool sdx_dtype_bytes(sdx_dtype dtype, size_t len, size_t *out) SDX_NODISCARD;

/* n elements of a sub-byte type between the packed form and one element a byte (INT4, INT2
 * sign-extended; FLOAT4E2M1 its 4 bits). */
void sdx_bits_unpack(sdx_dtype dtype, uint8_t *dst, const uint8_t *src, size_t n);
void sdx_bits_pack(sdx_dtype dtype, uint8_t *dst, const uint8_t *src,
                   size_t n); /* the last byte is padded with zero bits */

/* Scalar conversions; exact, ties to even, NaN stays NaN. */
float sdx_f16_to_f32(uint16_t h);
uint16_t sdx_f32_to_f16(float f);
float sdx_bf16_to_f32(uint16_t h);
uint16_t sdx_f32_to_bf16(float f);
/* One element of any 8-bit or 4-bit float type (unpacked) from and to float. `saturate` as in ONNX
 * Cast-19; up/down/nearest for E8M0 in round. */
typedef enum sdx_e8m0_round { SDX_E8M0_UP, SDX_E8M0_DOWN, SDX_E8M0_NEAREST } sdx_e8m0_round;
float sdx_small_to_f32(sdx_dtype dtype, uint8_t code);
uint8_t sdx_f32_to_small(sdx_dtype dtype, float f, bool saturate, sdx_e8m0_round round);

/* n elements of any float type (not complex) to and from float32 or float64; sub-byte types
 * unpacked. Vectorised for the halves. */
void sdx_widen_f32(sdx_dtype dtype, float *dst, const void *src, size_t n);
void sdx_narrow_f32(sdx_dtype dtype, void *dst, const float *src,
                    size_t n); /* 8-bit floats saturate */

#endif
