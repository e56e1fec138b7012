/* The few primitives of synchronisation that the engine uses; everything else builds on these, in
 * base/ and exec/ only. */
#ifndef SDX_BASE_THREAD_H
#define SDX_BASE_THREAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

typedef struct sdx_mutex {
    atomic_uint state; /* 0 free, 1 held, 2 held and waited for */
} sdx_mutex;           /* zero-initialised is ready; no deinit */

void sdx_mutex_lock(sdx_mutex *mutex);
void sdx_mutex_unlock(sdx_mutex *mutex);

/* Blocks while *word == expected, until woken, or the deadline (sdx_clock_ns; UINT64_MAX: none)
 * passes; may wake without reason. */
void sdx_wait_word(const atomic_uint *word, unsigned expected, uint64_t deadline);
/* wakes at most n waiters; UINT_MAX: all */
void sdx_wake_word(const atomic_uint *word, unsigned n);

/* A count of owners. init gives 1; release returns true to the last owner, who then frees. */
typedef struct sdx_refs {
    atomic_uint n;
} sdx_refs;

static inline void sdx_refs_init(sdx_refs *refs) { atomic_init(&refs->n, 1u); }
static inline void sdx_refs_retain(sdx_refs *refs) {
    atomic_fetch_add_explicit(&refs->n, 1u, memory_order_relaxed);
}
static inline bool sdx_refs_release(sdx_refs *refs) {
    return atomic_fetch_sub_explicit(&refs->n, 1u, memory_order_acq_rel) == 1;
}
static inline bool sdx_refs_unique(const sdx_refs *refs) {
    return atomic_load_explicit(&refs->n, memory_order_acquire) == 1;
}

#endif
