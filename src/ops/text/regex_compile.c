/* From the text of a pattern to its program, in one pass and without recursion: what has been read
 * is code already, and what comes behind it (a repetition, another alternative) is put around that.
 * Jumps are relative, so that code can be moved and copied. */
#include <string.h>

#include "ops/text/case.h"
#include "ops/text/regex_parse.h"

enum {
    MOST_CODE = 1 << 16, /* instructions */
    MOST_DEPTH = 1000,   /* of groups: as RE2 has it */
    MOST_REPEATS = 1000, /* likewise */
    NO_JUMP = -1,
    NO_LIMIT = -1
};
#define NO_ATOM SIZE_MAX

/* A group that is open. */
typedef struct group {
    size_t begin, branch; /* instructions where it begins, and its last alternative */
    size_t opened;        /* place in the pattern */
    int32_t last_jump;    /* jumps from ends of alternatives to the end, chained by x */
    unsigned flags;       /* that hold again behind it */
} group;

/* ---- reading */

bool sdx_regex_take_text(sdx_regex_parser *p, const char *text) {
    const sdx_str rest = {p->pattern.ptr + p->at, p->pattern.len - p->at};
    if (!sdx_str_starts(rest, text)) return false;
    p->at += strlen(text);
    return true;
}

sdx_status sdx_regex_fail(const sdx_regex_parser *p, sdx_code code, size_t at, const char *what) {
    return sdx_fail(code, "pattern '%.*s' at %zu: %s", SDX_FMT(p->pattern), at, what);
}

sdx_status sdx_regex_next(sdx_regex_parser *p, uint32_t *c) {
    if (!sdx_regex_more(p))
        return sdx_regex_fail(p, SDX_INVALID_MODEL, p->at, "found its end, expected a character");
    *c = sdx_utf8_next(p->pattern, &p->at);
    if (*c <= SDX_UTF8_MOST) return NULL;
    return sdx_regex_fail(p, SDX_INVALID_MODEL, p->at - 1, "found a byte that is no UTF-8");
}

/* ---- writing */

static sdx_regex_inst *code_of(const sdx_regex_parser *p) {
    return (sdx_regex_inst *)(void *)p->code.ptr;
}
static size_t n_code(const sdx_regex_parser *p) { return p->code.size / sizeof(sdx_regex_inst); }

/* Room for n more instructions. */
static sdx_status make_room(sdx_regex_parser *p, size_t n) {
    if (n <= MOST_CODE - n_code(p)) return sdx_buf_reserve(&p->code, n * sizeof(sdx_regex_inst));
    return sdx_regex_fail(p, SDX_LIMIT, p->at,
                          "found more than 65536 steps, expected a smaller pattern");
}

static sdx_status append(sdx_regex_parser *p, sdx_regex_op op, int32_t x) {
    const sdx_regex_inst inst = {op, x};
    SDX_TRY(make_room(p, 1));
    return sdx_buf_append(&p->code, &inst, sizeof inst);
}

/* A SPLIT in front of the code at `at`, which moves. */
static sdx_status insert_split(sdx_regex_parser *p, size_t at) {
    SDX_TRY(append(p, SDX_REGEX_SPLIT, 0));
    sdx_regex_inst *const code = code_of(p);
    memmove(code + at + 1, code + at, (n_code(p) - 1 - at) * sizeof *code);
    code[at] = (sdx_regex_inst){.op = SDX_REGEX_SPLIT};
    return NULL;
}

static sdx_status copy_code(sdx_regex_parser *p, size_t from, size_t len) {
    SDX_TRY(make_room(p, len));
    return sdx_buf_append(&p->code, code_of(p) + from, len * sizeof(sdx_regex_inst));
}

static sdx_status append_atom(sdx_regex_parser *p, sdx_regex_op op, int32_t x) {
    p->atom = n_code(p);
    p->repeated = false;
    return append(p, op, x);
}

static sdx_status append_char(sdx_regex_parser *p, uint32_t c) {
    const bool cased = sdx_case_lower(c) != c || sdx_case_upper(c) != c;
    int32_t set;
    if (!cased || !(p->flags & SDX_REGEX_FOLD)) return append_atom(p, SDX_REGEX_CHAR, (int32_t)c);
    sdx_regex_set_open(p);
    SDX_TRY(sdx_regex_set_add_char(p, c));
    SDX_TRY(sdx_regex_set_close(p, false, &set));
    return append_atom(p, SDX_REGEX_SET, set);
}

/* ---- repetitions */

