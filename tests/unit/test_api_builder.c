/* The builder: models made call by call, what they mean when loaded, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "fail_alloc.h"
#include "sardonyx/graph.h"
#include "session.h"

#define NAMES(...) \
    (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

static const sdx_build_type scalar = {.dtype = SDX_FLOAT32, .has_rank = true};
static const sdx_build_type list = {.dtype = SDX_FLOAT32,
                                    .has_rank = true,
                                    .rank = 1,
                                    .dims = (const int64_t[]){-1},
                                    .symbols = (const char *const[]){"n"}};

static sdx_builder *begin(void) {
    sdx_builder *builder;
    must(sdx_builder_create(NULL, &builder));
    must(sdx_builder_set_opset(builder, "", 17));
    return builder;
}

static session finish(sdx_builder *builder, const sdx_model_options *options) {
    session s = {0};
    sdx_runtime *runtime;
    must(sdx_runtime_create(NULL, &runtime));
    must(sdx_builder_load(builder, runtime, options, &s.model));
    sdx_runtime_release(runtime);
    if (options == NULL) must(sdx_context_create(s.model, NULL, &s.context));
    sdx_builder_destroy(builder);
    return s;
}

static void a_model_from_nothing(void **state) {
    (void)state;
    sdx_builder *const builder = begin();
    sdx_build_graph *const graph = sdx_builder_main(builder);
    sdx_value *const weight = floats(DIMS(2), (const float[]){10, 20});
    sdx_build_node *add;
    must(sdx_build_input(graph, "x", &list));
    must(sdx_build_constant(graph, "w", weight));
    sdx_value_release(weight);
    must(sdx_build_node_add(graph, NULL, "Add", NAMES("x", "w"), NAMES("y"), &add));
    must(sdx_build_node_name(add, "sum"));
    must(sdx_build_output(graph, "y", &list));
    must(sdx_builder_set_metadata(builder, "who", "me"));
    must(sdx_builder_set_metadata(builder, "who", "you"));
    const session s = finish(builder, NULL);
    sdx_value *const x = floats(DIMS(2), (const float[]){1, 2}), *const y = run_one(s, x);
    expect_floats(y, 2, (const float[]){11, 22});
    sdx_port_info port;
    sdx_str key, value;
    must(sdx_model_input(s.model, 0, &port));
    assert_true(sdx_str_is(port.symbols[0], "n"));
    assert_int_equal(sdx_model_n_metadata(s.model), 1);
    must(sdx_model_metadata(s.model, 0, &key, &value));
    assert_true(sdx_str_is(value, "you"));
    sdx_value_release(x);
    sdx_value_release(y);
    session_end(s);
}

static void subgraphs_see_what_was_before(void **state) {
    (void)state;
    sdx_builder *const builder = begin();
    sdx_build_graph *const graph = sdx_builder_main(builder), *yes, *no;
    sdx_build_node *branch;
    sdx_value *const zero = floats(SCALAR, (const float[]){0});
    must(sdx_build_input(graph, "x", &scalar));
    must(sdx_build_constant(graph, "zero", zero));
    sdx_value_release(zero);
    must(sdx_build_node_add(graph, "", "Greater", NAMES("x", "zero"), NAMES("c"), NULL));
    must(sdx_build_node_add(graph, "", "If", NAMES("c"), NAMES("y"), &branch));
    must(sdx_build_subgraph(branch, "then_branch", &yes));
    must(sdx_build_subgraph(branch, "else_branch", &no));
    must(sdx_build_node_add(graph, "", "Neg", NAMES("x"), NAMES("later"), NULL));
    must(sdx_build_node_add(yes, "", "Identity", NAMES("x"), NAMES("a"), NULL));
    must(sdx_build_output(yes, "a", NULL));
    must_fail(sdx_build_node_add(no, "", "Neg", NAMES("later"), NAMES("b"), NULL),
              SDX_INVALID_ARGUMENT, "value 'later': found a use before a definition");
    must_fail(sdx_build_node_add(no, "", "Neg", NAMES("y"), NAMES("b"), NULL), SDX_INVALID_ARGUMENT,
              "value 'y': found a use before a definition");
    must_fail(sdx_build_node_add(no, "", "Neg", NAMES("x"), NAMES("c"), NULL), SDX_INVALID_ARGUMENT,
              "value 'c': found two definitions");
    must(sdx_build_node_add(no, "", "Neg", NAMES("x"), NAMES("a"), NULL));
    must(sdx_build_output(no, "a", NULL));
    must(sdx_build_output(graph, "y", &scalar));
    const session s = finish(builder, NULL);
    sdx_value *const x = floats(SCALAR, (const float[]){-3}), *const y = run_one(s, x);
    expect_floats(y, 1, (const float[]){3});
    sdx_value_release(x);
    sdx_value_release(y);
    session_end(s);
}

static void functions_have_attributes(void **state) {
    (void)state;
    sdx_builder *const builder = begin();
    sdx_build_graph *const graph = sdx_builder_main(builder), *body;
    sdx_build_node *elu, *call;
    must(sdx_builder_set_opset(builder, "my", 1));
    must(sdx_builder_function(builder, "my", "Scaled", NAMES("by"), &body));
    must(sdx_build_input(body, "a", NULL));
    must(sdx_build_node_add(body, "", "LeakyRelu", NAMES("a"), NAMES("b"), &elu));
    must(sdx_build_reference(elu, "alpha", SDX_ATTR_FLOAT, "by"));
    must_fail(sdx_build_reference(elu, "beta", SDX_ATTR_FLOAT, "nothing"), SDX_INVALID_ARGUMENT,
              "no attribute 'nothing' of function 'Scaled'");
    must(sdx_build_output(body, "b", NULL));
    must_fail(sdx_builder_function(builder, "my", "Scaled", NULL, 0, &body), SDX_INVALID_ARGUMENT,
              "found a second one");
    must(sdx_build_input(graph, "x", &scalar));
    must(sdx_build_node_add(graph, "my", "Scaled", NAMES("x"), NAMES("y"), &call));
    must(sdx_build_float(call, "by", 0.5f));
    must(sdx_build_output(graph, "y", &scalar));
    must_fail(sdx_build_reference(call, "z", SDX_ATTR_INT, "by"), SDX_INVALID_ARGUMENT,
              "outside a function");
    const session s = finish(builder, NULL);
    sdx_value *const x = floats(SCALAR, (const float[]){-4}), *const y = run_one(s, x);
    expect_floats(y, 1, (const float[]){-2});
    sdx_value_release(x);
    sdx_value_release(y);
    session_end(s);
}

/* An operator that nobody has takes any attribute: what comes back is what was given. */
static void attributes_of_every_kind(void **state) {
    (void)state;
    sdx_builder *const builder = begin();
    sdx_build_graph *const graph = sdx_builder_main(builder), *inner[3];
    sdx_build_node *node;
    sdx_value *const one = floats(DIMS(2), (const float[]){1, 2});
    const sdx_str strings[] = {{"a\0b", 3}, {"", 0}};
    const sdx_type leaf = {SDX_TENSOR, SDX_FLOAT16, NULL}, maps = {SDX_MAP, SDX_STRING, &leaf};
    const sdx_type sequence = {SDX_SEQUENCE, SDX_UNDEFINED, &maps};
    const sdx_build_type types[] = {{.type = &sequence}, list};
    must(sdx_builder_set_opset(builder, "far", 3));
    must(sdx_build_input(graph, "x", &list));
    must(sdx_build_node_add(graph, "far", "All", NAMES("x", NULL, ""), NAMES("y"), &node));
    must(sdx_build_int(node, "int", INT64_MIN));
    must(sdx_build_float(node, "float", 0.5f));
    must(sdx_build_string(node, "string", strings[0]));
    must(sdx_build_tensor(node, "tensor", one));
    must(sdx_build_ints(node, "ints", (const int64_t[]){1, -1, INT64_MAX}, 3));
    must(sdx_build_floats(node, "floats", (const float[]){1, 2}, 2));
    must(sdx_build_strings(node, "strings", strings, 2));
    must(sdx_build_tensors(node, "tensors", (sdx_value *const[]){one, one}, 2));
    must(sdx_build_type_of(node, "type", &types[0]));
    must(sdx_build_types_of(node, "types", types, 2));
    must(sdx_build_subgraph(node, "graph", &inner[0]));
    must(sdx_build_subgraphs(node, "graphs", 2, &inner[1]));
    must(sdx_build_ints(node, "empty", NULL, 0));
    sdx_value_release(one);
    for (size_t i = 0; i < 3; i++) {
        must(sdx_build_node_add(inner[i], "", "Identity", NAMES("x"), NAMES("inside"), NULL));
        must(sdx_build_output(inner[i], "inside", NULL));
    }
    must_fail(sdx_build_int(node, "int", 1), SDX_INVALID_ARGUMENT, "found two of the name");
    must(sdx_build_output(graph, "y", &list));
    sdx_model_options options;
    sdx_model_options_init(&options);
    options.graph_only = options.allow_missing = true;
    const session s = finish(builder, &options);
    const sdx_graph *seen;
    sdx_graph_info main = {.struct_size = sizeof main};
    must(sdx_model_graph(s.model, &seen));
    sdx_graph_describe(seen, &main);
    static const struct {
        const char *name;
        sdx_attr_kind kind;
        size_t n;
    } expected[] = {{"int", SDX_ATTR_INT, 1},         {"float", SDX_ATTR_FLOAT, 1},
                    {"string", SDX_ATTR_STRING, 1},   {"tensor", SDX_ATTR_TENSOR, 1},
                    {"ints", SDX_ATTR_INTS, 3},       {"floats", SDX_ATTR_FLOATS, 2},
                    {"strings", SDX_ATTR_STRINGS, 2}, {"tensors", SDX_ATTR_TENSORS, 2},
                    {"type", SDX_ATTR_TYPE, 1},       {"types", SDX_ATTR_TYPES, 2},
                    {"graph", SDX_ATTR_GRAPH, 1},     {"graphs", SDX_ATTR_GRAPHS, 2},
                    {"empty", SDX_ATTR_INTS, 0}};
    sdx_attr_info attr;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_true(sdx_node_find_attribute(main.first, expected[i].name, &attr));
        assert_int_equal(attr.kind, expected[i].kind);
        assert_int_equal(attr.n, expected[i].n);
    }
    assert_true(sdx_node_find_attribute(main.first, "ints", &attr) && attr.ints[2] == INT64_MAX);
    assert_true(sdx_node_find_attribute(main.first, "string", &attr));
    assert_true(sdx_str_eq(attr.strings[0], strings[0]));
    assert_true(sdx_node_find_attribute(main.first, "type", &attr));
    assert_int_equal(attr.types[0].element->element->dtype, SDX_FLOAT16);
    sdx_tensor_view view;
    assert_true(sdx_node_find_attribute(main.first, "tensors", &attr));
    assert_true(sdx_attr_tensor(&attr, 1, &view) && view.len == 2);
    session_end(s);
}

