/* Where memory comes from: an accounted view of an allocator. Every allocation of the engine goes
 * through a heap, so that what is used, what the peak was and what the limit is can always be told,
 * and so that a test can make the Nth allocation fail.
 *
 * Thread-safe: the counters are atomic. Blocks are aligned to SDX_ALIGN and carry no header: the
 * owner knows the size. */
#ifndef SDX_BASE_HEAP_H
#define SDX_BASE_HEAP_H

#include <stdatomic.h>
#include <stddef.h>

#include "base/status.h"

enum { SDX_ALIGN = 64 }; /* of every block: one cache line, one AVX-512 vector */

typedef struct sdx_heap {
    sdx_allocator parent; /* where blocks come from */
    const char *name;     /* whose memory this is, for errors: "model", "context" */
    size_t limit;         /* bytes; SIZE_MAX: none */
    atomic_size_t used;   /* bytes now */
    atomic_size_t peak;   /* the most bytes ever in use */
} sdx_heap;

/* A heap over `parent` (NULL: the process's allocator) that gives at most `limit` bytes (0: no
 * limit). */
void sdx_heap_init(sdx_heap *heap, const sdx_allocator *parent, size_t limit, const char *name);

/* The heap of what belongs to nobody (process-wide tables, tests). Never destroyed. */
sdx_heap *sdx_heap_global(void);

/* A block of `size` bytes, content undefined; size 0 gives NULL. On failure: SDX_LIMIT naming
 * needed and allowed bytes, or SDX_OUT_OF_MEMORY. */
sdx_status sdx_heap_alloc(sdx_heap *heap, size_t size, void **out) SDX_NODISCARD;
/* The same, set to zero, for `n` things of `size` bytes: the product is checked. */
sdx_status sdx_heap_calloc(sdx_heap *heap, size_t n, size_t size, void **out) SDX_NODISCARD;
/* Moves `*ptr` from old_size to new_size bytes, keeping its content; on failure *ptr stays valid as
 * it was. */
sdx_status sdx_heap_realloc(sdx_heap *heap, void **ptr, size_t old_size, size_t new_size)
    SDX_NODISCARD;
/* Gives a block back; NULL is allowed. `size` is the size that was asked for. */
void sdx_heap_free(sdx_heap *heap, void *ptr, size_t size);

/* Typed forms: SDX_TRY(SDX_NEW(heap, &thing)); SDX_TRY(SDX_NEW_ARRAY(heap, n, &things)); both
 * zeroed. */
#define SDX_NEW(heap, out) sdx_heap_calloc((heap), 1, sizeof **(out), (void **)(out))
#define SDX_NEW_ARRAY(heap, n, out) \
    sdx_heap_calloc((heap), (size_t)(n), sizeof **(out), (void **)(out))

#endif
