/* The printer: a message as text, for tests and for people. */
#include <inttypes.h>
#include <string.h>

#include "wire/fields.h"
#include "wire/kind.h"
#include "wire/limits.h"

static sdx_status print_message(const sdx_message_def *def, const void *message, unsigned depth,
                                sdx_buf *out);

/* printf follows the locale of the process; a text form must not. */
static sdx_status print_float(sdx_buf *out, double value, int digits) {
    const size_t before = out->size;
    SDX_TRY(sdx_buf_printf(out, "%.*g", digits, value));
    for (size_t i = before; i < out->size; i++) {
        if (out->ptr[i] == ',') out->ptr[i] = '.';
    }
    return NULL;
}

static sdx_status print_number(sdx_buf *out, sdx_field_kind kind, const void *at) {
    float single;
    double wide;
    const uint64_t bits = sdx_field_load(kind, at);
    switch (kind) {
    case SDX_FIELD_FLOAT:
        memcpy(&single, at, sizeof single);
        return print_float(out, (double)single, 9);
    case SDX_FIELD_DOUBLE: memcpy(&wide, at, sizeof wide); return print_float(out, wide, 17);
    case SDX_FIELD_BOOL: return sdx_buf_printf(out, "%s", bits ? "true" : "false");
    case SDX_FIELD_UINT32:
    case SDX_FIELD_UINT64: return sdx_buf_printf(out, "%" PRIu64, bits);
    default: return sdx_buf_printf(out, "%" PRId64, (int64_t)bits);
    }
}

/* In quotes, with the escapes of C; what is not printable ASCII in octal. */
static sdx_status print_text(sdx_buf *out, sdx_str text) {
    SDX_TRY(sdx_buf_append(out, "\"", 1));
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if (c == '\n') {
            SDX_TRY(sdx_buf_append(out, "\\n", 2));
        } else if (c == '"' || c == '\\') {
            const char escape[2] = {'\\', c};
            SDX_TRY(sdx_buf_append(out, escape, 2));
        } else if (c >= ' ' && c <= '~') {
            SDX_TRY(sdx_buf_append(out, &c, 1));
        } else {
            SDX_TRY(sdx_buf_printf(out, "\\%03o", (unsigned)(uint8_t)c));
        }
    }
    return sdx_buf_append(out, "\"", 1);
}

static sdx_status print_value(const sdx_field_def *def, const void *at, unsigned depth,
                              sdx_buf *out) {
    const int indent = (int)(2 * depth);
    if (def->kind == SDX_FIELD_MESSAGE) {
        SDX_TRY(sdx_buf_printf(out, "%*s%s {\n", indent, "", def->name));
        SDX_TRY(print_message(def->message, at, depth + 1, out));
        return sdx_buf_printf(out, "%*s}\n", indent, "");
    }
    SDX_TRY(sdx_buf_printf(out, "%*s%s: ", indent, "", def->name));
    if (def->kind < SDX_FIELD_STRING) {
        SDX_TRY(print_number(out, def->kind, at));
    } else {
        SDX_TRY(print_text(out, *(const sdx_str *)at));
    }
    return sdx_buf_append(out, "\n", 1);
}

/* A view has the bytes of the file, a printer wants a number of this machine. */
typedef union host_number {
    float single;
    double wide;
} host_number;

static host_number from_view(sdx_field_kind kind, const void *at) {
    const sdx_wire_view view = {at, 1};
    return kind == SDX_FIELD_FLOAT ? (host_number){.single = sdx_wire_view_float(view, 0)}
                                   : (host_number){.wide = sdx_wire_view_double(view, 0)};
}

static sdx_status print_field(const sdx_field_def *def, const void *message, unsigned depth,
                              sdx_buf *out) {
    const sdx_values values = sdx_field_values(def, message);
    for (size_t i = 0; i < values.n; i++) {
        const void *at = values.first + i * values.stride;
        host_number number;
        if (def->label == SDX_FIELD_MANY_VIEW) {
            number = from_view(def->kind, at);
            at = &number;
        }
        SDX_TRY(print_value(def, at, depth, out));
    }
    return NULL;
}

static sdx_status print_message(const sdx_message_def *def, const void *message, unsigned depth,
                                sdx_buf *out) {
    if (depth >= SDX_WIRE_MAX_DEPTH) {
        return sdx_fail(SDX_LIMIT, "%s inside %u messages, expected fewer than %d", def->name,
                        depth, SDX_WIRE_MAX_DEPTH);
    }
    for (size_t i = 0; i < def->n_fields; i++) {
        SDX_TRY(print_field(&def->fields[i], message, depth, out));
    }
    return NULL;
}

sdx_status sdx_wire_text(const sdx_message_def *def, const void *message, sdx_buf *out) {
    return print_message(def, message, 0, out);
}
