/* Explanations: each change of loading is noted with what stands for the node now, and each step
 * says when and how it is computed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "model_text.h"

static sdx_runtime *runtime;

static int setup(void **state) {
    (void)state;
    must(sdx_runtime_create(NULL, &runtime));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    sdx_runtime_release(runtime);
    return 0;
}

static bool is(sdx_str str, const char *text) {
    return str.len == strlen(text) && memcmp(str.ptr, text, str.len) == 0;
}

enum { MAX_SEEN = 16 };

typedef struct changes {
    sdx_change_info items[MAX_SEEN];
    size_t n;
} changes;

static void take_change(void *user, const sdx_change_info *change) {
    changes *const c = user;
    assert_true(c->n < MAX_SEEN);
    c->items[c->n++] = *change;
}

/* The only change by `rule`. */
static const sdx_change_info *change_by(const changes *c, const char *rule) {
    const sdx_change_info *found = NULL;
    for (size_t i = 0; i < c->n; i++) {
        if (strcmp(c->items[i].rule, rule) != 0) continue;
        assert_null(found);
        found = &c->items[i];
    }
    assert_non_null(found);
    return found;
}

static const char *const changing = "opset 11\n"
                                    "opset 1 my\n"
                                    "function y = my::Twice(x) {\n"
                                    "opset 11\n"
                                    "node y = Add(x, x)\n"
                                    "}\n"
                                    "input x float32[1,n,3]\n"
                                    "init a float32[1] 1\n"
                                    "init b float32[1] 2\n"
                                    "node c = Mul(a, b)\n"
                                    "node i = Identity(x)\n"
                                    "node s = Squeeze(i) axes=[0]\n"
                                    "node t = my::Twice(s)\n"
                                    "node e = Exp(t)\n"
                                    "node f = Exp(t)\n"
                                    "node unused = Sin(t)\n"
                                    "node g = Sub(e, f)\n"
                                    "node y = Add(g, c)\n"
                                    "output y\n";

static void each_change_is_noted(void **state) {
    (void)state;
    sdx_model *const model = model_of(runtime, changing, NULL);
    changes c = {.n = 0};
    sdx_model_changes_each(model, take_change, &c);
    const sdx_change_info *const inlined = change_by(&c, "inline");
    assert_true(is(inlined->op, "Twice") && inlined->into.len > 0);
    const sdx_change_info *const upgraded = change_by(&c, "upgrade");
    assert_true(is(upgraded->op, "Squeeze") && is(upgraded->into_op, "Squeeze"));
    assert_int_equal(upgraded->version, 11);
    assert_true(upgraded->into_version > 11);
    const sdx_change_info *const folded = change_by(&c, "fold_constants");
    assert_true(is(folded->op, "Mul") && is(folded->into, "c") && folded->into_op.len == 0);
    const sdx_change_info *const dropped = change_by(&c, "drop_identity");
    assert_true(is(dropped->op, "Identity") && is(dropped->into, "x"));
    const sdx_change_info *const merged = change_by(&c, "merge_equal");
    assert_true(is(merged->op, "Exp") && is(merged->into_op, "Exp"));
    assert_false(is(merged->node, merged->into.ptr));
    const sdx_change_info *const gone = change_by(&c, "drop_unused");
    assert_true(is(gone->op, "Sin") && gone->into.len == 0);
    sdx_model_release(model);
}

static void a_graph_as_it_stands_has_no_rewrites(void **state) {
    (void)state;
    sdx_model_options options;
    sdx_model_options_init(&options);
    options.optimize = false;
    sdx_model *const model = model_of(runtime, changing, &options);
    changes c = {.n = 0};
    sdx_model_changes_each(model, take_change, &c);
    assert_int_equal(c.n, 2); /* inline, upgrade */
    sdx_model_release(model);
}

typedef struct steps {
    sdx_step_info items[MAX_SEEN];
    size_t n;
} steps;

static void take_step(void *user, const sdx_step_info *step) {
    steps *const s = user;
    assert_true(s->n < MAX_SEEN);
    s->items[s->n++] = *step;
}

