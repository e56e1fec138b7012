/* The cursor over protobuf fields: every wire type, and every way in which bytes can be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "wire/limits.h"
#include "wire/reader.h"
#include "wire/writer.h"

static sdx_wire over(const char *bytes, size_t size) { return sdx_wire_from(bytes, size); }
#define OVER(literal) over("" literal, sizeof(literal) - 1)

/* Reads to the end and expects the text of the fault there, and no field after it. */
static void expect_fault(sdx_wire wire, sdx_code code, const char *text) {
    sdx_wire_field field;
    while (sdx_wire_next(&wire, &field)) {
    }
    const sdx_status status = sdx_wire_end(&wire);
    assert_int_equal(sdx_status_code(status), code);
    assert_non_null(strstr(sdx_status_text(status), text));
    sdx_status_free(status);
    assert_false(sdx_wire_next(&wire, &field));
}

static void every_type_is_read(void **state) {
    (void)state;
    sdx_wire wire = OVER("\x08\x96\x01"
                         "\x11\x01\x02\x03\x04\x05\x06\x07\x08"
                         "\x1a\x03"
                         "abc"
                         "\x25\x01\x02\x03\x84"
                         "\xf8\xff\xff\xff\x0f\x07");
    sdx_wire_field field;
    assert_true(sdx_wire_next(&wire, &field));
    assert_int_equal(field.number, 1);
    assert_int_equal(field.type, SDX_WIRE_VARINT);
    assert_int_equal(field.bits, 150);
    assert_int_equal(sdx_wire_offset(&wire, field.at), 0);
    assert_true(sdx_wire_next(&wire, &field));
    assert_int_equal(field.type, SDX_WIRE_FIXED64);
    assert_true(field.bits == UINT64_C(0x0807060504030201));
    assert_true(sdx_wire_next(&wire, &field));
    assert_int_equal(field.number, 3);
    assert_int_equal(field.type, SDX_WIRE_BYTES);
    assert_int_equal(field.bytes.len, 3);
    assert_memory_equal(field.bytes.ptr, "abc", 3);
    assert_int_equal(sdx_wire_offset(&wire, field.at), 12);
    assert_true(sdx_wire_next(&wire, &field));
    assert_int_equal(field.type, SDX_WIRE_FIXED32);
    assert_true(field.bits == UINT64_C(0x84030201));
    assert_true(sdx_wire_next(&wire, &field));
    assert_int_equal(field.number, SDX_WIRE_MAX_NUMBER);
    assert_int_equal(field.bits, 7);
    assert_false(sdx_wire_next(&wire, &field));
    assert_null(sdx_wire_end(&wire));
}

static void nothing_is_a_message(void **state) {
    (void)state;
    sdx_wire_field field;
    sdx_wire wire = sdx_wire_from(NULL, 0);
    assert_false(sdx_wire_next(&wire, &field));
    assert_null(sdx_wire_end(&wire));
    wire = sdx_wire_from("x", 0);
    assert_false(sdx_wire_next(&wire, &field));
    assert_null(sdx_wire_end(&wire));
}

static void inner_cursors_keep_offsets(void **state) {
    (void)state;
    sdx_wire wire = OVER("\x08\x01\x12\x02\x08\x80");
    sdx_wire_field field;
    assert_true(sdx_wire_next(&wire, &field));
    assert_true(sdx_wire_next(&wire, &field));
    expect_fault(sdx_wire_inside(&wire, field.bytes), SDX_INVALID_MODEL,
                 "offset 5: 1 bytes are left");
}

static void varints_have_64_bits(void **state) {
    (void)state;
    static const uint64_t values[] = {
        0, 1, 127, 128, 16383, 16384, UINT32_MAX, INT64_MAX, (uint64_t)1 << 63, UINT64_MAX};
    sdx_buf out;
    sdx_buf_init(&out, sdx_heap_global(), 1024);
    size_t size = 0;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        assert_null(sdx_wire_put_varint(&out, values[i]));
        size += sdx_wire_varint_size(values[i]);
    }
    assert_int_equal(out.size, size);
    sdx_wire wire = sdx_wire_from(out.ptr, out.size);
    uint64_t bits = 0;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        assert_true(sdx_wire_number(&wire, SDX_WIRE_VARINT, &bits));
        assert_true(bits == values[i]);
    }
    assert_false(sdx_wire_number(&wire, SDX_WIRE_VARINT, &bits));
    assert_null(sdx_wire_end(&wire));
    sdx_buf_deinit(&out);
}

