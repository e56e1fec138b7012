/* Graphs: uses, replacing, sorting with captures, cycles, text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "graph/graph.h"

static sdx_heap heap;
static sdx_arena arena;
static sdx_ir *ir;

static int setup(void **state) {
    (void)state;
    sdx_heap_init(&heap, NULL, 0, "test");
    sdx_arena_init(&arena, &heap);
    assert_null(sdx_ir_create(&arena, &ir));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    sdx_ir_destroy(ir);
    sdx_arena_deinit(&arena);
    assert_int_equal(atomic_load(&heap.used), 0);
    return 0;
}

static sdx_gvalue *value(sdx_graph *graph, const char *name) {
    sdx_gvalue *v;
    assert_null(sdx_gvalue_create(graph, sdx_str_from(name), &v));
    return v;
}

/* A node with one or two inputs and one output; named as its output. */
static sdx_node *node(sdx_graph *graph, const char *type, sdx_gvalue *a, sdx_gvalue *b,
                      sdx_gvalue *out) {
    sdx_gvalue *const inputs[] = {a, b};
    sdx_node *n;
    assert_null(sdx_node_create(graph, NULL, SDX_STR("ai.onnx"), sdx_str_from(type), out->name,
                                inputs, b ? 2 : 1, &out, 1, &n));
    return n;
}

static void is_dump(const sdx_graph *graph, const char *text) {
    sdx_buf buf;
    sdx_buf_init(&buf, &heap, 1 << 16);
    assert_null(sdx_graph_dump(graph, &buf));
    assert_string_equal(buf.ptr, text);
    sdx_buf_deinit(&buf);
}

static void uses_follow_changes(void **state) {
    (void)state;
    sdx_gvalue *x = value(ir->main, "x"), *y = value(ir->main, "y"), *z = value(ir->main, "z");
    sdx_node *add = node(ir->main, "Add", x, x, y);
    sdx_node *relu = node(ir->main, "Relu", y, NULL, z);
    assert_int_equal(add->domain.len, 0);
    assert_int_equal(x->n_users, 2);
    assert_ptr_equal(y->producer, add);
    assert_null(sdx_node_set_input(add, 1, y));
    assert_int_equal(x->n_users, 1);
    assert_int_equal(y->n_users, 2);
    assert_null(sdx_node_set_input(add, 3, x));
    assert_int_equal(add->n_inputs, 4);
    assert_null(add->inputs[2]);
    assert_null(sdx_node_set_inputs(add, &x, 1));
    assert_int_equal(x->n_users, 1);
    assert_ptr_equal(y->users[0], relu);
    sdx_node_remove(relu);
    assert_int_equal(y->n_users, 0);
    assert_ptr_equal(ir->main->last, add);
    assert_int_equal(ir->main->n_nodes, 1);
}

static void attributes_are_replaced_and_dropped(void **state) {
    (void)state;
    sdx_node *n = node(ir->main, "Relu", value(ir->main, "x"), NULL, value(ir->main, "y"));
    assert_null(sdx_node_set_attr(n, "a", (sdx_attr){.kind = SDX_ATTR_INT, .i = 1}));
    assert_null(sdx_node_set_attr(n, "b", (sdx_attr){.kind = SDX_ATTR_INT, .i = 2}));
    assert_null(sdx_node_set_attr(n, "a", (sdx_attr){.kind = SDX_ATTR_INT, .i = 3}));
    assert_int_equal(n->n_named, 2);
    assert_int_equal(sdx_node_named(n, "a")->i, 3);
    sdx_node_drop_attr(n, "a");
    sdx_node_drop_attr(n, "a");
    assert_null(sdx_node_named(n, "a"));
    assert_int_equal(sdx_node_named(n, "b")->i, 2);
}

static void replace_reaches_outputs_and_inner_graphs(void **state) {
    (void)state;
    sdx_gvalue *x = value(ir->main, "x"), *y = value(ir->main, "y"), *r = value(ir->main, "r");
    sdx_node *branch = node(ir->main, "If", x, NULL, r);
    sdx_graph *inner;
    assert_null(sdx_graph_create(ir, ir->main, branch, &inner));
    assert_null(sdx_node_set_attr(branch, "then_branch",
                                  (sdx_attr){.kind = SDX_ATTR_GRAPH, .graph = inner}));
    sdx_node *use = node(inner, "Add", x, x, value(inner, "i"));
    assert_null(sdx_graph_set_outputs(inner, &x, 1));
    assert_null(sdx_graph_set_outputs(ir->main, &x, 1));
    assert_null(sdx_gvalue_replace(x, y));
    assert_ptr_equal(use->inputs[0], y);
    assert_ptr_equal(use->inputs[1], y);
    assert_ptr_equal(branch->inputs[0], y);
    assert_ptr_equal(inner->outputs[0], y);
    assert_ptr_equal(ir->main->outputs[0], y);
    assert_int_equal(y->n_users, 3);
    assert_int_equal(x->n_users, 0);
    assert_true(y->is_output && !x->is_output);
}

