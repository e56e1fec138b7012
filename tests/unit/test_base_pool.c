/* Gangs: every item once, nesting, several gangs at once, forks, floating-point modes, idleness. */
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/cpu.h"
#include "base/knobs.h"
#include "base/pool.h"
#include "base/thread.h"
#include "emulated.h"
#include "posix.h"
#include "sanitizer.h"

enum { MAX_ITEMS = 5000, LANES = 4 };

typedef struct tally {
    atomic_uint hits[MAX_ITEMS];
    atomic_uint in_lane[LANES]; /* threads inside each lane at this moment */
    size_t n;
    size_t grain;
    atomic_uint wrong;
} tally;

static bool single_items; /* SDX_GRAIN=1 */

static void count(void *arg, size_t begin, size_t end, unsigned lane) {
    tally *const t = arg;
    if (lane >= LANES || atomic_fetch_add(&t->in_lane[lane], 1) != 0)
        atomic_fetch_add(&t->wrong, 1);
    if (end <= begin || end > t->n || end - begin > t->grain) atomic_fetch_add(&t->wrong, 1);
    if (begin % t->grain != 0 && !single_items) atomic_fetch_add(&t->wrong, 1);
    for (size_t i = begin; i < end; i++)
        atomic_fetch_add_explicit(&t->hits[i], 1, memory_order_relaxed);
    atomic_fetch_sub(&t->in_lane[lane], 1);
}

static void check_loop(sdx_gang *gang, tally *t, size_t n, size_t grain) {
    memset(t, 0, sizeof *t);
    t->n = n;
    t->grain = grain;
    sdx_gang_for(gang, n, grain, count, t);
    assert_int_equal(t->wrong, 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(t->hits[i], 1);
}

static void run_many_loops(unsigned lanes) {
    sdx_gang *gang;
    assert_null(sdx_gang_create(lanes, &gang));
    assert_int_equal(sdx_gang_lanes(gang), lanes);
    static tally t;
    uint32_t seed = 12345;
    for (int run = 0; run < 60; run++) {
        sdx_gang_enter(gang, run % 2 == 0);
        for (int loop = 0; loop < 20; loop++) {
            seed = seed * 1664525u + 1013904223u;
            const size_t n = (seed >> 8) % (loop % 4 == 0 ? MAX_ITEMS : 40);
            check_loop(gang, &t, n, 1 + (seed >> 4) % 9);
        }
        sdx_gang_leave(gang);
    }
    sdx_gang_destroy(gang);
}

static void every_item_once(void **state) {
    (void)state;
    const uint64_t before = sdx_gang_split_loops();
    run_many_loops(1);
    assert_true(sdx_gang_split_loops() == before);
    run_many_loops(2);
    run_many_loops(3);
    run_many_loops(4);
    assert_true(sdx_gang_split_loops() > before);
}

/* Two loops follow each other with different functions and arguments, thousands of times: a lane
 * that took one for the other would write into the wrong array. */
typedef struct pair {
    unsigned char *cells;
    unsigned char mark;
} pair;

static void mark(void *arg, size_t begin, size_t end, unsigned lane) {
    const pair *const p = arg;
    (void)lane;
    for (size_t i = begin; i < end; i++)
        p->cells[i] = (unsigned char)(p->cells[i] * 3 + p->mark);
}

static void loops_are_never_mixed_up(void **state) {
    (void)state;
    enum { ITEMS = 7 };
    unsigned char a[ITEMS] = {0};
    unsigned char b[ITEMS] = {0};
    unsigned char expect_a = 0;
    unsigned char expect_b = 0;
    sdx_gang *gang;
    assert_null(sdx_gang_create(3, &gang));
    sdx_gang_enter(gang, false);
    for (int i = 0; i < 20000; i++) {
        pair pa = {a, (unsigned char)i};
        pair pb = {b, (unsigned char)(i * 7 + 1)};
        sdx_gang_for(gang, ITEMS, 1, mark, &pa);
        sdx_gang_for(gang, (size_t)(i % ITEMS) + 1, 1, mark, &pb);
        expect_a = (unsigned char)(expect_a * 3 + pa.mark);
        expect_b = (unsigned char)(expect_b * 3 + pb.mark);
        pa.cells = NULL; /* nobody may look any more */
        pb.cells = NULL;
    }
    sdx_gang_leave(gang);
    sdx_gang_destroy(gang);
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(a[i], expect_a);
    assert_int_equal(b[0], expect_b);
}

typedef struct nest {
    sdx_gang *gang;
    atomic_uint items;
    atomic_uint wrong;
} nest;

typedef struct inner {
    nest *nest;
    unsigned lane;
    size_t next;
} inner;

static void inner_loop(void *arg, size_t begin, size_t end, unsigned lane) {
    inner *const in = arg; /* not atomic: in line means one thread, in order */
    if (lane != in->lane || begin != in->next) atomic_fetch_add(&in->nest->wrong, 1);
    in->next = end;
    atomic_fetch_add(&in->nest->items, (unsigned)(end - begin));
}

static void outer_loop(void *arg, size_t begin, size_t end, unsigned lane) {
    nest *const t = arg;
    for (size_t i = begin; i < end; i++) {
        inner in = {.nest = t, .lane = lane};
        sdx_gang_for(t->gang, 33, 4, inner_loop, &in);
        if (in.next != 33) atomic_fetch_add(&t->wrong, 1);
    }
}

static void nested_loops_run_in_line(void **state) {
    (void)state;
    nest t = {0};
    assert_null(sdx_gang_create(LANES, &t.gang));
    sdx_gang_enter(t.gang, true);
    for (size_t n = 1; n < 40; n++) {
        atomic_store(&t.items, 0);
        sdx_gang_for(t.gang, n, 1, outer_loop, &t);
        assert_int_equal(t.items, n * 33);
    }
    sdx_gang_leave(t.gang);
    sdx_gang_destroy(t.gang);
    assert_int_equal(t.wrong, 0);
}

/* A run within a loop of another run: its own gang, entered on whatever thread the chunk is on. */
static void run_within(void *arg, size_t begin, size_t end, unsigned lane) {
    atomic_uint *const items = arg;
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        nest t = {0};
        const sdx_status s = sdx_gang_create(2, &t.gang);
        if (s) {
            sdx_status_free(s);
            continue;
        }
        sdx_gang_enter(t.gang, true);
        sdx_gang_for(t.gang, 5, 1, outer_loop, &t);
        sdx_gang_leave(t.gang);
        sdx_gang_destroy(t.gang);
        atomic_fetch_add(items, atomic_load(&t.items));
    }
}

