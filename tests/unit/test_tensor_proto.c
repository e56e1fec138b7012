/* TensorProto and its relatives: every element type through every data field, whole values there
 * and back, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/port.h"
#include "tensor/proto.h"

static sdx_arena arena;

static int open_arena(void **state) {
    (void)state;
    sdx_arena_init(&arena, sdx_heap_global());
    return 0;
}

static int close_arena(void **state) {
    (void)state;
    sdx_arena_deinit(&arena);
    return 0;
}

static void expect(sdx_status status, sdx_code code, const char *text) {
    if (sdx_status_code(status) != code || !strstr(sdx_status_text(status), text))
        print_error("got: %s\nwanted: %s\n", sdx_status_text(status), text);
    assert_int_equal(sdx_status_code(status), code);
    assert_non_null(strstr(sdx_status_text(status), text));
    sdx_status_free(status);
}

/* ---- data fields ----------------------------------------------------------------------------- */

static const int64_t five = 5;

static sdx_pb_tensor tensor_of(sdx_dtype dtype) {
    return (sdx_pb_tensor){
        .dims = &five, .n_dims = 1, .data_type = (int32_t)dtype, .has_data_type = true};
}

static void every_type_from_raw_data(void **state) {
    (void)state;
    static const uint8_t zeros[5 * 16 + 1] = {0};
    for (int id = 1; id <= 26; id++) {
        const sdx_dtype dtype = (sdx_dtype)id;
        sdx_pb_tensor proto = tensor_of(dtype);
        sdx_view view;
        bool external = true;
        size_t bytes;
        assert_true(sdx_dtype_bytes(dtype, 5, &bytes));
        proto.raw_data = (sdx_str){(const char *)zeros + 1, bytes};
        if (dtype == SDX_STRING) {
            expect(sdx_tensor_from_proto(&proto, &arena, &view, &external), SDX_INVALID_MODEL,
                   "strings are stored as raw_data");
            continue;
        }
        assert_null(sdx_tensor_from_proto(&proto, &arena, &view, &external));
        assert_false(external);
        assert_ptr_equal(view.data, zeros + 1); /* in place */
        assert_int_equal(view.len, 5);
        assert_int_equal(view.dtype, dtype);
        proto.raw_data.len++;
        expect(sdx_tensor_from_proto(&proto, &arena, &view, &external), SDX_INVALID_MODEL,
               "raw_data has");
        proto.raw_data.len -= 2;
        sdx_status_free(sdx_tensor_from_proto(&proto, &arena, &view, &external));
    }
}

static void bools_are_made_0_or_1(void **state) {
    (void)state;
    sdx_pb_tensor proto = tensor_of(SDX_BOOL);
    sdx_view view;
    bool external;
    proto.raw_data = (sdx_str){"\1\2\0\377\1", 5};
    assert_null(sdx_tensor_from_proto(&proto, &arena, &view, &external));
    assert_memory_equal(view.data, "\1\1\0\1\1", 5);
    const int32_t numbers[] = {1, 0, -7, 300, 0};
    proto.raw_data = (sdx_str){0};
    proto.int32_data = numbers;
    proto.n_int32_data = 5;
    assert_null(sdx_tensor_from_proto(&proto, &arena, &view, &external));
    assert_memory_equal(view.data, "\1\0\1\1\0", 5);
}

