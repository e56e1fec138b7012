/* What a value holds, in a few words and numbers. */
#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H

#include "cli/elements.h"

struct summary {
    size_t n_finite, n_nan, n_inf; /* elements; a complex one counts by its real part */
    double min, mean, max;         /* of the finite ones; 0 when there are none */
};
void summary_of(const sdx_value *tensor, struct summary *out);

/* "1.5, 2, 3, ..." with at most `n` elements. */
void summary_elements(struct text *text, const sdx_value *tensor, size_t n);
/* "float32", "sequence of 3", "map of int64 to float32", "empty" */
void summary_type(struct text *text, const sdx_value *value);

#endif
