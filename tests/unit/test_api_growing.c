/* Structs with struct_size: callers of every age are understood, or refused with the reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "model_text.h"

static const char text[] = "opset 17\n"
                           "input x float32[2,3]\n"
                           "node y = Relu(x)\n"
                           "output y\n";

/* Bytes behind those that a caller of smaller structs has. */
enum { MARK = 0x5a };

static void expect_marks(const void *ptr, size_t from, size_t to) {
    const unsigned char *const bytes = ptr;
    for (size_t i = from; i < to; i++)
        assert_int_equal(bytes[i], MARK);
}

/* Loads a model as a program does whose options have `size` bytes, all else being marks. */
static sdx_status load(size_t size, sdx_model **model) {
    sdx_runtime *runtime;
    sdx_model_options options;
    size_t n;
    memset(&options, MARK, sizeof options);
    options.struct_size = size;
    sdx_model_options_defaults(&options);
    expect_marks(&options, size < sizeof size ? sizeof size : size, sizeof options);
    must(sdx_runtime_create(NULL, &runtime));
    void *const bytes = model_bytes(text, &n);
    options.load = SDX_LOAD_COPY;
    const sdx_status status = sdx_model_load_memory(runtime, bytes, n, &options, model);
    sdx_runtime_release(runtime);
    free(bytes);
    return status;
}

static void older_options_are_completed(void **state) {
    (void)state;
    sdx_model *model;
    sdx_context *context;
    sdx_context_options options;
    must(load(offsetof(sdx_model_options, optimize), &model));
    memset(&options, MARK, sizeof options);
    options.struct_size = offsetof(sdx_context_options, memory_limit);
    options.threads = 1;
    must(sdx_context_create(model, &options, &context)); /* else the limit would be the marks */
    sdx_context_destroy(context);
    sdx_model_release(model);

    sdx_runtime *runtime;
    sdx_runtime_options first = {.struct_size = offsetof(sdx_runtime_options, log)};
    must(sdx_runtime_create(&first, &runtime));
    sdx_runtime_release(runtime);
}

static void newer_and_unset_options_are_refused(void **state) {
    (void)state;
    sdx_model *model;
    struct {
        sdx_runtime_options options;
        void *more;
    } newer;
    sdx_runtime *runtime;
    sdx_runtime_options_init(&newer.options);
    newer.options.struct_size = sizeof newer;
    must_fail(sdx_runtime_create(&newer.options, &runtime), SDX_INVALID_ARGUMENT,
              "use the sardonyx.h of library");
    must_fail(load(0, &model), SDX_INVALID_ARGUMENT, "call sdx_model_options_init first");
    must_fail(load(sizeof(sdx_model_options) + 8, &model), SDX_INVALID_ARGUMENT,
              "expected at most");
}

static void facts_are_written_as_far_as_asked(void **state) {
    (void)state;
    sdx_model *model;
    sdx_memory memory;
    sdx_model_summary summary;
    must(load(sizeof(sdx_model_options), &model));
    memset(&memory, MARK, sizeof memory);
    memory.struct_size = offsetof(sdx_memory, weights);
    sdx_model_memory(model, &memory);
    assert_true(memory.file > 0 && memory.file < 1000);
    expect_marks(&memory, offsetof(sdx_memory, weights), sizeof memory);
    memset(&summary, MARK, sizeof summary);
    summary.struct_size = offsetof(sdx_model_summary, ir_version);
    sdx_model_summarize(model, &summary);
    expect_marks(&summary, offsetof(sdx_model_summary, ir_version), sizeof summary);
    summary.struct_size = sizeof summary + 8; /* a newer header: what is known is written */
    sdx_model_summarize(model, &summary);
    assert_int_equal(summary.n_nodes, 1);
    assert_int_equal(summary.struct_size, sizeof summary + 8);
    sdx_model_release(model);
}

static size_t find(const char *domain, const char *name) {
    const char *d, *n;
    int since, until;
    for (size_t i = 0; sdx_operator_info(NULL, i, &d, &n, &since, &until); i++)
        if (strcmp(d, domain) == 0 && strcmp(n, name) == 0) return i;
    fail_msg("no operator '%s'", name);
    return 0;
}

static void schemas_are_told(void **state) {
    (void)state;
    sdx_operator_schema schema = {.struct_size = sizeof schema};
    sdx_operator_port port = {.struct_size = sizeof port};
    sdx_operator_attribute attribute = {.struct_size = sizeof attribute};
    const size_t concat = find("", "Concat"), loop = find("", "Loop");
    assert_true(sdx_operator_describe(NULL, concat, &schema));
    assert_string_equal(schema.name, "Concat");
    assert_true(schema.since == 1 && schema.until == 0 && schema.newest >= 13);
    assert_true(schema.n_inputs == 1 && schema.n_outputs == 1 && !schema.control);
    assert_true(sdx_operator_input(NULL, concat, 0, &port));
    assert_true(port.variadic && !port.optional && !port.sequence);
    assert_true(port.types >> SDX_STRING & 1);
    assert_false(sdx_operator_input(NULL, concat, 1, &port));
    assert_true(sdx_operator_output(NULL, concat, 0, &port));
    assert_false(sdx_operator_output(NULL, concat, 1, &port));
    assert_true(sdx_operator_attribute_at(NULL, concat, 0, &attribute));
    assert_string_equal(attribute.name, "axis");
    assert_string_equal(attribute.type, "int");
    assert_true(attribute.required);
    assert_false(sdx_operator_attribute_at(NULL, concat, schema.n_attributes, &attribute));
    assert_true(sdx_operator_describe(NULL, loop, &schema));
    assert_true(schema.control);
    assert_false(sdx_operator_describe(NULL, SIZE_MAX, &schema));
    assert_false(sdx_operator_input(NULL, SIZE_MAX, 0, &port));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(older_options_are_completed),
        cmocka_unit_test(newer_and_unset_options_are_refused),
        cmocka_unit_test(facts_are_written_as_far_as_asked),
        cmocka_unit_test(schemas_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