/* What lies in the type's own field becomes these little-endian bytes. */
static void every_type_from_its_own_field(void **state) {
    (void)state;
    static const int32_t ints[] = {1, -2, 3, -4, 127};
    static const int32_t codes[] = {0x3c00, 0xbc00, 0x7bff, 0xffff, 0};
    static const int32_t packed4[] = {0xf1, 0x7e, 0x03};
    static const int32_t packed2[] = {0xe4, 0x01};
    static const int64_t longs[] = {1, -2, INT64_MAX, INT64_MIN, 0};
    static const uint64_t words[] = {1, 2, UINT32_MAX, 0, 7};
    static const float floats[] = {1, -2, 0.5f, 3e38f, 0, 1, 2, 3, 4, 5};
    static const double doubles[] = {1, -2, 0.5, 1e300, 0, 1, 2, 3, 4, 5};
    static const struct {
        sdx_dtype dtype;
        const void *field;
        size_t n;
        const char *bytes;
    } rows[] = {
        {SDX_INT8, ints, 5, "\x01\xfe\x03\xfc\x7f"},
        {SDX_UINT8, ints, 5, "\x01\xfe\x03\xfc\x7f"},
        {SDX_INT16, ints, 5, "\x01\0\xfe\xff\x03\0\xfc\xff\x7f\0"},
        {SDX_UINT16, codes, 5, "\0\x3c\0\xbc\xff\x7b\xff\xff\0\0"},
        {SDX_FLOAT16, codes, 5, "\0\x3c\0\xbc\xff\x7b\xff\xff\0\0"},
        {SDX_BFLOAT16, codes, 5, "\0\x3c\0\xbc\xff\x7b\xff\xff\0\0"},
        {SDX_INT32, ints, 5, (const char *)ints},
        {SDX_FLOAT8E4M3FN, ints, 5, "\x01\xfe\x03\xfc\x7f"},
        {SDX_FLOAT8E4M3FNUZ, ints, 5, "\x01\xfe\x03\xfc\x7f"},
        {SDX_FLOAT8E5M2, ints, 5, "\x01\xfe\x03\xfc\x7f"},
        {SDX_FLOAT8E5M2FNUZ, ints, 5, "\x01\xfe\x03\xfc\x7f"},
        {SDX_FLOAT8E8M0, ints, 5, "\x01\xfe\x03\xfc\x7f"},
        {SDX_UINT4, packed4, 3, "\xf1\x7e\x03"},
        {SDX_INT4, packed4, 3, "\xf1\x7e\x03"},
        {SDX_FLOAT4E2M1, packed4, 3, "\xf1\x7e\x03"},
        {SDX_UINT2, packed2, 2, "\xe4\x01"},
        {SDX_INT2, packed2, 2, "\xe4\x01"},
        {SDX_INT64, longs, 5, (const char *)longs},
        {SDX_UINT64, words, 5, (const char *)words},
        {SDX_UINT32, words, 5, "\1\0\0\0\2\0\0\0\xff\xff\xff\xff\0\0\0\0\7\0\0\0"},
        {SDX_FLOAT32, floats, 5, (const char *)floats},
        {SDX_COMPLEX64, floats, 10, (const char *)floats},
        {SDX_FLOAT64, doubles, 5, (const char *)doubles},
        {SDX_COMPLEX128, doubles, 10, (const char *)doubles},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        sdx_pb_tensor proto = tensor_of(rows[k].dtype);
        const bool narrow = rows[k].field == ints || rows[k].field == codes ||
                            rows[k].field == packed4 || rows[k].field == packed2;
        size_t *count = &proto.n_int32_data;
        if (narrow) {
            proto.int32_data = rows[k].field;
        } else if (rows[k].field == longs) {
            proto.int64_data = longs;
            count = &proto.n_int64_data;
        } else if (rows[k].field == words) {
            proto.uint64_data = words;
            count = &proto.n_uint64_data;
        } else if (rows[k].field == floats) {
            proto.float_data.ptr = rows[k].field;
            count = &proto.float_data.n;
        } else {
            proto.double_data.ptr = rows[k].field;
            count = &proto.double_data.n;
        }
        *count = rows[k].n;
        sdx_view view;
        bool external;
        assert_null(sdx_tensor_from_proto(&proto, &arena, &view, &external));
        assert_memory_equal(view.data, rows[k].bytes, sdx_view_bytes(&view));
        *count = rows[k].n - 1;
        expect(sdx_tensor_from_proto(&proto, &arena, &view, &external), SDX_INVALID_MODEL,
               "entries, expected");
        *count = 0;
        expect(sdx_tensor_from_proto(&proto, &arena, &view, &external), SDX_INVALID_MODEL,
               "has 0 entries, expected");
    }
}

static void strings_are_copied(void **state) {
    (void)state;
    char text[] = "abc";
    const sdx_str strings[] = {{text, 2}, {NULL, 0}, {text + 2, 1}, {text, 0}, {text, 3}};
    sdx_pb_tensor proto = tensor_of(SDX_STRING);
    proto.string_data = strings;
    proto.n_string_data = 5;
    sdx_view view;
    bool external;
    assert_null(sdx_tensor_from_proto(&proto, &arena, &view, &external));
    memset(text, 'x', 3);
    const sdx_str *const got = view.data;
    assert_true(sdx_str_is(got[0], "ab") && got[1].len == 0 && sdx_str_is(got[2], "c"));
    assert_true(sdx_str_is(got[4], "abc"));
    proto.n_string_data = 4;
    expect(sdx_tensor_from_proto(&proto, &arena, &view, &external), SDX_INVALID_MODEL,
           "string_data has 4 entries, expected 5");
}

