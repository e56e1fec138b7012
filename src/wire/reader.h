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
    SDX_WIRE_VARINT_TYPE = 0,
    SDX_WIRE_FIXED64_TYPE = 1,
    SDX_WIRE_BYTES_TYPE = 2,
    SDX_WIRE_GROUP_TYPE = 3, /* never seen by the caller of next() */
    SDX_WIRE_END_GROUP_TYPE = 4,
    SDX_WIRE_FIXED32_TYPE = 5
} sdx_wire_type;

/* What can be wrong with bytes; sdx_wire_end turns it into a text. */
typedef enum sdx_wire_fault {
    SDX_WIRE_OK,
    SDX_WIRE_CUT,      /* a number or a tag ends after the last byte */
    SDX_WIRE_LONG,     /* a varint of more than 10 bytes or 64 bits */
    SDX_WIRE_OVERRUN,  /* a length that says more than there is */
    SDX_WIRE_NUMBER,   /* a field number 0 or beyond 2^29 - 1 */
    SDX_WIRE_BAD_TYPE, /* wire type 6 or 7 */
    SDX_WIRE_GROUP,    /* a group that does not end, or an end without its group */
    SDX_WIRE_DEEP      /* groups nested too deep */
} sdx_wire_fault;

typedef struct sdx_wire {
    const uint8_t *ptr;
    const uint8_t *end;
    const uint8_t *base; /* offset 0 of errors: the first byte of the file */
    sdx_wire_fault fault;
    const uint8_t *fault_at; /* where the number or field at fault begins */
    uint64_t fault_value;    /* the number, length or type that was found */
} sdx_wire;

typedef struct sdx_wire_field {
    uint32_t number; /* 1 .. 2^29 - 1 */
    sdx_wire_type type;
    const uint8_t *at; /* its tag */
    uint64_t bits;     /* VARINT, FIXED32, FIXED64: the value */
    sdx_wire bytes;    /* BYTES: a cursor over the payload, with the same base */
} sdx_wire_field;

sdx_wire sdx_wire_from(const void *bytes, size_t size); /* bytes may be NULL when size is 0 */

/* The next field, or false at the end of the message or at a fault. After a fault it stays false.
 */
bool sdx_wire_next(sdx_wire *wire, sdx_wire_field *field) SDX_NODISCARD;
/* One number of a packed field; false at the end or at a fault. */
bool sdx_wire_varint(sdx_wire *wire, uint64_t *value) SDX_NODISCARD;
/* NULL if the cursor reached its end, else SDX_INVALID_MODEL: "offset 1234: ...". */
sdx_status sdx_wire_end(const sdx_wire *wire) SDX_NODISCARD;

/* Bytes that are left, their offset from the base, and the same as text. */
static inline size_t sdx_wire_left(const sdx_wire *wire) { return (size_t)(wire->end - wire->ptr); }
static inline size_t sdx_wire_offset(const sdx_wire *wire) {
    return (size_t)(wire->ptr - wire->base);
}
static inline sdx_str sdx_wire_str(const sdx_wire *wire) {
    return (sdx_str){(const char *)wire->ptr, sdx_wire_left(wire)};
}

#endif
