/* NumPy's names of element types in files: "<f4", "|u1", "<U12". */
#ifndef CLI_NPY_TYPE_H
#define CLI_NPY_TYPE_H

#include "cli/text.h"

struct npy_type {
    sdx_dtype dtype; /* SDX_UNDEFINED: opaque bytes */
    size_t size;     /* bytes of an element in the file */
    bool swapped;    /* big-endian */
    bool utf32;      /* text of code points, else of bytes */
};

/* False for what no tensor can hold (objects, dates, ...). */
bool npy_type_parse(sdx_str name, struct npy_type *out);
/* The name of a type that NumPy has; NULL for others and for strings. */
const char *npy_type_name(sdx_dtype dtype);
/* Adds a text element, as UTF-8 and without the zeros at its end. */
void npy_string(const struct npy_type *type, const unsigned char *element, struct text *out);

#endif
