/* TensorProto and SparseTensorProto to views. A table says which data field carries which element
 * type; one path checks all of them before an element is looked at. */
#include "tensor/proto.h"

#include <string.h>

#include "base/checked.h"

typedef enum data_field {
    FIELD_RAW,
    FIELD_FLOAT,
    FIELD_INT32,
    FIELD_STRING,
    FIELD_INT64,
    FIELD_DOUBLE,
    FIELD_UINT64,
    N_FIELDS
} data_field;

static const char *const field_names[N_FIELDS] = {
    [FIELD_RAW] = "raw_data",       [FIELD_FLOAT] = "float_data", [FIELD_INT32] = "int32_data",
    [FIELD_STRING] = "string_data", [FIELD_INT64] = "int64_data", [FIELD_DOUBLE] = "double_data",
    [FIELD_UINT64] = "uint64_data"};

/* ONNX: onnx.proto TensorProto, comments of the data fields. */
static const data_field field_of[] = {
    [SDX_FLOAT32] = FIELD_FLOAT,      [SDX_COMPLEX64] = FIELD_FLOAT,
    [SDX_FLOAT64] = FIELD_DOUBLE,     [SDX_COMPLEX128] = FIELD_DOUBLE,
    [SDX_INT64] = FIELD_INT64,        [SDX_STRING] = FIELD_STRING,
    [SDX_UINT32] = FIELD_UINT64,      [SDX_UINT64] = FIELD_UINT64,
    [SDX_INT32] = FIELD_INT32,        [SDX_INT16] = FIELD_INT32,
    [SDX_INT8] = FIELD_INT32,         [SDX_UINT16] = FIELD_INT32,
    [SDX_UINT8] = FIELD_INT32,        [SDX_BOOL] = FIELD_INT32,
    [SDX_FLOAT16] = FIELD_INT32,      [SDX_BFLOAT16] = FIELD_INT32,
    [SDX_FLOAT8E4M3FN] = FIELD_INT32, [SDX_FLOAT8E4M3FNUZ] = FIELD_INT32,
    [SDX_FLOAT8E5M2] = FIELD_INT32,   [SDX_FLOAT8E5M2FNUZ] = FIELD_INT32,
    [SDX_FLOAT8E8M0] = FIELD_INT32,   [SDX_FLOAT4E2M1] = FIELD_INT32,
    [SDX_UINT4] = FIELD_INT32,        [SDX_INT4] = FIELD_INT32,
    [SDX_UINT2] = FIELD_INT32,        [SDX_INT2] = FIELD_INT32,
};

/* Numbers that the field of an element type must hold for `len` elements: complex elements take
 * two, a number of int32_data carries a whole byte of a packed type. */
static bool numbers_for(sdx_dtype dtype, size_t len, size_t *out) {
    if (sdx_dtype_subbyte(dtype)) return sdx_dtype_bytes(dtype, len, out);
    return sdx_mul_size(len, sdx_dtype_kind_of(dtype) == SDX_KIND_COMPLEX ? 2 : 1, out);
}

static sdx_status check_dims(const int64_t *dims, size_t n, sdx_dtype dtype, sdx_view *view) {
    for (size_t i = 0; i < n; i++)
        if (dims[i] < 0)
            return sdx_fail(SDX_INVALID_MODEL,
                            "dims[%zu] is %lld, expected 0 or more; export the tensor again", i,
                            (long long)dims[i]);
    return sdx_view_init(view, dtype, n, dims);
}

static sdx_status check_type(const sdx_pb_tensor *proto) {
    if (!proto->has_data_type || proto->data_type == SDX_UNDEFINED)
        return sdx_fail(SDX_INVALID_MODEL,
                        "a tensor has no data_type, expected 1 to 26; export it again");
    if (!sdx_dtype_valid(proto->data_type))
        return sdx_fail(SDX_INVALID_MODEL,
                        "data_type is %d, expected 1 to 26; convert the tensor to one of them",
                        (int)proto->data_type);
    return NULL;
}

