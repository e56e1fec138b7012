/* Asynchronous runs: their results, who may use a context meanwhile, callbacks that run again,
 * cancelling, ending a model and a process in the middle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>

#include "base/thread.h"
#include "emulated.h"
#include "model_text.h"
#include "posix.h"
#include "sanitizer.h"

/* Turns a body `m` times; forever where `go` is true and `m` is absent. */
static const char *const loop_text = "opset 17\n"
                                     "input x float32[4]\n"
                                     "input m int64[]\n"
                                     "init yes bool[] 1\n"
                                     "graph body {\n"
                                     "input i int64[]\n"
                                     "input again bool[]\n"
                                     "input v float32[4]\n"
                                     "node w = Neg(v)\n"
                                     "output again\n"
                                     "output w\n"
                                     "}\n"
                                     "node y = Loop(m, yes, x) body=@body\n"
                                     "output y\n";

static sdx_runtime *runtime;
static sdx_model *model;

static int setup(void **state) {
    (void)state;
    must(sdx_runtime_create(NULL, &runtime));
    model = model_of(runtime, loop_text, NULL);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    sdx_model_release(model);
    sdx_runtime_release(runtime);
    return 0;
}

/* One run and its end. */
typedef struct job {
    sdx_context *context;
    sdx_value *inputs[2], *y;
    sdx_status status;
    atomic_uint done;
} job;

static void finished(void *user, sdx_status status) {
    job *const j = user;
    j->status = status;
    atomic_store(&j->done, 1);
    sdx_wake_word(&j->done, UINT_MAX);
}

static void await(job *j) {
    while (atomic_load(&j->done) == 0) {
        sdx_wait_word(&j->done, 0, UINT64_MAX);
    }
}

static void begin(job *j, int64_t turns) {
    static const int64_t four[] = {4};
    *j = (job){.inputs = {random_tensor(1, 1, four)}};
    must(sdx_context_create(model, NULL, &j->context));
    must(sdx_tensor_create(NULL, SDX_INT64, 0, NULL, &j->inputs[1]));
    *(int64_t *)sdx_tensor_data(j->inputs[1]) = turns;
}

static void end(job *j) {
    sdx_context_destroy(j->context);
    sdx_value_release(j->inputs[0]);
    sdx_value_release(j->inputs[1]);
    sdx_value_release(j->y);
}

static sdx_status start(job *j) {
    return sdx_context_run_async(j->context, j->inputs, 2, &j->y, 1, NULL, finished, j);
}

enum { MANY = 8, FOREVER = INT32_MAX };

static void runs_go_on_beside_each_other(void **state) {
    job jobs[MANY];
    (void)state;
    for (int i = 0; i < MANY; i++) {
        begin(&jobs[i], 1000 + i);
        must(start(&jobs[i]));
    }
    for (int i = 0; i < MANY; i++) {
        await(&jobs[i]);
        must(jobs[i].status);
        const float *const x = sdx_tensor_data(jobs[i].inputs[0]);
        const float *const y = sdx_tensor_data(jobs[i].y);
        assert_true(y[0] == (i % 2 == 0 ? x[0] : -x[0]));
        end(&jobs[i]);
    }
}

static void a_context_has_one_run_at_a_time(void **state) {
    job j;
    sdx_value *y = NULL;
    (void)state;
    begin(&j, FOREVER);
    must(start(&j));
    must_fail(sdx_context_run(j.context, j.inputs, 2, &y, 1, NULL), SDX_INVALID_ARGUMENT,
              "the context is in another run");
    must_fail(start(&j), SDX_INVALID_ARGUMENT, "the context is in another run");
    must_fail(sdx_context_bind(j.context, j.inputs, 2), SDX_INVALID_ARGUMENT, "bind: the context");
    sdx_context_cancel(j.context);
    sdx_context_wait(j.context);
    await(&j);
    must_fail(j.status, SDX_CANCELLED, "the run was cancelled");
    *(int64_t *)sdx_tensor_data(j.inputs[1]) = 2;
    must(sdx_context_run(j.context, j.inputs, 2, &y, 1, NULL));
    sdx_value_release(y);
    end(&j);
}

