/* Copies of constants: blocks that go back alone, and sweeps that find what is in use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tensor/copies.h"

typedef struct fixture {
    sdx_heap heap;
    sdx_arena arena;
    sdx_copies copies;
} fixture;

static void begin(fixture *f) {
    sdx_heap_init(&f->heap, NULL, 0, "test");
    sdx_arena_init(&f->arena, &f->heap);
    sdx_copies_init(&f->copies, &f->arena);
}

static void end(fixture *f) {
    sdx_copies_deinit(&f->copies);
    sdx_arena_deinit(&f->arena);
    assert_int_equal(atomic_load(&f->heap.used), 0);
}

static char *take(fixture *f, size_t size) {
    void *data;
    assert_null(sdx_copies_take(&f->copies, size, SDX_COPY_FOLDED, SDX_STR("c"), &data));
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(((char *)data)[i], 0);
    }
    return data;
}

static void only_blocks_are_dropped(void **state) {
    (void)state;
    fixture f;
    begin(&f);
    const char *const small = take(&f, 100);
    const char *const large = take(&f, SDX_COPY_BLOCK);
    assert_int_equal(f.copies.bytes, 100 + SDX_COPY_BLOCK);
    assert_int_equal(f.copies.in_arena, 100);
    sdx_copies_drop(&f.copies, small);
    sdx_copies_drop(&f.copies, large + 64); /* no beginning of a block */
    sdx_copies_drop(&f.copies, &f);
    assert_int_equal(f.copies.bytes, 100 + SDX_COPY_BLOCK);
    sdx_copies_drop(&f.copies, large);
    sdx_copies_drop(&f.copies, large); /* it went back already */
    assert_int_equal(f.copies.bytes, 100);
    (void)take(&f, SDX_COPY_BLOCK); /* maybe at the same address */
    assert_int_equal(f.copies.bytes, 100 + SDX_COPY_BLOCK);
    end(&f);
}

/* Every third of many blocks is kept, by an address inside of it. */
static void a_sweep_keeps_what_is_in_use(void **state) {
    (void)state;
    enum { N = 200 };
    fixture f;
    sdx_copies_sweep sweep;
    char *blocks[N];
    begin(&f);
    for (size_t i = 0; i < N; i++) {
        blocks[i] = take(&f, SDX_COPY_BLOCK + i * 64);
    }
    (void)take(&f, 100);
    assert_null(sdx_copies_sweep_begin(&sweep, &f.copies));
    size_t kept = 100;
    for (size_t i = 0; i < N; i += 3) {
        sdx_copies_sweep_keep(&sweep, blocks[i] + (i % 2) * (SDX_COPY_BLOCK + i * 64 - 1));
        kept += SDX_COPY_BLOCK + i * 64;
    }
    sdx_copies_sweep_keep(&sweep, NULL);
    sdx_copies_sweep_keep(&sweep, &f);
    sdx_copies_sweep_keep(&sweep, (const void *)UINTPTR_MAX);
    sdx_copies_sweep_end(&sweep);
    assert_int_equal(f.copies.bytes, kept);
    assert_null(sdx_copies_sweep_begin(&sweep, &f.copies));
    sdx_copies_sweep_end(&sweep);
    assert_int_equal(f.copies.bytes, 100);
    end(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_blocks_are_dropped),
        cmocka_unit_test(a_sweep_keeps_what_is_in_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