/* The one data field in use; N_FIELDS: none. An empty raw_data counts as none. */
static sdx_status find_field(const sdx_pb_tensor *proto, data_field *field, size_t *count) {
    const size_t counts[N_FIELDS] = {
        [FIELD_RAW] = proto->raw_data.len,     [FIELD_FLOAT] = proto->float_data.n,
        [FIELD_INT32] = proto->n_int32_data,   [FIELD_STRING] = proto->n_string_data,
        [FIELD_INT64] = proto->n_int64_data,   [FIELD_DOUBLE] = proto->double_data.n,
        [FIELD_UINT64] = proto->n_uint64_data,
    };
    *field = N_FIELDS;
    *count = 0;
    for (int f = 0; f < N_FIELDS; f++) {
        if (counts[f] == 0) continue;
        if (*field != N_FIELDS)
            return sdx_fail(
                SDX_INVALID_MODEL,
                "both %s and %s are filled, expected one of them; export the tensor again",
                field_names[*field], field_names[f]);
        *field = (data_field)f;
        *count = counts[f];
    }
    return NULL;
}

sdx_status sdx_tensor_settle_bools(sdx_arena *arena, sdx_view *view) {
    const uint8_t *const bytes = view->data;
    size_t i = 0;
    while (i < view->len && bytes[i] <= 1)
        i++;
    if (i == view->len) return NULL;
    void *copy;
    SDX_TRY(sdx_arena_alloc(arena, view->len, 1, &copy));
    for (i = 0; i < view->len; i++)
        ((uint8_t *)copy)[i] = bytes[i] != 0;
    view->data = copy;
    return NULL;
}

static sdx_status read_raw(const sdx_pb_tensor *proto, sdx_arena *arena, sdx_view *view) {
    char text[128];
    const size_t bytes = sdx_view_bytes(view);
    if (view->dtype == SDX_STRING)
        return sdx_fail(
            SDX_INVALID_MODEL,
            "strings are stored as raw_data, expected string_data; export the tensor again");
    if (proto->raw_data.len != bytes)
        return sdx_fail(
            SDX_INVALID_MODEL,
            "raw_data has %zu bytes, expected %zu for %s; export or fetch the file again",
            proto->raw_data.len, bytes, sdx_view_text(view, text, sizeof text));
    union {
        const char *in;
        void *out;
    } const data = {proto->raw_data.ptr}; /* a view does not write */
    view->data = data.out;
    if (view->dtype == SDX_BOOL) return sdx_tensor_settle_bools(arena, view);
    return NULL;
}

/* Codes of at most 16 bits from int32_data; signed and unsigned spellings are both seen in files.
 */
static sdx_status read_codes(const int32_t *from, size_t n, sdx_view *view) {
    const bool subbyte = sdx_dtype_subbyte(view->dtype);
    const size_t size = sdx_dtype_size(view->dtype);
    const int32_t high = size == 1 ? UINT8_MAX : UINT16_MAX;
    const int32_t low = size == 1 ? INT8_MIN : INT16_MIN;
    const bool truth = view->dtype == SDX_BOOL;
    for (size_t i = 0; i < n; i++) {
        if (!truth && (from[i] < low || from[i] > high))
            return sdx_fail(SDX_INVALID_MODEL,
                            "int32_data[%zu] is %ld, expected %ld to %ld for %s%s", i,
                            (long)from[i], (long)low, (long)high, subbyte ? "packed " : "",
                            sdx_dtype_name(view->dtype));
        const uint16_t code = (uint16_t)(truth ? from[i] != 0 : from[i]);
        memcpy((char *)view->data + i * size, &code, size);
    }
    return NULL;
}

static sdx_status read_uint32(const uint64_t *from, size_t n, sdx_view *view) {
    uint32_t *const to = view->data;
    for (size_t i = 0; i < n; i++) {
        if (from[i] > UINT32_MAX)
            return sdx_fail(SDX_INVALID_MODEL,
                            "uint64_data[%zu] is %llu, expected at most %lu for "
                            "uint32",
                            i, (unsigned long long)from[i], (unsigned long)UINT32_MAX);
        to[i] = (uint32_t)from[i];
    }
    return NULL;
}

