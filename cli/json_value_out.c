/* json_value.h: to JSON. */
#include <math.h>

#include "cli/elements.h"
#include "cli/json_value.h"

/* NaN and infinities, which JSON has no numbers for, are texts that json_to_value reads. */
static void add_number(struct json_out *out, double number) {
    if (isfinite(number)) {
        json_number(out, NULL, number);
    } else {
        json_text(out, NULL, isnan(number) ? "nan" : number > 0 ? "inf" : "-inf");
    }
}

static void add_element(struct json_out *out, sdx_dtype dtype, const void *data, size_t index) {
    switch (element_kind(dtype)) {
    case ELEMENT_BOOL: json_bool(out, NULL, element_uint(dtype, data, index) != 0); break;
    case ELEMENT_INT: json_int(out, NULL, element_int(dtype, data, index)); break;
    case ELEMENT_UINT: json_uint(out, NULL, element_uint(dtype, data, index)); break;
    case ELEMENT_FLOAT: add_number(out, element_get(dtype, data, index)); break;
    case ELEMENT_COMPLEX:
        json_open(out, NULL, '[');
        add_number(out, element_get(dtype, data, index));
        add_number(out, element_imaginary(dtype, data, index));
        json_close(out, ']');
        break;
    case ELEMENT_STRING: json_str(out, NULL, ((const sdx_str *)data)[index]); break;
    case ELEMENT_NONE: break;
    }
}

static void add_level(struct json_out *out, const char *key, const sdx_value *tensor, size_t level,
                      size_t *index) {
    const sdx_dtype dtype = sdx_tensor_dtype(tensor);
    if (level == sdx_tensor_rank(tensor)) {
        add_element(out, dtype, sdx_tensor_data(tensor), (*index)++);
        return;
    }
    json_open(out, key, '[');
    for (int64_t i = 0; i < sdx_tensor_dims(tensor)[level] && sdx_tensor_len(tensor) > 0; i++) {
        add_level(out, NULL, tensor, level + 1, index);
    }
    json_close(out, ']');
}

static void add_tensor(struct json_out *out, const char *key, const sdx_value *tensor) {
    size_t index = 0;
    json_open(out, key, '{');
    json_text(out, "dtype", sdx_dtype_name(sdx_tensor_dtype(tensor)));
    json_open(out, "shape", '[');
    for (size_t i = 0; i < sdx_tensor_rank(tensor); i++) {
        json_int(out, NULL, sdx_tensor_dims(tensor)[i]);
    }
    json_close(out, ']');
    if (sdx_tensor_rank(tensor) == 0) {
        json_open(out, "data", '[');
        add_element(out, sdx_tensor_dtype(tensor), sdx_tensor_data(tensor), 0);
        json_close(out, ']');
    } else {
        add_level(out, "data", tensor, 0, &index);
    }
    json_close(out, '}');
}

static void add_map(struct json_out *out, const char *key, const sdx_value *map) {
    const sdx_value *const keys = sdx_map_keys(map);
    const sdx_value *const values = sdx_map_values(map);
    const size_t n = sdx_tensor_len(keys);
    json_open(out, key, '{');
    if (sdx_tensor_len(values) == n) {
        struct text type = {0};
        text_add(&type, "map(%s,%s)", sdx_dtype_name(sdx_tensor_dtype(keys)),
                 sdx_dtype_name(sdx_tensor_dtype(values)));
        json_text(out, "type", text_get(&type));
        text_free(&type);
        json_open(out, "entries", '[');
        for (size_t i = 0; i < n; i++) {
            json_open(out, NULL, '[');
            add_element(out, sdx_tensor_dtype(keys), sdx_tensor_data(keys), i);
            add_element(out, sdx_tensor_dtype(values), sdx_tensor_data(values), i);
            json_close(out, ']');
        }
        json_close(out, ']');
    } else { /* rows longer than one element */
        add_tensor(out, "keys", keys);
        add_tensor(out, "values", values);
    }
    json_close(out, '}');
}

void json_from_value(struct json_out *out, const char *key, const sdx_value *value) {
    if (value == NULL) {
        json_null(out, key);
        return;
    }
    const sdx_kind kind = sdx_value_kind(value);
    if (kind == SDX_OPTIONAL) {
        json_from_value(out, key, sdx_optional_get(value));
    } else if (kind == SDX_TENSOR) {
        add_tensor(out, key, value);
    } else if (kind == SDX_MAP) {
        add_map(out, key, value);
    } else {
        json_open(out, key, '{');
        json_open(out, "sequence", '[');
        for (size_t i = 0; i < sdx_sequence_len(value); i++) {
            json_from_value(out, NULL, sdx_sequence_at(value, i));
        }
        json_close(out, ']');
        json_close(out, '}');
    }
}
