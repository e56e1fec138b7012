/* The plain matrix product of int64, wrapping. */
#include "kernels/set.h"

#define NAME gemm_i64
#define T int64_t
#define SUM uint64_t
#include "kernels/gemm_plain_tmpl.h"
