/* See keys.h. */
#include "ops/search/keys.h"

#define SIGN_BIT (UINT64_C(1) << 63)

#define KEYS keys_u8
#define T uint8_t
#define SIGN 0
#include "ops/search/keys_int_tmpl.h"
#define KEYS keys_u16
#define T uint16_t
#define SIGN 0
#include "ops/search/keys_int_tmpl.h"
#define KEYS keys_u32
#define T uint32_t
#define SIGN 0
#include "ops/search/keys_int_tmpl.h"
#define KEYS keys_u64
#define T uint64_t
#define SIGN 0
#include "ops/search/keys_int_tmpl.h"
#define KEYS keys_i8
#define T int8_t
#define SIGN SIGN_BIT
#include "ops/search/keys_int_tmpl.h"
#define KEYS keys_i16
#define T int16_t
#define SIGN SIGN_BIT
#include "ops/search/keys_int_tmpl.h"
#define KEYS keys_i32
#define T int32_t
#define SIGN SIGN_BIT
#include "ops/search/keys_int_tmpl.h"
#define KEYS keys_i64
#define T int64_t
#define SIGN SIGN_BIT
#include "ops/search/keys_int_tmpl.h"

#define KEYS keys_f16
#define T uint16_t
#define INFINITE UINT64_C(0x7c00)
#include "ops/search/keys_float_tmpl.h"
#define KEYS keys_bf16
#define T uint16_t
#define INFINITE UINT64_C(0x7f80)
#include "ops/search/keys_float_tmpl.h"
#define KEYS keys_f32
#define T uint32_t
#define INFINITE UINT64_C(0x7f800000)
#include "ops/search/keys_float_tmpl.h"
#define KEYS keys_f64
#define T uint64_t
#define INFINITE UINT64_C(0x7ff0000000000000)
#include "ops/search/keys_float_tmpl.h"

typedef void keys_fn(uint64_t *keys, const void *src, int64_t stride, size_t n, uint64_t flip,
                     uint64_t nan);

static keys_fn *const by_type[] = {
    [SDX_UINT8] = keys_u8,      [SDX_UINT16] = keys_u16,  [SDX_UINT32] = keys_u32,
    [SDX_UINT64] = keys_u64,    [SDX_INT8] = keys_i8,     [SDX_INT16] = keys_i16,
    [SDX_INT32] = keys_i32,     [SDX_INT64] = keys_i64,   [SDX_BOOL] = keys_u8,
    [SDX_FLOAT16] = keys_f16,   [SDX_FLOAT32] = keys_f32, [SDX_FLOAT64] = keys_f64,
    [SDX_BFLOAT16] = keys_bf16,
};

void sdx_keys(sdx_order order, sdx_dtype dtype, uint64_t *keys, const void *src, int64_t stride,
              size_t n) {
    by_type[dtype](keys, src, stride, n, order.descending ? UINT64_MAX : 0,
                   order.nan_first ? 0 : UINT64_MAX);
}
