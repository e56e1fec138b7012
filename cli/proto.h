/* The .pb files of ONNX test data: a TensorProto, SequenceProto, MapProto or OptionalProto without
 * anything that says which. */
#ifndef CLI_PROTO_H
#define CLI_PROTO_H

#include "cli/file.h"

/* True where the fields at the top can only be those of a TensorProto. */
bool proto_is_tensor(const void *bytes, size_t size);

/* Reads a value of `kind`. What does not fit the kind but is a tensor by its fields is read as one:
 * the outputs of ZipMap are often stored as the tensor that feeds it. `name` (may be NULL) receives
 * an owned, terminated copy of the proto's name. */
bool proto_parse(const void *bytes, size_t size, sdx_kind kind, sdx_value **out, char **name,
                 struct fault *fault);
/* The same from a file, for a port. */
bool proto_read(const char *path, const sdx_port_info *port, sdx_value **out, char **name,
                struct fault *fault);

#endif
