/* The plain products: integers wrap and are exact; float64, of terms up to 4, within half a unit
 * per addition. */
#include <math.h>
#include <string.h>

#include "checkop.h"

static double any_f64(void) { return check_uniform(-2, 2); }
static int32_t any_i32(void) { return (int32_t)(uint32_t)check_random(); }
static int64_t any_i64(void) { return (int64_t)check_random(); }

static bool equal_f64(check *c, long double want, double got, size_t k) {
    return fabsl(want - (long double)got) <= (long double)(4 * k * (k + 2)) * 0x1p-53L ||
           check_failed(c, "expected %.17Lg, found %.17g", want, got);
}
static bool equal_i32(check *c, uint32_t want, int32_t got, SDX_UNUSED size_t k) {
    return want == (uint32_t)got || check_failed(c, "expected %d, found %d", (int32_t)want, got);
}
static bool equal_i64(check *c, uint64_t want, int64_t got, SDX_UNUSED size_t k) {
    return want == (uint64_t)got ||
           check_failed(c, "expected %lld, found %lld", (long long)want, (long long)got);
}

#define CHECK check_gemm_f64
#define FN sdx_gemm_f64_fn
#define T double
#define SUM long double
#define SAMPLE any_f64
#define EQUAL equal_f64
#include "check_gemm_plain_tmpl.h"

#define CHECK check_gemm_i32
#define FN sdx_gemm_i32_fn
#define T int32_t
#define SUM uint32_t
#define SAMPLE any_i32
#define EQUAL equal_i32
#include "check_gemm_plain_tmpl.h"

#define CHECK check_gemm_i64
#define FN sdx_gemm_i64_fn
#define T int64_t
#define SUM uint64_t
#define SAMPLE any_i64
#define EQUAL equal_i64
#include "check_gemm_plain_tmpl.h"
