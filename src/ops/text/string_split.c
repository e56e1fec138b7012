/* StringSplit: each string as the pieces between delimiters, along a new last axis that is as long
 * as the most pieces; the rest of it is empty strings. Pieces are views of the input. */
#include <string.h>

#include "ops/call.h"
#include "ops/infer.h"

enum { DELIMITER, MAXSPLIT };
enum { OUT_PIECES, OUT_COUNTS };

static const sdx_port inputs[] = {{.name = "X", .var = "T1", .types = SDX_T(STRING)}};
static const sdx_port outputs[] = {
    {.name = "Y", .var = "T2", .types = SDX_T(STRING)},
    {.name = "Z", .var = "T3", .types = SDX_T(INT64)},
};
static const sdx_attr_def attrs[] = {
    [DELIMITER] = SDX_ATTR_OPT("delimiter", SDX_ATTR_STRING),
    [MAXSPLIT] = SDX_ATTR_OPT("maxsplit", SDX_ATTR_INT),
};

static sdx_status infer(sdx_infer *in) {
    sdx_dim dims[SDX_MAX_RANK + 1];
    if (!sdx_infer_ranked(in, 0)) return NULL;
    const size_t rank = (size_t)in->in[0].rank;
    memcpy(dims, in->in[0].dims, rank * sizeof *dims);
    dims[rank] = SDX_DIM_UNKNOWN;
    SDX_TRY(sdx_infer_set_shape(in, OUT_COUNTS, rank, dims));
    return sdx_infer_set_shape(in, OUT_PIECES, rank + 1, dims);
}

/* ---- one string */

typedef struct splitter {
    sdx_str rest;
    sdx_str delimiter;   /* empty: white space */
    int64_t splits_left; /* negative: any number */
    bool done;
} splitter;

/* Bytes of the white space that `text` begins with: one character of Unicode's White_Space, or a
 * separator of ASCII. */
static size_t space_len(sdx_str text) {
    const unsigned char *const p = (const unsigned char *)text.ptr;
    if (text.len == 0) return 0;
    if (p[0] == ' ' || (p[0] >= '\t' && p[0] <= '\r') || (p[0] >= 0x1c && p[0] <= 0x1f)) return 1;
    if (text.len >= 2 && p[0] == 0xc2 && (p[1] == 0x85 || p[1] == 0xa0)) return 2;
    if (text.len < 3) return 0;
    const unsigned code = (unsigned)(p[0] << 16 | p[1] << 8 | p[2]);
    const bool is_space = (code >= 0xe28080 && code <= 0xe2808a) || /* U+2000 to U+200A */
                          code == 0xe280a8 || code == 0xe280a9 ||   /* U+2028, U+2029 */
                          code == 0xe280af || code == 0xe2819f ||   /* U+202F, U+205F */
                          code == 0xe19a80 || code == 0xe38080;     /* U+1680, U+3000 */
    return is_space ? 3 : 0;
}

static sdx_str skip(sdx_str text, size_t n) { return (sdx_str){text.ptr + n, text.len - n}; }

static bool next_word(splitter *s, sdx_str *piece) {
    for (size_t n; (n = space_len(s->rest)) > 0;)
        s->rest = skip(s->rest, n);
    *piece = s->rest;
    if (s->rest.len == 0) return false;
    size_t len = 0;
    if (s->splits_left == 0)
        len = s->rest.len;
    else
        while (len < s->rest.len && space_len(skip(s->rest, len)) == 0)
            len++;
    s->splits_left--;
    piece->len = len;
    s->rest = skip(s->rest, len);
    return true;
}

/* The first place of the delimiter, or the end. */
static size_t find(sdx_str text, sdx_str delimiter) {
    for (size_t i = 0; i + delimiter.len <= text.len; i++)
        if (memcmp(text.ptr + i, delimiter.ptr, delimiter.len) == 0) return i;
    return text.len;
}

static bool next_piece(splitter *s, sdx_str *piece) {
    if (s->delimiter.len == 0) return next_word(s, piece);
    if (s->done) return false;
    *piece = s->rest;
    const size_t at = s->splits_left == 0 ? s->rest.len : find(s->rest, s->delimiter);
    s->done = at == s->rest.len;
    s->splits_left--;
    piece->len = at;
    if (!s->done) s->rest = skip(s->rest, at + s->delimiter.len);
    return true;
}

static splitter split(const sdx_node *node, sdx_str text) {
    const bool limited = sdx_node_has(node, MAXSPLIT) && sdx_node_int(node, MAXSPLIT) >= 0;
    return (splitter){.rest = text.ptr ? text : SDX_STR(""),
                      .delimiter = sdx_node_str(node, DELIMITER),
                      .splits_left = limited ? sdx_node_int(node, MAXSPLIT) : INT64_MAX};
}

/* ---- all of them */

static sdx_status run(const sdx_call *c) {
    const sdx_view *const x = c->in[0];
    const sdx_str *const texts = x->data;
    sdx_view *pieces, *counts;
    int64_t dims[SDX_MAX_RANK + 1] = {0}, most = 0;
    sdx_str piece;
    memcpy(dims, x->dims, x->rank * sizeof *dims);
    SDX_TRY(sdx_call_output(c, OUT_COUNTS, SDX_INT64, x->rank, dims, &counts));
    for (size_t i = 0; i < x->len; i++) {
        int64_t n = 0;
        for (splitter s = split(c->node, texts[i]); next_piece(&s, &piece);)
            n++;
        ((int64_t *)counts->data)[i] = n;
        most = n > most ? n : most;
    }
    dims[x->rank] = most;
    SDX_TRY(sdx_call_output(c, OUT_PIECES, SDX_STRING, (size_t)x->rank + 1, dims, &pieces));
    for (size_t i = 0; i < x->len && most > 0; i++) {
        sdx_str *dst = (sdx_str *)pieces->data + i * (size_t)most;
        for (splitter s = split(c->node, texts[i]); next_piece(&s, &piece);)
            *dst++ = piece;
    }
    return NULL;
}

const sdx_op sdx_op_string_split = {
    .name = "StringSplit",
    .domain = "",
    .since = 20,
    .newest = 20,
    SDX_ROWS(inputs, inputs),
    SDX_ROWS(outputs, outputs),
    SDX_ROWS(attrs, attrs),
    .flags = SDX_OP_DATA_SHAPE,
    .infer = infer,
    .run = run,
};