static void constants_of_every_type(void **state) {
    (void)state;
    sdx_builder *const builder = begin();
    sdx_build_graph *const graph = sdx_builder_main(builder);
    char name[32];
    must(sdx_builder_set_opset(builder, "", 25));
    for (int id = 1; id <= 26; id++) {
        sdx_value *value;
        const int64_t dims[] = {3};
        must(sdx_tensor_create(NULL, (sdx_dtype)id, 1, dims, &value));
        if (id != SDX_STRING) memset(sdx_tensor_data(value), 1, sdx_tensor_size(value));
        const sdx_build_type type = {
            .dtype = (sdx_dtype)id, .has_rank = true, .rank = 1, .dims = dims};
        snprintf(name, sizeof name, "c%d", id);
        must(sdx_build_constant(graph, name, value));
        must(sdx_build_output(graph, name, &type));
        sdx_value_release(value);
    }
    const session s = finish(builder, NULL);
    sdx_value *outputs[26] = {0};
    must(sdx_context_run(s.context, NULL, 0, outputs, 26, NULL));
    for (int id = 1; id <= 26; id++) {
        assert_int_equal(sdx_tensor_dtype(outputs[id - 1]), id);
        assert_int_equal(sdx_tensor_len(outputs[id - 1]), 3);
        if (id != SDX_STRING && sdx_dtype_bits((sdx_dtype)id) >= 8)
            assert_int_equal(((const char *)sdx_tensor_data(outputs[id - 1]))[0], 1);
    }
    release(outputs, 26);
    session_end(s);
}

