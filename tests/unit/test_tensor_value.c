/* Values and their store: contents, ownership, reuse of blocks, limits, failing memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/pool.h"
#include "base/port.h"
#include "tensor/store.h"
#include "tensor/value.h"

/* An allocator that counts and can be told to fail. */
typedef struct counter {
    long calls, blocks, fail_at; /* fail_at: the call that fails; 0: none */
} counter;

static void *count_allocate(void *self, size_t size, size_t alignment) {
    counter *const c = self;
    if (++c->calls == c->fail_at) return NULL;
    c->blocks++;
    return sdx_os_block_allocate((size + alignment - 1) / alignment * alignment, alignment);
}

static void count_deallocate(void *self, void *ptr, size_t size) {
    (void)size;
    ((counter *)self)->blocks--;
    sdx_os_block_free(ptr);
}

static sdx_allocator counting(counter *c) {
    *c = (counter){0};
    return (sdx_allocator){count_allocate, count_deallocate, c};
}

static sdx_view shape_of(sdx_dtype dtype, int64_t n) {
    sdx_view view;
    assert_null(sdx_view_init(&view, dtype, 1, &n));
    return view;
}

static void a_dense_value_owns_its_elements(void **state) {
    (void)state;
    sdx_value *value;
    const sdx_view shape = shape_of(SDX_FLOAT32, 100), none = shape_of(SDX_FLOAT32, 0);
    assert_null(sdx_value_dense(NULL, &shape, true, &value));
    assert_int_equal((uintptr_t)value->view.data % SDX_ALIGN, 0);
    for (size_t i = 0; i < 100; i++)
        assert_true(((float *)value->view.data)[i] == 0);
    assert_ptr_equal(sdx_value_retain(value), value);
    sdx_value_release(value);
    sdx_value_release(value);
    assert_null(sdx_value_dense(NULL, &none, false, &value));
    assert_non_null(value->view.data); /* nothing has an address too */
    sdx_value_release(value);
    sdx_value_release(NULL);
    sdx_view absurd = shape;
    absurd.len = SIZE_MAX / 4;
    const sdx_status status = sdx_value_dense(NULL, &absurd, false, &value);
    assert_int_equal(sdx_status_code(status), SDX_LIMIT);
    sdx_status_free(status);
}

static void sealed_strings_stand_alone(void **state) {
    (void)state;
    char text[] = "onyx sard";
    sdx_view view = shape_of(SDX_STRING, 3);
    sdx_str strings[] = {{text, 4}, {NULL, 0}, {text + 5, 4}};
    view.data = strings;
    sdx_value *value, *copy;
    assert_null(sdx_value_copy(NULL, &view, &value));
    memset(text, 'x', sizeof text);
    const sdx_str *const got = value->view.data;
    assert_true(sdx_str_is(got[0], "onyx") && got[1].len == 0 && sdx_str_is(got[2], "sard"));
    ((sdx_str *)value->view.data)[0] = got[2]; /* a view of its own bytes */
    assert_null(sdx_value_seal(value));
    assert_true(sdx_str_is(got[0], "sard") && sdx_str_is(got[2], "sard"));
    assert_null(sdx_value_copy(NULL, &value->view, &copy));
    sdx_value_release(value);
    assert_true(sdx_str_is(((sdx_str *)copy->view.data)[2], "sard"));
    sdx_value_release(copy);
}

static void a_copy_of_unpacked_elements_is_packed(void **state) {
    (void)state;
    uint8_t one[] = {0xff, 7, 0xf8};
    sdx_view view = shape_of(SDX_INT4, 3);
    view.data = one;
    view.unpacked = true;
    sdx_value *value;
    assert_null(sdx_value_copy(NULL, &view, &value));
    assert_false(value->view.unpacked);
    assert_memory_equal(value->view.data, ((const uint8_t[]){0x7f, 0x08}), 2);
    sdx_value_release(value);
}

static void note_free(void *user, void *data) {
    (void)data;
    ++*(int *)user;
}

static void the_last_owner_frees_wrapped_data(void **state) {
    (void)state;
    int freed = 0;
    float data[2] = {1, 2};
    sdx_view view = shape_of(SDX_FLOAT32, 2);
    view.data = data;
    sdx_value *value, *list;
    assert_null(sdx_value_wrap(&view, note_free, &freed, &value));
    assert_null(sdx_value_sequence(NULL, SDX_TENSOR, SDX_FLOAT32, &value, 1, &list));
    sdx_value_release(value);
    assert_int_equal(freed, 0);
    sdx_value_release(list);
    assert_int_equal(freed, 1);
}

