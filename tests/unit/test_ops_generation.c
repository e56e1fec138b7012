/* BeamSearch and GreedySearch over a language model of a few numbers. With as many beams as there
 * are sequences a beam search misses none, so what it must find follows from trying all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail_alloc.h"
#include "session.h"
#include "tested.h"

enum {
    WORDS = 4,
    SIZE = 2,
    PROMPT = 3,
    BATCH = 2,
    MOST = 7,
    END = 2,
    PADDING = 0,
    START = 3,
    FORCED = 2
};
#define LEN(table) (sizeof(table) / sizeof *(table))

/* Logits are the sum of what the tokens and (GPT) their positions stand for, times `last`. */
static const float word[WORDS][SIZE] = {
    {1.25F, -0.5F}, {-0.75F, 0.25F}, {0.5F, 1.5F}, {-1, -0.25F}};
static const float place[8][SIZE] = {{0.5F, 0.25F}, {-0.25F, 0.75F}, {0.125F, -1},
                                     {-0.5F, 0.5F}, {1, 0.25F},      {0.375F, -0.75F},
                                     {-1, 0.5F},    {0.25F, 0.125F}};
static const float last[SIZE][WORDS] = {{0.5F, -0.75F, 0.25F, 1}, {-0.25F, 0.5F, 0.75F, -0.5F}};

/* What a decoder behind features begins with. */
static const int32_t forced[FORCED] = {3, 1};
/* The first row begins with padding. */
static const int32_t prompts[BATCH][PROMPT] = {{PADDING, 1, 3}, {3, 2, 1}};

#define NUMBERS                                                                               \
    "init E float32[4,2] 1.25 -0.5 -0.75 0.25 0.5 1.5 -1 -0.25\n"                             \
    "init P float32[8,2] 0.5 0.25 -0.25 0.75 0.125 -1 -0.5 0.5 1 0.25 0.375 -0.75 -1 0.5 "    \
    "0.25 0.125\n"                                                                            \
    "init W float32[2,4] 0.5 -0.75 0.25 1 -0.25 0.5 0.75 -0.5\n"                              \
    "init zero int64[1] 0\ninit one int64[1] 1\ninit two int64[1] 2\ninit three int64[1] 3\n" \
    "init apart int64[3] 0 2 4\ninit half float32[] 0.5\n"

static const char gpt[] = "graph decoder {\n"
                          "input ids int32[b,s]\n"
                          "input positions int32[b,s]\n"
                          "input mask int32[b,t]\n"
                          "input past float32[2,b,1,p,2]\n"
                          "node e = Gather(E, ids)\n"
                          "node q = Gather(P, positions)\n"
                          "node x = Add(e, q)\n"
                          "node x4 = Unsqueeze(x, one)\n"
                          "node x5 = Unsqueeze(x4, zero)\n"
                          "node new = Concat(x5, x5) axis=0\n"
                          "node present = Concat(past, new) axis=3\n"
                          "node m = Cast(mask) to=1\n"
                          "node m5 = Unsqueeze(m, apart)\n"
                          "node seen = Mul(present, m5)\n"
                          "node sum = ReduceSum(seen, three) keepdims=0\n"
                          "node mean = ReduceMean(sum) axes=[0,2] keepdims=0\n"
                          "node line = MatMul(mean, W)\n"
                          "node logits = Unsqueeze(line, one)\n"
                          "output logits\n"
                          "output present\n"
                          "}\n";

/* The encoder's tokens count as half of themselves; keys and values are the same. */
#define ENCODE                                                                            \
    "node ee = Gather(E, ids)\nnode em = Cast(mask) to=1\nnode e3 = Unsqueeze(em, two)\n" \
    "node hidden = Mul(ee, e3)\nnode ck = Unsqueeze(hidden, one)\nnode cv = Identity(ck)\n"
