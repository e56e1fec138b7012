/* Whole values to and from TensorProto, SequenceProto, MapProto and OptionalProto. One row a kind
 * says where its message keeps what; reading and writing walk the nesting through the rows.
 * Recursion is bounded: by the wire decoder's depth limit when reading, by the same when writing.
 */
#include <stddef.h>
#include <string.h>

#include "base/checked.h"
#include "tensor/proto.h"
#include "wire/limits.h"

typedef struct reader {
    sdx_store *store;
    sdx_arena *arena; /* for what is needed while reading */
} reader;

typedef struct writer {
    sdx_arena *arena;
    unsigned depth;
} writer;

typedef struct kind_row {
    const char *what;
    sdx_pb_element_type element; /* how lists call this kind */
    const sdx_message_def *def;
    size_t name;         /* offset of the name in its message */
    size_t many, n_many; /* offsets in sdx_pb_sequence */
    size_t one;          /* offset in sdx_pb_optional */
    sdx_status (*read)(const reader *r, const void *proto, sdx_value **out);
    sdx_status (*write)(const writer *w, const sdx_value *value, void *proto);
} kind_row;

static sdx_status read_tensor(const reader *r, const void *proto, sdx_value **out);
static sdx_status read_sequence(const reader *r, const void *proto, sdx_value **out);
static sdx_status read_map(const reader *r, const void *proto, sdx_value **out);
static sdx_status read_optional(const reader *r, const void *proto, sdx_value **out);
static sdx_status write_tensor(const writer *w, const sdx_value *value, void *proto);
static sdx_status write_sequence(const writer *w, const sdx_value *value, void *proto);
static sdx_status write_map(const writer *w, const sdx_value *value, void *proto);
static sdx_status write_optional(const writer *w, const sdx_value *value, void *proto);

static const kind_row rows[] = {
    [SDX_TENSOR] = {"tensor", SDX_PB_ELEMENT_TENSOR, &sdx_pb_tensor_def,
                    offsetof(sdx_pb_tensor, name), offsetof(sdx_pb_sequence, tensor_values),
                    offsetof(sdx_pb_sequence, n_tensor_values),
                    offsetof(sdx_pb_optional, tensor_value), read_tensor, write_tensor},
    [SDX_SEQUENCE] = {"sequence", SDX_PB_ELEMENT_SEQUENCE, &sdx_pb_sequence_def,
                      offsetof(sdx_pb_sequence, name), offsetof(sdx_pb_sequence, sequence_values),
                      offsetof(sdx_pb_sequence, n_sequence_values),
                      offsetof(sdx_pb_optional, sequence_value), read_sequence, write_sequence},
    [SDX_MAP] = {"map", SDX_PB_ELEMENT_MAP, &sdx_pb_map_def, offsetof(sdx_pb_map, name),
                 offsetof(sdx_pb_sequence, map_values), offsetof(sdx_pb_sequence, n_map_values),
                 offsetof(sdx_pb_optional, map_value), read_map, write_map},
    [SDX_OPTIONAL] = {"optional", SDX_PB_ELEMENT_OPTIONAL, &sdx_pb_optional_def,
                      offsetof(sdx_pb_optional, name), offsetof(sdx_pb_sequence, optional_values),
                      offsetof(sdx_pb_sequence, n_optional_values),
                      offsetof(sdx_pb_optional, optional_value), read_optional, write_optional},
};

enum { FIRST_KIND = SDX_TENSOR, LAST_KIND = SDX_OPTIONAL };

typedef union any_proto {
    sdx_pb_tensor tensor;
    sdx_pb_sequence sequence;
    sdx_pb_map map;
    sdx_pb_optional optional;
} any_proto;

static const void *pointer_at(const void *message, size_t offset) {
    const void *pointer;
    memcpy(&pointer, (const char *)message + offset, sizeof pointer);
    return pointer;
}

static size_t size_at(const void *message, size_t offset) {
    size_t size;
    memcpy(&size, (const char *)message + offset, sizeof size);
    return size;
}

/* ---- reading --------------------------------------------------------------------------------- */

static sdx_status view_of(const reader *r, const sdx_pb_tensor *proto, sdx_view *view) {
    bool external = false;
    SDX_TRY(sdx_tensor_from_proto(proto, r->arena, view, &external));
    if (external)
        return sdx_fail(SDX_UNSUPPORTED, "the elements are external data, which only a model may "
                                         "have; store them in the proto");
    return NULL;
}

