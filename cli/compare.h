/* Whether a value is the expected one. */
#ifndef CLI_COMPARE_H
#define CLI_COMPARE_H

#include "cli/fault.h"

struct norm {
    bool elementwise;  /* |a - b| <= atol + rtol |b| for every number; else max |a - b| <= limit max
                          |b| + 1e-6 for each floating-point tensor */
    double rtol, atol; /* of the elementwise norm */
    double limit;      /* of the other */
    bool integers_near; /* integers may differ by 1 (the model has quantised operators); else not at
                           all. Only without `elementwise` */
};

/* Types, shapes, strings and bools must be equal, NaN equals NaN, an infinity itself. A sequence of
 * maps may be expected as a tensor with one row each (ZipMap), a map as the tensor of its values,
 * an optional as what it holds. False with the first difference in `fault`, and the largest one
 * where the elements are numbers. `ratio` (of the largest difference to the allowed one) only
 * grows. */
bool compare_values(const struct norm *norm, const sdx_value *got, const sdx_value *expected,
                    double *ratio, struct fault *fault);

#endif
