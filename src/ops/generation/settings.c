/* Settings from attributes and inputs, each checked once; sequences. */
#include <math.h>
#include <string.h>

#include "ops/generation/generation.h"

static const char *input_name(const sdx_call *c, size_t input) {
    return c->node->op->inputs[input].name;
}

static const sdx_view *input_of(const sdx_call *c, size_t input) {
    return input == SDX_GEN_NONE ? NULL : sdx_call_in(c, input);
}

static sdx_status check_single(const sdx_call *c, size_t input, const sdx_view *view) {
    if (view->len == 1) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s': found %zu elements, expected 1",
                    input_name(c, input), view->len);
}

sdx_status sdx_gen_int(const sdx_call *c, size_t input, int64_t fallback, int64_t low, int64_t high,
                       int64_t *out) {
    const sdx_view *const view = input_of(c, input);
    *out = fallback;
    if (view == NULL) return NULL;
    SDX_TRY(check_single(c, input, view));
    *out = sdx_view_int(view, 0);
    if (*out >= low && *out <= high) return NULL;
    return sdx_fail(SDX_OUT_OF_RANGE, "input '%s': found %lld, expected %lld to %lld",
                    input_name(c, input), (long long)*out, (long long)low, (long long)high);
}

sdx_status sdx_gen_float(const sdx_call *c, size_t input, float fallback, float *out) {
    const sdx_view *const view = input_of(c, input);
    *out = fallback;
    if (view == NULL) return NULL;
    SDX_TRY(check_single(c, input, view));
    *out = (float)sdx_view_double(view, 0);
    if (isfinite(*out)) return NULL;
    return sdx_fail(SDX_OUT_OF_RANGE, "input '%s': found %g, expected a finite number",
                    input_name(c, input), (double)*out);
}

static sdx_status read_token(const sdx_call *c, size_t attr, int64_t low, int32_t *out) {
    const int64_t id = sdx_node_int(c->node, attr);
    *out = (int32_t)(id >= low && id <= INT32_MAX ? id : 0);
    if (id == *out) return NULL;
    return sdx_fail(SDX_OUT_OF_RANGE, "attribute '%s': found %lld, expected %lld to %d",
                    c->node->op->attrs[attr].name, (long long)id, (long long)low, (int)INT32_MAX);
}

static sdx_status read_attributes(const sdx_call *c, sdx_gen_settings *s) {
    const int64_t ngram = sdx_node_int(c->node, SDX_GEN_NGRAM);
    const int64_t vocab = sdx_node_int(c->node, SDX_GEN_VOCAB);
    s->model = (sdx_gen_model)sdx_node_int(c->node, SDX_GEN_MODEL); /* checked with the ports */
    SDX_TRY(read_token(c, SDX_GEN_EOS, 0, &s->eos));
    SDX_TRY(read_token(c, SDX_GEN_PAD, 0, &s->pad));
    if (s->model != SDX_GEN_GPT && s->forced == NULL)
        SDX_TRY(read_token(c, SDX_GEN_START, 0, &s->start));
    s->ngram = ngram > 0 ? (size_t)ngram : 0;
    s->vocab = vocab > 0 ? (size_t)vocab : 0;
    return NULL;
}

/* input_ids, attention_mask, ...: rank 2, int32, as many rows as the batch has. */
static sdx_status check_rows(const sdx_call *c, size_t input, size_t batch, size_t columns) {
    const sdx_view *const view = input_of(c, input);
    char text[160];
    if (view == NULL) return NULL;
    const bool fits = view->rank == 2 && view->dtype == SDX_INT32 && view->dims[1] >= 1 &&
                      (batch == 0 || view->dims[0] == (int64_t)batch) &&
                      (columns == 0 || view->dims[1] == (int64_t)columns);
    if (fits) return NULL;
    return sdx_fail(SDX_SHAPE_MISMATCH, "input '%s': found %s, expected int32[batch,tokens]%s",
                    input_name(c, input), sdx_view_text(view, text, sizeof text),
                    columns != 0 ? " as 'input_ids' has" : "");
}

/* The batch, and the tokens that each sequence begins with. */
static sdx_status read_prompt(const sdx_call *c, const sdx_gen_inputs *at, sdx_gen_settings *s) {
    const sdx_view *const ids = c->in[SDX_GEN_INPUT_IDS];
    if (ids == NULL || ids->rank == 0)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'input_ids': found no rows, expected a batch");
    s->batch = (size_t)ids->dims[0];
    s->prompt = 1;
    if (s->batch == 0 || s->batch > INT32_MAX)
        return sdx_fail(SDX_OUT_OF_RANGE, "input 'input_ids': found %zu rows, expected 1 to %d",
                        s->batch, (int)INT32_MAX);
    if (s->model != SDX_GEN_WHISPER) {
        SDX_TRY(check_rows(c, SDX_GEN_INPUT_IDS, 0, 0));
        SDX_TRY(check_rows(c, at->attention_mask, s->batch, (size_t)ids->dims[1]));
        s->attention_mask = input_of(c, at->attention_mask);
    }
    if (s->model == SDX_GEN_GPT) {
        s->prompt = (size_t)ids->dims[1];
    } else if (s->forced != NULL) {
        SDX_TRY(check_rows(c, at->decoder_input_ids, s->batch, 0));
        s->prompt = (size_t)s->forced->dims[1];
    }
    return NULL;
}