static void what_a_tensor_may_not_be(void **state) {
    (void)state;
    static const int64_t negative = -5, huge[] = {INT64_MAX, 8}, none = 0, deep[17] = {0};
    static const int32_t wide[] = {0, 0, 0, 0, 256};
    static const uint64_t wider[] = {0, 0, 0, 0, UINT64_C(1) << 32};
    static const sdx_pb_segment segment;
    sdx_view view = {.len = 77};
    bool external;
    sdx_pb_tensor proto = tensor_of(SDX_INT8);
    proto.has_data_type = false;
    expect(sdx_tensor_from_proto(&proto, &arena, &view, &external), SDX_INVALID_MODEL,
           "no data_type");
    proto = tensor_of((sdx_dtype)27);
    expect(sdx_tensor_from_proto(&proto, &arena, &view, &external), SDX_INVALID_MODEL,
           "data_type is 27, expected 1 to 26");
    proto = tensor_of(SDX_INT8);
    proto.dims = &negative;
    expect(sdx_tensor_from_proto(&proto, &arena, &view, &external), SDX_INVALID_MODEL,
           "dims[0] is -5, expected 0 or more");
    proto.dims = huge;
    proto.n_dims = 2;
    expect(sdx_tensor_from_proto(&proto, &arena, &view, &external), SDX_LIMIT, "no memory holds");
    proto.dims = deep;
    proto.n_dims = 17;
    expect(sdx_tensor_from_proto(&proto, &arena, &view, &external), SDX_LIMIT, "rank 17");
    proto = tensor_of(SDX_INT8);
    proto.int32_data = wide;
    proto.n_int32_data = 5;
    expect(sdx_tensor_from_proto(&proto, &arena, &view, &external), SDX_INVALID_MODEL,
           "int32_data[4] is 256, expected -128 to 255 for int8");
    proto.raw_data = SDX_STR("12345");
    expect(sdx_tensor_from_proto(&proto, &arena, &view, &external), SDX_INVALID_MODEL,
           "both raw_data and int32_data");
    proto.raw_data = SDX_STR("");
    proto.data_type = SDX_FLOAT32;
    expect(sdx_tensor_from_proto(&proto, &arena, &view, &external), SDX_INVALID_MODEL,
           "float32[5] carries its elements in int32_data, expected float_data or raw_data");
    proto.segment = &segment;
    expect(sdx_tensor_from_proto(&proto, &arena, &view, &external), SDX_UNSUPPORTED, "segments");
    proto = tensor_of(SDX_UINT32);
    proto.uint64_data = wider;
    proto.n_uint64_data = 5;
    expect(sdx_tensor_from_proto(&proto, &arena, &view, &external), SDX_INVALID_MODEL,
           "uint64_data[4] is 4294967296");
    proto.dims = &none;
    expect(sdx_tensor_from_proto(&proto, &arena, &view, &external), SDX_INVALID_MODEL,
           "has 5 entries, expected 0");
    assert_int_equal(view.len, 77);
}

static void external_data_is_left_to_the_caller(void **state) {
    (void)state;
    sdx_view view;
    bool external = false;
    sdx_pb_tensor proto = tensor_of(SDX_FLOAT16);
    proto.has_data_location = true;
    proto.data_location = SDX_PB_LOCATION_EXTERNAL;
    assert_null(sdx_tensor_from_proto(&proto, &arena, &view, &external));
    assert_true(external && view.data == NULL && view.len == 5 && view.dtype == SDX_FLOAT16);
    proto.data_type = SDX_STRING;
    expect(sdx_tensor_from_proto(&proto, &arena, &view, &external), SDX_INVALID_MODEL,
           "strings are stored as external data");
    proto.data_location = 2;
    expect(sdx_tensor_from_proto(&proto, &arena, &view, &external), SDX_INVALID_MODEL,
           "data_location is 2");
}

/* ---- sparse tensors -------------------------------------------------------------------------- */

typedef struct sparse {
    int64_t n, dims[2], index_dims[2], indices[6];
    float numbers[3];
    sdx_pb_tensor values, index;
    sdx_pb_sparse_tensor proto;
} sparse;