static sdx_status read_tensor(const reader *r, const void *proto, sdx_value **out) {
    sdx_view view;
    SDX_TRY(view_of(r, proto, &view));
    return sdx_value_copy(r->store, &view, out);
}

/* The kind that the filled list or member of a message says, which must be the only one and, where
 * the message names its element type, that one. *kind is 0 when nothing says it. */
static sdx_status kind_of(int32_t element_type, const bool filled[LAST_KIND + 1], bool sparse,
                          sdx_kind *kind) {
    sdx_kind named = 0, found = 0;
    if (sparse || element_type == SDX_PB_ELEMENT_SPARSE_TENSOR)
        return sdx_fail(SDX_UNSUPPORTED, "the elements are sparse tensors, supported: tensor, "
                                         "sequence, map, optional; store dense tensors");
    for (int k = FIRST_KIND; k <= LAST_KIND; k++) {
        if ((int32_t)rows[k].element == element_type) named = (sdx_kind)k;
        if (filled[k] && found)
            return sdx_fail(SDX_INVALID_MODEL, "elements are both %s and %s, expected one kind",
                            rows[found].what, rows[k].what);
        if (filled[k]) found = (sdx_kind)k;
    }
    if (!named && element_type != SDX_PB_ELEMENT_UNDEFINED)
        return sdx_fail(SDX_INVALID_MODEL, "elem_type is %d, expected 0 to 5", (int)element_type);
    if (named && found && named != found)
        return sdx_fail(SDX_INVALID_MODEL, "elem_type says %s, but the elements are of kind %s",
                        rows[named].what, rows[found].what);
    *kind = found ? found : named;
    return NULL;
}

static void release_all(sdx_value *const *items, size_t n) {
    for (size_t i = 0; i < n; i++)
        sdx_value_release(items[i]);
}

/* All items have one element type; empty lists among them take any. */
static sdx_status common_leaf(sdx_value *const *items, size_t n, sdx_dtype *leaf) {
    *leaf = SDX_UNDEFINED;
    for (size_t i = 0; i < n; i++) {
        const sdx_dtype own = sdx_value_leaf(items[i]);
        if (own != SDX_UNDEFINED && *leaf != SDX_UNDEFINED && own != *leaf)
            return sdx_fail(SDX_INVALID_MODEL, "element %zu has type %s, expected %s as before it",
                            i, sdx_dtype_name(own), sdx_dtype_name(*leaf));
        if (own != SDX_UNDEFINED) *leaf = own;
    }
    return NULL;
}

static sdx_status read_items(const reader *r, sdx_kind kind, const void *protos, size_t n,
                             sdx_value **items) {
    for (size_t i = 0; i < n; i++) {
        const void *const proto = (const char *)protos + i * rows[kind].def->size;
        const sdx_status status = rows[kind].read(r, proto, &items[i]);
        if (status) {
            release_all(items, i);
            return sdx_in(status, "element %zu", i);
        }
    }
    return NULL;
}

static sdx_status read_sequence(const reader *r, const void *message, sdx_value **out) {
    const sdx_pb_sequence *const proto = message;
    bool filled[LAST_KIND + 1] = {false};
    for (int k = FIRST_KIND; k <= LAST_KIND; k++)
        filled[k] = size_at(proto, rows[k].n_many) > 0;
    sdx_kind kind = 0;
    SDX_TRY(kind_of(proto->elem_type, filled, proto->n_sparse_tensor_values > 0, &kind));
    const size_t n = kind ? size_at(proto, rows[kind].n_many) : 0;
    sdx_value **items = NULL;
    if (n > 0) {
        SDX_TRY(SDX_ARENA_NEW(r->arena, n, &items));
        SDX_TRY(read_items(r, kind, pointer_at(proto, rows[kind].many), n, items));
    }
    sdx_dtype leaf;
    sdx_status status = common_leaf(items, n, &leaf);
    if (!status) status = sdx_value_sequence(r->store, kind, leaf, items, n, out);
    release_all(items, n);
    return status;
}

