/* Arrays of NumPy, format versions 1 to 3 (numpy.lib.format): a header in Python's syntax, then the
 * elements. */
#ifndef CLI_NPY_H
#define CLI_NPY_H

#include "cli/fault.h"

/* Reads all of `bytes`. Elements of NumPy's opaque types (V1, V2, as ml_dtypes writes bfloat16 and
 * the small floats) take the type of `port` (may be NULL) where it is as wide. */
bool npy_parse(const void *bytes, size_t size, const sdx_port_info *port, sdx_value **out,
               struct fault *fault);
/* Appends a tensor. NumPy has no types for bfloat16, the small floats and integers below 8 bits:
 * SDX_UNSUPPORTED. */
bool npy_format(const sdx_value *tensor, struct text *out, struct fault *fault);

#endif
