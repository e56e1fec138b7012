/* BeamSearch of com.microsoft: of all ways to go on with its sequences each step keeps the best.
 *
 * A step looks at the 2 * beams best pairs of sequence and next word of a batch entry. Those that
 * end a sequence go to the list of finished ones, the first `beams` others are the sequences of the
 * next step. An entry is over when no sequence can become better than the worst finished one. */
#include <math.h>
#include <string.h>

#include "ops/generation/beams.h"
#include "ops/generation/decoder.h"

enum { EARLY_STOPPING = SDX_GEN_ATTRS };
enum {
    IN_MIN_LENGTH = 2,
    IN_NUM_BEAMS,
    IN_NUM_RETURN,
    IN_LENGTH_PENALTY,
    IN_REPETITION_PENALTY,
    IN_VOCAB_MASK,
    IN_PREFIX_VOCAB_MASK,
    IN_ATTENTION_MASK,
    IN_DECODER_INPUT_IDS,
    IN_LOGITS_PROCESSOR
};
enum { OUT_SEQUENCES, OUT_SEQUENCES_SCORES, OUT_SCORES };

#define FLOATS (SDX_T(FLOAT32) | SDX_T(FLOAT16))
#define OPTIONAL(port, variable, set) \
    { .name = (port), .var = (variable), .types = (set), .flags = SDX_PORT_OPTIONAL }

static const sdx_port inputs[] = {
    {.name = "input_ids", .var = "F", .types = FLOATS | SDX_T(INT32)},
    {.name = "max_length", .var = "I", .types = SDX_T(INT32)},
    OPTIONAL("min_length", "I", SDX_T(INT32)),
    {.name = "num_beams", .var = "I", .types = SDX_T(INT32)},
    {.name = "num_return_sequences", .var = "I", .types = SDX_T(INT32)},
    OPTIONAL("length_penalty", "T", FLOATS),
    OPTIONAL("repetition_penalty", "T", FLOATS),
    OPTIONAL("vocab_mask", "M", SDX_T(INT32)),
    OPTIONAL("prefix_vocab_mask", "M", SDX_T(INT32)),
    OPTIONAL("attention_mask", "I", SDX_T(INT32)),
    OPTIONAL("decoder_input_ids", "I", SDX_T(INT32)),
    OPTIONAL("logits_processor", "I", SDX_T(INT32)),
};
static const sdx_port outputs[] = {
    {.name = "sequences", .var = "I", .types = SDX_T(INT32)},
    OPTIONAL("sequences_scores", "T", FLOATS),
    OPTIONAL("scores", "T", FLOATS),
};
static const sdx_attr_def attrs[] = {SDX_GEN_ATTR_ROWS, [EARLY_STOPPING] =
                                                            SDX_ATTR_I("early_stopping", 0)};
static const sdx_gen_inputs places = {.min_length = IN_MIN_LENGTH,
                                      .num_beams = IN_NUM_BEAMS,
                                      .repetition_penalty = IN_REPETITION_PENALTY,
                                      .vocab_mask = IN_VOCAB_MASK,
                                      .prefix_vocab_mask = IN_PREFIX_VOCAB_MASK,
                                      .attention_mask = IN_ATTENTION_MASK,
                                      .decoder_input_ids = IN_DECODER_INPUT_IDS};

/* The batch, and a number that an input holds. */
static sdx_status infer(sdx_infer *in) {
    SDX_TRY(sdx_gen_infer(in));
    if (in->graph == NULL) return NULL;
    sdx_dim returned, length;
    const bool ranked = sdx_infer_ranked(in, SDX_GEN_INPUT_IDS) && in->in[0].rank > 0;
    const sdx_dim batch = ranked ? in->in[SDX_GEN_INPUT_IDS].dims[0] : SDX_DIM_UNKNOWN;
    SDX_TRY(sdx_gen_infer_size(in, IN_NUM_RETURN, &returned));
    SDX_TRY(sdx_gen_infer_size(in, SDX_GEN_MAX_LENGTH, &length));
    for (size_t k = OUT_SEQUENCES_SCORES; k < in->n_out; k++) {
        if (in->out[k].type == NULL) sdx_infer_set_dtype(in, k, SDX_FLOAT32);
    }
    SDX_TRY(sdx_infer_set_shape(in, OUT_SEQUENCES, 3, (sdx_dim[]){batch, returned, length}));
    SDX_TRY(sdx_infer_set_shape(in, OUT_SEQUENCES_SCORES, 2, (sdx_dim[]){batch, returned}));
    return sdx_infer_set_rank(in, OUT_SCORES, 4);
}

/* ---- running */

typedef struct candidate {
    float sum;
    size_t place; /* beam * words + word */
} candidate;

