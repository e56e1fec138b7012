/* See convert.h. Plain types (8 to 64 bits, float32, float64) convert in one loop. Every other type
 * has a plain one that it is carried by, and goes tile by tile: load into the carrier, convert,
 * store. */
#include "ops/cast/convert.h"

#include <string.h>

#include "kernels/kernels.h"

typedef void convert_fn(void *dst, const void *src, size_t n);

#define S int8_t
#define FLOATING 0
#define NAME(x) i8_##x
#include "ops/cast/cast_tmpl.h"
#define S uint8_t
#define FLOATING 0
#define NAME(x) u8_##x
#include "ops/cast/cast_tmpl.h"
#define S int16_t
#define FLOATING 0
#define NAME(x) i16_##x
#include "ops/cast/cast_tmpl.h"
#define S uint16_t
#define FLOATING 0
#define NAME(x) u16_##x
#include "ops/cast/cast_tmpl.h"
#define S int32_t
#define FLOATING 0
#define NAME(x) i32_##x
#include "ops/cast/cast_tmpl.h"
#define S uint32_t
#define FLOATING 0
#define NAME(x) u32_##x
#include "ops/cast/cast_tmpl.h"
#define S int64_t
#define FLOATING 0
#define NAME(x) i64_##x
#include "ops/cast/cast_tmpl.h"
#define S uint64_t
#define FLOATING 0
#define NAME(x) u64_##x
#include "ops/cast/cast_tmpl.h"
#define S float
#define FLOATING 1
#define NAME(x) f32_##x
#include "ops/cast/cast_tmpl.h"
#define S double
#define FLOATING 1
#define NAME(x) f64_##x
#include "ops/cast/cast_tmpl.h"

static convert_fn *const *const plain[] = {
    [SDX_INT8] = i8_to,     [SDX_UINT8] = u8_to,    [SDX_INT16] = i16_to, [SDX_UINT16] = u16_to,
    [SDX_INT32] = i32_to,   [SDX_UINT32] = u32_to,  [SDX_INT64] = i64_to, [SDX_UINT64] = u64_to,
    [SDX_FLOAT32] = f32_to, [SDX_FLOAT64] = f64_to,
};

enum { TILE = 512 };

static bool is_plain(sdx_dtype dtype) {
    return (size_t)dtype < sizeof plain / sizeof *plain && plain[dtype];
}

static bool is_small_float(sdx_dtype dtype) {
    return sdx_dtype_kind_of(dtype) == SDX_KIND_FLOAT && sdx_dtype_size(dtype) < 4;
}

/* ---- from a type to its carrier */

static sdx_dtype carrier_of_source(sdx_dtype dtype) {
    if (is_plain(dtype)) return dtype;
    if (is_small_float(dtype)) return SDX_FLOAT32;
    return sdx_dtype_kind_of(dtype) == SDX_KIND_INT ? SDX_INT8 : SDX_UINT8;
}

/* Any byte but 0 is true. */
static void load_bools(uint8_t *tile, const uint8_t *src, size_t n) {
    for (size_t i = 0; i < n; i++)
        tile[i] = src[i] != 0;
}

/* Not for plain types. */
static void load(sdx_dtype dtype, void *tile, const void *src, size_t n) {
    if (dtype == SDX_FLOAT16)
        sdx_exact_kernels()->f16_to_f32(tile, src, n);
    else if (dtype == SDX_BFLOAT16)
        sdx_exact_kernels()->bf16_to_f32(tile, src, n);
    else if (is_small_float(dtype))
        sdx_widen_f32(dtype, tile, src, n);
    else if (dtype == SDX_BOOL)
        load_bools(tile, src, n);
    else
        memcpy(tile, src, n); /* below 8 bits, one a byte */
}

/* ---- from a carrier to the type */

/* Types below 8 bits keep the low bits of an integer: what is beyond them must arrive. */
static sdx_dtype carrier_of_target(sdx_dtype dtype) {
    if (is_plain(dtype) || dtype == SDX_BOOL) return dtype;
    return is_small_float(dtype) ? SDX_FLOAT32 : SDX_INT32;
}

static void store_bits(uint8_t *dst, const int32_t *tile, size_t n) {
    for (size_t i = 0; i < n; i++)
        dst[i] = (uint8_t)tile[i];
}

static void store(const sdx_convert *c, void *dst, const void *tile, size_t n) {
    const float *const floats = tile;
    uint8_t *const codes = dst;
    if (c->to == SDX_FLOAT16) {
        sdx_exact_kernels()->f32_to_f16(dst, tile, n);
    } else if (c->to == SDX_BFLOAT16) {
        sdx_exact_kernels()->f32_to_bf16(dst, tile, n);
    } else if (is_small_float(c->to)) {
        const bool saturate = c->saturate || c->to == SDX_FLOAT4E2M1;
        for (size_t i = 0; i < n; i++)
            codes[i] = sdx_f32_to_small(c->to, floats[i], saturate, c->round);
    } else {
        store_bits(dst, tile, n);
    }
}

/* float32 rounded to odd: rounding that to a smaller type gives what rounding x once would. */
static void narrow_to_odd(float *dst, const double *src, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const float near = (float)src[i];
        const double back = (double)near, x = src[i];
        uint32_t bits;
        memcpy(&bits, &near, sizeof bits);
        const bool away = x > 0 ? back > x : back < x;
        if (back != x && x == x) bits = (away ? bits - 1 : bits) | 1;
        memcpy(&dst[i], &bits, sizeof bits);
    }
}

/* ---- both */

/* Elements of a carrier. */
typedef union tile {
    int8_t i8[TILE];
    uint8_t u8[TILE];
    int32_t i32[TILE];
    float f32[TILE];
} tile;

static void convert_tile(const sdx_convert *c, char *dst, const char *src, size_t n) {
    tile carried, converted;
    const sdx_dtype source = carrier_of_source(c->from), target = carrier_of_target(c->to);
    const void *from = src;
    if (!is_plain(c->from)) {
        load(c->from, &carried, src, n);
        from = &carried;
    }
    if (target == c->to) {
        plain[source][target](dst, from, n);
        return;
    }
    if (source == SDX_FLOAT64 && target == SDX_FLOAT32)
        narrow_to_odd(converted.f32, from, n);
    else
        plain[source][target](&converted, from, n);
    store(c, dst, &converted, n);
}

void sdx_convert_run(const sdx_convert *c, void *dst, const void *src, size_t n) {
    const size_t from_size = sdx_dtype_size(c->from), to_size = sdx_dtype_size(c->to);
    const char *const from = src;
    char *const to = dst;
    if (c->from == c->to) {
        if (n > 0 && dst != src) memcpy(dst, src, n * to_size);
        return;
    }
    for (size_t i = 0; i < n; i += TILE)
        convert_tile(c, to + i * to_size, from + i * from_size, n - i < TILE ? n - i : TILE);
}
