/* Custom operators from libraries: how long they stay, what a model sees; memory that runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "custom_ops.h"
#include "fail_alloc.h"
#include "module_path.h"
#include "session.h"

#define HEAD "opset 17\nopset 3 test\n"

static sdx_status all_of_it(const sdx_allocator *allocator, const void *bytes, size_t size) {
    sdx_runtime_options options;
    sdx_runtime *own = NULL;
    session s = {0};
    sdx_value *x = NULL, *y[2] = {0};
    sdx_runtime_options_init(&options);
    options.allocator = allocator;
    sdx_status status = sdx_runtime_create(&options, &own);
    if (status == NULL) status = sdx_runtime_register_ops(own, &custom_ops);
    if (status == NULL) status = sdx_model_load_memory(own, bytes, size, NULL, &s.model);
    sdx_runtime_release(own); /* the model keeps it */
    if (status == NULL) status = sdx_context_create(s.model, NULL, &s.context);
    if (status == NULL) {
        x = floats(DIMS(3), (const float[]){0, 1, 2});
        status = sdx_context_run(s.context, &x, 1, y, 2, NULL);
    }
    release(y, 2);
    sdx_value_release(x);
    sdx_context_destroy(s.context);
    sdx_model_release(s.model);
    return status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    size_t size;
    void *const bytes =
        model_bytes(HEAD "input x float32[n]\ninit t float32[3] 1 2 3\n"
                         "node a = test::Table(x, t)\nnode b, c = test::Keep(a) above=1.0\n"
                         "node y = test::Sum(b, _, b)\nnode z = test::Attrs(c)\n"
                         "output y\noutput z\n",
                    &size);
    for (size_t nth = 1;; nth++) {
        fail_alloc memory;
        fail_alloc_init(&memory, nth, false);
        sdx_status status = all_of_it(&memory.allocator, bytes, size);
        if (status != NULL || !memory.failed) /* a dimension may stay unknown without memory */
            assert_int_equal(sdx_status_code(status), memory.failed ? SDX_OUT_OF_MEMORY : SDX_OK);
        sdx_status_free(status);
        assert_true(fail_alloc_clean(&memory));
        assert_int_equal(custom_states, 0);
        if (!memory.failed) break;
    }
    free(bytes);
}

static size_t n_built_in(void) {
    sdx_operator_schema schema = {.struct_size = sizeof schema};
    size_t n = 0;
    while (sdx_operator_describe(NULL, n, &schema))
        n++;
    return n;
}

static void libraries_stay_as_long_as_a_model(void **state) {
    (void)state;
    sdx_runtime *own;
    sdx_model *model;
    size_t size;
    module_need();
    sdx_value *const x = floats(DIMS(3, 2), (const float[]){1, 2, 3, 4, 0, 1}), *y[2] = {0};
    void *const bytes = model_bytes("opset 17\nopset 1 my.examples\ninput x float32[n,2]\n"
                                    "node s = my.examples::SquaredLength(x)\n"
                                    "node y, p = my.examples::RowsAbove(x, s) threshold=4.0\n"
                                    "output y\noutput p\n",
                                    &size);
    must(sdx_runtime_create(NULL, &own));
    must_fail(sdx_model_load_memory(own, bytes, size, NULL, &model), SDX_UNSUPPORTED_OPERATOR,
              "found 2 operators that this build lacks");
    must(sdx_runtime_load_ops(own, module_path("custom_op")));
    must(sdx_runtime_load_ops(own, module_path("custom_op_dynamic")));
    must_fail(sdx_runtime_load_ops(own, module_path("custom_op")), SDX_INVALID_ARGUMENT,
              "operator 0 (my.examples::SquaredLength): an operator of this domain and name is "
              "registered already");
    must_fail(sdx_runtime_load_ops(own, module_path("plain")), SDX_UNSUPPORTED,
              "exports no function 'sdx_op_library_open'");
    must_fail(sdx_runtime_load_ops(own, "no/such.so"), SDX_NOT_FOUND, "library 'no/such.so': ");
    sdx_operator_schema schema = {.struct_size = sizeof schema};
    sdx_operator_port port = {.struct_size = sizeof port};
    sdx_operator_attribute attribute = {.struct_size = sizeof attribute};
    const size_t second = n_built_in() + 1;
    assert_true(sdx_operator_describe(own, second, &schema));
    assert_string_equal(schema.name, "RowsAbove");
    assert_string_equal(schema.domain, "my.examples");
    assert_true(schema.since == 1 && schema.until == 0 && schema.n_inputs == 2 && !schema.random);
    assert_true(sdx_operator_input(own, second, 1, &port));
    assert_true(strcmp(port.name, "scores") == 0 && port.types == SDX_OP_TYPE(FLOAT32));
    assert_true(sdx_operator_attribute_at(own, second, 0, &attribute));
    assert_true(attribute.has_default && attribute.f == 0.5f && !attribute.required);
    assert_false(sdx_operator_describe(own, second + 1, &schema));
    assert_false(sdx_operator_describe(NULL, second, &schema));
    must(sdx_model_load_memory(own, bytes, size, NULL, &model));
    sdx_runtime_release(own);
    session s = {.model = model};
    must(sdx_context_create(model, NULL, &s.context));
    sdx_model_release(sdx_model_retain(model));
    must(sdx_context_run(s.context, &x, 1, y, 2, NULL));
    expect_dims(y[0], DIMS(2, 2));
    expect_floats(y[0], 4, (const float[]){1, 2, 3, 4});
    assert_int_equal(((const int64_t *)sdx_tensor_data(y[1]))[1], 1);
    sdx_model_release(model); /* the context keeps it, and values need none */
    sdx_context_destroy(s.context);
    assert_true(((const float *)sdx_tensor_data(y[0]))[3] == 4);
    release(y, 2);
    sdx_value_release(x);
    free(bytes);
}

static void models_know_what_was_there_when_they_were_loaded(void **state) {
    (void)state;
    sdx_runtime *own;
    sdx_model *model = NULL;
    size_t size;
    void *const bytes =
        model_bytes(HEAD "input x float32[1]\nnode y = test::Negate(x)\noutput y\n", &size);
    must(sdx_runtime_create(NULL, &own));
    must_fail(sdx_model_load_memory(own, bytes, size, NULL, &model), SDX_UNSUPPORTED_OPERATOR,
              "test::Negate (opset 3, 1 node, first '");
    must(sdx_runtime_register_ops(own, &custom_ops));
    must(sdx_model_load_memory(own, bytes, size, NULL, &model));
    sdx_model_release(model);
    sdx_runtime_release(own);
    free(bytes);
}

int main(int argc, char **argv) {
    if (argc > 0) module_path_init(argv[0]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(libraries_stay_as_long_as_a_model),
        cmocka_unit_test(models_know_what_was_there_when_they_were_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