typedef struct search {
    const sdx_call *c;
    sdx_gen_settings settings;
    sdx_gen_tokens tokens;
    sdx_gen_rules rules;
    sdx_decoder decoder;
    sdx_beams beams;
    size_t n_returned, words;
    float *scores;   /* rows * words: of the next token */
    float *sums;     /* by row: of the log probabilities of its tokens */
    candidate *best; /* workspace: 2 * beams */
    size_t *parents; /* by row: what it goes on from */
    int32_t *next;   /* by row: its next token */
    float *kept;     /* output 'scores': where the next step goes; NULL: nobody asked */
} search;

static sdx_status read_settings(search *s) {
    const sdx_call *const c = s->c;
    int64_t returned, processor;
    SDX_TRY(sdx_gen_settings_read(c, &s->settings));
    SDX_TRY(sdx_gen_int(c, IN_NUM_RETURN, 1, 1, (int64_t)s->settings.beams, &returned));
    SDX_TRY(sdx_gen_int(c, IN_LOGITS_PROCESSOR, 0, 0, 0, &processor));
    s->n_returned = (size_t)returned;
    SDX_TRY(sdx_gen_tokens_init(c, &s->settings, &s->tokens));
    SDX_TRY(sdx_beams_init(c, &s->settings, &s->beams));
    SDX_TRY(sdx_gen_float(c, IN_LENGTH_PENALTY, 1, &s->beams.length_penalty));
    s->beams.early = sdx_node_int(c->node, EARLY_STOPPING) == 1;
    return NULL;
}

/* Output 'scores': zeros, which the steps fill from the front. */
static sdx_status keep_scores(search *s) {
    const sdx_gen_settings *const g = &s->settings;
    const int64_t dims[] = {(int64_t)(g->max_length - g->prompt), (int64_t)g->batch,
                            (int64_t)g->beams, (int64_t)s->words};
    sdx_view *view;
    if (s->c->n_out <= OUT_SCORES || s->c->node->outputs[OUT_SCORES] == NULL) return NULL;
    SDX_TRY(sdx_call_output(s->c, OUT_SCORES, SDX_FLOAT32, 4, dims, &view));
    s->kept = view->data;
    memset(s->kept, 0, view->len * sizeof *s->kept);
    return NULL;
}

/* Places for a step, once the number of words is known. */
static sdx_status make_room(search *s) {
    const sdx_call *const c = s->c;
    const size_t rows = s->settings.rows;
    SDX_TRY(sdx_decoder_words(&s->decoder, 2, &s->words)); /* one may be the end */
    SDX_TRY(sdx_gen_scores(c, rows, s->words, &s->scores));
    SDX_TRY(sdx_call_scratch(c, rows * sizeof *s->sums, (void **)&s->sums));
    SDX_TRY(sdx_call_scratch(c, rows * sizeof *s->parents, (void **)&s->parents));
    SDX_TRY(sdx_call_scratch(c, rows * sizeof *s->next, (void **)&s->next));
    SDX_TRY(sdx_call_scratch(c, 2 * s->settings.beams * sizeof *s->best, (void **)&s->best));
    /* beams are equal at first: only one of them counts */
    for (size_t r = 0; r < rows; r++) {
        s->sums[r] = r % s->settings.beams == 0 ? 0 : -1e9F;
    }
    SDX_TRY(sdx_gen_rules_init(c, &s->settings, &s->tokens, s->words, &s->rules));
    return keep_scores(s);
}

static void score_rows(void *arg, size_t begin, size_t end, unsigned lane) {
    const search *const s = arg;
    (void)lane;
    for (size_t r = begin; r < end; r++) {
        float *const row = s->scores + r * s->words;
        sdx_decoder_logits(&s->decoder, r, row, s->words);
        s->c->kernels->log_softmax_f32(row, row, s->words);
        sdx_gen_rules_apply(&s->rules, r, row);
        for (size_t i = 0; i < s->words; i++) {
            row[i] += s->sums[r];
        }
    }
}

/* The best candidates of a batch entry, best first; of equal ones the earlier. What is no number
 * comes last. */
static size_t choose(const search *s, size_t entry) {
    const size_t beams = s->settings.beams, most = 2 * beams, n = beams * s->words;
    const float *const scores = s->scores + entry * n;
    candidate *const best = s->best;
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        const float sum = isnan(scores[i]) ? -INFINITY : scores[i];
        if (found == most && !(sum > best[most - 1].sum)) continue;
        if (found < most) found++;
        size_t at = found - 1;
        for (; at > 0 && sum > best[at - 1].sum; at--) {
            best[at] = best[at - 1];
        }
        best[at] = (candidate){sum, i};
    }
    return found;
}

