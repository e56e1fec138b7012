/* Initializers and tensor attributes: from the file, from external files, or made dense.
 *
 * Float elements stay where they are (mapped, maybe misaligned); whatever a check reads (integers,
 * bools, strings) is copied, so that it cannot change after it was checked. Copies are entered in
 * the list of the model's (tensor/copies.h). */
#include <string.h>

#include "base/checked.h"
#include "onnx/importer.h"
#include "tensor/proto.h"

typedef struct location {
    sdx_str name;
    uint64_t offset, length;
    bool has_length;
} location;

static sdx_status parse_number(sdx_str key, sdx_str text, uint64_t *out) {
    int64_t value;
    if (!sdx_str_int(text, &value) || value < 0) {
        return sdx_fail(SDX_INVALID_MODEL,
                        "external_data: found '%.*s' for '%.*s', expected a number of bytes",
                        SDX_FMT(text), SDX_FMT(key));
    }
    *out = (uint64_t)value;
    return NULL;
}

/* ONNX IR: external_data keys are location, offset, length, checksum. */
static sdx_status parse_location(const sdx_pb_tensor *proto, location *out) {
    *out = (location){0};
    for (size_t i = 0; i < proto->n_external_data; i++) {
        const sdx_pb_string_pair *const pair = &proto->external_data[i];
        if (sdx_str_is(pair->key, "location")) out->name = pair->value;
        if (sdx_str_is(pair->key, "offset"))
            SDX_TRY(parse_number(pair->key, pair->value, &out->offset));
        if (sdx_str_is(pair->key, "length")) {
            SDX_TRY(parse_number(pair->key, pair->value, &out->length));
            out->has_length = true;
        }
    }
    if (out->name.len == 0)
        return sdx_fail(
            SDX_INVALID_MODEL,
            "external_data: found no key 'location', expected the name of a file beside the model");
    return NULL;
}

/* The mapped file of that name; each is opened once. */
static sdx_status open_external(sdx_importer *im, sdx_str name, const sdx_file **out) {
    sdx_onnx_model *const model = im->out;
    for (size_t i = 0; i < model->n_files; i++) {
        if (sdx_str_eq(model->file_names[i], name)) {
            *out = &model->files[i];
            return NULL;
        }
    }
    if (im->options->folder == NULL) {
        return sdx_fail(SDX_INVALID_MODEL,
                        "found external data in '%.*s' but the model has no folder; set the option "
                        "folder or read",
                        SDX_FMT(name));
    }
    if (model->n_files >= SDX_ONNX_MAX_EXTERNAL_FILES) {
        return sdx_fail(SDX_LIMIT,
                        "found more than %d external files; store the tensors in fewer files",
                        (int)SDX_ONNX_MAX_EXTERNAL_FILES);
    }
    if (model->n_files == model->cap_files) {
        const size_t cap = model->cap_files == 0 ? 4 : model->cap_files * 2;
        SDX_TRY(sdx_heap_realloc(im->heap, (void **)&model->files,
                                 model->cap_files * sizeof(sdx_file), cap * sizeof(sdx_file)));
        sdx_str *names;
        SDX_TRY(SDX_ARENA_NEW(im->arena, cap, &names));
        if (model->n_files != 0) memcpy(names, model->file_names, model->n_files * sizeof *names);
        model->file_names = names;
        model->cap_files = cap;
    }
    SDX_TRY(sdx_arena_str(im->arena, name, &model->file_names[model->n_files]));
    SDX_TRY(sdx_file_map_beneath(im->options->folder, name, &model->files[model->n_files]));
    *out = &model->files[model->n_files++];
    return NULL;
}

static sdx_status import_external(sdx_importer *im, const sdx_pb_tensor *proto, sdx_view *view) {
    location place;
    SDX_TRY(parse_location(proto, &place));
    const size_t need = sdx_view_bytes(view);
    if (view->dtype == SDX_STRING)
        return sdx_fail(SDX_INVALID_MODEL, "found external data for strings, expected string_data");
    if (place.has_length && place.length != need) {
        return sdx_fail(
            SDX_INVALID_MODEL,
            "external_data: found length %llu, expected %zu for its type and dims; export "
            "the model again",
            (unsigned long long)place.length, need);
    }
    if (need == 0) return NULL;
    if (im->options->read != NULL) {
        void *data;
        SDX_TRY(sdx_copies_take(&im->out->ir->copies, need, SDX_COPY_READ, proto->name, &data));
        if (!im->options->read(im->options->read_user, place.name, place.offset, data, need)) {
            return sdx_fail(
                SDX_IO, "external data '%.*s': the read callback gave no %zu bytes at offset %llu",
                SDX_FMT(place.name), need, (unsigned long long)place.offset);
        }
        view->data = data;
        return NULL;
    }
    const sdx_file *file;
    SDX_TRY(open_external(im, place.name, &file));
    if (place.offset > file->size || file->size - place.offset < need) {
        return sdx_fail(SDX_INVALID_MODEL,
                        "external data '%.*s': found %zu bytes, expected at least %llu + %zu "
                        "(offset + length); fetch the file again",
                        SDX_FMT(place.name), file->size, (unsigned long long)place.offset, need);
    }
    view->data = (void *)(uintptr_t)(file->data + place.offset);
    return NULL;
}

