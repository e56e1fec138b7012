/* sardonyx.h, section "values": checks of arguments, and calls down. */
#include <string.h>

#include "tensor/proto.h"

/* Protobuf's own bound: other readers take no larger message. */
static const size_t max_message = INT32_MAX;

/* The store of one value: none for the process's allocator. */
static sdx_status open_store(const sdx_allocator *allocator, sdx_store **out) {
    *out = NULL;
    return allocator ? sdx_store_create(allocator, 0, "value", out) : NULL;
}

static sdx_status check_view(sdx_dtype dtype, size_t rank, const int64_t *dims, sdx_view *out) {
    if (!sdx_dtype_valid((int64_t)dtype))
        return sdx_fail(SDX_INVALID_ARGUMENT, "dtype is %d, expected 1 to 26", (int)dtype);
    if (rank > 0 && !dims)
        return sdx_fail(SDX_INVALID_ARGUMENT, "dims is NULL, expected %zu numbers", rank);
    const sdx_status status = sdx_view_init(out, dtype, rank, dims);
    if (!status) return NULL;
    const sdx_status told = sdx_fail(SDX_INVALID_ARGUMENT, "%s", sdx_status_text(status));
    sdx_status_free(status);
    return told;
}

/* ---- tensors --------------------------------------------------------------------------------- */

sdx_status sdx_tensor_create(const sdx_allocator *allocator, sdx_dtype dtype, size_t rank,
                             const int64_t *dims, sdx_value **out) {
    sdx_view shape;
    sdx_store *store;
    SDX_TRY(check_view(dtype, rank, dims, &shape));
    SDX_TRY(open_store(allocator, &store));
    const sdx_status status = sdx_value_dense(store, &shape, true, out);
    sdx_store_release(store);
    return status;
}

/* Bytes that the address of elements is a multiple of. */
static size_t alignment_of(sdx_dtype dtype) {
    const size_t size = sdx_dtype_size(dtype);
    return sdx_dtype_kind_of(dtype) == SDX_KIND_COMPLEX ? size / 2 : size;
}

sdx_status sdx_tensor_wrap(sdx_dtype dtype, size_t rank, const int64_t *dims, void *data,
                           size_t size, void (*free_data)(void *user, void *data), void *user,
                           sdx_value **out) {
    char text[128];
    sdx_view view;
    SDX_TRY(check_view(dtype, rank, dims, &view));
    if (dtype == SDX_STRING)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "a string tensor cannot wrap memory; use sdx_tensor_strings");
    if (size != sdx_view_bytes(&view))
        return sdx_fail(SDX_INVALID_ARGUMENT, "size is %zu bytes, expected %zu for %s", size,
                        sdx_view_bytes(&view), sdx_view_text(&view, text, sizeof text));
    if (!data && size > 0)
        return sdx_fail(SDX_INVALID_ARGUMENT, "data is NULL, expected %zu bytes", size);
    if ((uintptr_t)data % alignment_of(dtype) != 0)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "data is not aligned to %zu bytes, as %s must be; copy it into a tensor of "
                        "sdx_tensor_create",
                        alignment_of(dtype), sdx_dtype_name(dtype));
    view.data = data;
    return sdx_value_wrap(&view, free_data, user, out);
}

sdx_status sdx_tensor_strings(const sdx_allocator *allocator, size_t rank, const int64_t *dims,
                              const sdx_str *strings, size_t n, sdx_value **out) {
    char text[128];
    sdx_view view;
    sdx_store *store;
    SDX_TRY(check_view(SDX_STRING, rank, dims, &view));
    if (n != view.len)
        return sdx_fail(SDX_INVALID_ARGUMENT, "n is %zu strings, expected %zu for %s", n, view.len,
                        sdx_view_text(&view, text, sizeof text));
    for (size_t i = 0; i < n; i++)
        if (!strings || (!strings[i].ptr && strings[i].len > 0))
            return sdx_fail(SDX_INVALID_ARGUMENT, "string %zu is NULL, expected bytes", i);
    SDX_TRY(open_store(allocator, &store));
    sdx_value *value = NULL;
    sdx_status status = sdx_value_dense(store, &view, false, &value);
    if (!status && n > 0) memcpy(value->view.data, strings, n * sizeof *strings);
    if (!status) status = sdx_value_seal(value);
    if (status)
        sdx_value_release(value);
    else
        *out = value;
    sdx_store_release(store);
    return status;
}

static bool is(const sdx_value *value, sdx_kind kind) { return value && value->kind == kind; }

sdx_dtype sdx_tensor_dtype(const sdx_value *tensor) {
    return is(tensor, SDX_TENSOR) ? tensor->view.dtype : SDX_UNDEFINED;
}

size_t sdx_tensor_rank(const sdx_value *tensor) {
    return is(tensor, SDX_TENSOR) ? tensor->view.rank : 0;
}

const int64_t *sdx_tensor_dims(const sdx_value *tensor) {
    return is(tensor, SDX_TENSOR) ? tensor->view.dims : NULL;
}

size_t sdx_tensor_len(const sdx_value *tensor) {
    return is(tensor, SDX_TENSOR) ? tensor->view.len : 0;
}

size_t sdx_tensor_size(const sdx_value *tensor) {
    return is(tensor, SDX_TENSOR) ? sdx_view_bytes(&tensor->view) : 0;
}

void *sdx_tensor_data(const sdx_value *tensor) {
    return is(tensor, SDX_TENSOR) && tensor->view.len > 0 ? tensor->view.data : NULL;
}

/* ---- lists ----------------------------------------------------------------------------------- */

/* Items of one kind; their element type is `element`, or *element receives it where that is
 * undefined. */