static void inputs_with_defaults(void **state) {
    (void)state;
    sdx_builder *const builder = begin();
    sdx_build_graph *const graph = sdx_builder_main(builder);
    sdx_value *const two = floats(SCALAR, (const float[]){2});
    must(sdx_build_input(graph, "x", &scalar));
    must(sdx_build_input(graph, "by", &scalar));
    must(sdx_build_constant(graph, "by", two));
    must_fail(sdx_build_constant(graph, "by", two), SDX_INVALID_ARGUMENT, "two definitions");
    sdx_value_release(two);
    must(sdx_build_node_add(graph, "", "Mul", NAMES("x", "by"), NAMES("y"), NULL));
    must(sdx_build_output(graph, "y", &scalar));
    const session s = finish(builder, NULL);
    sdx_port_info port;
    must(sdx_model_input(s.model, 1, &port));
    assert_true(port.has_default);
    session_end(s);
}

static void hostile_arguments(void **state) {
    (void)state;
    sdx_builder *const builder = begin();
    sdx_build_graph *const graph = sdx_builder_main(builder);
    sdx_type circle = {SDX_SEQUENCE, SDX_UNDEFINED, NULL};
    circle.element = &circle;
    const sdx_build_type endless = {.type = &circle};
    const sdx_build_type odd = {.dtype = (sdx_dtype)99};
    const sdx_build_type deep = {.dtype = SDX_FLOAT32, .has_rank = true, .rank = SIZE_MAX};
    const sdx_build_type none = {.dtype = SDX_FLOAT32, .has_rank = true, .rank = 2};
    sdx_value *const item = floats(SCALAR, (const float[]){1});
    sdx_value *sequence;
    sdx_build_node *node;
    sdx_build_graph *inner;
    must(sdx_sequence_create(NULL, SDX_FLOAT32, &item, 1, &sequence));
    const sdx_code wrong = SDX_INVALID_ARGUMENT;
    must_fail(sdx_builder_create(NULL, NULL), wrong, "found NULL");
    must_fail(sdx_builder_set_opset(builder, "", 0), wrong, "found version 0");
    must_fail(sdx_builder_set_metadata(builder, NULL, "x"), wrong, "found NULL");
    must_fail(sdx_build_input(graph, NULL, &list), wrong, "found NULL");
    must_fail(sdx_build_input(graph, "", &list), wrong, "no text");
    must_fail(sdx_build_input(graph, "x", NULL), wrong, "found no type");
    must_fail(sdx_build_input(graph, "x", &endless), wrong, "types inside each other");
    must_fail(sdx_build_input(graph, "x", &odd), wrong, "found 99");
    must_fail(sdx_build_input(graph, "x", &deep), wrong, "found rank");
    must_fail(sdx_build_input(graph, "x", &none), wrong, "dims: found NULL");
    must_fail(sdx_build_constant(graph, "c", NULL), wrong, "expected a tensor");
    must_fail(sdx_build_constant(graph, "c", sequence), wrong, "expected a tensor");
    must_fail(sdx_build_external(graph, "c", SDX_STRING, DIMS(1), "f", 0), wrong, "no strings");
    must_fail(sdx_build_external(graph, "c", SDX_INT8, DIMS(-1), "f", 0), wrong, "found -1");
    must_fail(sdx_build_external(graph, "c", SDX_INT8, DIMS(1), NULL, 0), wrong, "found NULL");
    must_fail(sdx_build_external(graph, "c", SDX_INT8, DIMS(1), "f", UINT64_MAX), wrong, "offset");
    must_fail(sdx_build_external(graph, "c", SDX_INT8, DIMS(INT64_MAX, INT64_MAX), "f", 0),
              SDX_LIMIT, "");
    must(sdx_build_input(graph, "x", &list));
    must_fail(sdx_build_input(graph, "x", &list), wrong, "two definitions");
    must_fail(sdx_build_node_add(graph, "", NULL, NAMES("x"), NAMES("y"), NULL), wrong, "op_type");
    must_fail(sdx_build_node_add(graph, "", "Neg", NULL, 1, NAMES("y"), NULL), wrong, "found NULL");
    must_fail(sdx_build_node_add(graph, "", "Neg", NAMES("z"), NAMES("y"), NULL), wrong,
              "value 'z'");
    must_fail(sdx_build_node_add(graph, "", "Neg", NAMES("x"), NAMES("x"), NULL), wrong,
              "two definitions");
    must_fail(sdx_build_node_add(graph, "", "Split", NAMES("x"), NAMES("a", "a"), NULL), wrong,
              "found the name 'a' of output 0");
    must(sdx_build_node_add(graph, "far", "Neg", NAMES("x"), NAMES("y"), &node));
    must_fail(sdx_build_tensor(node, "t", NULL), wrong, "expected a tensor");
    must_fail(sdx_build_ints(node, "t", NULL, 3), wrong, "found NULL");
    must_fail(sdx_build_subgraphs(node, "t", 2, NULL), wrong, "found NULL");
    must_fail(sdx_build_copy_node(graph, NULL), wrong, "found NULL");
    must(sdx_build_output(graph, "lost", &list));
    void *bytes;
    size_t size;
    must_fail(sdx_builder_serialize(builder, NULL, &bytes, &size), wrong,
              "output 'lost': found nothing that defines it");
    must(sdx_build_node_add(graph, "", "Neg", NAMES("x"), NAMES("lost"), NULL));
    must_fail(sdx_builder_serialize(builder, NULL, &bytes, &size), wrong,
              "no opset of domain 'far'");
    must(sdx_build_subgraph(node, "deep", &inner));
    for (int depth = 1; depth < 60; depth++) {
        must(sdx_build_node_add(inner, "", "Neg", NAMES("x"), NULL, 0, &node));
        must(sdx_build_subgraph(node, "deep", &inner));
    }
    must(sdx_build_node_add(inner, "", "Neg", NAMES("x"), NULL, 0, &node));
    must_fail(sdx_build_subgraph(node, "deep", &inner), SDX_LIMIT, "more than 60 subgraphs");
    must(sdx_builder_set_opset(builder, "far", 1));
    must(sdx_builder_serialize(builder, NULL, &bytes, &size)); /* deep, but it can be written */
    sdx_bytes_free(bytes, size);
    sdx_value_release(sequence);
    sdx_value_release(item);
    sdx_builder_destroy(builder);
    sdx_builder_destroy(NULL);
}

