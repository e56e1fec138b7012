/* The decoder. Each message is read twice: the first pass counts the elements of repeated fields,
 * so that each array is allocated once and whole; the second fills. A sub-message is passed over by
 * its length at the level above, so every byte is read at one level only and the work is linear.
 *
 * The occurrences of a single message are gathered as pieces and decoded after the second pass as
 * if their bytes stood one behind the other, which is how protobuf merges them. */
#include <stdio.h>
#include <string.h>

#include "wire/fields.h"
#include "wire/kind.h"
#include "wire/limits.h"
#include "wire/reader.h"

/* A stretch of the bytes of a message. While pass two runs, the pointer of a single message heads
 * the list of its pieces, newest first. */
typedef struct piece {
    sdx_str bytes;
    struct piece *next;
} piece;

typedef struct decoder {
    sdx_arena *arena;
    const uint8_t *base;
    piece *spare; /* pieces to use again */
} decoder;

/* Where in the tree of messages we are: a chain on the stack. */
typedef struct place {
    const struct place *up; /* NULL: the message that was asked for */
    const sdx_field_def *field;
    size_t index;
    unsigned depth;
} place;

/* A message being decoded, and what was met in it. */
typedef struct target {
    const sdx_message_def *def;
    const piece *pieces;
    void *out;
    const place *place;
    bool arrays;   /* repeated fields: arrays to allocate */
    bool messages; /* single messages: pieces to decode */
    bool views;    /* views: pointers to move back */
} target;

static sdx_status decode_message(decoder *dec, target *to);

/* ---- errors ---------------------------------------------------------------------------------- */

/* Puts "graph.node[3].attribute[0]: " in front. Written from the end, so that a path too long loses
 * its beginning. */
static sdx_status in_place(const place *at, sdx_status status) {
    if (status == NULL || at->up == NULL) return status;
    char path[SDX_WIRE_MAX_PATH];
    size_t begin = sizeof path;
    for (; at->up != NULL; at = at->up) {
        char step[80];
        const char *const dot = begin < sizeof path ? "." : "";
        const int len =
            at->field->label == SDX_FIELD_ONE
                ? snprintf(step, sizeof step, "%.40s%s", at->field->name, dot)
                : snprintf(step, sizeof step, "%.40s[%zu]%s", at->field->name, at->index, dot);
        if (len < 0 || (size_t)len + 3 > begin) {
            begin -= 3;
            memcpy(path + begin, "...", 3);
            break;
        }
        begin -= (size_t)len;
        memcpy(path + begin, step, (size_t)len);
    }
    return sdx_in(status, "%.*s", (int)(sizeof path - begin), path + begin);
}

static SDX_COLD sdx_status wrong_type(const decoder *dec, const target *to,
                                      const sdx_field_def *def, const sdx_wire_field *found) {
    const sdx_wire_type expected = sdx_kind_of(def->kind).wire;
    return in_place(
        to->place,
        sdx_fail(SDX_INVALID_MODEL,
                 "offset %zu: field '%s' (%u) of %s has wire type %d (%s), expected %d (%s); "
                 "the data are damaged or not of this format",
                 (size_t)(found->at - dec->base), def->name, (unsigned)def->number, to->def->name,
                 (int)found->type, sdx_wire_type_name(found->type), (int)expected,
                 sdx_wire_type_name(expected)));
}

/* ---- the table ------------------------------------------------------------------------------- */

/* The field of a number, or NULL. Fields come mostly in order and repeated ones in a row: `near` is
 * the one met before. */
static const sdx_field_def *find_field(const sdx_message_def *def, uint32_t number,
                                       const sdx_field_def *near) {
    const sdx_field_def *const end = def->fields + def->n_fields;
    for (const sdx_field_def *field = near; field < end; field++) {
        if (field->number == number) return field;
        if (field->number > number) break;
    }
    for (const sdx_field_def *field = def->fields; field < near; field++) {
        if (field->number == number) return field;
    }
    return NULL;
}

static sdx_wire cursor(const decoder *dec, sdx_str bytes) {
    const uint8_t *const ptr = (const uint8_t *)bytes.ptr;
    return (sdx_wire){.ptr = ptr, .end = ptr + bytes.len, .base = dec->base};
}

