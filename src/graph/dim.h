/* Dimensions: a number, or an expression over symbols ("batch", "past+1"), in one 64-bit word.
 *
 * A word at or above SDX_DIM_MIN is a number, one below is the index of an expression in an
 * sdx_dims table: hash-consed, so equal words mean equal expressions. Arithmetic on numbers
 * saturates at +-2^62 and never fails; whoever uses the result as a size checks it. When everything
 * is a number no table is needed (dims == NULL): binding a program runs the very same inference
 * code that the loader runs with symbols. A result that cannot be known is SDX_DIM_UNKNOWN, which
 * equals nothing, itself included, for sdx_dim_eq. */
#ifndef SDX_GRAPH_DIM_H
#define SDX_GRAPH_DIM_H

#include "base/arena.h"
#include "base/map.h"

typedef int64_t sdx_dim;

#define SDX_DIM_MAX (INT64_C(1) << 62)
#define SDX_DIM_MIN (-SDX_DIM_MAX)
#define SDX_DIM_UNKNOWN INT64_MIN

typedef struct sdx_dims sdx_dims; /* one thread; lives in a model's arena */

static inline bool sdx_dim_is_number(sdx_dim d) { return d >= SDX_DIM_MIN; }
static inline bool sdx_dim_eq(sdx_dim a, sdx_dim b) { return a == b && a != SDX_DIM_UNKNOWN; }
static inline sdx_dim sdx_dim_number(int64_t x) {
    return x > SDX_DIM_MAX ? SDX_DIM_MAX : x < SDX_DIM_MIN ? SDX_DIM_MIN : x;
}

sdx_status sdx_dims_create(sdx_arena *arena, sdx_dims **out) SDX_NODISCARD;
size_t sdx_dims_held(const sdx_dims *dims); /* bytes of the heap, beside the arena */
void sdx_dims_destroy(sdx_dims *dims);

/* The symbol `name`: the same word each time. A fresh symbol equals nothing else but itself.
 * Symbols stand for sizes: never negative. Both give SDX_DIM_UNKNOWN without a table or memory. */
sdx_dim sdx_dim_symbol(sdx_dims *dims, sdx_str name);
sdx_dim sdx_dim_fresh(sdx_dims *dims);
/* A number, the unknown, or an expression of this table (NULL: there are none): for words that come
 * from outside. */
bool sdx_dim_valid(const sdx_dims *dims, sdx_dim d);

sdx_dim sdx_dim_add(sdx_dims *dims, sdx_dim a, sdx_dim b);
sdx_dim sdx_dim_sub(sdx_dims *dims, sdx_dim a, sdx_dim b);
sdx_dim sdx_dim_mul(sdx_dims *dims, sdx_dim a, sdx_dim b);
sdx_dim sdx_dim_div(sdx_dims *dims, sdx_dim a, sdx_dim b);      /* floor; by zero: unknown */
sdx_dim sdx_dim_ceil_div(sdx_dims *dims, sdx_dim a, sdx_dim b); /* ceiling; by zero: unknown */
sdx_dim sdx_dim_min(sdx_dims *dims, sdx_dim a, sdx_dim b);
sdx_dim sdx_dim_max(sdx_dims *dims, sdx_dim a, sdx_dim b);

/* "past+1", "3*width/2", "?" for the unknown, into buf; always terminated. Returns buf. */
const char *sdx_dim_text(const sdx_dims *dims, sdx_dim d, char *buf, size_t size);
/* "[batch,3,224]" likewise. */
const char *sdx_dims_text(const sdx_dims *dims, size_t rank, const sdx_dim *shape, char *buf,
                          size_t size);

#endif
