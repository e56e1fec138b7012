/* Any bytes as a serialised value of each kind, and as a sparse tensor: reading must end with a
 * value or an error and leave no memory behind; what was read, written and read again must be the
 * same. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
    if (!condition) abort();
}

static void write_again(sdx_store *store, const sdx_value *value) {
    sdx_buf first, second;
    sdx_value *again;
    sdx_buf_init(&first, sdx_store_heap(store), SIZE_MAX);
    sdx_buf_init(&second, sdx_store_heap(store), SIZE_MAX);
    const sdx_status status = sdx_value_to_proto(value, SDX_STR("x"), &first);
    if (status) { /* written out, a map has one level more than it may have been read with */
        require(sdx_status_code(status) == SDX_LIMIT);
    } else {
        require(!sdx_value_from_proto(store, value->kind, first.ptr, first.size, &again, NULL));
        require(!sdx_value_to_proto(again, SDX_STR("x"), &second));
        require(first.size == second.size && !memcmp(first.ptr, second.ptr, first.size));
        sdx_value_release(again);
    }
    sdx_status_free(status);
    sdx_buf_deinit(&first);
    sdx_buf_deinit(&second);
}

static void read_value(sdx_kind kind, const uint8_t *data, size_t size) {
    sdx_store *store;
    sdx_value *value;
    require(!sdx_store_create(NULL, 0, "fuzz", &store));
    const sdx_status status = sdx_value_from_proto(store, kind, data, size, &value, NULL);
    if (!status) {
        write_again(store, value);
        sdx_value_release(value);
    }
    sdx_status_free(status);
    sdx_store_trim(store);
    require(sdx_store_heap(store)->used == 0);
    sdx_store_release(store);
}

static void read_sparse(const uint8_t *data, size_t size) {
    sdx_arena arena;
    sdx_pb_sparse_tensor proto;
    sdx_view view;
    sdx_arena_init(&arena, sdx_heap_global());
    sdx_status status = sdx_wire_decode(&sdx_pb_sparse_tensor_def, data, size, &arena, &proto);
    if (!status) status = sdx_tensor_from_sparse(&proto, 1 << 20, &arena, &view);
    if (!status) require(view.len == 0 || view.data);
    sdx_status_free(status);
    sdx_arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    read_value(SDX_TENSOR, data, size);
    read_value(SDX_SEQUENCE, data, size);
    read_value(SDX_MAP, data, size);
    read_value(SDX_OPTIONAL, data, size);
    read_sparse(data, size);
    return 0;
}
