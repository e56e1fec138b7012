/* See copies.h. Entries are never removed: a block that went back has size 0, and a later one at
 * the same address takes its place in the map. */
#include "tensor/copies.h"

/* The key of a block: the bytes of its address, which stay as they are in its entry. */
static sdx_str key_of(const void *const *data) {
    return (sdx_str){(const char *)data, sizeof *data};
}

static sdx_copy *find(const sdx_copies *copies, const void *data) {
    sdx_copy *const copy = sdx_map_get(&copies->blocks, key_of(&data));
    return copy != NULL && copy->size != 0 ? copy : NULL;
}

static void give_back(sdx_copies *copies, sdx_copy *copy) {
    copies->bytes -= copy->size;
    sdx_heap_free(copies->arena->heap, copy->data, copy->size);
    copy->size = 0;
}

void sdx_copies_init(sdx_copies *copies, sdx_arena *arena) {
    *copies = (sdx_copies){.arena = arena};
    sdx_map_init(&copies->blocks, arena->heap);
}

void sdx_copies_deinit(sdx_copies *copies) {
    for (sdx_copy *copy = copies->first; copy != NULL; copy = copy->next) {
        if (copy->size >= SDX_COPY_BLOCK) give_back(copies, copy);
    }
    sdx_map_deinit(&copies->blocks);
    sdx_copies_init(copies, copies->arena);
}

static sdx_status take_block(sdx_copies *copies, sdx_copy *copy, size_t size) {
    SDX_TRY(sdx_heap_calloc(copies->arena->heap, 1, size, &copy->data));
    const sdx_status status =
        sdx_map_put(&copies->blocks, key_of((const void *const *)&copy->data), copy);
    if (status != NULL) {
        sdx_heap_free(copies->arena->heap, copy->data, size);
        return status;
    }
    return NULL;
}

sdx_status sdx_copies_take(sdx_copies *copies, size_t size, sdx_copy_reason reason, sdx_str name,
                           void **out) {
    sdx_copy *copy;
    SDX_TRY(SDX_ARENA_NEW(copies->arena, 1, &copy));
    if (name.len != 0) SDX_TRY(sdx_arena_str(copies->arena, name, &copy->name));
    if (size >= SDX_COPY_BLOCK) {
        SDX_TRY(take_block(copies, copy, size));
    } else {
        SDX_TRY(sdx_arena_alloc(copies->arena, size, 1, &copy->data));
        copies->in_arena += size;
    }
    copy->size = size;
    copy->reason = reason;
    copy->next = copies->first;
    copies->first = copy;
    copies->bytes += size;
    *out = copy->data;
    return NULL;
}

void sdx_copies_drop(sdx_copies *copies, const void *data) {
    sdx_copy *const copy = find(copies, data);
    if (copy != NULL) give_back(copies, copy);
}

static bool lies_before(const sdx_copy *a, const sdx_copy *b) {
    return (uintptr_t)a->data < (uintptr_t)b->data;
}

/* Lets blocks[at] sink in the heap of the first n blocks, whose root has the highest address. */
static void sink(sdx_copy **blocks, size_t at, size_t n) {
    sdx_copy *const block = blocks[at];
    for (size_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && lies_before(blocks[child], blocks[child + 1])) child++;
        if (!lies_before(block, blocks[child])) break;
        blocks[at] = blocks[child];
        at = child;
    }
    blocks[at] = block;
}

static void sort_by_address(sdx_copy **blocks, size_t n) {
    for (size_t i = n / 2; i-- > 0;)
        sink(blocks, i, n);
    for (size_t last = n; last-- > 1;) {
        sdx_copy *const highest = blocks[0];
        blocks[0] = blocks[last];
        blocks[last] = highest;
        sink(blocks, 0, last);
    }
}

sdx_status sdx_copies_sweep_begin(sdx_copies_sweep *sweep, sdx_copies *copies) {
    *sweep = (sdx_copies_sweep){.copies = copies, .cap = copies->blocks.len};
    SDX_TRY(SDX_NEW_ARRAY(copies->arena->heap, sweep->cap, &sweep->blocks));
    for (sdx_copy *copy = copies->first; copy != NULL; copy = copy->next) {
        copy->in_use = false;
        if (copy->size >= SDX_COPY_BLOCK) sweep->blocks[sweep->n++] = copy;
    }
    sort_by_address(sweep->blocks, sweep->n);
    return NULL;
}

void sdx_copies_sweep_keep(sdx_copies_sweep *sweep, const void *data) {
    const uintptr_t address = (uintptr_t)data;
    size_t low = 0, high = sweep->n; /* blocks below low begin at or before the address */
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if ((uintptr_t)sweep->blocks[middle]->data <= address)
            low = middle + 1;
        else
            high = middle;
    }
    sdx_copy *const block = low > 0 ? sweep->blocks[low - 1] : NULL;
    if (block != NULL && address - (uintptr_t)block->data < block->size) block->in_use = true;
}

void sdx_copies_sweep_end(sdx_copies_sweep *sweep) {
    for (size_t i = 0; i < sweep->n; i++) {
        if (!sweep->blocks[i]->in_use) give_back(sweep->copies, sweep->blocks[i]);
    }
    sdx_heap_free(sweep->copies->arena->heap, (void *)sweep->blocks,
                  sweep->cap * sizeof *sweep->blocks);
}

const char *sdx_copy_reason_text(sdx_copy_reason reason) {
    static const char *const texts[] = {
        [SDX_COPY_MISALIGNED] = "misaligned", [SDX_COPY_CHECKED] = "checked",
        [SDX_COPY_DECODED] = "decoded",       [SDX_COPY_READ] = "read by the caller",
        [SDX_COPY_SPARSE] = "sparse",         [SDX_COPY_FOLDED] = "folded",
    };
    return texts[reason];
}
