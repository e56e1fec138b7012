/* Two classes of which a model scores only one. */
#ifndef SDX_OPS_ML_BINARY_SCORES_H
#define SDX_OPS_ML_BINARY_SCORES_H

#include "ops/ml/scores.h"

/* The scores of both classes from the one score of class 1, and the class that wins. With
 * `probability` (no weight is negative) the score is one of [0, 1]: the other class has the rest of
 * 1 and 0.5 divides them, and there is nothing left to transform. Else 0 divides them, the other
 * class has the negative score, and `transform` follows where it works on one score. */
size_t sdx_binary_scores(double score, bool probability, sdx_post_transform transform,
                         double both[2]);

#endif
