/* Matching: Thompson's simulation. A thread is an instruction that waits for a character and the
 * place where its match began; of threads at one instruction the first is kept, since whatever the
 * others find it finds as well. Threads stand in the order of their beginnings, so that the
 * leftmost match wins. */
#include "ops/text/case.h"
#include "ops/text/regex.h"
#include "ops/text/utf8.h"

typedef struct thread {
    size_t begin;
    uint32_t at;
} thread;

typedef struct list {
    thread *threads;
    size_t *seen; /* of each instruction: the generation that met it last */
    size_t generation;
    size_t n;
} list;

typedef struct machine {
    const sdx_regex *regex;
    sdx_str text;
    sdx_regex_mode mode;
    list now, next;
    uint32_t *waiting; /* ways still to be followed */
    bool found;
    sdx_regex_match best;
} machine;

/* ---- places and characters */

static bool is_word(sdx_str text, size_t at) {
    const char c = at < text.len ? text.ptr[at] : ' ';
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool holds(int32_t assertion, sdx_str text, size_t at) {
    const bool begin = at == 0, end = at == text.len;
    const bool edge = (!begin && is_word(text, at - 1)) != is_word(text, at);
    switch (assertion) {
    case SDX_REGEX_TEXT_BEGIN: return begin;
    case SDX_REGEX_TEXT_END: return end;
    case SDX_REGEX_LINE_BEGIN: return begin || text.ptr[at - 1] == '\n';
    case SDX_REGEX_LINE_END: return end || text.ptr[at] == '\n';
    case SDX_REGEX_WORD_EDGE: return edge;
    default: return !edge;
    }
}

static bool in_ranges(const sdx_regex_set *set, const sdx_regex_range *ranges, uint32_t c) {
    for (uint32_t i = set->first; i < set->first + set->n; i++)
        if (c >= ranges[i].first && c <= ranges[i].last) return true;
    return false;
}

bool sdx_regex_set_has(const sdx_regex_set *set, const sdx_regex_range *ranges, uint32_t c) {
    if (c > SDX_UTF8_MOST) return false;
    bool has = in_ranges(set, ranges, c);
    if (!has && set->fold) {
        const uint32_t upper = sdx_case_upper(c);
        has = in_ranges(set, ranges, upper) || in_ranges(set, ranges, sdx_case_lower(c)) ||
              in_ranges(set, ranges, sdx_case_lower(upper));
    }
    return has != set->negated;
}

static bool takes(const sdx_regex *regex, const sdx_regex_inst *inst, uint32_t c) {
    if (inst->op == SDX_REGEX_CHAR) return (uint32_t)inst->x == c;
    const sdx_regex_set *const set = &regex->sets[inst->x];
    if (c < 0x80) return (set->ascii[c >> 6] >> (c & 63)) & 1;
    return sdx_regex_set_has(set, regex->ranges, c);
}

/* ---- threads */

/* A thread for each instruction that can be reached from `at` without a character. */
static void follow(machine *m, list *to, uint32_t at, size_t begin, size_t place) {
    size_t n_waiting = 0;
    m->waiting[n_waiting++] = at;
    while (n_waiting > 0) {
        at = m->waiting[--n_waiting];
        while (to->seen[at] != to->generation) {
            const sdx_regex_inst *const inst = &m->regex->code[at];
            const uint32_t far = (uint32_t)((int64_t)at + inst->x);
            to->seen[at] = to->generation;
            if (inst->op == SDX_REGEX_JUMP) {
                at = far;
            } else if (inst->op == SDX_REGEX_SPLIT) {
                m->waiting[n_waiting++] = far;
                at++;
            } else if (inst->op == SDX_REGEX_ASSERT) {
                if (!holds(inst->x, m->text, place)) break;
                at++;
            } else {
                to->threads[to->n++] = (thread){begin, at};
            }
        }
    }
}

static void clear(list *l) {
    l->n = 0;
    l->generation++;
}

/* All threads take the character c, which ends at `next`. Threads that began behind the match that
 * is known are of no interest any more; the others' are better: they begin further left, or end
 * later. */
static void advance(machine *m, uint32_t c, size_t place, size_t next) {
    clear(&m->next);
    for (size_t i = 0; i < m->now.n; i++) {
        const thread *const t = &m->now.threads[i];
        const sdx_regex_inst *const inst = &m->regex->code[t->at];
        if (m->found && t->begin > m->best.begin) break;
        if (inst->op == SDX_REGEX_MATCH) {
            if (m->mode == SDX_REGEX_FULL && place != m->text.len) continue;
            m->best = (sdx_regex_match){t->begin, place};
            m->found = true;
        } else if (takes(m->regex, inst, c)) {
            follow(m, &m->next, t->at + 1, t->begin, next);
        }
    }
    const list done = m->now;
    m->now = m->next;
    m->next = done;
}

/* ---- */

size_t sdx_regex_scratch(const sdx_regex *regex) {
    const size_t inst = 2 * sizeof(thread) + 2 * sizeof(size_t) + sizeof(uint32_t);
    return ((regex->n_code + 1) * inst + 15) & ~(size_t)15;
}

static void start(machine *m, void *scratch) {
    const size_t n = m->regex->n_code;
    m->now.threads = scratch;
    m->next.threads = m->now.threads + n;
    m->now.seen = (size_t *)(void *)(m->next.threads + n);
    m->next.seen = m->now.seen + n;
    m->waiting = (uint32_t *)(void *)(m->next.seen + n);
    memset(m->now.seen, 0, 2 * n * sizeof *m->now.seen);
    m->now.generation = m->next.generation = 1;
}

static bool can_begin(const machine *m, size_t at) {
    if (m->regex->may_be_empty) return true;
    return at < m->text.len && m->regex->begins[(unsigned char)m->text.ptr[at]];
}

bool sdx_regex_find(const sdx_regex *regex, sdx_regex_mode mode, sdx_str text, size_t from,
                    void *scratch, sdx_regex_match *out) {
    machine m = {.regex = regex, .text = text, .mode = mode};
    start(&m, scratch);
    for (size_t at = from;;) {
        const bool searching = mode != SDX_REGEX_FULL && !m.found;
        while (searching && m.now.n == 0 && at < text.len && !can_begin(&m, at))
            at++;
        if ((searching || at == from) && can_begin(&m, at)) follow(&m, &m.now, 0, at, at);
        if (m.now.n == 0 && !searching) break;
        const size_t place = at;
        const bool end = at == text.len;
        const uint32_t c = end ? SDX_UTF8_BYTE : sdx_utf8_next(text, &at);
        advance(&m, c, place, at);
        if (end) break;
    }
    *out = m.best;
    return m.found;
}
