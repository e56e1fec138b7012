/* Blocks of a store, for values (value.h has the store itself). Thread-safe. */
#ifndef SDX_TENSOR_STORE_H
#define SDX_TENSOR_STORE_H

#include "tensor/value.h"

/* A block of at least `size` bytes, its first `size` bytes zero if asked for; *block is its real
 * size, to be passed to give. NULL store: the global heap. size 0 gives NULL. */
sdx_status sdx_store_take(sdx_store *store, size_t size, bool zero, void **out, size_t *block)
    SDX_NODISCARD;
void sdx_store_give(sdx_store *store, void *ptr, size_t block);

#endif
