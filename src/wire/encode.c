/* The encoder, in two walks over the structs: the first measures each sub-message and each packed
 * field once and notes the sizes in the order of the walk; the second writes and takes them from
 * there. So nothing is measured again at each level, and the buffer grows once. */
#include <stdint.h>
#include <string.h>

#include "base/checked.h"
#include "wire/fields.h"
#include "wire/kind.h"
#include "wire/limits.h"
#include "wire/writer.h"

typedef struct encoder {
    sdx_buf sizes; /* of size_t */
    size_t next;   /* the one that the second walk takes next */
    sdx_buf *out;
} encoder;

/* A message, and how many are around it. */
typedef struct source {
    const sdx_message_def *def;
    const void *message;
    unsigned depth;
} source;

static sdx_status measure(encoder *enc, source from, size_t *size);
static sdx_status write_message(encoder *enc, const sdx_message_def *def, const void *message);

/* ---- first walk: measure --------------------------------------------------------------------- */

static sdx_status add(size_t *total, size_t more) {
    if (sdx_add_size(*total, more, total)) return NULL;
    return sdx_fail(SDX_LIMIT, "the message would have more than %zu bytes", SIZE_MAX);
}

/* Notes a size; one that is not known yet is put in its place later. */
static sdx_status note(encoder *enc, size_t size, size_t *slot) {
    *slot = enc->sizes.size;
    return sdx_buf_append(&enc->sizes, &size, sizeof size);
}

static size_t number_size(sdx_field_kind kind, const void *at) {
    const sdx_kind_info info = sdx_kind_of(kind);
    return info.wire == SDX_WIRE_VARINT ? sdx_wire_varint_size(sdx_field_load(kind, at))
                                        : info.size;
}

static sdx_status measure_value(encoder *enc, const sdx_field_def *def, const void *at,
                                unsigned depth, size_t *size) {
    if (def->kind < SDX_FIELD_STRING) {
        *size = number_size(def->kind, at);
        return NULL;
    }
    if (def->kind < SDX_FIELD_MESSAGE) {
        *size = ((const sdx_str *)at)->len;
    } else {
        size_t slot = 0;
        SDX_TRY(note(enc, 0, &slot));
        SDX_TRY(measure(enc, (source){def->message, at, depth + 1}, size));
        memcpy(enc->sizes.ptr + slot, size, sizeof *size);
    }
    return add(size, sdx_wire_varint_size(*size));
}

static sdx_status measure_packed(encoder *enc, const sdx_field_def *def, sdx_values values,
                                 size_t *size) {
    for (size_t i = 0; i < values.n; i++) {
        SDX_TRY(add(size, number_size(def->kind, values.first + i * values.stride)));
    }
    size_t slot = 0;
    SDX_TRY(note(enc, *size, &slot));
    return add(size, sdx_wire_varint_size(*size));
}

static sdx_status measure_field(encoder *enc, source from, const sdx_field_def *def,
                                size_t *total) {
    const sdx_values values = sdx_field_values(def, from.message);
    const size_t tag = sdx_wire_varint_size((uint64_t)def->number << 3);
    if (values.n == 0) return NULL;
    if (def->label == SDX_FIELD_MANY_PACKED || def->label == SDX_FIELD_MANY_VIEW) {
        size_t size = 0;
        SDX_TRY(measure_packed(enc, def, values, &size));
        SDX_TRY(add(&size, tag));
        return add(total, size);
    }
    for (size_t i = 0; i < values.n; i++) {
        size_t size = 0;
        SDX_TRY(measure_value(enc, def, values.first + i * values.stride, from.depth, &size));
        SDX_TRY(add(&size, tag));
        SDX_TRY(add(total, size));
    }
    return NULL;
}

static sdx_status measure(encoder *enc, source from, size_t *size) {
    if (from.depth >= SDX_WIRE_MAX_DEPTH) {
        return sdx_fail(SDX_LIMIT, "%s inside %u messages, expected fewer than %d", from.def->name,
                        from.depth, SDX_WIRE_MAX_DEPTH);
    }
    for (size_t i = 0; i < from.def->n_fields; i++) {
        SDX_TRY(measure_field(enc, from, &from.def->fields[i], size));
    }
    return NULL;
}

/* ---- second walk: write ---------------------------------------------------------------------- */

static size_t next_size(encoder *enc) {
    size_t size;
    memcpy(&size, enc->sizes.ptr + enc->next, sizeof size);
    enc->next += sizeof size;
    return size;
}

static sdx_status write_value(encoder *enc, const sdx_field_def *def, const void *at) {
    const sdx_wire_type type = sdx_kind_of(def->kind).wire;
    if (def->kind >= SDX_FIELD_STRING && def->kind < SDX_FIELD_MESSAGE) {
        return sdx_wire_put_bytes(enc->out, def->number, *(const sdx_str *)at);
    }
    SDX_TRY(sdx_wire_put_tag(enc->out, def->number, type));
    if (def->kind < SDX_FIELD_STRING) {
        return sdx_wire_put_number(enc->out, type, sdx_field_load(def->kind, at));
    }
    SDX_TRY(sdx_wire_put_varint(enc->out, next_size(enc)));
    return write_message(enc, def->message, at);
}

static sdx_status write_packed(encoder *enc, const sdx_field_def *def, sdx_values values) {
    const size_t size = next_size(enc);
    if (def->label == SDX_FIELD_MANY_VIEW) {
        return sdx_wire_put_bytes(enc->out, def->number, (sdx_str){values.first, size});
    }
    SDX_TRY(sdx_wire_put_tag(enc->out, def->number, SDX_WIRE_BYTES));
    SDX_TRY(sdx_wire_put_varint(enc->out, size));
    const sdx_wire_type type = sdx_kind_of(def->kind).wire;
    for (size_t i = 0; i < values.n; i++) {
        const void *const at = values.first + i * values.stride;
        SDX_TRY(sdx_wire_put_number(enc->out, type, sdx_field_load(def->kind, at)));
    }
    return NULL;
}

static sdx_status write_field(encoder *enc, const sdx_field_def *def, const void *message) {
    const sdx_values values = sdx_field_values(def, message);
    if (values.n == 0) return NULL;
    if (def->label == SDX_FIELD_MANY_PACKED || def->label == SDX_FIELD_MANY_VIEW) {
        return write_packed(enc, def, values);
    }
    for (size_t i = 0; i < values.n; i++) {
        SDX_TRY(write_value(enc, def, values.first + i * values.stride));
    }
    return NULL;
}

static sdx_status write_message(encoder *enc, const sdx_message_def *def, const void *message) {
    for (size_t i = 0; i < def->n_fields; i++) {
        SDX_TRY(write_field(enc, &def->fields[i], message));
    }
    return NULL;
}

sdx_status sdx_wire_encode(const sdx_message_def *def, const void *message, sdx_buf *out) {
    encoder enc = {.out = out};
    const size_t before = out->size;
    size_t size = 0;
    sdx_buf_init(&enc.sizes, out->heap, SIZE_MAX);
    sdx_status status = measure(&enc, (source){def, message, 0}, &size);
    if (status == NULL) status = sdx_buf_reserve(out, size);
    if (status == NULL) status = write_message(&enc, def, message);
    if (status != NULL && out->size > before) {
        out->size = before;
        out->ptr[before] = '\0';
    }
    sdx_buf_deinit(&enc.sizes);
    return status;
}
