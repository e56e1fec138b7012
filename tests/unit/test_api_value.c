/* The public functions of values: what they check, who owns what, and that every block comes from
 * and goes back to the caller's allocator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/port.h"
#include "sardonyx/sardonyx.h"

typedef struct counter {
    long calls, blocks, bytes, fail_at;
} counter;

static void *count_allocate(void *self, size_t size, size_t alignment) {
    counter *const c = self;
    if (++c->calls == c->fail_at) return NULL;
    c->blocks++;
    c->bytes += (long)size;
    return sdx_os_block_allocate((size + alignment - 1) / alignment * alignment, alignment);
}

static void count_deallocate(void *self, void *ptr, size_t size) {
    counter *const c = self;
    c->blocks--;
    c->bytes -= (long)size;
    sdx_os_block_free(ptr);
}

static void expect(sdx_status status, sdx_code code, const char *text) {
    if (!strstr(sdx_status_text(status), text)) print_error("got: %s\n", sdx_status_text(status));
    assert_int_equal(sdx_status_code(status), code);
    assert_non_null(strstr(sdx_status_text(status), text));
    sdx_status_free(status);
}

static const int64_t shape[] = {2, 3};

static void a_created_tensor_is_zero(void **state) {
    (void)state;
    for (int id = 1; id <= 26; id++) {
        sdx_value *tensor;
        assert_null(sdx_tensor_create(NULL, (sdx_dtype)id, 2, shape, &tensor));
        assert_int_equal(sdx_value_kind(tensor), SDX_TENSOR);
        assert_int_equal(sdx_tensor_dtype(tensor), id);
        assert_int_equal(sdx_tensor_rank(tensor), 2);
        assert_int_equal(sdx_tensor_dims(tensor)[1], 3);
        assert_int_equal(sdx_tensor_len(tensor), 6);
        assert_int_equal(sdx_tensor_size(tensor), (sdx_dtype_bits((sdx_dtype)id) * 6 + 7) / 8);
        const char *const data = sdx_tensor_data(tensor);
        for (size_t i = 0; i < sdx_tensor_size(tensor); i++)
            assert_int_equal(data[i], 0);
        sdx_value_release(tensor);
    }
}

static void arguments_are_checked(void **state) {
    (void)state;
    const int64_t negative[] = {2, -3}, huge[] = {INT64_MAX, INT64_MAX};
    float data[7];
    sdx_value *value = NULL;
    expect(sdx_tensor_create(NULL, SDX_UNDEFINED, 0, NULL, &value), SDX_INVALID_ARGUMENT,
           "dtype is 0");
    expect(sdx_tensor_create(NULL, SDX_INT8, 2, NULL, &value), SDX_INVALID_ARGUMENT,
           "dims is NULL");
    expect(sdx_tensor_create(NULL, SDX_INT8, 2, negative, &value), SDX_INVALID_ARGUMENT,
           "dimension 1 is -3");
    expect(sdx_tensor_create(NULL, SDX_INT8, 2, huge, &value), SDX_INVALID_ARGUMENT,
           "no memory holds");
    expect(sdx_tensor_create(NULL, SDX_INT8, 17, huge, &value), SDX_INVALID_ARGUMENT, "rank 17");
    expect(sdx_tensor_wrap(SDX_FLOAT32, 2, shape, data, 20, NULL, NULL, &value),
           SDX_INVALID_ARGUMENT, "size is 20 bytes, expected 24 for float32[2,3]");
    expect(sdx_tensor_wrap(SDX_FLOAT32, 2, shape, NULL, 24, NULL, NULL, &value),
           SDX_INVALID_ARGUMENT, "data is NULL");
    expect(sdx_tensor_wrap(SDX_FLOAT32, 2, shape, (char *)data + 2, 24, NULL, NULL, &value),
           SDX_INVALID_ARGUMENT, "not aligned to 4 bytes");
    expect(sdx_tensor_wrap(SDX_STRING, 0, NULL, data, 16, NULL, NULL, &value), SDX_INVALID_ARGUMENT,
           "sdx_tensor_strings");
    const sdx_str broken[] = {{"a", 1}, {NULL, 1}};
    const int64_t two = 2;
    expect(sdx_tensor_strings(NULL, 1, &two, broken, 1, &value), SDX_INVALID_ARGUMENT, "n is 1");
    expect(sdx_tensor_strings(NULL, 1, &two, broken, 2, &value), SDX_INVALID_ARGUMENT, "string 1");
    expect(sdx_tensor_strings(NULL, 1, &two, NULL, 2, &value), SDX_INVALID_ARGUMENT, "string 0");
    sdx_value *const none[] = {NULL};
    expect(sdx_sequence_create(NULL, SDX_INT8, none, 1, &value), SDX_INVALID_ARGUMENT, "item 0");
    expect(sdx_sequence_create(NULL, (sdx_dtype)40, none, 0, &value), SDX_INVALID_ARGUMENT,
           "element is 40");
    expect(sdx_map_create(NULL, NULL, NULL, &value), SDX_INVALID_ARGUMENT, "keys is NULL");
    expect(sdx_value_parse(NULL, SDX_TENSOR, NULL, 3, &value, NULL), SDX_INVALID_ARGUMENT,
           "bytes is NULL");
    expect(sdx_value_parse(NULL, SDX_TENSOR, "\xff", 1, &value, NULL), SDX_INVALID_MODEL, "");
    void *bytes;
    size_t size;
    expect(sdx_value_serialize(NULL, NULL, NULL, &bytes, &size), SDX_INVALID_ARGUMENT, "NULL");
    assert_null(value);
}

static void queries_of_another_kind_are_empty(void **state) {
    (void)state;
    sdx_value *tensor, *list;
    assert_null(sdx_tensor_create(NULL, SDX_INT8, 0, NULL, &tensor));
    assert_null(sdx_sequence_create(NULL, SDX_INT8, NULL, 0, &list));
    assert_int_equal(sdx_tensor_dtype(list), SDX_UNDEFINED);
    assert_int_equal(sdx_tensor_len(list), 0);
    assert_int_equal(sdx_tensor_size(NULL), 0);
    assert_null(sdx_tensor_data(list));
    assert_null(sdx_tensor_dims(list));
    assert_int_equal(sdx_sequence_len(tensor), 0);
    assert_null(sdx_sequence_at(tensor, 0));
    assert_null(sdx_map_keys(tensor));
    assert_null(sdx_map_values(list));
    assert_null(sdx_optional_get(tensor));
    sdx_value_release(tensor);
    sdx_value_release(list);
}

static void set_flag(void *user, void *data) {
    (void)data;
    *(bool *)user = true;
}

static void wrapped_memory_is_given_back(void **state) {
    (void)state;
    float data[6] = {1};
    bool freed = false;
    sdx_value *tensor, *list;
    assert_null(sdx_tensor_wrap(SDX_FLOAT32, 2, shape, data, 24, set_flag, &freed, &tensor));
    assert_ptr_equal(sdx_tensor_data(tensor), data);
    assert_null(sdx_sequence_create(NULL, SDX_UNDEFINED, &tensor, 1, &list));
    sdx_value_release(tensor);
    assert_false(freed);
    assert_ptr_equal(sdx_sequence_at(list, 0), tensor);
    assert_null(sdx_sequence_at(list, 1));
    sdx_value_release(list);
    assert_true(freed);
}

static void items_have_one_type(void **state) {
    (void)state;
    sdx_value *a, *b, *list = NULL;
    assert_null(sdx_tensor_create(NULL, SDX_INT8, 0, NULL, &a));
    assert_null(sdx_tensor_create(NULL, SDX_UINT8, 0, NULL, &b));
    sdx_value *const mixed[] = {a, b};
    expect(sdx_sequence_create(NULL, SDX_UNDEFINED, mixed, 2, &list), SDX_INVALID_ARGUMENT,
           "item 1 has type uint8, expected int8");
    expect(sdx_sequence_create(NULL, SDX_BOOL, mixed, 1, &list), SDX_INVALID_ARGUMENT,
           "item 0 has type int8, expected bool");
    assert_null(sdx_sequence_create(NULL, SDX_INT8, mixed, 1, &list));
    sdx_value *const kinds[] = {a, list};
    sdx_value *outer = NULL;
    expect(sdx_sequence_create(NULL, SDX_INT8, kinds, 2, &outer), SDX_INVALID_ARGUMENT,
           "another kind");
    sdx_value_release(a);
    sdx_value_release(b);
    sdx_value_release(list);
}

/* An optional of a sequence of maps, made, written and read with one allocator. */
static sdx_status tour(const sdx_allocator *allocator) {
    const sdx_str names[] = {{"onyx", 4}, {"sard", 4}};
    const int64_t two = 2;
    sdx_value *keys = NULL, *values = NULL, *map = NULL, *list = NULL, *value = NULL, *back = NULL;
    void *bytes = NULL;
    size_t size = 0;
    sdx_status status = sdx_tensor_strings(allocator, 1, &two, names, 2, &keys);
    if (!status) status = sdx_tensor_create(allocator, SDX_FLOAT32, 2, shape, &values);
    if (!status) status = sdx_map_create(allocator, keys, values, &map);
    if (!status) status = sdx_sequence_create(allocator, SDX_FLOAT32, &map, 1, &list);
    if (!status) status = sdx_optional_create(allocator, list, &value);
    if (!status) status = sdx_value_serialize(allocator, value, "y", &bytes, &size);
    sdx_str name = {0};
    if (!status) status = sdx_value_parse(allocator, SDX_OPTIONAL, bytes, size, &back, &name);
    if (!status) {
        assert_true(name.len == 1 && name.ptr[0] == 'y');
        sdx_value *const read = sdx_sequence_at(sdx_optional_get(back), 0);
        const sdx_str *const got = sdx_tensor_data(sdx_map_keys(read));
        assert_memory_equal(got[1].ptr, "sard", 4);
        assert_int_equal(sdx_tensor_dims(sdx_map_values(read))[1], 3);
    }
    if (allocator && bytes) allocator->deallocate(allocator->self, bytes, size);
    if (!allocator) sdx_bytes_free(bytes, size);
    sdx_value *const all[] = {keys, values, map, list, value, back};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        sdx_value_release(all[i]);
    return status;
}

static void nothing_leaks_wherever_memory_ends(void **state) {
    (void)state;
    assert_null(tour(NULL));
    bool done = false;
    for (long at = 1; !done; at++) {
        counter c = {.fail_at = at};
        const sdx_allocator allocator = {count_allocate, count_deallocate, &c};
        const sdx_status status = tour(&allocator);
        done = status == NULL;
        if (status) assert_int_equal(sdx_status_code(status), SDX_OUT_OF_MEMORY);
        sdx_status_free(status);
        assert_int_equal(c.blocks, 0);
        assert_int_equal(c.bytes, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_created_tensor_is_zero),
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(queries_of_another_kind_are_empty),
        cmocka_unit_test(wrapped_memory_is_given_back),
        cmocka_unit_test(items_have_one_type),
        cmocka_unit_test(nothing_leaks_wherever_memory_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
