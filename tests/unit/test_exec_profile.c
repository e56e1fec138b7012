/* Profiles: what is counted, for nodes of subgraphs too, and that counting can be left and begun
 * again. Times are only compared with each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "model_text.h"

/* Three turns of a body with one product. */
static const char *const text = "opset 17\n"
                                "input x float32[n,16]\n"
                                "init w float32[16,16] random\n"
                                "init m int64[] 3\n"
                                "init yes bool[] 1\n"
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
                                "node y = Tanh(h)\n"
                                "output y\n";

typedef struct fixture {
    sdx_runtime *runtime;
    sdx_model *model;
    sdx_context *context;
} fixture;

static int begin(void **state) {
    static fixture f;
    must(sdx_runtime_create(NULL, &f.runtime));
    f.model = model_of(f.runtime, text, NULL);
    must(sdx_context_create(f.model, NULL, &f.context));
    *state = &f;
    return 0;
}

static int end(void **state) {
    fixture *const f = *state;
    sdx_context_destroy(f->context);
    sdx_model_release(f->model);
    sdx_runtime_release(f->runtime);
    return 0;
}

static void run(const fixture *f, int64_t rows) {
    const int64_t dims[] = {rows, 16};
    sdx_value *const x = random_tensor(1, 2, dims);
    sdx_value *y = NULL;
    must(sdx_context_run(f->context, &x, 1, &y, 1, NULL));
    sdx_value_release(x);
    sdx_value_release(y);
}

enum { MAX_NODES = 8 };

typedef struct seen {
    sdx_node_profile nodes[MAX_NODES];
    size_t n;
} seen;

static void take(void *user, const sdx_node_profile *node) {
    seen *const s = user;
    assert_true(s->n < MAX_NODES);
    s->nodes[s->n++] = *node;
}

static seen look(const fixture *f) {
    seen s = {.n = 0};
    sdx_context_profile_each(f->context, take, &s);
    return s;
}

static const sdx_node_profile *node_of(const seen *s, const char *op) {
    for (size_t i = 0; i < s->n; i++) {
        if (s->nodes[i].op.len == strlen(op) && memcmp(s->nodes[i].op.ptr, op, strlen(op)) == 0)
            return &s->nodes[i];
    }
    fail_msg("no node of %s was counted", op);
    return NULL;
}

static void calls_and_work_are_counted(void **state) {
    const fixture *const f = *state;
    must(sdx_context_profile_start(f->context, 0));
    run(f, 4);
    run(f, 4);
    sdx_context_profile_stop(f->context);
    run(f, 4); /* not counted */
    const seen s = look(f);
    const sdx_node_profile *const loop = node_of(&s, "Loop");
    const sdx_node_profile *const product = node_of(&s, "MatMul");
    const sdx_node_profile *const tanh = node_of(&s, "Tanh");
    assert_int_equal(loop->calls, 2);
    assert_int_equal(product->calls, 6);
    assert_int_equal(tanh->calls, 2);
    assert_int_equal(loop->depth, 0);
    assert_int_equal(product->depth, 1);
    assert_true(product->flops == 6 * 2.0 * 4 * 16 * 16);
    assert_true(tanh->flops == 2 * 4.0 * 16);
    assert_true(tanh->bytes == 2 * 2 * 4.0 * 16 * sizeof(float));
    assert_true(loop->ns >= product->ns);
    assert_true(loop->self_ns <= loop->ns - product->ns);
    assert_true(tanh->lanes >= 1 && tanh->loop_ns <= tanh->self_ns);
    assert_true(loop->loop_ns == 0 && loop->busy_ns == 0); /* those of its body count there */
    assert_true(product->id != tanh->id);
    assert_true(product->min_ns <= product->max_ns && product->max_ns <= product->ns);
    sdx_profile_summary sum = {.struct_size = sizeof sum};
    sdx_context_profile_summarize(f->context, &sum);
    assert_int_equal(sum.runs, 2);
    assert_true(sum.run_ns >= loop->ns + tanh->ns);
    assert_true(sum.bind_ns <= sum.run_ns);
}

static void a_start_forgets(void **state) {
    const fixture *const f = *state;
    must(sdx_context_profile_start(f->context, 0));
    run(f, 2);
    must(sdx_context_profile_start(f->context, 0));
    assert_int_equal(look(f).n, 0);
    run(f, 3);
    const seen s = look(f);
    assert_int_equal(node_of(&s, "Loop")->calls, 1);
}

