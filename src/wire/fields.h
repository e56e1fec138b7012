/* Message types as data. A table says which fields a message has and where each lies in a plain C
 * struct; one decoder, one encoder and one printer serve all messages.
 *
 * How a field `x` looks in its struct:
 *   one number     T x; bool has_x;         T is (u)int32_t, (u)int64_t, float, double or bool
 *   one text       sdx_str x;               absent: ptr is NULL; empty: ptr is not NULL, len is 0
 *   one message    const sdx_pb_y *x;       absent: NULL
 *   many           const T *x; size_t n_x;  numbers, texts (sdx_str) or messages, in one array
 *   many, a view   sdx_wire_view x;         float or double that may fill hundreds of megabytes
 *
 * Decoding never copies texts, bytes or views: they point into the input, which must not change and
 * must outlive the struct; arrays and sub-messages lie in the arena. Semantics are those of
 * protobuf: unknown fields are skipped, the last of several values wins, several occurrences of a
 * single message are merged, setting a member of a oneof clears the others (a message that is
 * cleared so is not even decoded), repeated numbers may be packed or not. A known field of another
 * wire type is an error, since skipping it would lose data silently.
 *
 * Cost: time is linear in the bytes of headers; payloads of texts and bytes are not touched. Of
 * each byte of input at most (S + 96) / 2 bytes of arena are made, S being the size of the largest
 * struct (an empty sub-message takes 2 bytes of input): some 170 for ONNX. The arena's heap has the
 * absolute limit. Stack: some 400 bytes a level, SDX_WIRE_MAX_DEPTH levels. */
#ifndef SDX_WIRE_FIELDS_H
#define SDX_WIRE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

typedef enum sdx_field_kind {
    SDX_FIELD_INT32,
    SDX_FIELD_INT64,
    SDX_FIELD_UINT32,
    SDX_FIELD_UINT64,
    SDX_FIELD_BOOL,
    SDX_FIELD_ENUM, /* an int32_t; numbers that the enum does not have are kept */
    SDX_FIELD_FLOAT,
    SDX_FIELD_DOUBLE,
    SDX_FIELD_STRING, /* sdx_str; not checked to be UTF-8 */
    SDX_FIELD_BYTES,  /* sdx_str */
    SDX_FIELD_MESSAGE
} sdx_field_kind;

typedef enum sdx_field_label {
    SDX_FIELD_ONE,
    SDX_FIELD_MANY,        /* written one by one */
    SDX_FIELD_MANY_PACKED, /* numbers, written packed */
    SDX_FIELD_MANY_VIEW    /* float or double as sdx_wire_view, written packed */
} sdx_field_label;

typedef struct sdx_field_def {
    uint32_t number;
    sdx_field_kind kind;
    sdx_field_label label;
    uint32_t oneof;                        /* 0, or a number that the members of one oneof share */
    size_t offset;                         /* of x */
    size_t extra;                          /* of has_x (one number) or n_x (many); else unused */
    const char *name;                      /* as in the .proto file */
    const struct sdx_message_def *message; /* of kind MESSAGE: its table */
} sdx_field_def;

typedef struct sdx_message_def {
    const char *name;            /* "ModelProto" */
    size_t size;                 /* of its struct */
    const sdx_field_def *fields; /* by rising number */
    size_t n_fields;
} sdx_message_def;

/* Numbers as they lie in the file: n little-endian elements at any alignment, in the input
 * (usually) or in the arena. */
typedef struct sdx_wire_view {
    const uint8_t *ptr;
    size_t n; /* elements */
} sdx_wire_view;

static inline float sdx_wire_view_float(sdx_wire_view view, size_t i) {
    const uint8_t *const p = view.ptr + 4 * i;
    const uint32_t bits =
        (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline double sdx_wire_view_double(sdx_wire_view view, size_t i) {
    const uint8_t *const p = view.ptr + 8 * i;
    uint64_t bits = 0;
    for (unsigned k = 0; k < 8; k++)
        bits |= (uint64_t)p[k] << (8 * k);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Decodes a message into *out, a struct of def->size bytes, which is zeroed first, and again on
 * failure. Errors are SDX_INVALID_MODEL and name the path and the offset from `bytes`:
 * "graph.node[3].attribute[0].t: offset 1234: ...". */
sdx_status sdx_wire_decode(const sdx_message_def *def, const void *bytes, size_t size,
                           sdx_arena *arena, void *out) SDX_NODISCARD;

/* Appends the message to `out`: fields by rising number, so equal structs give equal bytes. The
 * message must not have views of `out`, which moves as it grows. On failure `out` is as it was. */
sdx_status sdx_wire_encode(const sdx_message_def *def, const void *message, sdx_buf *out)
    SDX_NODISCARD;

/* Appends a text form, one field a line, sub-messages in braces (the form of `protoc --decode`;
 * enums as numbers). */
sdx_status sdx_wire_text(const sdx_message_def *def, const void *message, sdx_buf *out)
    SDX_NODISCARD;

#endif
