/* Binary maps and comparisons of all their types; integers wrap. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "checkop.h"

static const char *const float_names[] = {"add", "sub", "mul", "div", "min", "max", "prelu"};
static const char *const int_names[] = {"add", "sub", "mul", "min", "max"};
static const char *const relation_names[] = {"equal", "less", "less_equal", "greater",
                                             "greater_equal"};

static double float_oracle(int which, double a, double b) {
    switch (which) {
    case 0: return a + b;
    case 1: return a - b;
    case 2: return a * b;
    case 3: return a / b;
    case 4: return isnan(a) || isnan(b) ? NAN : fmin(a, b);
    case 5: return isnan(a) || isnan(b) ? NAN : fmax(a, b);
    default: return a < 0 ? a * b : a;
    }
}
static uint64_t int_oracle(int which, int64_t a, int64_t b) {
    switch (which) {
    case 0: return (uint64_t)a + (uint64_t)b;
    case 1: return (uint64_t)a - (uint64_t)b;
    case 2: return (uint64_t)a * (uint64_t)b;
    case 3: return (uint64_t)(a < b ? a : b);
    default: return (uint64_t)(a > b ? a : b);
    }
}
static int32_t i32_oracle(int which, int32_t a, int32_t b) {
    return (int32_t)(uint32_t)int_oracle(which, a, b);
}
static int64_t i64_oracle(int which, int64_t a, int64_t b) {
    return (int64_t)int_oracle(which, a, b);
}

static double any_double(void) {
    const uint64_t bits = check_random();
    double x;
    memcpy(&x, &bits, sizeof x);
    return check_random() % 4 ? (double)check_any_float() : x;
}
static int64_t any_i64(void) {
    static const int64_t special[] = {0, 1, -1, INT64_MAX, INT64_MIN, INT32_MIN, INT32_MAX};
    const uint64_t kind = check_random() % 4;
    if (kind == 0) return special[check_below(sizeof special / sizeof *special)];
    return kind == 1 ? (int64_t)check_below(200) - 100 : (int64_t)check_random();
}
static int32_t any_i32(void) { return (int32_t)(uint32_t)(uint64_t)any_i64(); }

static bool close_float(check *c, double want, float got, size_t i) {
    return check_close(c, want, (double)got, 0, "value", i);
}
static bool close_double(check *c, double want, double got, size_t i) {
    if (want == got || (isnan(want) && isnan(got))) return true;
    return check_failed(c, "element %zu: expected %.17g, found %.17g", i, want, got);
}
static bool close_int(check *c, int64_t want, int64_t got, size_t i) {
    return want == got || check_failed(c, "element %zu: expected %lld, found %lld", i,
                                       (long long)want, (long long)got);
}

static void print_speed(check *c, double seconds, size_t n) {
    snprintf(c->speed, sizeof c->speed, "%.3f ns/element", seconds / (double)n * 1e9);
}

enum { TIMED = 4096 };

typedef struct binary_f32_call {
    sdx_binary_f32_fn *fn;
    float *y;
    const float *a, *b;
} binary_f32_call;
static void run_binary_f32(void *arg) {
    const binary_f32_call *u = arg;
    u->fn(u->y, u->a, u->b, TIMED, SDX_FORM_VV);
}
static bool time_binary_f32(check *c, sdx_binary_f32_fn *fn) {
    float *a = check_buffer(0, TIMED * sizeof *a);
    for (size_t i = 0; i < TIMED; i++)
        a[i] = (float)(i + 1);
    binary_f32_call u = {.fn = fn, .a = a, .b = a, .y = check_buffer(2, TIMED * sizeof *u.y)};
    print_speed(c, check_time(run_binary_f32, &u), TIMED);
    return true;
}

typedef struct compare_f32_call {
    sdx_compare_f32_fn *fn;
    uint8_t *y;
    const float *a, *b;
} compare_f32_call;
static void run_compare_f32(void *arg) {
    const compare_f32_call *u = arg;
    u->fn(u->y, u->a, u->b, TIMED, SDX_FORM_VV);
}
static bool time_compare_f32(check *c, sdx_compare_f32_fn *fn) {
    float *a = check_buffer(0, TIMED * sizeof *a);
    for (size_t i = 0; i < TIMED; i++)
        a[i] = (float)(i + 1);
    compare_f32_call u = {.fn = fn, .a = a, .b = a, .y = check_buffer(2, TIMED * sizeof *u.y)};
    print_speed(c, check_time(run_compare_f32, &u), TIMED);
    return true;
}

typedef struct binary_f64_call {
    sdx_binary_f64_fn *fn;
    double *y;
    const double *a, *b;
} binary_f64_call;
static void run_binary_f64(void *arg) {
    const binary_f64_call *u = arg;
    u->fn(u->y, u->a, u->b, TIMED, SDX_FORM_VV);
}
static bool time_binary_f64(check *c, sdx_binary_f64_fn *fn) {
    double *a = check_buffer(0, TIMED * sizeof *a);
    for (size_t i = 0; i < TIMED; i++)
        a[i] = (double)(i + 1);
    binary_f64_call u = {.fn = fn, .a = a, .b = a, .y = check_buffer(2, TIMED * sizeof *u.y)};
    print_speed(c, check_time(run_binary_f64, &u), TIMED);
    return true;
}

typedef struct compare_f64_call {
    sdx_compare_f64_fn *fn;
    uint8_t *y;
    const double *a, *b;
} compare_f64_call;
static void run_compare_f64(void *arg) {
    const compare_f64_call *u = arg;
    u->fn(u->y, u->a, u->b, TIMED, SDX_FORM_VV);
}
static bool time_compare_f64(check *c, sdx_compare_f64_fn *fn) {
    double *a = check_buffer(0, TIMED * sizeof *a);
    for (size_t i = 0; i < TIMED; i++)
        a[i] = (double)(i + 1);
    compare_f64_call u = {.fn = fn, .a = a, .b = a, .y = check_buffer(2, TIMED * sizeof *u.y)};
    print_speed(c, check_time(run_compare_f64, &u), TIMED);
    return true;
}

typedef struct binary_i32_call {
    sdx_binary_i32_fn *fn;
    int32_t *y;
    const int32_t *a, *b;
} binary_i32_call;
static void run_binary_i32(void *arg) {
    const binary_i32_call *u = arg;
    u->fn(u->y, u->a, u->b, TIMED, SDX_FORM_VV);
}
static bool time_binary_i32(check *c, sdx_binary_i32_fn *fn) {
    int32_t *a = check_buffer(0, TIMED * sizeof *a);
    for (size_t i = 0; i < TIMED; i++)
        a[i] = (int32_t)(i + 1);
    binary_i32_call u = {.fn = fn, .a = a, .b = a, .y = check_buffer(2, TIMED * sizeof *u.y)};
    print_speed(c, check_time(run_binary_i32, &u), TIMED);
    return true;
}

typedef struct compare_i32_call {
    sdx_compare_i32_fn *fn;
    uint8_t *y;
    const int32_t *a, *b;
} compare_i32_call;
static void run_compare_i32(void *arg) {
    const compare_i32_call *u = arg;
    u->fn(u->y, u->a, u->b, TIMED, SDX_FORM_VV);
}
static bool time_compare_i32(check *c, sdx_compare_i32_fn *fn) {
    int32_t *a = check_buffer(0, TIMED * sizeof *a);
    for (size_t i = 0; i < TIMED; i++)
        a[i] = (int32_t)(i + 1);
    compare_i32_call u = {.fn = fn, .a = a, .b = a, .y = check_buffer(2, TIMED * sizeof *u.y)};
    print_speed(c, check_time(run_compare_i32, &u), TIMED);
    return true;
}

typedef struct binary_i64_call {
    sdx_binary_i64_fn *fn;
    int64_t *y;
    const int64_t *a, *b;
} binary_i64_call;
static void run_binary_i64(void *arg) {
    const binary_i64_call *u = arg;
    u->fn(u->y, u->a, u->b, TIMED, SDX_FORM_VV);
}
static bool time_binary_i64(check *c, sdx_binary_i64_fn *fn) {
    int64_t *a = check_buffer(0, TIMED * sizeof *a);
    for (size_t i = 0; i < TIMED; i++)
        a[i] = (int64_t)(i + 1);
    binary_i64_call u = {.fn = fn, .a = a, .b = a, .y = check_buffer(2, TIMED * sizeof *u.y)};
    print_speed(c, check_time(run_binary_i64, &u), TIMED);
    return true;
}

typedef struct compare_i64_call {
    sdx_compare_i64_fn *fn;
    uint8_t *y;
    const int64_t *a, *b;
} compare_i64_call;
static void run_compare_i64(void *arg) {
    const compare_i64_call *u = arg;
    u->fn(u->y, u->a, u->b, TIMED, SDX_FORM_VV);
}
static bool time_compare_i64(check *c, sdx_compare_i64_fn *fn) {
    int64_t *a = check_buffer(0, TIMED * sizeof *a);
    for (size_t i = 0; i < TIMED; i++)
        a[i] = (int64_t)(i + 1);
    compare_i64_call u = {.fn = fn, .a = a, .b = a, .y = check_buffer(2, TIMED * sizeof *u.y)};
    print_speed(c, check_time(run_compare_i64, &u), TIMED);
    return true;
}

#define CHECK check_binary_f32
#define FN sdx_binary_f32_fn
#define T float
#define OUT float
#define WANT double
#define NAMES float_names
#define ORACLE float_oracle
#define SAMPLE check_any_float
#define CLOSE close_float
#define TIME time_binary_f32
#include "check_binary_tmpl.h"

static uint8_t relation_f32(int which, float a, float b) {
    const bool holds[] = {a == b, a<b, a <= b, a> b, a >= b};
    return holds[which];
}

#define CHECK check_compare_f32
#define FN sdx_compare_f32_fn
#define T float
#define OUT uint8_t
#define WANT uint8_t
#define NAMES relation_names
#define ORACLE relation_f32
#define SAMPLE check_any_float
#define CLOSE close_int
#define TIME time_compare_f32
#include "check_binary_tmpl.h"

#define CHECK check_binary_f64
#define FN sdx_binary_f64_fn
#define T double
#define OUT double
#define WANT double
#define NAMES float_names
#define ORACLE float_oracle
#define SAMPLE any_double
#define CLOSE close_double
#define TIME time_binary_f64
#include "check_binary_tmpl.h"

static uint8_t relation_f64(int which, double a, double b) {
    const bool holds[] = {a == b, a<b, a <= b, a> b, a >= b};
    return holds[which];
}

#define CHECK check_compare_f64
#define FN sdx_compare_f64_fn
#define T double
#define OUT uint8_t
#define WANT uint8_t
#define NAMES relation_names
#define ORACLE relation_f64
#define SAMPLE any_double
#define CLOSE close_int
#define TIME time_compare_f64
#include "check_binary_tmpl.h"

#define CHECK check_binary_i32
#define FN sdx_binary_i32_fn
#define T int32_t
#define OUT int32_t
#define WANT int32_t
#define NAMES int_names
#define ORACLE i32_oracle
#define SAMPLE any_i32
#define CLOSE close_int
#define TIME time_binary_i32
#include "check_binary_tmpl.h"

static uint8_t relation_i32(int which, int32_t a, int32_t b) {
    const bool holds[] = {a == b, a<b, a <= b, a> b, a >= b};
    return holds[which];
}

#define CHECK check_compare_i32
#define FN sdx_compare_i32_fn
#define T int32_t
#define OUT uint8_t
#define WANT uint8_t
#define NAMES relation_names
#define ORACLE relation_i32
#define SAMPLE any_i32
#define CLOSE close_int
#define TIME time_compare_i32
#include "check_binary_tmpl.h"

#define CHECK check_binary_i64
#define FN sdx_binary_i64_fn
#define T int64_t
#define OUT int64_t
#define WANT int64_t
#define NAMES int_names
#define ORACLE i64_oracle
#define SAMPLE any_i64
#define CLOSE close_int
#define TIME time_binary_i64
#include "check_binary_tmpl.h"

static uint8_t relation_i64(int which, int64_t a, int64_t b) {
    const bool holds[] = {a == b, a<b, a <= b, a> b, a >= b};
    return holds[which];
}

#define CHECK check_compare_i64
#define FN sdx_compare_i64_fn
#define T int64_t
#define OUT uint8_t
#define WANT uint8_t
#define NAMES relation_names
#define ORACLE relation_i64
#define SAMPLE any_i64
#define CLOSE close_int
#define TIME time_compare_i64
#include "check_binary_tmpl.h"
