/* value_file.h: a table of endings. */
#include "cli/value_file.h"

#include <string.h>

#include "cli/elements.h"
#include "cli/json_value.h"
#include "cli/memory.h"
#include "cli/npy.h"
#include "cli/proto.h"
#include "cli/zip.h"

/* ---- reading ---- */

static bool read_npy(const struct bytes *bytes, const struct value_wish *wish, sdx_value **out,
                     struct fault *fault) {
    return npy_parse(bytes->ptr, bytes->size, wish->port, out, fault);
}

static bool names_port(const struct zip_member *member, const sdx_port_info *port) {
    static const char ending[] = ".npy";
    const size_t len = sizeof ending - 1;
    return member->name.len == port->name.len + len &&
           memcmp(member->name.ptr + port->name.len, ending, len) == 0 &&
           str_same((sdx_str){member->name.ptr, port->name.len}, port->name);
}

static bool read_npz(const struct bytes *bytes, const struct value_wish *wish, sdx_value **out,
                     struct fault *fault) {
    struct zip zip = {0};
    if (!zip_open(bytes->ptr, bytes->size, &zip, fault)) {
        return false;
    }
    const struct zip_member *member = zip.n == 1 ? &zip.members[0] : NULL;
    for (size_t i = 0; i < zip.n; i++) {
        member = names_port(&zip.members[i], wish->port) ? &zip.members[i] : member;
    }
    struct bytes content = {0};
    bool good =
        member != NULL ||
        fault_code(fault, SDX_NOT_FOUND, "npz: there are %zu arrays and none is called '%.*s'",
                   zip.n, (int)wish->port->name.len, wish->port->name.ptr);
    good = good && zip_read(&zip, member, &content, fault) &&
           npy_parse(content.ptr, content.size, wish->port, out, fault);
    bytes_free(&content);
    zip_close(&zip);
    return good;
}

static bool read_json(const struct bytes *bytes, const struct value_wish *wish, sdx_value **out,
                      struct fault *fault) {
    struct json json = {0};
    if (!json_parse(bytes->ptr, bytes->size, &json, fault)) {
        return false;
    }
    char *const name = mem_copy(wish->port->name.ptr, wish->port->name.len);
    const size_t named = json_find(&json, 0, name);
    const bool good = json_to_value(&json, named, wish->port, out, fault);
    mem_free(name);
    json_free(&json);
    return good;
}

static bool read_proto(const struct bytes *bytes, const struct value_wish *wish, sdx_value **out,
                       struct fault *fault) {
    return proto_parse(bytes->ptr, bytes->size, wish->port->kind, out, NULL, fault);
}

/* The dims of raw elements: as wished, one unknown dim follows from the size of the file. */
static bool raw_dims(const struct value_wish *wish, size_t size, int64_t *dims,
                     struct fault *fault) {
    const size_t rank = wish->rank;
    size_t unknown = rank;
    size_t n = 0;
    size_t row = 0;
    for (size_t i = 0; i < rank; i++) {
        dims[i] = wish->dims[i];
        if (dims[i] < 0) {
            if (unknown < rank) {
                return fault_set(
                    fault, EXIT_USAGE,
                    "raw: the shape is not known; give it with --shape %.*s=1x3x224x224",
                    (int)wish->port->name.len, wish->port->name.ptr);
            }
            unknown = i;
            dims[i] = 1;
        }
    }
    if (!elements_count(dims, rank, &n) || !elements_size(wish->port->dtype, n, &row)) {
        return fault_code(fault, SDX_LIMIT,
                          "raw: the shape has more elements than memory can hold");
    }
    if (unknown < rank && row > 0 && size % row == 0) {
        dims[unknown] = (int64_t)(size / row);
    }
    return true;
}

static bool read_raw(const struct bytes *bytes, const struct value_wish *wish, sdx_value **out,
                     struct fault *fault) {
    int64_t dims[SDX_MAX_RANK] = {0};
    size_t n = 0;
    size_t need = 0;
    const sdx_dtype dtype = wish->port->dtype;
    if (wish->port->kind != SDX_TENSOR || dtype == SDX_STRING) {
        return fault_code(fault, SDX_UNSUPPORTED, "raw: only tensors of numbers have this form");
    }
    if (!raw_dims(wish, bytes->size, dims, fault)) {
        return false;
    }
    const size_t rank = wish->rank;
    if (!elements_count(dims, rank, &n) || !elements_size(dtype, n, &need) || need != bytes->size) {
        struct text shape = {0};
        text_shape(&shape, dims, rank);
        fault_code(fault, SDX_SHAPE_MISMATCH,
                   "raw: the file has %zu bytes, %s of shape %s needs %zu", bytes->size,
                   sdx_dtype_name(dtype), text_get(&shape), need);
        text_free(&shape);
        return false;
    }
    if (!fault_check(fault, sdx_tensor_create(NULL, dtype, rank, dims, out))) {
        return false;
    }
    if (need > 0) {
        memcpy(sdx_tensor_data(*out), bytes->ptr, need);
    }
    return true;
}

