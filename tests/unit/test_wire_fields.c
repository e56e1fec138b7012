/* Decoder, encoder and printer over a table with every kind of field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/port.h"
#include "wire/fields.h"
#include "wire/limits.h"
#include "wire/writer.h"

/* ---- a message with everything in it --------------------------------------------------------- */

typedef struct thing thing;
struct thing {
    int32_t small;
    bool has_small;
    int64_t wide;
    bool has_wide;
    uint32_t usmall;
    bool has_usmall;
    uint64_t uwide;
    bool has_uwide;
    bool yes;
    bool has_yes;
    int32_t choice;
    bool has_choice;
    float f;
    bool has_f;
    double d;
    bool has_d;
    sdx_str text;
    sdx_str raw;
    const thing *sub;
    const int32_t *smalls;
    size_t n_smalls;
    const int64_t *wides;
    size_t n_wides;
    const bool *flags;
    size_t n_flags;
    const float *floats;
    size_t n_floats;
    const double *doubles;
    size_t n_doubles;
    const sdx_str *texts;
    size_t n_texts;
    const thing *subs;
    size_t n_subs;
    sdx_wire_view float_view;
    sdx_wire_view double_view;
    int64_t one_number; /* these three are a oneof */
    bool has_one_number;
    sdx_str one_text;
    const thing *one_message;
    const uint64_t *uwides;
    size_t n_uwides;
};

static const sdx_message_def thing_def;

#define HAS(x) offsetof(thing, has_##x)
#define N(x) offsetof(thing, n_##x)
#define FIELD(id, type, how, x, more, ...)                                              \
    {                                                                                   \
        .number = (id), .kind = SDX_FIELD_##type, .label = SDX_FIELD_##how, .name = #x, \
        .offset = offsetof(thing, x), .extra = (more), __VA_ARGS__                      \
    }

static const sdx_field_def thing_fields[] = {
    FIELD(1, INT32, ONE, small, HAS(small), .oneof = 0),
    FIELD(2, INT64, ONE, wide, HAS(wide), .oneof = 0),
    FIELD(3, UINT32, ONE, usmall, HAS(usmall), .oneof = 0),
    FIELD(4, UINT64, ONE, uwide, HAS(uwide), .oneof = 0),
    FIELD(5, BOOL, ONE, yes, HAS(yes), .oneof = 0),
    FIELD(6, ENUM, ONE, choice, HAS(choice), .oneof = 0),
    FIELD(7, FLOAT, ONE, f, HAS(f), .oneof = 0),
    FIELD(8, DOUBLE, ONE, d, HAS(d), .oneof = 0),
    FIELD(9, STRING, ONE, text, 0, .oneof = 0),
    FIELD(10, BYTES, ONE, raw, 0, .oneof = 0),
    FIELD(11, MESSAGE, ONE, sub, 0, .message = &thing_def),
    FIELD(12, INT32, MANY, smalls, N(smalls), .oneof = 0),
    FIELD(13, INT64, MANY_PACKED, wides, N(wides), .oneof = 0),
    FIELD(14, BOOL, MANY_PACKED, flags, N(flags), .oneof = 0),
    FIELD(15, FLOAT, MANY, floats, N(floats), .oneof = 0),
    FIELD(16, DOUBLE, MANY_PACKED, doubles, N(doubles), .oneof = 0),
    FIELD(17, STRING, MANY, texts, N(texts), .oneof = 0),
    FIELD(18, MESSAGE, MANY, subs, N(subs), .message = &thing_def),
    FIELD(19, FLOAT, MANY_VIEW, float_view, 0, .oneof = 0),
    FIELD(20, DOUBLE, MANY_VIEW, double_view, 0, .oneof = 0),
    FIELD(21, INT64, ONE, one_number, HAS(one_number), .oneof = 1),
    FIELD(22, STRING, ONE, one_text, 0, .oneof = 1),
    FIELD(23, MESSAGE, ONE, one_message, 0, .oneof = 1, .message = &thing_def),
    FIELD(536870911, UINT64, MANY, uwides, N(uwides), .oneof = 0),
};

static const sdx_message_def thing_def = {.name = "Thing",
                                          .size = sizeof(thing),
                                          .fields = thing_fields,
                                          .n_fields = sizeof thing_fields / sizeof *thing_fields};

