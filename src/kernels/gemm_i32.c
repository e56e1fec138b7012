/* The plain matrix product of int32, wrapping. */
#include "kernels/set.h"

#define NAME gemm_i32
#define T int32_t
#define SUM uint32_t
#include "kernels/gemm_plain_tmpl.h"
