/* com.microsoft Tokenizer: each string as its tokens along a new last axis, padded to the most of
 * them. Tokens are single characters, or what stands between separators, or what an expression
 * matches; separators and expressions are patterns, of whose matches at one place the longest
 * counts. Of several separators one cuts what the one before it has left. Tokens are views of the
 * input. */
#include "ops/call.h"
#include "ops/infer.h"
#include "ops/text/regex.h"
#include "ops/text/utf8.h"

enum { MARK, MINCHARNUM, PAD_VALUE, SEPARATORS, TOKENEXP };

static const sdx_port inputs[] = {{.name = "X", .var = "T", .types = SDX_T(STRING)}};
static const sdx_port outputs[] = {{.name = "Y", .var = "T", .types = SDX_T(STRING)}};
static const sdx_attr_def attrs[] = {
    [MARK] = SDX_ATTR_REQ("mark", SDX_ATTR_INT),
    [MINCHARNUM] = SDX_ATTR_REQ("mincharnum", SDX_ATTR_INT),
    [PAD_VALUE] = SDX_ATTR_REQ("pad_value", SDX_ATTR_STRING),
    [SEPARATORS] = SDX_ATTR_OPT("separators", SDX_ATTR_STRINGS),
    [TOKENEXP] = SDX_ATTR_OPT("tokenexp", SDX_ATTR_STRING),
};

static sdx_status infer(sdx_infer *in) {
    char text[160];
    if (!sdx_infer_ranked(in, 0)) return NULL;
    const sdx_fact *const x = &in->in[0];
    if (x->rank != 1 && x->rank != 2)
        return sdx_fail(SDX_SHAPE_MISMATCH, "input 'X': found shape %s, expected [c] or [n,c]",
                        sdx_infer_shape_text(in, 0, text, sizeof text));
    sdx_dim dims[3] = {x->dims[0], x->rank == 2 ? x->dims[1] : SDX_DIM_UNKNOWN, SDX_DIM_UNKNOWN};
    return sdx_infer_set_shape(in, 0, (size_t)x->rank + 1, dims);
}

/* ---- prepare */

/* Pieces of a piece of text; returns how many. */
typedef struct tokenizer tokenizer;
typedef size_t cut_fn(const tokenizer *k, const sdx_regex *regex, sdx_str text, void *scratch,
                      sdx_str *pieces);

struct tokenizer {
    cut_fn *cut;
    const sdx_regex **patterns; /* each cuts the pieces that the one before it made */
    size_t n_patterns;
    size_t regex_scratch; /* of the greediest of them */
    size_t least;         /* characters of a token */
    bool mark;
};

static sdx_str part(sdx_str text, size_t begin, size_t end) {
    return (sdx_str){text.ptr + begin, end - begin};
}

static bool is_long_enough(const tokenizer *k, sdx_str piece) {
    size_t n = 0;
    for (size_t at = 0; at < piece.len && n < k->least; n++)
        (void)sdx_utf8_next(piece, &at);
    return n >= k->least;
}

static size_t cut_chars(const tokenizer *k, const sdx_regex *regex, sdx_str text, void *scratch,
                        sdx_str *pieces) {
    size_t n = 0;
    (void)k, (void)regex, (void)scratch;
    for (size_t at = 0; at < text.len;) {
        const size_t begin = at;
        (void)sdx_utf8_next(text, &at);
        pieces[n++] = part(text, begin, at);
    }
    return n;
}

/* Where the search goes on after a match: behind it, and behind the next character if it is empty.
 */
static size_t after(sdx_str text, sdx_regex_match match) {
    if (match.end == match.begin && match.end < text.len) (void)sdx_utf8_next(text, &match.end);
    return match.end;
}