static const sdx_step_info *step_of(const steps *s, const char *op) {
    for (size_t i = 0; i < s->n; i++) {
        if (is(s->items[i].op, op)) return &s->items[i];
    }
    fail_msg("no step of %s", op);
    return NULL;
}

static const char *const computing = "opset 17\n"
                                     "input x float32[n,16]\n"
                                     "init w float32[16,16] random\n"
                                     "init m int64[] 2\n"
                                     "init yes bool[] 1\n"
                                     "init flat int64[1] -1\n"
                                     "graph body {\n"
                                     "input i int64[]\n"
                                     "input go bool[]\n"
                                     "input v float32[k,16]\n"
                                     "node again = Identity(go)\n"
                                     "node p = MatMul(v, w)\n"
                                     "output again\n"
                                     "output p\n"
                                     "}\n"
                                     "node h = Loop(m, yes, x) body=@body\n"
                                     "node s = Shape(x)\n"
                                     "node f = Reshape(x, flat)\n"
                                     "node r = Reshape(f, s)\n"
                                     "node y = Add(h, r)\n"
                                     "output y\n";

static void steps_say_when_and_how(void **state) {
    (void)state;
    sdx_model *const model = model_of(runtime, computing, NULL);
    sdx_context *context;
    must(sdx_context_create(model, NULL, &context));
    steps before = {.n = 0}, after = {.n = 0};
    sdx_context_steps_each(context, take_step, &before);
    assert_null(step_of(&before, "MatMul")->how); /* shapes are not known */
    assert_int_equal(step_of(&before, "Add")->dtype, SDX_UNDEFINED);

    const int64_t dims[] = {20, 16};
    sdx_value *const x = random_tensor(1, 2, dims);
    sdx_value *y = NULL;
    must(sdx_context_run(context, &x, 1, &y, 1, NULL));
    sdx_context_steps_each(context, take_step, &after);
    assert_int_equal(after.n, before.n);
    const sdx_step_info *const product = step_of(&after, "MatMul");
    const sdx_step_info *const loop = step_of(&after, "Loop");
    assert_non_null(strstr(product->how, "packed at load"));
    assert_string_equal(product->place, "cpu");
    assert_int_equal(product->depth, 1);
    assert_int_not_equal(product->graph, loop->graph);
    assert_int_equal(product->owner, loop->id);
    assert_int_equal(loop->owner, UINT32_MAX);
    assert_int_equal(step_of(&after, "Shape")->when, SDX_WHEN_BIND);
    assert_int_equal(step_of(&after, "Reshape")->when, SDX_WHEN_NEVER);
    const sdx_step_info *const sum = step_of(&after, "Add");
    assert_int_equal(sum->when, SDX_WHEN_RUN);
    assert_int_equal(sum->dtype, SDX_FLOAT32);
    assert_int_equal(sum->rank, 2);
    assert_int_equal(sum->dims[0], 20);
    assert_int_equal(sum->n_reads, 2);
    assert_int_equal(sum->reads[0], loop->makes[0]);
    sdx_value_release(x);
    sdx_value_release(y);
    sdx_context_destroy(context);
    sdx_model_release(model);
}

/* An operator that knows no 16-bit floats is not asked how it is computed. */
static void forms_are_told(void **state) {
    (void)state;
    sdx_model *const model = model_of(runtime,
                                      "opset 17\n"
                                      "input x float16[4]\n"
                                      "node y = Sin(x)\n"
                                      "output y\n",
                                      NULL);
    sdx_context *context;
    const int64_t dims[] = {4};
    sdx_value *x;
    steps s = {.n = 0};
    must(sdx_context_create(model, NULL, &context));
    must(sdx_tensor_create(NULL, SDX_FLOAT16, 1, dims, &x));
    must(sdx_context_bind(context, &x, 1));
    sdx_context_steps_each(context, take_step, &s);
    assert_non_null(strstr(step_of(&s, "Sin")->how, "float32"));
    sdx_value_release(x);
    sdx_context_destroy(context);
    sdx_model_release(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change_is_noted),
        cmocka_unit_test(a_graph_as_it_stands_has_no_rewrites),
        cmocka_unit_test(steps_say_when_and_how),
        cmocka_unit_test(forms_are_told),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
