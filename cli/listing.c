/* The part of os.h that no system differs in: what a folder holds, in order. */
#include <stdlib.h>
#include <string.h>

#include "cli/memory.h"
#include "cli/os.h"

void os_listing_add(struct os_listing *listing, const char *name, enum os_kind kind) {
    const size_t n = listing->n;
    if ((n & (n - 1)) == 0) { /* full: there is room for a power of two */
        listing->entries = mem_grow(listing->entries, n > 0 ? 2 * n : 1, sizeof *listing->entries);
    }
    listing->entries[listing->n++] = (struct os_entry){mem_text(name), kind};
}

/* Compares runs of digits as numbers, the rest as bytes. */
static int natural_order(const char *a, const char *b) {
    while (*a != 0 && *b != 0) {
        const size_t digits_a = strspn(a, "0123456789");
        const size_t digits_b = strspn(b, "0123456789");
        if (digits_a > 0 && digits_b > 0) {
            const size_t zeros_a = strspn(a, "0") < digits_a ? strspn(a, "0") : digits_a - 1;
            const size_t zeros_b = strspn(b, "0") < digits_b ? strspn(b, "0") : digits_b - 1;
            const size_t len = digits_a - zeros_a;
            if (len != digits_b - zeros_b) {
                return len < digits_b - zeros_b ? -1 : 1;
            }
            const int order = memcmp(a + zeros_a, b + zeros_b, len);
            if (order != 0) {
                return order;
            }
            a += digits_a;
            b += digits_b;
        } else if (*a != *b) {
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        } else {
            a++;
            b++;
        }
    }
    return (*a != 0) - (*b != 0);
}

static int entry_order(const void *a, const void *b) {
    const struct os_entry *const one = a;
    const struct os_entry *const other = b;
    const int order = natural_order(one->name, other->name);
    return order != 0 ? order : strcmp(one->name, other->name);
}

void os_listing_sort(struct os_listing *listing) {
    if (listing->n > 0) {
        qsort(listing->entries, listing->n, sizeof *listing->entries, entry_order);
    }
}

void os_listing_free(struct os_listing *listing) {
    for (size_t i = 0; i < listing->n; i++) {
        mem_free(listing->entries[i].name);
    }
    mem_free(listing->entries);
    *listing = (struct os_listing){0};
}
