/* Where a message can be changed: each field that is there, of it and of all messages inside, found
 * by the field tables of wire/. The structs are those that the decoder made: in an arena, so ours
 * to change, const or not. */
#ifndef SDX_FUZZ_SLOT_H
#define SDX_FUZZ_SLOT_H

#include "wire/fields.h"

typedef struct fuzz_slot {
    char *message; /* the struct */
    const sdx_message_def *def;
    const sdx_field_def *field;
} fuzz_slot;

/* Chance, drawn from one seed. */
typedef struct fuzz_dice {
    uint64_t state;
} fuzz_dice;

uint32_t fuzz_roll(fuzz_dice *dice, uint32_t sides); /* 0 .. sides - 1; 0 for no sides */

/* How likely a field is to be chosen, against the others; 0: never. */
typedef uint32_t fuzz_weight_fn(const void *arg, const fuzz_slot *slot);

/* One field of a message; false where there is none of any weight. */
bool fuzz_pick(fuzz_dice *dice, const sdx_message_def *def, void *message, fuzz_weight_fn *weight,
               const void *arg, fuzz_slot *out);

/* The member of the struct, its number of elements and the size of one. */
void *fuzz_member(const fuzz_slot *slot);
size_t *fuzz_count(const fuzz_slot *slot);
size_t fuzz_element_size(const sdx_field_def *field);

#endif