/* The atom min to max times; x* is (x+)?. */
static sdx_status repeat(sdx_regex_parser *p, int32_t min, int32_t max) {
    const size_t len = n_code(p) - p->atom;
    const size_t first = p->atom + (min == 0), optional = p->atom + len * (size_t)min;
    p->repeated = true;
    if (max == 0) {
        p->code.size = p->atom * sizeof(sdx_regex_inst);
        return NULL;
    }
    if (min == 0) SDX_TRY(insert_split(p, p->atom));
    for (int32_t i = 1; i < min; i++)
        SDX_TRY(copy_code(p, first, len));
    if (max == NO_LIMIT) SDX_TRY(append(p, SDX_REGEX_SPLIT, -(int32_t)len));
    for (int32_t i = min > 1 ? min : 1; i < max; i++) {
        SDX_TRY(append(p, SDX_REGEX_SPLIT, 0));
        SDX_TRY(copy_code(p, first, len));
    }
    /* From each optional copy to the end. */
    for (size_t at = optional; at < n_code(p) && (min == 0 || max != NO_LIMIT); at += len + 1) {
        code_of(p)[at].x = (int32_t)(n_code(p) - at);
        if (max == NO_LIMIT) break;
    }
    return NULL;
}

static bool take_number(sdx_regex_parser *p, int32_t *n) {
    const size_t at = p->at;
    for (*n = 0; sdx_regex_more(p); p->at++) {
        const char c = p->pattern.ptr[p->at];
        if (c < '0' || c > '9') break;
        if (*n <= MOST_REPEATS) *n = *n * 10 + (c - '0');
    }
    return p->at > at;
}

/* {2}, {2,}, {2,3}; anything else is text. */
static bool take_counts(sdx_regex_parser *p, int32_t *min, int32_t *max) {
    const size_t at = p->at;
    bool is_one = sdx_regex_take(p, '{') && take_number(p, min);
    if (is_one) {
        *max = *min;
        if (sdx_regex_take(p, ',') && !take_number(p, max)) *max = NO_LIMIT;
        is_one = sdx_regex_take(p, '}');
    }
    if (!is_one) p->at = at;
    return is_one;
}

/* A repetition, if one comes next. */
static sdx_status take_repetition(sdx_regex_parser *p, bool *taken) {
    const size_t at = p->at;
    int32_t min = 0, max = NO_LIMIT;
    *taken = true;
    if (sdx_regex_take(p, '+'))
        min = 1;
    else if (sdx_regex_take(p, '?'))
        max = 1;
    else
        *taken = sdx_regex_take(p, '*') || take_counts(p, &min, &max);
    if (!*taken) return NULL;
    if (p->atom == NO_ATOM || p->repeated)
        return sdx_regex_fail(
            p, SDX_INVALID_MODEL, at,
            "found a repetition, expected something that it can repeat before it");
    if (min > MOST_REPEATS || max > MOST_REPEATS || (max != NO_LIMIT && max < min))
        return sdx_regex_fail(p, SDX_INVALID_MODEL, at, "expected counts that ascend up to 1000");
    (void)sdx_regex_take(p, '?'); /* lazy */
    return repeat(p, min, max);
}

/* ---- groups */

static group *top_group(const sdx_regex_parser *p) {
    return (group *)(void *)(p->groups.ptr + p->groups.size) - 1;
}

static sdx_status open_group(sdx_regex_parser *p, unsigned flags_behind) {
    const group g = {n_code(p), n_code(p), p->at, NO_JUMP, flags_behind};
    if (p->groups.size >= MOST_DEPTH * sizeof g)
        return sdx_regex_fail(p, SDX_LIMIT, p->at, "found more than 1000 groups in each other");
    p->atom = NO_ATOM;
    return sdx_buf_append(&p->groups, &g, sizeof g);
}

static sdx_status next_alternative(sdx_regex_parser *p) {
    group *const g = top_group(p);
    SDX_TRY(insert_split(p, g->branch));
    SDX_TRY(append(p, SDX_REGEX_JUMP, g->last_jump));
    code_of(p)[g->branch].x = (int32_t)(n_code(p) - g->branch);
    g->last_jump = (int32_t)n_code(p) - 1;
    g->branch = n_code(p);
    p->atom = NO_ATOM;
    return NULL;
}

static void close_group(sdx_regex_parser *p) {
    const group g = *top_group(p);
    for (int32_t jump = g.last_jump; jump != NO_JUMP;) {
        sdx_regex_inst *const inst = &code_of(p)[jump];
        const int32_t before = inst->x;
        inst->x = (int32_t)n_code(p) - jump;
        jump = before;
    }
    p->groups.size -= sizeof g;
    p->flags = g.flags;
    p->atom = g.begin;
    p->repeated = false;
}