static sdx_status check_items(sdx_value *const *items, size_t n, sdx_dtype *element) {
    for (size_t i = 0; i < n; i++) {
        if (!items || !items[i])
            return sdx_fail(SDX_INVALID_ARGUMENT, "item %zu is NULL, expected a value", i);
        if (items[i]->kind != items[0]->kind)
            return sdx_fail(SDX_INVALID_ARGUMENT,
                            "item %zu is of another kind than item 0, expected one kind", i);
        const sdx_dtype own = sdx_value_leaf(items[i]);
        if (*element == SDX_UNDEFINED) *element = own;
        if (own != SDX_UNDEFINED && own != *element)
            return sdx_fail(SDX_INVALID_ARGUMENT, "item %zu has type %s, expected %s", i,
                            sdx_dtype_name(own), sdx_dtype_name(*element));
    }
    return NULL;
}

/* What holds others, and a message, has its elements on the host. */
static sdx_status check_on_host(const sdx_value *value) {
    if (value == NULL || sdx_value_on_host(value)) return NULL;
    return sdx_fail(SDX_INVALID_ARGUMENT,
                    "found a tensor on a device, expected one on the host; sdx_tensor_copy it");
}

sdx_status sdx_sequence_create(const sdx_allocator *allocator, sdx_dtype element,
                               sdx_value *const *items, size_t n, sdx_value **out) {
    sdx_store *store;
    if (element != SDX_UNDEFINED && !sdx_dtype_valid((int64_t)element))
        return sdx_fail(SDX_INVALID_ARGUMENT, "element is %d, expected 0 to 26", (int)element);
    SDX_TRY(check_items(items, n, &element));
    for (size_t i = 0; i < n; i++)
        SDX_TRY(sdx_in(check_on_host(items[i]), "item %zu", i));
    SDX_TRY(open_store(allocator, &store));
    const sdx_kind kind = n > 0 ? items[0]->kind : SDX_TENSOR;
    const sdx_status status = sdx_value_sequence(store, kind, element, items, n, out);
    sdx_store_release(store);
    return status;
}

sdx_status sdx_map_create(const sdx_allocator *allocator, sdx_value *keys, sdx_value *values,
                          sdx_value **out) {
    sdx_store *store;
    if (!keys || !values)
        return sdx_fail(SDX_INVALID_ARGUMENT, "%s is NULL, expected a tensor",
                        keys ? "values" : "keys");
    SDX_TRY(sdx_in(check_on_host(keys), "keys"));
    SDX_TRY(sdx_in(check_on_host(values), "values"));
    SDX_TRY(open_store(allocator, &store));
    sdx_status status = sdx_value_check_map(keys, values, sdx_store_heap(store));
    if (!status) status = sdx_value_map(store, keys, values, out);
    sdx_store_release(store);
    return status;
}

sdx_status sdx_optional_create(const sdx_allocator *allocator, sdx_value *value, sdx_value **out) {
    sdx_store *store;
    SDX_TRY(check_on_host(value));
    SDX_TRY(open_store(allocator, &store));
    const sdx_kind kind = value ? value->kind : SDX_TENSOR;
    const sdx_dtype element = value ? sdx_value_leaf(value) : SDX_UNDEFINED;
    const sdx_status status = sdx_value_optional(store, kind, element, value, out);
    sdx_store_release(store);
    return status;
}

size_t sdx_sequence_len(const sdx_value *sequence) {
    return is(sequence, SDX_SEQUENCE) ? sequence->n_items : 0;
}

sdx_value *sdx_sequence_at(const sdx_value *sequence, size_t index) {
    return index < sdx_sequence_len(sequence) ? sequence->items[index] : NULL;
}

sdx_value *sdx_map_keys(const sdx_value *map) { return is(map, SDX_MAP) ? map->items[0] : NULL; }

sdx_value *sdx_map_values(const sdx_value *map) { return is(map, SDX_MAP) ? map->items[1] : NULL; }

sdx_value *sdx_optional_get(const sdx_value *optional) {
    return is(optional, SDX_OPTIONAL) && optional->n_items > 0 ? optional->items[0] : NULL;
}

/* ---- protos ---------------------------------------------------------------------------------- */

sdx_status sdx_value_parse(const sdx_allocator *allocator, sdx_kind kind, const void *bytes,
                           size_t size, sdx_value **out, sdx_str *name) {
    sdx_store *store;
    if (!bytes && size > 0)
        return sdx_fail(SDX_INVALID_ARGUMENT, "bytes is NULL, expected %zu bytes", size);
    SDX_TRY(open_store(allocator, &store));
    const sdx_status status = sdx_value_from_proto(store, kind, bytes, size, out, name);
    sdx_store_release(store);
    return status;
}

sdx_status sdx_value_serialize(const sdx_allocator *allocator, const sdx_value *value,
                               const char *name, void **bytes, size_t *size) {
    if (!value) return sdx_fail(SDX_INVALID_ARGUMENT, "value is NULL, expected a value");
    SDX_TRY(check_on_host(value));
    sdx_heap own;
    sdx_heap_init(&own, allocator, 0, "value");
    sdx_heap *const heap = allocator ? &own : sdx_heap_global();
    sdx_buf buf;
    sdx_buf_init(&buf, heap, max_message);
    sdx_status status = sdx_value_to_proto(value, sdx_str_from(name), &buf);
    /* The caller gives the block back by its size, so it must have no slack. */
    void *block = NULL;
    if (!status) status = sdx_heap_alloc(heap, buf.size, &block);
    if (!status) {
        if (buf.size > 0) memcpy(block, buf.ptr, buf.size);
        *bytes = block;
        *size = buf.size;
    }
    sdx_buf_deinit(&buf);
    return status;
}

void sdx_bytes_free(void *bytes, size_t size) { sdx_heap_free(sdx_heap_global(), bytes, size); }
