/* See session.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "session.h"

session session_open(sdx_runtime *runtime, const char *text, const sdx_model_options *options) {
    session s = {.model = model_of(runtime, text, options)};
    must(sdx_context_create(s.model, NULL, &s.context));
    return s;
}

session session_begin(const char *text, bool optimize) {
    sdx_runtime *runtime;
    sdx_model_options options;
    must(sdx_runtime_create(NULL, &runtime));
    sdx_model_options_init(&options);
    options.optimize = optimize;
    const session s = session_open(runtime, text, &options);
    sdx_runtime_release(runtime); /* the model keeps it */
    return s;
}

void session_end(session s) {
    sdx_context_destroy(s.context);
    sdx_model_release(s.model);
}

static sdx_value *tensor(sdx_dtype dtype, size_t rank, const int64_t *dims, const void *data) {
    sdx_value *value;
    must(sdx_tensor_create(NULL, dtype, rank, dims, &value));
    if (sdx_tensor_len(value) != 0) memcpy(sdx_tensor_data(value), data, sdx_tensor_size(value));
    return value;
}

sdx_value *floats(size_t rank, const int64_t *dims, const float *data) {
    return tensor(SDX_FLOAT32, rank, dims, data);
}

sdx_value *ints(size_t rank, const int64_t *dims, const int64_t *data) {
    return tensor(SDX_INT64, rank, dims, data);
}

sdx_value *boolean(bool x) {
    const uint8_t byte = x;
    return tensor(SDX_BOOL, 0, NULL, &byte);
}

sdx_value *run_one(session s, sdx_value *input) {
    sdx_value *output = NULL;
    must(sdx_context_run(s.context, &input, 1, &output, 1, NULL));
    return output;
}

void expect_dims(const sdx_value *value, size_t rank, const int64_t *dims) {
    assert_int_equal(sdx_tensor_rank(value), rank);
    if (rank != 0) assert_memory_equal(sdx_tensor_dims(value), dims, rank * sizeof *dims);
}

void expect_floats(const sdx_value *value, size_t n, const float *expected) {
    assert_non_null(value);
    assert_int_equal(sdx_tensor_dtype(value), SDX_FLOAT32);
    assert_int_equal(sdx_tensor_len(value), n);
    if (n != 0) assert_memory_equal(sdx_tensor_data(value), expected, n * sizeof *expected);
}

void release(sdx_value **values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        sdx_value_release(values[i]);
        values[i] = NULL;
    }
}