static void no_depth_exhausts_the_stack(void **state) {
    (void)state;
    sdx_value *value = NULL;
    assert_null(sdx_value_optional(NULL, SDX_TENSOR, SDX_INT8, NULL, &value));
    for (int i = 0; i < 300000; i++) {
        sdx_value *outer;
        sdx_value *const twice[] = {value, value};
        assert_null(sdx_value_sequence(NULL, SDX_SEQUENCE, SDX_INT8, twice, 2, &outer));
        sdx_value_release(value);
        value = outer;
    }
    sdx_value_release(value);
}

static void values_in_a_loop_cost_no_allocation(void **state) {
    (void)state;
    counter c;
    const sdx_allocator allocator = counting(&c);
    sdx_store *store;
    assert_null(sdx_store_create(&allocator, 0, "test", &store));
    long before = 0;
    for (int round = 0; round < 100; round++) {
        const sdx_view shape = shape_of(SDX_INT64, 1000 + round % 4);
        sdx_value *value, *list;
        assert_null(sdx_value_dense(store, &shape, true, &value));
        assert_true(((int64_t *)value->view.data)[999] == 0);
        memset(value->view.data, 0xff, sdx_view_bytes(&shape));
        assert_null(sdx_value_sequence(store, SDX_TENSOR, SDX_INT64, &value, 1, &list));
        sdx_value_release(value);
        sdx_value_release(list);
        if (round == 0) before = c.calls;
    }
    assert_int_equal(c.calls, before);
    sdx_store_trim(store);
    assert_int_equal(c.blocks, 1);
    assert_int_equal(sdx_store_heap(store)->used, 0);
    sdx_store_release(store);
    assert_int_equal(c.blocks, 0);
}

static void kept_blocks_are_bounded_and_yield(void **state) {
    (void)state;
    enum { LIMIT = 1 << 20 };
    sdx_store *store;
    assert_null(sdx_store_create(NULL, LIMIT, "test", &store));
    void *blocks[64];
    size_t sizes[64];
    for (size_t i = 0; i < 64; i++)
        assert_null(sdx_store_take(store, 100 * (i + 1), false, &blocks[i], &sizes[i]));
    for (size_t i = 0; i < 64; i++) {
        sdx_store_give(store, blocks[i], sizes[i]);
    }
    assert_true(sdx_store_heap(store)->used <= LIMIT / 4);
    assert_true(sdx_store_heap(store)->used > 0);
    /* a block that fits only when the kept ones go */
    void *block;
    size_t size;
    assert_null(sdx_store_take(store, LIMIT - 4096, false, &block, &size));
    sdx_store_give(store, block, size);
    assert_int_equal(sdx_store_heap(store)->used, 0);
    const sdx_status status = sdx_store_take(store, LIMIT + 1, false, &block, &size);
    assert_int_equal(sdx_status_code(status), SDX_LIMIT);
    sdx_status_free(status);
    sdx_store_release(store);
}

static void every_size_has_a_block_that_fits(void **state) {
    (void)state;
    sdx_store *store;
    assert_null(sdx_store_create(NULL, 0, "test", &store));
    for (size_t size = 1; size < 100000; size += 1 + size / 50) {
        void *block, *again;
        size_t real, real_again;
        assert_null(sdx_store_take(store, size, false, &block, &real));
        assert_true(real >= size && real <= size + size / 8 + 64);
        memset(block, 1, real);
        sdx_store_give(store, block, real);
        assert_null(sdx_store_take(store, real, false, &again, &real_again));
        assert_ptr_equal(again, block);
        assert_int_equal(real, real_again);
        sdx_store_give(store, again, real_again);
    }
    sdx_store_release(store);
}

/* Values of many sizes made, filled and freed. */
static void make_some(void *arg, size_t begin, size_t end, unsigned lane) {
    for (size_t i = begin; i < end; i++) {
        const int64_t n = (int64_t)(i * 7919 % 2000);
        sdx_view shape;
        sdx_value *value = NULL;
        sdx_status status = sdx_view_init(&shape, SDX_FLOAT32, 1, &n);
        if (!status) status = sdx_value_dense(arg, &shape, i % 2, &value);
        if (!status && n > 0) memset(value->view.data, (int)lane, sdx_view_bytes(&shape));
        assert_null(status);
        sdx_value_release(value);
        if (i % 500 == 0) sdx_store_trim(arg);
    }
}

