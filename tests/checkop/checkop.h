/* checkop: every line of kernels.def on every instruction set of this CPU, against an oracle.
 *
 * One file per group of kernel types holds check_<type>(), which K(name, type, ...) selects by its
 * type, and the oracles, found by name. A check draws random sizes and values, puts every buffer
 * against a page that must not be touched, compares with the oracle, then calls the kernel on parts
 * of the same data and compares bits. With --bench it times one typical call at the end. */
#ifndef SDX_TESTS_CHECKOP_H
#define SDX_TESTS_CHECKOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "kernels/kernels.h"

/* One line of kernels.def on one set. */
typedef struct check {
    const sdx_kernel_table *kernels; /* for checks that need a helper kernel, such as packing */
    const char *name;
    const char *oracle;
    double bound;
    bool bench;
    double worst;     /* the largest error seen, in the unit of bound; 0 for exact checks */
    char reason[240]; /* why it failed */
    char speed[60];   /* what the benchmark found */
} check;

/* Gives the reason and returns false. */
bool check_failed(check *c, const char *format, ...) SDX_PRINTF(2, 3);
/* The oracle's index in a table of names; fails the check and returns -1 where it is not there. */
int check_find(check *c, const char *const *names, size_t n);

/* Random numbers, from --seed. */
void check_seed(uint64_t seed);
uint64_t check_random(void);
size_t check_below(size_t n);             /* 0 to n - 1 */
double check_uniform(double a, double b); /* a to b */
float check_any_float(void);              /* all bit patterns, special values, moderate numbers */
size_t check_length(size_t max);          /* mostly near the vector lengths */
void check_fill(float *p, size_t n, double a, double b);
void check_fill_bytes(void *p, size_t n);

/* Buffers: `bytes` that end where an unreadable page begins, after 64 bytes of canary. There are 8
 * slots; a slot's buffer lives until the next call for it. */
enum { CHECK_SLOTS = 11, CHECK_SLOT_BYTES = 1 << 22 };
void *check_buffer(int slot, size_t bytes);
bool check_canary(check *c, int slot);

/* Errors in units of the last place of float32, subnormal numbers included. */
double check_ulp(double x);
/* Fails unless `got` is within bound * ulp(want) + slack; infinity and NaN must agree. */
bool check_close(check *c, double want, double got, double slack, const char *what, size_t i);
/* The same bits; for floats any NaN is as good as another: which of two NaN operands survives is up
 * to the order in which the compiler writes them. */
bool check_floats(check *c, const float *want, const float *got, size_t n, const char *what);
bool check_bits(check *c, const void *want, const void *got, size_t size, const char *what);

/* Seconds that one call takes: the best of several runs of at least 2 ms. */
typedef void check_call(void *arg);
double check_time(check_call *call, void *arg);

#define CHECK_TYPE(type) bool check_##type(check *c, sdx_##type##_fn *fn)
CHECK_TYPE(widen_f32);
CHECK_TYPE(narrow_f32);
CHECK_TYPE(unary_f32);
CHECK_TYPE(iterate_f32);
CHECK_TYPE(binary_f32);
CHECK_TYPE(binary_f64);
CHECK_TYPE(binary_i32);
CHECK_TYPE(binary_i64);
CHECK_TYPE(compare_f32);
CHECK_TYPE(compare_f64);
CHECK_TYPE(compare_i32);
CHECK_TYPE(compare_i64);
CHECK_TYPE(reduce_f32);
CHECK_TYPE(reduce_rows_f32);
CHECK_TYPE(row_f32);
CHECK_TYPE(norm_f32);
CHECK_TYPE(gemm_info);
CHECK_TYPE(pack_f32);
CHECK_TYPE(gemm_f32);
CHECK_TYPE(gemm_f64);
CHECK_TYPE(gemm_i32);
CHECK_TYPE(gemm_i64);
CHECK_TYPE(gemm_size);
CHECK_TYPE(pack_i8);
CHECK_TYPE(gemm_i8);
CHECK_TYPE(sum_i8);
CHECK_TYPE(codes4_f32);
CHECK_TYPE(im2col_f32);
CHECK_TYPE(depthwise_f32);
CHECK_TYPE(pool_f32);
CHECK_TYPE(copy);
CHECK_TYPE(transpose);

#endif
