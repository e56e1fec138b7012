/* The cursor over protobuf fields. Each read proves that its bytes exist before it touches them; a
 * fault is noted in the cursor, so that the fast path makes no error object. */
#include "wire/reader.h"

#include <inttypes.h>
#include <string.h>

#include "wire/limits.h"

static const char *const type_names[8] = {
    [SDX_WIRE_VARINT] = "varint",          [SDX_WIRE_FIXED64] = "64-bit",
    [SDX_WIRE_BYTES] = "length-delimited", [SDX_WIRE_GROUP] = "group",
    [SDX_WIRE_END_GROUP] = "end of group", [SDX_WIRE_FIXED32] = "32-bit",
};

const char *sdx_wire_type_name(sdx_wire_type type) {
    const unsigned index = (unsigned)type;
    return index < 8 && type_names[index] ? type_names[index] : "unknown";
}

sdx_wire sdx_wire_from(const void *bytes, size_t size) {
    /* An address for the empty input, so that no arithmetic is done on NULL. */
    static const uint8_t nothing[1] = {0};
    const uint8_t *const ptr = bytes ? bytes : nothing;
    return (sdx_wire){.ptr = ptr, .end = ptr + (bytes ? size : 0), .base = ptr};
}

sdx_wire sdx_wire_inside(const sdx_wire *wire, sdx_str bytes) {
    const uint8_t *const ptr = (const uint8_t *)bytes.ptr;
    return (sdx_wire){.ptr = ptr, .end = ptr + bytes.len, .base = wire->base};
}

static bool fail_at(sdx_wire *wire, sdx_wire_fault fault, const uint8_t *at, uint64_t value) {
    wire->fault = fault;
    wire->fault_at = at;
    wire->fault_value = value;
    return false;
}

/* Seven bits a byte, lowest first, the high bit set on all but the last byte. */
static SDX_NOINLINE bool read_long_varint(sdx_wire *wire, uint64_t *value) {
    const uint8_t *p = wire->ptr;
    uint64_t bits = 0;
    for (unsigned shift = 0; shift < 7 * SDX_WIRE_MAX_VARINT; shift += 7) {
        if (p == wire->end) return fail_at(wire, SDX_WIRE_CUT, wire->ptr, 0);
        const uint8_t byte = *p++;
        if (shift == 63 && byte > 1) break; /* bits beyond the 64th, or an eleventh byte */
        bits |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            wire->ptr = p;
            *value = bits;
            return true;
        }
    }
    return fail_at(wire, SDX_WIRE_LONG, wire->ptr, 0);
}

/* Nearly all are of one byte. */
SDX_INLINE bool read_varint(sdx_wire *wire, uint64_t *value) {
    if (SDX_UNLIKELY(wire->ptr == wire->end || *wire->ptr >= 0x80))
        return read_long_varint(wire, value);
    *value = *wire->ptr++;
    return true;
}

/* Little-endian, `size` 4 or 8. */
static bool read_fixed(sdx_wire *wire, size_t size, uint64_t *value) {
    if ((size_t)(wire->end - wire->ptr) < size) return fail_at(wire, SDX_WIRE_CUT, wire->ptr, 0);
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i++)
        bits |= (uint64_t)wire->ptr[i] << (8 * i);
    wire->ptr += size;
    *value = bits;
    return true;
}

bool sdx_wire_number(sdx_wire *wire, sdx_wire_type type, uint64_t *bits) {
    if (wire->ptr == wire->end || wire->fault != SDX_WIRE_OK) return false;
    if (type == SDX_WIRE_VARINT) return read_varint(wire, bits);
    return read_fixed(wire, type == SDX_WIRE_FIXED64 ? 8 : 4, bits);
}

SDX_INLINE bool read_bytes(sdx_wire *wire, sdx_wire_field *field) {
    uint64_t size = 0;
    if (!read_varint(wire, &size)) return false;
    if (size > (uint64_t)(wire->end - wire->ptr)) {
        return fail_at(wire, SDX_WIRE_OVERRUN, field->at, size);
    }
    field->bytes = (sdx_str){(const char *)wire->ptr, (size_t)size};
    wire->ptr += (size_t)size;
    return true;
}

/* A tag and its payload; the tags that begin and end a group have none. The cursor is not at its
 * end. */
SDX_INLINE bool read_field(sdx_wire *wire, sdx_wire_field *field) {
    field->at = wire->ptr;
    uint64_t tag = 0;
    if (!read_varint(wire, &tag)) return false;
    const uint64_t number = tag >> 3;
    if (number - 1 >= SDX_WIRE_MAX_NUMBER) {
        return fail_at(wire, SDX_WIRE_BAD_NUMBER, field->at, number);
    }
    field->number = (uint32_t)number;
    field->type = (sdx_wire_type)(tag & 7);
    switch (field->type) {
    case SDX_WIRE_VARINT: return read_varint(wire, &field->bits);
    case SDX_WIRE_FIXED64: return read_fixed(wire, 8, &field->bits);
    case SDX_WIRE_BYTES: return read_bytes(wire, field);
    case SDX_WIRE_FIXED32: return read_fixed(wire, 4, &field->bits);
    case SDX_WIRE_GROUP:
    case SDX_WIRE_END_GROUP: return true;
    }
    return fail_at(wire, SDX_WIRE_BAD_TYPE, field->at, tag & 7);
}

