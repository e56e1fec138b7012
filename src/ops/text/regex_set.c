/* Sets of characters: classes in brackets, \d and its kind, [:names:] of POSIX; and escapes. */
#include "ops/text/case.h"
#include "ops/text/regex_parse.h"

/* ---- escapes */

static int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 16;
}

/* Digits of a base, at most `most` of them; returns how many there were. */
static size_t take_digits(sdx_regex_parser *p, int base, size_t most, uint32_t *c) {
    size_t n = 0;
    for (*c = 0; n < most && sdx_regex_more(p) && *c <= SDX_UTF8_MOST; n++) {
        const int digit = digit_of(p->pattern.ptr[p->at]);
        if (digit >= base) break;
        *c = *c * (uint32_t)base + (uint32_t)digit;
        p->at++;
    }
    return n;
}

/* \x7f, \x{10ffff} */
static sdx_status take_hex(sdx_regex_parser *p, uint32_t *c) {
    const size_t at = p->at;
    const bool braces = sdx_regex_take(p, '{');
    const size_t n = take_digits(p, 16, braces ? SIZE_MAX : 2, c);
    if ((braces ? n > 0 && sdx_regex_take(p, '}') : n == 2) && *c <= SDX_UTF8_MOST) return NULL;
    return sdx_regex_fail(p, SDX_INVALID_MODEL, at,
                          "expected two hexadecimal digits, or up to 10FFFF in braces");
}

sdx_status sdx_regex_escape(sdx_regex_parser *p, uint32_t *c) {
    static const struct {
        char letter, is;
    } letters[] = {{'a', '\a'}, {'f', '\f'}, {'n', '\n'}, {'r', '\r'}, {'t', '\t'}, {'v', '\v'}};
    const size_t at = p->at;
    SDX_TRY(sdx_regex_next(p, c));
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        if (*c != (uint32_t)letters[i].letter) continue;
        *c = (uint32_t)letters[i].is;
        return NULL;
    }
    if (*c == 'x') return take_hex(p, c);
    if (*c == 'C' || *c == 'p' || *c == 'P')
        return sdx_regex_fail(p, SDX_UNSUPPORTED, at,
                              "\\C, \\p and \\P are not there; name the characters in brackets");
    const bool octal = sdx_regex_more(p) && digit_of(p->pattern.ptr[p->at]) < 8;
    if (*c == '0' || (*c >= '1' && *c <= '7' && octal)) {
        p->at = at;
        (void)take_digits(p, 8, 3, c);
        return NULL;
    }
    const bool letter = (*c | 0x20) >= 'a' && (*c | 0x20) <= 'z';
    if (*c < 0x80 && !letter && !(*c >= '0' && *c <= '9')) return NULL;
    return sdx_regex_fail(p, SDX_INVALID_MODEL, at, "expected an escape that RE2 has");
}

/* ---- sets */

void sdx_regex_set_open(sdx_regex_parser *p) {
    p->first_range = (uint32_t)(p->ranges.size / sizeof(sdx_regex_range));
}

sdx_status sdx_regex_set_add(sdx_regex_parser *p, uint32_t first, uint32_t last) {
    const sdx_regex_range range = {first, last};
    return sdx_buf_append(&p->ranges, &range, sizeof range);
}

/* Another case of a character that has three may lie behind the usual one: K of Kelvin, long s. */
sdx_status sdx_regex_set_add_char(sdx_regex_parser *p, uint32_t c) {
    const uint32_t usual = sdx_case_lower(sdx_case_upper(c));
    if (p->flags & SDX_REGEX_FOLD) SDX_TRY(sdx_regex_set_add(p, usual, usual));
    return sdx_regex_set_add(p, c, c);
}

sdx_status sdx_regex_set_close(sdx_regex_parser *p, bool negated, int32_t *out) {
    const size_t end = p->ranges.size / sizeof(sdx_regex_range);
    sdx_regex_set set = {.first = p->first_range,
                         .n = (uint32_t)(end - p->first_range),
                         .negated = negated,
                         .fold = (p->flags & SDX_REGEX_FOLD) != 0};
    for (uint32_t c = 0; c < 0x80; c++)
        if (sdx_regex_set_has(&set, (const sdx_regex_range *)(const void *)p->ranges.ptr, c))
            set.ascii[c >> 6] |= UINT64_C(1) << (c & 63);
    *out = (int32_t)(p->sets.size / sizeof set);
    return sdx_buf_append(&p->sets, &set, sizeof set);
}

