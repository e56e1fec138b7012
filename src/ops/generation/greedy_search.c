/* GreedySearch of com.microsoft: each sequence goes on with its likeliest word until its end. */
#include <math.h>
#include <string.h>

#include "ops/generation/decoder.h"

enum {
    IN_MIN_LENGTH = 2,
    IN_REPETITION_PENALTY,
    IN_VOCAB_MASK,
    IN_PREFIX_VOCAB_MASK,
    IN_ATTENTION_MASK
};
enum { OUT_SEQUENCES };

#define OPTIONAL(port, variable, set) \
    { .name = (port), .var = (variable), .types = (set), .flags = SDX_PORT_OPTIONAL }

static const sdx_port inputs[] = {
    {.name = "input_ids", .var = "I", .types = SDX_T(INT32)},
    {.name = "max_length", .var = "I", .types = SDX_T(INT32)},
    OPTIONAL("min_length", "I", SDX_T(INT32)),
    OPTIONAL("repetition_penalty", "T", SDX_T(FLOAT32)),
    OPTIONAL("vocab_mask", "I", SDX_T(INT32)),
    OPTIONAL("prefix_vocab_mask", "I", SDX_T(INT32)),
    OPTIONAL("attention_mask", "I", SDX_T(INT32)),
};
static const sdx_port outputs[] = {{.name = "sequences", .var = "I", .types = SDX_T(INT32)}};
static const sdx_attr_def attrs[] = {SDX_GEN_ATTR_ROWS};
static const sdx_gen_inputs places = {.min_length = IN_MIN_LENGTH,
                                      .num_beams = SDX_GEN_NONE,
                                      .repetition_penalty = IN_REPETITION_PENALTY,
                                      .vocab_mask = IN_VOCAB_MASK,
                                      .prefix_vocab_mask = IN_PREFIX_VOCAB_MASK,
                                      .attention_mask = IN_ATTENTION_MASK,
                                      .decoder_input_ids = SDX_GEN_NONE};

static sdx_status infer(sdx_infer *in) {
    SDX_TRY(sdx_gen_infer(in));
    if (in->graph == NULL) return NULL;
    sdx_dim length;
    const bool ranked = sdx_infer_ranked(in, SDX_GEN_INPUT_IDS) && in->in[0].rank > 0;
    const sdx_dim batch = ranked ? in->in[SDX_GEN_INPUT_IDS].dims[0] : SDX_DIM_UNKNOWN;
    SDX_TRY(sdx_gen_infer_size(in, SDX_GEN_MAX_LENGTH, &length));
    return sdx_infer_set_shape(in, OUT_SEQUENCES, 2, (sdx_dim[]){batch, length});
}

/* ---- running */

typedef struct search {
    const sdx_call *c;
    sdx_gen_settings settings;
    sdx_gen_tokens tokens;
    sdx_gen_rules rules;
    sdx_decoder decoder;
    size_t words;
    float *scores; /* rows * words: of the next token */
    int32_t *next; /* by row: its next token */
    bool *is_over; /* by row */
} search;

static sdx_status make_room(search *s) {
    const size_t rows = s->settings.rows;
    SDX_TRY(sdx_decoder_words(&s->decoder, 1, &s->words));
    SDX_TRY(sdx_gen_scores(s->c, rows, s->words, &s->scores));
    SDX_TRY(sdx_call_scratch(s->c, rows * sizeof *s->next, (void **)&s->next));
    SDX_TRY(sdx_call_scratch(s->c, rows * sizeof *s->is_over, (void **)&s->is_over));
    for (size_t r = 0; r < rows; r++) {
        s->is_over[r] = false;
    }
    return sdx_gen_rules_init(s->c, &s->settings, &s->tokens, s->words, &s->rules);
}

/* The greatest score; of equal ones the first. What is no number comes last. */
static int32_t likeliest(const float *scores, size_t n) {
    size_t best = 0;
    for (size_t i = 1; i < n; i++) {
        if (scores[i] > scores[best] || (isnan(scores[best]) && !isnan(scores[i]))) best = i;
    }
    return (int32_t)best;
}

/* Rows that are over go on with padding, so that the others keep their places; the end itself is
 * padding, too. */
static void pick_words(void *arg, size_t begin, size_t end, unsigned lane) {
    const search *const s = arg;
    (void)lane;
    for (size_t r = begin; r < end; r++) {
        float *const row = s->scores + r * s->words;
        s->next[r] = s->settings.pad;
        if (s->is_over[r]) continue;
        sdx_decoder_logits(&s->decoder, r, row, s->words);
        sdx_gen_rules_apply(&s->rules, r, row);
        const int32_t word = likeliest(row, s->words);
        s->is_over[r] = word == s->settings.eos;
        if (!s->is_over[r]) s->next[r] = word;
    }
}

/* Picks the next token of each row; whether any row goes on. */
static bool advance(search *s) {
    bool goes_on = false;
    sdx_call_for(s->c, s->settings.rows, sdx_grain(4 * s->words), pick_words, s);
    s->rules.first = false;
    for (size_t r = 0; r < s->settings.rows; r++) {
        goes_on = goes_on || !s->is_over[r];
    }
    sdx_gen_append(&s->tokens, NULL, s->next);
    return goes_on;
}

static sdx_status generate(search *s) {
    SDX_TRY(sdx_decoder_start(&s->decoder));
    SDX_TRY(make_room(s));
    while (advance(s) && s->tokens.length < s->tokens.max_length) {
        if (sdx_call_cancelled(s->c)) return sdx_call_stopped();
        SDX_TRY(
            sdx_in(sdx_decoder_step(&s->decoder, &s->tokens, NULL), "token %zu", s->tokens.length));
    }
    return NULL;
}

static sdx_status give(const search *s) {
    const size_t most = s->settings.max_length, length = s->tokens.length;
    const int64_t dims[] = {(int64_t)s->settings.batch, (int64_t)most};
    sdx_view *view;
    SDX_TRY(sdx_call_output(s->c, OUT_SEQUENCES, SDX_INT32, 2, dims, &view));
    int32_t *to = view->data;
    for (size_t r = 0; r < s->settings.batch; r++, to += most) {
        memcpy(to, sdx_gen_row(&s->tokens, r), length * sizeof *to);
        for (size_t t = length; t < most; t++) {
            to[t] = s->settings.pad;
        }
    }
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    search s = {.c = c};
    SDX_TRY(sdx_gen_settings_read(c, &s.settings));
    SDX_TRY(sdx_gen_tokens_init(c, &s.settings, &s.tokens));
    SDX_TRY(sdx_decoder_open(&s.decoder, c, &s.settings));
    const sdx_status status = generate(&s);
    sdx_decoder_close(&s.decoder);
    SDX_TRY(status);
    return give(&s);
}

const sdx_op sdx_op_ms_greedy_search = {
    .name = "GreedySearch",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_CONTROL | SDX_OP_DATA_SHAPE,
    .data = &places,
    .infer = infer,
    .run = run,
};
