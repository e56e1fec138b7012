/* Gangs and the pool of workers that serves them.
 *
 * A loop. The caller writes what the loop is (fn, arg, n, grain) into the gang, sets `left` to the
 * number of chunks and then stores the same number into `tickets`. A lane claims a chunk by
 * subtracting one from `tickets`; the claim is good if the old value was above zero, and which
 * chunk it is follows from that value. A lane that gets no more subtracts the number of chunks it
 * has done from `left`; the caller, having claimed until there were none, waits for `left` to
 * become zero. It waits for claimed chunks only.
 *
 * Why no lane can mix up two loops. A lane reads the loop only after a good claim, never before.
 *   1. A good claim subtracts from a value that goes back, through subtractions alone, to the store
 * which published some loop L; those form a release sequence, so that the claim (acquire) sees L
 * written completely.
 *   2. L has as many good claims as chunks, and `left` cannot reach zero before each of them was
 * reported; so from the claim until the lane's report the caller is still inside L and writes
 * nothing: what the lane reads is L and stays L.
 *   3. The reports are subtractions with release, in one release sequence again: the caller,
 * reading zero with acquire, comes after all that the lanes did with L, and may write the next
 * loop.
 *   4. A lane that was away meanwhile and subtracts late either claims a chunk of the loop of the
 * day, as good as any other (1 again), or drives `tickets` below zero, which claims nothing, and
 * which the next store wipes out. There is no earlier loop in its hands to confuse it with, hence
 * no generation number to compare and none that could wrap around. `tickets` falls below zero by at
 * most one for each time a lane sees it above zero or joins: it cannot underflow.
 *
 * Workers. Parked ones sleep on `pool.call`. A caller that publishes a loop with seats free in its
 * gang takes some out of `idle`, leaves as many `calls` and wakes them. A worker that joined serves
 * the gang's loops and spins some microseconds for the next; then, or when the run is over, it
 * departs and parks. Who sleeps and who publishes agree by sequential consistency: a worker counts
 * itself out of `members` and into `idle`, then looks at `tickets`; a caller stores `tickets`, then
 * looks at `members` and `idle`. Whichever comes second sees the other. Joining, departing and
 * parking happen under the pool's lock, loops do not. */
#include "base/pool.h"

#include <assert.h>
#include <limits.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/cpu.h"
#include "base/heap.h"
#include "base/knobs.h"
#include "base/port.h"
#include "base/thread.h"

enum {
    MAX_LANES = 1024,
    SPIN_NS = 40000, /* for the next loop, or for the last chunk, before sleeping */
    LOOKS = 32,      /* at the word between two looks at the clock */
};

struct sdx_gang {
    /* The loop: see above who may read it, and when. */
    sdx_loop_fn *fn;
    void *arg;
    size_t n;
    size_t grain;
    int64_t n_chunks;
    bool flush; /* denormals, in this run */

    unsigned lanes;
    uint64_t yield_seed; /* 0: no yields */
    bool single_items;   /* each item is a chunk */
    unsigned fp_state;   /* the caller's, outside of the run */
    unsigned epoch;      /* of the pool when the run began: another one after a fork */
    bool listed;         /* in pool.gangs; the caller's knowledge */

    _Alignas(SDX_ALIGN) _Atomic(int64_t) tickets;
    _Alignas(SDX_ALIGN) _Atomic(int64_t) left;
    atomic_uint caller_sleeps;
    _Alignas(SDX_ALIGN) atomic_bool active; /* a run is on */
    atomic_uint members;                    /* workers that joined; changed under the lock */

    /* Under the pool's lock. */
    sdx_gang *next;
    bool destroying; /* the last member to depart wakes the destroyer */
    unsigned n_free_lanes;
    uint16_t free_lanes[]; /* a stack with room for lanes - 1 */
};

typedef struct worker {
    sdx_os_thread thread;
    sdx_gang *gang; /* that it has joined, or NULL; under the lock */
    struct worker *next;
} worker;

static struct {
    sdx_mutex mutex;
    atomic_uint call;  /* parked workers sleep on it; changes with each call */
    atomic_uint idle;  /* parked workers that no call is out for; changed under the lock */
    atomic_uint total; /* threads there are, or about to be; changed under the lock */
    atomic_uint limit; /* threads there may be; changed under the lock */
    atomic_uint epoch; /* counts forks: changes in the child alone */
    atomic_bool quitting;
    /* Under the lock. */
    bool ready;
    unsigned calls;  /* issued, not yet answered */
    sdx_gang *gangs; /* that have published a loop in their present run */
    worker *workers;
    worker *spare; /* records without a thread */

