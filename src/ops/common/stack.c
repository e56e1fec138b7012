/* See stack.h. An item is cut into `outer` runs, which are laid out with n items side by side.
 * Types below 8 bits are stacked unpacked. */
#include "ops/common/stack.h"

#include <string.h>

static sdx_status check_alike(sdx_value *const *items, size_t n) {
    char first[160], other[160];
    for (size_t i = 0; i < n; i++) {
        if (items[i]->kind != SDX_TENSOR)
            return sdx_fail(SDX_TYPE_MISMATCH,
                            "item %zu: found no tensor, expected one; only tensors can be stacked",
                            i);
        if (items[i]->view.dtype == items[0]->view.dtype &&
            sdx_view_same_shape(&items[i]->view, &items[0]->view))
            continue;
        return sdx_fail(SDX_SHAPE_MISMATCH, "item %zu: found %s, expected %s as item 0", i,
                        sdx_view_text(&items[i]->view, other, sizeof other),
                        sdx_view_text(&items[0]->view, first, sizeof first));
    }
    return NULL;
}

/* Where one run of an item goes. */
static void place_item(char *dst, const char *src, size_t item, size_t n, size_t outer,
                       size_t run) {
    for (size_t o = 0; o < outer && run != 0; o++) {
        memcpy(dst + (o * n + item) * run, src + o * run, run);
    }
}

static void stack_bytes(sdx_value *const *items, size_t n, size_t axis, bool reverse, char *dst) {
    const sdx_view *const one = &items[0]->view;
    const size_t outer = sdx_view_count(one, 0, axis);
    const size_t run = sdx_view_count(one, axis, one->rank) * sdx_dtype_size(one->dtype);
    for (size_t i = 0; i < n; i++) {
        place_item(dst, items[i]->view.data, reverse ? n - 1 - i : i, n, outer, run);
    }
}

static sdx_status stack_subbyte(sdx_store *store, sdx_value *const *items, size_t n, size_t axis,
                                bool reverse, sdx_value *out) {
    const sdx_view *const one = &items[0]->view;
    const size_t outer = sdx_view_count(one, 0, axis), run = sdx_view_count(one, axis, one->rank);
    const size_t bytes = out->view.len + one->len;
    uint8_t *wide;
    SDX_TRY(sdx_heap_alloc(sdx_store_heap(store), bytes, (void **)&wide));
    for (size_t i = 0; i < n && one->len != 0; i++) {
        uint8_t *const item = wide + out->view.len;
        sdx_bits_unpack(one->dtype, item, items[i]->view.data, one->len);
        place_item((char *)wide, (const char *)item, reverse ? n - 1 - i : i, n, outer, run);
    }
    if (out->view.len != 0) sdx_bits_pack(one->dtype, out->view.data, wide, out->view.len);
    sdx_heap_free(sdx_store_heap(store), wide, bytes);
    return NULL;
}

sdx_status sdx_stack(sdx_store *store, sdx_value *const *items, size_t n, size_t axis, bool reverse,
                     sdx_value **out) {
    SDX_TRY(check_alike(items, n));
    const sdx_view *const one = &items[0]->view;
    if (one->rank >= SDX_MAX_RANK)
        return sdx_fail(SDX_LIMIT, "found items of rank %u, expected at most %d for stacking",
                        (unsigned)one->rank, (int)SDX_MAX_RANK - 1);
    int64_t dims[SDX_MAX_RANK];
    for (size_t i = 0; i <= one->rank; i++) {
        dims[i] = i < axis ? one->dims[i] : i == axis ? (int64_t)n : one->dims[i - 1];
    }
    sdx_view shape;
    sdx_value *stacked;
    SDX_TRY(sdx_view_init(&shape, one->dtype, (size_t)one->rank + 1, dims));
    SDX_TRY(sdx_value_dense(store, &shape, false, &stacked));
    sdx_status status = NULL;
    if (sdx_dtype_subbyte(one->dtype))
        status = stack_subbyte(store, items, n, axis, reverse, stacked);
    else
        stack_bytes(items, n, axis, reverse, stacked->view.data);
    if (status == NULL && one->dtype == SDX_STRING) status = sdx_value_seal(stacked);
    if (status != NULL) {
        sdx_value_release(stacked);
        return status;
    }
    *out = stacked;
    return NULL;
}
