/* Keys of constants that are looked up in every run: a map that is filled once, in an arena. */
#ifndef SDX_OPS_COMMON_LOOKUP_H
#define SDX_OPS_COMMON_LOOKUP_H

#include "base/arena.h"
#include "base/map.h"

/* An empty map with room for n keys; it never grows, and nothing has to be given back. */
sdx_status sdx_lookup_init(sdx_map *map, size_t n, sdx_arena *arena) SDX_NODISCARD;

#endif