/* ---- helpers --------------------------------------------------------------------------------- */

typedef struct fixture {
    sdx_heap heap;
    sdx_arena arena;
    sdx_buf buf;
    sdx_buf text;
} fixture;

static int set_up(void **state) {
    static fixture it;
    sdx_heap_init(&it.heap, NULL, 0, "test");
    sdx_arena_init(&it.arena, &it.heap);
    sdx_buf_init(&it.buf, &it.heap, SIZE_MAX);
    sdx_buf_init(&it.text, &it.heap, SIZE_MAX);
    *state = &it;
    return 0;
}

static int tear_down(void **state) {
    fixture *const it = *state;
    sdx_arena_deinit(&it->arena);
    sdx_buf_deinit(&it->buf);
    sdx_buf_deinit(&it->text);
    return it->heap.used == 0 ? 0 : 1;
}

static void decode(fixture *it, const void *bytes, size_t size, thing *out) {
    const sdx_status status = sdx_wire_decode(&thing_def, bytes, size, &it->arena, out);
    if (status) fail_msg("%s", sdx_status_text(status));
}
#define DECODE(it, literal, out) decode((it), "" literal, sizeof(literal) - 1, (out))

static void expect_error(fixture *it, const void *bytes, size_t size, sdx_code code,
                         const char *text) {
    thing out;
    const sdx_status status = sdx_wire_decode(&thing_def, bytes, size, &it->arena, &out);
    assert_int_equal(sdx_status_code(status), code);
    if (!strstr(sdx_status_text(status), text)) {
        fail_msg("'%s' does not have '%s'", sdx_status_text(status), text);
    }
    sdx_status_free(status);
    const thing nothing = {0};
    assert_memory_equal(&out, &nothing, sizeof out);
}
#define EXPECT_ERROR(it, literal, text) \
    expect_error((it), "" literal, sizeof(literal) - 1, SDX_INVALID_MODEL, (text))

static bool is_text(sdx_str text, const char *expected) {
    return text.ptr != NULL && sdx_str_is(text, expected);
}

/* One of everything, two levels deep. */
static void fill_sample(thing *out, thing *inner, thing subs[2]) {
    static const int32_t smalls[] = {0, -1, INT32_MIN, INT32_MAX};
    static const int64_t wides[] = {0, -1, INT64_MIN, INT64_MAX, 300};
    static const bool flags[] = {true, false, true};
    static const float floats[] = {0.0f, -1.5f, 0.1f};
    static const double doubles[] = {1.0 / 3.0, -0.0};
    static const sdx_str texts[] = {{"a", 1}, {"", 0}, {"b\"\n\\\xff", 5}};
    static const uint8_t singles[] = {0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0};
    static const uint8_t wide_bytes[] = {0, 0, 0, 0, 0, 0, 0xf0, 0x3f};
    static const uint64_t uwides[] = {UINT64_MAX, 1};
    *inner = (thing){.text = {"", 0}, .small = 0, .has_small = true, .one_text = {"t", 1}};
    subs[0] = (thing){.one_number = -7, .has_one_number = true};
    subs[1] = (thing){.sub = inner};
    *out = (thing){.small = -5,
                   .has_small = true,
                   .wide = INT64_MIN,
                   .has_wide = true,
                   .usmall = UINT32_MAX,
                   .has_usmall = true,
                   .uwide = UINT64_MAX,
                   .has_uwide = true,
                   .yes = true,
                   .has_yes = true,
                   .choice = -2,
                   .has_choice = true,
                   .f = 1.5f,
                   .has_f = true,
                   .d = -2.25,
                   .has_d = true,
                   .text = {"hello", 5},
                   .raw = {"\0\1", 2},
                   .sub = inner,
                   .smalls = smalls,
                   .n_smalls = 4,
                   .wides = wides,
                   .n_wides = 5,
                   .flags = flags,
                   .n_flags = 3,
                   .floats = floats,
                   .n_floats = 3,
                   .doubles = doubles,
                   .n_doubles = 2,
                   .texts = texts,
                   .n_texts = 3,
                   .subs = subs,
                   .n_subs = 2,
                   .float_view = {singles, 2},
                   .double_view = {wide_bytes, 1},
                   .one_message = &subs[0],
                   .uwides = uwides,
                   .n_uwides = 2};
}

