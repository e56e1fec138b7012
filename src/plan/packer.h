/* Packs: constants in the order that a kernel reads. They belong to the model, are keyed by
 * constant, format and parameters, made when first needed, published atomically and shared by all
 * contexts. Once a constant was packed its owner is told, so that the elements it came from need
 * not stay in memory as well. Thread-safe, but for what prepare alone calls. */
#ifndef SDX_PLAN_PACKER_H
#define SDX_PLAN_PACKER_H

#include "base/arena.h"
#include "base/map.h"
#include "base/thread.h"
#include "ops/call.h"

/* A constant that steps read or have packs of. */
typedef struct sdx_source {
    const sdx_view *view;
    const sdx_view *aligned; /* a copy for run hooks, which cannot read the view; NULL: none */
    sdx_str name;            /* of a value that it is the elements of; borrowed */
    sdx_pack *packs;
    size_t n_packs, n_made;
    bool read; /* run hooks read the elements of the view itself */
} sdx_source;

/* Told each time a pack was made of `view`: its pages may go. `last`: no pack is still to be made
 * and nobody reads it, so that the elements themselves may go. */
typedef void sdx_packed_fn(void *owner, const sdx_view *view, bool last);

typedef struct sdx_packer {
    sdx_packer_face face; /* first: what prepare hooks see */
    sdx_arena *arena;     /* of the model: where sdx_pack objects live */
    sdx_heap *heap;       /* of the model: where packed bytes live */
    sdx_packed_fn *packed;
    void *owner;          /* passed to packed */
    sdx_map sources;      /* address of the view, as bytes -> sdx_source */
    sdx_pack *first;      /* all packs, newest first */
    const sdx_node *node; /* whose prepare hook runs now; NULL: none */
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

/* What is known of a constant; entered now if it was not known before. For prepare. */
sdx_status sdx_packer_source(sdx_packer *packer, const sdx_view *view, sdx_source **out)
    SDX_NODISCARD;

/* A pack as the memory report tells it. */
typedef struct sdx_pack_facts {
    sdx_str constant, node; /* names; node: the first that asked for it, empty when none is known */
    const char *format;
    size_t size;
    bool made;
} sdx_pack_facts;

/* Calls visit for each pack, newest first. The caller holds packer->mutex. */
void sdx_packer_each(const sdx_packer *packer,
                     void (*visit)(void *arg, const sdx_pack_facts *facts), void *arg);

#endif
