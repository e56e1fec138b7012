/* Accounted memory. The process's allocator takes small blocks from the C library and large ones
 * straight from the system, so that freeing a slab really gives its pages back. */
#include "base/heap.h"

#include <stdint.h>
#include <string.h>

#include "base/checked.h"
#include "base/port.h"

/* Blocks from here on are mapped: two huge pages can hold one, and a map call costs less than
 * touching it. */
static const size_t mapped_size = (size_t)2 << 20;

static void *system_allocate(void *self, size_t size, size_t alignment) {
    (void)self;
    if (size >= mapped_size) return sdx_os_pages_map(size, alignment);
    if (alignment < sizeof(void *)) alignment = sizeof(void *);
    size_t whole;
    if (!sdx_round_up(size, alignment, &whole)) return NULL;
    return sdx_os_block_allocate(whole, alignment);
}

static void system_deallocate(void *self, void *ptr, size_t size) {
    (void)self;
    if (size >= mapped_size) {
        sdx_os_pages_unmap(ptr, size);
    } else {
        sdx_os_block_free(ptr);
    }
}

static const sdx_allocator system_allocator = {system_allocate, system_deallocate, NULL};

void sdx_heap_init(sdx_heap *heap, const sdx_allocator *parent, size_t limit, const char *name) {
    heap->parent = parent ? *parent : system_allocator;
    heap->name = name ? name : "heap";
    heap->limit = limit == 0 ? SIZE_MAX : limit;
    atomic_init(&heap->used, 0);
    atomic_init(&heap->peak, 0);
}

sdx_heap *sdx_heap_global(void) {
    static sdx_heap global = {
        .parent = {system_allocate, system_deallocate, NULL}, .name = "process", .limit = SIZE_MAX};
    return &global;
}

/* Counts `size` bytes as used if the limit allows it. A compare-and-swap, not an addition that is
 * taken back: a request that is too large must not make a fitting one of another thread fail in
 * passing. The counters order nothing, hence relaxed. */
static bool charge(sdx_heap *heap, size_t size) {
    size_t used = atomic_load_explicit(&heap->used, memory_order_relaxed);
    do {
        if (size > heap->limit - used) return false;
    } while (!atomic_compare_exchange_weak_explicit(&heap->used, &used, used + size,
                                                    memory_order_relaxed, memory_order_relaxed));
    size_t peak = atomic_load_explicit(&heap->peak, memory_order_relaxed);
    while (used + size > peak &&
           !atomic_compare_exchange_weak_explicit(&heap->peak, &peak, used + size,
                                                  memory_order_relaxed, memory_order_relaxed)) {
    }
    return true;
}

static void discharge(sdx_heap *heap, size_t size) {
    atomic_fetch_sub_explicit(&heap->used, size, memory_order_relaxed);
}

SDX_COLD static sdx_status over_limit(const sdx_heap *heap, size_t size) {
    return sdx_fail(SDX_LIMIT,
                    "%s memory: %zu more bytes wanted with %zu in use, allowed %zu; raise "
                    "memory_limit or use smaller inputs",
                    heap->name, size, atomic_load_explicit(&heap->used, memory_order_relaxed),
                    heap->limit);
}

sdx_status sdx_heap_alloc(sdx_heap *heap, size_t size, void **out) {
    if (size == 0) {
        *out = NULL;
        return NULL;
    }
    if (!charge(heap, size)) return over_limit(heap, size);
    void *const ptr = heap->parent.allocate(heap->parent.self, size, SDX_ALIGN);
    if (SDX_UNLIKELY(!ptr)) {
        discharge(heap, size);
        return sdx_fail(SDX_OUT_OF_MEMORY,
                        "%s memory: the allocator has no %zu bytes, %zu are in use; free memory or "
                        "use a smaller model",
                        heap->name, size, atomic_load_explicit(&heap->used, memory_order_relaxed));
    }
    if (SDX_UNLIKELY((uintptr_t)ptr % SDX_ALIGN != 0)) {
        heap->parent.deallocate(heap->parent.self, ptr, size);
        discharge(heap, size);
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "%s memory: the allocator gave a block aligned to less than %d bytes, "
                        "which it was asked for; "
                        "make its `allocate` heed `alignment`",
                        heap->name, SDX_ALIGN);
    }
    *out = ptr;
    return NULL;
}

sdx_status sdx_heap_calloc(sdx_heap *heap, size_t n, size_t size, void **out) {
    size_t total;
    if (!sdx_mul_size(n, size, &total)) {
        return sdx_fail(SDX_LIMIT,
                        "%s memory: %zu things of %zu bytes are more than can be addressed",
                        heap->name, n, size);
    }
    void *ptr;
    SDX_TRY(sdx_heap_alloc(heap, total, &ptr));
    const bool zeroed = total >= mapped_size && heap->parent.allocate == system_allocate;
    if (ptr && !zeroed) memset(ptr, 0, total);
    *out = ptr;
    return NULL;
}

sdx_status sdx_heap_realloc(sdx_heap *heap, void **ptr, size_t old_size, size_t new_size) {
    if (old_size == new_size) return NULL;
    void *moved;
    SDX_TRY(sdx_heap_alloc(heap, new_size, &moved));
    const size_t kept = old_size < new_size ? old_size : new_size;
    if (kept > 0) memcpy(moved, *ptr, kept);
    sdx_heap_free(heap, *ptr, old_size);
    *ptr = moved;
    return NULL;
}

void sdx_heap_free(sdx_heap *heap, void *ptr, size_t size) {
    if (!ptr) return;
    heap->parent.deallocate(heap->parent.self, ptr, size);
    discharge(heap, size);
}
