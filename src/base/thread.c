/* The mutex: a word that says free, held, or held and waited for (Drepper, "Futexes are tricky",
 * 2011). Taking and giving back a free one is one atomic operation each; only one that is waited
 * for calls the system. */
#include "base/thread.h"

enum { FREE, HELD, WAITED };

void sdx_mutex_lock(sdx_mutex *mutex) {
    unsigned seen = FREE;
    if (atomic_compare_exchange_strong_explicit(&mutex->state, &seen, HELD, memory_order_acquire,
                                                memory_order_relaxed))
        return;
    /* From here on we cannot know who else waits, hence take it as waited for. */
    while (atomic_exchange_explicit(&mutex->state, WAITED, memory_order_acquire) != FREE) {
        sdx_wait_word(&mutex->state, WAITED, UINT64_MAX);
    }
}

void sdx_mutex_unlock(sdx_mutex *mutex) {
    if (atomic_exchange_explicit(&mutex->state, FREE, memory_order_release) == WAITED) {
        sdx_wake_word(&mutex->state, 1);
    }
}
