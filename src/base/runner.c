/* See runner.h. */
#include "base/runner.h"

#include <limits.h>

#include "base/heap.h"
#include "base/port.h"
#include "base/thread.h"

typedef struct runner {
    struct runner *next; /* in the list it is in */
    sdx_os_thread thread;
    atomic_uint called; /* grows by one with each task, and at the end */
    sdx_task_fn *fn;    /* NULL: to end */
    void *arg;
} runner;

static struct {
    sdx_mutex mutex; /* guards all but the epoch */
    runner *idle;    /* asleep, or about to be */
    runner *spare;   /* without a thread */
    bool ready, quitting;
    atomic_uint epoch;
} runners;

static void push(runner **list, runner *r) {
    r->next = *list;
    *list = r;
}

static runner *pop(runner **list) {
    runner *const r = *list;
    if (r) *list = r->next;
    return r;
}

/* ---- threads ---- */

/* Does its task, then lies down. False: the library is going away, nobody waits for this thread. */
static bool serve(runner *me) {
    me->fn(me->arg);
    sdx_mutex_lock(&runners.mutex);
    const bool stay = !runners.quitting;
    if (stay) push(&runners.idle, me);
    sdx_mutex_unlock(&runners.mutex);
    if (stay) return true;
    sdx_os_thread_detach(&me->thread);
    sdx_heap_free(sdx_heap_global(), me, sizeof *me);
    return false;
}

static void *work(void *arg) {
    runner *const me = arg;
    unsigned seen = 0;
    for (;;) {
        unsigned called = atomic_load_explicit(&me->called, memory_order_acquire);
        while (called == seen) {
            sdx_wait_word(&me->called, seen, UINT64_MAX);
            called = atomic_load_explicit(&me->called, memory_order_acquire);
        }
        seen = called;
        if (!me->fn || !serve(me)) return NULL;
    }
}

static void call(runner *r, sdx_task_fn *fn, void *arg) {
    r->fn = fn;
    r->arg = arg;
    atomic_fetch_add_explicit(&r->called, 1, memory_order_release);
    sdx_wake_word(&r->called, 1);
}

/* ---- fork and exit ---- */

static void before_fork(void) { sdx_mutex_lock(&runners.mutex); }
static void after_fork(void) { sdx_mutex_unlock(&runners.mutex); }

/* Those in a task are in no list: their memory stays as it is. */
static void in_child(void) {
    for (runner *r; (r = pop(&runners.idle));)
        push(&runners.spare, r);
    atomic_fetch_add(&runners.epoch, 1);
    sdx_mutex_unlock(&runners.mutex);
}

static void end_all(void) {
    sdx_mutex_lock(&runners.mutex);
    runners.quitting = true;
    runner *ending = runners.idle, *const spare = runners.spare;
    runners.idle = runners.spare = NULL;
    sdx_mutex_unlock(&runners.mutex);
    for (runner *r; (r = pop(&ending));) {
        call(r, NULL, NULL);
        sdx_os_thread_join(&r->thread);
        sdx_heap_free(sdx_heap_global(), r, sizeof *r);
    }
    for (runner *list = spare, *r; (r = pop(&list));)
        sdx_heap_free(sdx_heap_global(), r, sizeof *r);
}

/* ---- tasks ---- */

static bool get_ready(void) {
    if (!runners.ready && !runners.quitting)
        runners.ready = sdx_os_at_fork_and_exit(before_fork, after_fork, in_child, end_all);
    return runners.ready && !runners.quitting;
}

static sdx_status no_thread(void) {
    return sdx_fail(SDX_OUT_OF_MEMORY,
                    "the system gives no thread for an asynchronous run; run it here");
}

/* A thread more, with its first task. */
static sdx_status hire(runner *r, sdx_task_fn *fn, void *arg) {
    if (!r) SDX_TRY(SDX_NEW(sdx_heap_global(), &r));
    *r = (runner){.fn = fn, .arg = arg};
    atomic_init(&r->called, 1);
    sdx_mutex_lock(&runners.mutex); /* serve finds the handle written */
    const bool started = sdx_os_thread_start(&r->thread, work, r);
    sdx_mutex_unlock(&runners.mutex);
    if (started) return NULL;
    sdx_heap_free(sdx_heap_global(), r, sizeof *r);
    return no_thread();
}

sdx_status sdx_runner_start(sdx_task_fn *fn, void *arg) {
    sdx_mutex_lock(&runners.mutex);
    const bool open = get_ready();
    runner *const idle = open ? pop(&runners.idle) : NULL;
    runner *const spare = open && !idle ? pop(&runners.spare) : NULL;
    sdx_mutex_unlock(&runners.mutex);
    if (!open) return no_thread();
    if (!idle) return hire(spare, fn, arg);
    call(idle, fn, arg);
    return NULL;
}

unsigned sdx_runner_epoch(void) { return atomic_load(&runners.epoch); }