static void make_sparse(sparse *s, bool linear) {
    *s = (sparse){.n = 3, .dims = {2, 4}, .index_dims = {3, 2}, .indices = {0, 1, 1, 0, 1, 3}};
    const int64_t positions[] = {1, 4, 7};
    if (linear) memcpy(s->indices, positions, sizeof positions);
    const float numbers[] = {10, 20, 30};
    memcpy(s->numbers, numbers, sizeof numbers);
    s->values = (sdx_pb_tensor){.dims = &s->n, .n_dims = 1, .data_type = SDX_FLOAT32};
    s->index = (sdx_pb_tensor){.dims = s->index_dims, .n_dims = linear ? 1 : 2};
    s->values.has_data_type = s->index.has_data_type = true;
    s->values.float_data = (sdx_wire_view){(const uint8_t *)s->numbers, 3};
    s->index.data_type = SDX_INT64;
    s->index.int64_data = s->indices;
    s->index.n_int64_data = linear ? 3 : 6;
    s->proto = (sdx_pb_sparse_tensor){&s->values, &s->index, s->dims, 2};
}

static void sparse_becomes_dense(void **state) {
    (void)state;
    static const float want[] = {0, 10, 0, 0, 20, 0, 0, 30};
    for (int linear = 0; linear < 2; linear++) {
        sparse s;
        sdx_view view;
        make_sparse(&s, linear);
        assert_null(sdx_tensor_from_sparse(&s.proto, 32, &arena, &view));
        assert_int_equal(view.rank, 2);
        assert_memory_equal(view.data, want, sizeof want);
        const int32_t packed[] = {0xd1, 0x02};
        s.values.data_type = SDX_INT4;
        s.values.float_data.n = 0;
        s.values.int32_data = packed;
        s.values.n_int32_data = 2;
        assert_null(sdx_tensor_from_sparse(&s.proto, 4, &arena, &view));
        assert_memory_equal(view.data, "\x10\x00\x0d\x20", 4);
        expect(sdx_tensor_from_sparse(&s.proto, 3, &arena, &view), SDX_LIMIT, "allowed 3");
    }
}

static void what_a_sparse_tensor_may_not_be(void **state) {
    (void)state;
    sparse s;
    sdx_view view;
    make_sparse(&s, true);
    s.indices[2] = 8;
    expect(sdx_tensor_from_sparse(&s.proto, 99, &arena, &view), SDX_INVALID_MODEL,
           "index 8 of entry 2 is outside the dense tensor, expected 0 to 7");
    s.indices[2] = -1;
    expect(sdx_tensor_from_sparse(&s.proto, 99, &arena, &view), SDX_INVALID_MODEL, "index -1");
    s.indices[2] = 4;
    expect(sdx_tensor_from_sparse(&s.proto, 99, &arena, &view), SDX_INVALID_MODEL,
           "expected rising indices");
    make_sparse(&s, false);
    s.indices[3] = 4;
    expect(sdx_tensor_from_sparse(&s.proto, 99, &arena, &view), SDX_INVALID_MODEL,
           "index 4 of entry 1 is outside the dense tensor, expected 0 to 3");
    s.proto.n_dims = 1;
    expect(sdx_tensor_from_sparse(&s.proto, 99, &arena, &view), SDX_INVALID_MODEL,
           "indices are int64[3,2], expected int64[3] or int64[3,1]");
    s.proto.indices = NULL;
    expect(sdx_tensor_from_sparse(&s.proto, 99, &arena, &view), SDX_INVALID_MODEL, "no indices");
    make_sparse(&s, true);
    s.dims[0] = 0;
    expect(sdx_tensor_from_sparse(&s.proto, 99, &arena, &view), SDX_INVALID_MODEL, "outside");
    s.n = 2;
    expect(sdx_tensor_from_sparse(&s.proto, 99, &arena, &view), SDX_INVALID_MODEL, "values: ");
}

/* ---- whole values ---------------------------------------------------------------------------- */