static bool stays_in_place(sdx_dtype dtype) {
    const sdx_dtype_kind kind = sdx_dtype_kind_of(dtype);
    return kind == SDX_KIND_FLOAT || kind == SDX_KIND_COMPLEX;
}

/* Large integer tensors are weights of quantised models: nobody checks their elements, each is read
 * when it is packed. */
enum { COPY_BELOW = 1 << 16 };

/* Whether elements in a file are copied out of it, and why. */
static bool leaves_file(const sdx_view *view, sdx_copy_reason *reason) {
    const size_t size = sdx_view_bytes(view);
    const bool aligned = ((uintptr_t)view->data & 15) == 0;
    const bool weight =
        size >= COPY_BELOW && sdx_dtype_size(view->dtype) == 1 && view->dtype != SDX_BOOL;
    const bool in_place = stays_in_place(view->dtype);
    *reason = in_place ? SDX_COPY_MISALIGNED : SDX_COPY_CHECKED;
    return !weight && !(in_place && (aligned || size >= COPY_BELOW));
}

static sdx_status hold(sdx_importer *im, sdx_str name, sdx_copy_reason reason, sdx_view *view) {
    const size_t size = sdx_view_bytes(view);
    void *copy;
    SDX_TRY(sdx_copies_take(&im->out->ir->copies, size, reason, name, &copy));
    memcpy(copy, view->data, size);
    view->data = copy;
    return NULL;
}

/* Floats written as numbers lie in the file just as raw_data would, if they lie there in one piece:
 * they need no decoding. */
static sdx_pb_tensor as_raw(const sdx_importer *im, const sdx_pb_tensor *proto) {
    sdx_pb_tensor raw = *proto;
    const bool wide = proto->data_type == SDX_FLOAT64;
    const sdx_wire_view from = wide ? proto->double_data : proto->float_data;
    const size_t size = wide ? sizeof(double) : sizeof(float);
    const uintptr_t begin = (uintptr_t)im->bytes, at = (uintptr_t)from.ptr;
    sdx_view view;
    if ((!wide && proto->data_type != SDX_FLOAT32) || proto->raw_data.len != 0 || from.n == 0 ||
        at < begin || at - begin >= im->size)
        return raw;
    const sdx_status status =
        sdx_view_init(&view, (sdx_dtype)proto->data_type, proto->n_dims, proto->dims);
    if (status == NULL && view.len == from.n) {
        raw.raw_data = (sdx_str){(const char *)from.ptr, from.n * size};
        *(wide ? &raw.double_data : &raw.float_data) = (sdx_wire_view){0};
    }
    sdx_status_free(status);
    return raw;
}

/* `decoded` is for elements that are not stored as they are in memory. */
static sdx_status read_tensor(sdx_importer *im, const sdx_pb_tensor *proto, sdx_arena *decoded,
                              sdx_view *view) {
    const sdx_pb_tensor raw = as_raw(im, proto);
    sdx_copy_reason reason;
    bool external = false;
    SDX_TRY(sdx_tensor_from_proto(&raw, decoded, view, &external));
    if (external) {
        SDX_TRY(import_external(im, proto, view));
        if (view->dtype == SDX_BOOL) SDX_TRY(sdx_tensor_settle_bools(decoded, view));
    }
    const bool taken = external && im->options->read != NULL;
    if (view->len == 0 || view->dtype == SDX_STRING || (taken && decoded->used == 0)) return NULL;
    if (decoded->used != 0) return hold(im, proto->name, SDX_COPY_DECODED, view);
    return leaves_file(view, &reason) ? hold(im, proto->name, reason, view) : NULL;
}

sdx_status sdx_import_tensor(sdx_importer *im, const sdx_pb_tensor *proto, const sdx_view **out) {
    sdx_view *view;
    sdx_arena decoded;
    SDX_TRY(SDX_ARENA_NEW(im->arena, 1, &view));
    sdx_arena_init(&decoded, im->heap);
    const bool strings = proto->data_type == SDX_STRING;
    const sdx_status status = read_tensor(im, proto, strings ? im->arena : &decoded, view);
    sdx_arena_deinit(&decoded);
    SDX_TRY(sdx_in(status, "tensor '%.*s'", SDX_FMT(proto->name)));
    *out = view;
    return NULL;
}

sdx_status sdx_import_sparse(sdx_importer *im, const sdx_pb_sparse_tensor *proto,
                             const sdx_view **out) {
    sdx_view *view;
    sdx_arena decoded;
    SDX_TRY(SDX_ARENA_NEW(im->arena, 1, &view));
    sdx_arena_init(&decoded, im->heap);
    const sdx_str name = proto->values != NULL ? proto->values->name : (sdx_str){0};
    sdx_status status = sdx_tensor_from_sparse(proto, SDX_ONNX_MAX_SPARSE_BYTES, &decoded, view);
    if (status == NULL && view->len != 0) status = hold(im, name, SDX_COPY_SPARSE, view);
    sdx_arena_deinit(&decoded);
    SDX_TRY(sdx_in(status, "sparse tensor"));
    *out = view;
    return NULL;
}
