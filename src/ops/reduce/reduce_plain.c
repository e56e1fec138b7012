/* Reductions of the types that have no kernels: reduce_tmpl.h, compiled for each. */
#include <math.h>
#include <stdint.h>

#include "ops/reduce/reduce.h"

#define T double
#define NAME(x) x##_f64
#define SUM double
#define WIDE double
#define LOWEST (-(double)INFINITY)
#define HIGHEST ((double)INFINITY)
#define NOTHING ((double)NAN)
#include "ops/reduce/reduce_tmpl.h"
#undef SUM
#undef WIDE
#undef NOTHING

/* Sums of 64 bits wrap; cut to the type they are what its own sums would be. */
#define SUM uint64_t
#define NOTHING 0

#define WIDE int64_t
#define T int8_t
#define NAME(x) x##_i8
#define LOWEST INT8_MIN
#define HIGHEST INT8_MAX
#include "ops/reduce/reduce_tmpl.h"
#define T int32_t
#define NAME(x) x##_i32
#define LOWEST INT32_MIN
#define HIGHEST INT32_MAX
#include "ops/reduce/reduce_tmpl.h"
#define T int64_t
#define NAME(x) x##_i64
#define LOWEST INT64_MIN
#define HIGHEST INT64_MAX
#include "ops/reduce/reduce_tmpl.h"
#undef WIDE

#define WIDE uint64_t
#define T uint8_t
#define NAME(x) x##_u8
#define LOWEST 0
#define HIGHEST UINT8_MAX
#include "ops/reduce/reduce_tmpl.h"
#define T uint8_t
#define NAME(x) x##_bool
#define LOWEST 0
#define HIGHEST 1
#include "ops/reduce/reduce_tmpl.h"
#define T uint32_t
#define NAME(x) x##_u32
#define LOWEST 0
#define HIGHEST UINT32_MAX
#include "ops/reduce/reduce_tmpl.h"
#define T uint64_t
#define NAME(x) x##_u64
#define LOWEST 0
#define HIGHEST UINT64_MAX
#include "ops/reduce/reduce_tmpl.h"

const sdx_reduce_loops sdx_reduce_plain[] = {
    [SDX_FLOAT64] = {rows_f64, columns_f64}, [SDX_INT8] = {rows_i8, columns_i8},
    [SDX_INT32] = {rows_i32, columns_i32},   [SDX_INT64] = {rows_i64, columns_i64},
    [SDX_UINT8] = {rows_u8, columns_u8},     [SDX_UINT32] = {rows_u32, columns_u32},
    [SDX_UINT64] = {rows_u64, columns_u64},  [SDX_BOOL] = {rows_bool, columns_bool},
};
