/* value_set.h: open addressing. */
#include "cli/value_set.h"

#include "cli/memory.h"

/* The slot that has the value, or the free one where it belongs. */
static size_t place(const struct value_set *set, const sdx_gvalue *value) {
    const uint64_t mixed = (uint64_t)(uintptr_t)value * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (size_t)(mixed >> 32) & (set->cap - 1);
    while (set->slots[at] != NULL && set->slots[at] != value) {
        at = (at + 1) & (set->cap - 1);
    }
    return at;
}

static void grow(struct value_set *set) {
    const struct value_set old = *set;
    set->cap = old.cap > 0 ? 2 * old.cap : 64;
    set->slots = mem_new(set->cap, sizeof(const sdx_gvalue *));
    for (size_t i = 0; i < old.cap; i++) {
        if (old.slots[i] != NULL) {
            set->slots[place(set, old.slots[i])] = old.slots[i];
        }
    }
    mem_free((void *)old.slots);
}

void value_set_add(struct value_set *set, const sdx_gvalue *value) {
    if (value == NULL) {
        return;
    }
    if (2 * (set->n + 1) > set->cap) {
        grow(set);
    }
    const size_t at = place(set, value);
    set->n += set->slots[at] == NULL;
    set->slots[at] = value;
}

bool value_set_has(const struct value_set *set, const sdx_gvalue *value) {
    return set->cap > 0 && set->slots[place(set, value)] == value;
}

void value_set_free(struct value_set *set) {
    mem_free((void *)set->slots);
    *set = (struct value_set){0};
}