static void encode_sample(fixture *it) {
    thing out;
    thing inner;
    thing subs[2];
    fill_sample(&out, &inner, subs);
    assert_null(sdx_wire_encode(&thing_def, &out, &it->buf));
}

static const char sample_text[] = "small: -5\n"
                                  "wide: -9223372036854775808\n"
                                  "usmall: 4294967295\n"
                                  "uwide: 18446744073709551615\n"
                                  "yes: true\n"
                                  "choice: -2\n"
                                  "f: 1.5\n"
                                  "d: -2.25\n"
                                  "text: \"hello\"\n"
                                  "raw: \"\\000\\001\"\n"
                                  "sub {\n"
                                  "  small: 0\n"
                                  "  text: \"\"\n"
                                  "  one_text: \"t\"\n"
                                  "}\n"
                                  "smalls: 0\n"
                                  "smalls: -1\n"
                                  "smalls: -2147483648\n"
                                  "smalls: 2147483647\n"
                                  "wides: 0\n"
                                  "wides: -1\n"
                                  "wides: -9223372036854775808\n"
                                  "wides: 9223372036854775807\n"
                                  "wides: 300\n"
                                  "flags: true\n"
                                  "flags: false\n"
                                  "flags: true\n"
                                  "floats: 0\n"
                                  "floats: -1.5\n"
                                  "floats: 0.100000001\n"
                                  "doubles: 0.33333333333333331\n"
                                  "doubles: -0\n"
                                  "texts: \"a\"\n"
                                  "texts: \"\"\n"
                                  "texts: \"b\\\"\\n\\\\\\377\"\n"
                                  "subs {\n"
                                  "  one_number: -7\n"
                                  "}\n"
                                  "subs {\n"
                                  "  sub {\n"
                                  "    small: 0\n"
                                  "    text: \"\"\n"
                                  "    one_text: \"t\"\n"
                                  "  }\n"
                                  "}\n"
                                  "float_view: 1\n"
                                  "float_view: -2\n"
                                  "double_view: 1\n"
                                  "one_message {\n"
                                  "  one_number: -7\n"
                                  "}\n"
                                  "uwides: 18446744073709551615\n"
                                  "uwides: 1\n";

/* ---- what is right --------------------------------------------------------------------------- */

static void every_kind_comes_back(void **state) {
    fixture *const it = *state;
    encode_sample(it);
    thing out;
    decode(it, it->buf.ptr, it->buf.size, &out);
    assert_null(sdx_wire_text(&thing_def, &out, &it->text));
    assert_string_equal(it->text.ptr, sample_text);
    it->text.size = 0;
    assert_null(sdx_wire_encode(&thing_def, &out, &it->text));
    assert_int_equal(it->text.size, it->buf.size);
    assert_memory_equal(it->text.ptr, it->buf.ptr, it->buf.size);
    assert_true(out.wides[2] == INT64_MIN && out.flags[2] && !out.flags[1]);
    assert_true(sdx_wire_view_float(out.float_view, 1) == -2.0f);
    assert_true(sdx_wire_view_double(out.double_view, 0) == 1.0);
}

static void texts_are_views_of_the_input(void **state) {
    fixture *const it = *state;
    static const char bytes[] = "\x4a\x02hi\x9a\x01\x08\0\0\x80\x3f\0\0\0\x40";
    thing out;
    decode(it, bytes, sizeof bytes - 1, &out);
    assert_ptr_equal(out.text.ptr, bytes + 2);
    assert_ptr_equal(out.float_view.ptr, bytes + 7);
    assert_int_equal(out.float_view.n, 2);
    assert_int_equal(it->arena.used, 0);
}

static void absent_and_empty_differ(void **state) {
    fixture *const it = *state;
    thing out;
    DECODE(it, "", &out);
    assert_false(out.has_small || out.has_f || out.text.ptr || out.sub || out.n_subs);
    DECODE(it, "\x08\x00\x4a\x00\x5a\x00\x6a\x00", &out);
    assert_true(out.has_small && out.small == 0 && is_text(out.text, "") && out.sub);
    assert_int_equal(out.n_wides, 0);
    assert_null(sdx_wire_encode(&thing_def, &out, &it->buf));
    assert_memory_equal(it->buf.ptr, "\x08\x00\x4a\x00\x5a\x00", 6);
}

