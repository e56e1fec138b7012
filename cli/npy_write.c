/* npy.h: writing, format version 1. */
#include <inttypes.h>

#include "cli/elements.h"
#include "cli/npy.h"
#include "cli/npy_type.h"

/* Code points of UTF-8 text; bytes that are not UTF-8 stand for themselves. Adds them to `out` as
 * UTF-32 unless that is NULL. */
static size_t code_points(sdx_str str, struct text *out) {
    size_t n = 0;
    for (size_t i = 0; i < str.len; n++) {
        const unsigned char c = (unsigned char)str.ptr[i];
        const size_t len = c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 1;
        uint32_t code = len == 1 ? c : c & (0x7fu >> len);
        size_t used = 1;
        while (used < len && i + used < str.len &&
               ((unsigned char)str.ptr[i + used] & 0xc0) == 0x80) {
            code = code << 6 | ((unsigned char)str.ptr[i + used] & 0x3fu);
            used++;
        }
        code = used == len ? code : c;
        i += used == len ? len : 1;
        for (unsigned shift = 0; out != NULL && shift < 32; shift += 8) {
            const unsigned char byte = (unsigned char)(code >> shift);
            text_bytes(out, &byte, 1);
        }
    }
    return n;
}

static void add_header(struct text *out, const char *type, const sdx_value *tensor) {
    struct text header = {0};
    text_add(&header, "{'descr': '%s', 'fortran_order': False, 'shape': (", type);
    for (size_t i = 0; i < sdx_tensor_rank(tensor); i++) {
        text_add(&header, "%s%" PRId64, i > 0 ? ", " : "", sdx_tensor_dims(tensor)[i]);
    }
    text_add(&header, "%s), }", sdx_tensor_rank(tensor) == 1 ? "," : "");
    text_repeat(&header, ' ', 63 - (10 + header.len) % 64); /* elements begin at a multiple of 64 */
    text_bytes(&header, "\n", 1);
    const unsigned char len[2] = {(unsigned char)header.len, (unsigned char)(header.len >> 8)};
    text_bytes(out, "\x93NUMPY\x01\x00", 8);
    text_bytes(out, len, 2);
    text_bytes(out, header.ptr, header.len);
    text_free(&header);
}

static void format_strings(const sdx_value *tensor, struct text *out) {
    const sdx_str *const strings = sdx_tensor_data(tensor);
    const size_t n = sdx_tensor_len(tensor);
    struct text type = {0};
    size_t longest = 1;
    for (size_t i = 0; i < n; i++) {
        const size_t len = code_points(strings[i], NULL);
        longest = len > longest ? len : longest;
    }
    text_add(&type, "<U%zu", longest);
    add_header(out, text_get(&type), tensor);
    for (size_t i = 0; i < n; i++) {
        text_repeat(out, 0, 4 * (longest - code_points(strings[i], out)));
    }
    text_free(&type);
}

bool npy_format(const sdx_value *tensor, struct text *out, struct fault *fault) {
    const sdx_dtype dtype = sdx_tensor_dtype(tensor);
    const char *const type = npy_type_name(dtype);
    if (sdx_value_kind(tensor) != SDX_TENSOR) {
        return fault_code(fault, SDX_UNSUPPORTED,
                          "npy: only tensors have this form; write .pb or .json");
    }
    if (dtype == SDX_STRING) {
        format_strings(tensor, out);
        return true;
    }
    if (type == NULL) {
        return fault_code(fault, SDX_UNSUPPORTED,
                          "npy: NumPy has no type %s; write .pb, .json or .raw",
                          sdx_dtype_name(dtype));
    }
    add_header(out, type, tensor);
    text_bytes(out, sdx_tensor_data(tensor), sdx_tensor_size(tensor));
    return true;
}