/* ---- writing ---- */

static bool write_npy(const char *name, const sdx_value *value, struct text *out,
                      struct fault *fault) {
    (void)name;
    return npy_format(value, out, fault);
}

static bool write_npz(const char *name, const sdx_value *value, struct text *out,
                      struct fault *fault) {
    struct zip_out zip = {0};
    struct text content = {0};
    struct text member = {0};
    text_add(&member, "%s.npy", name);
    const bool good = npy_format(value, &content, fault) &&
                      zip_add(&zip, text_get(&member), content.ptr, content.len, fault);
    if (good) {
        zip_end(&zip);
        text_bytes(out, zip.archive.ptr, zip.archive.len);
    }
    zip_out_free(&zip);
    text_free(&content);
    text_free(&member);
    return good;
}

static bool write_json(const char *name, const sdx_value *value, struct text *out,
                       struct fault *fault) {
    struct json_out json = {0};
    (void)name;
    (void)fault;
    json_from_value(&json, NULL, value);
    text_bytes(out, json.text.ptr, json.text.len);
    text_bytes(out, "\n", 1);
    text_free(&json.text);
    return true;
}

static bool write_proto(const char *name, const sdx_value *value, struct text *out,
                        struct fault *fault) {
    void *bytes = NULL;
    size_t size = 0;
    if (!fault_check(fault, sdx_value_serialize(NULL, value, name, &bytes, &size))) {
        return false;
    }
    text_bytes(out, bytes, size);
    sdx_bytes_free(bytes, size);
    return true;
}

static bool write_raw(const char *name, const sdx_value *value, struct text *out,
                      struct fault *fault) {
    (void)name;
    if (sdx_value_kind(value) != SDX_TENSOR || sdx_tensor_dtype(value) == SDX_STRING) {
        return fault_code(fault, SDX_UNSUPPORTED,
                          "raw: only tensors of numbers have this form; write .pb or .json");
    }
    text_bytes(out, sdx_tensor_data(value), sdx_tensor_size(value));
    return true;
}

/* ---- formats ---- */

static const struct format {
    const char *extension;
    bool (*read)(const struct bytes *bytes, const struct value_wish *wish, sdx_value **out,
                 struct fault *fault);
    bool (*write)(const char *name, const sdx_value *value, struct text *out, struct fault *fault);
} formats[] = {
    {"npy", read_npy, write_npy},    {"npz", read_npz, write_npz}, {"pb", read_proto, write_proto},
    {"json", read_json, write_json}, {"bin", read_raw, write_raw}, {"raw", read_raw, write_raw},
};

bool path_ends(const char *path, const char *extension) {
    const char *at = path_extension(path);
    while (*at != 0 &&
           (*at == *extension || (*at >= 'A' && *at <= 'Z' && *at + ('a' - 'A') == *extension))) {
        at++;
        extension++;
    }
    return *at == 0 && *extension == 0;
}

static const struct format *format_of(const char *path) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (path_ends(path, formats[i].extension)) {
            return &formats[i];
        }
    }
    return strcmp(path, "-") == 0 ? &formats[3] : NULL;
}

bool value_file_known(const char *path) { return format_of(path) != NULL; }

static bool unknown_format(const char *path, struct fault *fault) {
    return fault_set(fault, EXIT_USAGE,
                     "file '%s': its ending says no format; there are .npy .npz .pb .json .bin "
                     ".raw and, for inputs, .png .jpg .ppm .pgm",
                     path);
}

bool value_read(const char *path, const struct value_wish *wish, sdx_value **out,
                struct fault *fault) {
    const struct format *const format = format_of(path);
    struct bytes bytes = {0};
    if (format == NULL) {
        return unknown_format(path, fault);
    }
    if (!file_read(path, &bytes, fault)) {
        return false;
    }
    const bool good = format->read(&bytes, wish, out, fault);
    bytes_free(&bytes);
    return good || fault_in(fault, "file '%s'", path);
}

bool value_write(const char *path, const char *name, const sdx_value *value, struct fault *fault) {
    const struct format *const format = format_of(path);
    struct text bytes = {0};
    if (format == NULL) {
        return unknown_format(path, fault);
    }
    const bool good =
        (format->write(name, value, &bytes, fault) || fault_in(fault, "file '%s'", path)) &&
        file_write(path, bytes.ptr, bytes.len, fault);
    text_free(&bytes);
    return good;
}
