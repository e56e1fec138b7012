/* Unary maps: one function of each element, with up to two parameters that are attributes. Each
 * operator is a line of unary.def. */
#ifndef SDX_OPS_ELEMENTWISE_UNARY_H
#define SDX_OPS_ELEMENTWISE_UNARY_H

#include "kernels/kernels.h"
#include "ops/call.h"

/* y[i] = f(x[i]) for n elements of an integer type. */
typedef void sdx_unary_ints(void *y, const void *x, size_t n);

typedef struct sdx_unary {
    size_t kernel;             /* where the float32 kernel stands in the table; 0: there is none */
    double (*plain)(double x); /* the function in double precision: one of these two */
    double (*with)(double x, double p0, double p1);
    sdx_unary_ints *const *ints; /* by element type; NULL: takes floats alone */
    size_t work;                 /* of an element, in units of sdx_grain */
} sdx_unary;

/* Both forms of Gelu (gelu.c), which others are built on. */
extern const sdx_unary sdx_unary_gelu_erf, sdx_unary_gelu_tanh;

/* Applies `unary` to input `in` of the call, into output 0. */
sdx_status sdx_unary_run(const sdx_call *c, const sdx_unary *unary, float p0, float p1)
    SDX_NODISCARD;

#endif
