/* Tests of operators in a few lines:
 *
 *     op_test *t = op_begin("Reshape", 14);
 *     op_input(t, SDX_FLOAT32, DIMS(2, 3), DATA(1, 2, 3, 4, 5, 6));
 *     op_input(t, SDX_INT64, DIMS(2), DATA(3, -1));
 *     op_expect(t, 0, SDX_FLOAT32, DIMS(3, 2), DATA(1, 2, 3, 4, 5, 6));
 *     op_end(t);
 *
 * The node has the form of the opset that is named: it is upgraded and checked as the loader does
 * it, then evaluated; where the row has a ref hook, that is evaluated too and must meet the same
 * expectations. Whatever goes wrong fails the test. */
#ifndef SDX_TESTS_OP_TEST_H
#define SDX_TESTS_OP_TEST_H

#include "ops/op.h"
#include "tensor/value.h"

typedef struct op_test op_test;

/* A shape of one dim or more, and of none: DIMS(2, 3) is 2, (int64_t[]){2, 3}. */
#define DIMS(...) \
    sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (const int64_t[]) { __VA_ARGS__ }
#define SCALAR 0, NULL
/* Elements of any real type; as many as the shape says (NULL where it says none). */
#define DATA(...) \
    (const double[]) { __VA_ARGS__ }
#define TEXTS(...) \
    (const char *const[]) { __VA_ARGS__ }

/* A node of ai.onnx at an opset version; of another domain. */
op_test *op_begin(const char *op_type, int version);
op_test *op_begin_in(const char *domain, const char *op_type, int version);
void op_end(op_test *t);

void op_int(op_test *t, const char *name, int64_t value);
void op_float(op_test *t, const char *name, float value);
void op_text(op_test *t, const char *name, const char *value);
void op_ints(op_test *t, const char *name, size_t n, const int64_t *values); /* name, DIMS(0, 1) */
void op_floats(op_test *t, const char *name, size_t n, const float *values);
void op_texts(op_test *t, const char *name, size_t n, const char *const *values);
void op_tensor(op_test *t, const char *name, sdx_dtype dtype, size_t rank, const int64_t *dims,
               const double *data);

/* The next input: numbers, strings, nothing, or any value (the reference goes over to the test). */
void op_input(op_test *t, sdx_dtype dtype, size_t rank, const int64_t *dims, const double *data);
void op_strings(op_test *t, size_t rank, const int64_t *dims, const char *const *texts);
void op_absent(op_test *t);
void op_value(op_test *t, sdx_value *value);
/* The last input is a constant of the graph, so that packs are made of it. */
void op_constant(op_test *t);
/* While inferring, the last input is known as this shape only: op_symbols(t, "batch,3"). */
void op_symbols(op_test *t, const char *shape);

/* Outputs 0 to n - 1 are wanted; 1 without it. */
void op_outputs(op_test *t, size_t n);

/* Evaluates at the first call; borrowed until op_end. */
sdx_value *op_output(op_test *t, size_t k);
void op_expect(op_test *t, size_t k, sdx_dtype dtype, size_t rank, const int64_t *dims,
               const double *data); /* the same numbers, NaN as NaN */
void op_near(op_test *t, size_t k, sdx_dtype dtype, size_t rank, const int64_t *dims,
             const double *data, double tolerance); /* |x - y| <= tolerance * max(1, |y|) */
void op_expect_strings(op_test *t, size_t k, size_t rank, const int64_t *dims,
                       const char *const *texts);
/* Checking or evaluating fails, with a text that has this in it. */
void op_fails(op_test *t, const char *text);
/* Inference with symbols gives output k this shape: "[batch,6]", or "?" without a rank. */
void op_infers(op_test *t, size_t k, const char *shape);

/* A tensor of numbers, for sequences; where values come from. */
sdx_value *op_make(op_test *t, sdx_dtype dtype, size_t rank, const int64_t *dims,
                   const double *data);
sdx_store *op_store(op_test *t);

#endif