    _Alignas(SDX_ALIGN) _Atomic(uint64_t) split_loops;
} pool;

/* Where a thread is: the gang whose loop it works in, innermost first. */
typedef struct frame {
    sdx_gang *gang;
    unsigned lane;
    bool flush; /* the thread's mode at present */
    uint64_t random;
    struct frame *outer;
} frame;

static _Thread_local frame *innermost;

static void push_frame(frame *f, sdx_gang *gang, unsigned lane, bool flush) {
    *f = (frame){.gang = gang, .lane = lane, .flush = flush, .outer = innermost};
    if (gang->yield_seed != 0) {
        f->random = gang->yield_seed * 0x9e3779b97f4a7c15u + lane + sdx_clock_ns();
    }
    innermost = f;
}

static void pop_frame(const frame *f) { innermost = f->outer; }

static const frame *frame_of(const sdx_gang *gang) {
    const frame *f = innermost;
    while (f && f->gang != gang)
        f = f->outer;
    return f;
}

/* In tests: gives the processor away now and then, so that lanes meet in orders they otherwise
 * would not. */
static void maybe_yield(frame *f) {
    if (SDX_LIKELY(f->gang->yield_seed == 0)) return;
    f->random = f->random * 6364136223846793005u + 1442695040888963407u;
    if (f->random >> 62 == 0) sdx_os_yield();
}

/* ---- loops ---- */

static void run_chunk(const sdx_gang *gang, size_t index, unsigned lane) {
    const size_t begin = index * gang->grain;
    const size_t rest = gang->n - begin;
    gang->fn(gang->arg, begin, begin + (rest < gang->grain ? rest : gang->grain), lane);
}

/* Does chunks while there are any. Returns how many; they are not reported yet. */
static int64_t claim_and_run(frame *f) {
    sdx_gang *const gang = f->gang;
    int64_t done = 0;
    for (;;) {
        maybe_yield(f);
        const int64_t ticket = atomic_fetch_sub_explicit(&gang->tickets, 1, memory_order_acquire);
        if (ticket <= 0) return done;
        maybe_yield(f);
        if (f->flush != gang->flush) {
            (void)sdx_cpu_set_flush(gang->flush);
            f->flush = gang->flush;
        }
        run_chunk(gang, (size_t)(gang->n_chunks - ticket), f->lane);
        done++;
    }
}

static void report(sdx_gang *gang, int64_t done) {
    if (atomic_fetch_sub(&gang->left, done) != done) return;
    if (atomic_exchange(&gang->caller_sleeps, 0) != 0) sdx_wake_word(&gang->caller_sleeps, 1);
}

/* Waits until the workers have reported all that they claimed. */
static void await_reports(sdx_gang *gang) {
    const uint64_t start = sdx_clock_ns();
    for (unsigned i = 1; atomic_load_explicit(&gang->left, memory_order_acquire) != 0; i++) {
        sdx_cpu_relax();
        if (i % LOOKS == 0 && sdx_clock_ns() - start > SPIN_NS) break;
    }
    while (atomic_load_explicit(&gang->left, memory_order_acquire) != 0) {
        atomic_store(&gang->caller_sleeps, 1);
        if (atomic_load(&gang->left) == 0)
            break; /* the last report may have come before the store */
        sdx_wait_word(&gang->caller_sleeps, 1, UINT64_MAX);
    }
}

/* Spins for the next loop. False: it does not come in time, or the run is over. */
static bool await_loop(sdx_gang *gang) {
    const uint64_t start = sdx_clock_ns();
    for (unsigned i = 1; atomic_load_explicit(&gang->tickets, memory_order_relaxed) <= 0; i++) {
        if (!atomic_load_explicit(&gang->active, memory_order_relaxed)) return false;
        if (atomic_load_explicit(&pool.quitting, memory_order_relaxed)) return false;
        sdx_cpu_relax();
        if (i % LOOKS == 0 && sdx_clock_ns() - start > SPIN_NS) return false;
    }
    return true;
}

/* ---- workers ---- */

/* The gang with the fewest workers among those that have a seat, and a loop to share or, for a
 * worker that was called, a run. */
