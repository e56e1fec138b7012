/* The hash map: linear probing in a power of two of entries. The address of the entries keys the
 * hash: it changes when the map grows, which places all entries anew anyway, and the author of a
 * file cannot know it. */
#include "base/map.h"

#include "base/checked.h"
#include "base/siphash.h"

enum { FIRST_CAPACITY = 16 };

void sdx_map_init(sdx_map *map, sdx_heap *heap) { *map = (sdx_map){.heap = heap}; }

void sdx_map_deinit(sdx_map *map) {
    sdx_heap_free(map->heap, map->entries, map->capacity * sizeof *map->entries);
    sdx_map_init(map, map->heap);
}

/* The entry of `key`, or the free one where it belongs. There is always a free one. */
static sdx_map_entry *find(sdx_map_entry *entries, size_t capacity, sdx_str key) {
    size_t i = (size_t)sdx_siphash(key.ptr, key.len, (uintptr_t)entries) & (capacity - 1);
    while (entries[i].value && !sdx_str_eq(entries[i].key, key))
        i = (i + 1) & (capacity - 1);
    return &entries[i];
}

void *sdx_map_get(const sdx_map *map, sdx_str key) {
    if (map->len == 0) return NULL;
    return find(map->entries, map->capacity, key)->value;
}

static sdx_status grow(sdx_map *map) {
    size_t capacity = FIRST_CAPACITY;
    if (map->capacity > 0 && !sdx_mul_size(map->capacity, 2, &capacity)) {
        return sdx_fail(SDX_LIMIT, "map: %zu entries are as many as can be addressed", map->len);
    }
    sdx_map_entry *entries;
    SDX_TRY(SDX_NEW_ARRAY(map->heap, capacity, &entries));
    for (size_t i = 0; i < map->capacity; i++) {
        const sdx_map_entry *const old = &map->entries[i];
        if (old->value) *find(entries, capacity, old->key) = *old;
    }
    sdx_heap_free(map->heap, map->entries, map->capacity * sizeof *map->entries);
    map->entries = entries;
    map->capacity = capacity;
    return NULL;
}

sdx_status sdx_map_put(sdx_map *map, sdx_str key, void *value) {
    if (map->len >= map->capacity - map->capacity / 4) SDX_TRY(grow(map));
    sdx_map_entry *const entry = find(map->entries, map->capacity, key);
    if (!entry->value) {
        entry->key = key;
        map->len++;
    }
    entry->value = value;
    return NULL;
}
