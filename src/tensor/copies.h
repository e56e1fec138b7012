/* Copies: elements of a model's constants that are not read where the file has them, each known
 * with its name and the reason, so that the memory report can tell why they are there.
 *
 * Small ones lie in the model's arena. From SDX_COPY_BLOCK bytes on a copy is a block of its own
 * that goes back alone, as soon as nobody needs it: when folding has used it up (sweep), or when
 * the last pack was made of it (drop). One thread at a time. */
#ifndef SDX_TENSOR_COPIES_H
#define SDX_TENSOR_COPIES_H

#include "base/arena.h"
#include "base/map.h"

enum { SDX_COPY_BLOCK = 4096 };

typedef enum sdx_copy_reason {
    SDX_COPY_MISALIGNED, /* in the file, where vector loads or typed reads cannot use it */
    SDX_COPY_CHECKED,    /* elements that checks read: they must not change afterwards */
    SDX_COPY_DECODED,    /* stored in another form than the one in memory */
    SDX_COPY_READ,       /* external data that the caller's function reads */
    SDX_COPY_SPARSE,     /* stored sparse */
    SDX_COPY_FOLDED      /* computed while loading */
} sdx_copy_reason;

typedef struct sdx_copy {
    struct sdx_copy *next;
    sdx_str name; /* of the constant, as in the file; empty: it has none */
    void *data;   /* size bytes: in the arena, or owned when size >= SDX_COPY_BLOCK */
    size_t size;  /* 0: it went back */
    sdx_copy_reason reason;
    bool in_use; /* a sweep was told so */
} sdx_copy;

typedef struct sdx_copies {
    sdx_arena *arena; /* of the model */
    sdx_copy *first;  /* newest first; entries live in the arena */
    sdx_map blocks;   /* address, as bytes -> sdx_copy that owns it */
    size_t bytes;     /* of all copies now */
    size_t in_arena;  /* of those, bytes in the arena */
} sdx_copies;

void sdx_copies_init(sdx_copies *copies, sdx_arena *arena);
void sdx_copies_deinit(sdx_copies *copies); /* before the arena ends */

/* Zeroed memory for `size` bytes (not 0) of constant `name`, which is copied. */
sdx_status sdx_copies_take(sdx_copies *copies, size_t size, sdx_copy_reason reason, sdx_str name,
                           void **out) SDX_NODISCARD;
/* Gives back the block at `data`; anything else is left alone. */
void sdx_copies_drop(sdx_copies *copies, const void *data);

/* A sweep: begun, told of all that is in use, ended. The block that `data` lies in, if it is in
 * one, is in use; the others go back. */
typedef struct sdx_copies_sweep {
    sdx_copies *copies;
    sdx_copy **blocks; /* owned, by address; n of cap */
    size_t n, cap;
} sdx_copies_sweep;

sdx_status sdx_copies_sweep_begin(sdx_copies_sweep *sweep, sdx_copies *copies) SDX_NODISCARD;
void sdx_copies_sweep_keep(sdx_copies_sweep *sweep, const void *data);
void sdx_copies_sweep_end(sdx_copies_sweep *sweep);

/* "misaligned", "checked", ... */
const char *sdx_copy_reason_text(sdx_copy_reason reason);

#endif
