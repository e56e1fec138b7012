/* What the writer and the builder share. */
#ifndef SDX_API_SAVE_H
#define SDX_API_SAVE_H

#include "onnx/write.h"
#include "sardonyx/graph.h"

/* A caller's options over the defaults; `given` may be NULL. */
sdx_status sdx_save_take(const sdx_save_options *given, sdx_save_options *out) SDX_NODISCARD;
/* The message as a new block of `allocator` (NULL: the process's); `heap` lends memory. */
sdx_status sdx_save_bytes(const sdx_pb_model *proto, sdx_heap *heap, const sdx_allocator *allocator,
                          void **bytes, size_t *size) SDX_NODISCARD;

#endif
