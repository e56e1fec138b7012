/* The store: a heap with a shelf of freed blocks. Blocks are rounded up to size classes, eight to a
 * power of two, so that a block fits every later value of its class; at most an eighth is wasted.
 * The shelf holds at most as much as was lent out at once, so that a store never holds more than
 * twice what its values needed. When it is full it is emptied as a whole: what lay there was not
 * asked for lately. */
#include "tensor/store.h"

#include <string.h>

#include "base/checked.h"

enum {
    MIN_LOG2 = 6,   /* the least block: one cache line */
    STEPS_LOG2 = 3, /* classes to a power of two */
    MAX_LOG2 = 47,  /* no machine's address space is larger */
    N_CLASSES = (MAX_LOG2 - MIN_LOG2) << STEPS_LOG2
};

static const size_t max_kept = (size_t)64 << 20;

/* A block on the shelf. */
typedef struct kept_block {
    struct kept_block *next;
    size_t size;
} kept_block;

struct sdx_store {
    sdx_refs refs;
    sdx_heap heap;
    sdx_mutex mutex; /* guards the rest */
    size_t kept;     /* bytes on the shelf */
    size_t keep;     /* bytes that the shelf takes at most */
    size_t lent;     /* bytes of blocks that are out */
    size_t most;     /* the most that ever were */
    kept_block *shelf[N_CLASSES];
};

/* The class whose blocks hold `size` bytes, and the size of its blocks. Beyond the last class a
 * block has its exact size and *index is N_CLASSES. */
static size_t class_of(size_t size, size_t *index) {
    *index = N_CLASSES;
    if (size <= (size_t)1 << MIN_LOG2) {
        *index = 0;
        return (size_t)1 << MIN_LOG2;
    }
    unsigned log2 = MIN_LOG2;
    while (log2 < MAX_LOG2 && (size - 1) >> (log2 + 1) != 0)
        log2++;
    if (log2 >= MAX_LOG2) return size;
    /* size - 1 lies in [2^log2, 2^(log2+1)): its next three bits are the step */
    const unsigned shift = log2 - STEPS_LOG2;
    const size_t step = ((size - 1) >> shift) - ((size_t)1 << STEPS_LOG2) + 1;
    *index = ((size_t)(log2 - MIN_LOG2) << STEPS_LOG2) + step;
    if (*index >= N_CLASSES) *index = N_CLASSES;
    return ((size_t)1 << log2) + (step << shift);
}

sdx_status sdx_store_create(const sdx_allocator *parent, size_t limit, const char *name,
                            sdx_store **out) {
    /* The store's own bytes are the parent's affair: they do not count against the limit. */
    sdx_heap heap;
    sdx_heap_init(&heap, parent, 0, name);
    sdx_store *store;
    SDX_TRY(SDX_NEW(&heap, &store));
    sdx_refs_init(&store->refs);
    sdx_heap_init(&store->heap, parent, limit, name);
    store->keep = limit != 0 && limit / 4 < max_kept ? limit / 4 : max_kept;
    *out = store;
    return NULL;
}

sdx_store *sdx_store_retain(sdx_store *store) {
    if (store) sdx_refs_retain(&store->refs);
    return store;
}

void sdx_store_release(sdx_store *store) {
    if (!store || !sdx_refs_release(&store->refs)) return;
    sdx_store_trim(store);
    const sdx_allocator parent = store->heap.parent;
    parent.deallocate(parent.self, store, sizeof *store);
}

sdx_heap *sdx_store_heap(sdx_store *store) { return store ? &store->heap : sdx_heap_global(); }

/* Takes everything off the shelf; the caller holds the lock. */
static kept_block *clear_shelf(sdx_store *store) {
    kept_block *all = NULL;
    for (size_t i = 0; i < N_CLASSES && store->kept > 0; i++) {
        while (store->shelf[i]) {
            kept_block *const block = store->shelf[i];
            store->shelf[i] = block->next;
            store->kept -= block->size;
            block->next = all;
            all = block;
        }
    }
    return all;
}

static void free_blocks(sdx_store *store, kept_block *block) {
    while (block) {
        kept_block *const next = block->next;
        sdx_heap_free(&store->heap, block, block->size);
        block = next;
    }
}

static bool trim(sdx_store *store) {
    sdx_mutex_lock(&store->mutex);
    kept_block *const all = clear_shelf(store);
    sdx_mutex_unlock(&store->mutex);
    free_blocks(store, all);
    return all != NULL;
}

void sdx_store_trim(sdx_store *store) {
    if (store) (void)trim(store);
}

void sdx_store_bytes(sdx_store *store, size_t *lent, size_t *kept) {
    sdx_mutex_lock(&store->mutex);
    *lent = store->lent;
    *kept = store->kept;
    sdx_mutex_unlock(&store->mutex);
}

static void *take_kept(sdx_store *store, size_t index, size_t size) {
    kept_block *block = NULL;
    sdx_mutex_lock(&store->mutex);
    if (index < N_CLASSES) block = store->shelf[index];
    if (block) {
        store->shelf[index] = block->next;
        store->kept -= block->size;
    }
    store->lent += size;
    if (store->lent > store->most) store->most = store->lent;
    sdx_mutex_unlock(&store->mutex);
    return block;
}

/* What was counted as lent could not be had. */
static sdx_status unlend(sdx_store *store, size_t size, sdx_status status) {
    if (!store) return status;
    sdx_mutex_lock(&store->mutex);
    store->lent -= size;
    sdx_mutex_unlock(&store->mutex);
    return status;
}

static sdx_status allocate(sdx_heap *heap, size_t size, bool zero, void **out) {
    return zero ? sdx_heap_calloc(heap, 1, size, out) : sdx_heap_alloc(heap, size, out);
}

sdx_status sdx_store_take(sdx_store *store, size_t size, bool zero, void **out, size_t *block) {
    size_t index = N_CLASSES;
    const size_t whole = store && size > 0 ? class_of(size, &index) : size;
    void *ptr = store ? take_kept(store, index, whole) : NULL;
    if (ptr) {
        if (zero) memset(ptr, 0, size);
    } else {
        sdx_status status = allocate(sdx_store_heap(store), whole, zero, &ptr);
        if (status && store && trim(store)) { /* what lay on the shelf may be what was missing */
            sdx_status_free(status);
            status = allocate(&store->heap, whole, zero, &ptr);
        }
        if (status) return unlend(store, whole, status);
    }
    *out = ptr;
    *block = whole;
    return NULL;
}

void sdx_store_give(sdx_store *store, void *ptr, size_t block) {
    if (!ptr) return;
    if (!store) {
        sdx_heap_free(sdx_heap_global(), ptr, block);
        return;
    }
    size_t index;
    (void)class_of(block, &index);
    kept_block *const kept = ptr;
    kept_block *old = NULL;
    sdx_mutex_lock(&store->mutex);
    store->lent -= block;
    const size_t room = store->keep < store->most ? store->keep : store->most;
    const bool keeps = index < N_CLASSES && block <= room;
    if (keeps) {
        if (store->kept > room || block > room - store->kept) old = clear_shelf(store);
        kept->size = block;
        kept->next = store->shelf[index];
        store->shelf[index] = kept;
        store->kept += block;
    }
    sdx_mutex_unlock(&store->mutex);
    free_blocks(store, old);
    if (!keeps) sdx_heap_free(&store->heap, ptr, block);
}