static void a_cancel_right_after_the_start_counts(void **state) {
    (void)state;
    for (int i = 0; i < 50; i++) {
        job j;
        begin(&j, FOREVER);
        must(start(&j));
        sdx_context_cancel(j.context);
        await(&j);
        must_fail(j.status, SDX_CANCELLED, "the run was cancelled");
        end(&j);
    }
}

static void errors_come_to_the_callback(void **state) {
    static const int64_t five[] = {5};
    job j;
    (void)state;
    begin(&j, 1);
    sdx_value_release(j.inputs[0]);
    j.inputs[0] = random_tensor(1, 1, five);
    must(start(&j));
    await(&j);
    must_fail(j.status, SDX_SHAPE_MISMATCH, "expected 4");
    assert_null(j.y);
    must_fail(sdx_context_run_async(j.context, j.inputs, 1, &j.y, 1, NULL, finished, &j),
              SDX_INVALID_ARGUMENT, "found 1 inputs");
    must_fail(sdx_context_run_async(j.context, j.inputs, 2, &j.y, 1, NULL, NULL, &j),
              SDX_INVALID_ARGUMENT, "a function to call when done");
    end(&j);
}

/* From the callback: the same context again, and another one in place. */
typedef struct chain {
    job first, second;
    int left;
    sdx_status status;
    atomic_uint done;
} chain;

static void next(void *user, sdx_status status) {
    chain *const c = user;
    sdx_value *y = NULL;
    sdx_value_release(c->first.y);
    c->first.y = NULL;
    if (status == NULL)
        status = sdx_context_run(c->second.context, c->second.inputs, 2, &y, 1, NULL);
    sdx_value_release(y);
    const bool last = --c->left == 0; /* the next one may be on before this one is left */
    if (status == NULL && !last)
        status = sdx_context_run_async(c->first.context, c->first.inputs, 2, &c->first.y, 1, NULL,
                                       next, c);
    if (status == NULL && !last) return;
    c->status = status;
    atomic_store(&c->done, 1);
    sdx_wake_word(&c->done, UINT_MAX);
}

static void callbacks_run_again(void **state) {
    chain c = {.left = 20};
    (void)state;
    begin(&c.first, 3);
    begin(&c.second, 3);
    must(sdx_context_run_async(c.first.context, c.first.inputs, 2, &c.first.y, 1, NULL, next, &c));
    while (atomic_load(&c.done) == 0) {
        sdx_wait_word(&c.done, 0, UINT64_MAX);
    }
    must(c.status);
    end(&c.first);
    end(&c.second);
}

static void a_model_is_closed_in_the_middle(void **state) {
    sdx_model *const other = model_of(runtime, loop_text, NULL);
    job j;
    (void)state;
    begin(&j, FOREVER);
    sdx_context_destroy(j.context);
    must(sdx_context_create(other, NULL, &j.context));
    must(start(&j));
    sdx_model_release(other);
    sdx_context_cancel(j.context);
    sdx_context_destroy(j.context); /* waits */
    j.context = NULL;
    await(&j);
    must_fail(j.status, SDX_CANCELLED, "the run was cancelled");
    end(&j);
}

/* The child has contexts of its own; the one that was in a run is left alone there. */
static void a_fork_in_the_middle(void **state) {
    job j;
    (void)state;
    if (!HAS_FORK || !SDX_CHILD_HAS_THREADS || emulated()) skip();
    begin(&j, FOREVER);
    must(start(&j));
    const pid_t child = fork();
    if (child == 0) {
        job own;
        sdx_context_wait(j.context);
        sdx_context_destroy(j.context);
        begin(&own, 4);
        const bool good = start(&own) == NULL;
        if (good) await(&own);
        _exit(good && own.status == NULL && own.y != NULL ? 0 : 1);
    }
    int status = 1;
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    sdx_context_cancel(j.context);
    await(&j);
    must_fail(j.status, SDX_CANCELLED, "the run was cancelled");
    end(&j);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_go_on_beside_each_other),
        cmocka_unit_test(a_context_has_one_run_at_a_time),
        cmocka_unit_test(a_cancel_right_after_the_start_counts),
        cmocka_unit_test(errors_come_to_the_callback),
        cmocka_unit_test(callbacks_run_again),
        cmocka_unit_test(a_model_is_closed_in_the_middle),
        cmocka_unit_test(a_fork_in_the_middle),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
