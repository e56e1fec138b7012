/* In which order steps and groups of a graph run: each after all that it reads from, and else as
 * early steps of the graph come first (Kahn's algorithm with a heap). */
#include "plan/partition.h"

typedef struct sorter {
    const sdx_part *part;
    uint32_t n_steps, n; /* n: turns; those of groups have numbers from n_steps on */
    uint32_t *turn;      /* by step */
    uint32_t *missing;   /* by turn: edges from turns that have not been placed */
    uint32_t *start;     /* by turn: where its edges begin in `edges`; n + 1 */
    uint32_t *edges;     /* turns that read from it */
    uint32_t *ready;     /* a heap by `key`, n_ready of them */
    uint32_t n_ready, n_edges, to;
    uint32_t *key; /* by turn: its first step */
} sorter;

typedef void edge_fn(sorter *s, uint32_t from);

static void edge_from(sorter *s, uint32_t value, edge_fn *edge) {
    const uint32_t step = value != SDX_NONE ? s->part->cpu->values[value].step : SDX_NONE;
    if (step != SDX_NONE && s->turn[step] != s->to) edge(s, s->turn[step]);
}

static void each_edge(sorter *s, edge_fn *edge) {
    for (uint32_t i = 0; i < s->n_steps; i++) {
        const sdx_step *const step = &s->part->cpu->steps[i];
        s->to = s->turn[i];
        for (uint32_t k = 0; k < step->n_in; k++) {
            edge_from(s, step->in[k], edge);
        }
        for (size_t g = 0; step->graphs != NULL && g < step->node->n_attrs; g++) {
            for (uint32_t c = 0; step->graphs[g] != NULL && c < step->graphs[g]->n_captures; c++) {
                edge_from(s, step->graphs[g]->captures[c].outer, edge);
            }
        }
    }
}

static void count(sorter *s, uint32_t from) {
    s->start[from + 1]++;
    s->missing[s->to]++;
    s->n_edges++;
}

static void list(sorter *s, uint32_t from) { s->edges[s->start[from]++] = s->to; }

static void swap(sorter *s, uint32_t a, uint32_t b) {
    const uint32_t kept = s->ready[a];
    s->ready[a] = s->ready[b];
    s->ready[b] = kept;
}

static bool before(const sorter *s, uint32_t a, uint32_t b) {
    return s->key[s->ready[a]] < s->key[s->ready[b]];
}

static void push(sorter *s, uint32_t turn) {
    uint32_t at = s->n_ready++;
    s->ready[at] = turn;
    for (; at > 0 && before(s, at, (at - 1) / 2); at = (at - 1) / 2) {
        swap(s, at, (at - 1) / 2);
    }
}

static uint32_t pop(sorter *s) {
    const uint32_t first = s->ready[0];
    s->ready[0] = s->ready[--s->n_ready];
    for (uint32_t at = 0;;) {
        uint32_t least = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < s->n_ready; child++) {
            if (before(s, child, least)) least = child;
        }
        if (least == at) return first;
        swap(s, at, least);
        at = least;
    }
}

static bool is_turn(const sorter *s, uint32_t turn) { /* a step in a group has none of its own */
    return turn >= s->n_steps || s->turn[turn] == turn;
}

static void place(sorter *s, sdx_part *part) {
    const sdx_partition *const partition = part->partition;
    for (uint32_t t = 0; t < s->n; t++) {
        if (is_turn(s, t) && s->key[t] != SDX_NONE && s->missing[t] == 0) push(s, t);
    }
    while (s->n_ready > 0) {
        const uint32_t turn = pop(s);
        part->turns[part->n_turns++] =
            turn < s->n_steps
                ? (sdx_turn){.step = turn}
                : (sdx_turn){.step = SDX_NONE, .group = partition->groups[turn - s->n_steps]};
        const uint32_t begin = turn == 0 ? 0 : s->start[turn - 1];
        for (uint32_t e = begin; e < s->start[turn]; e++) {
            if (--s->missing[s->edges[e]] == 0) push(s, s->edges[e]);
        }
    }
}

static sdx_status sort(sorter *s, sdx_part *part, sdx_heap *heap) {
    const uint32_t n_groups = part->partition->n_groups;
    uint32_t n_turns = 0;
    for (uint32_t t = 0; t < s->n; t++) {
        s->key[t] = SDX_NONE;
    }
    for (uint32_t i = s->n_steps; i-- > 0;) {
        s->turn[i] = part->group[i] != NULL ? s->n_steps + part->group[i]->index : i;
        n_turns += s->key[s->turn[i]] == SDX_NONE;
        s->key[s->turn[i]] = i;
    }
    each_edge(s, count);
    for (uint32_t t = 0; t < s->n; t++) {
        s->start[t + 1] += s->start[t];
    }
    SDX_TRY(SDX_NEW_ARRAY(heap, (size_t)s->n_edges + 1, &s->edges));
    each_edge(s, list); /* afterwards start[t] is where the edges of t end */
    SDX_TRY(SDX_ARENA_NEW(part->partition->arena, n_turns + 1, &part->turns));
    place(s, part);
    if (part->n_turns != n_turns)
        return sdx_fail(SDX_INTERNAL, "%u groups wait for each other", (unsigned)n_groups);
    return NULL;
}

sdx_status sdx_part_order(sdx_part *part) {
    sdx_heap *const heap = part->partition->heap;
    sorter s = {.part = part, .n_steps = part->cpu->n_steps};
    s.n = s.n_steps + part->partition->n_groups;
    const size_t n = (size_t)s.n + 2;
    uint32_t *block;
    SDX_TRY(SDX_NEW_ARRAY(heap, 5 * n, &block));
    s.turn = block;
    s.missing = block + n;
    s.start = block + 2 * n;
    s.ready = block + 3 * n;
    s.key = block + 4 * n;
    const sdx_status status = sort(&s, part, heap);
    sdx_heap_free(heap, s.edges, s.edges != NULL ? ((size_t)s.n_edges + 1) * sizeof *s.edges : 0);
    sdx_heap_free(heap, block, 5 * n * sizeof *block);
    return status;
}