static sdx_status read_strings(const sdx_str *from, sdx_arena *arena, sdx_view *view) {
    size_t total = 0;
    for (size_t i = 0; i < view->len; i++)
        if (!sdx_add_size(total, from[i].len, &total))
            return sdx_fail(SDX_LIMIT, "strings of a tensor are more than can be addressed");
    void *chars = NULL;
    if (total > 0) SDX_TRY(sdx_arena_alloc(arena, total, 1, &chars));
    sdx_str *const to = view->data;
    char *next = chars;
    for (size_t i = 0; i < view->len; i++) {
        if (from[i].len == 0) continue;
        memcpy(next, from[i].ptr, from[i].len);
        to[i] = (sdx_str){next, from[i].len};
        next += from[i].len;
    }
    return NULL;
}

/* The `n` numbers of the element type's own field, as elements in the arena. */
static sdx_status read_field(const sdx_pb_tensor *proto, size_t n, sdx_arena *arena,
                             sdx_view *view) {
    const void *const from[N_FIELDS] = {
        [FIELD_FLOAT] = proto->float_data.ptr,   [FIELD_INT32] = proto->int32_data,
        [FIELD_STRING] = proto->string_data,     [FIELD_INT64] = proto->int64_data,
        [FIELD_DOUBLE] = proto->double_data.ptr, [FIELD_UINT64] = proto->uint64_data};
    const data_field field = field_of[view->dtype];
    SDX_TRY(sdx_arena_alloc(arena, sdx_view_bytes(view), 1, &view->data));
    if (field == FIELD_STRING) return read_strings(proto->string_data, arena, view);
    if (view->dtype == SDX_UINT32) return read_uint32(proto->uint64_data, n, view);
    if (field == FIELD_INT32 && view->dtype != SDX_INT32)
        return read_codes(proto->int32_data, n, view);
    memcpy(view->data, from[field], sdx_view_bytes(view));
    return NULL;
}

static sdx_status read_data(const sdx_pb_tensor *proto, sdx_arena *arena, sdx_view *view) {
    char text[128];
    data_field field;
    size_t count, need;
    SDX_TRY(find_field(proto, &field, &count));
    const char *const own = field_names[field_of[view->dtype]];
    if (field == N_FIELDS && view->len == 0) return NULL;
    if (field == FIELD_RAW) return read_raw(proto, arena, view);
    if (field != N_FIELDS && field != field_of[view->dtype])
        return sdx_fail(
            SDX_INVALID_MODEL,
            "%s carries its elements in %s, expected %s or raw_data; export the tensor again",
            sdx_view_text(view, text, sizeof text), field_names[field], own);
    if (!numbers_for(view->dtype, view->len, &need) || count != need)
        return sdx_fail(SDX_INVALID_MODEL,
                        "%s has %zu entries, expected %zu for %s; export or fetch the file again",
                        own, count, need, sdx_view_text(view, text, sizeof text));
    return read_field(proto, count, arena, view);
}

sdx_status sdx_tensor_from_proto(const sdx_pb_tensor *proto, sdx_arena *arena, sdx_view *view,
                                 bool *external) {
    SDX_TRY(check_type(proto));
    if (proto->segment)
        return sdx_fail(SDX_UNSUPPORTED, "a tensor is stored in segments, which no ONNX writer is "
                                         "known to make; store it whole");
    sdx_view made;
    SDX_TRY(check_dims(proto->dims, proto->n_dims, (sdx_dtype)proto->data_type, &made));
    const int32_t location = proto->has_data_location ? proto->data_location : 0;
    if (location != SDX_PB_LOCATION_DEFAULT && location != SDX_PB_LOCATION_EXTERNAL)
        return sdx_fail(SDX_INVALID_MODEL, "data_location is %d, expected 0 or 1", (int)location);
    *external = location == SDX_PB_LOCATION_EXTERNAL;
    if (*external && made.dtype == SDX_STRING)
        return sdx_fail(SDX_INVALID_MODEL, "strings are stored as external data, expected "
                                           "string_data");
    if (!*external) SDX_TRY(read_data(proto, arena, &made));
    *view = made;
    return NULL;
}

/* ---- sparse tensors -------------------------------------------------------------------------- */

/* The position in the dense tensor that entry `k` of the indices names: a number, or one number for
 * each dimension. */
