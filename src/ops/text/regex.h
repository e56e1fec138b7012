/* Regular expressions in the syntax of RE2, matched in time that is linear in the text.
 *
 * A pattern is compiled into a program for a machine that follows all ways through the pattern at
 * once, character by character: work for a text is at most its length times the program's, and
 * memory depends on the program alone. Nothing is captured: a match is where it begins and ends,
 * and a repetition that is lazy finds the same as one that is greedy. Immutable once compiled; any
 * number of threads may match, each with scratch of its own.
 *
 * Characters are those of UTF-8; a byte that belongs to none matches nothing. Not there: \C, and
 * \p with its tables of Unicode (SDX_UNSUPPORTED). */
#ifndef SDX_OPS_TEXT_REGEX_H
#define SDX_OPS_TEXT_REGEX_H

#include <stdbool.h>

#include "base/arena.h"

typedef enum sdx_regex_op {
    SDX_REGEX_CHAR,   /* the character x */
    SDX_REGEX_SET,    /* a character of set x */
    SDX_REGEX_SPLIT,  /* on at the next instruction and x further */
    SDX_REGEX_JUMP,   /* on x further */
    SDX_REGEX_ASSERT, /* on where the place is as x says */
    SDX_REGEX_MATCH
} sdx_regex_op;

/* What a place between two characters can be. */
enum {
    SDX_REGEX_TEXT_BEGIN,
    SDX_REGEX_TEXT_END,
    SDX_REGEX_LINE_BEGIN,
    SDX_REGEX_LINE_END,
    SDX_REGEX_WORD_EDGE,
    SDX_REGEX_NO_WORD_EDGE
};

typedef struct sdx_regex_inst {
    sdx_regex_op op;
    int32_t x;
} sdx_regex_inst;

typedef struct sdx_regex_range {
    uint32_t first, last;
} sdx_regex_range;

/* Characters by ranges; those of ASCII by bits, with all that is said of them resolved. */
typedef struct sdx_regex_set {
    uint64_t ascii[2];
    uint32_t first, n;  /* its ranges */
    bool negated, fold; /* fold: another case of a character will do */
} sdx_regex_set;

typedef struct sdx_regex {
    sdx_regex_inst *code;
    sdx_regex_set *sets;
    sdx_regex_range *ranges;
    size_t n_code;
    bool begins[256];  /* the bytes that a match can begin with */
    bool may_be_empty; /* a match can be empty, and begin anywhere */
} sdx_regex;

/* Errors name pattern and place: SDX_INVALID_MODEL, SDX_UNSUPPORTED, SDX_LIMIT. */
sdx_status sdx_regex_compile(sdx_str pattern, sdx_arena *arena, const sdx_regex **out)
    SDX_NODISCARD;

typedef enum sdx_regex_mode {
    SDX_REGEX_LONGEST, /* the leftmost match; of several the longest */
    SDX_REGEX_FULL     /* a match from `from` to the end of the text */
} sdx_regex_mode;

typedef struct sdx_regex_match {
    size_t begin, end;
} sdx_regex_match;

/* Bytes of scratch that matching needs, aligned to 16: a multiple of that. */
size_t sdx_regex_scratch(const sdx_regex *regex);
/* A match in text[from, ...); what stands before `from` is seen by assertions alone. */
bool sdx_regex_find(const sdx_regex *regex, sdx_regex_mode mode, sdx_str text, size_t from,
                    void *scratch, sdx_regex_match *out);

/* Whether a character is in a set. */
bool sdx_regex_set_has(const sdx_regex_set *set, const sdx_regex_range *ranges, uint32_t c);

#endif
