/* The arena: chunks that double from 4 KiB to 256 KiB, taken zeroed, so that handing out is a
 * rounded addition. What is large beside a chunk gets one of its own behind the newest, whose free
 * part stays in use. */
#include "base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"

struct sdx_arena_chunk {
    struct sdx_arena_chunk *next;
    size_t size; /* of the whole block, this head included */
};

enum {
    HEAD_SIZE = SDX_ALIGN, /* of the chunk's head, so that what follows is aligned */
    FIRST_CHUNK = 4096,
    LAST_CHUNK = 256 * 1024,
    WIDE = 256, /* bytes from which on things are aligned to SDX_ALIGN */
};
_Static_assert(sizeof(struct sdx_arena_chunk) <= HEAD_SIZE, "the head fits before the first thing");

void sdx_arena_init(sdx_arena *arena, sdx_heap *heap) { *arena = (sdx_arena){.heap = heap}; }

void sdx_arena_deinit(sdx_arena *arena) {
    struct sdx_arena_chunk *chunk = arena->chunks;
    while (chunk) {
        struct sdx_arena_chunk *const next = chunk->next;
        sdx_heap_free(arena->heap, chunk, chunk->size);
        chunk = next;
    }
    sdx_arena_init(arena, arena->heap);
}

size_t sdx_arena_held(const sdx_arena *arena) {
    size_t held = 0;
    for (const struct sdx_arena_chunk *chunk = arena->chunks; chunk; chunk = chunk->next)
        held += chunk->size;
    return held;
}

static sdx_status take_chunk(sdx_arena *arena, size_t size, struct sdx_arena_chunk **out) {
    void *block;
    SDX_TRY(sdx_heap_calloc(arena->heap, 1, size, &block));
    *out = block;
    (*out)->size = size;
    return NULL;
}

/* A chunk for one large thing. */
static sdx_status alloc_alone(sdx_arena *arena, size_t size, void **out) {
    size_t whole;
    if (!sdx_add_size(size, HEAD_SIZE, &whole)) {
        return sdx_fail(SDX_LIMIT, "%s memory: %zu bytes are more than can be addressed",
                        arena->heap->name, size);
    }
    struct sdx_arena_chunk *chunk;
    SDX_TRY(take_chunk(arena, whole, &chunk));
    if (arena->chunks) {
        chunk->next = arena->chunks->next;
        arena->chunks->next = chunk;
    } else {
        arena->chunks = chunk;
    }
    *out = (char *)chunk + HEAD_SIZE;
    return NULL;
}

static size_t next_chunk_size(const sdx_arena *arena) {
    const size_t last = arena->next ? arena->chunks->size : 0;
    if (last == 0) return FIRST_CHUNK;
    return last < LAST_CHUNK ? last * 2 : LAST_CHUNK;
}

static sdx_status grow(sdx_arena *arena) {
    const size_t size = next_chunk_size(arena);
    struct sdx_arena_chunk *chunk;
    SDX_TRY(take_chunk(arena, size, &chunk));
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->next = (char *)chunk + HEAD_SIZE;
    arena->end = (char *)chunk + size;
    return NULL;
}

/* Takes from the newest chunk if it has the room. */
static bool take(sdx_arena *arena, size_t size, void **out) {
    if (!arena->next) return false;
    const size_t align = size >= WIDE ? SDX_ALIGN : 16;
    const size_t gap = (align - (uintptr_t)arena->next % align) % align;
    const size_t room = (size_t)(arena->end - arena->next);
    if (gap > room || size > room - gap) return false;
    *out = arena->next + gap;
    arena->next += gap + size;
    return true;
}

sdx_status sdx_arena_alloc(sdx_arena *arena, size_t n, size_t size, void **out) {
    size_t total;
    if (!sdx_mul_size(n, size, &total)) {
        return sdx_fail(SDX_LIMIT,
                        "%s memory: %zu things of %zu bytes are more than can be addressed",
                        arena->heap->name, n, size);
    }
    if (total == 0) total = 1; /* nothing has an address as well: it may be passed to memcpy */
    if (!take(arena, total, out)) {
        if (total > next_chunk_size(arena) / 4) {
            SDX_TRY(alloc_alone(arena, total, out));
        } else {
            SDX_TRY(grow(arena));
            const bool fits = take(arena, total, out);
            assert(fits);
            (void)fits;
        }
    }
    arena->used += total;
    return NULL;
}

sdx_status sdx_arena_copy(sdx_arena *arena, const void *bytes, size_t size, void **out) {
    void *copy;
    SDX_TRY(sdx_arena_alloc(arena, size, 1, &copy));
    if (size > 0) memcpy(copy, bytes, size);
    *out = copy;
    return NULL;
}

sdx_status sdx_arena_str(sdx_arena *arena, sdx_str text, sdx_str *out) {
    size_t size;
    if (!sdx_add_size(text.len, 1, &size)) {
        return sdx_fail(SDX_LIMIT, "%s memory: a text of %zu bytes is more than can be addressed",
                        arena->heap->name, text.len);
    }
    void *copy;
    SDX_TRY(sdx_arena_alloc(arena, size, 1, &copy));
    if (text.len > 0) memcpy(copy, text.ptr, text.len);
    *out = (sdx_str){copy, text.len};
    return NULL;
}

sdx_status sdx_arena_printf(sdx_arena *arena, sdx_str *out, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const int counted = vsnprintf(NULL, 0, format, args);
    va_end(args);
    const size_t len = counted < 0 ? 0 : (size_t)counted;
    void *text;
    SDX_TRY(sdx_arena_alloc(arena, len + 1, 1, &text));
    va_start(args, format);
    if (len > 0) (void)vsnprintf(text, len + 1, format, args);
    va_end(args);
    *out = (sdx_str){text, len};
    return NULL;
}
