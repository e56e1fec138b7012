/* proto.h: the library reads the values; here stands only what tells a tensor from the containers.
 */
#include "cli/proto.h"

#include "cli/memory.h"

static bool read_varint(const unsigned char *bytes, size_t size, size_t *at, uint64_t *out) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && *at < size; shift += 7) {
        const unsigned char byte = bytes[(*at)++];
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out = value;
            return true;
        }
    }
    return false;
}

/* Protocol Buffers wire types: 0 varint, 1 eight bytes, 2 counted bytes, 5 four bytes. ONNX
 * onnx.proto: TensorProto.dims is field 1 and a varint, where the containers have their name;
 * fields 8 and up (name, raw_data, ...) are TensorProto's alone. */
bool proto_is_tensor(const void *bytes, size_t size) {
    size_t at = 0;
    uint64_t key = 0;
    uint64_t value = 0;
    while (at < size) {
        if (!read_varint(bytes, size, &at, &key)) {
            return false;
        }
        if (key >> 3 >= 8 || key == (1 << 3 | 0)) {
            return true;
        }
        size_t skip = (key & 7) == 1 ? 8 : (key & 7) == 5 ? 4 : 0;
        if ((key & 7) == 0 || (key & 7) == 2) {
            if (!read_varint(bytes, size, &at, &value)) {
                return false;
            }
            if ((key & 7) == 2 && value > size - at) {
                return false;
            }
            skip = (key & 7) == 2 ? (size_t)value : 0;
        } else if (skip == 0) {
            return false;
        }
        if (skip > size - at) {
            return false;
        }
        at += skip;
    }
    return false;
}

bool proto_parse(const void *bytes, size_t size, sdx_kind kind, sdx_value **out, char **name,
                 struct fault *fault) {
    const sdx_kind found = kind != SDX_TENSOR && proto_is_tensor(bytes, size) ? SDX_TENSOR : kind;
    sdx_str view = {0};
    if (!fault_check(fault, sdx_value_parse(NULL, found, bytes, size, out, &view))) {
        return false;
    }
    if (name != NULL) {
        *name = mem_copy(view.ptr, view.len);
    }
    return true;
}

bool proto_read(const char *path, const sdx_port_info *port, sdx_value **out, char **name,
                struct fault *fault) {
    struct bytes bytes = {0};
    if (!file_read(path, &bytes, fault)) {
        return false;
    }
    const bool good = proto_parse(bytes.ptr, bytes.size, port->kind, out, name, fault);
    bytes_free(&bytes);
    return good || fault_in(fault, "file '%s'", path);
}
