/* See write.h. External data are laid out first, then written, then the model that refers to them:
 * a reader never finds a model without its data. */
#include "onnx/write.h"

#include <string.h>

#include "base/checked.h"
#include "base/file.h"

/* ONNX: docs/ExternalData.md: offsets of large tensors are multiples of a page, so that they can be
 * mapped; small ones lie close. */
enum { PAGE = 4096, LINE = 64 };

sdx_status sdx_onnx_encode(const sdx_pb_model *model, sdx_buf *out) {
    const sdx_status status = sdx_wire_encode(&sdx_pb_model_def, model, out);
    if (sdx_status_code(status) != SDX_LIMIT) return status;
    sdx_status_free(status);
    return sdx_fail(SDX_LIMIT,
                    "found a model of more than %zu bytes, expected at most so many in one file; "
                    "put large tensors into an external one (external_from)",
                    out->cap);
}

/* ---- external data --------------------------------------------------------------------------- */

typedef struct outsourcing {
    sdx_arena *arena;
    size_t from;      /* bytes of a tensor that goes out */
    sdx_str location; /* the file's name */
    char *bytes;      /* of the file; NULL: it is only measured */
    size_t size;      /* so far */
} outsourcing;

static sdx_status add_pair(outsourcing *o, sdx_pb_string_pair *pair, const char *key,
                           size_t number) {
    pair->key = sdx_str_from(key);
    return sdx_arena_printf(o->arena, &pair->value, "%zu", number);
}

/* ONNX: TensorProto.external_data. */
static sdx_status refer(outsourcing *o, sdx_pb_tensor *tensor, size_t offset) {
    sdx_pb_string_pair *pairs;
    SDX_TRY(SDX_ARENA_NEW(o->arena, 3, &pairs));
    pairs[0] = (sdx_pb_string_pair){SDX_STR("location"), o->location};
    SDX_TRY(add_pair(o, &pairs[1], "offset", offset));
    SDX_TRY(add_pair(o, &pairs[2], "length", tensor->raw_data.len));
    tensor->external_data = pairs;
    tensor->n_external_data = 3;
    tensor->data_location = SDX_PB_LOCATION_EXTERNAL;
    tensor->has_data_location = true;
    tensor->raw_data = (sdx_str){0};
    return NULL;
}

static sdx_status put_out(outsourcing *o, sdx_pb_tensor *tensor) {
    const size_t size = tensor->raw_data.len, unit = size >= PAGE ? PAGE : LINE;
    size_t offset, end;
    if (size < o->from || size == 0) return NULL;
    if (!sdx_add_size(o->size, unit - 1, &offset) ||
        !sdx_add_size(offset - offset % unit, size, &end))
        return sdx_fail(SDX_LIMIT, "found external data of more than %zu bytes", SIZE_MAX);
    offset -= offset % unit;
    o->size = end;
    if (o->bytes == NULL) return NULL;
    memcpy(o->bytes + offset, tensor->raw_data.ptr, size);
    return refer(o, tensor, offset);
}

static sdx_status walk(outsourcing *o, const sdx_pb_graph *graph);

static sdx_status walk_node(outsourcing *o, const sdx_pb_node *node) {
    for (size_t i = 0; i < node->n_attribute; i++) {
        const sdx_pb_attribute *const attr = &node->attribute[i];
        if (attr->g != NULL) SDX_TRY(walk(o, attr->g));
        for (size_t k = 0; k < attr->n_graphs; k++) {
            SDX_TRY(walk(o, &attr->graphs[k]));
        }
    }
    return NULL;
}

/* Nesting is bounded by the builder and the importer. */
static sdx_status walk(outsourcing *o, const sdx_pb_graph *graph) {
    for (size_t i = 0; i < graph->n_initializer; i++) {
        SDX_TRY(put_out(o, (sdx_pb_tensor *)(uintptr_t)&graph->initializer[i]));
    }
    for (size_t i = 0; i < graph->n_node; i++) {
        SDX_TRY(walk_node(o, &graph->node[i]));
    }
    return NULL;
}

/* ---- names of files -------------------------------------------------------------------------- */

static sdx_str last_part(const char *path) {
    const char *const slash = strrchr(path, '/');
    return sdx_str_from(slash != NULL ? slash + 1 : path);
}

static sdx_status check_name(const char *name) {
    if (name[0] != 0 && strpbrk(name, "/\\") == NULL && strcmp(name, ".") != 0 &&
        strcmp(name, "..") != 0)
        return NULL;
    return sdx_fail(SDX_INVALID_ARGUMENT,
                    "external_name: found '%.200s', expected the name of a file, which will lie "
                    "beside the model",
                    name);
}

static sdx_status name_data(const sdx_onnx_places *places, const char *path, outsourcing *o,
                            const char **data_path) {
    sdx_str whole;
    const sdx_str model = last_part(path);
    if (places->external_name != NULL) {
        SDX_TRY(check_name(places->external_name));
        o->location = sdx_str_from(places->external_name);
    } else {
        SDX_TRY(sdx_arena_printf(o->arena, &o->location, "%.*s.data", SDX_FMT(model)));
    }
    if (sdx_str_eq(o->location, model))
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "external_name: found '%.*s', the model's own name, expected another one",
                        SDX_FMT(model));
    const size_t folder = strlen(path) - model.len;
    SDX_TRY(sdx_arena_alloc(o->arena, folder + o->location.len + 1, 1, (void **)&whole.ptr));
    memcpy((char *)(uintptr_t)whole.ptr, path, folder);
    memcpy((char *)(uintptr_t)whole.ptr + folder, o->location.ptr, o->location.len);
    *data_path = whole.ptr;
    return NULL;
}

static sdx_status write_data(const sdx_pb_model *model, const char *path,
                             const sdx_onnx_places *places, sdx_arena *arena) {
    outsourcing o = {.arena = arena, .from = places->external_from};
    const char *data_path;
    if (places->external_from == SIZE_MAX) return NULL;
    SDX_TRY(name_data(places, path, &o, &data_path));
    SDX_TRY(walk(&o, model->graph));
    const size_t size = o.size;
    if (size == 0) return NULL;
    SDX_TRY(sdx_heap_calloc(arena->heap, 1, size, (void **)&o.bytes));
    o.size = 0;
    sdx_status status = walk(&o, model->graph);
    if (status == NULL) status = sdx_file_write(data_path, o.bytes, size);
    sdx_heap_free(arena->heap, o.bytes, size);
    return status;
}

sdx_status sdx_onnx_write(const sdx_pb_model *model, const char *path,
                          const sdx_onnx_places *places, sdx_arena *arena) {
    sdx_buf buf;
    SDX_TRY(write_data(model, path, places, arena));
    sdx_buf_init(&buf, arena->heap, INT32_MAX);
    sdx_status status = sdx_onnx_encode(model, &buf);
    if (status == NULL) status = sdx_file_write(path, buf.ptr, buf.size);
    sdx_buf_deinit(&buf);
    return status;
}
