/* What changes the scores of a row before a token is picked. The order counts: penalty of what was
 * said, n-grams, masks, the earliest end. */
#include <float.h>
#include <string.h>

#include "ops/generation/generation.h"

#define NEVER (-FLT_MAX)

static sdx_status check_mask(const sdx_view *mask, const char *name, size_t rows, size_t vocab) {
    char text[160];
    if (mask == NULL || mask->len == rows * vocab) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH,
                    "input '%s': found %s, expected %zu elements, one for each of %zu words%s",
                    name, sdx_view_text(mask, text, sizeof text), rows * vocab, vocab,
                    rows > 1 ? " and each row" : "");
}

sdx_status sdx_gen_rules_init(const sdx_call *c, const sdx_gen_settings *s,
                              const sdx_gen_tokens *tokens, size_t vocab, sdx_gen_rules *out) {
    *out = (sdx_gen_rules){.settings = s, .tokens = tokens, .vocab = vocab, .first = true};
    SDX_TRY(check_mask(s->vocab_mask, "vocab_mask", 1, vocab));
    SDX_TRY(check_mask(s->prefix_mask, "prefix_vocab_mask", s->batch, vocab));
    if (s->repetition_penalty == 1) return NULL;
    /* as large as the tokens themselves, so the product is no overflow */
    return sdx_call_scratch(c, s->rows * s->max_length * sizeof *out->saved, (void **)&out->saved);
}

static bool is_word(const sdx_gen_rules *rules, int32_t token) {
    return token >= 0 && (size_t)token < rules->vocab;
}

/* Words that the sequence has become less likely; once, however often they occur: all are read
 * before one is written. */
static void penalize(const sdx_gen_rules *rules, size_t row, float *scores) {
    const sdx_gen_tokens *const t = rules->tokens;
    const int32_t *const tokens = sdx_gen_row(t, row);
    float *const saved = rules->saved + row * t->max_length;
    const float penalty = rules->settings->repetition_penalty;
    for (size_t i = 0; i < t->length; i++) {
        if (is_word(rules, tokens[i])) saved[i] = scores[tokens[i]];
    }
    for (size_t i = 0; i < t->length; i++) {
        if (is_word(rules, tokens[i]))
            scores[tokens[i]] = saved[i] < 0 ? saved[i] * penalty : saved[i] / penalty;
    }
}

/* No word that would end an n-gram which the sequence has already. */
static void forbid_ngrams(const sdx_gen_rules *rules, size_t row, float *scores) {
    const size_t n = rules->settings->ngram, length = rules->tokens->length;
    if (n > length) return;
    const int32_t *const tokens = sdx_gen_row(rules->tokens, row);
    const int32_t *const last = tokens + length - (n - 1);
    for (size_t i = 0; i + n <= length; i++) {
        const int32_t word = tokens[i + n - 1];
        if (memcmp(tokens + i, last, (n - 1) * sizeof *last) == 0 && is_word(rules, word))
            scores[word] = NEVER;
    }
}

static void mask_words(const int32_t *mask, size_t n, float *scores) {
    for (size_t i = 0; i < n; i++) {
        if (mask[i] == 0) scores[i] = NEVER;
    }
}

void sdx_gen_rules_apply(const sdx_gen_rules *rules, size_t row, float *scores) {
    const sdx_gen_settings *const s = rules->settings;
    const size_t n = rules->vocab;
    if (s->repetition_penalty != 1) penalize(rules, row, scores);
    if (s->ngram > 0) forbid_ngrams(rules, row, scores);
    if (s->vocab_mask != NULL) mask_words(s->vocab_mask->data, n, scores);
    if (s->prefix_mask != NULL && rules->first)
        mask_words((const int32_t *)s->prefix_mask->data + row / s->beams * n, n, scores);
    if (rules->tokens->length < s->min_length && is_word(rules, s->eos)) scores[s->eos] = NEVER;
}