/* Candidates become finished sequences, or the rows of the next step. Each beam has one way to end,
 * so of 2 * beams candidates enough go on. */
static void take(search *s, size_t entry) {
    const size_t beams = s->settings.beams, first = entry * beams, n = choose(s, entry);
    size_t taken = 0;
    for (size_t i = 0; i < n && taken < beams; i++) {
        const size_t parent = first + s->best[i].place / s->words;
        const int32_t word = (int32_t)(s->best[i].place % s->words);
        if (word != s->settings.eos) {
            s->parents[first + taken] = parent;
            s->next[first + taken] = word;
            s->sums[first + taken++] = s->best[i].sum;
        } else if (i < beams) {
            sdx_beams_add(&s->beams, entry, sdx_gen_row(&s->tokens, parent), s->tokens.length,
                          s->best[i].sum);
        }
    }
    sdx_beams_judge(&s->beams, entry, s->best[0].sum, s->tokens.length);
}

/* Entries that are over go on with padding, so that the others keep their rows. */
static void pad(search *s, size_t entry) {
    for (size_t r = entry * s->settings.beams; r < (entry + 1) * s->settings.beams; r++) {
        s->parents[r] = r;
        s->next[r] = s->settings.pad;
        s->sums[r] = 0;
    }
}

/* Picks the next token of each row; whether any entry goes on. */
static bool advance(search *s) {
    bool goes_on = false;
    sdx_call_for(s->c, s->settings.rows, sdx_grain(16 * s->words), score_rows, s);
    s->rules.first = false;
    if (s->kept != NULL) {
        const size_t n = s->settings.rows * s->words;
        memcpy(s->kept, s->scores, n * sizeof *s->kept);
        s->kept += n;
    }
    for (size_t b = 0; b < s->settings.batch; b++) {
        if (s->beams.is_over[b])
            pad(s, b);
        else
            take(s, b);
        goes_on = goes_on || !s->beams.is_over[b];
    }
    sdx_gen_append(&s->tokens, s->parents, s->next);
    return goes_on;
}

static sdx_status generate(search *s) {
    SDX_TRY(sdx_decoder_start(&s->decoder));
    SDX_TRY(make_room(s));
    while (advance(s) && s->tokens.length < s->tokens.max_length) {
        if (sdx_call_cancelled(s->c)) return sdx_call_stopped();
        SDX_TRY(sdx_in(sdx_decoder_step(&s->decoder, &s->tokens, s->parents), "token %zu",
                       s->tokens.length));
    }
    for (size_t r = 0; r < s->settings.rows; r++) { /* what did not end counts as it is */
        const size_t entry = r / s->settings.beams;
        if (!s->beams.is_over[entry])
            sdx_beams_add(&s->beams, entry, sdx_gen_row(&s->tokens, r), s->tokens.length,
                          s->sums[r]);
    }
    return NULL;
}

static sdx_status give(const search *s) {
    const sdx_gen_settings *const g = &s->settings;
    const int64_t dims[] = {(int64_t)g->batch, (int64_t)s->n_returned, (int64_t)g->max_length};
    sdx_view *sequences, *scores = NULL;
    SDX_TRY(sdx_call_output(s->c, OUT_SEQUENCES, SDX_INT32, 3, dims, &sequences));
    if (s->c->n_out > OUT_SEQUENCES_SCORES)
        SDX_TRY(sdx_call_output(s->c, OUT_SEQUENCES_SCORES, SDX_FLOAT32, 2, dims, &scores));
    int32_t *to = sequences->data;
    for (size_t i = 0; i < g->batch * s->n_returned; i++, to += g->max_length) {
        const sdx_beams_done *const done =
            &s->beams.list[i / s->n_returned * g->beams + i % s->n_returned];
        memcpy(to, done->tokens, done->length * sizeof *to);
        for (size_t t = done->length; t < g->max_length; t++) {
            to[t] = g->pad;
        }
        if (scores != NULL) ((float *)scores->data)[i] = done->score;
    }
    return NULL;
}

static sdx_status run(const sdx_call *c) {
    search s = {.c = c};
    SDX_TRY(read_settings(&s));
    SDX_TRY(sdx_decoder_open(&s.decoder, c, &s.settings));
    const sdx_status status = generate(&s);
    sdx_decoder_close(&s.decoder);
    SDX_TRY(status);
    return give(&s);
}

const sdx_op sdx_op_ms_beam_search = {
    .name = "BeamSearch",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_CONTROL | SDX_OP_DATA_SHAPE | SDX_OP_WIDEN,
    .data = &places,
    .infer = infer,
    .run = run,
};