/* All of a loaded model, part by part, is that model. */
static void parts_of_a_loaded_model(void **state) {
    (void)state;
    sdx_model_options options;
    sdx_model_options_init(&options);
    options.graph_only = true;
    sdx_runtime *runtime;
    must(sdx_runtime_create(NULL, &runtime));
    sdx_model *const model = model_of(runtime,
                                      "opset 9\n"
                                      "metadata who me\n"
                                      "input x float32[2]\n"
                                      "input c bool\n"
                                      "init w float32[2] 3 4\n"
                                      "node h = Mul(x, w)\n"
                                      "graph yes {\nnode a = Add(h, w)\noutput a\n}\n"
                                      "graph no {\nnode b = Clip(h) min=0.0 max=4.0\noutput b\n}\n"
                                      "node y = If(c) then_branch=@yes else_branch=@no\n"
                                      "output y\n",
                                      &options);
    sdx_builder *builder;
    must(sdx_builder_create(NULL, &builder));
    must(sdx_builder_copy_labels(builder, model));
    sdx_build_graph *const graph = sdx_builder_main(builder);
    const sdx_graph *seen;
    sdx_graph_info info = {.struct_size = sizeof info};
    must(sdx_model_graph(model, &seen));
    sdx_graph_describe(seen, &info);
    must_fail(sdx_build_copy_node(graph, info.first), SDX_INVALID_ARGUMENT,
              "found a use before a definition");
    for (size_t i = 0; i < info.n_inputs; i++)
        must(sdx_build_copy_input(graph, info.inputs[i]));
    sdx_node_info node = {.struct_size = sizeof node, .next = info.first};
    sdx_node_describe(info.first, &node);
    must_fail(sdx_build_copy_node(graph, node.next), SDX_INVALID_ARGUMENT, "value 'h'");
    for (size_t i = 0; i < info.n_constants; i++)
        must(sdx_build_copy_constant(graph, info.constants[i]));
    must_fail(sdx_build_copy_constant(graph, info.inputs[0]), SDX_INVALID_ARGUMENT, "no elements");
    for (const sdx_node *at = info.first; at != NULL; at = node.next) {
        must(sdx_build_copy_node(graph, at));
        sdx_node_describe(at, &node);
    }
    must(sdx_build_copy_output(graph, info.outputs[0]));
    const session s = finish(builder, NULL);
    sdx_model_release(model);
    sdx_runtime_release(runtime);
    int64_t version;
    sdx_str domain;
    must(sdx_model_opset(s.model, 0, &domain, &version));
    assert_int_equal(version, 11); /* Clip has its bounds as inputs */
    for (int c = 0; c < 2; c++) {
        sdx_value *inputs[] = {floats(DIMS(2), (const float[]){1, 2}), boolean(c != 0)};
        sdx_value *y = NULL;
        must(sdx_context_run(s.context, inputs, 2, &y, 1, NULL));
        expect_floats(y, 2, c != 0 ? (const float[]){6, 12} : (const float[]){3, 4});
        sdx_value_release(y);
        release(inputs, 2);
    }
    session_end(s);
}

