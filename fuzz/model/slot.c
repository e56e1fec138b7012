/* See slot.h. One walk suffices for a choice: each field takes the place of the chosen one with the
 * likelihood of its weight. */
#include "model/slot.h"

uint32_t fuzz_roll(fuzz_dice *dice, uint32_t sides) {
    dice->state = dice->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return sides == 0 ? 0 : (uint32_t)(dice->state >> 33) % sides;
}

void *fuzz_member(const fuzz_slot *slot) { return slot->message + slot->field->offset; }

size_t *fuzz_count(const fuzz_slot *slot) {
    return (size_t *)(void *)(slot->message + slot->field->extra);
}

size_t fuzz_element_size(const sdx_field_def *field) {
    static const size_t sizes[] = {
        [SDX_FIELD_INT32] = 4,
        [SDX_FIELD_INT64] = 8,
        [SDX_FIELD_UINT32] = 4,
        [SDX_FIELD_UINT64] = 8,
        [SDX_FIELD_BOOL] = 1,
        [SDX_FIELD_ENUM] = 4,
        [SDX_FIELD_FLOAT] = 4,
        [SDX_FIELD_DOUBLE] = 8,
        [SDX_FIELD_STRING] = sizeof(sdx_str),
        [SDX_FIELD_BYTES] = sizeof(sdx_str),
    };
    return field->kind == SDX_FIELD_MESSAGE ? field->message->size : sizes[field->kind];
}

typedef struct walk {
    fuzz_dice *dice;
    fuzz_weight_fn *weight;
    const void *arg;
    uint32_t total;
    fuzz_slot chosen;
} walk;

/* The elements of a field and how many there are. */
static char *elements(const fuzz_slot *slot, size_t *n) {
    const sdx_field_def *const f = slot->field;
    char *const member = fuzz_member(slot);
    char *first = member;
    *n = 1;
    if (f->label == SDX_FIELD_MANY_VIEW) {
        *n = ((const sdx_wire_view *)(const void *)member)->n;
    } else if (f->label != SDX_FIELD_ONE) {
        memcpy(&first, member, sizeof first);
        *n = *fuzz_count(slot);
    } else if (f->kind == SDX_FIELD_MESSAGE) {
        memcpy(&first, member, sizeof first);
        *n = first != NULL;
    } else if (f->kind == SDX_FIELD_STRING || f->kind == SDX_FIELD_BYTES) {
        *n = ((const sdx_str *)(const void *)member)->ptr != NULL;
    } else {
        *n = *(const bool *)(slot->message + f->extra);
    }
    return first;
}

static void visit(walk *w, const sdx_message_def *def, char *message) {
    for (size_t i = 0; i < def->n_fields; i++) {
        const fuzz_slot slot = {message, def, &def->fields[i]};
        size_t n;
        char *const first = elements(&slot, &n);
        if (n == 0) continue;
        const uint32_t weight = w->weight(w->arg, &slot);
        w->total += weight;
        if (weight > 0 && fuzz_roll(w->dice, w->total) < weight) w->chosen = slot;
        for (size_t k = 0; slot.field->kind == SDX_FIELD_MESSAGE && k < n; k++) {
            visit(w, slot.field->message, first + k * slot.field->message->size);
        }
    }
}

bool fuzz_pick(fuzz_dice *dice, const sdx_message_def *def, void *message, fuzz_weight_fn *weight,
               const void *arg, fuzz_slot *out) {
    walk w = {.dice = dice, .weight = weight, .arg = arg};
    visit(&w, def, message);
    *out = w.chosen;
    return w.total > 0;
}