static void lanes_share_a_store(void **state) {
    (void)state;
    enum { LIMIT = 1 << 16 };
    sdx_gang *gang;
    sdx_store *store;
    assert_null(sdx_gang_create(3, &gang));
    assert_null(sdx_store_create(NULL, LIMIT, "test", &store));
    sdx_gang_enter(gang, false);
    sdx_gang_for(gang, 5000, 10, make_some, store);
    sdx_gang_leave(gang);
    assert_true(sdx_store_heap(store)->used <= LIMIT / 4);
    sdx_store_trim(store);
    assert_int_equal(sdx_store_heap(store)->used, 0);
    sdx_store_release(store);
    sdx_gang_destroy(gang);
}

static sdx_status build(const sdx_allocator *allocator, sdx_value **out) {
    sdx_store *store;
    SDX_TRY(sdx_store_create(allocator, 0, "test", &store));
    sdx_str strings[] = {SDX_STR("a"), SDX_STR("bc")};
    sdx_view view = shape_of(SDX_STRING, 2);
    view.data = strings;
    const sdx_view rows = shape_of(SDX_FLOAT32, 2);
    sdx_value *keys = NULL, *values = NULL, *map = NULL, *list = NULL;
    sdx_status status = sdx_value_copy(store, &view, &keys);
    if (!status) status = sdx_value_dense(store, &rows, true, &values);
    if (!status) status = sdx_value_check_map(keys, values, sdx_store_heap(store));
    if (!status) status = sdx_value_map(store, keys, values, &map);
    if (!status) status = sdx_value_sequence(store, SDX_MAP, SDX_FLOAT32, &map, 1, &list);
    if (!status) status = sdx_value_optional(store, SDX_SEQUENCE, SDX_FLOAT32, list, out);
    sdx_value_release(keys);
    sdx_value_release(values);
    sdx_value_release(map);
    sdx_value_release(list);
    sdx_store_release(store);
    return status;
}

static void nothing_leaks_wherever_memory_ends(void **state) {
    (void)state;
    counter c;
    const sdx_allocator allocator = counting(&c);
    bool done = false;
    for (long at = 1; !done; at++) {
        c.calls = 0;
        c.fail_at = at;
        sdx_value *value = NULL;
        const sdx_status status = build(&allocator, &value);
        done = status == NULL;
        if (done) {
            assert_int_equal(sdx_value_kind(value), SDX_OPTIONAL);
            assert_int_equal(sdx_value_leaf(value), SDX_FLOAT32);
        } else {
            assert_int_equal(sdx_status_code(status), SDX_OUT_OF_MEMORY);
            assert_null(value);
        }
        sdx_status_free(status);
        sdx_value_release(value);
        assert_int_equal(c.blocks, 0);
        assert_true(at < 100);
    }
}

static void what_makes_a_map(void **state) {
    (void)state;
    int64_t numbers[] = {7, -1, 7};
    sdx_view two = shape_of(SDX_INT64, 2), three = shape_of(SDX_INT64, 3);
    two.data = three.data = numbers;
    sdx_value *good, *bad, *list;
    assert_null(sdx_value_wrap(&two, NULL, NULL, &good));
    assert_null(sdx_value_wrap(&three, NULL, NULL, &bad));
    assert_null(sdx_value_sequence(NULL, SDX_TENSOR, SDX_INT64, NULL, 0, &list));
    sdx_heap *const heap = sdx_heap_global();
    assert_null(sdx_value_check_map(good, good, heap));
    sdx_value *const pairs[][2] = {{good, bad}, {bad, bad}, {list, good}, {good, list}};
    for (size_t i = 0; i < 4; i++) {
        const sdx_status status = sdx_value_check_map(pairs[i][0], pairs[i][1], heap);
        assert_int_equal(sdx_status_code(status), SDX_INVALID_ARGUMENT);
        sdx_status_free(status);
    }
    sdx_value_release(good);
    sdx_value_release(bad);
    sdx_value_release(list);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dense_value_owns_its_elements),
        cmocka_unit_test(sealed_strings_stand_alone),
        cmocka_unit_test(a_copy_of_unpacked_elements_is_packed),
        cmocka_unit_test(the_last_owner_frees_wrapped_data),
        cmocka_unit_test(no_depth_exhausts_the_stack),
        cmocka_unit_test(values_in_a_loop_cost_no_allocation),
        cmocka_unit_test(kept_blocks_are_bounded_and_yield),
        cmocka_unit_test(every_size_has_a_block_that_fits),
        cmocka_unit_test(lanes_share_a_store),
        cmocka_unit_test(nothing_leaks_wherever_memory_ends),
        cmocka_unit_test(what_makes_a_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