#define DECODE                                                                                   \
    "node ks = ReduceSum(k, two) keepdims=0\nnode vs = ReduceSum(v, two) keepdims=0\n"           \
    "node kv = Add(ks, vs)\nnode kv2 = Mul(kv, half)\nnode cs = ReduceSum(ck, two) keepdims=0\n" \
    "node c2 = Mul(cs, half)\nnode h = Add(kv2, c2)\nnode logits = MatMul(h, W)\n"
#define DECODER(second)                                                                    \
    "graph decoder {\ninput ids int32[b,1]\n" second                                       \
    "input pk float32[b,1,p,2]\ninput pv float32[b,1,p,2]\n"                               \
    "input ck float32[b,1,n,2]\ninput cv float32[b,1,n,2]\n"                               \
    "node e = Gather(E, ids)\nnode x = Unsqueeze(e, one)\nnode k = Concat(pk, x) axis=2\n" \
    "node v = Concat(pv, x) axis=2\n" DECODE "output logits\noutput k\noutput v\n}\n"
#define MASK "input mask int32[b,n]\n"

static const char t5[] = "graph encoder {\ninput ids int32[b,n]\ninput mask int32[b,n]\n" ENCODE
                         "output ck\noutput cv\n}\n" DECODER(MASK);
static const char t5_first[] =
    "graph encoder {\ninput ids int32[b,n]\ninput mask int32[b,n]\n"
    "input tokens int32[b,1]\n" ENCODE "node e = Gather(E, tokens)\nnode k = Unsqueeze(e, one)\n"
    "node v = Identity(k)\n" DECODE "output logits\noutput hidden\noutput k\noutput v\n"
    "output ck\noutput cv\n}\n" DECODER(MASK);

static const char whisper[] =
    "init forced int32[2,2] 3 1 3 1\n"
    "graph encoder {\ninput features float32[b,n,2]\ninput tokens int32[b,m]\n"
    "node ck = Unsqueeze(features, one)\nnode cv = Identity(ck)\n"
    "node e = Gather(E, tokens)\nnode k = Unsqueeze(e, one)\nnode v = Identity(k)\n" DECODE
    "output logits\noutput features\noutput k\noutput v\noutput ck\noutput cv\n}\n" DECODER(
        "input hidden float32[b,n,2]\n") "node features = Gather(E, ids)\n";

/* ---- trying all sequences */

typedef struct settings {
    const char *name;
    int model; /* 0: gpt; 1: t5; 2: t5 whose encoder starts; 3: whisper, with forced tokens */
    double length_penalty, repetition_penalty;
    int min_length, ngram;
    unsigned words, first; /* masks: bit w allows word w; of the first new token */
} settings;

static bool repeats(const int32_t *tokens, int length, int w, int n) {
    for (int i = 0; n > 0 && i + n <= length; i++) {
        int same = 0;
        while (same < n - 1 && tokens[i + same] == tokens[length - n + 1 + same]) {
            same++;
        }
        if (same == n - 1 && tokens[i + same] == w) return true;
    }
    return false;
}

static void logits(const settings *s, const int32_t *prompt, const int32_t *tokens, int length,
                   double *out) {
    double sum[SIZE] = {0};
    int position = 0;
    for (int i = 0; i < length; i++) {
        const bool counts = s->model != 0 || i >= PROMPT || tokens[i] != PADDING;
        for (int d = 0; counts && d < SIZE; d++) {
            sum[d] += (double)word[tokens[i]][d] + (s->model == 0 ? (double)place[position][d] : 0);
        }
        position += counts;
    }
    for (int i = 0; s->model != 0 && i < PROMPT; i++) {
        for (int d = 0; (s->model == 3 || prompt[i] != PADDING) && d < SIZE; d++) {
            sum[d] += 0.5 * (double)word[prompt[i]][d];
        }
    }
    for (int w = 0; w < WORDS; w++) {
        out[w] = sum[0] * (double)last[0][w] + sum[1] * (double)last[1][w];
    }
}

/* The score of a word behind `tokens`, of which `given` were the prompt: a log probability, changed
 * by the rules. -DBL_MAX: never. */
