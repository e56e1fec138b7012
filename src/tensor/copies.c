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
    const uintptr_t begin = (uintptr_t)copy->data;
    if (copies->high == 0 || begin < copies->low) copies->low = begin;
    if (begin + size > copies->high) copies->high = begin + size;
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

/* The block around an address that is not its beginning: few views are parts of others. */
static sdx_copy *find_around(const sdx_copies *copies, uintptr_t address) {
    sdx_copy *copy = copies->first;
    while (copy != NULL && (copy->size < SDX_COPY_BLOCK || address < (uintptr_t)copy->data ||
                            address - (uintptr_t)copy->data >= copy->size)) {
        copy = copy->next;
    }
    return copy;
}

void sdx_copies_mark(sdx_copies *copies, const void *data) {
    const uintptr_t address = (uintptr_t)data;
    if (address < copies->low || address >= copies->high) return;
    sdx_copy *copy = find(copies, data);
    if (copy == NULL) copy = find_around(copies, address);
    if (copy != NULL) copy->live = true;
}

void sdx_copies_sweep(sdx_copies *copies) {
    for (sdx_copy *copy = copies->first; copy != NULL; copy = copy->next) {
        if (copy->size >= SDX_COPY_BLOCK && !copy->live) give_back(copies, copy);
        copy->live = false;
    }
}

const char *sdx_copy_reason_text(sdx_copy_reason reason) {
    static const char *const texts[] = {
        [SDX_COPY_MISALIGNED] = "misaligned", [SDX_COPY_CHECKED] = "checked",
        [SDX_COPY_DECODED] = "decoded",       [SDX_COPY_READ] = "read by the caller",
        [SDX_COPY_SPARSE] = "sparse",         [SDX_COPY_FOLDED] = "folded",
    };
    return texts[reason];
}
