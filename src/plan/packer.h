/* Packs: constants in the order that a kernel reads. They belong to the model, are keyed by
 * constant, format and parameters, made when first needed, published atomically and shared by all
 * contexts. Thread-safe. */
#ifndef SDX_PLAN_PACKER_H
#define SDX_PLAN_PACKER_H

#include "base/arena.h"
#include "base/thread.h"
#include "ops/call.h"

typedef struct sdx_packer {
    sdx_packer_face face; /* first: what prepare hooks see */
    sdx_arena *arena;     /* of the model: where sdx_pack objects live */
    sdx_heap *heap;       /* of the model: where packed bytes live */
    sdx_pack *first;      /* all packs, newest first */
    sdx_mutex mutex;      /* held while a pack is looked for or made */
    atomic_size_t bytes;  /* in packs */
} sdx_packer;

/* Packs will be in the order that `kernels` read. */
void sdx_packer_init(sdx_packer *packer, const sdx_kernel_table *kernels, sdx_arena *arena,
                     sdx_heap *heap);
void sdx_packer_deinit(sdx_packer *packer); /* frees the packed bytes */

/* The pack of `source` as `spec` says: an existing one, or a new one that is still to be made. The
 * view and spec->format are borrowed. */
sdx_status sdx_packer_request(sdx_packer *packer, const sdx_view *source, const sdx_pack_spec *spec,
                              sdx_pack **out) SDX_NODISCARD;
/* The bytes of a pack, made now if they are not there. */
sdx_status sdx_pack_bytes(sdx_pack *pack, const void **out) SDX_NODISCARD;

#endif
