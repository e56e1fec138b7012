/* Each block has a head in front that remembers how it was taken. */
#include "fail_alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/port.h"

typedef struct head {
    const fail_alloc *owner;
    size_t size;
    size_t alignment;
} head;

static head *head_of(void *block) { return (head *)(void *)((char *)block - sizeof(head)); }

static bool must_fail(fail_alloc *memory) {
    const size_t request = atomic_fetch_add(&memory->requests, 1) + 1;
    if (memory->nth == 0) return false;
    return request == memory->nth || (memory->and_after && request > memory->nth);
}

static void *allocate(void *self, size_t size, size_t alignment) {
    fail_alloc *const memory = self;
    size_t align = alignment;
    while (align < sizeof(head))
        align *= 2;
    char *base = NULL;
    if (!must_fail(memory) && size < SIZE_MAX - 2 * align)
        base = sdx_os_block_allocate(align + (size + align - 1) / align * align, align);
    if (!base) {
        atomic_fetch_add(&memory->failed, 1);
        return NULL;
    }
    char *const block = base + align;
    *head_of(block) = (head){memory, size, align};
    memset(block, 0xa5, size); /* nobody may rely on zeros */
    atomic_fetch_add(&memory->blocks, 1);
    atomic_fetch_add(&memory->bytes, size);
    return block;
}

static void deallocate(void *self, void *ptr, size_t size) {
    fail_alloc *const memory = self;
    const head was = *head_of(ptr);
    if (was.owner != memory || was.size != size) {
        atomic_fetch_add(&memory->wrong, 1);
        return;
    }
    head_of(ptr)->owner = NULL;
    atomic_fetch_sub(&memory->blocks, 1);
    atomic_fetch_sub(&memory->bytes, size);
    sdx_os_block_free((char *)ptr - was.alignment);
}

void fail_alloc_init(fail_alloc *memory, size_t nth, bool and_after) {
    *memory = (fail_alloc){
        .allocator = {allocate, deallocate, memory}, .nth = nth, .and_after = and_after};
}

bool fail_alloc_clean(const fail_alloc *memory) {
    return atomic_load(&memory->blocks) == 0 && atomic_load(&memory->bytes) == 0 &&
           atomic_load(&memory->wrong) == 0;
}