static void runs_within_runs_finish(void **state) {
    (void)state;
    sdx_gang *gang;
    atomic_uint items = 0;
    assert_null(sdx_gang_create(3, &gang));
    sdx_gang_enter(gang, false);
    sdx_gang_for(gang, 50, 1, run_within, &items);
    sdx_gang_leave(gang);
    sdx_gang_destroy(gang);
    assert_int_equal(items, 50 * 5 * 33);
}

static void *session(void *arg) {
    size_t *const wrong = arg;
    sdx_gang *gang;
    sdx_status s = sdx_gang_create(3, &gang);
    if (s) {
        sdx_status_free(s);
        *wrong = 1;
        return NULL;
    }
    for (int run = 0; run < 50; run++) {
        sdx_gang_enter(gang, false);
        for (int loop = 0; loop < 10; loop++) {
            unsigned char cells[100] = {0};
            pair p = {cells, 5};
            sdx_gang_for(gang, sizeof cells, 3, mark, &p);
            for (size_t i = 0; i < sizeof cells; i++)
                *wrong += cells[i] != 5;
        }
        sdx_gang_leave(gang);
    }
    sdx_gang_destroy(gang);
    return NULL;
}

static void gangs_share_the_workers(void **state) {
    (void)state;
    enum { SESSIONS = 4 };
    pthread_t threads[SESSIONS];
    size_t wrong[SESSIONS] = {0};
    for (int i = 0; i < SESSIONS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, session, &wrong[i]), 0);
    for (int i = 0; i < SESSIONS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(wrong[i], 0);
    }
}

/* Each chunk waits until all lanes are inside: this ends only if the gang really gets its workers.
 */
static void meet(void *arg, size_t begin, size_t end, unsigned lane) {
    atomic_uint *const inside = arg;
    (void)begin;
    (void)end;
    (void)lane;
    const uint64_t deadline = sdx_clock_ns() + UINT64_C(20000000000);
    const unsigned here = atomic_fetch_add(inside, 1) + 1;
    if (here == 3) sdx_wake_word(inside, UINT_MAX);
    for (unsigned n; (n = atomic_load(inside)) < 3 && sdx_clock_ns() < deadline;)
        sdx_wait_word(inside, n, deadline);
}

static void workers_come_when_called(void **state) {
    (void)state;
    sdx_gang *gang;
    assert_null(sdx_gang_create(3, &gang));
    for (int run = 0; run < 20; run++) {
        atomic_uint inside = 0;
        sdx_gang_enter(gang, false);
        const uint64_t start = sdx_clock_ns();
        sdx_gang_for(gang, 3, 1, meet, &inside);
        assert_true(sdx_clock_ns() - start < UINT64_C(15000000000));
        sdx_gang_leave(gang);
    }
    sdx_gang_destroy(gang);
}

