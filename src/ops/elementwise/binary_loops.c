/* The loops of binary maps by element type: kernels where there are some, else templates. */
#include <math.h>

#include "ops/elementwise/binary.h"

#define T int8_t
#define U uint32_t
#define BITS 8
#define NAME(x) x##_i8
#include "ops/elementwise/binary_int_tmpl.h"
#define T uint8_t
#define U uint32_t
#define BITS 8
#define NAME(x) x##_u8
#include "ops/elementwise/binary_int_tmpl.h"
#define T int16_t
#define U uint32_t
#define BITS 16
#define NAME(x) x##_i16
#include "ops/elementwise/binary_int_tmpl.h"
#define T uint16_t
#define U uint32_t
#define BITS 16
#define NAME(x) x##_u16
#include "ops/elementwise/binary_int_tmpl.h"
#define T int32_t
#define U uint32_t
#define BITS 32
#define NAME(x) x##_i32
#include "ops/elementwise/binary_int_tmpl.h"
#define T uint32_t
#define U uint32_t
#define BITS 32
#define NAME(x) x##_u32
#include "ops/elementwise/binary_int_tmpl.h"
#define T int64_t
#define U uint64_t
#define BITS 64
#define NAME(x) x##_i64
#include "ops/elementwise/binary_int_tmpl.h"
#define T uint64_t
#define U uint64_t
#define BITS 64
#define NAME(x) x##_u64
#include "ops/elementwise/binary_int_tmpl.h"

#define T float
#define FMOD fmodf
#define NAME(x) x##_f32
#include "ops/elementwise/binary_float_tmpl.h"
#define T double
#define FMOD fmod
#define NAME(x) x##_f64
#include "ops/elementwise/binary_float_tmpl.h"

/* OTHER_INTS(add) is [SDX_INT8] = add_i8, ...: all but those that the kernels have. */
#define OTHER_INTS(f)                                                                         \
    [SDX_INT8] = f##_i8, [SDX_UINT8] = f##_u8, [SDX_INT16] = f##_i16, [SDX_UINT16] = f##_u16, \
    [SDX_UINT32] = f##_u32, [SDX_UINT64] = f##_u64
#define INTS(f) OTHER_INTS(f), [SDX_INT32] = f##_i32, [SDX_INT64] = f##_i64
#define FLOATS(f) [SDX_FLOAT32] = f##_f32, [SDX_FLOAT64] = f##_f64
#define KERNELS FLOATS(sdx_map), [SDX_INT32] = sdx_map_i32, [SDX_INT64] = sdx_map_i64

sdx_binary_fn *const sdx_loops_add[] = {OTHER_INTS(add), KERNELS};
sdx_binary_fn *const sdx_loops_sub[] = {OTHER_INTS(sub), KERNELS};
sdx_binary_fn *const sdx_loops_mul[] = {OTHER_INTS(mul), KERNELS};
sdx_binary_fn *const sdx_loops_min[] = {OTHER_INTS(min), KERNELS};
sdx_binary_fn *const sdx_loops_max[] = {OTHER_INTS(max), KERNELS};
sdx_binary_fn *const sdx_loops_div[] = {INTS(div), FLOATS(sdx_map)};
sdx_binary_fn *const sdx_loops_rem[] = {INTS(rem), FLOATS(rem)};
sdx_binary_fn *const sdx_loops_mod[] = {INTS(mod), FLOATS(mod)};
sdx_binary_fn *const sdx_loops_prelu[] = {
    INTS(prelu), [SDX_FLOAT32] = sdx_map_f32, [SDX_FLOAT64] = prelu_f64};
sdx_binary_fn *const sdx_loops_and[] = {INTS(and)};
sdx_binary_fn *const sdx_loops_or[] = {INTS(or)};
sdx_binary_fn *const sdx_loops_xor[] = {INTS(xor)};
sdx_binary_fn *const sdx_loops_left[] = {INTS(left)};
sdx_binary_fn *const sdx_loops_right[] = {INTS(right)};

const sdx_binary sdx_binary_add = {.loops = sdx_loops_add, SDX_BINARY_KERNELS(add)};
const sdx_binary sdx_binary_min = {.loops = sdx_loops_min, SDX_BINARY_KERNELS(min)};
const sdx_binary sdx_binary_max = {.loops = sdx_loops_max, SDX_BINARY_KERNELS(max)};
const sdx_binary sdx_binary_div = {.loops = sdx_loops_div,
                                   .f32 = offsetof(sdx_exact_table, div_f32),
                                   .f64 = offsetof(sdx_exact_table, div_f64),
                                   .work = 2};
