/* Names and sizes of the element types, expanded from dtype.def; the library's version. */
#include <string.h>

#include "sardonyx/sardonyx.h"

typedef struct dtype_row {
    const char *name;
    unsigned bits;
} dtype_row;

/* By number; the place of SDX_UNDEFINED is empty. */
static const dtype_row rows[] = {
#define SDX_DTYPE(id, NAME, name, bits, kind) [id] = {name, (unsigned)(bits)},
#include "sardonyx/dtype.def"
#undef SDX_DTYPE
};

enum { N_ROWS = sizeof rows / sizeof *rows };

const char *sdx_dtype_name(sdx_dtype dtype) {
    const size_t index = (size_t)dtype;
    return index < N_ROWS && rows[index].name ? rows[index].name : "undefined";
}

sdx_dtype sdx_dtype_from_name(const char *name) {
    if (!name) return SDX_UNDEFINED;
    for (size_t i = 0; i < N_ROWS; i++) {
        if (rows[i].name && strcmp(rows[i].name, name) == 0) return (sdx_dtype)i;
    }
    return SDX_UNDEFINED;
}

unsigned sdx_dtype_bits(sdx_dtype dtype) {
    const size_t index = (size_t)dtype;
    return index < N_ROWS ? rows[index].bits : 0;
}

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x) /* TEXT(SDX_VERSION_MAJOR) is "0" */

const char *sdx_version(void) {
    return TEXT(SDX_VERSION_MAJOR) "." TEXT(SDX_VERSION_MINOR) "." TEXT(SDX_VERSION_PATCH);
}
