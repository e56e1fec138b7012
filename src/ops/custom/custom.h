/* Custom operators: the rows of a library (sardonyx/op.h), checked and made into rows like all
 * others. */
#ifndef SDX_OPS_CUSTOM_CUSTOM_H
#define SDX_OPS_CUSTOM_CUSTOM_H

#include "base/arena.h"
#include "base/library.h"
#include "base/log.h"
#include "ops/op.h"
#include "sardonyx/op.h"

/* One library's operators. Immutable once made; its rows refer to it. */
typedef struct sdx_custom {
    sdx_op_set set; /* first: the list of sets is a list of these */
    sdx_heap *heap; /* what this struct is from */
    sdx_arena arena;
    sdx_logger logger;
    sdx_library library; /* closed at the end; no handle: registered in process */
} sdx_custom;

/* Checks and copies the rows of `library`. Their names must not be built in, nor stand in a set of
 * `before` (NULL: none), which becomes `next` of the new one. Errors: SDX_INVALID_ARGUMENT,
 * SDX_UNSUPPORTED (another op.h), SDX_OUT_OF_MEMORY. */
sdx_status sdx_custom_create(const sdx_op_library *library, const sdx_op_set *before,
                             sdx_heap *heap, const sdx_logger *logger, sdx_custom **out)
    SDX_NODISCARD;
void sdx_custom_destroy(sdx_custom *custom); /* not those behind it; NULL is allowed */

/* What libraries are given to call. */
extern const sdx_op_host sdx_custom_host;

#endif
