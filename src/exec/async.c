/* Who uses a context: one run at a time, and runs that go on while their caller does something
 * else. */
#include <limits.h>
#include <string.h>

#include "base/runner.h"
#include "exec/context.h"

static uint64_t deadline_from_now(uint64_t ns) {
    if (ns == 0) return UINT64_MAX;
    const uint64_t now = sdx_clock_ns();
    return ns > UINT64_MAX - now ? UINT64_MAX : now + ns;
}

sdx_status sdx_context_begin(sdx_context *context, sdx_business business) {
    const unsigned epoch = business == SDX_BUSY_ASYNC ? sdx_runner_epoch() << SDX_BUSINESS_BITS : 0;
    unsigned expected = SDX_FREE;
    if (!atomic_compare_exchange_strong_explicit(&context->busy, &expected, business | epoch,
                                                 memory_order_acquire, memory_order_relaxed))
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "the context is in another run; wait for that, or take a context of your "
                        "own for each thread");
    context->deadline = deadline_from_now(context->deadline_ns);
    atomic_store(&context->stop, 0); /* a cancellation between runs is of no run */
    return NULL;
}

void sdx_context_end(sdx_context *context) {
    atomic_store_explicit(&context->busy, SDX_FREE, memory_order_release);
}

/* ---- asynchronous runs */

static void release_inputs(sdx_context *context) {
    sdx_async *const a = &context->async;
    sdx_heap *const heap = sdx_store_heap(context->store);
    const size_t n = context->frame->program->n_inputs;
    for (size_t i = 0; a->inputs != NULL && i < n; i++) {
        sdx_value_release(a->inputs[i]);
    }
    sdx_heap_free(heap, a->inputs, n * sizeof *a->inputs);
    sdx_heap_free(heap, a->wanted, context->frame->program->n_outputs * sizeof *a->wanted);
    *a = (sdx_async){0};
}

static sdx_status keep_inputs(sdx_context *context, sdx_value *const *inputs, const bool *wanted) {
    sdx_async *const a = &context->async;
    sdx_heap *const heap = sdx_store_heap(context->store);
    const size_t n_inputs = context->frame->program->n_inputs;
    const size_t n_outputs = context->frame->program->n_outputs;
    if (n_inputs != 0) SDX_TRY(SDX_NEW_ARRAY(heap, n_inputs, &a->inputs));
    for (size_t i = 0; i < n_inputs; i++) {
        a->inputs[i] = inputs[i] != NULL ? sdx_value_retain(inputs[i]) : NULL;
    }
    if (wanted == NULL || n_outputs == 0) return NULL;
    SDX_TRY(SDX_NEW_ARRAY(heap, n_outputs, &a->wanted));
    memcpy(a->wanted, wanted, n_outputs * sizeof *wanted);
    return NULL;
}

/* From the store of `busy` on the context may be gone: others wait for that. A waiter that was
 * woken looks at its own word alone, so waking a word that has been freed is harmless. */
static void run_task(void *arg) {
    sdx_context *const context = arg;
    sdx_async *const a = &context->async;
    const sdx_status status = sdx_context_execute(context, a->inputs, a->outputs, a->wanted);
    sdx_done_fn *const done = a->done;
    void *const user = a->user;
    release_inputs(context);
    atomic_uint *const busy = &context->busy;
    sdx_context_end(context);
    sdx_wake_word(busy, UINT_MAX);
    done(user, status);
}

static sdx_status start(sdx_context *context, sdx_value *const *inputs, sdx_value **outputs,
                        const bool *wanted, sdx_done_fn *done, void *user) {
    sdx_async *const a = &context->async;
    SDX_TRY(keep_inputs(context, inputs, wanted));
    a->outputs = outputs;
    a->done = done;
    a->user = user;
    return sdx_runner_start(run_task, context);
}

sdx_status sdx_context_start(sdx_context *context, sdx_value *const *inputs, sdx_value **outputs,
                             const bool *wanted, sdx_done_fn *done, void *user) {
    SDX_TRY(sdx_context_begin(context, SDX_BUSY_ASYNC));
    const sdx_status status = start(context, inputs, outputs, wanted, done, user);
    if (status == NULL) return NULL;
    release_inputs(context);
    sdx_context_end(context);
    return status;
}

bool sdx_context_await(sdx_context *context) {
    for (;;) {
        const unsigned busy = atomic_load_explicit(&context->busy, memory_order_acquire);
        if ((busy & ((1u << SDX_BUSINESS_BITS) - 1)) != SDX_BUSY_ASYNC) return true;
        if (busy != (SDX_BUSY_ASYNC | sdx_runner_epoch() << SDX_BUSINESS_BITS)) return false;
        sdx_wait_word(&context->busy, busy, UINT64_MAX);
    }
}