static sdx_status build_all(const sdx_allocator *allocator, sdx_builder **out) {
    sdx_build_node *branch;
    sdx_build_graph *inner;
    SDX_TRY(sdx_builder_create(allocator, out));
    sdx_build_graph *const graph = sdx_builder_main(*out);
    SDX_TRY(sdx_builder_set_opset(*out, "", 17));
    SDX_TRY(sdx_builder_set_metadata(*out, "a", "b"));
    SDX_TRY(sdx_build_input(graph, "x", &list));
    SDX_TRY(sdx_build_input(graph, "c", &(sdx_build_type){.dtype = SDX_BOOL, .has_rank = true}));
    SDX_TRY(sdx_build_node_add(graph, "", "If", NAMES("c"), NAMES("y"), &branch));
    for (int i = 0; i < 2; i++) {
        SDX_TRY(sdx_build_subgraph(branch, i == 0 ? "then_branch" : "else_branch", &inner));
        SDX_TRY(sdx_build_node_add(inner, "", "Neg", NAMES("x"), NAMES("a"), NULL));
        SDX_TRY(sdx_build_output(inner, "a", NULL));
    }
    return sdx_build_output(graph, "y", &list);
}

static sdx_status build_and_write(const sdx_allocator *allocator, sdx_builder **builder,
                                  sdx_runtime **runtime, sdx_model **model) {
    sdx_runtime_options options;
    const sdx_graph *graph;
    void *bytes;
    size_t size;
    sdx_runtime_options_init(&options);
    options.allocator = allocator;
    SDX_TRY(build_all(allocator, builder));
    SDX_TRY(sdx_runtime_create(&options, runtime));
    SDX_TRY(sdx_builder_load(*builder, *runtime, NULL, model));
    SDX_TRY(sdx_model_graph(*model, &graph));
    SDX_TRY(sdx_model_serialize(*model, allocator, NULL, &bytes, &size));
    allocator->deallocate(allocator->self, bytes, size);
    return NULL;
}