static void names_in_order(const char *expected) {
    char text[64] = "";
    for (const sdx_node *n = ir->main->first; n; n = n->next)
        strncat(text, n->name.ptr, sizeof text - strlen(text) - 1);
    assert_string_equal(text, expected);
}

static void sort_is_stable_and_knows_captures(void **state) {
    (void)state;
    sdx_gvalue *a = value(ir->main, "a"), *b = value(ir->main, "b"), *c = value(ir->main, "c"),
               *d = value(ir->main, "d"), *e = value(ir->main, "e"), *x = value(ir->main, "x");
    sdx_node *branch = node(ir->main, "If", x, NULL, d); /* captures c within */
    node(ir->main, "Relu", x, NULL, a);
    node(ir->main, "Add", d, a, e);
    node(ir->main, "Add", a, b, c);
    node(ir->main, "Relu", x, NULL, b);
    sdx_graph *inner;
    assert_null(sdx_graph_create(ir, ir->main, branch, &inner));
    sdx_attr attr = {.kind = SDX_ATTR_GRAPHS, .n = 1, .graphs = &inner};
    assert_null(sdx_node_set_attr(branch, "body", attr));
    node(inner, "Relu", c, NULL, value(inner, "i"));
    assert_null(sdx_graph_sort(ir->main));
    names_in_order("abcde");
    assert_null(sdx_graph_sort(ir->main));
    names_in_order("abcde");
    assert_null(ir->main->first->prev);
    assert_ptr_equal(ir->main->last->prev->next, ir->main->last);
    assert_int_equal(ir->main->last->place, 4);
}

static void cycles_are_named(void **state) {
    (void)state;
    sdx_gvalue *a = value(ir->main, "a"), *b = value(ir->main, "b"), *c = value(ir->main, "c");
    node(ir->main, "Relu", c, NULL, value(ir->main, "z"));
    node(ir->main, "Relu", c, NULL, a);
    node(ir->main, "Relu", a, NULL, b);
    node(ir->main, "Relu", b, NULL, c);
    sdx_status status = sdx_graph_sort(ir->main);
    assert_int_equal(sdx_status_code(status), SDX_INVALID_MODEL);
    assert_string_equal(sdx_status_text(status),
                        "nodes form a cycle ('c' needs 'b' needs 'a' needs 'c'), expected none; "
                        "correct the inputs of one of them");
    sdx_status_free(status);
}

static void dump_shows_all(void **state) {
    (void)state;
    sdx_gvalue *x = value(ir->main, "x"), *y = value(ir->main, "y"), *z = value(ir->main, "z");
    const int64_t shape[] = {2, -1};
    sdx_gvalue *s;
    assert_null(sdx_graph_const_ints(ir->main, 1, shape, 2, &s));
    x->type = sdx_type_tensor(SDX_FLOAT32);
    x->shape.rank = 2;
    x->shape.dims[0] = sdx_dim_symbol(ir->dims, SDX_STR("batch"));
    x->shape.dims[1] = 4;
    ir->main->name = SDX_STR("main");
    assert_null(sdx_graph_set_inputs(ir->main, &x, 1));
    assert_null(sdx_graph_set_outputs(ir->main, &z, 1));
    sdx_node *reshape = node(ir->main, "Reshape", x, s, y);
    assert_null(sdx_node_set_attr(reshape, "allowzero", (sdx_attr){.kind = SDX_ATTR_INT, .i = 1}));
    sdx_node *branch = node(ir->main, "If", y, NULL, z);
    sdx_graph *inner;
    assert_null(sdx_graph_create(ir, ir->main, branch, &inner));
    inner->name = SDX_STR("then");
    assert_null(sdx_node_set_attr(branch, "then_branch",
                                  (sdx_attr){.kind = SDX_ATTR_GRAPH, .graph = inner}));
    node(inner, "Relu", y, NULL, value(inner, "i"));
    is_dump(ir->main, "graph main(x: float32[batch,4]) -> (z)\n"
                      "  y = Reshape(x, const#3{2,-1}; allowzero=1)\n"
                      "  z = If(y; then_branch=...)\n"
                      "      graph then() -> ()\n"
                      "        i = Relu(y)\n");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(uses_follow_changes),
        TEST(attributes_are_replaced_and_dropped),
        TEST(replace_reaches_outputs_and_inner_graphs),
        TEST(sort_is_stable_and_knows_captures),
        TEST(cycles_are_named),
        TEST(dump_shows_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