/* Repeated numbers may come packed whatever the table says (protobuf encoding). */
static bool is_packed(const sdx_field_def *def, const sdx_wire_field *field) {
    return field->type == SDX_WIRE_BYTES && def->kind < SDX_FIELD_STRING;
}

/* The next field that the table knows, with the right wire type; *def is NULL at the end. */
static sdx_status next_known(const decoder *dec, const target *to, sdx_wire *wire,
                             sdx_wire_field *field, const sdx_field_def **def) {
    const sdx_field_def *near = *def ? *def : to->def->fields;
    while (sdx_wire_next(wire, field)) {
        const sdx_field_def *const found = find_field(to->def, field->number, near);
        if (found == NULL) continue;
        const bool fits = field->type == sdx_kind_of(found->kind).wire ||
                          (found->label != SDX_FIELD_ONE && is_packed(found, field));
        if (SDX_UNLIKELY(!fits)) return wrong_type(dec, to, found, field);
        *def = found;
        return NULL;
    }
    *def = NULL;
    return in_place(to->place, sdx_wire_end(wire));
}

/* ---- pass one: count ------------------------------------------------------------------------- */

static size_t *count_of(const target *to, const sdx_field_def *def) {
    if (def->label == SDX_FIELD_MANY_VIEW) {
        return &((sdx_wire_view *)sdx_member(to->out, def->offset))->n;
    }
    return sdx_member(to->out, def->extra);
}

/* How many numbers packed bytes hold; faults in them are left to the second pass. */
static size_t count_packed(sdx_wire_type type, sdx_str bytes) {
    if (type == SDX_WIRE_FIXED32) return bytes.len / 4;
    if (type == SDX_WIRE_FIXED64) return bytes.len / 8;
    size_t n = 0;
    for (size_t i = 0; i < bytes.len; i++)
        n += (uint8_t)bytes.ptr[i] < 0x80;
    return n;
}

static sdx_status count(decoder *dec, target *to) {
    for (const piece *part = to->pieces; part != NULL; part = part->next) {
        sdx_wire wire = cursor(dec, part->bytes);
        const sdx_field_def *def = NULL;
        sdx_wire_field field;
        SDX_TRY(next_known(dec, to, &wire, &field, &def));
        while (def != NULL) {
            if (def->label != SDX_FIELD_ONE) {
                *count_of(to, def) += is_packed(def, &field)
                                          ? count_packed(sdx_kind_of(def->kind).wire, field.bytes)
                                          : 1;
                to->arrays = true;
            }
            SDX_TRY(next_known(dec, to, &wire, &field, &def));
        }
    }
    return NULL;
}

/* Makes the arrays. A count starts again from 0 and grows as its array is filled; the count of a
 * view stays, and its pointer moves. */
static sdx_status allocate(decoder *dec, target *to) {
    for (size_t i = 0; i < to->def->n_fields; i++) {
        const sdx_field_def *const def = &to->def->fields[i];
        if (def->label == SDX_FIELD_ONE || def->label == SDX_FIELD_MANY_VIEW) continue;
        size_t *const n = count_of(to, def);
        if (*n == 0) continue;
        void *array = NULL;
        SDX_TRY(in_place(to->place, sdx_arena_alloc(dec->arena, *n, sdx_field_size(def), &array)));
        sdx_member_set_pointer(to->out, def->offset, array);
        *n = 0;
    }
    return NULL;
}

/* ---- pass two: fill -------------------------------------------------------------------------- */

static sdx_status keep_piece(decoder *dec, sdx_str bytes, piece **list) {
    piece *part = dec->spare;
    if (part != NULL) {
        dec->spare = part->next;
    } else {
        SDX_TRY(SDX_ARENA_NEW(dec->arena, 1, &part));
    }
    *part = (piece){bytes, *list};
    *list = part;
    return NULL;
}

static void spare_pieces(decoder *dec, piece *list) {
    while (list != NULL) {
        piece *const next = list->next;
        list->next = dec->spare;
        dec->spare = list;
        list = next;
    }
}