/* Passes over everything up to the end of the group that `begin` opens. */
static SDX_COLD bool skip_group(sdx_wire *wire, const sdx_wire_field *begin) {
    uint32_t open[SDX_WIRE_MAX_DEPTH];
    size_t depth = 1;
    open[0] = begin->number;
    while (depth > 0) {
        if (wire->ptr == wire->end) {
            return fail_at(wire, SDX_WIRE_OPEN_GROUP, begin->at, open[depth - 1]);
        }
        sdx_wire_field field = {0};
        if (!read_field(wire, &field)) return false;
        if (field.type == SDX_WIRE_GROUP) {
            if (depth == SDX_WIRE_MAX_DEPTH) return fail_at(wire, SDX_WIRE_DEEP, field.at, depth);
            open[depth++] = field.number;
        } else if (field.type == SDX_WIRE_END_GROUP) {
            if (field.number != open[depth - 1]) {
                return fail_at(wire, SDX_WIRE_STRAY_END, field.at, field.number);
            }
            depth--;
        }
    }
    return true;
}

bool sdx_wire_next(sdx_wire *wire, sdx_wire_field *field) {
    while (wire->ptr != wire->end && wire->fault == SDX_WIRE_OK) {
        if (!read_field(wire, field)) return false;
        if (SDX_LIKELY(field->type != SDX_WIRE_GROUP && field->type != SDX_WIRE_END_GROUP))
            return true;
        if (field->type == SDX_WIRE_END_GROUP) {
            return fail_at(wire, SDX_WIRE_STRAY_END, field->at, field->number);
        }
        if (!skip_group(wire, field)) return false;
    }
    return false;
}

/* The field that a fault lies in, for errors: its tag is known to be readable. */
static uint64_t number_at(const sdx_wire *wire, const uint8_t *at) {
    sdx_wire again = {.ptr = at, .end = wire->end, .base = wire->base};
    uint64_t tag = 0;
    return read_varint(&again, &tag) ? tag >> 3 : 0;
}

sdx_status sdx_wire_end(const sdx_wire *wire) {
    if (wire->fault == SDX_WIRE_OK) return NULL;
    const size_t at = sdx_wire_offset(wire, wire->fault_at);
    const uint64_t value = wire->fault_value;
    switch (wire->fault) {
    case SDX_WIRE_OK: break;
    case SDX_WIRE_CUT:
        return sdx_fail(SDX_INVALID_MODEL,
                        "offset %zu: %zu bytes are left of a number, expected more; the data are "
                        "truncated or damaged",
                        at, (size_t)(wire->end - wire->fault_at));
    case SDX_WIRE_LONG:
        return sdx_fail(
            SDX_INVALID_MODEL,
            "offset %zu: a number of more than 64 bits, expected a varint of at most %d "
            "bytes; the data are damaged or not of this format",
            at, SDX_WIRE_MAX_VARINT);
    case SDX_WIRE_OVERRUN:
        return sdx_fail(
            SDX_INVALID_MODEL,
            "offset %zu: field %" PRIu64 " says that it has %" PRIu64 " bytes, expected at "
            "most %zu; the data are truncated or damaged",
            at, number_at(wire, wire->fault_at), value, (size_t)(wire->end - wire->ptr));
    case SDX_WIRE_BAD_NUMBER:
        return sdx_fail(SDX_INVALID_MODEL,
                        "offset %zu: field number %" PRIu64
                        ", expected 1 to %d; the data are damaged "
                        "or not of this format",
                        at, value, SDX_WIRE_MAX_NUMBER);
    case SDX_WIRE_BAD_TYPE:
        return sdx_fail(SDX_INVALID_MODEL,
                        "offset %zu: wire type %" PRIu64
                        ", expected 0 to 5; the data are damaged or "
                        "not of this format",
                        at, value);
    case SDX_WIRE_OPEN_GROUP:
        return sdx_fail(SDX_INVALID_MODEL,
                        "offset %zu: a group without end, expected the end of group %" PRIu64
                        "; the data are truncated or damaged",
                        at, value);
    case SDX_WIRE_STRAY_END:
        return sdx_fail(SDX_INVALID_MODEL,
                        "offset %zu: the end of group %" PRIu64
                        ", which is not the one open; the data "
                        "are damaged or not of this format",
                        at, value);
    case SDX_WIRE_DEEP:
        return sdx_fail(SDX_LIMIT,
                        "offset %zu: a group inside %" PRIu64
                        " others, expected at most %d; the data "
                        "are damaged",
                        at, value, SDX_WIRE_MAX_DEPTH);
    }
    return sdx_fail(SDX_INTERNAL, "a cursor with fault %d", (int)wire->fault);
}
