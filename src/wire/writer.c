/* Protobuf primitives. */
#include "wire/writer.h"

#include "wire/limits.h"

size_t sdx_wire_varint_size(uint64_t value) {
    size_t size = 1;
    for (; value >= 0x80; value >>= 7)
        size++;
    return size;
}

sdx_status sdx_wire_put_varint(sdx_buf *out, uint64_t value) {
    uint8_t bytes[SDX_WIRE_MAX_VARINT];
    size_t size = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[size++] = (uint8_t)(value | 0x80);
    bytes[size++] = (uint8_t)value;
    return sdx_buf_append(out, bytes, size);
}

sdx_status sdx_wire_put_tag(sdx_buf *out, uint32_t number, sdx_wire_type type) {
    return sdx_wire_put_varint(out, (uint64_t)number << 3 | (uint64_t)type);
}

sdx_status sdx_wire_put_number(sdx_buf *out, sdx_wire_type type, uint64_t bits) {
    if (type == SDX_WIRE_VARINT) return sdx_wire_put_varint(out, bits);
    uint8_t bytes[8];
    const size_t size = type == SDX_WIRE_FIXED64 ? 8 : 4;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(bits >> (8 * i));
    return sdx_buf_append(out, bytes, size);
}

sdx_status sdx_wire_put_bytes(sdx_buf *out, uint32_t number, sdx_str bytes) {
    SDX_TRY(sdx_wire_put_tag(out, number, SDX_WIRE_BYTES));
    SDX_TRY(sdx_wire_put_varint(out, bytes.len));
    return bytes.len == 0 ? NULL : sdx_buf_append(out, bytes.ptr, bytes.len);
}
