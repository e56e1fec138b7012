/* Runs that are ended: cancelled from another thread, or by a deadline; the context runs again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "emulated.h"
#include "model_text.h"

/* Without an end when `go` is true; the second has a body that computes nothing. */
#define LOOP(step, next)                         \
    "opset 17\n"                                 \
    "input x float32[4]\n"                       \
    "input go bool[]\n"                          \
    "graph body {\n"                             \
    "input i int64[]\n"                          \
    "input again bool[]\n"                       \
    "input v float32[4]\n" step "output again\n" \
    "output " next "\n"                          \
    "}\n"                                        \
    "node y = Loop(_, go, x) body=@body\n"       \
    "output y\n"

static const char *const loops[] = {LOOP("node w = Neg(v)\n", "w"), LOOP("", "v")};
enum { N_LOOPS = sizeof loops / sizeof *loops };

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

typedef struct fixture {
    sdx_model *model;
    sdx_context *context;
    sdx_value *inputs[2];
} fixture;

static fixture begin(const char *text) {
    static const int64_t four[] = {4};
    fixture f = {.model = model_of(runtime, text, NULL), .inputs = {random_tensor(1, 1, four)}};
    must(sdx_context_create(f.model, NULL, &f.context));
    must(sdx_tensor_create(NULL, SDX_BOOL, 0, NULL, &f.inputs[1]));
    return f;
}

static void end(fixture *f) {
    sdx_context_destroy(f->context);
    sdx_model_release(f->model);
    sdx_value_release(f->inputs[0]);
    sdx_value_release(f->inputs[1]);
}

static sdx_status run(fixture *f, bool go) {
    sdx_value *y = NULL;
    *(uint8_t *)sdx_tensor_data(f->inputs[1]) = go;
    const sdx_status status = sdx_context_run(f->context, f->inputs, 2, &y, 1, NULL);
    assert_true((y == NULL) == (status != NULL));
    sdx_value_release(y);
    return status;
}

typedef struct canceller {
    sdx_context *context;
    atomic_bool done;
} canceller;

/* Again and again: a cancel before the run has begun is none. */
static void *cancel(void *arg) {
    canceller *const c = arg;
    while (!atomic_load(&c->done)) {
        sdx_context_cancel(c->context);
        sched_yield();
    }
    return NULL;
}

static void another_thread_cancels(void **state) {
    (void)state;
    for (int i = 0; i < N_LOOPS; i++) {
        fixture f = begin(loops[i]);
        canceller c = {.context = f.context};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, cancel, &c), 0);
        const sdx_status status = run(&f, true);
        atomic_store(&c.done, true);
        assert_int_equal(pthread_join(thread, NULL), 0);
        must_fail(status, SDX_CANCELLED, "the run was cancelled");
        assert_true(sdx_refs_unique(&f.inputs[0]->refs));
        must(run(&f, false));
        end(&f);
    }
}

/* Models of one long operator, one lane: what a cancelled run leaves behind shows that it was cut
 * short. */
static const char *const operators[] = {
    "opset 17\ninput x float32[512,2048]\ninit w float32[2048,1024] random\n"
    "node y = MatMul(x, w)\noutput y\n",
    "opset 17\ninput x float32[1,64,100,100]\ninit w float32[256,64,3,3] random\n"
    "node y = Conv(x, w)\noutput y\n",
};
static const size_t ranks[] = {2, 4};
static const int64_t in_dims[][4] = {{512, 2048}, {1, 64, 100, 100}};
static const int64_t out_dims[][4] = {{512, 1024}, {1, 256, 98, 98}};
enum { N_OPERATORS = sizeof operators / sizeof *operators, TRIES = 200 };

static sdx_value *not_written(size_t rank, const int64_t *dims) {
    sdx_value *y;
    must(sdx_tensor_create(NULL, SDX_FLOAT32, rank, dims, &y));
    float *const elements = sdx_tensor_data(y);
    for (size_t i = 0; i < sdx_tensor_len(y); i++) {
        elements[i] = NAN;
    }
    return y;
}

static bool all_written(const sdx_value *y) {
    const float *const elements = sdx_tensor_data(y);
    bool all = true;
    for (size_t i = 0; i < sdx_tensor_len(y); i++) {
        all = all && !isnan(elements[i]);
    }
    return all;
}

/* Whether a run was cancelled that had not computed everything yet. */
static bool was_cut_short(sdx_context *context, sdx_value *x, sdx_value *y) {
    canceller c = {.context = context};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel, &c), 0);
    const sdx_status status = sdx_context_run(context, &x, 1, &y, 1, NULL);
    atomic_store(&c.done, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    if (status == NULL) return false;
    must_fail(status, SDX_CANCELLED, "the run was cancelled");
    return !all_written(y);
}

static void a_long_operator_is_cut_short(void **state) {
    sdx_context_options options;
    sdx_context_options_init(&options);
    options.threads = 1;
    (void)state;
    if (emulated()) skip(); /* they are as long as a fast machine needs them */
    for (int i = 0; i < N_OPERATORS; i++) {
        sdx_model *const model = model_of(runtime, operators[i], NULL);
        sdx_context *context;
        must(sdx_context_create(model, &options, &context));
        sdx_value *const x = random_tensor(3, ranks[i], in_dims[i]);
        sdx_value *y = not_written(ranks[i], out_dims[i]);
        bool cut = false;
        for (int try = 0; !cut && try < TRIES; try++) {
            cut = was_cut_short(context, x, y);
        }
        assert_true(cut);
        must(sdx_context_run(context, &x, 1, &y, 1, NULL));
        assert_true(all_written(y));
        sdx_value_release(x);
        sdx_value_release(y);
        sdx_context_destroy(context);
        sdx_model_release(model);
    }
}

static void a_deadline_ends_a_run(void **state) {
    (void)state;
    for (int i = 0; i < N_LOOPS; i++) {
        fixture f = begin(loops[i]);
        sdx_context_set_deadline(f.context, 2000000);
        must_fail(run(&f, true), SDX_DEADLINE, "deadline of 2000 us");
        sdx_context_set_deadline(f.context, UINT64_MAX);
        must(run(&f, false));
        sdx_context_set_deadline(f.context, 0);
        must(run(&f, false));
        end(&f);
    }
}

static void without_a_run_a_cancel_does_nothing(void **state) {
    (void)state;
    fixture f = begin(loops[0]);
    sdx_context_cancel(f.context);
    must(run(&f, false));
    end(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_thread_cancels),
        cmocka_unit_test(a_long_operator_is_cut_short),
        cmocka_unit_test(a_deadline_ends_a_run),
        cmocka_unit_test(without_a_run_a_cancel_does_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