/* A member of a oneof was met: the others are no longer set. */
static void clear_others(decoder *dec, target *to, const sdx_field_def *kept) {
    for (size_t i = 0; i < to->def->n_fields; i++) {
        const sdx_field_def *const def = &to->def->fields[i];
        if (def->oneof != kept->oneof || def == kept) continue;
        if (def->kind == SDX_FIELD_MESSAGE) {
            spare_pieces(dec, sdx_member_pointer(to->out, def->offset));
            sdx_member_set_pointer(to->out, def->offset, NULL);
        } else if (def->kind >= SDX_FIELD_STRING) {
            *(sdx_str *)sdx_member(to->out, def->offset) = (sdx_str){NULL, 0};
        } else {
            sdx_field_store(sdx_field_size(def), sdx_member(to->out, def->offset), 0);
            *(bool *)sdx_member(to->out, def->extra) = false;
        }
    }
}

static sdx_status fill_one(decoder *dec, target *to, const sdx_field_def *def,
                           const sdx_wire_field *field) {
    void *const member = sdx_member(to->out, def->offset);
    if (def->oneof != 0) clear_others(dec, to, def);
    if (def->kind < SDX_FIELD_STRING) {
        sdx_field_store(sdx_field_size(def), member, field->bits);
        *(bool *)sdx_member(to->out, def->extra) = true;
    } else if (def->kind < SDX_FIELD_MESSAGE) {
        *(sdx_str *)member = field->bytes;
    } else {
        piece *list = sdx_member_pointer(to->out, def->offset);
        SDX_TRY(in_place(to->place, keep_piece(dec, field->bytes, &list)));
        sdx_member_set_pointer(to->out, def->offset, list);
        to->messages = true;
    }
    return NULL;
}

/* Adds the numbers of a field to a view. While a view is filled its pointer is behind the last
 * number. The usual field, packed and in one piece, is not copied. */
static sdx_status fill_view(decoder *dec, target *to, const sdx_field_def *def,
                            const sdx_wire_field *field) {
    const size_t size = sdx_field_size(def);
    sdx_wire_view *const view = sdx_member(to->out, def->offset);
    const bool packed = is_packed(def, field);
    if (packed && field->bytes.len % size != 0) {
        return in_place(
            to->place,
            sdx_fail(SDX_INVALID_MODEL,
                     "offset %zu: field '%s' has %zu packed bytes, expected a multiple of %zu; "
                     "the data are truncated or damaged",
                     (size_t)(field->at - dec->base), def->name, field->bytes.len, size));
    }
    if (packed && field->bytes.len == 0) return NULL;
    to->views = true;
    if (packed && field->bytes.len / size == view->n) {
        view->ptr = (const uint8_t *)field->bytes.ptr + field->bytes.len;
        return NULL;
    }
    uint8_t *end = sdx_member_pointer(to->out, def->offset);
    if (end == NULL) {
        SDX_TRY(in_place(to->place, sdx_arena_alloc(dec->arena, view->n, size, (void **)&end)));
    }
    if (packed) memcpy(end, field->bytes.ptr, field->bytes.len);
    for (size_t i = 0; i < size && !packed; i++) {
        end[i] = (uint8_t)(field->bits >> (8 * i));
    }
    view->ptr = end + (packed ? field->bytes.len : size);
    return NULL;
}

static sdx_status fill_packed(decoder *dec, target *to, const sdx_field_def *def, sdx_str bytes) {
    const size_t size = sdx_field_size(def);
    const sdx_wire_type type = sdx_kind_of(def->kind).wire;
    size_t *const n = count_of(to, def);
    char *const array = sdx_member_pointer(to->out, def->offset); /* NULL if there are no numbers */
    sdx_wire wire = cursor(dec, bytes);
    uint64_t bits = 0;
    for (; sdx_wire_number(&wire, type, &bits); ++*n) {
        sdx_field_store(size, array + *n * size, bits);
    }
    return in_place(to->place, sdx_wire_end(&wire));
}

static sdx_status fill_many(decoder *dec, target *to, const sdx_field_def *def,
                            const sdx_wire_field *field) {
    if (is_packed(def, field)) return fill_packed(dec, to, def, field->bytes);
    size_t *const n = count_of(to, def);
    const size_t index = (*n)++;
    char *const array = sdx_member_pointer(to->out, def->offset);
    char *const element = array + index * sdx_field_size(def);
    if (def->kind < SDX_FIELD_STRING) {
        sdx_field_store(sdx_field_size(def), element, field->bits);
        return NULL;
    }
    if (def->kind < SDX_FIELD_MESSAGE) {
        *(sdx_str *)(void *)element = field->bytes;
        return NULL;
    }
    const piece part = {field->bytes, NULL};
    const place here = {to->place, def, index, to->place->depth + 1};
    target sub = {.def = def->message, .pieces = &part, .out = element, .place = &here};
    return decode_message(dec, &sub);
}

