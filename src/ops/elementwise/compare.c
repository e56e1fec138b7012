/* Equal, Less, LessOrEqual, Greater, GreaterOrEqual. */
#include "ops/elementwise/binary.h"

static sdx_form swapped(sdx_form form) {
    return form == SDX_FORM_VS ? SDX_FORM_SV : form == SDX_FORM_SV ? SDX_FORM_VS : form;
}

#define T int8_t
#define NAME(x) x##_i8
#include "ops/elementwise/compare_tmpl.h"
#define T uint8_t
#define NAME(x) x##_u8
#include "ops/elementwise/compare_tmpl.h"
#define T int16_t
#define NAME(x) x##_i16
#include "ops/elementwise/compare_tmpl.h"
#define T uint16_t
#define NAME(x) x##_u16
#include "ops/elementwise/compare_tmpl.h"
#define T uint32_t
#define NAME(x) x##_u32
#include "ops/elementwise/compare_tmpl.h"
#define T uint64_t
#define NAME(x) x##_u64
#include "ops/elementwise/compare_tmpl.h"

static void equal_strings(SDX_UNUSED const sdx_binary *row, void *y, const void *a, const void *b,
                          size_t n, sdx_form form) {
    const sdx_str *const left = a, *const right = b;
    uint8_t *const dst = y;
    const size_t step_a = form != SDX_FORM_SV, step_b = form != SDX_FORM_VS;
    for (size_t i = 0; i < n; i++)
        dst[i] = sdx_str_eq(left[i * step_a], right[i * step_b]);
}

/* Any byte but 0 is true. */
static void equal_bools(SDX_UNUSED const sdx_binary *row, void *y, const void *a, const void *b,
                        size_t n, sdx_form form) {
    const uint8_t *const left = a, *const right = b;
    uint8_t *const dst = y;
    const size_t step_a = form != SDX_FORM_SV, step_b = form != SDX_FORM_VS;
    for (size_t i = 0; i < n; i++)
        dst[i] = (left[i * step_a] != 0) == (right[i * step_b] != 0);
}

/* LOOPS(less) is [SDX_INT8] = less_i8, ...: templates, and kernels where there are some. */
#define LOOPS(f)                                                                              \
    [SDX_INT8] = f##_i8, [SDX_UINT8] = f##_u8, [SDX_INT16] = f##_i16, [SDX_UINT16] = f##_u16, \
    [SDX_UINT32] = f##_u32, [SDX_UINT64] = f##_u64, [SDX_FLOAT32] = sdx_compare_f32,          \
    [SDX_FLOAT64] = sdx_compare_f64, [SDX_INT32] = sdx_compare_i32, [SDX_INT64] = sdx_compare_i64

/* ---- shape arithmetic: exporters ask whether a dim is -1 */

/* Expressions are sizes: never negative. */
static sdx_dim equal_dims(SDX_UNUSED sdx_dims *dims, sdx_dim a, sdx_dim b) {
    const bool number_a = sdx_dim_is_number(a), number_b = sdx_dim_is_number(b);
    if (sdx_dim_eq(a, b)) return 1;
    if (number_a && number_b) return 0;
    if (a == SDX_DIM_UNKNOWN || b == SDX_DIM_UNKNOWN) return SDX_DIM_UNKNOWN;
    return (number_a && a < 0) || (number_b && b < 0) ? 0 : SDX_DIM_UNKNOWN;
}
static sdx_status infer_equal(sdx_infer *in) { return sdx_binary_infer_ints(in, equal_dims); }

/* ---- rows */

#define EQUATABLE (SDX_T_NUMERIC | SDX_T(BOOL) | SDX_T(STRING))
static const sdx_port equal_in[] = {{.name = "A", .var = "T", .types = EQUATABLE},
                                    {.name = "B", .var = "T", .types = EQUATABLE}};
static const sdx_port ordered_in[] = {{.name = "A", .var = "T", .types = SDX_T_NUMERIC},
                                      {.name = "B", .var = "T", .types = SDX_T_NUMERIC}};
static const sdx_port outputs[] = {{.name = "C", .var = "T1", .types = SDX_T(BOOL)}};

/* ONNX: Equal-1 broadcast, axis */
static const sdx_upgrade_rule upgrades[] = {{.below = 7, .apply = sdx_upgrade_broadcast}};

/* COMPARE(less, "Less", ...) is the row of loops of Less and sdx_op_less. */
#define COMPARE(id, name_, since_, newest_, in_, bools_, strings_, infer_)            \
    static sdx_binary_fn *const id##_loops[] = {                                      \
        LOOPS(id), [SDX_BOOL] = bools_, [SDX_STRING] = strings_};                     \
    static const sdx_binary id##_row = {.loops = id##_loops, SDX_BINARY_KERNELS(id)}; \
    const sdx_op sdx_op_##id = {                                                      \
        .name = name_,                                                                \
        .domain = "",                                                                 \
        .since = since_,                                                              \
        .newest = newest_,                                                            \
        SDX_ROWS(inputs, in_),                                                        \
        SDX_ROWS(outputs, outputs),                                                   \
        SDX_ROWS(upgrades, upgrades),                                                 \
        .flags = SDX_OP_WIDEN,                                                        \
        .bound_size = sizeof(sdx_walk),                                               \
        .data = &id##_row,                                                            \
        .infer = infer_,                                                              \
        .bind = sdx_binary_bind,                                                      \
        .run = sdx_binary_run,                                                        \
    };

COMPARE(equal, "Equal", 1, 19, equal_in, equal_bools, equal_strings, infer_equal)
COMPARE(less, "Less", 1, 13, ordered_in, NULL, NULL, sdx_infer_broadcast_all)
COMPARE(less_equal, "LessOrEqual", 12, 16, ordered_in, NULL, NULL, sdx_infer_broadcast_all)
COMPARE(greater, "Greater", 1, 13, ordered_in, NULL, NULL, sdx_infer_broadcast_all)
COMPARE(greater_equal, "GreaterOrEqual", 12, 16, ordered_in, NULL, NULL, sdx_infer_broadcast_all)