static double score(const settings *s, const int32_t *prompt, const int32_t *tokens, int length,
                    int given, int w) {
    double x[WORDS], total = 0;
    logits(s, prompt, tokens, length, x);
    for (int i = 0; i < WORDS; i++) {
        total += exp(x[i]);
    }
    double y = x[w] - log(total);
    bool used = false;
    for (int i = 0; i < length; i++) {
        used = used || tokens[i] == w;
    }
    if (used) y = y < 0 ? y * s->repetition_penalty : y / s->repetition_penalty;
    const bool never = repeats(tokens, length, w, s->ngram) || (s->words >> w & 1) == 0 ||
                       (length == given && (s->first >> w & 1) == 0) ||
                       (w == END && length < s->min_length);
    return never ? -DBL_MAX : y;
}

typedef struct found {
    double score;
    int32_t tokens[MOST];
} found;

/* Puts a sequence where it belongs among the n best. */
static void keep(found *best, int n, const int32_t *tokens, int length, double x) {
    int at = n;
    for (; at > 0 && x > best[at - 1].score; at--) {
        if (at < n) best[at] = best[at - 1];
    }
    if (at == n) return;
    best[at].score = x;
    for (int i = 0; i < MOST; i++) {
        best[at].tokens[i] = i < length ? tokens[i] : PADDING;
    }
}

/* What sequences begin with; gives its length. */
static int begin_tokens(const settings *s, const int32_t *prompt, int32_t *tokens) {
    const int32_t *const from = s->model == 0 ? prompt : s->model == 3 ? forced : NULL;
    const int n = s->model == 0 ? PROMPT : s->model == 3 ? FORCED : 1;
    tokens[0] = START;
    if (from != NULL) memcpy(tokens, from, (size_t)n * sizeof *tokens);
    return n;
}

/* Every sequence of new words, as a number with a digit for each. */
static void try_all(const settings *s, const int32_t *prompt, int max_length, found *best, int n) {
    int32_t tokens[MOST];
    const int given = begin_tokens(s, prompt, tokens);
    for (int i = 0; i < n; i++) {
        best[i].score = -DBL_MAX;
    }
    for (int k = 0, count = 1; given + k <= max_length; k++, count *= WORDS) {
        for (int code = 0; code < count; code++) {
            double sum = 0;
            bool fits = true;
            int rest = code;
            for (int i = 0; fits && i < k; i++, rest /= WORDS) {
                const int w = rest % WORDS;
                const double x = score(s, prompt, tokens, given + i, given, w);
                fits = w != END && x > -DBL_MAX;
                tokens[given + i] = w;
                sum += fits ? x : 0;
            }
            const int length = given + k;
            if (!fits) continue;
            if (length < max_length) {
                const double x = score(s, prompt, tokens, length, given, END);
                if (x == -DBL_MAX) continue;
                sum += x;
            }
            keep(best, n, tokens, length, sum / pow(length, s->length_penalty));
        }
    }
}

/* The likeliest word each time, until the end. */
static void follow(const settings *s, const int32_t *prompt, int max_length, int32_t *tokens) {
    int length = PROMPT;
    memset(tokens, 0, MOST * sizeof *tokens); /* padding */
    memcpy(tokens, prompt, PROMPT * sizeof *tokens);
    while (length < max_length) {
        int best = 0;
        for (int w = 1; w < WORDS; w++) {
            if (score(s, prompt, tokens, length, PROMPT, w) >
                score(s, prompt, tokens, length, PROMPT, best))
                best = w;
        }
        if (best == END) return;
        tokens[length++] = best;
    }
}

/* ---- models */

static int print_mask(char *text, size_t size, const char *name, unsigned bits, int rows) {
    int n = snprintf(text, size, "init %s int32[%d]", name, rows * WORDS);
    for (int i = 0; i < rows * WORDS; i++) {
        n += snprintf(text + n, size - (size_t)n, " %u", bits >> i % WORDS & 1);
    }
    return n + snprintf(text + n, size - (size_t)n, "\n");
}

