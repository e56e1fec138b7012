/* Models whose operators this build lacks: one error that names them all, or a description. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/str.h"
#include "model_text.h"

/* The product after Unheard cannot know its shapes, and its weight would not fit: that is no news.
 */
static const char text[] = "opset 17\n"
                           "opset 1 far\n"
                           "input x float32[n,4]\n"
                           "init w float32[4,4] random\n"
                           "init wrong int64[2] 1 2\n"
                           "node a = far::Unheard(x)\n"
                           "node b = MatMul(x, wrong)\n"
                           "node c = Nonesuch(b)\n"
                           "node d = far::Unheard(c)\n"
                           "node e = MatMul(x, w)\n"
                           "output d\n"
                           "output e\n";

static void expect_missing(const sdx_model *model, size_t index, const char *domain,
                           const char *name, size_t count) {
    sdx_missing_info info;
    must(sdx_model_missing(model, index, &info));
    assert_true(sdx_str_is(info.domain, domain));
    assert_true(sdx_str_is(info.name, name));
    assert_int_equal(info.count, count);
    assert_true(info.version > 0);
    assert_true(info.node.len > 0);
}

static void missing_operators_are_described(void **state) {
    (void)state;
    sdx_runtime *runtime;
    sdx_model_options options;
    sdx_model_summary summary = {.struct_size = sizeof summary};
    sdx_port_info port;
    sdx_missing_info info;
    sdx_context *context = NULL;
    void *dump;
    size_t size;
    must(sdx_runtime_create(NULL, &runtime));
    sdx_model_options_init(&options);
    options.allow_missing = true;
    sdx_model *const model = model_of(runtime, text, &options);
    assert_int_equal(sdx_model_n_missing(model), 2);
    expect_missing(model, 0, "", "Nonesuch", 1);
    expect_missing(model, 1, "far", "Unheard", 2);
    must_fail(sdx_model_missing(model, 2, &info), SDX_INVALID_ARGUMENT, "below 2");

    sdx_model_summarize(model, &summary);
    assert_int_equal(summary.n_nodes, 5);
    assert_int_equal(sdx_model_n_operators(model), 3);
    must(sdx_model_input(model, 0, &port));
    assert_int_equal(port.rank, 2);
    must(sdx_model_output(model, 1, &port));
    assert_true(sdx_str_is(port.name, "e"));
    must(sdx_model_dump(model, &dump, &size));
    sdx_bytes_free(dump, size);
    must_fail(sdx_context_create(model, NULL, &context), SDX_UNSUPPORTED_OPERATOR,
              "found 2 operators that this build lacks: Nonesuch (opset 17, 1 node, first ");
    sdx_model_release(model);
    sdx_runtime_release(runtime);
}

static void missing_operators_are_one_error(void **state) {
    (void)state;
    sdx_runtime *runtime;
    sdx_model *model = NULL;
    size_t size;
    void *const bytes = model_bytes(text, &size);
    must(sdx_runtime_create(NULL, &runtime));
    must_fail(sdx_model_load_memory(runtime, bytes, size, NULL, &model), SDX_UNSUPPORTED_OPERATOR,
              "far::Unheard (opset 1, 2 nodes");
    assert_null(model);
    sdx_runtime_release(runtime);
    free(bytes);
}

static void a_whole_model_lacks_nothing(void **state) {
    (void)state;
    sdx_runtime *runtime;
    sdx_model_options options;
    sdx_context *context;
    must(sdx_runtime_create(NULL, &runtime));
    sdx_model_options_init(&options);
    options.allow_missing = true;
    sdx_model *const model =
        model_of(runtime, "opset 17\ninput x float32[n]\nnode y = Relu(x)\noutput y\n", &options);
    assert_int_equal(sdx_model_n_missing(model), 0);
    must(sdx_context_create(model, NULL, &context));
    sdx_context_destroy(context);
    sdx_model_release(model);
    sdx_runtime_release(runtime);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_operators_are_described),
        cmocka_unit_test(missing_operators_are_one_error),
        cmocka_unit_test(a_whole_model_lacks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
