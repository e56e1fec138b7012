/* Making and passing errors. A status is NULL when all is well, else an object that its holder
 * owns: pass it up or free it.
 *
 * A text has the form "place: found, expected; fix". The function that notices a fault writes
 * found, expected and fix; each level above it adds its place in front with sdx_in(): "model
 * 'm.onnx': node 'conv1' (Conv): input 'W' has rank 3, expected 4; ...".
 *
 * Thread-safe: a status belongs to one thread at a time. Error objects come from malloc, so that an
 * error about a full heap can be told; when even that fails, a constant out-of-memory status is
 * returned. */
#ifndef SDX_BASE_STATUS_H
#define SDX_BASE_STATUS_H

#include "base/attr.h"
#include "sardonyx/sardonyx.h"

/* A new error with a printf-made text (lower case, no final period). Never NULL. */
sdx_status sdx_fail(sdx_code code, const char *format, ...) SDX_NODISCARD SDX_NEVER_NULL
    SDX_PRINTF(2, 3);

/* Puts "place: " in front of the text of `status` and returns it; NULL stays NULL, the code is
 * kept. */
sdx_status sdx_in(sdx_status status, const char *format, ...) SDX_NODISCARD SDX_PRINTF(2, 3);

/* Joins two statuses into one whose text lists both lines ("a; also: b"); either may be NULL. Takes
 * both, keeps a's code. */
sdx_status sdx_join(sdx_status a, sdx_status b) SDX_NODISCARD;

/* Leaves the enclosing function with the error of `expr`, if it has one. */
#define SDX_TRY(expr)                                              \
    do {                                                           \
        const sdx_status try_status_ = (expr);                     \
        if (SDX_UNLIKELY(try_status_ != NULL)) return try_status_; \
    } while (0)

#endif