/* `node` is the line of the operator, up to its attributes. */
static session begin(const settings *s, int max_length, int beams, int returned, const char *node) {
    static const char *const graphs[] = {gpt, t5, t5_first, whisper};
    char text[8192];
    const int n =
        snprintf(text, sizeof text,
                 "opset 17\nopset 1 com.microsoft\ninput ids int32[b,s]\n" NUMBERS "%s"
                 "init longest int32[1] %d\ninit shortest int32[1] %d\ninit beams int32[1] %d\n"
                 "init returned int32[1] %d\ninit long float32[1] %g\ninit rep float32[1] %g\n",
                 graphs[s->model], max_length, s->min_length, beams, returned, s->length_penalty,
                 s->repetition_penalty);
    size_t at = (size_t)n;
    at += (size_t)print_mask(text + at, sizeof text - at, "words", s->words, 1);
    at += (size_t)print_mask(text + at, sizeof text - at, "first", s->first, BATCH);
    snprintf(text + at, sizeof text - at,
             "%s decoder=@decoder %s eos_token_id=%d pad_token_id=%d decoder_start_token_id=%d "
             "no_repeat_ngram_size=%d model_type=%d\noutput sequences\n%s",
             node, s->model != 0 ? "encoder=@encoder" : "", END, PADDING, START, s->ngram,
             s->model == 3 ? 2 : s->model != 0,
             strstr(node, "scores") != NULL ? "output scores\n" : "");
    return session_begin(text, true);
}

static sdx_value *prompt_ids(void) {
    sdx_value *ids;
    must(sdx_tensor_create(NULL, SDX_INT32, DIMS(BATCH, PROMPT), &ids));
    memcpy(sdx_tensor_data(ids), prompts, sizeof prompts);
    return ids;
}

static const settings all_settings[] = {
    {"plain", 0, 1, 1, 0, 0, 15, 15},
    {"long ones", 0, 2, 1, 0, 0, 15, 15},
    {"short ones", 0, 0, 1, 0, 0, 15, 15},
    {"no early end", 0, 1, 1, 5, 0, 15, 15},
    {"said before is worse", 0, 1, 1.5, 0, 0, 15, 15},
    {"said before is better", 0, 1, 0.5, 0, 0, 15, 15},
    {"no word twice", 0, 1, 1, 0, 1, 15, 15},
    {"no pair twice", 0, 1, 1, 0, 2, 15, 15},
    {"masks", 0, 1, 1, 0, 0, 13, 3},
    {"all at once", 0, 0.5, 1.25, 5, 2, 14, 10},
    {"encoder", 1, 1, 1, 0, 0, 15, 15},
    {"encoder, all at once", 1, 1.5, 1.25, 3, 2, 14, 10},
    {"encoder that starts", 2, 1, 1, 0, 0, 15, 15},
    {"encoder that starts, all at once", 2, -1, 0.75, 2, 3, 14, 10},
    {"features", 3, 1, 1, 0, 0, 15, 15},
    {"features, all at once", 3, 0.5, 1.25, 3, 2, 11, 13},
};

#define SEARCH_IDS                                                                                \
    "node sequences scores = com.microsoft::BeamSearch(ids, longest, shortest, beams, returned, " \
    "long, rep, words, first)"
#define SEARCH_FEATURES                                                                      \
    "node sequences scores = com.microsoft::BeamSearch(features, longest, shortest, beams, " \
    "returned, long, rep, words, first, _, forced)"

