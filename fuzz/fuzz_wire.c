/* Any bytes as the messages that files hold: decoding must end with a message or an error and keep
 * its bound on memory; what was decoded, encoded and decoded again must be the same. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/onnx_proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Large enough for each struct below. */
typedef union any_message {
    sdx_pb_model model;
    sdx_pb_tensor tensor;
    sdx_pb_sequence sequence;
    sdx_pb_optional optional;
    sdx_pb_function function;
} any_message;

static void require(bool condition) {
    if (!condition) abort();
}

/* The largest struct of all, see the bound in fields.h. */
static size_t growth(void) { return (sizeof(sdx_pb_attribute) + 96) / 2; }

static void write_again(const sdx_message_def *def, const any_message *message, sdx_arena *arena) {
    sdx_buf first;
    sdx_buf second;
    any_message again;
    sdx_buf_init(&first, arena->heap, SIZE_MAX);
    sdx_buf_init(&second, arena->heap, SIZE_MAX);
    require(sdx_wire_encode(def, message, &first) == NULL);
    require(sdx_wire_decode(def, first.ptr, first.size, arena, &again) == NULL);
    require(sdx_wire_encode(def, &again, &second) == NULL);
    require(first.size == second.size);
    require(first.size == 0 || memcmp(first.ptr, second.ptr, first.size) == 0);
    second.size = 0; /* `again` has views of `first` */
    require(sdx_wire_text(def, &again, &second) == NULL);
    sdx_buf_deinit(&first);
    sdx_buf_deinit(&second);
}

static void read_as(const sdx_message_def *def, const uint8_t *data, size_t size) {
    sdx_heap heap;
    sdx_arena arena;
    any_message message;
    sdx_heap_init(&heap, NULL, 0, "fuzz");
    sdx_arena_init(&arena, &heap);
    const sdx_status status = sdx_wire_decode(def, data, size, &arena, &message);
    require(arena.used <= size * growth());
    if (status == NULL) {
        write_again(def, &message, &arena);
    } else {
        const sdx_code code = sdx_status_code(status);
        require(code == SDX_INVALID_MODEL || code == SDX_LIMIT);
        require(strstr(sdx_status_text(status), "offset ") != NULL);
    }
    sdx_status_free(status);
    sdx_arena_deinit(&arena);
    require(heap.used == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    read_as(&sdx_pb_model_def, data, size);
    read_as(&sdx_pb_tensor_def, data, size);
    read_as(&sdx_pb_sequence_def, data, size);
    read_as(&sdx_pb_optional_def, data, size);
    read_as(&sdx_pb_function_def, data, size);
    return 0;
}
