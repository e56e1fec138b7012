/* See binary_scores.h. */
#include "ops/ml/binary_scores.h"

size_t sdx_binary_scores(double score, bool probability, sdx_post_transform transform,
                         double both[2]) {
    both[0] = probability ? 1.0 - score : -score;
    both[1] = score;
    if (transform == SDX_POST_PROBIT || (transform == SDX_POST_LOGISTIC && !probability))
        sdx_post_transform_apply(transform, both, 2);
    return score > (probability ? 0.5 : 0.0);
}