static void as_many_beams_as_sequences(void **state) {
    (void)state;
    enum { NEW = 3, BEAMS = 64, RETURNED = 5 };
    sdx_value *ids = prompt_ids();
    for (size_t i = 0; i < LEN(all_settings); i++) {
        const settings *const s = &all_settings[i];
        int32_t start[MOST];
        const int length = begin_tokens(s, prompts[0], start) + NEW;
        session at =
            begin(s, length, BEAMS, RETURNED, s->model == 3 ? SEARCH_FEATURES : SEARCH_IDS);
        sdx_value *outputs[2] = {NULL};
        must(sdx_context_run(at.context, &ids, 1, outputs, 2, NULL));
        expect_dims(outputs[0], DIMS(BATCH, RETURNED, length));
        expect_dims(outputs[1], DIMS(BATCH, RETURNED));
        const int32_t *tokens = sdx_tensor_data(outputs[0]);
        const float *scores = sdx_tensor_data(outputs[1]);
        for (int b = 0; b < BATCH; b++) {
            found best[RETURNED];
            try_all(s, prompts[b], length, best, RETURNED);
            for (int r = 0; r < RETURNED; r++, tokens += length, scores++) {
                if (best[r].score == -DBL_MAX) continue; /* there are no more */
                if (fabs(best[r].score - (double)*scores) > 1e-5 ||
                    memcmp(best[r].tokens, tokens, (size_t)length * sizeof *tokens) != 0)
                    fail_msg("%s: row %d, sequence %d: score %g, expected %g, or other tokens",
                             s->name, b, r, (double)*scores, best[r].score);
            }
        }
        release(outputs, 2);
        session_end(at);
    }
    sdx_value_release(ids);
}

/* One beam: the search follows the likeliest word, which GreedySearch does as well (with logits
 * instead of probabilities, which only a penalty can tell apart). */
static void the_likeliest_word(void **state) {
    (void)state;
    sdx_value *ids = prompt_ids();
    for (size_t i = 0; i < LEN(all_settings); i++) {
        const settings *const s = &all_settings[i];
        if (s->model != 0 || s->repetition_penalty != 1) continue;
        session at = begin(s, MOST, 1, 1,
                           "node sequences = com.microsoft::GreedySearch(ids, longest, shortest, "
                           "rep, words, first)");
        sdx_value *const sequences = run_one(at, ids);
        expect_dims(sequences, DIMS(BATCH, MOST));
        for (int b = 0; b < BATCH; b++) {
            int32_t expected[MOST];
            follow(s, prompts[b], MOST, expected);
            assert_memory_equal((const int32_t *)sdx_tensor_data(sequences) + b * MOST, expected,
                                sizeof expected);
        }
        sdx_value_release(sequences);
        session_end(at);
    }
    tested("com.microsoft", "GreedySearch");
    sdx_value_release(ids);
}

/* ---- what is refused */

typedef struct refusal {
    const char *from, *to; /* in the text of the plain model; from NULL: none */
    sdx_code code;
    const char *part;
} refusal;

static const char plain[] =
    "opset 17\nopset 1 com.microsoft\ninput ids int32[b,s]\n" NUMBERS
    "graph decoder {\ninput ids int32[b,s]\ninput positions int32[b,s]\ninput mask int32[b,t]\n"
    "input past float32[2,b,1,p,2]\nnode e = Gather(E, ids)\nnode x4 = Unsqueeze(e, one)\n"
    "node x5 = Unsqueeze(x4, zero)\nnode new = Concat(x5, x5) axis=0\n"
    "node present = Concat(past, new) axis=3\nnode logits = MatMul(e, W)\n"
    "output logits\noutput present\n}\n"
    "init longest int32[1] 6\ninit shortest int32[1] 0\ninit beams int32[1] 2\n"
    "init returned int32[1] 1\ninit long float32[1] 1\ninit rep float32[1] 1\n"
    "init words int32[4] 1 1 1 1\ninit mask int32[2,3] 1 1 1 1 1 1\ninit special int32[1] 0\n"
    "node sequences = com.microsoft::BeamSearch(ids, longest, shortest, beams, returned, long, "
    "rep, words, _, mask, _, special) decoder=@decoder eos_token_id=2 pad_token_id=0 "
    "model_type=0 vocab_size=4\noutput sequences\n";

