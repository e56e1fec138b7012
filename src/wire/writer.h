/* Protobuf primitives, appended to a buffer: what an encoder, or somebody who writes a message by
 * hand, is made of. */
#ifndef SDX_WIRE_WRITER_H
#define SDX_WIRE_WRITER_H

#include <stdint.h>

#include "base/str.h"
#include "wire/reader.h"

/* Bytes that the number takes as a varint: 1 to 10. */
size_t sdx_wire_varint_size(uint64_t value);

/* Negative int32 and enum values are given extended by their sign, as (uint64_t)(int64_t)value. */
sdx_status sdx_wire_put_varint(sdx_buf *out, uint64_t value) SDX_NODISCARD;
sdx_status sdx_wire_put_tag(sdx_buf *out, uint32_t number, sdx_wire_type type) SDX_NODISCARD;
/* A number without its tag: a varint, or 4 or 8 little-endian bytes, as `type` says. */
sdx_status sdx_wire_put_number(sdx_buf *out, sdx_wire_type type, uint64_t bits) SDX_NODISCARD;
/* A length-delimited field: tag, length, bytes. */
sdx_status sdx_wire_put_bytes(sdx_buf *out, uint32_t number, sdx_str bytes) SDX_NODISCARD;

#endif
