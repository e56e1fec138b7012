/* Binary maps and comparisons of int32; sums and products wrap, through the unsigned type. */
#include "kernels/set.h"

static inline int32_t add_op(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
static inline int32_t sub_op(int32_t a, int32_t b) { return (int32_t)((uint32_t)a - (uint32_t)b); }
static inline int32_t mul_op(int32_t a, int32_t b) { return (int32_t)((uint32_t)a * (uint32_t)b); }
static inline int32_t min_op(int32_t a, int32_t b) { return a < b ? a : b; }
static inline int32_t max_op(int32_t a, int32_t b) { return a > b ? a : b; }
static inline uint8_t equal_op(int32_t a, int32_t b) { return a == b; }
static inline uint8_t less_op(int32_t a, int32_t b) { return a < b; }
static inline uint8_t less_equal_op(int32_t a, int32_t b) { return a <= b; }
static inline uint8_t greater_op(int32_t a, int32_t b) { return a > b; }
static inline uint8_t greater_equal_op(int32_t a, int32_t b) { return a >= b; }

#define NAME add_i32
#define T int32_t
#define OUT int32_t
#define F add_op
#include "kernels/binary_tmpl.h"

#define NAME sub_i32
#define T int32_t
#define OUT int32_t
#define F sub_op
#include "kernels/binary_tmpl.h"

#define NAME mul_i32
#define T int32_t
#define OUT int32_t
#define F mul_op
#include "kernels/binary_tmpl.h"

#define NAME min_i32
#define T int32_t
#define OUT int32_t
#define F min_op
#include "kernels/binary_tmpl.h"

#define NAME max_i32
#define T int32_t
#define OUT int32_t
#define F max_op
#include "kernels/binary_tmpl.h"

#define NAME equal_i32
#define T int32_t
#define OUT uint8_t
#define F equal_op
#include "kernels/binary_tmpl.h"

#define NAME less_i32
#define T int32_t
#define OUT uint8_t
#define F less_op
#include "kernels/binary_tmpl.h"

#define NAME less_equal_i32
#define T int32_t
#define OUT uint8_t
#define F less_equal_op
#include "kernels/binary_tmpl.h"

#define NAME greater_i32
#define T int32_t
#define OUT uint8_t
#define F greater_op
#include "kernels/binary_tmpl.h"

#define NAME greater_equal_i32
#define T int32_t
#define OUT uint8_t
#define F greater_equal_op
#include "kernels/binary_tmpl.h"
