/* The helpers that watch memory, on the things of base: every failure is survived, and loops of a
 * gang take nothing. */
#include "malloc_count.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/heap.h"
#include "base/map.h"
#include "base/pool.h"
#include "base/str.h"
#include "fail_alloc.h"

static sdx_status build(sdx_arena *arena, sdx_map *map, sdx_buf *buf) {
    for (int i = 0; i < 300; i++) {
        sdx_str name;
        SDX_TRY(sdx_arena_printf(arena, &name, "value_%d", i));
        SDX_TRY(sdx_map_put(map, name, arena));
        SDX_TRY(sdx_buf_str(buf, name));
        SDX_TRY(sdx_buf_printf(buf, "=%d;", i));
        if (i % 50 == 0) {
            double *wide;
            SDX_TRY(SDX_ARENA_NEW(arena, 1000, &wide));
        }
    }
    return NULL;
}

static void sweep(bool and_after) {
    for (size_t nth = 1;; nth++) {
        assert_true(nth < 1000);
        fail_alloc memory;
        fail_alloc_init(&memory, nth, and_after);
        sdx_heap heap;
        sdx_heap_init(&heap, &memory.allocator, 0, "test");
        sdx_arena arena;
        sdx_map map;
        sdx_buf buf;
        sdx_arena_init(&arena, &heap);
        sdx_map_init(&map, &heap);
        sdx_buf_init(&buf, &heap, 1 << 20);
        const sdx_status status = build(&arena, &map, &buf);
        assert_int_equal(sdx_status_code(status), memory.failed ? SDX_OUT_OF_MEMORY : SDX_OK);
        sdx_status_free(status);
        if (!memory.failed) assert_ptr_equal(sdx_map_get(&map, SDX_STR("value_299")), &arena);
        sdx_buf_deinit(&buf);
        sdx_map_deinit(&map);
        sdx_arena_deinit(&arena);
        assert_int_equal(heap.used, 0);
        assert_true(fail_alloc_clean(&memory));
        if (!memory.failed) break;
    }
}

static void every_failure_is_survived(void **state) {
    (void)state;
    sweep(false);
    sweep(true);
}

static void wrong_sizes_are_noticed(void **state) {
    (void)state;
    fail_alloc memory;
    fail_alloc_init(&memory, 0, false);
    void *const block = memory.allocator.allocate(memory.allocator.self, 100, 64);
    assert_non_null(block);
    assert_int_equal((uintptr_t)block % 64, 0);
    memory.allocator.deallocate(memory.allocator.self, block, 99);
    assert_int_equal(memory.wrong, 1);
    assert_int_equal(memory.blocks, 1);
    memory.allocator.deallocate(memory.allocator.self, block, 100);
    assert_int_equal(memory.blocks, 0);
    assert_false(fail_alloc_clean(&memory));
}

static void add_one(void *arg, size_t begin, size_t end, unsigned lane) {
    unsigned char *const cells = arg;
    (void)lane;
    for (size_t i = begin; i < end; i++)
        cells[i]++;
}

static void loops_take_no_memory(void **state) {
    (void)state;
    static unsigned char cells[1000];
    sdx_gang *gang;
    assert_null(sdx_gang_create(3, &gang));
    size_t before = 0;
    for (int run = 0; run < 200; run++) {
        if (run == 100) before = malloc_count();
        sdx_gang_enter(gang, true);
        sdx_gang_for(gang, sizeof cells, 10, add_one, cells);
        sdx_gang_leave(gang);
    }
    if (malloc_count_works) assert_int_equal(malloc_count() - before, 0);
    sdx_gang_destroy(gang);
    if (malloc_count_works) {
        void *block;
        before = malloc_count();
        assert_null(sdx_heap_alloc(sdx_heap_global(), 100, &block));
        sdx_heap_free(sdx_heap_global(), block, 100);
        assert_null(sdx_heap_alloc(sdx_heap_global(), 3 << 20, &block));
        sdx_heap_free(sdx_heap_global(), block, 3 << 20);
        assert_int_equal(malloc_count() - before, 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_failure_is_survived),
        cmocka_unit_test(wrong_sizes_are_noticed),
        cmocka_unit_test(loops_take_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
