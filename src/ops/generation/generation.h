/* What the operators that generate token sequences share.
 *
 * A row is one sequence in the making: batch entry b has rows b * beams to b * beams + beams - 1. A
 * step runs the decoder for all rows, brings its logits through the rules, picks a token for each
 * row and appends it. */
#ifndef SDX_OPS_GENERATION_GENERATION_H
#define SDX_OPS_GENERATION_GENERATION_H

#include "ops/call.h"
#include "ops/infer.h"

/* Attributes that all of the family begin with. */
enum {
    SDX_GEN_DECODER,
    SDX_GEN_ENCODER,
    SDX_GEN_INIT_DECODER,
    SDX_GEN_EOS,
    SDX_GEN_PAD,
    SDX_GEN_START,
    SDX_GEN_NGRAM,
    SDX_GEN_MODEL,
    SDX_GEN_VOCAB,
    SDX_GEN_ATTRS /* how many */
};
#define SDX_GEN_ATTR_ROWS                                                  \
    [SDX_GEN_DECODER] = SDX_ATTR_REQ("decoder", SDX_ATTR_GRAPH),           \
    [SDX_GEN_ENCODER] = SDX_ATTR_OPT("encoder", SDX_ATTR_GRAPH),           \
    [SDX_GEN_INIT_DECODER] = SDX_ATTR_OPT("init_decoder", SDX_ATTR_GRAPH), \
    [SDX_GEN_EOS] = SDX_ATTR_REQ("eos_token_id", SDX_ATTR_INT),            \
    [SDX_GEN_PAD] = SDX_ATTR_REQ("pad_token_id", SDX_ATTR_INT),            \
    [SDX_GEN_START] = SDX_ATTR_I("decoder_start_token_id", -1),            \
    [SDX_GEN_NGRAM] = SDX_ATTR_I("no_repeat_ngram_size", 0),               \
    [SDX_GEN_MODEL] = SDX_ATTR_I("model_type", 0), [SDX_GEN_VOCAB] = SDX_ATTR_I("vocab_size", -1)

/* attribute 'model_type' */
typedef enum sdx_gen_model {
    SDX_GEN_GPT,     /* a decoder alone, which the prompt goes through first */
    SDX_GEN_T5,      /* an encoder of tokens, and a decoder */
    SDX_GEN_WHISPER, /* an encoder of features, and a decoder */
    SDX_GEN_MODELS
} sdx_gen_model;

/* Inputs 0 and 1 are input_ids and max_length; where the others stand. SDX_GEN_NONE: the operator
 * has no such input. The data of an operator's row. */
enum { SDX_GEN_INPUT_IDS, SDX_GEN_MAX_LENGTH };
#define SDX_GEN_NONE SIZE_MAX
typedef struct sdx_gen_inputs {
    size_t min_length, num_beams, repetition_penalty, vocab_mask, prefix_vocab_mask, attention_mask,
        decoder_input_ids;
} sdx_gen_inputs;

enum { SDX_GEN_MAX_TOKENS = 1 << 20, SDX_GEN_MAX_BEAMS = 1024 };

/* What was asked for, checked. Views are those of the call. */
typedef struct sdx_gen_settings {
    sdx_gen_model model;
    size_t batch, beams, rows;     /* rows = batch * beams */
    size_t prompt;                 /* tokens that sequences begin with, at least 1 */
    size_t min_length, max_length; /* tokens with the prompt; max_length > prompt */
    int32_t eos, pad, start;
    size_t ngram;               /* 0: n-grams may repeat */
    size_t vocab;               /* 0: as many as there are logits */
    float repetition_penalty;   /* above 0 */
    const sdx_view *vocab_mask; /* these: NULL when there is none */
    const sdx_view *prefix_mask;
    const sdx_view *attention_mask;
    const sdx_view *forced; /* decoder_input_ids */
} sdx_gen_settings;

/* Tokens so far. */
typedef struct sdx_gen_tokens {
    int32_t *tokens; /* rows * max_length */
    int32_t *spare;  /* as large: where the next step's are put together */
    size_t rows, length, max_length;
} sdx_gen_tokens;

static inline const int32_t *sdx_gen_row(const sdx_gen_tokens *t, size_t row) {
    return t->tokens + row * t->max_length;
}

/* settings.c */
sdx_status sdx_gen_settings_read(const sdx_call *c, sdx_gen_settings *out) SDX_NODISCARD;
/* The number in an input of one element: in [low, high], `fallback` when the input is absent. */
sdx_status sdx_gen_int(const sdx_call *c, size_t input, int64_t fallback, int64_t low, int64_t high,
                       int64_t *out) SDX_NODISCARD;
/* Likewise a finite number. */
sdx_status sdx_gen_float(const sdx_call *c, size_t input, float fallback, float *out) SDX_NODISCARD;
/* Sequences that hold the prompt, in scratch. */
sdx_status sdx_gen_tokens_init(const sdx_call *c, const sdx_gen_settings *s, sdx_gen_tokens *out)
    SDX_NODISCARD;
/* Room for the scores of each word in each row, in scratch. */
sdx_status sdx_gen_scores(const sdx_call *c, size_t rows, size_t words, float **out) SDX_NODISCARD;
/* Row r goes on as row parents[r] (NULL: as itself) did, with tokens[r] behind. There is room. */
void sdx_gen_append(sdx_gen_tokens *t, const size_t *parents, const int32_t *tokens);

/* ports.c */
typedef struct sdx_gen_ports {
    size_t first_cache; /* the decoder's inputs before it: ids, positions, masks, hidden states */
    size_t n_states;    /* caches that each step makes anew: outputs 1 and on of the decoder */
    size_t n_fixed;     /* caches of cross attention, behind those */
    bool has_hidden;    /* the input before the caches is the encoder's hidden states */
    bool starts;        /* the encoder runs the first step of the decoder, too */
} sdx_gen_ports;

/* Checks the numbers of the subgraphs' inputs and outputs. */
sdx_status sdx_gen_ports_of(const sdx_node *node, sdx_gen_ports *out) SDX_NODISCARD;
/* Inference of the subgraphs; does nothing when binding. */
sdx_status sdx_gen_infer(sdx_infer *in) SDX_NODISCARD;
/* The size that the input `input` of one element holds, as far as it is known. */
sdx_status sdx_gen_infer_size(const sdx_infer *in, size_t input, sdx_dim *out) SDX_NODISCARD;

/* rules.c */
typedef struct sdx_gen_rules {
    const sdx_gen_settings *settings;
    const sdx_gen_tokens *tokens;
    size_t vocab;
    bool first;   /* no token was picked yet */
    float *saved; /* a place for each token of each row */
} sdx_gen_rules;
sdx_status sdx_gen_rules_init(const sdx_call *c, const sdx_gen_settings *s,
                              const sdx_gen_tokens *tokens, size_t vocab, sdx_gen_rules *out)
    SDX_NODISCARD;
/* Changes the scores (one a word) of the next token of a row. Rows may be done side by side. */
void sdx_gen_rules_apply(const sdx_gen_rules *rules, size_t row, float *scores);

#endif