static void memory_may_run_out(void **state) {
    (void)state;
    size_t reached = 0;
    for (size_t nth = 1;; nth++) {
        fail_alloc memory;
        sdx_builder *builder = NULL;
        sdx_runtime *runtime = NULL;
        sdx_model *model = NULL;
        fail_alloc_init(&memory, nth, false);
        const sdx_status status = build_and_write(&memory.allocator, &builder, &runtime, &model);
        if (status != NULL) { /* what only makes a graph better may be left out instead */
            assert_int_equal(sdx_status_code(status), SDX_OUT_OF_MEMORY);
            assert_true(memory.failed);
        }
        sdx_status_free(status);
        sdx_model_release(model);
        sdx_runtime_release(runtime);
        sdx_builder_destroy(builder);
        assert_true(fail_alloc_clean(&memory));
        if (!memory.failed) break;
        reached = nth;
    }
    assert_true(reached > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_from_nothing),
        cmocka_unit_test(subgraphs_see_what_was_before),
        cmocka_unit_test(functions_have_attributes),
        cmocka_unit_test(attributes_of_every_kind),
        cmocka_unit_test(constants_of_every_type),
        cmocka_unit_test(inputs_with_defaults),
        cmocka_unit_test(memory_may_run_out),
        cmocka_unit_test(hostile_arguments),
        cmocka_unit_test(parts_of_a_loaded_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
