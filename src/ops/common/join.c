/* See join.h. In both cases an item is cut into one run for each position before the axis, and the
 * runs of all items stand side by side. Types below 8 bits are joined unpacked. */
#include "ops/common/join.h"

#include <string.h>

#include "base/checked.h"

/* What to put together and where: row r of the result is run r of each item. */
typedef struct joint {
    sdx_value *const *items;
    size_t n, axis;
    bool reverse;
} joint;

static sdx_status mismatch(const joint *j, size_t i) {
    char first[160], other[160];
    return sdx_fail(SDX_SHAPE_MISMATCH, "item %zu: found %s, expected %s as item 0", i,
                    sdx_view_text(&j->items[i]->view, other, sizeof other),
                    sdx_view_text(&j->items[0]->view, first, sizeof first));
}

/* Whether all items are alike, but for axis `loose` (no axis: SDX_MAX_RANK). */
static sdx_status check_alike(const joint *j, size_t loose) {
    for (size_t i = 0; i < j->n; i++) {
        if (j->items[i]->kind != SDX_TENSOR)
            return sdx_fail(SDX_TYPE_MISMATCH,
                            "item %zu: found no tensor, expected one; only tensors can be joined",
                            i);
        const sdx_view *const one = &j->items[i]->view, *const first = &j->items[0]->view;
        if (one->dtype != first->dtype || one->rank != first->rank) return mismatch(j, i);
        for (size_t d = 0; d < one->rank; d++) {
            if (d != loose && one->dims[d] != first->dims[d]) return mismatch(j, i);
        }
    }
    return NULL;
}

static size_t run_of(const joint *j, size_t i) {
    const sdx_view *const item = &j->items[i]->view;
    return sdx_view_count(item, j->axis, item->rank) * sdx_dtype_size(item->dtype);
}

/* The elements of an item, unpacked into `wide` where that is given. */
static const char *elements_of(const sdx_value *item, uint8_t *wide) {
    if (wide == NULL) return item->view.data;
    sdx_bits_unpack(item->view.dtype, wide, item->view.data, item->view.len);
    return (const char *)wide;
}

static void lay(const joint *j, char *dst, uint8_t *wide) {
    const size_t outer = sdx_view_count(&j->items[0]->view, 0, j->axis);
    size_t pitch = 0;
    for (size_t i = 0; i < j->n; i++) {
        pitch += run_of(j, i);
    }
    for (size_t i = 0; i < j->n; i++) {
        const sdx_value *const item = j->items[j->reverse ? j->n - 1 - i : i];
        const size_t run = run_of(j, j->reverse ? j->n - 1 - i : i);
        if (item->view.len == 0) continue;
        const char *const src = elements_of(item, wide);
        for (size_t o = 0; o < outer; o++) {
            memcpy(dst + o * pitch, src + o * run, run);
        }
        dst += run;
    }
}

static sdx_status lay_subbyte(sdx_store *store, const joint *j, const sdx_view *out) {
    size_t largest = 0, bytes;
    for (size_t i = 0; i < j->n; i++) {
        const size_t len = j->items[i]->view.len;
        if (len > largest) largest = len;
    }
    if (!sdx_add_size(out->len, largest, &bytes))
        return sdx_fail(SDX_LIMIT, "found %zu elements, more than can be joined", out->len);
    sdx_heap *const heap = sdx_store_heap(store);
    uint8_t *wide;
    SDX_TRY(sdx_heap_alloc(heap, bytes, (void **)&wide));
    lay(j, (char *)wide, wide + out->len);
    sdx_bits_pack(out->dtype, out->data, wide, out->len);
    sdx_heap_free(heap, wide, bytes);
    return NULL;
}

static sdx_status make(sdx_store *store, const joint *j, size_t rank, const int64_t *dims,
                       sdx_value **out) {
    const sdx_dtype dtype = j->items[0]->view.dtype;
    sdx_view shape;
    sdx_value *joined;
    SDX_TRY(sdx_view_init(&shape, dtype, rank, dims));
    SDX_TRY(sdx_value_dense(store, &shape, false, &joined));
    sdx_status status = NULL;
    if (shape.len > 0 && sdx_dtype_subbyte(dtype))
        status = lay_subbyte(store, j, &joined->view);
    else if (shape.len > 0)
        lay(j, joined->view.data, NULL);
    if (status == NULL) status = sdx_value_seal(joined);
    if (status != NULL) {
        sdx_value_release(joined);
        return status;
    }
    *out = joined;
    return NULL;
}

sdx_status sdx_values_stack(sdx_store *store, sdx_value *const *items, size_t n, size_t axis,
                            bool reverse, sdx_value **out) {
    const joint j = {.items = items, .n = n, .axis = axis, .reverse = reverse};
    SDX_TRY(check_alike(&j, SDX_MAX_RANK));
    const sdx_view *const one = &items[0]->view;
    if (one->rank >= SDX_MAX_RANK)
        return sdx_fail(SDX_LIMIT, "found items of rank %u, expected at most %d for stacking",
                        (unsigned)one->rank, (int)SDX_MAX_RANK - 1);
    int64_t dims[SDX_MAX_RANK];
    for (size_t i = 0; i <= one->rank; i++) {
        dims[i] = i < axis ? one->dims[i] : i == axis ? (int64_t)n : one->dims[i - 1];
    }
    return make(store, &j, (size_t)one->rank + 1, dims, out);
}

sdx_status sdx_values_join(sdx_store *store, sdx_value *const *items, size_t n, size_t axis,
                           sdx_value **out) {
    const joint j = {.items = items, .n = n, .axis = axis};
    SDX_TRY(check_alike(&j, axis));
    const sdx_view *const one = &items[0]->view;
    int64_t dims[SDX_MAX_RANK];
    for (size_t d = 0; d < one->rank; d++) {
        dims[d] = one->dims[d];
    }
    for (size_t i = 1; i < n; i++) {
        if (!sdx_add_i64(dims[axis], items[i]->view.dims[axis], &dims[axis]))
            return sdx_fail(SDX_LIMIT, "found more than 2^63 steps along axis %zu", axis);
    }
    return make(store, &j, one->rank, dims, out);
}
