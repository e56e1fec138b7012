/* See piece.h. A part is one run for each position before the axis. */
#include "ops/common/piece.h"

#include <string.h>

static void gather(char *dst, const sdx_view *from, size_t axis, size_t begin, size_t size) {
    const size_t step = sdx_view_count(from, axis + 1, from->rank) * sdx_dtype_size(from->dtype);
    const size_t outer = sdx_view_count(from, 0, axis), pitch = (size_t)from->dims[axis] * step;
    const char *const src = (const char *)from->data + begin * step;
    for (size_t o = 0; o < outer; o++) {
        memcpy(dst + o * size * step, src + o * pitch, size * step);
    }
}

/* An unpacked source: the part is cut unpacked, then packed. */
static sdx_status cut_unpacked(sdx_store *store, const sdx_view *from, size_t axis, size_t begin,
                               const sdx_view *shape, size_t size, sdx_value **out) {
    sdx_heap *const heap = sdx_store_heap(store);
    sdx_view part = *shape;
    part.unpacked = true;
    SDX_TRY(sdx_heap_alloc(heap, part.len, &part.data));
    gather(part.data, from, axis, begin, size);
    const sdx_status status = sdx_value_copy(store, &part, out);
    sdx_heap_free(heap, part.data, part.len);
    return status;
}

sdx_status sdx_piece(sdx_store *store, const sdx_view *from, size_t axis, size_t begin, size_t size,
                     bool squeeze, sdx_value **out) {
    int64_t dims[SDX_MAX_RANK];
    size_t rank = 0;
    for (size_t d = 0; d < from->rank; d++) {
        if (d != axis || !squeeze) dims[rank++] = d == axis ? (int64_t)size : from->dims[d];
    }
    sdx_view shape;
    SDX_TRY(sdx_view_init(&shape, from->dtype, rank, dims));
    if (from->unpacked && shape.len > 0)
        return cut_unpacked(store, from, axis, begin, &shape, size, out);
    sdx_value *value;
    SDX_TRY(sdx_value_dense(store, &shape, false, &value));
    if (shape.len > 0) gather(value->view.data, from, axis, begin, size);
    const sdx_status status = sdx_value_seal(value);
    if (status != NULL) {
        sdx_value_release(value);
        return status;
    }
    *out = value;
    return NULL;
}
