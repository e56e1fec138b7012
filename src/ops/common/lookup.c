/* See lookup.h. */
#include "ops/common/lookup.h"

#include "base/checked.h"

/* A map grows where three quarters of it are in use: the room is made so that it need not. */
sdx_status sdx_lookup_init(sdx_map *map, size_t n, sdx_arena *arena) {
    size_t capacity = 4;
    while (capacity / 4 * 3 <= n) {
        if (!sdx_mul_size(capacity, 2, &capacity))
            return sdx_fail(SDX_LIMIT, "found %zu keys, more than can be addressed", n);
    }
    sdx_map_init(map, arena->heap);
    SDX_TRY(SDX_ARENA_NEW(arena, capacity, &map->entries));
    map->capacity = capacity;
    return NULL;
}
