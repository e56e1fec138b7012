/* A hash map from text to pointer: open addressing, keys borrowed (they must outlive the map). One
 * writer, or many readers. The order of the entries differs from run to run: nothing that can be
 * seen may follow it. */
#ifndef SDX_BASE_MAP_H
#define SDX_BASE_MAP_H

#include "base/heap.h"
#include "base/str.h"

typedef struct sdx_map_entry {
    sdx_str key;
    void *value; /* NULL: the entry is free */
} sdx_map_entry;

typedef struct sdx_map {
    sdx_heap *heap;
    sdx_map_entry *entries; /* owned; capacity is a power of two, at most 3/4 full */
    size_t capacity;
    size_t len;
} sdx_map;

void sdx_map_init(sdx_map *map, sdx_heap *heap);
void sdx_map_deinit(sdx_map *map);
static inline size_t sdx_map_held(const sdx_map *map) { /* bytes of the heap */
    return map->capacity * sizeof *map->entries;
}
/* NULL: not there */
void *sdx_map_get(const sdx_map *map, sdx_str key);
/* adds or replaces; value is not NULL */
sdx_status sdx_map_put(sdx_map *map, sdx_str key, void *value) SDX_NODISCARD;

#endif
