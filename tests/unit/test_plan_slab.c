/* Offsets in one block, against a list of what is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/port.h"
#include "model_text.h"
#include "plan/slab.h"

enum { MOST = 40, ROUNDS = 20000 };

typedef struct piece {
    size_t size, offset;
} piece;

static size_t rounded(size_t size) { return (size + SDX_ALIGN - 1) / SDX_ALIGN * SDX_ALIGN; }

static uint64_t next(uint64_t *seed) {
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

static size_t bytes_of(const piece *pieces, size_t n) {
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        bytes += rounded(pieces[i].size);
    }
    return bytes;
}

/* The new piece lies in the block, aligned, over no other. */
static void check_piece(const sdx_slab_plan *plan, const piece *pieces, size_t n, piece added) {
    const size_t end = added.offset + rounded(added.size);
    assert_int_equal(added.offset % SDX_ALIGN, 0);
    assert_true(end <= plan->end);
    for (size_t i = 0; i < n && added.size != 0; i++) {
        const size_t other = pieces[i].offset + rounded(pieces[i].size);
        assert_true(pieces[i].size == 0 || other <= added.offset || end <= pieces[i].offset);
    }
}

/* Free ranges are sorted, apart from each other, and together with what is taken the block. */
static void check_plan(const sdx_slab_plan *plan, const piece *pieces, size_t n) {
    size_t free_bytes = 0;
    assert_true(plan->n_free <= plan->cap_free);
    for (size_t i = 0; i < plan->n_free; i++) {
        assert_true(plan->free[i].begin < plan->free[i].end);
        assert_true(i == 0 || plan->free[i - 1].end < plan->free[i].begin);
        free_bytes += plan->free[i].end - plan->free[i].begin;
    }
    assert_int_equal(plan->live, bytes_of(pieces, n));
    assert_int_equal(free_bytes + plan->live, plan->end);
    assert_true(plan->live <= plan->bound && plan->bound <= plan->end);
}

static void takes_and_gives_at_random(void **state) {
    (void)state;
    uint64_t seed = 20260101;
    print_message("seed %llu\n", (unsigned long long)seed);
    sdx_slab_plan plan;
    must(sdx_slab_init(&plan, sdx_heap_global(), MOST));
    piece pieces[MOST];
    size_t n = 0, most = 0;
    for (int round = 0; round < ROUNDS; round++) {
        if (round % 5000 == 0) {
            sdx_slab_reset(&plan);
            n = most = 0;
        }
        if (n < MOST && (n == 0 || next(&seed) % 2 == 0)) {
            piece p = {.size = (size_t)(next(&seed) % (next(&seed) % 4 == 0 ? 5000 : 130))};
            assert_true(sdx_slab_take(&plan, p.size, &p.offset));
            check_piece(&plan, pieces, n, p);
            pieces[n++] = p;
            if (bytes_of(pieces, n) > most) most = bytes_of(pieces, n);
        } else {
            const size_t at = (size_t)(next(&seed) % n);
            sdx_slab_give(&plan, pieces[at].size, pieces[at].offset);
            pieces[at] = pieces[--n];
        }
        check_plan(&plan, pieces, n);
        assert_int_equal(plan.bound, most);
    }
    sdx_slab_deinit(&plan);
}

/* A chain of layers needs no more than its two largest neighbours. */
static void a_chain_reaches_its_bound(void **state) {
    (void)state;
    sdx_slab_plan plan;
    must(sdx_slab_init(&plan, sdx_heap_global(), 2));
    piece last = {0};
    for (size_t i = 0; i < 100; i++) {
        piece p = {.size = 4096};
        assert_true(sdx_slab_take(&plan, p.size, &p.offset));
        if (i != 0) sdx_slab_give(&plan, last.size, last.offset);
        last = p;
    }
    assert_int_equal(plan.end, 8192);
    assert_int_equal(plan.bound, 8192);
    sdx_slab_deinit(&plan);
}

static void refuses_what_no_offset_reaches(void **state) {
    (void)state;
    sdx_slab_plan plan;
    size_t offset;
    must(sdx_slab_init(&plan, sdx_heap_global(), 4));
    assert_true(sdx_slab_take(&plan, 100, &offset));
    assert_false(sdx_slab_take(&plan, SIZE_MAX, &offset));
    assert_false(sdx_slab_take(&plan, SIZE_MAX - SDX_ALIGN, &offset));
    assert_false(sdx_slab_take(&plan, SIZE_MAX / 2, &offset));
    assert_true(sdx_slab_take(&plan, 0, &offset));
    assert_int_equal(plan.live, rounded(100));
    sdx_slab_deinit(&plan);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_and_gives_at_random),
        cmocka_unit_test(a_chain_reaches_its_bound),
        cmocka_unit_test(refuses_what_no_offset_reaches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