static const refusal refusals[] = {
    {"beams int32[1] 2", "beams int32[1] 0", SDX_OUT_OF_RANGE,
     "input 'num_beams': found 0, expected 1 to 1024"},
    {"beams int32[1] 2", "beams int32[1] 2000000000", SDX_OUT_OF_RANGE, "expected 1 to 1024"},
    {"beams int32[1] 2", "beams int32[2] 2 2", SDX_SHAPE_MISMATCH,
     "input 'num_beams': found 2 elements, expected 1"},
    {"returned int32[1] 1", "returned int32[1] 3", SDX_OUT_OF_RANGE,
     "input 'num_return_sequences': found 3, expected 1 to 2"},
    {"longest int32[1] 6", "longest int32[1] 3", SDX_OUT_OF_RANGE,
     "input 'max_length': found 3, expected 4 to 1048576"},
    {"longest int32[1] 6", "longest int32[1] 2147483647", SDX_OUT_OF_RANGE, "expected 4 to"},
    {"shortest int32[1] 0", "shortest int32[1] 6", SDX_OUT_OF_RANGE,
     "input 'min_length': found 6, expected -2147483648 to 5"},
    {"long float32[1] 1", "long float32[1] nan", SDX_OUT_OF_RANGE,
     "input 'length_penalty': found nan, expected a finite number"},
    {"rep float32[1] 1", "rep float32[1] 0", SDX_OUT_OF_RANGE,
     "input 'repetition_penalty': found 0, expected a number above 0"},
    {"words int32[4] 1 1 1 1", "words int32[3] 1 1 1", SDX_SHAPE_MISMATCH,
     "input 'vocab_mask': found int32[3], expected 4 elements"},
    {"mask int32[2,3] 1 1 1 1 1 1", "mask int32[3,2] 1 1 1 1 1 1", SDX_SHAPE_MISMATCH,
     "input 'attention_mask': found int32[3,2], expected int32[batch,tokens] as 'input_ids' has"},
    {"special int32[1] 0", "special int32[1] 1", SDX_OUT_OF_RANGE,
     "input 'logits_processor': found 1, expected 0 to 0"},
    {"eos_token_id=2", "eos_token_id=-1", SDX_OUT_OF_RANGE,
     "attribute 'eos_token_id': found -1, expected 0 to 2147483647"},
    {"vocab_size=4", "vocab_size=5", SDX_SHAPE_MISMATCH,
     "attribute 'vocab_size': found 5 words and logits for 4"},
    {"vocab_size=4", "vocab_size=1", SDX_SHAPE_MISMATCH, "expected 2 or more"},
    {"model_type=0", "model_type=7", SDX_UNSUPPORTED,
     "attribute 'model_type': found 7, supported:"},
    {"model_type=0", "model_type=1", SDX_INVALID_MODEL,
     "attribute 'decoder': found a graph with 4 inputs and 2 outputs, expected as outputs logits "
     "and two presents a layer"},
    {"output present\n}", "}", SDX_INVALID_MODEL, "found a graph with 4 inputs and 1 outputs"},
    {"float32[2,b,1,p,2]", "float32[2,b,h,p,2]", SDX_INVALID_MODEL,
     "decoder: input 'past': found no type and shape for an empty cache"},
    {"float32[2,b,1,p,2]", "float32", SDX_INVALID_MODEL, "found no type and shape"},
    {"ids int32[b,s]\ninput positions", "ids int32[7,s]\ninput positions", SDX_SHAPE_MISMATCH,
     "decoder: input 'ids': found int32[2,3] to feed, expected what the graph declares"},
    {"ids int32[b,s]\ninput positions", "ids int64[b,s]\ninput positions", SDX_SHAPE_MISMATCH,
     "decoder: input 'ids': found int32[2,3] to feed"},
    {"node logits = MatMul(e, W)", "node wide = MatMul(e, W)\nnode logits = Flatten(wide)",
     SDX_SHAPE_MISMATCH, "output 0 of the graph: found float32[2,12], expected logits"},
    {"node logits = MatMul(e, W)", "node logits = Cast(ids) to=1", SDX_SHAPE_MISMATCH,
     "expected logits [rows,tokens,words] of 2 rows"},
    {"node present = Concat(past, new) axis=3", "node present = Concat(new, new) axis=1",
     SDX_SHAPE_MISMATCH, "output 1 of the graph: found float32[2,4,1,3,2], expected a cache"},
    {"node present = Concat(past, new) axis=3", "node present = Cast(new) to=8", SDX_SHAPE_MISMATCH,
     "output 1 of the graph: found string[2,2,1,3,2], expected a cache"},
};