static sdx_gang *pick_gang(bool called) {
    sdx_gang *best = NULL;
    unsigned fewest = UINT_MAX;
    for (sdx_gang *gang = pool.gangs; gang; gang = gang->next) {
        const unsigned members = atomic_load(&gang->members);
        if (gang->n_free_lanes == 0 || members >= fewest) continue;
        if (!called && atomic_load(&gang->tickets) <= 0) continue;
        best = gang;
        fewest = members;
    }
    return best;
}

static unsigned join_gang(worker *me, sdx_gang *gang) {
    me->gang = gang;
    atomic_fetch_add(&gang->members, 1);
    return gang->free_lanes[--gang->n_free_lanes];
}

static void depart(worker *me, unsigned lane) {
    sdx_gang *const gang = me->gang;
    me->gang = NULL;
    gang->free_lanes[gang->n_free_lanes++] = (uint16_t)lane;
    /* Woken under the lock: the gang is freed only by one who held it after us. */
    if (atomic_fetch_sub(&gang->members, 1) == 1 && gang->destroying)
        sdx_wake_word(&gang->members, 1);
}

static void serve(sdx_gang *gang, unsigned lane, bool *flush) {
    frame f;
    push_frame(&f, gang, lane, *flush);
    do {
        const int64_t done = claim_and_run(&f);
        maybe_yield(&f);
        if (done > 0) report(gang, done);
    } while (await_loop(gang));
    *flush = f.flush;
    pop_frame(&f);
}

/* Sleeps until called. False: a loop came up before we lay down. */
static bool park(void) {
    atomic_fetch_add(&pool.idle, 1);
    if (pick_gang(false)) {
        atomic_fetch_sub(&pool.idle, 1);
        return false;
    }
    while (pool.calls == 0 && !atomic_load(&pool.quitting)) {
        const unsigned seen = atomic_load(&pool.call);
        sdx_mutex_unlock(&pool.mutex);
        sdx_wait_word(&pool.call, seen, UINT64_MAX);
        sdx_mutex_lock(&pool.mutex);
    }
    if (pool.calls > 0) pool.calls--;
    return true;
}

static void *work(void *arg) {
    worker *const me = arg;
    bool flush = false;
    bool called = true;
    (void)sdx_cpu_set_flush(flush);
    sdx_mutex_lock(&pool.mutex);
    while (!atomic_load(&pool.quitting)) {
        sdx_gang *const gang = pick_gang(called);
        if (gang) {
            const unsigned lane = join_gang(me, gang);
            sdx_mutex_unlock(&pool.mutex);
            serve(gang, lane, &flush);
            sdx_mutex_lock(&pool.mutex);
            depart(me, lane);
            called = false;
        } else {
            called = park();
        }
    }
    sdx_mutex_unlock(&pool.mutex);
    return NULL;
}

/* ---- the pool ---- */

static void before_fork(void) { sdx_mutex_lock(&pool.mutex); }

static void after_fork(void) { sdx_mutex_unlock(&pool.mutex); }

/* The child has none of the threads: what they were in the middle of is left as it is, their gangs
 * are renewed when entered. */
static void in_child(void) {
    worker **end = &pool.spare;
    while (*end)
        end = &(*end)->next;
    *end = pool.workers;
    pool.workers = NULL;
    pool.gangs = NULL;
    pool.calls = 0;
    atomic_store(&pool.idle, 0);
    atomic_store(&pool.total, 0);
    atomic_fetch_add(&pool.epoch, 1);
    sdx_mutex_unlock(&pool.mutex);
}

static void free_workers(worker *list) {
    while (list) {
        worker *const next = list->next;
        sdx_heap_free(sdx_heap_global(), list, sizeof *list);
        list = next;
    }
}

/* When the process ends or the library is unloaded: ends and frees all workers but those in a run
 * that is still on. */
static void end_pool(void) {
    sdx_mutex_lock(&pool.mutex);
    atomic_store(&pool.quitting, true);
    atomic_store(&pool.limit, 0);
    atomic_fetch_add(&pool.call, 1);
    worker *ending = NULL;
    worker **at = &pool.workers;
    while (*at) {
        worker *const w = *at;
        if (w->gang && atomic_load(&w->gang->active)) {
            sdx_os_thread_detach(&w->thread);
            at = &w->next;
        } else {
            *at = w->next;
            w->next = ending;
            ending = w;
        }
    }
    worker *const spare = pool.spare;
    pool.spare = NULL;
    sdx_mutex_unlock(&pool.mutex);
    sdx_wake_word(&pool.call, UINT_MAX);
    for (const worker *w = ending; w; w = w->next)
        sdx_os_thread_join(&w->thread);
    free_workers(ending);
    free_workers(spare);
}