/* The name of (?P<name>...): letters, digits, underscores. It is of no use here. */
static sdx_status take_name(sdx_regex_parser *p) {
    const size_t at = p->at;
    for (; sdx_regex_more(p) && p->pattern.ptr[p->at] != '>'; p->at++) {
        const char c = p->pattern.ptr[p->at], letter = (char)(c | 0x20);
        if (!(letter >= 'a' && letter <= 'z') && !(c >= '0' && c <= '9') && c != '_') break;
    }
    if (p->at > at && sdx_regex_take(p, '>')) return NULL;
    return sdx_regex_fail(p, SDX_INVALID_MODEL, at, "expected a name of letters and '>'");
}

static unsigned flag_of(char c) {
    return c == 'i'   ? SDX_REGEX_FOLD
           : c == 'm' ? SDX_REGEX_LINES
           : c == 's' ? SDX_REGEX_DOT_ALL
           : c == 'U' ? SDX_REGEX_LAZY
                      : 0;
}

/* (?i), (?i-s:...) behind the question mark. */
static sdx_status take_flags(sdx_regex_parser *p) {
    const size_t at = p->at;
    const unsigned before = p->flags;
    bool clear = false;
    for (; sdx_regex_more(p); p->at++) {
        const char c = p->pattern.ptr[p->at];
        if (c == '-' && !clear)
            clear = true;
        else if (flag_of(c) != 0)
            p->flags = clear ? p->flags & ~flag_of(c) : p->flags | flag_of(c);
        else
            break;
    }
    const bool dangling = p->at > at && p->pattern.ptr[p->at - 1] == '-';
    if (!dangling && sdx_regex_take(p, ':')) return open_group(p, before);
    if (!dangling && p->at > at && sdx_regex_take(p, ')')) {
        p->atom = NO_ATOM;
        return NULL;
    }
    return sdx_regex_fail(p, SDX_INVALID_MODEL, at,
                          "expected flags of i, m, s, U, a name or ':'; RE2 has no other groups");
}

static sdx_status take_group(sdx_regex_parser *p) {
    const unsigned before = p->flags;
    if (!sdx_regex_take(p, '?')) return open_group(p, before);
    if (!sdx_regex_take_text(p, "P<") && !sdx_regex_take_text(p, "<")) return take_flags(p);
    SDX_TRY(take_name(p));
    return open_group(p, before);
}

/* ---- atoms */

static sdx_status take_dot(sdx_regex_parser *p) {
    int32_t set;
    sdx_regex_set_open(p);
    if (!(p->flags & SDX_REGEX_DOT_ALL)) SDX_TRY(sdx_regex_set_add(p, '\n', '\n'));
    SDX_TRY(sdx_regex_set_close(p, true, &set));
    return append_atom(p, SDX_REGEX_SET, set);
}

/* \Q...\E: what stands between is text. */
static sdx_status take_quoted(sdx_regex_parser *p) {
    uint32_t c;
    while (sdx_regex_more(p) && !sdx_regex_take_text(p, "\\E")) {
        SDX_TRY(sdx_regex_next(p, &c));
        SDX_TRY(append_char(p, c));
    }
    return NULL;
}

static sdx_status take_escape(sdx_regex_parser *p) {
    static const struct {
        char letter;
        int32_t assertion;
    } places[] = {{'A', SDX_REGEX_TEXT_BEGIN},
                  {'z', SDX_REGEX_TEXT_END},
                  {'b', SDX_REGEX_WORD_EDGE},
                  {'B', SDX_REGEX_NO_WORD_EDGE}};
    uint32_t c;
    int32_t set;
    bool taken;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (sdx_regex_take(p, places[i].letter))
            return append_atom(p, SDX_REGEX_ASSERT, places[i].assertion);
    if (sdx_regex_take(p, 'Q')) return take_quoted(p);
    sdx_regex_set_open(p);
    SDX_TRY(sdx_regex_set_perl(p, &taken));
    if (taken) {
        SDX_TRY(sdx_regex_set_close(p, false, &set));
        return append_atom(p, SDX_REGEX_SET, set);
    }
    SDX_TRY(sdx_regex_escape(p, &c));
    return append_char(p, c);
}

static sdx_status take_class(sdx_regex_parser *p) {
    int32_t set;
    SDX_TRY(sdx_regex_set_class(p, &set));
    return append_atom(p, SDX_REGEX_SET, set);
}

static sdx_status take_place(sdx_regex_parser *p, int32_t of_text, int32_t of_line) {
    return append_atom(p, SDX_REGEX_ASSERT, p->flags & SDX_REGEX_LINES ? of_line : of_text);
}

