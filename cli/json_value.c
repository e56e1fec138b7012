/* json_value.h: from JSON. */
#include "cli/json_value.h"

#include <math.h>
#include <string.h>

#include "cli/elements.h"
#include "cli/memory.h"
#include "cli/options.h"

/* NumPy's names and ONNX's two own ones for what NumPy calls float32 and float64. */
static sdx_dtype dtype_of(sdx_str name) {
    char *const copy = mem_copy(name.ptr, name.len);
    const sdx_dtype dtype = strcmp(copy, "float") == 0    ? SDX_FLOAT32
                            : strcmp(copy, "double") == 0 ? SDX_FLOAT64
                                                          : sdx_dtype_from_name(copy);
    mem_free(copy);
    return dtype;
}

static bool unknown_dtype(sdx_str name, struct fault *fault) {
    return fault_code(
        fault, SDX_INVALID_ARGUMENT,
        "JSON: '%.*s' is no element type; there are float32, int64, string, bool, ...",
        (int)name.len, name.ptr);
}

/* ---- tensors ---- */

struct shape {
    int64_t dims[SDX_MAX_RANK];
    size_t rank;
};

static bool is_array(const struct json *json, size_t node) {
    return json->nodes[node].kind == JSON_ARRAY;
}

/* Every array of a level must have the length of the first one. */
static bool check_level(const struct json *json, size_t node, const struct shape *shape,
                        size_t level, struct fault *fault) {
    const bool leaf = level == shape->rank;
    if (is_array(json, node) == leaf ||
        (!leaf && json->nodes[node].n != (size_t)shape->dims[level])) {
        return fault_code(
            fault, SDX_INVALID_ARGUMENT,
            "JSON: the arrays are ragged at level %zu; a tensor has the same length everywhere",
            level);
    }
    for (size_t at = node + 1; !leaf && at < json->nodes[node].end; at = json->nodes[at].end) {
        if (!check_level(json, at, shape, level + 1, fault)) {
            return false;
        }
    }
    return true;
}

static bool shape_of(const struct json *json, size_t node, struct shape *out, struct fault *fault) {
    struct shape shape = {0};
    for (size_t at = node; is_array(json, at); at++) {
        if (shape.rank == SDX_MAX_RANK) {
            return fault_code(fault, SDX_INVALID_ARGUMENT,
                              "JSON: arrays are nested deeper than %d dimensions",
                              (int)SDX_MAX_RANK);
        }
        shape.dims[shape.rank++] = (int64_t)json->nodes[at].n;
        if (json->nodes[at].n == 0) {
            break;
        }
    }
    *out = shape;
    return check_level(json, node, &shape, 0, fault);
}

static bool read_shape(const struct json *json, size_t node, struct shape *out,
                       struct fault *fault) {
    struct shape shape = {0};
    if (!is_array(json, node) || json->nodes[node].n > SDX_MAX_RANK) {
        return fault_code(fault, SDX_INVALID_ARGUMENT,
                          "JSON: 'shape' must be an array of at most %d whole numbers",
                          (int)SDX_MAX_RANK);
    }
    for (size_t at = node + 1; at < json->nodes[node].end; at++) {
        if (json->nodes[at].kind != JSON_NUMBER ||
            !parse_int64(json->nodes[at].text, &shape.dims[shape.rank++]) ||
            shape.dims[shape.rank - 1] < 0) {
            return fault_code(fault, SDX_INVALID_ARGUMENT,
                              "JSON: 'shape' must hold whole numbers from 0");
        }
    }
    *out = shape;
    return true;
}

static bool set_number(sdx_dtype dtype, void *data, size_t index, const struct json_node *leaf) {
    const enum element_kind kind = element_kind(dtype);
    int64_t whole = 0;
    uint64_t positive = 0;
    double number = NAN; /* null, as the writer makes it of what JSON has no number for */
    if (kind == ELEMENT_INT || kind == ELEMENT_UINT || kind == ELEMENT_BOOL) {
        if (leaf->kind == JSON_TRUE || leaf->kind == JSON_FALSE) {
            return element_set_uint(dtype, data, index, leaf->kind == JSON_TRUE);
        }
        if (leaf->kind != JSON_NUMBER) {
            return false;
        }
        return parse_uint64(leaf->text, &positive)
                   ? element_set_uint(dtype, data, index, positive)
                   : parse_int64(leaf->text, &whole) && element_set_int(dtype, data, index, whole);
    }
    if (leaf->kind == JSON_NUMBER ||
        leaf->kind == JSON_TEXT) { /* "inf", "-inf" and "nan" in quotes */
        if (!parse_number(leaf->text, &number)) {
            return false;
        }
    } else if (leaf->kind != JSON_NULL) {
        return false;
    }
    if (kind == ELEMENT_COMPLEX) {
        const bool real = index % 2 == 0;
        element_set_complex(dtype, data, index / 2,
                            real ? number : element_get(dtype, data, index / 2),
                            real ? element_imaginary(dtype, data, index / 2) : number);
    } else {
        element_set(dtype, data, index, number);
    }
    return true;
}

