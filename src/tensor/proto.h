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
 * SDX_INVALID_MODEL, SDX_UNSUPPORTED (segments), SDX_LIMIT. */
sdx_status sdx_tensor_from_proto(const sdx_pb_tensor *proto, sdx_arena *arena, sdx_view *view,
                                 bool *external) SDX_NODISCARD;
/* Makes the elements of a bool tensor 0 or 1, in a copy where one is neither: other bytes would be
 * neither true nor false to the operators. */
sdx_status sdx_tensor_settle_bools(sdx_arena *arena, sdx_view *view) SDX_NODISCARD;
/* A sparse tensor as the dense one that it stands for, in `arena`; at most `limit` bytes. Indices
 * are int64[n], or int64[n, rank]; they rise. Errors as above. */
sdx_status sdx_tensor_from_sparse(const sdx_pb_sparse_tensor *proto, size_t limit, sdx_arena *arena,
                                  sdx_view *view) SDX_NODISCARD;

/* A TensorProto of a view of the stored form, whose elements and dims it borrows. Cannot fail. */
void sdx_tensor_to_proto(const sdx_view *view, sdx_pb_tensor *proto);

/* A serialised TensorProto, SequenceProto, MapProto or OptionalProto as a value that refers to
 * nothing of `bytes`. `name` (may be NULL) receives the proto's name, a view of `bytes`. In a
 * MapProto keys of all integer types become int64, and its values, tensors of one shape, the rows
 * of one tensor. External data and sparse tensors are refused. Errors: SDX_INVALID_MODEL,
 * SDX_UNSUPPORTED. */
sdx_status sdx_value_from_proto(sdx_store *store, sdx_kind kind, const void *bytes, size_t size,
                                sdx_value **out, sdx_str *name) SDX_NODISCARD;
/* Appends the proto of a value, named `name` (ptr NULL: not named). */
sdx_status sdx_value_to_proto(const sdx_value *value, sdx_str name, sdx_buf *out) SDX_NODISCARD;

#endif