static sdx_status read_optional(const reader *r, const void *message, sdx_value **out) {
    const sdx_pb_optional *const proto = message;
    bool filled[LAST_KIND + 1] = {false};
    for (int k = FIRST_KIND; k <= LAST_KIND; k++)
        filled[k] = pointer_at(proto, rows[k].one) != NULL;
    sdx_kind kind = 0;
    SDX_TRY(kind_of(proto->elem_type, filled, proto->sparse_tensor_value != NULL, &kind));
    if (!kind || !filled[kind]) return sdx_value_optional(r->store, kind, SDX_UNDEFINED, NULL, out);
    sdx_value *item;
    SDX_TRY(rows[kind].read(r, pointer_at(proto, rows[kind].one), &item));
    const sdx_status status = sdx_value_optional(r->store, kind, sdx_value_leaf(item), item, out);
    sdx_value_release(item);
    return status;
}

static sdx_status read_keys(const reader *r, const sdx_pb_map *proto, sdx_value **out) {
    const bool strings = proto->key_type == SDX_STRING;
    const sdx_dtype key = sdx_dtype_valid(proto->key_type) ? (sdx_dtype)proto->key_type : 0;
    if (!strings && !sdx_types_have(SDX_T_INTS, key))
        return sdx_fail(SDX_INVALID_MODEL,
                        "key_type is %d (%s), expected an integer type or string",
                        (int)proto->key_type, sdx_dtype_name(key));
    if (strings ? proto->n_keys > 0 : proto->n_string_keys > 0)
        return sdx_fail(SDX_INVALID_MODEL, "key_type is %s, but %s is filled", sdx_dtype_name(key),
                        strings ? "keys" : "string_keys");
    const int64_t n = (int64_t)(strings ? proto->n_string_keys : proto->n_keys);
    sdx_view view;
    SDX_TRY(sdx_view_init(&view, strings ? SDX_STRING : SDX_INT64, 1, &n));
    sdx_value *keys;
    SDX_TRY(sdx_value_dense(r->store, &view, false, &keys));
    const void *const from = strings ? (const void *)proto->string_keys : (const void *)proto->keys;
    if (n > 0) memcpy(keys->view.data, from, sdx_view_bytes(&view));
    const sdx_status status = sdx_value_seal(keys);
    if (status) {
        sdx_value_release(keys);
        return status;
    }
    *out = keys;
    return NULL;
}

/* The shape of n stacked tensors that look like `row`. */
static sdx_status stacked_shape(const sdx_view *row, size_t n, sdx_view *out) {
    int64_t dims[SDX_MAX_RANK] = {(int64_t)n};
    if (row->rank == SDX_MAX_RANK)
        return sdx_fail(SDX_LIMIT, "the values of a map have rank %d, supported: 0 to %d",
                        SDX_MAX_RANK, SDX_MAX_RANK - 1);
    memcpy(dims + 1, row->dims, row->rank * sizeof dims[0]);
    return sdx_view_init(out, row->dtype, (size_t)row->rank + 1, dims);
}

/* Writes the elements of `row` as row `i` of `all`, which is unpacked where the type is below 8
 * bits. */
static void put_row(const sdx_view *row, size_t i, const sdx_view *all) {
    if (row->len == 0) return;
    const size_t bytes = row->len * sdx_dtype_size(row->dtype);
    char *const place = (char *)all->data + i * bytes;
    if (all->unpacked)
        sdx_bits_unpack(row->dtype, (uint8_t *)place, row->data, row->len);
    else
        memcpy(place, row->data, bytes);
}

static sdx_status read_values(const reader *r, const sdx_pb_sequence *proto, sdx_value **out) {
    sdx_view row, first = {.dtype = SDX_FLOAT32, .len = 1}, all;
    char text[2][128];
    for (size_t i = 0; i < proto->n_tensor_values; i++) {
        SDX_TRY(sdx_in(view_of(r, &proto->tensor_values[i], &row), "value %zu", i));
        if (i == 0) {
            first = row;
            SDX_TRY(stacked_shape(&first, proto->n_tensor_values, &all));
            all.unpacked = sdx_dtype_subbyte(all.dtype);
            const size_t bytes = all.len * sdx_dtype_size(all.dtype);
            if (bytes > 0) SDX_TRY(sdx_arena_alloc(r->arena, bytes, 1, &all.data));
        }
        if (row.dtype != first.dtype || !sdx_view_same_shape(&row, &first))
            return sdx_fail(SDX_UNSUPPORTED,
                            "value %zu is %s, expected %s as the first; values of "
                            "a map have one type and shape",
                            i, sdx_view_text(&row, text[0], sizeof text[0]),
                            sdx_view_text(&first, text[1], sizeof text[1]));
        put_row(&row, i, &all);
    }
    if (proto->n_tensor_values == 0) SDX_TRY(stacked_shape(&first, 0, &all));
    return sdx_value_copy(r->store, &all, out);
}

