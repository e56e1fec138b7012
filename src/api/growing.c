/* Structs that grow: see growing.h. */
#include "api/growing.h"

#include <string.h>

static size_t size_of(const void *growing) {
    size_t size;
    memcpy(&size, growing, sizeof size);
    return size;
}

sdx_status sdx_growing_take(const char *place, void *own, size_t size, const void *given) {
    const size_t found = size_of(given);
    if (found < sizeof found)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "%s: found options of %zu bytes, expected at most %zu; call "
                        "sdx_%s_options_init first",
                        place, found, size, place);
    if (found > size)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "%s: found options of %zu bytes, expected at most %zu; call "
                        "sdx_%s_options_init first, and where that was done use the sardonyx.h of "
                        "library %s or a newer library",
                        place, found, size, place, sdx_version());
    memcpy((char *)own + sizeof found, (const char *)given + sizeof found, found - sizeof found);
    return NULL;
}

void sdx_growing_give(void *out, const void *own, size_t size) {
    const size_t room = size_of(out), given = room < size ? room : size;
    if (given > sizeof room)
        memcpy((char *)out + sizeof room, (const char *)own + sizeof room, given - sizeof room);
}