static bool same(const sdx_value *a, const sdx_value *b) {
    if (a->kind != b->kind || sdx_value_leaf(a) != sdx_value_leaf(b) || a->n_items != b->n_items)
        return false;
    for (size_t i = 0; i < a->n_items; i++)
        if (!same(a->items[i], b->items[i])) return false;
    if (a->kind != SDX_TENSOR) return a->element_kind == b->element_kind;
    if (!sdx_view_same_shape(&a->view, &b->view)) return false;
    if (a->view.dtype != SDX_STRING)
        return a->view.len == 0 ||
               memcmp(a->view.data, b->view.data, sdx_view_bytes(&a->view)) == 0;
    for (size_t i = 0; i < a->view.len; i++)
        if (!sdx_str_eq(((sdx_str *)a->view.data)[i], ((sdx_str *)b->view.data)[i])) return false;
    return true;
}

static sdx_value *sample(sdx_dtype dtype, size_t rank, const int64_t *dims) {
    static const sdx_str words[] = {{"", 0}, {"onyx", 4}, {"sard", 4}, {"a\0b", 3}};
    sdx_view view;
    sdx_value *value;
    assert_null(sdx_view_init(&view, dtype, rank, dims));
    assert_null(sdx_value_dense(NULL, &view, true, &value));
    if (dtype == SDX_STRING) {
        for (size_t i = 0; i < view.len; i++)
            ((sdx_str *)value->view.data)[i] = words[i % 4];
        assert_null(sdx_value_seal(value));
    } else {
        for (size_t i = 0; i < view.len * (dtype == SDX_COMPLEX64 || dtype == SDX_COMPLEX128); i++)
            ((uint8_t *)value->view.data)[i] = (uint8_t)i;
        for (size_t i = 0; i < view.len; i++)
            sdx_view_set_double(&value->view, i, (double)(i % 3));
    }
    return value;
}

/* Takes the value, gives what came back; its serialised form stands in *bytes. */
static void round_trip(sdx_value *value, sdx_buf *bytes) {
    sdx_value *back;
    sdx_str name;
    sdx_buf_init(bytes, sdx_heap_global(), 1 << 20);
    assert_null(sdx_value_to_proto(value, SDX_STR("x/y"), bytes));
    assert_null(sdx_value_from_proto(NULL, value->kind, bytes->ptr, bytes->size, &back, &name));
    assert_true(sdx_str_is(name, "x/y"));
    assert_true(same(value, back));
    sdx_value_release(value);
    sdx_value_release(back);
}

static sdx_value *list_of(sdx_value *a, sdx_value *b) {
    sdx_value *list;
    sdx_value *const items[] = {a, b};
    assert_null(sdx_value_sequence(NULL, a->kind, sdx_value_leaf(a), items, b ? 2 : 1, &list));
    sdx_value_release(a);
    sdx_value_release(b);
    return list;
}

static sdx_value *optional_of(sdx_value *item) {
    sdx_value *value;
    assert_null(sdx_value_optional(NULL, item->kind, sdx_value_leaf(item), item, &value));
    sdx_value_release(item);
    return value;
}

static sdx_value *map_with(sdx_dtype key, sdx_dtype dtype, size_t rank, int64_t columns) {
    const int64_t dims[] = {3, columns, 1};
    sdx_value *const keys = sample(key, 1, dims), *const values = sample(dtype, rank, dims);
    sdx_value *map;
    assert_null(sdx_value_map(NULL, keys, values, &map));
    sdx_value_release(keys);
    sdx_value_release(values);
    return map;
}

static sdx_value *map_of(sdx_dtype key, sdx_dtype dtype, size_t rank) {
    return map_with(key, dtype, rank, 3);
}

static sdx_value *empty_list(sdx_kind kind) {
    sdx_value *list;
    assert_null(sdx_value_sequence(NULL, kind, SDX_UNDEFINED, NULL, 0, &list));
    return list;
}

enum { N_SAMPLES = 26 * 3 + 13 };

