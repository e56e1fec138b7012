/* Text: borrowed views (sdx_str) and growing buffers (sdx_buf). A view has no terminator and may
 * hold any bytes. */
#ifndef SDX_BASE_STR_H
#define SDX_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/heap.h"
#include "base/status.h"

/* The public view of a string (sardonyx.h): { const char *ptr; size_t len; }. Also the element of a
 * string tensor. */
#define SDX_STR(literal) ((sdx_str){(literal), sizeof(literal) - 1})
/* printf("%.*s", SDX_FMT(s)) */
#define SDX_FMT(s) (int)((s).len > 4096 ? 4096 : (s).len), (s).ptr ? (s).ptr : ""

sdx_str sdx_str_from(const char *text); /* NULL gives the empty view */
bool sdx_str_eq(sdx_str a, sdx_str b);
bool sdx_str_is(sdx_str a, const char *text);
bool sdx_str_starts(sdx_str a, const char *prefix);
bool sdx_str_ends(sdx_str a, const char *suffix);
int sdx_str_cmp(sdx_str a, sdx_str b); /* by bytes, as memcmp */
uint64_t sdx_str_hash(sdx_str a);      /* the same on every machine */
/* the whole view is a decimal integer in range */
bool sdx_str_int(sdx_str a, int64_t *out);
/* the whole view is a number; independent of the locale */
bool sdx_str_double(sdx_str a, double *out);

/* A growing byte buffer, always followed by a NUL that size does not count. One thread. */
typedef struct sdx_buf {
    sdx_heap *heap;
    char *ptr;       /* owned; NULL while empty */
    size_t size;     /* bytes in use */
    size_t capacity; /* bytes allocated */
    size_t cap;      /* growth beyond this is SDX_LIMIT */
} sdx_buf;

void sdx_buf_init(sdx_buf *buf, sdx_heap *heap, size_t cap);
void sdx_buf_deinit(sdx_buf *buf);
sdx_status sdx_buf_reserve(sdx_buf *buf, size_t more) SDX_NODISCARD;
sdx_status sdx_buf_append(sdx_buf *buf, const void *bytes, size_t size) SDX_NODISCARD;
sdx_status sdx_buf_str(sdx_buf *buf, sdx_str text) SDX_NODISCARD;
sdx_status sdx_buf_printf(sdx_buf *buf, const char *format, ...) SDX_NODISCARD SDX_PRINTF(2, 3);

#endif