static sdx_status read_map(const reader *r, const void *message, sdx_value **out) {
    const sdx_pb_map *const proto = message;
    static const sdx_pb_sequence none;
    const sdx_pb_sequence *const list = proto->values ? proto->values : &none;
    if (list->n_sparse_tensor_values || list->n_sequence_values || list->n_map_values ||
        list->n_optional_values)
        return sdx_fail(SDX_UNSUPPORTED,
                        "the values of a map are no tensors, supported: tensors of "
                        "one type and shape");
    sdx_value *keys = NULL, *values = NULL;
    sdx_status status = read_keys(r, proto, &keys);
    if (!status) status = read_values(r, list, &values);
    if (!status) {
        status = sdx_value_check_map(keys, values, r->arena->heap);
        if (sdx_status_code(status) == SDX_INVALID_ARGUMENT) {
            const sdx_status inner = status;
            status = sdx_fail(SDX_INVALID_MODEL, "%s", sdx_status_text(inner));
            sdx_status_free(inner);
        }
    }
    if (!status) status = sdx_value_map(r->store, keys, values, out);
    sdx_value_release(keys);
    sdx_value_release(values);
    return status;
}

static const kind_row *row_of(sdx_kind kind) {
    return (int)kind >= FIRST_KIND && (int)kind <= LAST_KIND ? &rows[kind] : NULL;
}

sdx_status sdx_value_from_proto(sdx_store *store, sdx_kind kind, const void *bytes, size_t size,
                                sdx_value **out, sdx_str *name) {
    const kind_row *const row = row_of(kind);
    if (!row)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "kind is %d, expected tensor, sequence, map or "
                        "optional",
                        (int)kind);
    sdx_arena arena;
    sdx_arena_init(&arena, sdx_store_heap(store));
    any_proto proto;
    sdx_status status = sdx_wire_decode(row->def, bytes, size, &arena, &proto);
    if (!status) status = row->read(&(reader){store, &arena}, &proto, out);
    if (!status && name) memcpy(name, (const char *)&proto + row->name, sizeof *name);
    sdx_arena_deinit(&arena);
    return status;
}

/* ---- writing --------------------------------------------------------------------------------- */

static sdx_str raw_bytes(const void *data, size_t size) {
    return size > 0 ? (sdx_str){data, size} : SDX_STR("");
}

/* A TensorProto of `view`, whose elements it borrows. */
static void describe(const sdx_view *view, const int64_t *dims, sdx_pb_tensor *proto) {
    *proto = (sdx_pb_tensor){.dims = dims, .n_dims = view->rank, .has_data_type = true};
    proto->data_type = (int32_t)view->dtype;
    if (view->dtype == SDX_STRING) {
        proto->string_data = view->data;
        proto->n_string_data = view->len;
    } else {
        proto->raw_data = raw_bytes(view->data, sdx_view_bytes(view));
    }
}

void sdx_tensor_to_proto(const sdx_view *view, sdx_pb_tensor *proto) {
    describe(view, view->dims, proto);
}

static sdx_status write_tensor(const writer *w, const sdx_value *value, void *proto) {
    (void)w;
    describe(&value->view, value->view.dims, proto);
    return NULL;
}

/* Fills n messages of the items' kind in a row. */
static sdx_status write_items(const writer *w, const kind_row *row, sdx_value *const *items,
                              size_t n, const void **out) {
    const writer inner = {w->arena, w->depth + 1};
    if (inner.depth > SDX_WIRE_MAX_DEPTH)
        return sdx_fail(SDX_LIMIT, "values are nested more than %d deep, which no reader takes",
                        SDX_WIRE_MAX_DEPTH);
    void *protos;
    SDX_TRY(sdx_arena_alloc(w->arena, n, row->def->size, &protos));
    for (size_t i = 0; i < n; i++) {
        if (row_of(items[i]->kind) != row)
            return sdx_fail(SDX_INVALID_ARGUMENT, "element %zu is of another kind than %s", i,
                            row->what);
        SDX_TRY(row->write(&inner, items[i], (char *)protos + i * row->def->size));
    }
    *out = protos;
    return NULL;
}

