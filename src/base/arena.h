/* An arena: many small things that die together. Blocks are taken from a heap in growing chunks and
 * given back all at once. One thread at a time. Everything it returns is zeroed and aligned to 16
 * bytes (64 from 256 bytes on). */
#ifndef SDX_BASE_ARENA_H
#define SDX_BASE_ARENA_H

#include "base/heap.h"
#include "base/str.h"

typedef struct sdx_arena {
    sdx_heap *heap;
    struct sdx_arena_chunk *chunks; /* newest first; owned */
    char *next;                     /* the free part of the newest chunk: [next, end) */
    char *end;
    size_t used; /* bytes handed out */
} sdx_arena;

void sdx_arena_init(sdx_arena *arena, sdx_heap *heap);
void sdx_arena_deinit(sdx_arena *arena);       /* frees all; the arena may be initialised again */
size_t sdx_arena_held(const sdx_arena *arena); /* bytes of all chunks, in use or not */
/* n * size is checked; of 0 bytes it gives an address as well */
sdx_status sdx_arena_alloc(sdx_arena *arena, size_t n, size_t size, void **out) SDX_NODISCARD;
sdx_status sdx_arena_copy(sdx_arena *arena, const void *bytes, size_t size, void **out)
    SDX_NODISCARD;
/* a copy; NUL-terminated as well */
sdx_status sdx_arena_str(sdx_arena *arena, sdx_str text, sdx_str *out) SDX_NODISCARD;
sdx_status sdx_arena_printf(sdx_arena *arena, sdx_str *out, const char *format, ...)
    SDX_NODISCARD SDX_PRINTF(3, 4);

/* SDX_TRY(SDX_ARENA_NEW(arena, n, &things)); */
#define SDX_ARENA_NEW(arena, n, out) \
    sdx_arena_alloc((arena), (size_t)(n), sizeof **(out), (void **)(out))

#endif