/* Starts one thread more, which was counted already. */
static void hire(void) {
    sdx_mutex_lock(&pool.mutex);
    worker *w = pool.spare;
    if (w) pool.spare = w->next;
    sdx_mutex_unlock(&pool.mutex);
    const sdx_status no_memory = w ? NULL : SDX_NEW(sdx_heap_global(), &w);
    sdx_status_free(no_memory); /* not an error: fewer lanes */
    const bool started = !no_memory && sdx_os_thread_start(&w->thread, work, w);
    sdx_mutex_lock(&pool.mutex);
    if (!started) {
        const unsigned total = atomic_fetch_sub(&pool.total, 1) - 1;
        atomic_store(&pool.limit, total); /* until the next run begins */
    }
    if (!no_memory) {
        worker **const list = started ? &pool.workers : &pool.spare;
        w->next = *list;
        *list = w;
    }
    sdx_mutex_unlock(&pool.mutex);
}

/* The first loop of a run makes its gang known. */
static void list_gang(sdx_gang *gang) {
    if (!pool.ready) {
        pool.ready = true;
        atomic_store(&pool.limit, sdx_cpu_count() - 1);
        if (!sdx_os_at_fork_and_exit(before_fork, after_fork, in_child, end_pool)) {
            atomic_store(&pool.quitting, true); /* workers we could not end must not begin */
        }
    }
    gang->next = pool.gangs;
    pool.gangs = gang;
    gang->listed = true;
    const bool closed = atomic_load(&pool.quitting);
    if (closed) {
        atomic_store(&pool.limit, 0);
    } else if (atomic_load(&pool.limit) < gang->lanes - 1) {
        atomic_store(&pool.limit, gang->lanes - 1);
    }
}

static void unlist_gang(sdx_gang *gang) {
    sdx_gang **at = &pool.gangs;
    while (*at && *at != gang)
        at = &(*at)->next;
    if (*at) *at = gang->next; /* not there after a fork */
    gang->listed = false;
}

static unsigned least(unsigned a, unsigned b) { return a < b ? a : b; }

/* Gets up to `useful` workers for the seats that are free, if there are any to be had. */
static void call_workers(sdx_gang *gang, unsigned useful) {
    if (atomic_load(&gang->members) >= gang->lanes - 1) return;
    if (gang->listed && atomic_load(&pool.idle) == 0 &&
        atomic_load(&pool.total) >= atomic_load(&pool.limit)) {
        return;
    }
    sdx_mutex_lock(&pool.mutex);
    if (!gang->listed) list_gang(gang);
    const unsigned wanted = least(gang->n_free_lanes, useful);
    const unsigned n_called = least(wanted, atomic_load(&pool.idle));
    atomic_fetch_sub(&pool.idle, n_called);
    pool.calls += n_called;
    if (n_called > 0) atomic_fetch_add(&pool.call, 1);
    const unsigned total = atomic_load(&pool.total);
    const unsigned limit = atomic_load(&pool.limit);
    const unsigned n_hired = total < limit ? least(wanted - n_called, limit - total) : 0;
    atomic_store(&pool.total, total + n_hired);
    sdx_mutex_unlock(&pool.mutex);
    if (n_called > 0) sdx_wake_word(&pool.call, n_called);
    for (unsigned i = 0; i < n_hired; i++)
        hire();
}

/* ---- gangs ---- */

static size_t gang_size(unsigned lanes) {
    return sizeof(sdx_gang) + lanes * sizeof(((sdx_gang *)0)->free_lanes[0]);
}

/* Nobody has joined: all lanes but the caller's, 0, are free. The lowest is given out first. */
static void renew(sdx_gang *gang) {
    gang->epoch = atomic_load(&pool.epoch);
    gang->n_free_lanes = gang->lanes - 1;
    for (unsigned i = 0; i < gang->n_free_lanes; i++) {
        gang->free_lanes[i] = (uint16_t)(gang->lanes - 1 - i);
    }
    gang->listed = false;
    atomic_store(&gang->members, 0);
    atomic_store(&gang->tickets, 0);
    atomic_store(&gang->left, 0);
    atomic_store(&gang->caller_sleeps, 0);
}

