/* What happens to the scores of a row at last: attribute post_transform. */
#ifndef SDX_OPS_ML_SCORES_H
#define SDX_OPS_ML_SCORES_H

#include "ops/call.h"

typedef enum sdx_post_transform {
    SDX_POST_NONE,
    SDX_POST_SOFTMAX,
    SDX_POST_LOGISTIC,
    SDX_POST_SOFTMAX_ZERO, /* softmax of the scores that are not zero */
    SDX_POST_PROBIT        /* quantile of the normal distribution */
} sdx_post_transform;

/* The transform of a name: "SOFTMAX_ZERO". */
sdx_status sdx_post_transform_of(sdx_str name, sdx_post_transform *out) SDX_NODISCARD;
void sdx_post_transform_apply(sdx_post_transform transform, double *scores, size_t n);

/* The largest of n >= 1 scores; the first of equal ones. */
size_t sdx_scores_best(const double *scores, size_t n);

#endif
