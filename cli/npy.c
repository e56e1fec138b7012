/* npy.h: reading. */
#include "cli/npy.h"

#include <string.h>

#include "cli/elements.h"
#include "cli/json.h"
#include "cli/memory.h"
#include "cli/npy_type.h"
#include "cli/options.h"

struct header {
    struct npy_type type;
    bool fortran;
    size_t rank;
    int64_t dims[SDX_MAX_RANK];
    size_t data; /* offset of the elements */
};

static bool damaged(struct fault *fault, const char *what) {
    return fault_code(fault, SDX_INVALID_ARGUMENT, "npy: %s", what);
}

static size_t little(const unsigned char *bytes, size_t n) {
    size_t value = 0;
    for (size_t i = 0; i < n; i++) {
        value |= (size_t)bytes[i] << (8 * i);
    }
    return value;
}

/* What follows "'key':" in the header; empty when the key is missing. */
static sdx_str value_of(sdx_str header, const char *key) {
    const size_t len = strlen(key);
    for (size_t i = 0; i + len + 2 < header.len; i++) {
        if (header.ptr[i] == '\'' && memcmp(header.ptr + i + 1, key, len) == 0 &&
            header.ptr[i + 1 + len] == '\'') {
            size_t at = i + len + 2;
            while (at < header.len && (header.ptr[at] == ' ' || header.ptr[at] == ':')) {
                at++;
            }
            return (sdx_str){header.ptr + at, header.len - at};
        }
    }
    return (sdx_str){NULL, 0};
}

/* "(2, 3, 4)", "(5,)", "()" */
static bool read_dims(sdx_str text, struct header *out) {
    size_t at = 1;
    if (text.len < 2 || text.ptr[0] != '(') {
        return false;
    }
    for (;;) {
        while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == ',')) {
            at++;
        }
        if (at < text.len && text.ptr[at] == ')') {
            return true;
        }
        const size_t from = at;
        while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9') {
            at++;
        }
        if (out->rank == SDX_MAX_RANK ||
            !parse_int64((sdx_str){text.ptr + from, at - from}, &out->dims[out->rank])) {
            return false;
        }
        out->rank++;
        at += at < text.len && text.ptr[at] == 'L'; /* as Python 2 wrote long integers */
    }
}

static bool read_header(const unsigned char *bytes, size_t size, struct header *out,
                        struct fault *fault) {
    if (size < 12 || memcmp(bytes, "\x93NUMPY", 6) != 0) {
        return damaged(fault, "the file does not begin like one of numpy.save");
    }
    const size_t version = bytes[6];
    const size_t start = version == 1 ? 10 : 12;
    const size_t len = version == 1 ? little(bytes + 8, 2) : little(bytes + 8, 4);
    if (version < 1 || version > 3) {
        return fault_code(fault, SDX_UNSUPPORTED, "npy: format version %zu, expected 1 to 3",
                          version);
    }
    if (len > size - start) {
        return damaged(fault, "the header ends beyond the file");
    }
    const sdx_str text = {(const char *)bytes + start, len};
    const sdx_str type = value_of(text, "descr");
    const sdx_str order = value_of(text, "fortran_order");
    const char *const end =
        type.len > 1 && type.ptr[0] == '\'' ? memchr(type.ptr + 1, '\'', type.len - 1) : NULL;
    if (end == NULL) {
        return damaged(fault, "the header has no simple 'descr'; structured arrays are no tensors");
    }
    if (!npy_type_parse((sdx_str){type.ptr + 1, (size_t)(end - type.ptr) - 1}, &out->type)) {
        return fault_code(fault, SDX_UNSUPPORTED,
                          "npy: elements of type '%.*s' are no tensor elements",
                          (int)(end - type.ptr) - 1, type.ptr + 1);
    }
    out->fortran = order.len >= 4 && memcmp(order.ptr, "True", 4) == 0;
    out->data = start + len;
    return read_dims(value_of(text, "shape"), out) ||
           damaged(fault, "the header has no 'shape' that a tensor can have");
}

