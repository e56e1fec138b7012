/* TensorProto and its relatives in and out. Everything is checked: type, dims, the size of every
 * data field, string counts. */
#ifndef SDX_TENSOR_PROTO_H
#define SDX_TENSOR_PROTO_H

#include "base/arena.h"
#include "tensor/value.h"
#include "wire/onnx_proto.h"

/* Describes the elements of a TensorProto. Where they are raw_data of a dense type, `view` points
 * into the file (maybe misaligned: see sdx_view.data); else they are decoded into `arena`. External
 * data is left to the caller: *external is set and view has type and shape only. Errors:
 * SDX_INVALID_MODEL. */
sdx_status sdx_tensor_from_proto(const sdx_pb_tensor *proto, sdx_arena *arena, sdx_view *view,
                                 bool *external) SDX_NODISCARD;
/* A sparse tensor as the dense one that it stands for, in `arena`; at most `limit` bytes. */
sdx_status sdx_tensor_from_sparse(const sdx_pb_sparse_tensor *proto, size_t limit, sdx_arena *arena,
                                  sdx_view *view) SDX_NODISCARD;

#endif