static bool make_strings(const struct json *json, size_t node, const struct shape *shape, size_t n,
                         sdx_value **out, struct fault *fault) {
    sdx_str *const strings = mem_new(n, sizeof *strings);
    size_t index = 0;
    bool good = true;
    for (size_t at = node; good && at < json->nodes[node].end; at++) {
        if (!is_array(json, at)) {
            strings[index++] = json->nodes[at].text;
            good = json->nodes[at].kind == JSON_TEXT ||
                   fault_code(fault, SDX_TYPE_MISMATCH, "JSON: element %zu is no text", index - 1);
        }
    }
    good = good &&
           fault_check(fault, sdx_tensor_strings(NULL, shape->rank, shape->dims, strings, n, out));
    mem_free(strings);
    return good;
}

static bool make_numbers(const struct json *json, size_t node, sdx_dtype dtype,
                         const struct shape *shape, sdx_value **out, struct fault *fault) {
    sdx_value *tensor = NULL;
    size_t index = 0;
    if (!fault_check(fault, sdx_tensor_create(NULL, dtype, shape->rank, shape->dims, &tensor))) {
        return false;
    }
    for (size_t at = node; at < json->nodes[node].end; at++) {
        const struct json_node *const leaf = &json->nodes[at];
        if (!is_array(json, at) && !set_number(dtype, sdx_tensor_data(tensor), index++, leaf)) {
            sdx_value_release(tensor);
            return fault_code(fault, SDX_TYPE_MISMATCH, "JSON: element %zu ('%.*s') is no %s",
                              index - 1, (int)leaf->text.len, leaf->text.ptr,
                              sdx_dtype_name(dtype));
        }
    }
    *out = tensor;
    return true;
}

static sdx_dtype guess_dtype(const struct json *json, size_t node) {
    sdx_dtype dtype = SDX_FLOAT32;
    for (size_t at = node; at < json->nodes[node].end; at++) {
        if (json->nodes[at].kind == JSON_TEXT) {
            return SDX_STRING;
        }
        dtype = json->nodes[at].kind == JSON_TRUE || json->nodes[at].kind == JSON_FALSE ? SDX_BOOL
                                                                                        : dtype;
    }
    return dtype;
}

static size_t count_leaves(const struct json *json, size_t node) {
    size_t n = 0;
    for (size_t at = node; at < json->nodes[node].end; at++) {
        n += !is_array(json, at);
    }
    return n;
}

/* Exact dims that a port declares, where they hold the right number of elements and the text has
 * another shape. */
static void adopt_shape(const sdx_port_info *port, struct shape *shape, size_t n) {
    size_t declared = 0;
    if (port != NULL && port->kind == SDX_TENSOR && port->has_rank && port->rank != shape->rank &&
        elements_count(port->dims, port->rank, &declared) && declared == n) {
        shape->rank = port->rank;
        memcpy(shape->dims, port->dims, port->rank * sizeof *port->dims);
    }
}

static bool read_tensor(const struct json *json, size_t node, sdx_dtype dtype,
                        const size_t shape_node, const sdx_port_info *port, sdx_value **out,
                        struct fault *fault) {
    struct shape shape;
    size_t n = 0;
    if (!shape_of(json, node, &shape, fault)) {
        return false;
    }
    dtype = dtype != SDX_UNDEFINED ? dtype : guess_dtype(json, node);
    size_t leaves = count_leaves(json, node);
    if (element_kind(dtype) ==
        ELEMENT_COMPLEX) { /* pairs of real and imaginary part are the innermost level */
        if (shape.rank == 0 || shape.dims[shape.rank - 1] != 2) {
            return fault_code(fault, SDX_TYPE_MISMATCH,
                              "JSON: a complex number is written [real, imaginary]");
        }
        shape.rank--;
        leaves /= 2;
    }
    adopt_shape(port, &shape, leaves);
    if (shape_node != 0 && !read_shape(json, shape_node, &shape, fault)) {
        return false;
    }
    if (!elements_count(shape.dims, shape.rank, &n) || n != leaves) {
        return fault_code(fault, SDX_SHAPE_MISMATCH,
                          "JSON: there are %zu elements, which is not the product of 'shape'",
                          leaves);
    }
    return dtype == SDX_STRING ? make_strings(json, node, &shape, n, out, fault)
                               : make_numbers(json, node, dtype, &shape, out, fault);
}

/* ---- maps and sequences ---- */

/* "map(int64,float)" */
static bool map_types(sdx_str text, sdx_dtype *key, sdx_dtype *value) {
    const char *const comma = text.len > 0 ? memchr(text.ptr, ',', text.len) : NULL;
    if (text.len < 6 || memcmp(text.ptr, "map(", 4) != 0 || text.ptr[text.len - 1] != ')' ||
        comma == NULL) {
        return false;
    }
    *key = dtype_of((sdx_str){text.ptr + 4, (size_t)(comma - text.ptr) - 4});
    *value = dtype_of((sdx_str){comma + 1, text.len - 1 - (size_t)(comma + 1 - text.ptr)});
    return (*key == SDX_INT64 || *key == SDX_STRING) && *value != SDX_UNDEFINED;
}