static sdx_status read_lengths(const sdx_call *c, const sdx_gen_inputs *at, sdx_gen_settings *s) {
    int64_t most, least, beams;
    if (s->prompt >= SDX_GEN_MAX_TOKENS)
        return sdx_fail(SDX_LIMIT, "found a prompt of %zu tokens, supported: up to %d", s->prompt,
                        (int)SDX_GEN_MAX_TOKENS - 1);
    SDX_TRY(sdx_gen_int(c, SDX_GEN_MAX_LENGTH, SDX_GEN_MAX_TOKENS, (int64_t)s->prompt + 1,
                        SDX_GEN_MAX_TOKENS, &most));
    SDX_TRY(sdx_gen_int(c, at->min_length, 0, INT32_MIN, most - 1, &least));
    SDX_TRY(sdx_gen_int(c, at->num_beams, 1, 1, SDX_GEN_MAX_BEAMS, &beams));
    s->max_length = (size_t)most;
    s->min_length = least > 0 ? (size_t)least : 0;
    s->beams = (size_t)beams;
    if (sdx_mul_size(s->batch, s->beams, &s->rows)) return NULL;
    return sdx_fail(SDX_LIMIT, "found %zu times %zu sequences, which no memory holds", s->batch,
                    s->beams);
}

sdx_status sdx_gen_settings_read(const sdx_call *c, sdx_gen_settings *out) {
    const sdx_gen_inputs *const at = c->node->op->data;
    const int64_t model = sdx_node_int(c->node, SDX_GEN_MODEL);
    *out = (sdx_gen_settings){.vocab_mask = input_of(c, at->vocab_mask),
                              .prefix_mask = input_of(c, at->prefix_vocab_mask)};
    if (model != SDX_GEN_GPT) out->forced = input_of(c, at->decoder_input_ids);
    SDX_TRY(read_attributes(c, out));
    SDX_TRY(read_prompt(c, at, out));
    SDX_TRY(read_lengths(c, at, out));
    SDX_TRY(sdx_gen_float(c, at->repetition_penalty, 1, &out->repetition_penalty));
    if (out->repetition_penalty > 0) return NULL;
    return sdx_fail(SDX_OUT_OF_RANGE,
                    "input 'repetition_penalty': found %g, expected a number above 0",
                    (double)out->repetition_penalty);
}

sdx_status sdx_gen_tokens_init(const sdx_call *c, const sdx_gen_settings *s, sdx_gen_tokens *out) {
    const sdx_view *const given = s->model == SDX_GEN_GPT ? c->in[SDX_GEN_INPUT_IDS] : s->forced;
    *out = (sdx_gen_tokens){.rows = s->rows, .length = s->prompt, .max_length = s->max_length};
    size_t size;
    if (!sdx_mul_size(s->rows, s->max_length, &size) || !sdx_mul_size(size, sizeof(int32_t), &size))
        return sdx_fail(SDX_LIMIT,
                        "found %zu sequences of %zu tokens, which no memory holds; lower "
                        "'max_length' or 'num_beams'",
                        s->rows, s->max_length);
    SDX_TRY(sdx_call_scratch(c, size, (void **)&out->tokens));
    SDX_TRY(sdx_call_scratch(c, size, (void **)&out->spare));
    for (size_t r = 0; r < s->rows; r++) {
        int32_t *const to = out->tokens + r * s->max_length;
        to[0] = s->start;
        if (given != NULL)
            memcpy(to, (const int32_t *)given->data + r / s->beams * s->prompt,
                   s->prompt * sizeof *to);
    }
    return NULL;
}

void sdx_gen_append(sdx_gen_tokens *t, const size_t *parents, const int32_t *tokens) {
    if (parents != NULL) {
        for (size_t r = 0; r < t->rows; r++) {
            memcpy(t->spare + r * t->max_length, sdx_gen_row(t, parents[r]),
                   t->length * sizeof *t->tokens);
        }
        int32_t *const swap = t->tokens;
        t->tokens = t->spare;
        t->spare = swap;
    }
    for (size_t r = 0; r < t->rows; r++) {
        t->tokens[r * t->max_length + t->length] = tokens[r];
    }
    t->length++;
}

sdx_status sdx_gen_scores(const sdx_call *c, size_t rows, size_t words, float **out) {
    size_t size;
    if (!sdx_mul_size(rows, words, &size) || !sdx_mul_size(size, sizeof **out, &size))
        return sdx_fail(SDX_LIMIT, "found %zu words for %zu sequences, which no memory holds",
                        words, rows);
    return sdx_call_scratch(c, size, (void **)out);
}
