/* Values in a few characters:
 *
 *     float32[2,3]           elements that are all different, the same each time
 *     int64[2]{-1,3}         these elements; int64{5} is a scalar
 *     string[2]{a,b}
 *     seq(float32[2] float32[3]), opt(int64{1}), map(int64[2]{4,5} float32[2])
 *
 * An error of the text fails the test. */
#ifndef SDX_TESTS_VALUE_TEXT_H
#define SDX_TESTS_VALUE_TEXT_H

#include "tensor/value.h"

/* The value that *at begins with; *at moves behind it. */
sdx_value *value_text(const char **at);
/* Element `i` of a dense tensor, packed ones too, becomes `x`, rounded or saturated to its type. */
void value_set(sdx_value *tensor, size_t i, double x);
/* A tensor of this type and shape; element i is that of `like` at i, or its last one; none: zero.
 */
sdx_value *value_like(const sdx_value *like, size_t rank, const int64_t *dims);

#endif
