/* A cursor over the fields of one protobuf message. Nothing is copied: texts, bytes and
 * sub-messages are views of the input.
 *
 *   sdx_wire wire = sdx_wire_from(bytes, size);
 *   sdx_wire_field field;
 *   while (sdx_wire_next(&wire, &field)) { ... field.number, field.type, field.bits or field.bytes
 * ... } SDX_TRY(sdx_wire_end(&wire));
 *
 * next() returns false at the end and at the first fault, and end() tells which; so a loop needs
 * one check. Every read is checked against the end, whatever the bytes are. Groups (wire types 3
 * and 4, unused since proto3) are skipped whole. One thread. */
#ifndef SDX_WIRE_READER_H
#define SDX_WIRE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

/* Protobuf encoding: the low three bits of a tag. */
typedef enum sdx_wire_type {
    SDX_WIRE_VARINT = 0,
    SDX_WIRE_FIXED64 = 1,
    SDX_WIRE_BYTES = 2,
    SDX_WIRE_GROUP = 3, /* this and the next: never given out by sdx_wire_next */
    SDX_WIRE_END_GROUP = 4,
    SDX_WIRE_FIXED32 = 5
} sdx_wire_type;

/* What can be wrong with bytes; sdx_wire_end makes a text of it. */
typedef enum sdx_wire_fault {
    SDX_WIRE_OK,
    SDX_WIRE_CUT,        /* the bytes end within a number */
    SDX_WIRE_LONG,       /* a varint of more than 64 bits */
    SDX_WIRE_OVERRUN,    /* a payload longer than what is left */
    SDX_WIRE_BAD_NUMBER, /* field number 0 or beyond 2^29 - 1 */
    SDX_WIRE_BAD_TYPE,   /* wire type 6 or 7 */
    SDX_WIRE_OPEN_GROUP, /* a group that does not end */
    SDX_WIRE_STRAY_END,  /* the end of a group that did not begin */
    SDX_WIRE_DEEP        /* groups nested too deep */
} sdx_wire_fault;

typedef struct sdx_wire {
    const uint8_t *ptr;
    const uint8_t *end;
    const uint8_t *base; /* offset 0 of errors: the first byte of the file */
    sdx_wire_fault fault;
    const uint8_t *fault_at; /* where the field or the number at fault begins */
    uint64_t fault_value;    /* the length, field number or wire type that was found */
} sdx_wire;

typedef struct sdx_wire_field {
    uint32_t number; /* 1 .. 2^29 - 1 */
    sdx_wire_type type;
    const uint8_t *at; /* its tag */
    uint64_t bits;     /* VARINT, FIXED32, FIXED64: the value */
    sdx_str bytes;     /* BYTES: the payload */
} sdx_wire_field;

/* A cursor over a whole file; bytes may be NULL when size is 0. */
sdx_wire sdx_wire_from(const void *bytes, size_t size);
/* A cursor over the payload of a field that `wire` found: a sub-message or packed numbers. */
sdx_wire sdx_wire_inside(const sdx_wire *wire, sdx_str bytes);

/* The next field, or false at the end of the message or at a fault. After a fault it stays false.
 */
bool sdx_wire_next(sdx_wire *wire, sdx_wire_field *field) SDX_NODISCARD;
/* The next of packed numbers of wire type `type`; false at the end or at a fault. */
bool sdx_wire_number(sdx_wire *wire, sdx_wire_type type, uint64_t *bits) SDX_NODISCARD;
/* NULL if the cursor reached its end, else SDX_INVALID_MODEL: "offset 1234: ...". */
sdx_status sdx_wire_end(const sdx_wire *wire) SDX_NODISCARD;

/* "varint", "length-delimited", ...; "unknown" for 6 and 7. */
const char *sdx_wire_type_name(sdx_wire_type type);

static inline size_t sdx_wire_offset(const sdx_wire *wire, const uint8_t *at) {
    return (size_t)(at - wire->base);
}

#endif
