/* The registry and the checker of nodes. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ops/op.h"

enum { AXIS, MODE, AXES, ALPHA };

static const sdx_port inputs[] = {
    {.name = "X", .var = "T", .types = SDX_T_FLOATS32},
    {.name = "I", .var = "TI", .types = SDX_T_INDEX, .flags = SDX_PORT_OPTIONAL},
    {.name = "Y",
     .var = "T",
     .types = SDX_T_FLOATS32,
     .flags = SDX_PORT_VARIADIC | SDX_PORT_OPTIONAL},
};
static const sdx_port outputs[] = {
    {.name = "Z", .var = "T", .types = SDX_T_FLOATS32},
    {.name = "Mask", .var = "B", .types = SDX_T(BOOL), .flags = SDX_PORT_OPTIONAL},
};
static const sdx_attr_def attrs[] = {
    [AXIS] = SDX_ATTR_I("axis", -1),
    [MODE] = SDX_ATTR_S("mode", "linear"),
    [AXES] = SDX_ATTR_REQ("axes", SDX_ATTR_INTS),
    [ALPHA] = SDX_ATTR_OPT("alpha", SDX_ATTR_FLOAT),
};
static const sdx_op row = {
    .domain = "",
    .name = "Blend",
    .since = 3,
    .newest = 9,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
};

static sdx_heap heap;
static sdx_arena arena;
static sdx_ir *ir;
static sdx_gvalue *in[4], *out[3];
static sdx_node *node;

static sdx_gvalue *value(const char *name, sdx_dtype dtype) {
    sdx_gvalue *v;
    assert_null(sdx_gvalue_create(ir->main, sdx_str_from(name), &v));
    if (dtype != SDX_UNDEFINED) v->type = sdx_type_tensor(dtype);
    return v;
}

/* A right node: Blend(x, i, y; axes=[0]) -> z, mask. */
static int setup(void **state) {
    (void)state;
    sdx_heap_init(&heap, NULL, 0, "test");
    sdx_arena_init(&arena, &heap);
    assert_null(sdx_ir_create(&arena, &ir));
    in[0] = value("x", SDX_FLOAT32);
    in[1] = value("i", SDX_INT64);
    in[2] = value("y", SDX_FLOAT32);
    in[3] = value("y2", SDX_FLOAT32);
    out[0] = value("z", SDX_UNDEFINED);
    out[1] = value("mask", SDX_UNDEFINED);
    out[2] = value("more", SDX_UNDEFINED);
    assert_null(sdx_node_create(ir->main, NULL, SDX_STR(""), SDX_STR("Blend"), SDX_STR("blend_0"),
                                in, 4, out, 2, &node));
    node->op = &row;
    node->version = 7;
    static const int64_t axes[] = {0};
    const sdx_attr attr = {.kind = SDX_ATTR_INTS, .n = 1, .ints = axes};
    assert_null(sdx_node_set_attr(node, "axes", attr));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    sdx_ir_destroy(ir);
    sdx_arena_deinit(&arena);
    assert_int_equal(atomic_load(&heap.used), 0);
    return 0;
}

static void fails(sdx_code code, const char *text) {
    sdx_status status = sdx_op_check(node);
    assert_int_equal(sdx_status_code(status), code);
    char wanted[400];
    snprintf(wanted, sizeof wanted, "node 'blend_0' (Blend, opset %d): %s", (int)node->version,
             text);
    assert_string_equal(sdx_status_text(status), wanted);
    sdx_status_free(status);
}

static void a_right_node_passes(void **state) {
    (void)state;
    assert_null(sdx_op_check(node));
    assert_int_equal(sdx_node_int(node, AXIS), -1);
    assert_true(sdx_str_is(sdx_node_str(node, MODE), "linear"));
    assert_int_equal(sdx_node_attr(node, AXES)->n, 1);
    assert_false(sdx_node_has(node, ALPHA));
    assert_ptr_equal(out[0]->type, sdx_type_tensor(SDX_FLOAT32));
    assert_ptr_equal(out[1]->type, sdx_type_tensor(SDX_BOOL));
}

static void optional_inputs_may_be_absent(void **state) {
    (void)state;
    sdx_gvalue *const few[] = {in[0], NULL};
    assert_null(sdx_node_set_inputs(node, few, 2));
    assert_null(sdx_op_check(node));
    assert_null(sdx_node_set_inputs(node, few, 1));
    assert_null(sdx_op_check(node));
}