sdx_status sdx_gang_create(unsigned lanes, sdx_gang **out) {
    lanes = lanes == 0 ? 1 : least(lanes, MAX_LANES);
    void *block;
    SDX_TRY(sdx_heap_calloc(sdx_heap_global(), 1, gang_size(lanes), &block));
    sdx_gang *const gang = block;
    gang->lanes = lanes;
    gang->single_items = sdx_knob_int(SDX_KNOB_GRAIN) == 1;
    const int64_t seed = sdx_knob_int(SDX_KNOB_YIELD);
    gang->yield_seed = seed > 0 ? (uint64_t)seed : 0;
    renew(gang);
    *out = gang;
    return NULL;
}

void sdx_gang_destroy(sdx_gang *gang) {
    if (!gang) return;
    assert(!atomic_load(&gang->active));
    if (gang->epoch == atomic_load(&pool.epoch)) {
        /* Workers may still be on their way out. */
        sdx_mutex_lock(&pool.mutex);
        gang->destroying = true;
        for (unsigned members; (members = atomic_load(&gang->members)) != 0;) {
            sdx_mutex_unlock(&pool.mutex);
            sdx_wait_word(&gang->members, members, UINT64_MAX);
            sdx_mutex_lock(&pool.mutex);
        }
        sdx_mutex_unlock(&pool.mutex);
    }
    sdx_heap_free(sdx_heap_global(), gang, gang_size(gang->lanes));
}

unsigned sdx_gang_lanes(const sdx_gang *gang) { return gang->lanes; }

void sdx_gang_enter(sdx_gang *gang, bool flush_denormals) {
    assert(!atomic_load(&gang->active));
    if (gang->epoch != atomic_load_explicit(&pool.epoch, memory_order_relaxed)) renew(gang);
    gang->flush = flush_denormals;
    gang->fp_state = sdx_cpu_set_flush(flush_denormals);
    atomic_store_explicit(&gang->active, true, memory_order_relaxed);
}

void sdx_gang_leave(sdx_gang *gang) {
    atomic_store_explicit(&gang->active, false, memory_order_relaxed);
    if (gang->listed) {
        sdx_mutex_lock(&pool.mutex);
        unlist_gang(gang);
        sdx_mutex_unlock(&pool.mutex);
    }
    sdx_cpu_restore_fp(gang->fp_state);
}

static void run_inline(size_t n, size_t grain, sdx_loop_fn *fn, void *arg, unsigned lane) {
    for (size_t begin = 0; begin < n;) {
        const size_t end = n - begin < grain ? n : begin + grain;
        fn(arg, begin, end, lane);
        begin = end;
    }
}

/* The loop stands in the gang: shares it out and takes part. */
static void share(sdx_gang *gang) {
    const int64_t others = gang->n_chunks - 1;
    atomic_store_explicit(&gang->left, gang->n_chunks, memory_order_relaxed);
    atomic_store(&gang->tickets, gang->n_chunks);
    atomic_fetch_add_explicit(&pool.split_loops, 1, memory_order_relaxed);
    call_workers(gang, others < MAX_LANES ? (unsigned)others : MAX_LANES);

    frame f;
    push_frame(&f, gang, 0, gang->flush);
    const int64_t done = claim_and_run(&f);
    pop_frame(&f);
    if (atomic_fetch_sub(&gang->left, done) != done) await_reports(gang);
}

void sdx_gang_for(sdx_gang *gang, size_t n, size_t grain, sdx_loop_fn *fn, void *arg) {
    if (grain == 0 || gang->single_items) grain = 1;
    if (gang->lanes == 1) {
        run_inline(n, grain, fn, arg, 0);
        return;
    }
    const frame *const outer = frame_of(gang);
    if (outer) {
        run_inline(n, grain, fn, arg, outer->lane);
        return;
    }
    const uint64_t n_chunks = n / grain + (n % grain != 0);
    const bool in_run = atomic_load_explicit(&gang->active, memory_order_relaxed);
    if (n_chunks <= 1 || !in_run || n_chunks > INT64_MAX) {
        frame f;
        push_frame(&f, gang, 0, gang->flush);
        run_inline(n, grain, fn, arg, 0);
        pop_frame(&f);
        return;
    }
    gang->fn = fn;
    gang->arg = arg;
    gang->n = n;
    gang->grain = grain;
    gang->n_chunks = (int64_t)n_chunks;
    share(gang);
}

uint64_t sdx_gang_split_loops(void) {
    return atomic_load_explicit(&pool.split_loops, memory_order_relaxed);
}
