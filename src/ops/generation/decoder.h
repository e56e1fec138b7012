/* The language model of a search: its subgraphs, what they are fed, and the caches between steps.
 * One step at a time. */
#ifndef SDX_OPS_GENERATION_DECODER_H
#define SDX_OPS_GENERATION_DECODER_H

#include "ops/generation/generation.h"

typedef struct sdx_decoder {
    const sdx_call *c;
    const sdx_gen_settings *settings;
    sdx_gen_ports ports;
    sdx_value **feeds;   /* inputs of the decoder: owned; n_feeds */
    sdx_value **results; /* its outputs: owned; n_results: logits, presents */
    size_t n_feeds, n_results;
    size_t width;       /* rows of results: the batch until the first step, then all rows */
    size_t n_logits;    /* of a row, in every step; 0: not known yet */
    size_t axis;        /* of caches, along which rows lie */
    size_t *sources;    /* workspace: a row for each row */
    int32_t *positions; /* GPT, by batch entry: the first new token's */
    bool is_spread;     /* what does not change is there once a row, not once a batch entry */
} sdx_decoder;

sdx_status sdx_decoder_open(sdx_decoder *d, const sdx_call *c, const sdx_gen_settings *s)
    SDX_NODISCARD;
void sdx_decoder_close(sdx_decoder *d);

/* The logits of the token behind the prompt. */
sdx_status sdx_decoder_start(sdx_decoder *d) SDX_NODISCARD;
/* The logits of the token behind `t`; row r has the caches of row parents[r] (NULL: its own). */
sdx_status sdx_decoder_step(sdx_decoder *d, const sdx_gen_tokens *t, const size_t *parents)
    SDX_NODISCARD;

/* How many words there are to choose from: as many as the settings say, or as there are logits.
 * Known after the start; at least `least`. */
sdx_status sdx_decoder_words(const sdx_decoder *d, size_t least, size_t *out) SDX_NODISCARD;
/* The first n logits of a row, n <= n_logits. */
void sdx_decoder_logits(const sdx_decoder *d, size_t row, float *out, size_t n);

#endif