static void arity(void **state) {
    (void)state;
    assert_null(sdx_node_set_inputs(node, NULL, 0));
    fails(SDX_INVALID_MODEL, "input 'X' is absent, expected a value; connect it");
    assert_null(sdx_node_set_inputs(node, in, 3));
    node->outputs = out;
    node->n_outputs = 3;
    fails(SDX_INVALID_MODEL, "3 outputs, expected at most 2 ('Z', 'Mask'); remove the others");
}

static void attributes(void **state) {
    (void)state;
    assert_null(sdx_node_set_attr(node, "axis", (sdx_attr){.kind = SDX_ATTR_FLOAT, .f = 1}));
    fails(SDX_INVALID_MODEL, "attribute 'axis' has type float, expected int; change it");
    sdx_node_drop_attr(node, "axis");
    assert_null(sdx_node_set_attr(node, "axle", (sdx_attr){.kind = SDX_ATTR_INT, .i = 1}));
    fails(SDX_INVALID_MODEL, "attribute 'axle' is unknown, expected one of 'axis', 'mode', 'axes', "
                             "'alpha'; remove it");
    node->named[1] = node->named[0];
    fails(SDX_INVALID_MODEL, "attribute 'axes' is given twice; remove one");
    sdx_node_drop_attr(node, "axes");
    sdx_node_drop_attr(node, "axes");
    fails(SDX_INVALID_MODEL, "attribute 'axes' is absent, expected ints; add it");
}

static void types(void **state) {
    (void)state;
    in[0]->type = sdx_type_tensor(SDX_STRING);
    fails(SDX_TYPE_MISMATCH, "input 'X' has type string, supported: float32, float64; insert a "
                             "Cast before it");
    in[0]->type = sdx_type_sequence(SDX_FLOAT32);
    fails(SDX_TYPE_MISMATCH, "input 'X' has type seq(tensor(float32)), supported: float32, "
                             "float64; convert it before");
    in[0]->type = NULL;
    in[3]->type = sdx_type_tensor(SDX_FLOAT64);
    fails(SDX_TYPE_MISMATCH, "input 'Y' has type float64, expected float32 as 'Y' has; insert a "
                             "Cast before it");
    in[3]->type = NULL;
    out[0]->type = sdx_type_tensor(SDX_FLOAT64);
    fails(SDX_TYPE_MISMATCH,
          "output 'Z' has type float64, expected float32 as 'Y' has; correct its declared type");
}

static void versions(void **state) {
    (void)state;
    node->version = 2;
    fails(SDX_INVALID_MODEL, "the operator exists since opset 3; raise the model's opset_import");
    node->version = 0; /* made by a rewrite */
    assert_null(sdx_op_check(node));
}

static void registry_finds_each(void **state) {
    (void)state;
    const sdx_op *op;
    for (size_t i = 0; (op = sdx_op_at(i)) != NULL; i++) {
        assert_ptr_equal(sdx_op_find(sdx_str_from(op->domain), sdx_str_from(op->name)), op);
        assert_true(op->since >= 1 && op->newest >= op->since);
        const bool is_replaced = /* at any version, by another operator */
            op->n_upgrades > 0 && op->upgrades[op->n_upgrades - 1].below == INT_MAX;
        assert_true(op->run || op->flags & SDX_OP_ALIAS || is_replaced);
        for (size_t p = 0; p < op->n_inputs; p++)
            assert_true(op->inputs[p].types != 0);
        for (size_t u = 1; u < op->n_upgrades; u++)
            assert_true(op->upgrades[u - 1].below < op->upgrades[u].below);
    }
    assert_ptr_equal(sdx_op_find(SDX_STR("ai.onnx"), SDX_STR("Shape")),
                     sdx_op_find(SDX_STR(""), SDX_STR("Shape")));
    assert_null(sdx_op_find(SDX_STR(""), SDX_STR("Shap")));
    assert_null(sdx_op_find(SDX_STR(""), SDX_STR("Shape\0x")));
    assert_null(sdx_op_find(SDX_STR(""), SDX_STR("")));
    assert_null(sdx_op_find(SDX_STR("other"), SDX_STR("Shape")));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_right_node_passes),
        TEST(optional_inputs_may_be_absent),
        TEST(arity),
        TEST(attributes),
        TEST(types),
        TEST(versions),
        cmocka_unit_test(registry_finds_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