static sdx_status position_of(const sdx_view *indices, size_t k, const sdx_view *dense,
                              size_t *out) {
    const char *const data = indices->data;
    const size_t n = indices->rank == 2 ? dense->rank : 1;
    size_t position = 0;
    for (size_t d = 0; d < n; d++) {
        const int64_t limit = indices->rank == 2 ? dense->dims[d] : (int64_t)dense->len;
        int64_t index;
        memcpy(&index, data + (k * n + d) * sizeof index, sizeof index);
        if (index < 0 || index >= limit)
            return sdx_fail(SDX_INVALID_MODEL,
                            "index %lld of entry %zu is outside the dense tensor, expected 0 to "
                            "%lld",
                            (long long)index, k, (long long)limit - 1);
        position = position * (size_t)limit + (size_t)index;
    }
    *out = position;
    return NULL;
}

static void copy_element(const sdx_view *from, size_t i, const sdx_view *to, size_t k) {
    const size_t size = sdx_dtype_size(from->dtype);
    if (!sdx_dtype_subbyte(from->dtype)) {
        memcpy((char *)to->data + k * size, (const char *)from->data + i * size, size);
        return;
    }
    const unsigned bits = sdx_dtype_bits(from->dtype), mask = (1u << bits) - 1;
    const size_t per_byte = 8 / (size_t)bits;
    const unsigned byte = ((const uint8_t *)from->data)[i / per_byte];
    const unsigned code = byte >> (i % per_byte * bits) & mask;
    uint8_t *const target = (uint8_t *)to->data + k / per_byte;
    *target = (uint8_t)(*target | code << (k % per_byte * bits));
}

static sdx_status check_sparse(const sdx_view *values, const sdx_view *indices,
                               const sdx_view *dense) {
    char text[2][128];
    const bool linear = indices->rank == 1;
    const bool listed = indices->rank == 2 && indices->dims[1] == (int64_t)dense->rank;
    if (values->rank != 1)
        return sdx_fail(SDX_INVALID_MODEL, "values are %s, expected rank 1",
                        sdx_view_text(values, text[0], sizeof text[0]));
    if (indices->dtype != SDX_INT64 || (!linear && !listed) || indices->dims[0] != values->dims[0])
        return sdx_fail(SDX_INVALID_MODEL,
                        "indices are %s, expected int64[%lld] or int64[%lld,%u] for values %s",
                        sdx_view_text(indices, text[0], sizeof text[0]), (long long)values->dims[0],
                        (long long)values->dims[0], (unsigned)dense->rank,
                        sdx_view_text(values, text[1], sizeof text[1]));
    return NULL;
}

static sdx_status read_part(const sdx_pb_tensor *proto, const char *what, sdx_arena *arena,
                            sdx_view *view) {
    bool external = false;
    if (!proto) return sdx_fail(SDX_INVALID_MODEL, "a sparse tensor has no %s", what);
    SDX_TRY(sdx_in(sdx_tensor_from_proto(proto, arena, view, &external), "%s", what));
    if (external)
        return sdx_fail(SDX_UNSUPPORTED,
                        "%s of a sparse tensor are external data; store them in "
                        "the model",
                        what);
    return NULL;
}

sdx_status sdx_tensor_from_sparse(const sdx_pb_sparse_tensor *proto, size_t limit, sdx_arena *arena,
                                  sdx_view *view) {
    char text[128];
    sdx_view values, indices, dense;
    SDX_TRY(read_part(proto->values, "values", arena, &values));
    SDX_TRY(read_part(proto->indices, "indices", arena, &indices));
    SDX_TRY(check_dims(proto->dims, proto->n_dims, values.dtype, &dense));
    SDX_TRY(check_sparse(&values, &indices, &dense));
    const size_t bytes = sdx_view_bytes(&dense);
    if (bytes > limit)
        return sdx_fail(SDX_LIMIT, "a sparse tensor stands for %s, %zu bytes; allowed %zu",
                        sdx_view_text(&dense, text, sizeof text), bytes, limit);
    if (bytes > 0) SDX_TRY(sdx_arena_alloc(arena, bytes, 1, &dense.data));
    size_t previous = 0;
    for (size_t k = 0; k < values.len; k++) {
        size_t position;
        SDX_TRY(position_of(&indices, k, &dense, &position));
        if (k > 0 && position <= previous)
            return sdx_fail(SDX_INVALID_MODEL,
                            "entry %zu of the indices is not beyond the one "
                            "before it, expected rising indices",
                            k);
        copy_element(&values, k, &dense, position);
        previous = position;
    }
    *view = dense;
    return NULL;
}
