/* Values: a header and, of tensors, the elements, in one block. They are always in the stored form:
 * types below 8 bits are packed. */
#include "tensor/value.h"

#include <string.h>

#include "base/checked.h"
#include "base/map.h"
#include "tensor/store.h"

/* Where elements begin in a block: behind the header, aligned as the block is. */
enum { HEAD = (sizeof(sdx_value) + SDX_ALIGN - 1) / SDX_ALIGN * SDX_ALIGN };

static sdx_status new_value(sdx_store *store, sdx_kind kind, size_t more, bool zero,
                            sdx_value **out) {
    size_t need;
    if (!sdx_add_size(HEAD, more, &need))
        return sdx_fail(SDX_LIMIT, "a value of %zu bytes is more than can be addressed", more);
    void *ptr;
    size_t block;
    SDX_TRY(sdx_store_take(store, need, zero, &ptr, &block));
    sdx_value *const value = ptr;
    *value = (sdx_value){.kind = kind, .store = sdx_store_retain(store), .block = block};
    sdx_refs_init(&value->refs);
    *out = value;
    return NULL;
}

sdx_status sdx_value_dense(sdx_store *store, const sdx_view *shape, bool zero, sdx_value **out) {
    size_t bytes;
    if (!sdx_dtype_bytes(shape->dtype, shape->len, &bytes))
        return sdx_fail(SDX_LIMIT, "a tensor of %zu elements is more than can be addressed",
                        shape->len);
    zero = zero || shape->dtype == SDX_STRING;
    sdx_value *value;
    SDX_TRY(new_value(store, SDX_TENSOR, bytes, zero, &value));
    value->view = *shape;
    value->view.unpacked = false;
    value->view.data = (char *)value + HEAD; /* an address even where there are no elements */
    *out = value;
    return NULL;
}

sdx_status sdx_value_wrap(const sdx_view *view, void (*free_data)(void *user, void *data),
                          void *user, sdx_value **out) {
    SDX_TRY(new_value(NULL, SDX_TENSOR, 0, false, out));
    (*out)->view = *view;
    (*out)->free_data = free_data;
    (*out)->user = user;
    return NULL;
}

sdx_status sdx_value_seal(sdx_value *value) {
    if (value->kind != SDX_TENSOR || value->view.dtype != SDX_STRING) return NULL;
    sdx_str *const strings = value->view.data;
    size_t total = 0;
    for (size_t i = 0; i < value->view.len; i++)
        if (!sdx_add_size(total, strings[i].len, &total))
            return sdx_fail(SDX_LIMIT, "the strings of a tensor are more than can be addressed");
    void *chars;
    size_t chars_size;
    SDX_TRY(sdx_store_take(value->store, total, false, &chars, &chars_size));
    char *next = chars;
    for (size_t i = 0; i < value->view.len; i++) {
        if (strings[i].len > 0) {
            memcpy(next, strings[i].ptr, strings[i].len);
            strings[i].ptr = next;
            next += strings[i].len;
        } else {
            strings[i].ptr = NULL;
        }
    }
    /* Only now: elements may have been views of the old bytes. */
    sdx_store_give(value->store, value->chars, value->chars_size);
    value->chars = chars;
    value->chars_size = chars_size;
    return NULL;
}

sdx_status sdx_value_copy(sdx_store *store, const sdx_view *view, sdx_value **out) {
    sdx_value *value;
    SDX_TRY(sdx_value_dense(store, view, false, &value));
    if (view->len > 0 && view->unpacked)
        sdx_bits_pack(view->dtype, value->view.data, view->data, view->len);
    else if (view->len > 0)
        memcpy(value->view.data, view->data, sdx_view_bytes(view));
    const sdx_status status = sdx_value_seal(value);
    if (status) {
        sdx_value_release(value);
        return status;
    }
    *out = value;
    return NULL;
}

/* A value with a list of `n` places. */
static sdx_status new_list(sdx_store *store, sdx_kind kind, size_t n, sdx_value **out) {
    size_t size;
    if (!sdx_mul_size(n, sizeof(sdx_value *), &size))
        return sdx_fail(SDX_LIMIT, "a list of %zu values is more than can be addressed", n);
    sdx_value *value;
    SDX_TRY(new_value(store, kind, 0, false, &value));
    void *items;
    const sdx_status status = sdx_store_take(store, size, false, &items, &value->items_size);
    if (status) {
        sdx_value_release(value);
        return status;
    }
    value->items = items;
    *out = value;
    return NULL;
}

sdx_status sdx_value_sequence(sdx_store *store, sdx_kind element_kind, sdx_dtype element,
                              sdx_value *const *items, size_t n, sdx_value **out) {
    sdx_value *value;
    SDX_TRY(new_list(store, SDX_SEQUENCE, n, &value));
    value->element_kind = element_kind;
    value->element = element;
    for (size_t i = 0; i < n; i++)
        value->items[i] = sdx_value_retain(items[i]);
    value->n_items = n;
    *out = value;
    return NULL;
}

