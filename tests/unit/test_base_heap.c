/* Heaps: accounting, limits, large blocks; arenas and maps on top. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/heap.h"
#include "base/map.h"
#include "posix.h"

static void expect(sdx_status status, sdx_code code) {
    assert_int_equal(sdx_status_code(status), code);
    sdx_status_free(status);
}

static void blocks_are_counted_and_aligned(void **state) {
    (void)state;
    static const size_t sizes[] = {
        1, 63, 64, 65, 4096, ((size_t)2 << 20) - 1, (size_t)2 << 20, ((size_t)5 << 20) + 3};
    sdx_heap heap;
    sdx_heap_init(&heap, NULL, 0, "test");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        void *block;
        assert_null(sdx_heap_calloc(&heap, 1, sizes[i], &block));
        assert_int_equal((uintptr_t)block % SDX_ALIGN, 0);
        assert_int_equal(heap.used, sizes[i]);
        const unsigned char *const bytes = block;
        assert_int_equal(bytes[0] | bytes[sizes[i] / 2] | bytes[sizes[i] - 1], 0);
        memset(block, 0xa5, sizes[i]);
        assert_null(sdx_heap_realloc(&heap, &block, sizes[i], sizes[i] * 2));
        assert_int_equal(((unsigned char *)block)[sizes[i] - 1], 0xa5);
        assert_int_equal(heap.used, sizes[i] * 2);
        assert_null(sdx_heap_realloc(&heap, &block, sizes[i] * 2, 1));
        assert_int_equal(*(unsigned char *)block, 0xa5);
        sdx_heap_free(&heap, block, 1);
        assert_int_equal(heap.used, 0);
    }
    assert_true(heap.peak > (size_t)10 << 20);
    void *none = &heap;
    assert_null(sdx_heap_alloc(&heap, 0, &none));
    assert_null(none);
    assert_null(sdx_heap_realloc(&heap, &none, 0, 10));
    assert_null(sdx_heap_realloc(&heap, &none, 10, 0));
    assert_null(none);
    sdx_heap_free(&heap, NULL, 10);
    expect(sdx_heap_calloc(&heap, SIZE_MAX / 2, 3, &none), SDX_LIMIT);
    expect(sdx_heap_alloc(&heap, SIZE_MAX, &none), SDX_OUT_OF_MEMORY);
    expect(sdx_heap_alloc(&heap, SIZE_MAX - (SIZE_MAX >> 8), &none), SDX_OUT_OF_MEMORY);
    assert_int_equal(heap.used, 0);
}

static void limit_says_its_numbers(void **state) {
    (void)state;
    sdx_heap heap;
    sdx_heap_init(&heap, NULL, 1000, "context");
    void *block;
    void *other = NULL;
    assert_null(sdx_heap_alloc(&heap, 600, &block));
    const sdx_status s = sdx_heap_alloc(&heap, 401, &other);
    assert_string_equal(sdx_status_text(s),
                        "context memory: 401 more bytes wanted with 600 in use, allowed "
                        "1000; raise memory_limit or use smaller inputs");
    expect(s, SDX_LIMIT);
    assert_null(other);
    expect(sdx_heap_realloc(&heap, &block, 600, 700), SDX_LIMIT);
    assert_null(sdx_heap_alloc(&heap, 400, &other));
    sdx_heap_free(&heap, other, 400);
    sdx_heap_free(&heap, block, 600);
    assert_int_equal(heap.used, 0);
    assert_int_equal(heap.peak, 1000);
}

/* Each of the threads may hold a quarter; a fifth request is always too large and must not disturb
 * them. */
static void *use_quarter(void *arg) {
    sdx_heap *const heap = arg;
    size_t failures = 0;
    for (int i = 0; i < 2000; i++) {
        void *block;
        sdx_status s = sdx_heap_alloc(heap, 250, &block);
        if (s) {
            failures++;
            sdx_status_free(s);
        } else {
            sdx_heap_free(heap, block, 250);
        }
        s = sdx_heap_alloc(heap, 1001, &block);
        if (!s) failures++;
        sdx_status_free(s);
    }
    return (void *)failures;
}

static void limit_is_exact_among_threads(void **state) {
    (void)state;
    sdx_heap heap;
    sdx_heap_init(&heap, NULL, 1000, "test");
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_quarter, &heap), 0);
    for (int i = 0; i < 4; i++) {
        void *failures;
        assert_int_equal(pthread_join(threads[i], &failures), 0);
        assert_null(failures);
    }
    assert_int_equal(heap.used, 0);
    assert_true(heap.peak <= 1000);
}

static void *crooked_allocate(void *self, size_t size, size_t alignment) {
    (void)alignment;
    *(char **)self = malloc(size + 128);
    return *(char **)self + (64 - (uintptr_t) * (char **)self % 64) + 8;
}
static void crooked_deallocate(void *self, void *ptr, size_t size) {
    (void)ptr;
    (void)size;
    free(*(char **)self);
}

static void crooked_allocators_are_refused(void **state) {
    (void)state;
    char *block = NULL;
    const sdx_allocator parent = {crooked_allocate, crooked_deallocate, &block};
    sdx_heap heap;
    sdx_heap_init(&heap, &parent, 0, "test");
    void *out;
    expect(sdx_heap_alloc(&heap, 100, &out), SDX_INVALID_ARGUMENT);
    assert_int_equal(heap.used, 0);
}