static void bad_numbers(void **state) {
    (void)state;
    expect_fault(OVER("\x80"), SDX_INVALID_MODEL, "offset 0: 1 bytes are left of a number");
    expect_fault(OVER("\x08"), SDX_INVALID_MODEL, "offset 1: 0 bytes are left of a number");
    expect_fault(OVER("\x08\xff\xff"), SDX_INVALID_MODEL, "offset 1: 2 bytes are left");
    expect_fault(OVER("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02"), SDX_INVALID_MODEL,
                 "offset 1: a number of more than 64 bits");
    expect_fault(OVER("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), SDX_INVALID_MODEL,
                 "offset 1: a number of more than 64 bits");
    expect_fault(OVER("\x0d\x01\x02\x03"), SDX_INVALID_MODEL, "offset 1: 3 bytes are left");
    expect_fault(OVER("\x09\x01\x02\x03\x04\x05\x06\x07"), SDX_INVALID_MODEL, "offset 1: 7 bytes");
}

static void bad_tags_and_lengths(void **state) {
    (void)state;
    expect_fault(OVER("\x00\x01"), SDX_INVALID_MODEL,
                 "offset 0: field number 0, expected 1 to 53687");
    expect_fault(OVER("\x80\x80\x80\x80\x10\x01"), SDX_INVALID_MODEL, "field number 536870912,");
    expect_fault(OVER("\x08\x01\x0e\x01"), SDX_INVALID_MODEL,
                 "offset 2: wire type 6, expected 0 to 5");
    expect_fault(OVER("\x0f"), SDX_INVALID_MODEL, "offset 0: wire type 7");
    expect_fault(OVER("\x4a\x05"
                      "abcd"),
                 SDX_INVALID_MODEL,
                 "offset 0: field 9 says that it has 5 bytes, expected at most 4");
    expect_fault(OVER("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), SDX_INVALID_MODEL,
                 "18446744073709551615 bytes, expected at most 0");
}

static void groups_are_skipped(void **state) {
    (void)state;
    sdx_wire wire = OVER("\x0b\x10\x05\x13\x1a\x01z\x14\x0c\x10\x07");
    sdx_wire_field field;
    assert_true(sdx_wire_next(&wire, &field));
    assert_int_equal(field.number, 2);
    assert_int_equal(field.bits, 7);
    assert_false(sdx_wire_next(&wire, &field));
    assert_null(sdx_wire_end(&wire));
    expect_fault(OVER("\x0b\x10\x05"), SDX_INVALID_MODEL, "offset 0: a group without end");
    expect_fault(OVER("\x0b\x14"), SDX_INVALID_MODEL, "offset 1: the end of group 2");
    expect_fault(OVER("\x10\x01\x0c"), SDX_INVALID_MODEL, "offset 2: the end of group 1");
    expect_fault(OVER("\x0b\x0f"), SDX_INVALID_MODEL, "offset 1: wire type 7");
}

static void groups_nest_only_so_deep(void **state) {
    (void)state;
    char bytes[2 * SDX_WIRE_MAX_DEPTH + 2];
    memset(bytes, 0x0b, SDX_WIRE_MAX_DEPTH);
    memset(bytes + SDX_WIRE_MAX_DEPTH, 0x0c, SDX_WIRE_MAX_DEPTH);
    sdx_wire wire = over(bytes, 2 * SDX_WIRE_MAX_DEPTH);
    sdx_wire_field field;
    assert_false(sdx_wire_next(&wire, &field));
    assert_null(sdx_wire_end(&wire));
    memset(bytes, 0x0b, sizeof bytes);
    expect_fault(over(bytes, sizeof bytes), SDX_LIMIT, "offset 200: a group inside 200 others");
}

static void packed_numbers_of_fixed_size(void **state) {
    (void)state;
    sdx_wire wire = OVER("\x01\x00\x00\x00\x02\x00\x00\x00\x03");
    uint64_t bits = 0;
    assert_true(sdx_wire_number(&wire, SDX_WIRE_FIXED32, &bits));
    assert_int_equal(bits, 1);
    assert_true(sdx_wire_number(&wire, SDX_WIRE_FIXED32, &bits));
    assert_int_equal(bits, 2);
    assert_false(sdx_wire_number(&wire, SDX_WIRE_FIXED32, &bits));
    const sdx_status status = sdx_wire_end(&wire);
    assert_int_equal(sdx_status_code(status), SDX_INVALID_MODEL);
    sdx_status_free(status);
    assert_false(sdx_wire_number(&wire, SDX_WIRE_FIXED32, &bits));
}

static void types_have_names(void **state) {
    (void)state;
    assert_string_equal(sdx_wire_type_name(SDX_WIRE_FIXED32), "32-bit");
    assert_string_equal(sdx_wire_type_name((sdx_wire_type)6), "unknown");
    assert_string_equal(sdx_wire_type_name((sdx_wire_type)9), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(nothing_is_a_message),
        cmocka_unit_test(inner_cursors_keep_offsets),
        cmocka_unit_test(varints_have_64_bits),
        cmocka_unit_test(bad_numbers),
        cmocka_unit_test(bad_tags_and_lengths),
        cmocka_unit_test(groups_are_skipped),
        cmocka_unit_test(groups_nest_only_so_deep),
        cmocka_unit_test(packed_numbers_of_fixed_size),
        cmocka_unit_test(types_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
