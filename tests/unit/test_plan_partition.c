/* Claims become groups: each without a way out and back, none waiting for another in a circle, and
 * only those that pay. The null provider claims by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "model_text.h"
#include "sardonyx/ep.h"
#include "sardonyx/provider.h"

/* Groups of nodes as a text: "a c | d", in the order of the nodes. */
typedef struct grouping {
    char text[512];
    char groups[16][32];
    char members[16][128];
    size_t n;
} grouping;

static void add(void *user, const sdx_node_place *place) {
    grouping *const g = user;
    char group[32];
    size_t i = 0;
    snprintf(group, sizeof group, "%.*s", (int)place->group.len, place->group.ptr);
    if (group[0] == 0) return;
    while (i < g->n && strcmp(g->groups[i], group) != 0) {
        i++;
    }
    if (i == g->n) {
        assert_true(g->n < 16);
        memcpy(g->groups[g->n++], group, sizeof group);
    }
    const size_t len = strlen(g->members[i]);
    snprintf(g->members[i] + len, sizeof g->members[i] - len, "%s%.*s", len > 0 ? " " : "",
             (int)place->node.len, place->node.ptr);
}

static sdx_model *load(const char *text, const char *options, sdx_runtime **runtime) {
    sdx_model_options model;
    sdx_model_options_init(&model);
    model.optimize = false;
    model.providers = "null";
    must(sdx_runtime_create(NULL, runtime));
    must(sdx_runtime_add_provider(*runtime, NULL, sdx_ep_open, options, NULL));
    return model_of(*runtime, text, &model);
}

static void expect(const char *text, const char *options, const char *expected) {
    grouping g = {0};
    sdx_runtime *runtime;
    sdx_model *const model = load(text, options, &runtime);
    sdx_model_places_each(model, add, &g);
    for (size_t i = 0; i < g.n; i++) {
        const size_t len = strlen(g.text);
        snprintf(g.text + len, sizeof g.text - len, "%s%s", i > 0 ? " | " : "", g.members[i]);
    }
    assert_string_equal(g.text, expected);
    assert_int_equal(sdx_model_n_groups(model), g.n);
    sdx_model_release(model);
    sdx_runtime_release(runtime);
}

#define HEAD "opset 17\ninput x float32[4]\n"

static void test_chain(void **state) {
    (void)state;
    static const char chain[] =
        HEAD "node a = Neg(x)\nnode b = Abs(a)\nnode c = Neg(b)\noutput c\n";
    expect(chain, "all", "Neg#0 Abs#1 Neg#2");
    expect(chain, "none", "");
    expect(chain, "names:Neg#0+Neg#2", "Neg#0 | Neg#2"); /* b is between them */
    expect(chain, "alternate", "Neg#0 | Neg#2");
}

/* a -> b -> c and a -> c: together a and c would wait for themselves. */
static void test_detour(void **state) {
    (void)state;
    static const char text[] =
        HEAD "node a = Neg(x)\nnode b = Abs(a)\nnode c = Add(a, b)\noutput c\n";
    expect(text, "names:Neg#0+Add#2", "Neg#0 | Add#2");
}

/* What the CPU makes before does not cut: b waits for it, a as well. */
static void test_side_branch(void **state) {
    (void)state;
    static const char text[] =
        HEAD "node a = Neg(x)\nnode s = Abs(x)\nnode t = Exp(s)\nnode b = Add(a, t)\noutput b\n";
    expect(text, "names:Neg#0+Add#3", "Neg#0 Add#3");
}

/* Each of two pairs is fine alone; together they would wait for each other: one is taken apart. */
static void test_circle(void **state) {
    (void)state;
    static const char text[] = HEAD "node a = Neg(x)\nnode b = Neg(x)\n"
                                    "node c = Abs(a)\nnode d = Abs(b)\n"
                                    "node e = Add(a, d)\nnode f = Add(b, c)\n"
                                    "output e\noutput f\n";
    expect(text, "names:Neg#0+Add#4+Neg#1+Add#5", "Neg#0 Add#4 | Neg#1 | Add#5");
}

/* Content from shapes is no way out: it costs nothing and stays in the group. */
static void test_shapes(void **state) {
    (void)state;
    static const char text[] =
        "opset 17\ninput x float32[n,4]\n"
        "init minus int64[1] -1\n"
        "node a = Neg(x)\nnode s = Shape(a)\n"
        "node r = Reshape(a, minus)\nnode b = Reshape(r, s)\nnode c = Abs(b)\n"
        "output c\n";
    expect(text, "all", "Neg#0 Shape#1 Reshape#2 Reshape#3 Abs#4");
}

static void test_weight(void **state) {
    (void)state;
    static const char small[] = HEAD "node a = Neg(x)\nnode b = Abs(a)\noutput b\n";
    static const char large[] = "opset 17\ninput x float32[512,512]\nnode a = MatMul(x, x)\n"
                                "node b = MatMul(a, x)\noutput b\n";
    expect(small, "all,weigh", "");
    expect(large, "all,weigh", "MatMul#0 MatMul#1");
    expect(large, "all,weigh,speedup=0.5", "");
}

static void test_report(void **state) {
    (void)state;
    sdx_runtime *runtime;
    sdx_model *const model =
        load("opset 17\ninput x float32[4]\nnode a = Neg(x)\noutput a\n", "all", &runtime);
    sdx_group_info info = {.struct_size = sizeof info};
    must(sdx_model_group(model, 0, &info));
    assert_int_equal(info.n_nodes, 1);
    assert_int_equal(info.n_inputs, 1);
    assert_int_equal(info.n_outputs, 1);
    assert_true(info.in_bytes == 16 && info.out_bytes == 16);
    assert_true(info.cpu_ns > 0 && info.device_ns > 0 && info.copy_ns > 0);
    must_fail(sdx_model_group(model, 1, &info), SDX_INVALID_ARGUMENT, "below 1");
    sdx_model_release(model);
    sdx_runtime_release(runtime);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain),       cmocka_unit_test(test_detour),
        cmocka_unit_test(test_side_branch), cmocka_unit_test(test_circle),
        cmocka_unit_test(test_shapes),      cmocka_unit_test(test_weight),
        cmocka_unit_test(test_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
