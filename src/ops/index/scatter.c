/* See scatter.h. Sums and products of integers are computed in uint64_t: they wrap. */
#include "ops/index/scatter.h"

#include <complex.h>
#include <string.h>

#define SET set_1
#define SIZE 1
#include "ops/index/scatter_set_tmpl.h"
#define SET set_2
#define SIZE 2
#include "ops/index/scatter_set_tmpl.h"
#define SET set_4
#define SIZE 4
#include "ops/index/scatter_set_tmpl.h"
#define SET set_8
#define SIZE 8
#include "ops/index/scatter_set_tmpl.h"
#define SET set_16
#define SIZE 16
#include "ops/index/scatter_set_tmpl.h"

/* ---- integers */

#define NAME(x) x##_u8
#define T uint8_t
#define V uint64_t
#define LOAD(x) ((uint64_t)(x))
#define STORE(x) ((uint8_t)(x))
#define NUMBER(x) (x)
#define IS_NAN(x) false
#include "ops/index/scatter_tmpl.h"
#define NAME(x) x##_u16
#define T uint16_t
#define V uint64_t
#define LOAD(x) ((uint64_t)(x))
#define STORE(x) ((uint16_t)(x))
#define NUMBER(x) (x)
#define IS_NAN(x) false
#include "ops/index/scatter_tmpl.h"
#define NAME(x) x##_u32
#define T uint32_t
#define V uint64_t
#define LOAD(x) ((uint64_t)(x))
#define STORE(x) ((uint32_t)(x))
#define NUMBER(x) (x)
#define IS_NAN(x) false
#include "ops/index/scatter_tmpl.h"
#define NAME(x) x##_u64
#define T uint64_t
#define V uint64_t
#define LOAD(x) ((uint64_t)(x))
#define STORE(x) ((uint64_t)(x))
#define NUMBER(x) (x)
#define IS_NAN(x) false
#include "ops/index/scatter_tmpl.h"
#define NAME(x) x##_i8
#define T int8_t
#define V uint64_t
#define LOAD(x) ((uint64_t)(x))
#define STORE(x) ((int8_t)(x))
#define NUMBER(x) (x)
#define IS_NAN(x) false
#include "ops/index/scatter_tmpl.h"
#define NAME(x) x##_i16
#define T int16_t
#define V uint64_t
#define LOAD(x) ((uint64_t)(x))
#define STORE(x) ((int16_t)(x))
#define NUMBER(x) (x)
#define IS_NAN(x) false
#include "ops/index/scatter_tmpl.h"
#define NAME(x) x##_i32
#define T int32_t
#define V uint64_t
#define LOAD(x) ((uint64_t)(x))
#define STORE(x) ((int32_t)(x))
#define NUMBER(x) (x)
#define IS_NAN(x) false
#include "ops/index/scatter_tmpl.h"
#define NAME(x) x##_i64
#define T int64_t
#define V uint64_t
#define LOAD(x) ((uint64_t)(x))
#define STORE(x) ((int64_t)(x))
#define NUMBER(x) (x)
#define IS_NAN(x) false
#include "ops/index/scatter_tmpl.h"

/* ---- bool: or, and */

#define NAME(x) x##_bool
#define T uint8_t
#define V unsigned
#define LOAD(x) ((unsigned)(x))
#define STORE(x) ((uint8_t)((x) != 0))
#define NUMBER(x) (x)
#define IS_NAN(x) false
#include "ops/index/scatter_tmpl.h"

/* ---- floats: rounded after each update */

#define NAME(x) x##_f32
#define T float
#define V float
#define LOAD(x) (x)
#define STORE(x) (x)
#define NUMBER(x) (x)
#define IS_NAN(x) ((x) != (x))
#include "ops/index/scatter_tmpl.h"
#define NAME(x) x##_f64
#define T double
#define V double
#define LOAD(x) (x)
#define STORE(x) (x)
#define NUMBER(x) (x)
#define IS_NAN(x) ((x) != (x))
#include "ops/index/scatter_tmpl.h"
#define NAME(x) x##_f16
#define T uint16_t
#define V float
#define LOAD(x) sdx_f16_to_f32(x)
#define STORE(x) sdx_f32_to_f16(x)
#define NUMBER(x) sdx_f16_to_f32(x)
#define IS_NAN(x) ((x) != (x))
#include "ops/index/scatter_tmpl.h"
#define NAME(x) x##_bf16
#define T uint16_t
#define V float
#define LOAD(x) sdx_bf16_to_f32(x)
#define STORE(x) sdx_f32_to_bf16(x)
#define NUMBER(x) sdx_bf16_to_f32(x)
#define IS_NAN(x) ((x) != (x))
#include "ops/index/scatter_tmpl.h"

