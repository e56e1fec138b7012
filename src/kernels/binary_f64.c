/* Binary maps and comparisons of float64. */
#include "kernels/set.h"

static inline double add_op(double a, double b) { return a + b; }
static inline double sub_op(double a, double b) { return a - b; }
static inline double mul_op(double a, double b) { return a * b; }
static inline double div_op(double a, double b) { return a / b; }
static inline double min_op(double a, double b) { return a < b || a != a ? a : b; }
static inline double max_op(double a, double b) { return a > b || a != a ? a : b; }
static inline uint8_t equal_op(double a, double b) { return a == b; }
static inline uint8_t less_op(double a, double b) { return a < b; }
static inline uint8_t less_equal_op(double a, double b) { return a <= b; }
static inline uint8_t greater_op(double a, double b) { return a > b; }
static inline uint8_t greater_equal_op(double a, double b) { return a >= b; }

#define NAME add_f64
#define T double
#define OUT double
#define F add_op
#include "kernels/binary_tmpl.h"

#define NAME sub_f64
#define T double
#define OUT double
#define F sub_op
#include "kernels/binary_tmpl.h"

#define NAME mul_f64
#define T double
#define OUT double
#define F mul_op
#include "kernels/binary_tmpl.h"

#define NAME div_f64
#define T double
#define OUT double
#define F div_op
#include "kernels/binary_tmpl.h"

#define NAME min_f64
#define T double
#define OUT double
#define F min_op
#include "kernels/binary_tmpl.h"

#define NAME max_f64
#define T double
#define OUT double
#define F max_op
#include "kernels/binary_tmpl.h"

#define NAME equal_f64
#define T double
#define OUT uint8_t
#define F equal_op
#include "kernels/binary_tmpl.h"

#define NAME less_f64
#define T double
#define OUT uint8_t
#define F less_op
#include "kernels/binary_tmpl.h"

#define NAME less_equal_f64
#define T double
#define OUT uint8_t
#define F less_equal_op
#include "kernels/binary_tmpl.h"

#define NAME greater_f64
#define T double
#define OUT uint8_t
#define F greater_op
#include "kernels/binary_tmpl.h"

#define NAME greater_equal_f64
#define T double
#define OUT uint8_t
#define F greater_equal_op
#include "kernels/binary_tmpl.h"
