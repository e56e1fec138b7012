/* A view: type, shape and place of dense elements. It owns nothing. Row-major, no gaps. */
#ifndef SDX_TENSOR_VIEW_H
#define SDX_TENSOR_VIEW_H

#include "base/checked.h"
#include "base/str.h"
#include "tensor/dtype.h"

typedef struct sdx_view {
    void *data; /* first element; may be NULL when len is 0. Strings: sdx_str[len]. May be
                   misaligned only in constants */
    int64_t dims[SDX_MAX_RANK]; /* the first `rank` count; none is negative */
    size_t len;                 /* elements: the product of dims, 1 for a scalar */
    sdx_dtype dtype;
    uint8_t rank;
    bool unpacked; /* a sub-byte type held one element a byte */
} sdx_view;

/* Sets type and shape, checks the product of dims; data becomes NULL. Errors: SDX_SHAPE_MISMATCH
 * (negative dim), SDX_LIMIT (too many elements). */
sdx_status sdx_view_init(sdx_view *view, sdx_dtype dtype, size_t rank, const int64_t *dims)
    SDX_NODISCARD;
size_t sdx_view_bytes(
    const sdx_view *view); /* bytes of its elements; cannot overflow for an initialised view */
bool sdx_view_same_shape(const sdx_view *a, const sdx_view *b);

/* Product of dims [from, to): of a valid view, so no overflow. */
size_t sdx_view_count(const sdx_view *view, size_t from, size_t to);

/* An axis in [-rank, rank) as one in [0, rank). Error SDX_OUT_OF_RANGE names `what` ("attribute
 * 'axis'"). */
sdx_status sdx_axis(int64_t axis, size_t rank, const char *what, size_t *out) SDX_NODISCARD;

/* Element `i` of a tensor of any integer type or bool as int64 (uint64 above INT64_MAX saturates);
 * of any real type as double. */
int64_t sdx_view_int(const sdx_view *view, size_t i);
double sdx_view_double(const sdx_view *view, size_t i);
void sdx_view_set_double(sdx_view *view, size_t i,
                         double x); /* rounds to the type; integers truncate and saturate */

/* Strides in elements of a contiguous shape, and of an input broadcast (NumPy's rule) to `rank`
 * output dims: 0 where it repeats. */
void sdx_strides(size_t rank, const int64_t *dims, int64_t *strides);
void sdx_broadcast_strides(const sdx_view *in, size_t rank, int64_t *strides);

/* "float32[2,3]" into buf; always terminated. Returns buf. */
const char *sdx_view_text(const sdx_view *view, char *buf, size_t size);

#endif
