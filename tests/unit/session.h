/* A model from a text (model_text.h) with a context to run it, and tensors in a line:
 *
 *     session s = session_begin("opset 17\n...", true);
 *     sdx_value *x = floats(DIMS(2), (const float[]){1, 2}), *y = run_one(s, x);
 *     expect_floats(y, 2, (const float[]){2, 4});
 *     ...
 *     session_end(s);
 *
 * Whatever goes wrong fails the test. */
#ifndef SDX_TESTS_SESSION_H
#define SDX_TESTS_SESSION_H

#include "model_text.h"

typedef struct session {
    sdx_model *model;
    sdx_context *context;
} session;

/* A shape of one dim or more: DIMS(2, 3) is 2, (int64_t[]){2, 3}; the shape of a scalar. */
#define DIMS(...) \
    sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (const int64_t[]) { __VA_ARGS__ }
#define SCALAR 0, NULL

/* `optimize` false: the graph runs as it is written. */
session session_begin(const char *text, bool optimize);
/* The same with a runtime and options (NULL: the usual ones) of the test. */
session session_open(sdx_runtime *runtime, const char *text, const sdx_model_options *options);
void session_end(session s);

/* Tensors with these elements (as many as the dims say; NULL for none). */
sdx_value *floats(size_t rank, const int64_t *dims, const float *data);
sdx_value *ints(size_t rank, const int64_t *dims, const int64_t *data);
sdx_value *boolean(bool x);

/* A run of a model with one input and one output; the result is new. */
sdx_value *run_one(session s, sdx_value *input);

void expect_dims(const sdx_value *value, size_t rank, const int64_t *dims);
/* n elements with these bits, in any shape. */
void expect_floats(const sdx_value *value, size_t n, const float *expected);

/* Lets go of n values (NULL among them) and sets their places to NULL. */
void release(sdx_value **values, size_t n);

#endif