/* A named set of ASCII characters: n pairs of first and last. */
typedef struct named {
    const char *name;
    size_t n;
    const char *pairs;
} named;

static sdx_status add_named(sdx_regex_parser *p, const named *set, bool negated) {
    uint32_t next = 0; /* of what is left out */
    for (size_t i = 0; i < set->n; i++) {
        const uint32_t first = (uint32_t)set->pairs[2 * i], last = (uint32_t)set->pairs[2 * i + 1];
        if (!negated) SDX_TRY(sdx_regex_set_add(p, first, last));
        if (negated && first > next) SDX_TRY(sdx_regex_set_add(p, next, first - 1));
        next = last + 1;
    }
    return negated ? sdx_regex_set_add(p, next, SDX_UTF8_MOST) : NULL;
}

sdx_status sdx_regex_set_perl(sdx_regex_parser *p, bool *taken) {
    static const named sets[] = {{"d", 1, "09"}, {"s", 3, "\t\n\f\r  "}, {"w", 4, "09AZ__az"}};
    *taken = false;
    if (!sdx_regex_more(p)) return NULL;
    const char letter = p->pattern.ptr[p->at];
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        if ((letter | 0x20) != sets[i].name[0]) continue;
        *taken = true;
        p->at++;
        return add_named(p, &sets[i], letter < 'a');
    }
    return NULL;
}

/* [:alpha:], [:^alpha:] in a class, from its first bracket. */
static sdx_status take_posix(sdx_regex_parser *p, bool *taken) {
    static const named sets[] = {{"alnum:]", 3, "09AZaz"},
                                 {"alpha:]", 2, "AZaz"},
                                 {"ascii:]", 1, "\0\x7f"},
                                 {"blank:]", 2, "\t\t  "},
                                 {"cntrl:]", 2, "\0\x1f\x7f\x7f"},
                                 {"digit:]", 1, "09"},
                                 {"graph:]", 1, "!~"},
                                 {"lower:]", 1, "az"},
                                 {"print:]", 1, " ~"},
                                 {"punct:]", 4, "!/:@[`{~"},
                                 {"space:]", 2, "\t\r  "},
                                 {"upper:]", 1, "AZ"},
                                 {"word:]", 4, "09AZ__az"},
                                 {"xdigit:]", 3, "09AFaf"}};
    const size_t at = p->at;
    *taken = sdx_regex_take_text(p, "[:");
    if (!*taken) return NULL;
    const bool negated = sdx_regex_take(p, '^');
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        if (sdx_regex_take_text(p, sets[i].name)) return add_named(p, &sets[i], negated);
    return sdx_regex_fail(p, SDX_INVALID_MODEL, at, "expected a name of POSIX such as [:alpha:]");
}

/* ---- classes in brackets */

static sdx_status take_char(sdx_regex_parser *p, uint32_t *c) {
    return sdx_regex_take(p, '\\') ? sdx_regex_escape(p, c) : sdx_regex_next(p, c);
}

/* A character, or a range of them. A hyphen at either end stands for itself. */
static sdx_status take_range(sdx_regex_parser *p) {
    const size_t at = p->at;
    uint32_t first, last;
    SDX_TRY(take_char(p, &first));
    last = first;
    if (p->at + 1 < p->pattern.len && p->pattern.ptr[p->at + 1] != ']' && sdx_regex_take(p, '-'))
        SDX_TRY(take_char(p, &last));
    if (last < first)
        return sdx_regex_fail(p, SDX_INVALID_MODEL, at, "expected a range that ascends");
    return first == last ? sdx_regex_set_add_char(p, first) : sdx_regex_set_add(p, first, last);
}

static sdx_status take_item(sdx_regex_parser *p) {
    bool taken;
    SDX_TRY(take_posix(p, &taken));
    if (taken) return NULL;
    if (sdx_regex_take(p, '\\')) {
        SDX_TRY(sdx_regex_set_perl(p, &taken));
        if (taken) return NULL;
        p->at--;
    }
    return take_range(p);
}

sdx_status sdx_regex_set_class(sdx_regex_parser *p, int32_t *set) {
    const size_t at = p->at;
    const bool negated = sdx_regex_take(p, '^');
    sdx_regex_set_open(p);
    do {
        if (!sdx_regex_more(p))
            return sdx_regex_fail(p, SDX_INVALID_MODEL, at, "expected ']' at the end of the class");
        SDX_TRY(take_item(p)); /* the first may be a closing bracket itself */
    } while (!sdx_regex_take(p, ']'));
    return sdx_regex_set_close(p, negated, set);
}