sdx_status sdx_value_map(sdx_store *store, sdx_value *keys, sdx_value *values, sdx_value **out) {
    sdx_value *value;
    SDX_TRY(new_list(store, SDX_MAP, 2, &value));
    value->element_kind = SDX_TENSOR;
    value->element = values->view.dtype;
    value->items[0] = sdx_value_retain(keys);
    value->items[1] = sdx_value_retain(values);
    value->n_items = 2;
    *out = value;
    return NULL;
}

sdx_status sdx_value_optional(sdx_store *store, sdx_kind element_kind, sdx_dtype element,
                              sdx_value *item, sdx_value **out) {
    sdx_value *value;
    SDX_TRY(new_list(store, SDX_OPTIONAL, item ? 1 : 0, &value));
    value->element_kind = element_kind;
    value->element = element;
    if (item) {
        value->items[0] = sdx_value_retain(item);
        value->n_items = 1;
    }
    *out = value;
    return NULL;
}

sdx_dtype sdx_value_leaf(const sdx_value *value) {
    return value->kind == SDX_TENSOR ? value->view.dtype : value->element;
}

/* ---- checks of a map ------------------------------------------------------------------------- */

static sdx_str key_bytes(const sdx_view *keys, size_t i) {
    if (keys->dtype == SDX_STRING) return ((const sdx_str *)keys->data)[i];
    return (sdx_str){(const char *)keys->data + i * sizeof(int64_t), sizeof(int64_t)};
}

static sdx_status check_distinct(const sdx_view *keys, sdx_heap *heap) {
    sdx_map seen;
    sdx_map_init(&seen, heap);
    sdx_status status = NULL;
    for (size_t i = 0; i < keys->len && !status; i++) {
        const sdx_str key = key_bytes(keys, i);
        if (!sdx_map_get(&seen, key)) {
            status = sdx_map_put(&seen, key, keys->data);
        } else if (keys->dtype == SDX_STRING) {
            status = sdx_fail(SDX_INVALID_ARGUMENT,
                              "key '%.*s' at %zu occurs twice, expected "
                              "distinct keys",
                              SDX_FMT(key), i);
        } else {
            status = sdx_fail(SDX_INVALID_ARGUMENT,
                              "key %lld at %zu occurs twice, expected "
                              "distinct keys",
                              (long long)sdx_view_int(keys, i), i);
        }
    }
    sdx_map_deinit(&seen);
    return status;
}

sdx_status sdx_value_check_map(const sdx_value *keys, const sdx_value *values, sdx_heap *heap) {
    char text[128];
    if (keys->kind != SDX_TENSOR || keys->view.rank != 1 ||
        (keys->view.dtype != SDX_INT64 && keys->view.dtype != SDX_STRING))
        return sdx_fail(SDX_INVALID_ARGUMENT, "keys are %s, expected int64[n] or string[n]",
                        keys->kind == SDX_TENSOR ? sdx_view_text(&keys->view, text, sizeof text)
                                                 : "no tensor");
    if (values->kind != SDX_TENSOR || values->view.rank == 0 ||
        values->view.dims[0] != keys->view.dims[0])
        return sdx_fail(
            SDX_INVALID_ARGUMENT,
            "values are %s, expected a tensor whose first dimension is %lld, the number "
            "of keys",
            values->kind == SDX_TENSOR ? sdx_view_text(&values->view, text, sizeof text)
                                       : "no tensor",
            (long long)keys->view.dims[0]);
    return check_distinct(&keys->view, heap);
}

/* ---- references ------------------------------------------------------------------------------ */

sdx_value *sdx_value_retain(sdx_value *value) {
    if (value) sdx_refs_retain(&value->refs);
    return value;
}

/* Frees a value whose last owner is gone, but for its items. */
static void free_value(sdx_value *value) {
    if (value->free_data) value->free_data(value->user, value->view.data);
    sdx_store *const store = value->store;
    sdx_store_give(store, value->chars, value->chars_size);
    sdx_store_give(store, value->items, value->items_size);
    sdx_store_give(store, value, value->block);
    sdx_store_release(store);
}

/* Lists may hold lists to any depth: those to be freed wait in a chain linked by `user`, which
 * lists do not use, so that no depth can exhaust the stack. */
void sdx_value_release(sdx_value *value) {
    if (!value || !sdx_refs_release(&value->refs)) return;
    value->user = value->kind == SDX_TENSOR ? value->user : NULL;
    for (sdx_value *dead = value, *next; dead; dead = next) {
        next = dead->kind == SDX_TENSOR ? NULL : dead->user;
        for (size_t i = 0; i < dead->n_items; i++) {
            sdx_value *const item = dead->items[i];
            if (!item || !sdx_refs_release(&item->refs)) continue;
            if (item->kind == SDX_TENSOR) {
                free_value(item);
            } else {
                item->user = next;
                next = item;
            }
        }
        free_value(dead);
    }
}

sdx_kind sdx_value_kind(const sdx_value *value) { return value ? value->kind : (sdx_kind)0; }
