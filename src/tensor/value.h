/* Values that are counted by reference: what the public sdx_value is, and the store their memory
 * comes from.
 *
 * A store is a heap that lives as long as the values made from it; it keeps a few freed blocks for
 * the next value of like size, so that values that come and go in a loop cost no allocation.
 * Thread-safe. */
#ifndef SDX_TENSOR_VALUE_H
#define SDX_TENSOR_VALUE_H

#include "base/heap.h"
#include "base/thread.h"
#include "tensor/view.h"

typedef struct sdx_store sdx_store;

/* A store over `parent` (NULL: the process's allocator) of at most `limit` bytes (0: none). One
 * owner. */
sdx_status sdx_store_create(const sdx_allocator *parent, size_t limit, const char *name,
                            sdx_store **out) SDX_NODISCARD;
sdx_store *sdx_store_retain(sdx_store *store);
void sdx_store_release(sdx_store *store);
sdx_heap *sdx_store_heap(sdx_store *store);
void sdx_store_trim(sdx_store *store); /* frees the blocks kept for reuse */
/* Bytes of values that are alive, and of blocks kept for reuse. */
void sdx_store_bytes(sdx_store *store, size_t *lent, size_t *kept);

struct sdx_value {
    sdx_refs refs;
    sdx_kind kind;
    sdx_store *store; /* retained; NULL: the global heap */
    size_t block;     /* bytes of the block this struct stands at the head of */

    sdx_view
        view; /* SDX_TENSOR: data lies in the block, in `chars` (strings), or is the caller's */
    void (*free_data)(void *user, void *data);
    void *user;
    void *chars; /* strings: the bytes of all elements, owned */
    size_t chars_size;

    sdx_kind element_kind; /* SDX_SEQUENCE and SDX_OPTIONAL: what they hold; of an empty one too */
    sdx_dtype element;     /* element type of the tensors inside */
    struct sdx_value *
        *items; /* SDX_SEQUENCE: n owned references; SDX_OPTIONAL: 0 or 1; SDX_MAP: keys, values */
    size_t n_items;
    size_t items_size; /* bytes of the block `items` */
};

/* A dense tensor with its elements in the same block, content undefined unless `zero`; strings:
 * empty views. */
sdx_status sdx_value_dense(sdx_store *store, const sdx_view *shape, bool zero, sdx_value **out)
    SDX_NODISCARD;
/* A tensor over elements that the caller keeps, of the stored form; `free_data` (may be NULL) is
 * called when the last owner lets go. */
sdx_status sdx_value_wrap(const sdx_view *view, void (*free_data)(void *user, void *data),
                          void *user, sdx_value **out) SDX_NODISCARD;
/* For a string tensor whose elements are views of foreign bytes: copies those bytes into the value,
 * so that it stands alone. */
sdx_status sdx_value_seal(sdx_value *value) SDX_NODISCARD;
/* A copy of a dense or string tensor. */
sdx_status sdx_value_copy(sdx_store *store, const sdx_view *view, sdx_value **out) SDX_NODISCARD;
/* The list takes a reference of each item. */
sdx_status sdx_value_sequence(sdx_store *store, sdx_kind element_kind, sdx_dtype element,
                              sdx_value *const *items, size_t n, sdx_value **out) SDX_NODISCARD;
sdx_status sdx_value_map(sdx_store *store, sdx_value *keys, sdx_value *values, sdx_value **out)
    SDX_NODISCARD;
/* Whether keys and values make a map: int64[n] or string[n], distinct, and a tensor of n rows.
 * `heap` lends memory for the check. Errors: SDX_INVALID_ARGUMENT. */
sdx_status sdx_value_check_map(const sdx_value *keys, const sdx_value *values, sdx_heap *heap)
    SDX_NODISCARD;
sdx_status sdx_value_optional(sdx_store *store, sdx_kind element_kind, sdx_dtype element,
                              sdx_value *item, sdx_value **out) SDX_NODISCARD;

/* Element type of the tensors at the bottom: of the tensor itself, of the items of a list, of the
 * values of a map. */
sdx_dtype sdx_value_leaf(const sdx_value *value);

/* False: a tensor in the memory of a device, whose view has no data (exec/residence.h). */
static inline bool sdx_value_on_host(const sdx_value *value) {
    return value->kind != SDX_TENSOR || value->view.data != NULL || value->view.len == 0;
}

#endif