static void large_blocks_go_back_to_the_system(void **state) {
    (void)state;
    enum { SIZE = 32 << 20 };
    const size_t before = resident_bytes();
    if (before == 0) skip();
    void *block;
    assert_null(sdx_heap_alloc(sdx_heap_global(), SIZE, &block));
    memset(block, 1, SIZE);
    const size_t during = resident_bytes();
    sdx_heap_free(sdx_heap_global(), block, SIZE);
    const size_t after = resident_bytes();
    assert_true(during > before + (28u << 20));
    assert_true(during > after + (28u << 20));
}

static void arena_things_are_zeroed_and_aligned(void **state) {
    (void)state;
    sdx_heap heap;
    sdx_heap_init(&heap, NULL, 0, "test");
    sdx_arena arena;
    sdx_arena_init(&arena, &heap);
    uint32_t seed = 1;
    size_t sum = 0;
    for (int i = 0; i < 3000; i++) {
        seed = seed * 1664525u + 1013904223u;
        const size_t size = i % 100 == 0 ? 100000 : seed >> 24;
        unsigned char *thing;
        assert_null(SDX_ARENA_NEW(&arena, size, &thing));
        assert_non_null(thing);
        assert_int_equal((uintptr_t)thing % (size >= 256 ? 64 : 16), 0);
        for (size_t j = 0; j < size; j++)
            assert_int_equal(thing[j], 0);
        memset(thing, 0xff, size);
        sum += size ? size : 1;
    }
    assert_int_equal(arena.used, sum);
    assert_true(heap.used < sum + sum / 4 + 300000);
    void *none;
    expect(sdx_arena_alloc(&arena, SIZE_MAX / 2, 3, &none), SDX_LIMIT);
    expect(sdx_arena_alloc(&arena, SIZE_MAX, 1, &none), SDX_LIMIT);
    sdx_arena_deinit(&arena);
    assert_int_equal(heap.used, 0);
    sdx_str text;
    assert_null(sdx_arena_printf(&arena, &text, "%s-%d", "x", 12));
    assert_true(sdx_str_is(text, "x-12"));
    assert_int_equal(text.ptr[4], 0);
    assert_null(sdx_arena_str(&arena, sdx_str_from(NULL), &text));
    assert_int_equal(text.ptr[0], 0);
    void *copy;
    assert_null(sdx_arena_copy(&arena, "abc", 4, &copy));
    assert_string_equal(copy, "abc");
    sdx_arena_deinit(&arena);
    assert_int_equal(heap.used, 0);
}

static void arena_obeys_the_limit(void **state) {
    (void)state;
    sdx_heap heap;
    sdx_heap_init(&heap, NULL, 10000, "model");
    sdx_arena arena;
    sdx_arena_init(&arena, &heap);
    void *thing;
    sdx_status s = NULL;
    for (int i = 0; i < 100 && !s; i++)
        s = sdx_arena_alloc(&arena, 1, 200, &thing);
    expect(s, SDX_LIMIT);
    assert_null(sdx_arena_alloc(&arena, 1, 8, &thing)); /* the rest of the chunk is still good */
    sdx_arena_deinit(&arena);
    assert_int_equal(heap.used, 0);
}

static void maps_find_what_was_put(void **state) {
    (void)state;
    enum { N = 3000 };
    static char names[N][24];
    sdx_heap heap;
    sdx_heap_init(&heap, NULL, 0, "test");
    sdx_map map;
    sdx_map_init(&map, &heap);
    assert_null(sdx_map_get(&map, SDX_STR("x")));
    for (int i = 0; i < N; i++) {
        (void)snprintf(names[i], sizeof names[i], "node_%d", i);
        assert_null(sdx_map_put(&map, sdx_str_from(names[i]), names[i]));
    }
    assert_int_equal(map.len, N);
    for (int i = 0; i < N; i++)
        assert_ptr_equal(sdx_map_get(&map, sdx_str_from(names[i])), names[i]);
    assert_null(sdx_map_get(&map, SDX_STR("node_3000")));
    assert_null(sdx_map_put(&map, SDX_STR("node_5"), &heap));
    assert_null(sdx_map_put(&map, SDX_STR(""), &map));
    assert_int_equal(map.len, N + 1);
    assert_ptr_equal(sdx_map_get(&map, SDX_STR("node_5")), &heap);
    assert_ptr_equal(sdx_map_get(&map, sdx_str_from(NULL)), &map);
    sdx_map_deinit(&map);
    assert_int_equal(heap.used, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_counted_and_aligned),
        cmocka_unit_test(limit_says_its_numbers),
        cmocka_unit_test(limit_is_exact_among_threads),
        cmocka_unit_test(crooked_allocators_are_refused),
        cmocka_unit_test(large_blocks_go_back_to_the_system),
        cmocka_unit_test(arena_things_are_zeroed_and_aligned),
        cmocka_unit_test(arena_obeys_the_limit),
        cmocka_unit_test(maps_find_what_was_put),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
