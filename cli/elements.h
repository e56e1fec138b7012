/* Elements of tensors as numbers, for all 26 types of ONNX: what the command prints, compares,
 * fills and converts goes through here. Numbers are doubles; 64-bit integers have exact functions
 * beside them. */
#ifndef CLI_ELEMENTS_H
#define CLI_ELEMENTS_H

#include "cli/fault.h"

enum element_kind {
    ELEMENT_NONE,
    ELEMENT_BOOL,
    ELEMENT_INT,
    ELEMENT_UINT,
    ELEMENT_FLOAT,
    ELEMENT_COMPLEX,
    ELEMENT_STRING
};
enum element_kind element_kind(sdx_dtype dtype);

/* Bytes of `n` elements; false when that overflows or the type has no size. */
bool elements_size(sdx_dtype dtype, size_t n, size_t *out);
/* Product of dims that are not negative; false when it overflows. */
bool elements_count(const int64_t *dims, size_t rank, size_t *out);

/* Element `index` of `data` as a number; the real part of a complex one; NaN for a string. */
double element_get(sdx_dtype dtype, const void *data, size_t index);
/* The imaginary part; 0 for all other types. */
double element_imaginary(sdx_dtype dtype, const void *data, size_t index);
/* Exact values of the integer types and bool. */
int64_t element_int(sdx_dtype dtype, const void *data, size_t index);
uint64_t element_uint(sdx_dtype dtype, const void *data, size_t index);

/* Stores a number, rounded to nearest even; what is too large becomes infinity where the type has
 * one, else the nearest value; integers take the nearest value as well, and NaN as 0. Nothing for
 * strings. */
void element_set(sdx_dtype dtype, void *data, size_t index, double value);
void element_set_complex(sdx_dtype dtype, void *data, size_t index, double real, double imaginary);
/* Store exact integers; false when the type cannot hold the value. For integer types and bool. */
bool element_set_int(sdx_dtype dtype, void *data, size_t index, int64_t value);
bool element_set_uint(sdx_dtype dtype, void *data, size_t index, uint64_t value);

/* Adds the element as people read it: "0.25", "-3", "true", "1+2i", "'text'". */
void element_text(struct text *text, sdx_dtype dtype, const void *data, size_t index);

#endif
