/* The plain matrix product of float64. */
#include "kernels/set.h"

#define NAME gemm_f64
#define T double
#define SUM double
#include "kernels/gemm_plain_tmpl.h"
