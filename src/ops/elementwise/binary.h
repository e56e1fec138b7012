/* Binary maps with broadcasting (ONNX: Broadcasting.md, multidirectional). An operator is a row
 * sdx_binary: for each element type a loop, which is a kernel or a template's function. */
#ifndef SDX_OPS_ELEMENTWISE_BINARY_H
#define SDX_OPS_ELEMENTWISE_BINARY_H

#include "kernels/kernels.h"
#include "ops/elementwise/walk.h"
#include "ops/infer.h"
#include "ops/upgrade.h"

typedef struct sdx_binary sdx_binary;

/* y[i] = f(a[i], b[i]) for n elements. */
typedef void sdx_binary_fn(const sdx_binary *row, void *y, const void *a, const void *b, size_t n,
                           sdx_form form);

struct sdx_binary {
    sdx_binary_fn *const *loops; /* by the element type of input 0 */
    size_t f32, f64, i32, i64;   /* where the kernels stand in the table, for loops that call one */
    size_t work;                 /* of an element, in units of sdx_grain; 0 is 1 */
};

/* Loops that call a kernel of the row: maps, and comparisons with their bytes. */
sdx_binary_fn sdx_map_f32, sdx_map_f64, sdx_map_i32, sdx_map_i64;
sdx_binary_fn sdx_compare_f32, sdx_compare_f64, sdx_compare_i32, sdx_compare_i64;

/* The places of a row's four kernels: SDX_BINARY_KERNELS(add) */
#define SDX_BINARY_KERNELS(name)                                                                \
    .f32 = offsetof(sdx_exact_table, name##_f32), .f64 = offsetof(sdx_exact_table, name##_f64), \
    .i32 = offsetof(sdx_exact_table, name##_i32), .i64 = offsetof(sdx_exact_table, name##_i64)

/* Loops by element type (binary_loops.c), integers first. Division and its rest want divisors that
 * are not 0 (sdx_binary_no_zero); `rem` has the sign of the dividend, `mod` that of the divisor. */
extern sdx_binary_fn *const sdx_loops_add[], *const sdx_loops_sub[], *const sdx_loops_mul[];
extern sdx_binary_fn *const sdx_loops_div[], *const sdx_loops_rem[], *const sdx_loops_mod[];
extern sdx_binary_fn *const sdx_loops_min[], *const sdx_loops_max[], *const sdx_loops_prelu[];
extern sdx_binary_fn *const sdx_loops_and[], *const sdx_loops_or[], *const sdx_loops_xor[];
extern sdx_binary_fn *const sdx_loops_left[], *const sdx_loops_right[];

/* Rows that more than one operator uses. */
extern const sdx_binary sdx_binary_add, sdx_binary_div, sdx_binary_min, sdx_binary_max;

/* The hooks of operators with two inputs whose bound is an sdx_walk: data is the row; or the row is
 * given. */
sdx_status sdx_binary_bind(sdx_bind *b) SDX_NODISCARD;
sdx_status sdx_binary_run(const sdx_call *c) SDX_NODISCARD;
sdx_status sdx_binary_run_row(const sdx_call *c, const sdx_binary *row) SDX_NODISCARD;
/* y = f(a, b) along `w`. */
void sdx_binary_walk(const sdx_call *c, const sdx_binary *row, const sdx_walk *w, const sdx_view *y,
                     const sdx_view *a, const sdx_view *b);

/* Error where an integer tensor has a 0, naming its place: input 'B' of a division. */
sdx_status sdx_binary_no_zero(const sdx_call *c, size_t input) SDX_NODISCARD;

/* Output shape by broadcasting, and elements where both are made of shapes: `f` of each pair;
 * SDX_DIM_UNKNOWN where it cannot say. */
typedef sdx_dim sdx_dim_fn(sdx_dims *dims, sdx_dim a, sdx_dim b);
sdx_status sdx_binary_infer_ints(sdx_infer *in, sdx_dim_fn *f) SDX_NODISCARD;

#endif
