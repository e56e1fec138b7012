/* The .pb files of ONNX test data: a TensorProto, SequenceProto, MapProto or OptionalProto without
 * anything that says which. */
#ifndef CLI_PROTO_H
#define CLI_PROTO_H

#include "cli/file.h"

/* True where the fields at the top can only be those of a TensorProto. */
bool proto_is_tensor(const void *bytes, size_t size);

/* Reads the value of a port of type `port`. What the port's kind does not fit but is a tensor by
 * its fields is read as one: the outputs of ZipMap are often stored as the tensor that feeds it.
 * `name` (may be NULL) receives an owned, terminated copy of the proto's name. */
bool proto_read(const char *path, const sdx_port_info *port, sdx_value **out, char **name,
                struct fault *fault);
/* The same without a port. */
bool proto_read_tensor(const char *path, sdx_value **out, struct fault *fault);
bool proto_write(const char *path, const sdx_value *value, const char *name, struct fault *fault);

#endif
