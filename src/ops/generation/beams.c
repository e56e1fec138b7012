/* See beams.h. */
#include "ops/generation/beams.h"

#include <math.h>
#include <string.h>

sdx_status sdx_beams_init(const sdx_call *c, const sdx_gen_settings *s, sdx_beams *out) {
    int32_t *tokens;
    *out = (sdx_beams){.beams = s->beams};
    /* the tokens of the search itself had this size, so the products are no overflows */
    SDX_TRY(sdx_call_scratch(c, s->rows * s->max_length * sizeof *tokens, (void **)&tokens));
    SDX_TRY(sdx_call_scratch(c, s->rows * sizeof *out->list, (void **)&out->list));
    SDX_TRY(sdx_call_scratch(c, s->batch * sizeof *out->n_done, (void **)&out->n_done));
    SDX_TRY(sdx_call_scratch(c, s->batch * sizeof *out->is_over, (void **)&out->is_over));
    for (size_t r = 0; r < s->rows; r++) {
        out->list[r] = (sdx_beams_done){.tokens = tokens + r * s->max_length};
    }
    for (size_t b = 0; b < s->batch; b++) {
        out->n_done[b] = 0;
        out->is_over[b] = false;
    }
    return NULL;
}

static float rate(const sdx_beams *b, float sum, size_t length) {
    return sum / powf((float)length, b->length_penalty);
}

void sdx_beams_add(sdx_beams *b, size_t entry, const int32_t *tokens, size_t length, float sum) {
    sdx_beams_done *const list = b->list + entry * b->beams;
    const float score = rate(b, sum, length);
    size_t n = b->n_done[entry], at;
    if (n == b->beams && !(score > list[n - 1].score)) return;
    if (n < b->beams) b->n_done[entry] = ++n;
    sdx_beams_done spare = list[n - 1]; /* free, or the worst, which goes */
    for (at = n - 1; at > 0 && score > list[at - 1].score; at--) {
        list[at] = list[at - 1];
    }
    spare.score = score;
    spare.length = length;
    memcpy(spare.tokens, tokens, length * sizeof *tokens);
    list[at] = spare;
}

void sdx_beams_judge(sdx_beams *b, size_t entry, float best_sum, size_t length) {
    if (b->n_done[entry] < b->beams) return;
    const float worst = b->list[entry * b->beams + b->beams - 1].score;
    b->is_over[entry] = b->early || worst >= rate(b, best_sum, length);
}