/* A match that is empty takes the next character for the separator. */
static size_t cut_at_separators(const tokenizer *k, const sdx_regex *regex, sdx_str text,
                                void *scratch, sdx_str *pieces) {
    size_t n = 0, at = 0;
    sdx_regex_match match;
    while (at < text.len && sdx_regex_find(regex, SDX_REGEX_LONGEST, text, at, scratch, &match)) {
        const sdx_str piece = part(text, at, match.begin);
        if (is_long_enough(k, piece)) pieces[n++] = piece;
        at = after(text, match);
    }
    if (is_long_enough(k, part(text, at, text.len))) pieces[n++] = part(text, at, text.len);
    return n;
}

/* A match that is too short is looked for again one character further. */
static size_t cut_matches(const tokenizer *k, const sdx_regex *regex, sdx_str text, void *scratch,
                          sdx_str *pieces) {
    size_t n = 0, at = 0;
    sdx_regex_match match;
    while (at < text.len && sdx_regex_find(regex, SDX_REGEX_LONGEST, text, at, scratch, &match)) {
        const sdx_str piece = part(text, match.begin, match.end);
        const bool is_token = is_long_enough(k, piece);
        if (is_token) pieces[n++] = piece;
        if (!is_token) match.end = match.begin;
        at = after(text, match);
    }
    return n;
}

static sdx_status take_pattern(tokenizer *k, sdx_str pattern, sdx_arena *arena) {
    const sdx_regex **const regex = &k->patterns[k->n_patterns++];
    SDX_TRY(sdx_regex_compile(pattern, arena, regex));
    const size_t scratch = sdx_regex_scratch(*regex);
    if (scratch > k->regex_scratch) k->regex_scratch = scratch;
    return NULL;
}

/* One separator that is empty asks for characters; so does the expression ".", line feeds too. */
static sdx_status take_patterns(tokenizer *k, const sdx_node *node, sdx_arena *arena) {
    const sdx_attr *const separators = sdx_node_attr(node, SEPARATORS);
    const sdx_str tokenexp = sdx_node_str(node, TOKENEXP);
    const bool between = separators->n > 0;
    SDX_TRY(SDX_ARENA_NEW(arena, separators->n + 1, &k->patterns));
    if (!between && tokenexp.len == 0)
        return sdx_fail(SDX_INVALID_MODEL,
                        "attributes 'separators' and 'tokenexp': found none, expected one of them");
    if (between ? separators->n == 1 && separators->strings[0].len == 0
                : sdx_str_is(tokenexp, ".")) {
        k->cut = cut_chars;
        k->n_patterns = 1;
        return NULL;
    }
    k->cut = between ? cut_at_separators : cut_matches;
    if (!between) return take_pattern(k, tokenexp, arena);
    for (size_t i = 0; i < separators->n; i++)
        SDX_TRY(take_pattern(k, separators->strings[i], arena));
    return NULL;
}

static sdx_status prepare(sdx_prepare *p) {
    const int64_t least = sdx_node_int(p->node, MINCHARNUM);
    tokenizer *k;
    SDX_TRY(SDX_ARENA_NEW(p->arena, 1, &k));
    SDX_TRY(take_patterns(k, p->node, p->arena));
    if (least < 1 || (k->cut == cut_chars && least > 1))
        return sdx_fail(SDX_INVALID_MODEL, "attribute 'mincharnum': found %lld, expected %s",
                        (long long)least, k->cut == cut_chars ? "1 for characters" : "1 or more");
    k->least = (size_t)least;
    k->mark = sdx_node_int(p->node, MARK) != 0;
    p->prepared = k;
    return NULL;
}

/* ---- run */

typedef struct tokens {
    const sdx_call *c;
    const tokenizer *k;
    sdx_str *all;      /* tokens of string i from first[i] on, */
    size_t *first, *n; /* n[i] of them */
    size_t longest;    /* bytes of a string: no string has more tokens */
    char *lanes;       /* scratch of patterns, then two lists of pieces, for each lane */
    size_t lane_size;
} tokens;

