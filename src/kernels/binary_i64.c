/* Binary maps and comparisons of int64; sums and products wrap, through the unsigned type. */
#include "kernels/set.h"

static inline int64_t add_op(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }
static inline int64_t sub_op(int64_t a, int64_t b) { return (int64_t)((uint64_t)a - (uint64_t)b); }
static inline int64_t mul_op(int64_t a, int64_t b) { return (int64_t)((uint64_t)a * (uint64_t)b); }
static inline int64_t min_op(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t max_op(int64_t a, int64_t b) { return a > b ? a : b; }
static inline uint8_t equal_op(int64_t a, int64_t b) { return a == b; }
static inline uint8_t less_op(int64_t a, int64_t b) { return a < b; }
static inline uint8_t less_equal_op(int64_t a, int64_t b) { return a <= b; }
static inline uint8_t greater_op(int64_t a, int64_t b) { return a > b; }
static inline uint8_t greater_equal_op(int64_t a, int64_t b) { return a >= b; }

#define NAME add_i64
#define T int64_t
#define OUT int64_t
#define F add_op
#include "kernels/binary_tmpl.h"

#define NAME sub_i64
#define T int64_t
#define OUT int64_t
#define F sub_op
#include "kernels/binary_tmpl.h"

#define NAME mul_i64
#define T int64_t
#define OUT int64_t
#define F mul_op
#include "kernels/binary_tmpl.h"

#define NAME min_i64
#define T int64_t
#define OUT int64_t
#define F min_op
#include "kernels/binary_tmpl.h"

#define NAME max_i64
#define T int64_t
#define OUT int64_t
#define F max_op
#include "kernels/binary_tmpl.h"

#define NAME equal_i64
#define T int64_t
#define OUT uint8_t
#define F equal_op
#include "kernels/binary_tmpl.h"

#define NAME less_i64
#define T int64_t
#define OUT uint8_t
#define F less_op
#include "kernels/binary_tmpl.h"

#define NAME less_equal_i64
#define T int64_t
#define OUT uint8_t
#define F less_equal_op
#include "kernels/binary_tmpl.h"

#define NAME greater_i64
#define T int64_t
#define OUT uint8_t
#define F greater_op
#include "kernels/binary_tmpl.h"

#define NAME greater_equal_i64
#define T int64_t
#define OUT uint8_t
#define F greater_equal_op
#include "kernels/binary_tmpl.h"