/* ---- complex numbers have no order */

#define NAME(x) x##_c64
#define T float complex
#define V float complex
#define LOAD(x) (x)
#define STORE(x) (x)
#include "ops/index/scatter_tmpl.h"
#define NAME(x) x##_c128
#define T double complex
#define V double complex
#define LOAD(x) (x)
#define STORE(x) (x)
#include "ops/index/scatter_tmpl.h"

enum { ADD, MUL, MIN, MAX, N_REDUCTIONS };

static const char *const reductions[N_REDUCTIONS] = {"add", "mul", "min", "max"};

/* ALL(f32) is {add_f32, mul_f32, min_f32, max_f32}. */
#define ALL(name) \
    { add_##name, mul_##name, min_##name, max_##name }

static sdx_scatter_fn *const by_type[][N_REDUCTIONS] = {
    [SDX_FLOAT32] = ALL(f32),
    [SDX_FLOAT64] = ALL(f64),
    [SDX_FLOAT16] = ALL(f16),
    [SDX_BFLOAT16] = ALL(bf16),
    [SDX_UINT8] = ALL(u8),
    [SDX_UINT16] = ALL(u16),
    [SDX_UINT32] = ALL(u32),
    [SDX_UINT64] = ALL(u64),
    [SDX_INT8] = ALL(i8),
    [SDX_INT16] = ALL(i16),
    [SDX_INT32] = ALL(i32),
    [SDX_INT64] = ALL(i64),
    [SDX_BOOL] = ALL(bool),
    [SDX_COMPLEX64] = {add_c64, mul_c64},
    [SDX_COMPLEX128] = {add_c128, mul_c128},
};

static sdx_scatter_fn *const set_by_size[] = {
    [1] = set_1, [2] = set_2, [4] = set_4, [8] = set_8, [16] = set_16};

static size_t find_reduction(sdx_str name) {
    size_t i = 0;
    while (i < N_REDUCTIONS && !sdx_str_is(name, reductions[i]))
        i++;
    return i;
}

/* ONNX: ScatterElements-18 reduction */
sdx_status sdx_scatter_check(sdx_str reduction) {
    if (sdx_str_is(reduction, "none") || find_reduction(reduction) < N_REDUCTIONS) return NULL;
    return sdx_fail(SDX_INVALID_MODEL,
                    "attribute 'reduction' is '%.*s', expected none, add, mul, max or min",
                    SDX_FMT(reduction));
}

sdx_status sdx_scatter_of(sdx_str reduction, sdx_dtype dtype, sdx_scatter_fn **out) {
    *out = set_by_size[sdx_dtype_size(dtype)];
    if (sdx_str_is(reduction, "none")) return NULL;
    const size_t i = find_reduction(reduction);
    const bool known = (size_t)dtype < sizeof by_type / sizeof *by_type && i < N_REDUCTIONS;
    *out = known ? by_type[dtype][i] : NULL;
    if (*out) return NULL;
    char type[32];
    return sdx_fail(SDX_UNSUPPORTED,
                    "attribute 'reduction' is '%.*s', which type %s does not have; set it to none",
                    SDX_FMT(reduction), sdx_types_text(UINT64_C(1) << dtype, type, sizeof type));
}

/* ---- the tensor to scatter into */

typedef struct copy {
    char *dst;
    const char *src;
} copy;

static void copy_bytes(void *arg, size_t begin, size_t end, unsigned lane) {
    const copy *const c = arg;
    (void)lane;
    memcpy(c->dst + begin, c->src + begin, end - begin);
}

void sdx_scatter_begin(const sdx_call *c) {
    copy bytes = {.dst = c->out[0]->data, .src = c->in[0]->data};
    enum { CHUNK = 1 << 17 };
    sdx_call_for(c, sdx_view_bytes(c->out[0]), CHUNK, copy_bytes, &bytes);
}