static void count_span(void *user, const sdx_profile_span *span) {
    uint64_t *const until = user;
    assert_true(span->start_ns + span->ns >= *until); /* in the order of the ends */
    *until = span->start_ns + span->ns;
}

static void a_time_line_is_bounded(void **state) {
    const fixture *const f = *state;
    must(sdx_context_profile_start(f->context, 6));
    run(f, 1);
    run(f, 1);
    sdx_context_profile_stop(f->context);
    sdx_profile_summary sum = {.struct_size = sizeof sum};
    uint64_t until = 0, calls = 0;
    sdx_context_profile_summarize(f->context, &sum);
    sdx_context_profile_spans(f->context, count_span, &until);
    const seen s = look(f);
    for (size_t i = 0; i < s.n; i++) {
        calls += s.nodes[i].calls;
    }
    assert_int_equal(sum.n_spans, 6);
    assert_int_equal(sum.n_spans + sum.n_dropped, calls);
    assert_true(until > 0);
}

/* Which lanes come is up to the system; what is told of them must fit together. */
static void check_span(void *user, const sdx_profile_span *span) {
    const sdx_node_profile *const node = user;
    if (span->id != node->id) return;
    assert_true(span->lane < 3);
    assert_true(span->busy_ns <= span->ns);
    assert_true(span->ns <= node->max_ns);
}

static void lanes_are_counted(void **state) {
    const fixture *const f = *state;
    sdx_context *context;
    sdx_context_options options;
    sdx_context_options_init(&options);
    options.threads = 3;
    must(sdx_context_create(f->model, &options, &context));
    const fixture wide = {.context = context};
    must(sdx_context_profile_start(context, 1000));
    for (int i = 0; i < 5; i++) {
        run(&wide, 20000);
    }
    sdx_profile_summary sum = {.struct_size = sizeof sum};
    sdx_context_profile_summarize(context, &sum);
    assert_int_equal(sum.lanes, 3);
    const seen s = look(&wide);
    const sdx_node_profile *const tanh = node_of(&s, "Tanh");
    assert_int_equal(tanh->calls, 5);
    assert_true(tanh->lanes >= 1 && tanh->lanes <= 3);
    assert_true(tanh->loop_ns > 0 && tanh->loop_ns <= tanh->self_ns);
    assert_true(tanh->busy_ns <= 3 * tanh->loop_ns);
    sdx_context_profile_spans(context, check_span, (void *)(uintptr_t)tanh);
    sdx_context_destroy(context);
}

static void the_machine_has_a_peak(void **state) {
    (void)state;
    sdx_machine_peak peak = {.struct_size = sizeof peak};
    must(sdx_machine_measure(1, &peak));
    assert_int_equal(peak.threads, 1);
    assert_true(peak.flops > 1e6 && peak.flops < 1e15);
    assert_true(peak.bytes > 1e6 && peak.bytes < 1e15);
    must_fail(sdx_machine_measure(1, NULL), SDX_INVALID_ARGUMENT, "expected a place");
    must_fail(sdx_machine_measure(5000, &peak), SDX_INVALID_ARGUMENT, "5000 threads");
}

static void a_failed_run_is_counted_as_far_as_it_came(void **state) {
    const fixture *const f = *state;
    const int64_t wrong[] = {4, 15};
    sdx_value *const x = random_tensor(1, 2, wrong);
    sdx_value *y = NULL;
    must(sdx_context_profile_start(f->context, 4));
    must_fail(sdx_context_run(f->context, &x, 1, &y, 1, NULL), SDX_SHAPE_MISMATCH, "expected 16");
    sdx_value_release(x);
    run(f, 1);
    const seen s = look(f);
    assert_int_equal(node_of(&s, "Tanh")->calls, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(calls_and_work_are_counted, begin, end),
        cmocka_unit_test_setup_teardown(a_start_forgets, begin, end),
        cmocka_unit_test_setup_teardown(a_time_line_is_bounded, begin, end),
        cmocka_unit_test_setup_teardown(lanes_are_counted, begin, end),
        cmocka_unit_test(the_machine_has_a_peak),
        cmocka_unit_test_setup_teardown(a_failed_run_is_counted_as_far_as_it_came, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