/* The keys (column 0) or values (column 1) of the entries as a tensor: a JSON array is made of them
 * and read like any other. */
static bool read_column(const struct json *json, size_t entries, size_t column, sdx_dtype dtype,
                        sdx_value **out, struct fault *fault) {
    const size_t n = json->nodes[entries].n;
    struct json list = {.nodes = mem_new(n + 1, sizeof *list.nodes), .n = n + 1};
    bool good = true;
    list.nodes[0] = (struct json_node){.kind = JSON_ARRAY, .n = n, .end = n + 1};
    size_t index = 1;
    for (size_t at = entries + 1; at < json->nodes[entries].end; at = json->nodes[at].end) {
        if (!is_array(json, at) || json->nodes[at].n != 2 || json->nodes[at].end != at + 3) {
            good = fault_code(fault, SDX_INVALID_ARGUMENT,
                              "JSON: an entry of a map is written [key, value]");
            break;
        }
        list.nodes[index] = json->nodes[at + 1 + column];
        list.nodes[index].end = index + 1;
        index++;
    }
    good = good && read_tensor(&list, 0, dtype, 0, NULL, out, fault);
    mem_free(list.nodes);
    return good;
}

static bool read_map(const struct json *json, size_t node, size_t entries,
                     const sdx_port_info *port, sdx_value **out, struct fault *fault) {
    sdx_dtype key = port != NULL ? port->key : SDX_UNDEFINED;
    sdx_dtype value = port != NULL ? port->dtype : SDX_UNDEFINED;
    sdx_value *keys = NULL;
    sdx_value *values = NULL;
    const size_t type = json_find(json, node, "type");
    if (type != 0 && !map_types(json->nodes[type].text, &key, &value)) {
        return fault_code(fault, SDX_INVALID_ARGUMENT,
                          "JSON: 'type' is '%.*s', expected one like map(int64,float)",
                          (int)json->nodes[type].text.len, json->nodes[type].text.ptr);
    }
    if (!is_array(json, entries)) {
        return fault_code(fault, SDX_INVALID_ARGUMENT,
                          "JSON: 'entries' must be an array of [key, value]");
    }
    const bool good = read_column(json, entries, 0, key, &keys, fault) &&
                      read_column(json, entries, 1, value, &values, fault) &&
                      fault_check(fault, sdx_map_create(NULL, keys, values, out));
    sdx_value_release(keys);
    sdx_value_release(values);
    return good;
}

static bool read_sequence(const struct json *json, size_t node, const sdx_port_info *port,
                          sdx_value **out, struct fault *fault) {
    sdx_port_info element = {.kind = SDX_TENSOR,
                             .dtype = port != NULL ? port->dtype : SDX_UNDEFINED,
                             .key = port != NULL ? port->key : SDX_UNDEFINED};
    const size_t n = json->nodes[node].n;
    sdx_value **const items = mem_new(n, sizeof *items);
    size_t index = 0;
    bool good = is_array(json, node) ||
                fault_code(fault, SDX_INVALID_ARGUMENT, "JSON: 'sequence' must be an array");
    for (size_t at = node + 1; good && at < json->nodes[node].end; at = json->nodes[at].end) {
        good = json_to_value(json, at, &element, &items[index], fault) ||
               fault_in(fault, "element %zu", index);
        index += good;
    }
    good = good && fault_check(fault, sdx_sequence_create(NULL, element.dtype, items, n, out));
    for (size_t i = 0; i < index; i++) {
        sdx_value_release(items[i]);
    }
    mem_free(items);
    return good;
}

bool json_to_value(const struct json *json, size_t node, const sdx_port_info *port, sdx_value **out,
                   struct fault *fault) {
    sdx_dtype dtype = port != NULL ? port->dtype : SDX_UNDEFINED;
    if (json->nodes[node].kind != JSON_OBJECT) {
        return port != NULL && port->kind == SDX_SEQUENCE && is_array(json, node)
                   ? read_sequence(json, node, port, out, fault)
                   : read_tensor(json, node, dtype, 0, port, out, fault);
    }
    const size_t entries = json_find(json, node, "entries");
    const size_t sequence = json_find(json, node, "sequence");
    const size_t data = json_find(json, node, "data");
    const size_t type = json_find(json, node, "dtype");
    if (entries != 0) {
        return read_map(json, node, entries, port, out, fault);
    }
    if (sequence != 0) {
        return read_sequence(json, sequence, port, out, fault);
    }
    if (data == 0) {
        return fault_code(fault, SDX_INVALID_ARGUMENT,
                          "JSON: the object has none of 'data', 'entries' and 'sequence'");
    }
    if (type != 0) {
        dtype = dtype_of(json->nodes[type].text);
        if (dtype == SDX_UNDEFINED) {
            return unknown_dtype(json->nodes[type].text, fault);
        }
    }
    return read_tensor(json, data, dtype, json_find(json, node, "shape"), port, out, fault);
}