/* Offset in elements, in the file, of element `index` of the row-major tensor. */
static size_t source_of(const struct header *header, size_t index) {
    size_t offset = 0;
    if (!header->fortran) {
        return index;
    }
    size_t position[SDX_MAX_RANK];
    for (size_t i = header->rank; i > 0; i--) {
        position[i - 1] = index % (size_t)header->dims[i - 1];
        index /= (size_t)header->dims[i - 1];
    }
    for (size_t i = header->rank; i > 0; i--) {
        offset = offset * (size_t)header->dims[i - 1] + position[i - 1];
    }
    return offset;
}

static bool read_strings(const struct header *header, const unsigned char *data, size_t n,
                         sdx_value **out, struct fault *fault) {
    sdx_str *const strings = mem_new(n, sizeof *strings);
    struct text *const texts = mem_new(n, sizeof *texts);
    for (size_t i = 0; i < n; i++) {
        npy_string(&header->type, data + source_of(header, i) * header->type.size, &texts[i]);
        strings[i] = (sdx_str){text_get(&texts[i]), texts[i].len};
    }
    const bool good =
        fault_check(fault, sdx_tensor_strings(NULL, header->rank, header->dims, strings, n, out));
    for (size_t i = 0; i < n; i++) {
        text_free(&texts[i]);
    }
    mem_free(texts);
    mem_free(strings);
    return good;
}

static bool read_numbers(const struct header *header, sdx_dtype dtype, const unsigned char *data,
                         size_t n, sdx_value **out, struct fault *fault) {
    const size_t size = header->type.size;
    const size_t part =
        element_kind(dtype) == ELEMENT_COMPLEX ? size / 2 : size; /* what a byte order is about */
    sdx_value *tensor = NULL;
    if (!fault_check(fault, sdx_tensor_create(NULL, dtype, header->rank, header->dims, &tensor))) {
        return false;
    }
    unsigned char *const to = sdx_tensor_data(tensor);
    if (!header->fortran && !header->type.swapped) {
        if (n > 0) {
            memcpy(to, data, n * size);
        }
    } else {
        for (size_t i = 0; i < n; i++) {
            const unsigned char *const from = data + source_of(header, i) * size;
            for (size_t k = 0; k < size; k++) {
                const size_t mirrored = k / part * part + (part - 1 - k % part);
                to[i * size + k] = from[header->type.swapped ? mirrored : k];
            }
        }
    }
    for (size_t i = 0; dtype == SDX_BOOL && i < n; i++) {
        to[i] = to[i] != 0;
    }
    *out = tensor;
    return true;
}

bool npy_parse(const void *bytes, size_t size, const sdx_port_info *port, sdx_value **out,
               struct fault *fault) {
    struct header header = {0};
    size_t n = 0;
    if (!read_header(bytes, size, &header, fault)) {
        return false;
    }
    sdx_dtype dtype = header.type.dtype;
    if (dtype == SDX_UNDEFINED && port != NULL &&
        sdx_dtype_bits(port->dtype) == 8 * header.type.size && port->dtype != SDX_STRING) {
        dtype = port->dtype;
    }
    if (dtype == SDX_UNDEFINED) {
        return fault_code(
            fault, SDX_UNSUPPORTED,
            "npy: elements are %zu opaque bytes, and the input has no type of that width",
            header.type.size);
    }
    const size_t have = size - header.data;
    if (!elements_count(header.dims, header.rank, &n) ||
        (header.type.size > 0 && n > have / header.type.size) || n * header.type.size != have ||
        (header.type.size == 0 && n > UINT16_MAX)) {
        return fault_code(
            fault, SDX_INVALID_ARGUMENT,
            "npy: %zu bytes of elements, which is not what the shape in the header needs", have);
    }
    const unsigned char *const data = (const unsigned char *)bytes + header.data;
    return dtype == SDX_STRING ? read_strings(&header, data, n, out, fault)
                               : read_numbers(&header, dtype, data, n, out, fault);
}