static sdx_status write_sequence(const writer *w, const sdx_value *value, void *proto) {
    const kind_row *const row = row_of(value->element_kind);
    const sdx_pb_sequence blank = {.has_elem_type = true,
                                   .elem_type = row ? (int32_t)row->element : 0};
    memcpy(proto, &blank, sizeof blank);
    if (!row || value->n_items == 0) return NULL;
    const void *protos;
    SDX_TRY(write_items(w, row, value->items, value->n_items, &protos));
    memcpy((char *)proto + row->many, &protos, sizeof protos);
    memcpy((char *)proto + row->n_many, &value->n_items, sizeof value->n_items);
    return NULL;
}

static sdx_status write_optional(const writer *w, const sdx_value *value, void *proto) {
    const kind_row *const row = row_of(value->element_kind);
    const sdx_pb_optional blank = {.has_elem_type = true,
                                   .elem_type = row ? (int32_t)row->element : 0};
    memcpy(proto, &blank, sizeof blank);
    if (!row || value->n_items == 0) return NULL;
    const void *one;
    SDX_TRY(write_items(w, row, value->items, 1, &one));
    memcpy((char *)proto + row->one, &one, sizeof one);
    return NULL;
}

/* Rows of a tensor as tensors of their own. Below 8 bits a row may begin inside a byte, so rows are
 * unpacked and packed again. */
static sdx_status write_rows(const writer *w, const sdx_view *all, sdx_pb_tensor *protos) {
    sdx_view row;
    SDX_TRY(sdx_view_init(&row, all->dtype, (size_t)all->rank - 1, all->dims + 1));
    const size_t bytes = sdx_view_bytes(&row);
    const bool packed = sdx_dtype_subbyte(all->dtype) && all->len > 0;
    void *one = NULL;
    if (packed) {
        SDX_TRY(sdx_arena_alloc(w->arena, all->len, 1, &one));
        sdx_bits_unpack(all->dtype, one, all->data, all->len);
    }
    for (size_t i = 0; i < (size_t)all->dims[0]; i++) {
        if (packed) {
            SDX_TRY(sdx_arena_alloc(w->arena, bytes, 1, &row.data));
            sdx_bits_pack(all->dtype, row.data, (const uint8_t *)one + i * row.len, row.len);
        } else if (all->len > 0) {
            row.data = (char *)all->data + i * bytes;
        }
        describe(&row, all->dims + 1, &protos[i]);
    }
    return NULL;
}

static sdx_status write_map(const writer *w, const sdx_value *value, void *proto) {
    const sdx_view *const keys = &value->items[0]->view, *const values = &value->items[1]->view;
    sdx_pb_sequence *list;
    sdx_pb_tensor *tensors = NULL;
    SDX_TRY(SDX_ARENA_NEW(w->arena, 1, &list));
    if (keys->len > 0) {
        SDX_TRY(SDX_ARENA_NEW(w->arena, keys->len, &tensors));
        SDX_TRY(write_rows(w, values, tensors));
    }
    *list = (sdx_pb_sequence){.has_elem_type = true,
                              .elem_type = SDX_PB_ELEMENT_TENSOR,
                              .tensor_values = tensors,
                              .n_tensor_values = keys->len};
    sdx_pb_map map = {.has_key_type = true, .key_type = (int32_t)keys->dtype, .values = list};
    if (keys->dtype == SDX_STRING) {
        map.string_keys = keys->data;
        map.n_string_keys = keys->len;
    } else {
        map.keys = keys->data;
        map.n_keys = keys->len;
    }
    memcpy(proto, &map, sizeof map);
    return NULL;
}

sdx_status sdx_value_to_proto(const sdx_value *value, sdx_str name, sdx_buf *out) {
    const kind_row *const row = row_of(value->kind);
    if (!row) return sdx_fail(SDX_INTERNAL, "a value has kind %d", (int)value->kind);
    sdx_arena arena;
    sdx_arena_init(&arena, out->heap);
    any_proto proto = {0};
    sdx_status status = row->write(&(writer){&arena, 0}, value, &proto);
    memcpy((char *)&proto + row->name, &name, sizeof name);
    if (!status) status = sdx_wire_encode(row->def, &proto, out);
    sdx_arena_deinit(&arena);
    return status;
}
