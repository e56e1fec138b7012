/* Reading Einsum's equations (ONNX: Einsum-12; NumPy's rules). */
#include "ops/matrix/equation.h"

#include <string.h>

typedef struct reader {
    sdx_str text;
    size_t at;
    size_t ellipsis; /* dims of the widest ellipsis */
} reader;

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
enum { UPPER = 26 };

static sdx_status wrong(const reader *r, const char *what) {
    return sdx_fail(SDX_INVALID_MODEL, "attribute 'equation' is '%.*s', %s at character %zu",
                    SDX_FMT(r->text), what, r->at);
}

static char peek(reader *r) {
    while (r->at < r->text.len && r->text.ptr[r->at] == ' ')
        r->at++;
    return r->at < r->text.len ? r->text.ptr[r->at] : '\0';
}

static bool skip(reader *r, const char *word) {
    const size_t n = strlen(word);
    (void)peek(r);
    if (r->text.len - r->at < n || memcmp(r->text.ptr + r->at, word, n) != 0) return false;
    r->at += n;
    return true;
}

static bool ends_term(char c) { return c == '\0' || c == ',' || c == '-'; }

/* The labels of a term; *dots is where an ellipsis stands, or n. */
static sdx_status read_term(reader *r, uint8_t *labels, size_t *n, size_t *dots, bool *has_dots) {
    *n = 0;
    *has_dots = false;
    for (char c = peek(r); !ends_term(c); c = peek(r)) {
        const char *const letter = strchr(letters, c);
        if (c == '.' && !*has_dots && skip(r, "...")) {
            *has_dots = true;
            *dots = *n;
            continue;
        }
        if (letter == NULL) return wrong(r, "expected letters, '...', ',' or '->'");
        if (*n == SDX_MAX_RANK) return wrong(r, "expected at most 16 letters in a term");
        labels[(*n)++] = (uint8_t)(letter - letters);
        r->at++;
    }
    return NULL;
}

/* Puts the labels of an ellipsis of `width` dims in their place. */
static void widen(uint8_t *labels, size_t *n, size_t dots, size_t width) {
    memmove(labels + dots + width, labels + dots, *n - dots);
    for (size_t i = 0; i < width; i++) {
        labels[dots + i] = (uint8_t)(SDX_EQUATION_LABELS - width + i);
    }
    *n += width;
}

static sdx_status read_input(reader *r, sdx_equation *e, size_t i, size_t rank) {
    size_t n, dots = 0;
    bool has_dots;
    SDX_TRY(read_term(r, e->in[i], &n, &dots, &has_dots));
    if (has_dots ? n > rank : n != rank)
        return sdx_fail(SDX_SHAPE_MISMATCH,
                        "input %zu has rank %zu, expected %s%zu as in term %zu of equation '%.*s'",
                        i, rank, has_dots ? "at least " : "", n, i, SDX_FMT(r->text));
    if (has_dots) {
        const size_t width = rank - n;
        if (width > r->ellipsis) r->ellipsis = width;
        widen(e->in[i], &n, dots, width);
    }
    e->rank[i] = n;
    return NULL;
}

/* How often a letter stands in the inputs. */
static size_t count(const sdx_equation *e, uint8_t label) {
    size_t n = 0;
    for (size_t i = 0; i < e->n_in; i++) {
        for (size_t d = 0; d < e->rank[i]; d++) {
            n += e->in[i][d] == label;
        }
    }
    return n;
}

/* Without '->': the ellipsis, then the letters that stand once, capitals first as in ASCII. */
static sdx_status implicit_output(const reader *r, sdx_equation *e) {
    e->out_rank = 0;
    widen(e->out, &e->out_rank, 0, r->ellipsis);
    for (size_t i = 0; i < SDX_EQUATION_LETTERS; i++) {
        const uint8_t label = (uint8_t)((i + UPPER) % SDX_EQUATION_LETTERS);
        if (count(e, label) != 1) continue;
        if (e->out_rank == SDX_MAX_RANK) return wrong(r, "found more than 16 output dimensions");
        e->out[e->out_rank++] = label;
    }
    return NULL;
}

static sdx_status explicit_output(reader *r, sdx_equation *e) {
    size_t dots = 0;
    bool has_dots, seen[SDX_EQUATION_LABELS] = {false};
    SDX_TRY(read_term(r, e->out, &e->out_rank, &dots, &has_dots));
    for (size_t d = 0; d < e->out_rank; d++) {
        const uint8_t label = e->out[d];
        if (seen[label]) return wrong(r, "found a letter twice in the output");
        if (count(e, label) == 0) return wrong(r, "found a letter in the output alone");
        seen[label] = true;
    }
    if (!has_dots) return NULL;
    if (e->out_rank + r->ellipsis > SDX_MAX_RANK)
        return wrong(r, "found more than 16 output dimensions");
    widen(e->out, &e->out_rank, dots, r->ellipsis);
    return NULL;
}

sdx_status sdx_equation_read(sdx_str text, size_t n_in, const size_t *ranks, sdx_equation *out) {
    reader r = {.text = text};
    *out = (sdx_equation){.n_in = n_in};
    if (n_in > SDX_EQUATION_INPUTS)
        return sdx_fail(SDX_LIMIT, "found %zu inputs, expected at most %d", n_in,
                        SDX_EQUATION_INPUTS);
    for (size_t i = 0; i < n_in; i++) {
        if (i > 0 && !skip(&r, ",")) return wrong(&r, "expected a term for each input");
        SDX_TRY(read_input(&r, out, i, ranks[i]));
    }
    SDX_TRY(skip(&r, "->") ? explicit_output(&r, out) : implicit_output(&r, out));
    return peek(&r) == '\0' ? NULL : wrong(&r, "expected the end");
}
