/* What the parts of the compiler share: the text that is read and the program that is written. */
#ifndef SDX_OPS_TEXT_REGEX_PARSE_H
#define SDX_OPS_TEXT_REGEX_PARSE_H

#include "ops/text/regex.h"
#include "ops/text/utf8.h"

/* Flags of the syntax: (?imsU). */
enum { SDX_REGEX_FOLD = 1, SDX_REGEX_LINES = 2, SDX_REGEX_DOT_ALL = 4, SDX_REGEX_LAZY = 8 };

typedef struct sdx_regex_parser {
    sdx_str pattern;
    size_t at;
    unsigned flags;
    sdx_buf code, sets, ranges, groups; /* instructions, sets, ranges; groups that are open */
    size_t atom;   /* instruction where what a repetition would repeat begins; SIZE_MAX: nothing */
    bool repeated; /* the atom is a repetition already */
    uint32_t first_range; /* of the set that is being made */
} sdx_regex_parser;

static inline bool sdx_regex_more(const sdx_regex_parser *p) { return p->at < p->pattern.len; }
/* The byte that comes next, if it is `c`, is taken. */
static inline bool sdx_regex_take(sdx_regex_parser *p, char c) {
    if (!sdx_regex_more(p) || p->pattern.ptr[p->at] != c) return false;
    p->at++;
    return true;
}
/* The text that comes next, if it is `text`, is taken. */
bool sdx_regex_take_text(sdx_regex_parser *p, const char *text);
/* "pattern 'a**' at 2: found ..., expected ..." */
sdx_status sdx_regex_fail(const sdx_regex_parser *p, sdx_code code, size_t at, const char *what)
    SDX_NODISCARD;
/* The next character of the pattern, which must be well formed. */
sdx_status sdx_regex_next(sdx_regex_parser *p, uint32_t *c) SDX_NODISCARD;

/* ---- characters and sets (regex_set.c) */

/* The character of an escape whose backslash has been taken. */
sdx_status sdx_regex_escape(sdx_regex_parser *p, uint32_t *c) SDX_NODISCARD;
/* A set of its own: opened, filled, closed with its number. */
void sdx_regex_set_open(sdx_regex_parser *p);
sdx_status sdx_regex_set_add(sdx_regex_parser *p, uint32_t first, uint32_t last) SDX_NODISCARD;
/* A character, in all cases where case does not matter. */
sdx_status sdx_regex_set_add_char(sdx_regex_parser *p, uint32_t c) SDX_NODISCARD;
sdx_status sdx_regex_set_close(sdx_regex_parser *p, bool negated, int32_t *set) SDX_NODISCARD;
/* \d and its kind, if that is what comes behind a backslash: adds the characters. */
sdx_status sdx_regex_set_perl(sdx_regex_parser *p, bool *taken) SDX_NODISCARD;
/* [...] behind its bracket. */
sdx_status sdx_regex_set_class(sdx_regex_parser *p, int32_t *set) SDX_NODISCARD;

#endif