static sdx_status load_and_run(const char *text, const sdx_allocator *allocator) {
    sdx_runtime *runtime = NULL;
    sdx_model *model = NULL;
    sdx_context *context = NULL;
    sdx_value *ids = prompt_ids(), *sequences = NULL;
    size_t size;
    void *const bytes = model_bytes(text, &size);
    sdx_runtime_options options;
    sdx_runtime_options_init(&options);
    options.allocator = allocator;
    sdx_status status = sdx_runtime_create(&options, &runtime);
    if (status == NULL) status = sdx_model_load_memory(runtime, bytes, size, NULL, &model);
    if (status == NULL) status = sdx_context_create(model, NULL, &context);
    if (status == NULL) status = sdx_context_run(context, &ids, 1, &sequences, 1, NULL);
    sdx_value_release(ids);
    sdx_value_release(sequences);
    sdx_context_destroy(context);
    sdx_model_release(model);
    sdx_runtime_release(runtime);
    free(bytes);
    return status;
}

enum { TEXT = 4096 };

/* Puts `to` in the place of `from`. */
static void change(char *text, const char *from, const char *to) {
    char *const at = strstr(text, from);
    assert_non_null(at);
    const char *const rest = at + strlen(from);
    assert_true(strlen(text) - strlen(from) + strlen(to) < TEXT);
    memmove(at + strlen(to), rest, strlen(rest) + 1);
    memcpy(at, to, strlen(to));
}

static void hostile_models_and_numbers(void **state) {
    (void)state;
    must(load_and_run(plain, NULL));
    for (size_t i = 0; i < LEN(refusals); i++) {
        char text[TEXT] = {0};
        memcpy(text, plain, sizeof plain);
        change(text, refusals[i].from, refusals[i].to);
        must_fail(load_and_run(text, NULL), refusals[i].code, refusals[i].part);
    }
}

/* Scores have the type of the penalties. */
static void scores_in_half_precision(void **state) {
    (void)state;
    char text[TEXT] = {0};
    memcpy(text, plain, sizeof plain);
    change(text, "long float32", "long float16");
    change(text, "rep float32", "rep float16");
    change(text, "node sequences", "node sequences scores");
    change(text, "output sequences", "output sequences\noutput scores");
    const session half = session_begin(text, true);
    sdx_value *ids = prompt_ids(), *outputs[2] = {NULL};
    must(sdx_context_run(half.context, &ids, 1, outputs, 2, NULL));
    assert_int_equal(sdx_tensor_dtype(outputs[1]), SDX_FLOAT16);
    expect_dims(outputs[1], DIMS(BATCH, 1));
    assert_true(sdx_view_double(&outputs[1]->view, 0) < 0);
    release(outputs, 2);
    sdx_value_release(ids);
    session_end(half);
}

/* Each request for memory is denied once: an error, or a way without it; nothing stays behind. */
static void memory_that_runs_out(void **state) {
    (void)state;
    size_t denied = 0;
    for (size_t nth = 1;; nth++) {
        fail_alloc memory;
        fail_alloc_init(&memory, nth, false);
        const sdx_status status = load_and_run(plain, &memory.allocator);
        if (status != NULL) assert_int_equal(sdx_status_code(status), SDX_OUT_OF_MEMORY);
        if (status != NULL) denied++;
        sdx_status_free(status);
        assert_true(fail_alloc_clean(&memory));
        if (!memory.failed) break;
    }
    assert_true(denied > 50);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_beams_as_sequences), cmocka_unit_test(the_likeliest_word),
        cmocka_unit_test(hostile_models_and_numbers), cmocka_unit_test(scores_in_half_precision),
        cmocka_unit_test(memory_that_runs_out),
    };
    return cmocka_run_group_tests_name("ops_generation", tests, NULL, NULL);
}