/* ---- the pattern */

static sdx_status take_one(sdx_regex_parser *p) {
    const size_t at = p->at;
    uint32_t c;
    bool taken;
    SDX_TRY(take_repetition(p, &taken));
    if (taken) return NULL;
    SDX_TRY(sdx_regex_next(p, &c));
    switch (c) {
    case '(': return take_group(p);
    case '|': return next_alternative(p);
    case '[': return take_class(p);
    case '.': return take_dot(p);
    case '^': return take_place(p, SDX_REGEX_TEXT_BEGIN, SDX_REGEX_LINE_BEGIN);
    case '$': return take_place(p, SDX_REGEX_TEXT_END, SDX_REGEX_LINE_END);
    case '\\': return take_escape(p);
    case ')': break;
    default: return append_char(p, c);
    }
    if (p->groups.size == sizeof(group))
        return sdx_regex_fail(p, SDX_INVALID_MODEL, at, "found ')' without its '('");
    close_group(p);
    return NULL;
}

static sdx_status take_all(sdx_regex_parser *p) {
    SDX_TRY(open_group(p, 0));
    while (sdx_regex_more(p)) {
        SDX_TRY(take_one(p));
    }
    if (p->groups.size > sizeof(group))
        return sdx_regex_fail(p, SDX_INVALID_MODEL, top_group(p)->opened - 1,
                              "found '(' without its ')'");
    close_group(p);
    return append(p, SDX_REGEX_MATCH, 0);
}

/* The bytes that the instruction takes first. */
static void mark_begins(sdx_regex *r, const sdx_regex_inst *inst) {
    char bytes[SDX_UTF8_MAX_LEN];
    if (inst->op == SDX_REGEX_CHAR) {
        (void)sdx_utf8_put(bytes, (uint32_t)inst->x);
        r->begins[(unsigned char)bytes[0]] = true;
        return;
    }
    const sdx_regex_set *const set = &r->sets[inst->x];
    for (size_t b = 0; b < 0x80; b++)
        r->begins[b] = r->begins[b] || ((set->ascii[b >> 6] >> (b & 63)) & 1);
    memset(r->begins + 0xc0, true, 0x40); /* any character of several bytes */
}

/* What can be reached from the beginning without a character. */
static sdx_status find_begins(sdx_regex *r, sdx_arena *arena) {
    bool *seen;
    uint32_t *waiting;
    size_t n = 0;
    SDX_TRY(SDX_ARENA_NEW(arena, r->n_code, &seen));
    SDX_TRY(SDX_ARENA_NEW(arena, 2 * r->n_code + 1, &waiting));
    waiting[n++] = 0;
    while (n > 0) {
        const uint32_t at = waiting[--n];
        const sdx_regex_inst *const inst = &r->code[at];
        const uint32_t far = (uint32_t)((int64_t)at + inst->x);
        if (seen[at]) continue;
        seen[at] = true;
        if (inst->op == SDX_REGEX_SPLIT || inst->op == SDX_REGEX_JUMP) waiting[n++] = far;
        if (inst->op == SDX_REGEX_SPLIT || inst->op == SDX_REGEX_ASSERT) waiting[n++] = at + 1;
        if (inst->op == SDX_REGEX_MATCH) r->may_be_empty = true;
        if (inst->op == SDX_REGEX_CHAR || inst->op == SDX_REGEX_SET) mark_begins(r, inst);
    }
    return NULL;
}

static sdx_status keep(const sdx_regex_parser *p, sdx_arena *arena, const sdx_regex **out) {
    sdx_regex *r;
    SDX_TRY(SDX_ARENA_NEW(arena, 1, &r));
    r->n_code = n_code(p);
    SDX_TRY(sdx_arena_copy(arena, p->code.ptr, p->code.size, (void **)&r->code));
    SDX_TRY(sdx_arena_copy(arena, p->sets.ptr, p->sets.size, (void **)&r->sets));
    SDX_TRY(sdx_arena_copy(arena, p->ranges.ptr, p->ranges.size, (void **)&r->ranges));
    *out = r;
    return find_begins(r, arena);
}

sdx_status sdx_regex_compile(sdx_str pattern, sdx_arena *arena, const sdx_regex **out) {
    sdx_regex_parser p = {.pattern = pattern, .atom = NO_ATOM};
    sdx_buf *const buffers[] = {&p.code, &p.sets, &p.ranges, &p.groups};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        sdx_buf_init(buffers[i], arena->heap, UINT32_MAX);
    sdx_status status = take_all(&p);
    if (status == NULL) status = keep(&p, arena, out);
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        sdx_buf_deinit(buffers[i]);
    return status;
}