static sdx_status fill(decoder *dec, target *to) {
    for (const piece *part = to->pieces; part != NULL; part = part->next) {
        sdx_wire wire = cursor(dec, part->bytes);
        const sdx_field_def *def = NULL;
        sdx_wire_field field;
        SDX_TRY(next_known(dec, to, &wire, &field, &def));
        while (def != NULL) {
            if (def->label == SDX_FIELD_ONE) {
                SDX_TRY(fill_one(dec, to, def, &field));
            } else if (def->label == SDX_FIELD_MANY_VIEW) {
                SDX_TRY(fill_view(dec, to, def, &field));
            } else {
                SDX_TRY(fill_many(dec, to, def, &field));
            }
            SDX_TRY(next_known(dec, to, &wire, &field, &def));
        }
    }
    return NULL;
}

/* ---- after pass two -------------------------------------------------------------------------- */

static void end_views(target *to) {
    for (size_t i = 0; i < to->def->n_fields; i++) {
        const sdx_field_def *const def = &to->def->fields[i];
        if (def->label != SDX_FIELD_MANY_VIEW) continue;
        sdx_wire_view *const view = sdx_member(to->out, def->offset);
        if (view->ptr != NULL) view->ptr -= view->n * sdx_field_size(def);
    }
}

static piece *reverse(piece *list) {
    piece *reversed = NULL;
    while (list != NULL) {
        piece *const next = list->next;
        list->next = reversed;
        reversed = list;
        list = next;
    }
    return reversed;
}

/* Replaces the pieces of each single message by the message. */
static sdx_status decode_single(decoder *dec, target *to) {
    for (size_t i = 0; i < to->def->n_fields; i++) {
        const sdx_field_def *const def = &to->def->fields[i];
        if (def->kind != SDX_FIELD_MESSAGE || def->label != SDX_FIELD_ONE) continue;
        piece *const parts = reverse(sdx_member_pointer(to->out, def->offset));
        if (parts == NULL) continue;
        void *message = NULL;
        SDX_TRY(in_place(to->place, sdx_arena_alloc(dec->arena, 1, def->message->size, &message)));
        const place here = {to->place, def, 0, to->place->depth + 1};
        target sub = {.def = def->message, .pieces = parts, .out = message, .place = &here};
        SDX_TRY(decode_message(dec, &sub));
        spare_pieces(dec, parts);
        sdx_member_set_pointer(to->out, def->offset, message);
    }
    return NULL;
}

static sdx_status decode_message(decoder *dec, target *to) {
    if (to->place->depth >= SDX_WIRE_MAX_DEPTH) {
        const uint8_t *const at = (const uint8_t *)to->pieces->bytes.ptr;
        return in_place(
            to->place,
            sdx_fail(SDX_LIMIT,
                     "offset %zu: a message inside %u others, expected fewer than %d; the data "
                     "are damaged or made to do harm",
                     (size_t)(at - dec->base), to->place->depth, SDX_WIRE_MAX_DEPTH));
    }
    SDX_TRY(count(dec, to));
    if (to->arrays) SDX_TRY(allocate(dec, to));
    SDX_TRY(fill(dec, to));
    if (to->views) end_views(to);
    return to->messages ? decode_single(dec, to) : NULL;
}

sdx_status sdx_wire_decode(const sdx_message_def *def, const void *bytes, size_t size,
                           sdx_arena *arena, void *out) {
    const sdx_wire whole = sdx_wire_from(bytes, size);
    decoder dec = {.arena = arena, .base = whole.base};
    const piece part = {{(const char *)whole.ptr, size}, NULL};
    const place root = {0};
    target to = {.def = def, .pieces = &part, .out = out, .place = &root};
    memset(out, 0, def->size);
    const sdx_status status = decode_message(&dec, &to);
    if (status != NULL) memset(out, 0, def->size);
    return status;
}
