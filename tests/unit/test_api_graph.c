/* The view of a loaded model: what a caller sees of graphs, nodes, values and attributes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "sardonyx/graph.h"
#include "session.h"

static const char text[] = "opset 17\n"
                           "metadata who test\n"
                           "input x float32[batch,4]\n"
                           "input c bool\n"
                           "init w float32[4,2] 1 2 3 4 5 6 7 8\n"
                           "init unused int64[1] 7\n"
                           "node h = MatMul(x, w)\n"
                           "node i = Identity(h)\n"
                           "graph yes {\n"
                           "node y = Add(i, i)\n"
                           "output y\n"
                           "}\n"
                           "graph no {\n"
                           "node y = Concat(i, h) axis=1\n"
                           "output y\n"
                           "}\n"
                           "node z = If(c) then_branch=@yes else_branch=@no\n"
                           "output z float32\n"
                           "output h\n";

typedef struct viewed {
    sdx_runtime *runtime;
    sdx_model *model;
    sdx_graph_info main;
} viewed;

static viewed open_view(const char *model, bool optimize, bool graph_only) {
    viewed v = {.main = {.struct_size = sizeof v.main}};
    sdx_model_options options;
    sdx_model_options_init(&options);
    options.optimize = optimize;
    options.graph_only = graph_only;
    must(sdx_runtime_create(NULL, &v.runtime));
    v.model = model_of(v.runtime, model, &options);
    const sdx_graph *graph;
    must(sdx_model_graph(v.model, &graph));
    sdx_graph_describe(graph, &v.main);
    return v;
}

static void close_view(viewed v) {
    sdx_model_release(v.model);
    sdx_runtime_release(v.runtime);
}

static sdx_node_info node_of(const sdx_node *node) {
    sdx_node_info info = {.struct_size = sizeof info};
    assert_non_null(node);
    sdx_node_describe(node, &info);
    return info;
}

static sdx_gvalue_info value_of(const sdx_gvalue *value) {
    sdx_gvalue_info info = {.struct_size = sizeof info};
    assert_non_null(value);
    sdx_gvalue_describe(value, &info);
    return info;
}

static void expect_text(sdx_str found, const char *expected) {
    if (!sdx_str_is(found, expected))
        fail_msg("found '%.*s', expected '%s'", SDX_FMT(found), expected);
}

static void graph_as_in_the_file(void **state) {
    (void)state;
    const viewed v = open_view(text, false, true);
    assert_int_equal(v.main.n_inputs, 2);
    assert_int_equal(v.main.n_outputs, 2);
    assert_int_equal(v.main.n_nodes, 3);
    assert_int_equal(v.main.n_constants, 1); /* what nobody uses is not there */
    assert_null(v.main.owner);
    const sdx_node_info matmul = node_of(v.main.first);
    expect_text(matmul.op_type, "MatMul");
    expect_text(matmul.domain, "");
    assert_int_equal(matmul.version, 17);
    assert_true(matmul.available);
    assert_int_equal(matmul.n_inputs, 2);
    assert_ptr_equal(matmul.inputs[1], v.main.constants[0]);
    const sdx_node_info identity = node_of(matmul.next), branch = node_of(identity.next);
    expect_text(branch.op_type, "If");
    assert_null(branch.next);
    assert_int_equal(branch.n_attributes, 2);
    close_view(v);
}

static void graph_after_the_rewrites(void **state) {
    (void)state;
    for (int graph_only = 0; graph_only < 2; graph_only++) {
        const viewed v = open_view(text, true, graph_only != 0);
        assert_int_equal(v.main.n_nodes, 2); /* no Identity */
        sdx_tensor_view w;
        assert_true(sdx_gvalue_elements(v.main.constants[0], &w));
        assert_int_equal(w.size, 32);
        const float expected[] = {1, 2, 3, 4, 5, 6, 7, 8};
        assert_memory_equal(w.data, expected, sizeof expected);
        close_view(v);
    }
}

static void values_and_their_shapes(void **state) {
    (void)state;
    const viewed v = open_view(text, false, true);
    char dim[32];
    const sdx_gvalue_info x = value_of(v.main.inputs[0]), h = value_of(v.main.outputs[1]);
    expect_text(x.name, "x");
    assert_true(x.is_input && !x.is_constant && x.has_rank);
    assert_null(x.producer);
    assert_int_equal(x.rank, 2);
    assert_int_equal(x.dims[0], -1);
    assert_int_equal(x.dims[1], 4);
    assert_string_equal(sdx_gvalue_symbol(v.main.inputs[0], 0, dim, sizeof dim), "batch");
    assert_string_equal(sdx_gvalue_symbol(v.main.inputs[0], 1, dim, sizeof dim), "4");
    assert_string_equal(sdx_gvalue_symbol(v.main.inputs[0], 2, dim, sizeof dim), "");
    assert_string_equal(sdx_gvalue_symbol(v.main.inputs[0], 0, dim, 3), "ba");
    assert_int_equal(h.type->dtype, SDX_FLOAT32);
    assert_ptr_equal(h.producer, v.main.first);
    assert_true(h.is_output);
    assert_int_equal(h.n_users, 2); /* Identity, and Concat in the branch */
    size_t input = 9;
    expect_text(node_of(sdx_gvalue_user(v.main.outputs[1], 1, &input)).op_type, "Concat");
    assert_int_equal(input, 1);
    assert_null(sdx_gvalue_user(v.main.outputs[1], 2, &input));
    sdx_tensor_view none;
    assert_false(sdx_gvalue_elements(v.main.inputs[0], &none));
    const sdx_gvalue_info w = value_of(v.main.constants[0]);
    assert_true(w.is_constant && !w.is_input);
    close_view(v);
}