static void a_child_of_fork_has_its_own_pool(void **state) {
    (void)state;
    if (!HAS_FORK || !SDX_CHILD_HAS_THREADS || emulated()) skip();
    sdx_gang *gang;
    assert_null(sdx_gang_create(3, &gang));
    atomic_uint inside = 0;
    sdx_gang_enter(gang, false);
    sdx_gang_for(gang, 3, 1, meet, &inside);
    sdx_gang_leave(gang);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        unsigned char cells[1000] = {0};
        pair p = {cells, 9};
        atomic_store(&inside, 0);
        sdx_gang_enter(gang, true);
        sdx_gang_for(gang, sizeof cells, 7, mark, &p);
        sdx_gang_for(gang, 3, 1, meet, &inside);
        sdx_gang_leave(gang);
        sdx_gang_destroy(gang);
        int wrong = atomic_load(&inside) != 3;
        for (size_t i = 0; i < sizeof cells; i++)
            wrong |= cells[i] != 9;
        _exit(wrong);
    }
    int result = -1;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result) && WEXITSTATUS(result) == 0);
    atomic_store(&inside, 0);
    sdx_gang_enter(gang, false);
    sdx_gang_for(gang, 3, 1, meet, &inside);
    sdx_gang_leave(gang);
    sdx_gang_destroy(gang);
}

typedef struct halving {
    volatile float tiny; /* the smallest normal number */
    atomic_uint flushed;
    atomic_uint kept;
} halving;

static void halve(void *arg, size_t begin, size_t end, unsigned lane) {
    halving *const h = arg;
    (void)lane;
    for (size_t i = begin; i < end; i++) {
        const volatile float half = h->tiny * 0.5f;
        atomic_fetch_add(half == 0.0f ? &h->flushed : &h->kept, 1);
    }
}

static void denormals_follow_the_run(void **state) {
    (void)state;
    if (!sdx_cpu_has(SDX_ISA_AVX2) && !sdx_cpu_has(SDX_ISA_NEON)) skip();
    const unsigned outside = sdx_cpu_set_flush(false);
    sdx_gang *gang;
    assert_null(sdx_gang_create(LANES, &gang));
    for (int run = 0; run < 100; run++) {
        halving h = {.tiny = 1.17549435e-38f};
        sdx_gang_enter(gang, run % 2 == 0);
        sdx_gang_for(gang, 200, 1, halve, &h);
        sdx_gang_leave(gang);
        assert_int_equal(run % 2 == 0 ? h.flushed : h.kept, 200);
        halve(&h, 0, 1, 0);
        assert_int_equal(h.flushed + h.kept, 201);
        assert_true(h.kept >= 1); /* the caller's own mode is back */
    }
    sdx_gang_destroy(gang);
    sdx_cpu_restore_fp(outside);
}

static void parked_workers_cost_nothing(void **state) {
    (void)state;
    sdx_gang *gang;
    static tally t;
    assert_null(sdx_gang_create(LANES, &gang));
    sdx_gang_enter(gang, true);
    check_loop(gang, &t, 1000, 1);
    sdx_gang_leave(gang);
    atomic_uint word = 0;
    const uint64_t before = cpu_time_ns();
    const uint64_t deadline = sdx_clock_ns() + 150000000;
    while (sdx_clock_ns() < deadline)
        sdx_wait_word(&word, 0, deadline);
    assert_true(cpu_time_ns() - before < 10000000);
    sdx_gang_destroy(gang);
}

static void strange_arguments(void **state) {
    (void)state;
    sdx_gang *gang;
    static tally t;
    sdx_gang_destroy(NULL);
    assert_null(sdx_gang_create(0, &gang));
    assert_int_equal(sdx_gang_lanes(gang), 1);
    sdx_gang_destroy(gang);
    assert_null(sdx_gang_create(3, &gang));
    check_loop(gang, &t, 100, 10); /* outside of a run: the caller alone */
    sdx_gang_enter(gang, false);
    check_loop(gang, &t, 0, 10);
    t.n = 3;
    t.grain = 1;
    sdx_gang_for(gang, 3, 0, count, &t);
    assert_int_equal(t.hits[2], 1);
    t.grain = SIZE_MAX;
    sdx_gang_for(gang, 3, SIZE_MAX, count, &t);
    assert_int_equal(t.hits[2], 2);
    assert_int_equal(t.wrong, 0);
    sdx_gang_leave(gang);
    sdx_gang_destroy(gang);
}

int main(void) {
    single_items = sdx_knob_int(SDX_KNOB_GRAIN) == 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_once),
        cmocka_unit_test(loops_are_never_mixed_up),
        cmocka_unit_test(nested_loops_run_in_line),
        cmocka_unit_test(runs_within_runs_finish),
        cmocka_unit_test(gangs_share_the_workers),
        cmocka_unit_test(workers_come_when_called),
        cmocka_unit_test(a_child_of_fork_has_its_own_pool),
        cmocka_unit_test(denormals_follow_the_run),
        cmocka_unit_test(parked_workers_cost_nothing),
        cmocka_unit_test(strange_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