static void last_one_wins(void **state) {
    fixture *const it = *state;
    thing out;
    DECODE(it, "\x08\x01\x4a\x01x\x08\x02\x4a\x01y", &out);
    assert_int_equal(out.small, 2);
    assert_true(is_text(out.text, "y"));
    DECODE(it, "\xa8\x01\x05\xb2\x01\x01t", &out);
    assert_true(!out.has_one_number && out.one_number == 0 && is_text(out.one_text, "t"));
    DECODE(it, "\xb2\x01\x01t\xba\x01\x02\x08\x01\xa8\x01\x05", &out);
    assert_true(out.has_one_number && !out.one_text.ptr && !out.one_message);
    /* A member that comes again after another one starts afresh. */
    DECODE(it, "\xba\x01\x02\x08\x01\xa8\x01\x05\xba\x01\x02\x10\x02", &out);
    assert_true(out.one_message && !out.one_message->has_small && out.one_message->wide == 2);
}

static void single_messages_are_merged(void **state) {
    fixture *const it = *state;
    thing out;
    DECODE(it, "\x5a\x06\x08\x01\x60\x07\x5a\x00\x08\x09\x5a\x06\x60\x08\x5a\x02\x08\x03", &out);
    assert_int_equal(out.small, 9);
    assert_int_equal(out.sub->small, 1);
    assert_int_equal(out.sub->n_smalls, 2);
    assert_int_equal(out.sub->smalls[0], 7);
    assert_int_equal(out.sub->smalls[1], 8);
    assert_int_equal(out.sub->sub->small, 3);
}