/* Values of all kinds: every element type in three shapes, lists, maps, optionals, nested. */
static sdx_value *make_sample(int i) {
    static const int64_t dims[] = {3, 5, 0};
    const int64_t two = 2;
    if (i < 26 * 3) return sample((sdx_dtype)(i / 3 + 1), (size_t)(i % 3) + (i % 3 == 2), dims);
    sdx_value *none = NULL;
    switch (i - 26 * 3) {
    case 0: return list_of(sample(SDX_FLOAT32, 1, &two), sample(SDX_FLOAT32, 2, dims));
    case 1: return list_of(sample(SDX_STRING, 0, NULL), NULL);
    case 2: return empty_list(SDX_TENSOR);
    case 3: return map_of(SDX_INT64, SDX_FLOAT32, 1);
    case 4: return map_of(SDX_STRING, SDX_INT4, 2);
    case 5: return map_of(SDX_STRING, SDX_STRING, 3);
    case 6: return list_of(map_of(SDX_INT64, SDX_FLOAT64, 2), map_of(SDX_INT64, SDX_FLOAT64, 1));
    case 7: return optional_of(sample(SDX_UINT2, 1, dims));
    case 8: return optional_of(list_of(sample(SDX_BOOL, 1, dims), NULL));
    case 9: return list_of(list_of(sample(SDX_INT8, 0, NULL), NULL), empty_list(SDX_TENSOR));
    case 10: return list_of(optional_of(sample(SDX_INT8, 0, NULL)), NULL);
    case 11: return map_with(SDX_INT64, SDX_UINT2, 2, 0);
    default:
        assert_null(sdx_value_optional(NULL, SDX_SEQUENCE, SDX_UNDEFINED, NULL, &none));
        return none;
    }
}

static void values_come_back(void **state) {
    (void)state;
    for (int i = 0; i < N_SAMPLES; i++) {
        sdx_buf bytes;
        round_trip(make_sample(i), &bytes);
        sdx_buf_deinit(&bytes);
    }
}

static void parsing_of_damaged_bytes_ends_well(void **state) {
    (void)state;
    uint32_t seed = 20240229;
    size_t refused = 0, taken = 0;
    for (int i = 0; i < N_SAMPLES; i++) {
        sdx_value *const value = make_sample(i);
        const sdx_kind kind = value->kind;
        sdx_buf bytes;
        round_trip(value, &bytes);
        for (int round = 0; round < 200; round++) {
            seed = seed * 1664525 + 1013904223;
            const size_t at = (seed >> 8) % bytes.size;
            const char old = bytes.ptr[at];
            bytes.ptr[at] = (char)(old ^ (1 << (seed >> 29)));
            sdx_value *back = NULL;
            const size_t size = round % 4 ? bytes.size : at;
            const sdx_status status =
                sdx_value_from_proto(NULL, kind, bytes.ptr, size, &back, NULL);
            status ? refused++ : taken++;
            sdx_status_free(status);
            sdx_value_release(back);
            bytes.ptr[at] = old;
        }
        sdx_buf_deinit(&bytes);
    }
    assert_true(refused > 1000 && taken > 1000);
}

static sdx_status parse(const sdx_message_def *def, const void *message, sdx_kind kind) {
    sdx_buf bytes;
    sdx_value *value = NULL;
    sdx_buf_init(&bytes, sdx_heap_global(), 1 << 20);
    assert_null(sdx_wire_encode(def, message, &bytes));
    const sdx_status status = sdx_value_from_proto(NULL, kind, bytes.ptr, bytes.size, &value, NULL);
    sdx_value_release(value);
    sdx_buf_deinit(&bytes);
    return status;
}

