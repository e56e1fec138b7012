/* Inputs made up from types: small, and of numbers that operators may stumble over. One number
 * decides all of them. */
#include <math.h>
#include <string.h>

#include "model/trial.h"
#include "tensor/value.h"

#define T fuzz_trial
#define NUMBER(id, type, x)                                                             \
    {                                                                                   \
        .number = (id), .kind = SDX_FIELD_##type, .offset = offsetof(T, x), .name = #x, \
        .extra = offsetof(T, has_##x)                                                   \
    }
static const sdx_field_def trial_fields[] = {
    NUMBER(1000, UINT32, elements),
    NUMBER(1001, UINT32, sizes),
    NUMBER(1002, UINT32, fail_at),
    NUMBER(1003, BOOL, fail_after),
    NUMBER(1004, UINT32, choices),
    {.number = 1005,
     .kind = SDX_FIELD_BYTES,
     .label = SDX_FIELD_MANY,
     .offset = offsetof(T, input),
     .extra = offsetof(T, n_input),
     .name = "input"},
};
const sdx_message_def fuzz_trial_def = {.name = "Trial",
                                        .size = sizeof(fuzz_trial),
                                        .fields = trial_fields,
                                        .n_fields = sizeof trial_fields / sizeof trial_fields[0]};

enum { MOST_ELEMENTS = 1 << 18 };

typedef struct source {
    uint64_t state;
    uint32_t sizes;
} source;

static uint64_t next(source *s) {
    s->state = s->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return s->state >> 33;
}

/* Mostly small numbers; some that do not fit, are no numbers or end a range. */
static double number(source *s) {
    static const double odd[] = {NAN,    INFINITY,     -INFINITY,     -0.0, 1e-40, 1e30,  -1e30,
                                 9.3e18, 2147483648.0, -2147483648.0, 255,  -129,  65504, 0.5};
    const uint64_t bits = next(s);
    if (s->sizes % 4 == 3 && bits % 8 == 0) return odd[bits / 8 % (sizeof odd / sizeof *odd)];
    if (s->sizes % 2 == 0) return (double)(bits % 3);
    return (double)(bits % 64) / 8.0 - 2.0;
}

static sdx_value *strings(source *s, size_t rank, const int64_t *dims, size_t len) {
    static const char *const words[] = {
        "",  "a",        "b c", "0",      "-1.5e3",        "the quick, brown", "\xc3\xa9t\xc3\xa9",
        "x", "\xff\xfe", "NaN", "abcabc", "http://a.b/c?d"};
    sdx_str list[256];
    sdx_value *value = NULL;
    if (len > sizeof list / sizeof *list) return NULL;
    for (size_t i = 0; i < len; i++) {
        list[i] = sdx_str_from(words[next(s) % (sizeof words / sizeof *words)]);
    }
    sdx_status_free(sdx_tensor_strings(NULL, rank, dims, list, len, &value));
    return value;
}

static sdx_value *tensor(source *s, sdx_dtype dtype, size_t rank, const int64_t *dims) {
    sdx_value *value = NULL;
    size_t len = 1;
    for (size_t i = 0; i < rank; i++) {
        len *= (size_t)dims[i];
    }
    if (dtype == SDX_STRING) return strings(s, rank, dims, len);
    sdx_status_free(sdx_tensor_create(NULL, dtype, rank, dims, &value));
    for (size_t i = 0; value != NULL && i < value->view.len; i++) {
        if (dtype == SDX_BOOL)
            ((uint8_t *)value->view.data)[i] = next(s) & 1;
        else
            sdx_view_set_double(&value->view, i, number(s));
    }
    return value;
}

/* The same symbol has the same size. */
static int64_t size_of(const source *s, sdx_str symbol) {
    static const int64_t sizes[] = {2, 3, 1, 4, 2, 8, 0, 5};
    return sizes[(sdx_str_hash(symbol) + s->sizes) % (sizeof sizes / sizeof *sizes)];
}

static sdx_value *declared_tensor(source *s, const sdx_port_info *port) {
    int64_t dims[SDX_MAX_RANK];
    const size_t rank = port->has_rank ? port->rank : s->sizes / 8 % 5;
    int64_t len = 1;
    for (size_t i = 0; i < rank; i++) {
        const bool known = port->has_rank && port->dims[i] >= 0;
        dims[i] =
            known ? port->dims[i] : size_of(s, port->has_rank ? port->symbols[i] : SDX_STR("r"));
        if (dims[i] > MOST_ELEMENTS / (len > 0 ? len : 1))
            dims[i] = 1; /* to end in an error of shapes */
        len *= dims[i];
    }
    return tensor(s, port->dtype, rank, dims);
}

static sdx_value *sequence(source *s, sdx_dtype dtype) {
    sdx_value *items[3] = {0}, *value = NULL;
    const size_t n = next(s) % 4;
    size_t made = 0;
    for (size_t i = 0; i < n; i++) {
        const int64_t dims[] = {2, (int64_t)(s->sizes % 2 == 0 ? 3 : next(s) % 4)};
        items[i] = tensor(s, dtype, next(s) % 8 == 0 ? 1 : 2, dims);
        made += items[i] != NULL;
    }
    if (made == n) sdx_status_free(sdx_sequence_create(NULL, dtype, items, n, &value));
    for (size_t i = 0; i < n; i++) {
        sdx_value_release(items[i]);
    }
    return value;
}

static sdx_value *map(source *s, sdx_dtype key, sdx_dtype dtype) {
    static const int64_t numbers[] = {3, -1, 0, INT64_MAX};
    static const sdx_str texts[] = {{"a", 1}, {"", 0}, {"b c", 3}, {"0", 1}};
    const int64_t dims[] = {(int64_t)(next(s) % 5)};
    sdx_value *keys = NULL, *values = tensor(s, dtype, 1, dims), *value = NULL;
    if (key == SDX_STRING)
        sdx_status_free(sdx_tensor_strings(NULL, 1, dims, texts, (size_t)dims[0], &keys));
    else
        sdx_status_free(sdx_tensor_create(NULL, SDX_INT64, 1, dims, &keys));
    if (key != SDX_STRING && keys != NULL && keys->view.len > 0)
        memcpy(keys->view.data, numbers, keys->view.len * sizeof *numbers);
    if (keys != NULL && values != NULL) sdx_status_free(sdx_map_create(NULL, keys, values, &value));
    sdx_value_release(keys);
    sdx_value_release(values);
    return value;
}

static sdx_value *optional(source *s, const sdx_port_info *port) {
    sdx_value *value = NULL, *item = NULL;
    const int64_t dims[] = {2, 3};
    if (next(s) % 3 == 0)
        item = sequence(s, port->dtype);
    else if (next(s) % 4 != 0)
        item = tensor(s, port->dtype, 2, dims);
    sdx_status_free(sdx_optional_create(NULL, item, &value));
    sdx_value_release(item);
    return value;
}

sdx_value *fuzz_input(const fuzz_trial *trial, const sdx_port_info *port, size_t index,
                      unsigned round) {
    source s = {.state = trial->elements * UINT64_C(0x9e3779b97f4a7c15) + index,
                .sizes = trial->sizes + round};
    sdx_value *value = NULL;
    const sdx_str given = index < trial->n_input ? trial->input[index] : (sdx_str){0};
    if (given.len > 0) {
        sdx_status_free(sdx_value_parse(NULL, port->kind, given.ptr, given.len, &value, NULL));
        return value;
    }
    next(&s);
    if (port->dtype == SDX_UNDEFINED && port->kind != SDX_TENSOR) return NULL;
    switch (port->kind) {
    case SDX_SEQUENCE: return sequence(&s, port->dtype);
    case SDX_MAP: return map(&s, port->key, port->dtype);
    case SDX_OPTIONAL: return optional(&s, port);
    case SDX_TENSOR: break;
    }
    sdx_port_info known = *port;
    if (known.dtype == SDX_UNDEFINED) known.dtype = SDX_FLOAT32;
    return declared_tensor(&s, &known);
}