static void packed_or_not_is_the_same(void **state) {
    fixture *const it = *state;
    thing out;
    DECODE(it, "\x60\x05\x62\x02\x06\x07\x60\x08\x68\x09\x6a\x01\x0a", &out);
    assert_int_equal(out.n_smalls, 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(out.smalls[i], 5 + i);
    assert_int_equal(out.n_wides, 2);
    assert_int_equal(out.wides[1], 10);
    /* Views: in two pieces, one by one, and mixed; then they are copied. */
    DECODE(it, "\x9a\x01\x04\0\0\x80\x3f\x9d\x01\0\0\0\x40\x9a\x01\x00\x9a\x01\x04\0\0\x40\x40",
           &out);
    assert_int_equal(out.float_view.n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(sdx_wire_view_float(out.float_view, i) == (float)(i + 1));
    }
    DECODE(it, "\xa1\x01\0\0\0\0\0\0\xf0\x3f", &out);
    assert_int_equal(out.double_view.n, 1);
    assert_true(sdx_wire_view_double(out.double_view, 0) == 1.0);
    DECODE(it, "\x9a\x01\x00", &out);
    assert_int_equal(out.float_view.n, 0);
    assert_null(out.float_view.ptr);
}

static void unknown_fields_are_skipped(void **state) {
    fixture *const it = *state;
    thing out;
    DECODE(
        it,
        "\xc0\x02\x01\xc2\x02\x03xyz\xc5\x02zzzz\xc1\x02zzzzzzzz\xc3\x02\x08\x01\xc4\x02\x08\x04",
        &out);
    assert_int_equal(out.small, 4);
}

/* An int32 of ten bytes or of five is the same; the bits above are dropped (protobuf encoding). */
static void numbers_are_cut_to_their_kind(void **state) {
    fixture *const it = *state;
    thing out;
    DECODE(it, "\x08\xff\xff\xff\xff\x0f\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x28\x02",
           &out);
    assert_int_equal(out.small, -1);
    assert_true(out.usmall == UINT32_MAX);
    assert_true(out.yes);
}

/* ---- what is wrong --------------------------------------------------------------------------- */

static void errors_name_the_path(void **state) {
    fixture *const it = *state;
    EXPECT_ERROR(it, "\x5a\x08\x92\x01\x00\x92\x01\x02\x4a\x05",
                 "sub.subs[1]: offset 8: field 9 says");
    EXPECT_ERROR(it, "\x4a\x05", "offset 0: field 9 says that it has 5 bytes, expected at most 0");
    EXPECT_ERROR(
        it, "\x92\x01\x02\x0a\x00",
        "subs[0]: offset 3: field 'small' (1) of Thing has wire type 2 (length-delimited), "
        "expected 0 (varint)");
    EXPECT_ERROR(it, "\x48\x01", "field 'text' (9) of Thing has wire type 0 (varint), expected 2");
    EXPECT_ERROR(it, "\x6a\x02\x01\x80", "offset 3: 1 bytes are left");
    EXPECT_ERROR(it, "\x7a\x05zzzzz", "offset 6: 1 bytes are left");
    EXPECT_ERROR(it, "\x9a\x01\x05zzzzz",
                 "offset 0: field 'float_view' has 5 packed bytes, expected a multiple of 4");
}

/* `depth` messages, each the single or the repeated sub-message of the one before. */
static void nest(sdx_buf *buf, size_t depth, uint32_t number) {
    sdx_buf turn;
    sdx_buf_init(&turn, buf->heap, SIZE_MAX);
    for (size_t i = 0; i < depth; i++) {
        assert_null(sdx_wire_put_bytes(&turn, number, (sdx_str){buf->ptr, buf->size}));
        buf->size = 0;
        assert_null(sdx_buf_append(buf, turn.ptr, turn.size));
        turn.size = 0;
    }
    sdx_buf_deinit(&turn);
}

static void depth_is_limited(void **state) {
    fixture *const it = *state;
    for (uint32_t number = 11; number <= 18; number += 7) {
        thing out;
        it->buf.size = 0;
        nest(&it->buf, SDX_WIRE_MAX_DEPTH - 1, number);
        decode(it, it->buf.ptr, it->buf.size, &out);
        it->text.size = 0;
        assert_null(sdx_wire_encode(&thing_def, &out, &it->text));
        assert_int_equal(it->text.size, it->buf.size);
        assert_memory_equal(it->text.ptr, it->buf.ptr, it->buf.size);
        nest(&it->buf, 1, number);
        expect_error(it, it->buf.ptr, it->buf.size, SDX_LIMIT, "a message inside 200 others");
        expect_error(it, it->buf.ptr, it->buf.size, SDX_LIMIT,
                     number == 11 ? "...sub." : "...subs[0].");
    }
}

static void writing_is_limited_too(void **state) {
    fixture *const it = *state;
    thing loop = {0};
    loop.sub = &loop;
    assert_null(sdx_buf_append(&it->buf, "x", 1));
    sdx_status status = sdx_wire_encode(&thing_def, &loop, &it->buf);
    assert_int_equal(sdx_status_code(status), SDX_LIMIT);
    sdx_status_free(status);
    status = sdx_wire_text(&thing_def, &loop, &it->text);
    assert_int_equal(sdx_status_code(status), SDX_LIMIT);
    sdx_status_free(status);
    assert_int_equal(it->buf.size, 1);
    sdx_buf tight;
    sdx_buf_init(&tight, &it->heap, 10);
    thing out = {.raw = {"0123456789", 10}};
    status = sdx_wire_encode(&thing_def, &out, &tight);
    assert_int_equal(sdx_status_code(status), SDX_LIMIT);
    sdx_status_free(status);
    sdx_buf_deinit(&tight);
}

/* Two bytes of input, one struct: the worst that there is. The bound stands in fields.h. */
static void memory_is_bounded_by_the_input(void **state) {
    fixture *const it = *state;
    static const char *const worst[] = {"\x92\x01\x00", "\x5a\x00", "\x6a\x01\x01", "\x8a\x01\x00",
                                        "\x92\x01\x02\x5a\x00"};
    for (size_t k = 0; k < sizeof worst / sizeof *worst; k++) {
        const size_t len = k == 4 ? 5 : 3 - (k == 1);
        it->buf.size = 0;
        for (size_t i = 0; i < 1000; i++)
            assert_null(sdx_buf_append(&it->buf, worst[k], len));
        sdx_arena arena;
        thing out;
        sdx_arena_init(&arena, &it->heap);
        assert_null(sdx_wire_decode(&thing_def, it->buf.ptr, it->buf.size, &arena, &out));
        assert_true(arena.used <= it->buf.size * (sizeof(thing) + 96) / 2);
        sdx_arena_deinit(&arena);
    }
}

/* Decodes bytes that may be damaged; what decodes must survive encoding and decoding again. */
static void decode_any(fixture *it, const void *bytes, size_t size) {
    /* A block of exactly this size, so that a read beyond it is seen by asan. */
    void *copy = NULL;
    assert_null(sdx_heap_alloc(&it->heap, size, &copy));
    if (size > 0) memcpy(copy, bytes, size);
    sdx_arena arena;
    sdx_arena_init(&arena, &it->heap);
    thing out;
    const sdx_status status = sdx_wire_decode(&thing_def, copy, size, &arena, &out);
    if (status == NULL) {
        thing again;
        sdx_buf first;
        sdx_buf second;
        sdx_buf_init(&first, &it->heap, SIZE_MAX);
        sdx_buf_init(&second, &it->heap, SIZE_MAX);
        assert_null(sdx_wire_encode(&thing_def, &out, &first));
        assert_null(sdx_wire_decode(&thing_def, first.ptr, first.size, &arena, &again));
        assert_null(sdx_wire_encode(&thing_def, &again, &second));
        assert_int_equal(first.size, second.size);
        if (first.size > 0) assert_memory_equal(first.ptr, second.ptr, first.size);
        sdx_buf_deinit(&first);
        sdx_buf_deinit(&second);
    } else {
        assert_non_null(strstr(sdx_status_text(status), "offset "));
    }
    sdx_status_free(status);
    sdx_arena_deinit(&arena);
    sdx_heap_free(&it->heap, copy, size);
}

static void cut_and_flipped_bytes_do_no_harm(void **state) {
    fixture *const it = *state;
    encode_sample(it);
    for (size_t size = 0; size <= it->buf.size; size++)
        decode_any(it, it->buf.ptr, size);
    for (size_t i = 0; i < 8 * it->buf.size; i++) {
        it->buf.ptr[i / 8] = (char)(it->buf.ptr[i / 8] ^ (1 << i % 8));
        decode_any(it, it->buf.ptr, it->buf.size);
        it->buf.ptr[i / 8] = (char)(it->buf.ptr[i / 8] ^ (1 << i % 8));
    }
    for (size_t i = 0; i + 1 < it->buf.size; i++)
        decode_any(it, it->buf.ptr + i, it->buf.size - i);
}

/* ---- out of memory --------------------------------------------------------------------------- */

static void *allocate_few(void *self, size_t size, size_t alignment) {
    size_t *const left = self;
    if (*left == 0) return NULL;
    (*left)--;
    return sdx_os_block_allocate((size + alignment - 1) / alignment * alignment, alignment);
}
static void deallocate(void *self, void *ptr, size_t size) {
    (void)self;
    (void)size;
    sdx_os_block_free(ptr);
}

/* Each allocation fails once: an error each time, and nothing is lost. */
static void every_allocation_may_fail(void **state) {
    fixture *const it = *state;
    encode_sample(it);
    size_t failed = 0;
    for (size_t allowed = 0;; allowed++) {
        size_t left = allowed;
        const sdx_allocator few = {allocate_few, deallocate, &left};
        sdx_heap heap;
        sdx_arena arena;
        sdx_buf buf;
        thing out;
        sdx_heap_init(&heap, &few, 0, "few");
        sdx_arena_init(&arena, &heap);
        sdx_buf_init(&buf, &heap, SIZE_MAX);
        sdx_status status = sdx_wire_decode(&thing_def, it->buf.ptr, it->buf.size, &arena, &out);
        if (status == NULL) status = sdx_wire_encode(&thing_def, &out, &buf);
        if (status == NULL) status = sdx_wire_text(&thing_def, &out, &buf);
        const sdx_code code = sdx_status_code(status);
        sdx_status_free(status);
        sdx_arena_deinit(&arena);
        sdx_buf_deinit(&buf);
        assert_int_equal(heap.used, 0);
        if (code == SDX_OK) break;
        assert_int_equal(code, SDX_OUT_OF_MEMORY);
        failed++;
    }
    assert_true(failed >= 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_kind_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(texts_are_views_of_the_input, set_up, tear_down),
        cmocka_unit_test_setup_teardown(absent_and_empty_differ, set_up, tear_down),
        cmocka_unit_test_setup_teardown(last_one_wins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(single_messages_are_merged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(packed_or_not_is_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unknown_fields_are_skipped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(numbers_are_cut_to_their_kind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(errors_name_the_path, set_up, tear_down),
        cmocka_unit_test_setup_teardown(depth_is_limited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writing_is_limited_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_is_bounded_by_the_input, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cut_and_flipped_bytes_do_no_harm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_allocation_may_fail, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
