/* Cuts claims into groups that can run as single steps.
 *
 * First each step gets a level: never below that of a step it reads from, and above it where the
 * two are of different claims, or only one of any. Steps of one claim, one level and an edge
 * between them are a cluster; since levels rise along every edge between clusters there can be no
 * circle. Levels are as late as possible, so that a node waits for what it will be needed with.
 * Then clusters of one claim with an edge between them are joined where no other way leads from the
 * one to the other.
 *
 * A step that follows from shapes counts as one of the claim that its operands come from: it costs
 * nothing there, and would cut the claim in two elsewhere. */
#include <string.h>

#include "plan/partition.h"

/* Edges that the search for other ways follows, for a graph at most: beyond, clusters stay as they
 * are. */
enum { MOST_VISITS = 1 << 24 };

typedef struct finder {
    const sdx_program *cpu;
    uint32_t *label;  /* by step: its claim; SDX_NONE */
    uint32_t *level;  /* by step */
    uint32_t *unsure; /* by step: 1 where its shapes may follow from elements */
    uint32_t *parent; /* union-find over steps */
    uint32_t *next;   /* the members of a cluster, in a circle */
    uint32_t *seen;   /* by cluster: the search that met it last */
    uint32_t *stack;
    uint32_t search;
    size_t visits;
} finder;

typedef void visit_fn(finder *f, uint32_t step, uint32_t from);

static void visit_value(finder *f, uint32_t step, uint32_t value, visit_fn *visit) {
    const uint32_t from = value != SDX_NONE ? f->cpu->values[value].step : SDX_NONE;
    if (from != SDX_NONE) visit(f, step, from);
}

/* Each step that `step` reads from, graphs inside included. */
static void each_source(finder *f, uint32_t step, visit_fn *visit) {
    const sdx_step *const s = &f->cpu->steps[step];
    for (uint32_t i = 0; i < s->n_in; i++) {
        visit_value(f, step, s->in[i], visit);
    }
    for (size_t g = 0; s->graphs != NULL && g < s->node->n_attrs; g++) {
        for (uint32_t c = 0; s->graphs[g] != NULL && c < s->graphs[g]->n_captures; c++) {
            visit_value(f, step, s->graphs[g]->captures[c].outer, visit);
        }
    }
}

/* ---- levels */

/* Whether shapes of what `step` makes may follow from elements: then nobody knows its results when
 * shapes are bound. */
static bool is_unsure(const finder *f, uint32_t step) { return f->unsure[step] != 0; }

static void doubt(finder *f, uint32_t step, uint32_t from) {
    const sdx_step *const s = &f->cpu->steps[step];
    bool numbers = true;
    for (uint32_t k = 0; k < s->n_out; k++) {
        const sdx_gvalue *const origin =
            s->out[k] != SDX_NONE ? f->cpu->values[s->out[k]].origin : NULL;
        numbers = numbers && (origin == NULL || origin->shape.rank >= 0);
        for (int i = 0; origin != NULL && i < origin->shape.rank; i++) {
            numbers = numbers && sdx_dim_is_number(origin->shape.dims[i]);
        }
    }
    if (is_unsure(f, from) && (!numbers || s->phase == SDX_PHASE_BIND)) f->unsure[step] = 1;
}

static void adopt(finder *f, uint32_t step, uint32_t from) {
    const uint32_t mine = f->label[step], other = f->label[from];
    if (other == SDX_NONE || is_unsure(f, step)) return;
    if (mine == SDX_NONE || f->level[from] > f->level[step]) {
        f->label[step] = other;
        f->level[step] = f->level[from];
    }
}

static void rise(finder *f, uint32_t step, uint32_t from) {
    const uint32_t least = f->level[from] + (f->label[from] != f->label[step]);
    if (f->level[step] < least) f->level[step] = least;
}

static void hold_back(finder *f, uint32_t step, uint32_t from) {
    const uint32_t most = f->level[step] - (f->label[from] != f->label[step]);
    if (f->seen[from] > most) f->seen[from] = most;
}