static void two_uses_by_one_node(void **state) {
    (void)state;
    const viewed v =
        open_view("opset 17\ninput x float32[2]\nnode y = Add(x, x)\noutput y\n", true, true);
    size_t first, second;
    assert_non_null(sdx_gvalue_user(v.main.inputs[0], 0, &first));
    assert_non_null(sdx_gvalue_user(v.main.inputs[0], 1, &second));
    assert_int_equal(first, 0);
    assert_int_equal(second, 1);
    close_view(v);
}

static void subgraphs_have_names_of_their_own(void **state) {
    (void)state;
    const viewed v = open_view(text, false, true);
    const sdx_node *const branch = node_of(node_of(v.main.first).next).next;
    sdx_attr_info attr;
    sdx_graph_info yes = {.struct_size = sizeof yes};
    assert_true(sdx_node_find_attribute(branch, "then_branch", &attr));
    assert_int_equal(attr.kind, SDX_ATTR_GRAPH);
    assert_int_equal(attr.n, 1);
    sdx_graph_describe(attr.graphs[0], &yes);
    assert_ptr_equal(yes.owner, branch);
    assert_int_equal(yes.n_nodes, 1);
    expect_text(value_of(yes.outputs[0]).name, "y");
    assert_false(sdx_node_find_attribute(branch, "axis", &attr));
    assert_false(sdx_node_attribute(branch, 2, &attr));
    close_view(v);
}

static void inlined_functions_repeat_no_name(void **state) {
    (void)state;
    const viewed v = open_view("opset 17\n"
                               "opset 1 my\n"
                               "input x float32[2]\n"
                               "node a = my::Twice(x)\n"
                               "node y = my::Twice(a)\n"
                               "output y\n"
                               "function y = my::Twice(x) {\n"
                               "opset 17\n"
                               "node t = Neg(x)\n"
                               "node y = Sub(x, t)\n"
                               "}\n",
                               false, true);
    const sdx_node_info first = node_of(v.main.first), second = node_of(first.next);
    const sdx_node_info third = node_of(second.next);
    const sdx_str a = value_of(first.outputs[0]).name, b = value_of(third.outputs[0]).name;
    expect_text(third.op_type, "Neg");
    assert_false(sdx_str_eq(a, b));
    expect_text(value_of(v.main.outputs[0]).name, "y");
    close_view(v);
}

static void attributes_of_many_kinds(void **state) {
    (void)state;
    const viewed v = open_view("opset 17\n"
                               "input x float32[1,1,4,4]\n"
                               "init w float32[1,1,3,3] random\n"
                               "node c = Conv(x, w) auto_pad=\"SAME_UPPER\" strides=[2,1]\n"
                               "node e = Elu(c) alpha=2.0\n"
                               "node k = ConstantOfShape(s) value=float32[1]{3}\n"
                               "init s int64[1] 1\n"
                               "node y = Add(e, k)\n"
                               "output y\n",
                               false, true);
    const sdx_node *const conv = v.main.first;
    sdx_attr_info attr;
    assert_true(sdx_node_find_attribute(conv, "auto_pad", &attr));
    assert_int_equal(attr.kind, SDX_ATTR_STRING);
    expect_text(attr.strings[0], "SAME_UPPER");
    assert_true(sdx_node_find_attribute(conv, "strides", &attr));
    assert_int_equal(attr.n, 2);
    assert_int_equal(attr.ints[0], 2);
    assert_string_equal(sdx_attr_kind_name(attr.kind), "ints");
    bool found_tensor = false, found_float = false;
    for (const sdx_node *node = conv; node != NULL; node = node_of(node).next) {
        sdx_tensor_view tensor;
        if (sdx_node_find_attribute(node, "value", &attr)) {
            found_tensor = true;
            assert_true(sdx_attr_tensor(&attr, 0, &tensor));
            assert_false(sdx_attr_tensor(&attr, 1, &tensor));
            assert_int_equal(tensor.len, 1);
        }
        if (sdx_node_find_attribute(node, "alpha", &attr)) {
            found_float = true;
            assert_true(attr.floats[0] == 2.0f && attr.n == 1);
            assert_false(sdx_attr_tensor(&attr, 0, &tensor));
        }
    }
    assert_true(found_tensor && found_float);
    assert_string_equal(sdx_attr_kind_name((sdx_attr_kind)99), "unknown");
    close_view(v);
}

static void a_graph_only_model_does_not_run(void **state) {
    (void)state;
    const viewed v = open_view(text, true, true);
    sdx_context *context = NULL;
    must_fail(sdx_context_create(v.model, NULL, &context), SDX_INVALID_ARGUMENT, "graph_only");
    must_fail(sdx_model_graph(NULL, NULL), SDX_INVALID_ARGUMENT, "found NULL");
    close_view(v);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(graph_as_in_the_file),
        cmocka_unit_test(graph_after_the_rewrites),
        cmocka_unit_test(values_and_their_shapes),
        cmocka_unit_test(two_uses_by_one_node),
        cmocka_unit_test(subgraphs_have_names_of_their_own),
        cmocka_unit_test(inlined_functions_repeat_no_name),
        cmocka_unit_test(attributes_of_many_kinds),
        cmocka_unit_test(a_graph_only_model_does_not_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