/* All patterns, one after the other, from list to list; the last one writes to `to`. */
static size_t cut_all(const tokens *t, sdx_str text, char *lane, sdx_str *to) {
    const tokenizer *const k = t->k;
    sdx_str *from = (sdx_str *)(void *)(lane + k->regex_scratch), *into = from + t->longest + 1;
    size_t n = 1;
    from[0] = text.ptr != NULL ? text : SDX_STR("");
    for (size_t i = 0; i < k->n_patterns; i++) {
        sdx_str *const list = i + 1 < k->n_patterns ? into : to;
        size_t made = 0;
        for (size_t j = 0; j < n; j++)
            made += k->cut(k, k->patterns[i], from[j], lane, list + made);
        into = from;
        from = list;
        n = made;
    }
    return n;
}

static void cut_some(void *arg, size_t begin, size_t end, unsigned lane) {
    const tokens *const t = arg;
    const sdx_str *const texts = t->c->in[0]->data;
    for (size_t i = begin; i < end; i++)
        t->n[i] = cut_all(t, texts[i], t->lanes + lane * t->lane_size, t->all + t->first[i]);
}

/* Room for the tokens of each string: as many as it has bytes. */
static sdx_status make_room(tokens *t) {
    const sdx_view *const x = t->c->in[0];
    size_t total = 0, bytes, work;
    SDX_TRY(sdx_call_scratch(t->c, 2 * (x->len + 1) * sizeof *t->first, (void **)&t->first));
    t->n = t->first + x->len + 1;
    for (size_t i = 0; i < x->len; i++) {
        const size_t len = ((const sdx_str *)x->data)[i].len;
        t->first[i] = total;
        t->longest = len > t->longest ? len : t->longest;
        if (!sdx_add_size(total, len, &total)) total = SIZE_MAX;
    }
    if (!sdx_mul_size(total, sizeof *t->all, &bytes) ||
        !sdx_mul_size(t->longest + 1, 2 * sizeof *t->all, &t->lane_size) ||
        !sdx_add_size(t->lane_size, t->k->regex_scratch, &t->lane_size) ||
        !sdx_mul_size(t->lane_size, t->c->lanes, &work))
        return sdx_fail(SDX_LIMIT, "input 'X' has more bytes than memory holds");
    SDX_TRY(sdx_call_scratch(t->c, bytes + 1, (void **)&t->all));
    return sdx_call_scratch(t->c, work, (void **)&t->lanes);
}

/* A row of the output: the tokens of string i, marked, then padding. */
static void put_row(const tokens *t, size_t i, sdx_str pad, sdx_str *y, size_t width) {
    sdx_str *const end = y + width;
    if (t->k->mark) *y++ = SDX_STR("\x02");
    if (t->n[i] > 0) memcpy(y, t->all + t->first[i], t->n[i] * sizeof *y);
    y += t->n[i];
    if (t->k->mark) *y++ = SDX_STR("\x03");
    while (y < end)
        *y++ = pad;
}

/* Without any token there are no marks either. */
static sdx_status run(const sdx_call *c) {
    const sdx_view *const x = c->in[0];
    tokens t = {.c = c, .k = c->prepared};
    size_t most = 0;
    sdx_view *y;
    SDX_TRY(make_room(&t));
    if (x->len > 0) sdx_call_for(c, x->len, sdx_grain(64 * (t.longest + 1)), cut_some, &t);
    for (size_t i = 0; i < x->len; i++)
        most = t.n[i] > most ? t.n[i] : most;
    if (most > 0 && t.k->mark) most += 2;
    const int64_t last = (int64_t)most;
    const int64_t dims[] = {x->dims[0], x->rank == 2 ? x->dims[1] : last, last};
    SDX_TRY(sdx_call_output(c, 0, SDX_STRING, (size_t)x->rank + 1, dims, &y));
    for (size_t i = 0; i < x->len && most > 0; i++)
        put_row(&t, i, sdx_node_str(c->node, PAD_VALUE), (sdx_str *)y->data + i * most, most);
    return NULL;
}

const sdx_op sdx_op_ms_tokenizer = {
    .name = "Tokenizer",
    .domain = "com.microsoft",
    .since = 1,
    .newest = 1,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_DATA_SHAPE,
    .infer = infer,
    .prepare = prepare,
    .run = run,
};