static void find_levels(finder *f) {
    const uint32_t n = f->cpu->n_steps;
    for (uint32_t s = 0; s < n; s++) {
        f->level[s] = 0;
        f->unsure[s] = (f->cpu->steps[s].op->flags & SDX_OP_DATA_SHAPE) != 0;
        each_source(f, s, doubt);
        if (f->cpu->steps[s].phase == SDX_PHASE_BIND) {
            each_source(f, s, adopt);
            f->level[s] = 0;
        }
        each_source(f, s, rise);
    }
    for (uint32_t s = 0; s < n; s++) {
        f->seen[s] = UINT32_MAX; /* from here on: the latest level that its readers allow */
    }
    for (uint32_t s = n; s-- > 0;) {
        if (f->seen[s] != UINT32_MAX) f->level[s] = f->seen[s];
        each_source(f, s, hold_back);
    }
    for (uint32_t s = 0; s < n; s++) { /* shapes are there as soon as what they are of */
        if (f->cpu->steps[s].phase != SDX_PHASE_BIND) continue;
        f->level[s] = 0;
        each_source(f, s, rise);
    }
}

/* ---- clusters */

static uint32_t root_of(finder *f, uint32_t step) {
    while (f->parent[step] != step) {
        f->parent[step] = f->parent[f->parent[step]];
        step = f->parent[step];
    }
    return step;
}

static void unite(finder *f, uint32_t a, uint32_t b) {
    a = root_of(f, a);
    b = root_of(f, b);
    if (a == b) return;
    f->parent[a > b ? a : b] = a > b ? b : a;
    const uint32_t next = f->next[a]; /* two circles become one */
    f->next[a] = f->next[b];
    f->next[b] = next;
}

static bool same_claim(const finder *f, uint32_t a, uint32_t b) {
    return f->label[a] != SDX_NONE && f->label[a] == f->label[b];
}

static void unite_level(finder *f, uint32_t step, uint32_t from) {
    if (same_claim(f, step, from) && f->level[step] == f->level[from]) unite(f, step, from);
}

static void push(finder *f, uint32_t step, uint32_t from) {
    const uint32_t cluster = root_of(f, from);
    (void)step;
    f->visits++;
    if (f->seen[cluster] == f->search) return;
    f->seen[cluster] = f->search;
    f->stack[++f->stack[0]] = cluster;
}

static void push_sources(finder *f, uint32_t cluster) {
    uint32_t member = cluster;
    do {
        each_source(f, member, push);
        member = f->next[member];
    } while (member != cluster);
}

/* Whether a way leads from cluster `a` to cluster `b` that passes through a third. */
static bool has_detour(finder *f, uint32_t a, uint32_t b) {
    f->search++;
    f->stack[0] = 0; /* how many stand behind it */
    f->seen[a] = f->seen[b] = f->search;
    push_sources(f, b);
    while (f->stack[0] > 0) {
        const uint32_t cluster = f->stack[f->stack[0]--];
        f->seen[a] = 0; /* from here on it counts */
        push_sources(f, cluster);
        if (f->seen[a] == f->search) return true;
        if (f->visits > MOST_VISITS) return true;
    }
    return false;
}

static void join(finder *f, uint32_t step, uint32_t from) {
    if (!same_claim(f, step, from) || f->visits > MOST_VISITS) return;
    const uint32_t a = root_of(f, from), b = root_of(f, step);
    if (a != b && !has_detour(f, a, b)) unite(f, a, b);
}

static void find_clusters(finder *f) {
    const uint32_t n = f->cpu->n_steps;
    for (uint32_t s = 0; s < n; s++) {
        f->parent[s] = f->next[s] = s;
        f->seen[s] = 0;
    }
    for (uint32_t s = 0; s < n; s++) {
        each_source(f, s, unite_level);
    }
    for (uint32_t s = 0; s < n; s++) {
        each_source(f, s, join);
    }
}

sdx_status sdx_groups_find(const sdx_program *cpu, const uint32_t *set, sdx_heap *heap,
                           uint32_t *cluster) {
    const size_t n = (size_t)cpu->n_steps + 2;
    uint32_t *block;
    SDX_TRY(SDX_NEW_ARRAY(heap, 7 * n, &block));
    finder f = {.cpu = cpu,
                .label = block,
                .level = block + n,
                .parent = block + 2 * n,
                .next = block + 3 * n,
                .seen = block + 4 * n,
                .stack = block + 5 * n,
                .unsure = block + 6 * n};
    memcpy(f.label, set, cpu->n_steps * sizeof *set);
    find_levels(&f);
    find_clusters(&f);
    for (uint32_t s = 0; s < cpu->n_steps; s++) {
        cluster[s] = root_of(&f, s);
    }
    sdx_heap_free(heap, block, 7 * n * sizeof *block);
    return NULL;
}
