/* What decoder, encoder and printer know of each kind of field, and access to members by offset. */
#ifndef SDX_WIRE_KIND_H
#define SDX_WIRE_KIND_H

#include <string.h>

#include "wire/fields.h"
#include "wire/reader.h"

typedef struct sdx_kind_info {
    sdx_wire_type wire; /* of one value that is not packed */
    size_t size;        /* of one value in a struct; 0: as its table says */
} sdx_kind_info;

static inline sdx_kind_info sdx_kind_of(sdx_field_kind kind) {
    static const sdx_kind_info kinds[] = {
        [SDX_FIELD_INT32] = {SDX_WIRE_VARINT, sizeof(int32_t)},
        [SDX_FIELD_INT64] = {SDX_WIRE_VARINT, sizeof(int64_t)},
        [SDX_FIELD_UINT32] = {SDX_WIRE_VARINT, sizeof(uint32_t)},
        [SDX_FIELD_UINT64] = {SDX_WIRE_VARINT, sizeof(uint64_t)},
        [SDX_FIELD_BOOL] = {SDX_WIRE_VARINT, sizeof(bool)},
        [SDX_FIELD_ENUM] = {SDX_WIRE_VARINT, sizeof(int32_t)},
        [SDX_FIELD_FLOAT] = {SDX_WIRE_FIXED32, sizeof(float)},
        [SDX_FIELD_DOUBLE] = {SDX_WIRE_FIXED64, sizeof(double)},
        [SDX_FIELD_STRING] = {SDX_WIRE_BYTES, sizeof(sdx_str)},
        [SDX_FIELD_BYTES] = {SDX_WIRE_BYTES, sizeof(sdx_str)},
        [SDX_FIELD_MESSAGE] = {SDX_WIRE_BYTES, 0},
    };
    return kinds[kind];
}

/* Bytes of one value of the field in its struct or array. */
static inline size_t sdx_field_size(const sdx_field_def *field) {
    return field->kind == SDX_FIELD_MESSAGE ? field->message->size : sdx_kind_of(field->kind).size;
}

/* The value of a number's member or element, as its varint or fixed bits; int32 and enum are
 * extended by their sign (protobuf encoding). */
static inline uint64_t sdx_field_load(sdx_field_kind kind, const void *at) {
    const size_t size = sdx_kind_of(kind).size;
    if (size == sizeof(bool)) return *(const bool *)at;
    if (size == sizeof(uint64_t)) {
        uint64_t bits;
        memcpy(&bits, at, sizeof bits);
        return bits;
    }
    uint32_t bits;
    memcpy(&bits, at, sizeof bits);
    const bool extend = (kind == SDX_FIELD_INT32 || kind == SDX_FIELD_ENUM) && bits >> 31;
    return extend ? bits | UINT64_C(0xffffffff00000000) : bits;
}

/* The opposite; bits that the member does not have are dropped (protobuf encoding). */
static inline void sdx_field_store(size_t size, void *at, uint64_t bits) {
    if (size == sizeof(uint64_t)) {
        memcpy(at, &bits, sizeof bits);
    } else if (size == sizeof(uint32_t)) {
        const uint32_t low = (uint32_t)bits;
        memcpy(at, &low, sizeof low);
    } else {
        *(bool *)at = bits != 0;
    }
}

/* Members. Pointers are moved as bytes, since a table does not know their type. */
static inline void *sdx_member(void *message, size_t offset) { return (char *)message + offset; }
static inline const void *sdx_member_const(const void *message, size_t offset) {
    return (const char *)message + offset;
}
static inline void *sdx_member_pointer(const void *message, size_t offset) {
    void *pointer;
    memcpy(&pointer, sdx_member_const(message, offset), sizeof pointer);
    return pointer;
}
static inline void sdx_member_set_pointer(void *message, size_t offset, const void *pointer) {
    memcpy(sdx_member(message, offset), &pointer, sizeof pointer);
}

/* The values of a field: those of one that is absent are none. */
typedef struct sdx_values {
    const char *first;
    size_t n;
    size_t stride;
} sdx_values;

static inline bool sdx_field_present(const sdx_field_def *def, const void *message) {
    const void *const member = sdx_member_const(message, def->offset);
    if (def->kind == SDX_FIELD_MESSAGE) return sdx_member_pointer(message, def->offset) != NULL;
    if (def->kind >= SDX_FIELD_STRING) return ((const sdx_str *)member)->ptr != NULL;
    return *(const bool *)sdx_member_const(message, def->extra);
}

static inline sdx_values sdx_field_values(const sdx_field_def *def, const void *message) {
    sdx_values of = {.stride = sdx_field_size(def)};
    if (def->label == SDX_FIELD_MANY_VIEW) {
        const sdx_wire_view *const view = sdx_member_const(message, def->offset);
        of.first = (const char *)view->ptr;
        of.n = view->n;
    } else if (def->label != SDX_FIELD_ONE) {
        of.first = sdx_member_pointer(message, def->offset);
        of.n = *(const size_t *)sdx_member_const(message, def->extra);
    } else if (sdx_field_present(def, message)) {
        of.first = def->kind == SDX_FIELD_MESSAGE ? sdx_member_pointer(message, def->offset)
                                                  : sdx_member_const(message, def->offset);
        of.n = 1;
    }
    return of;
}

#endif
