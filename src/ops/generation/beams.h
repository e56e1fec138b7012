/* Finished sequences of a beam search: for each batch entry the best ones found so far, as many as
 * there are beams. */
#ifndef SDX_OPS_GENERATION_BEAMS_H
#define SDX_OPS_GENERATION_BEAMS_H

#include "ops/generation/generation.h"

typedef struct sdx_beams_done {
    float score;     /* sum of log probabilities / length ^ length_penalty */
    size_t length;   /* tokens, without the end */
    int32_t *tokens; /* room for max_length */
} sdx_beams_done;

typedef struct sdx_beams {
    size_t beams;
    float length_penalty;
    bool early;           /* over as soon as there are enough */
    sdx_beams_done *list; /* batch * beams: those of an entry best first */
    size_t *n_done;       /* by batch entry */
    bool *is_over;        /* by batch entry: nothing better can come */
} sdx_beams;

sdx_status sdx_beams_init(const sdx_call *c, const sdx_gen_settings *s, sdx_beams *out)
    SDX_NODISCARD;
/* A sequence of entry b came to its end. Of equal ones the earlier stays. */
void sdx_beams_add(sdx_beams *b, size_t entry, const int32_t *tokens, size_t length, float sum);
/* A step ended whose best candidate has this sum, from sequences of `length` tokens. */
void sdx_beams_judge(sdx_beams *b, size_t entry, float best_sum, size_t length);

#endif
