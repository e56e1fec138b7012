/* Messages of ONNX as bytes and as files, with large tensors in a file of their own. */
#ifndef SDX_ONNX_WRITE_H
#define SDX_ONNX_WRITE_H

#include "wire/onnx_proto.h"

/* Appends the model. Error: SDX_LIMIT beyond 2 GiB, which no reader of protobuf takes. */
sdx_status sdx_onnx_encode(const sdx_pb_model *model, sdx_buf *out) SDX_NODISCARD;

typedef struct sdx_onnx_places {
    size_t external_from;      /* initializers of so many bytes or more go out; SIZE_MAX: none */
    const char *external_name; /* a file beside the model; NULL: the model's name with ".data" */
} sdx_onnx_places;

/* Writes the model to `path`. Tensors that go out are changed in place: their arrays belong to the
 * caller, who made them for this call. `arena` holds what they refer to then. */
sdx_status sdx_onnx_write(const sdx_pb_model *model, const char *path,
                          const sdx_onnx_places *places, sdx_arena *arena) SDX_NODISCARD;

#endif