static void what_a_value_may_not_be(void **state) {
    (void)state;
    sdx_pb_tensor tensors[2] = {tensor_of(SDX_INT8), tensor_of(SDX_UINT8)};
    tensors[0].raw_data = tensors[1].raw_data = SDX_STR("12345");
    sdx_pb_sequence list = {.tensor_values = tensors, .n_tensor_values = 2};
    expect(parse(&sdx_pb_sequence_def, &list, SDX_SEQUENCE), SDX_INVALID_MODEL,
           "element 1 has type uint8, expected int8");
    list.n_tensor_values = 1; /* elem_type may be missing */
    assert_null(parse(&sdx_pb_sequence_def, &list, SDX_SEQUENCE));
    list.has_elem_type = true;
    list.elem_type = SDX_PB_ELEMENT_MAP;
    expect(parse(&sdx_pb_sequence_def, &list, SDX_SEQUENCE), SDX_INVALID_MODEL,
           "elem_type says map, but the elements are of kind tensor");
    list.elem_type = 9;
    expect(parse(&sdx_pb_sequence_def, &list, SDX_SEQUENCE), SDX_INVALID_MODEL, "elem_type is 9");
    list.elem_type = SDX_PB_ELEMENT_SPARSE_TENSOR;
    expect(parse(&sdx_pb_sequence_def, &list, SDX_SEQUENCE), SDX_UNSUPPORTED, "sparse tensors");
    list.elem_type = SDX_PB_ELEMENT_TENSOR;
    tensors[0].has_data_location = true;
    tensors[0].data_location = SDX_PB_LOCATION_EXTERNAL;
    expect(parse(&sdx_pb_sequence_def, &list, SDX_SEQUENCE), SDX_UNSUPPORTED,
           "element 0: the elements are external data");
    tensors[0].has_data_location = false;

    const int64_t keys[] = {4, 4};
    sdx_pb_map map = {.has_key_type = true, .key_type = SDX_INT32, .keys = keys, .n_keys = 2};
    expect(parse(&sdx_pb_map_def, &map, SDX_MAP), SDX_INVALID_MODEL,
           "expected a tensor whose first");
    map.values = &list;
    list.n_tensor_values = 2;
    expect(parse(&sdx_pb_map_def, &map, SDX_MAP), SDX_UNSUPPORTED,
           "value 1 is uint8[5], expected int8[5]");
    tensors[1] = tensors[0];
    expect(parse(&sdx_pb_map_def, &map, SDX_MAP), SDX_INVALID_MODEL, "key 4 at 1 occurs twice");
    map.key_type = SDX_FLOAT32;
    expect(parse(&sdx_pb_map_def, &map, SDX_MAP), SDX_INVALID_MODEL, "key_type is 1 (float32)");
    map.key_type = SDX_STRING;
    expect(parse(&sdx_pb_map_def, &map, SDX_MAP), SDX_INVALID_MODEL, "but keys is filled");
    expect(parse(&sdx_pb_map_def, &map, (sdx_kind)7), SDX_INVALID_ARGUMENT, "kind is 7");
}

static void too_deep_is_refused_both_ways(void **state) {
    (void)state;
    sdx_value *value = empty_list(SDX_TENSOR);
    for (int i = 0; i < 1000; i++)
        value = list_of(value, NULL);
    sdx_buf bytes;
    sdx_buf_init(&bytes, sdx_heap_global(), 1 << 20);
    expect(sdx_value_to_proto(value, SDX_STR("x"), &bytes), SDX_LIMIT, "nested");
    sdx_buf_deinit(&bytes);
    sdx_value_release(value);
}

/* ---- memory ---------------------------------------------------------------------------------- */

typedef struct counter {
    long calls, blocks, fail_at;
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

static void nothing_leaks_wherever_memory_ends(void **state) {
    (void)state;
    for (int i = 26 * 3; i < N_SAMPLES; i++) {
        sdx_value *const value = make_sample(i);
        const sdx_kind kind = value->kind;
        sdx_buf bytes;
        round_trip(value, &bytes);
        bool done = false;
        for (long at = 1; !done; at++) {
            counter c = {.fail_at = at};
            const sdx_allocator allocator = {count_allocate, count_deallocate, &c};
            sdx_store *store;
            sdx_value *back = NULL;
            sdx_status status = sdx_store_create(&allocator, 0, "test", &store);
            if (!status) {
                status = sdx_value_from_proto(store, kind, bytes.ptr, bytes.size, &back, NULL);
                sdx_buf again;
                sdx_buf_init(&again, sdx_store_heap(store), 1 << 20);
                if (!status) status = sdx_value_to_proto(back, SDX_STR("x/y"), &again);
                if (!status) assert_memory_equal(again.ptr, bytes.ptr, bytes.size);
                sdx_buf_deinit(&again);
                sdx_value_release(back);
                sdx_store_release(store);
            }
            done = status == NULL;
            if (status) assert_int_equal(sdx_status_code(status), SDX_OUT_OF_MEMORY);
            sdx_status_free(status);
            assert_int_equal(c.blocks, 0);
        }
        sdx_buf_deinit(&bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_type_from_raw_data, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(bools_are_made_0_or_1, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(every_type_from_its_own_field, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(strings_are_copied, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(what_a_tensor_may_not_be, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(external_data_is_left_to_the_caller, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(sparse_becomes_dense, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(what_a_sparse_tensor_may_not_be, open_arena, close_arena),
        cmocka_unit_test(values_come_back),
        cmocka_unit_test(parsing_of_damaged_bytes_ends_well),
        cmocka_unit_test(what_a_value_may_not_be),
        cmocka_unit_test(too_deep_is_refused_both_ways),
        cmocka_unit_test(nothing_leaks_wherever_memory_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
