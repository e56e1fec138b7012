/* Topological sort by Kahn's algorithm with a heap of ready nodes by their old place: the smallest
 * order that is right, so a graph already in order stays as it is. A node depends on whatever
 * defines its inputs and what its subgraphs capture. */
#include <string.h>

#include "graph/graph.h"

enum { CYCLE_NAMES = 6 }; /* nodes that the error about a cycle names */

typedef struct sorter sorter;
struct sorter {
    const sdx_graph *graph;
    void (*edge)(sorter *s, size_t from); /* called for each dependency of the node at `to` */
    size_t to;
    bool ordered;     /* no edge leads backwards */
    size_t found;     /* SIZE_MAX, or a dependency that was not placed */
    sdx_node **nodes; /* by old place */
    size_t n;
    size_t *missing; /* by place: dependencies not placed yet */
    size_t *start;   /* by place: where its edges begin in `edges`; n + 1 of them */
    size_t *edges;   /* places that depend on a place */
    size_t n_edges;
    size_t *ready; /* a binary heap of places; later the marks of find_cycle */
    size_t n_ready;
};

static void depend(sorter *s, const sdx_gvalue *value) {
    if (value && value->graph == s->graph && value->producer) s->edge(s, value->producer->place);
}

static sdx_status walk_graph(void *arg, sdx_graph *graph) {
    sorter *s = arg;
    for (size_t i = 0; i < graph->n_outputs; i++)
        depend(s, graph->outputs[i]);
    for (const sdx_node *node = graph->first; node; node = node->next) {
        for (size_t i = 0; i < node->n_inputs; i++)
            depend(s, node->inputs[i]);
        SDX_TRY(sdx_node_subgraphs(node, walk_graph, s));
    }
    return NULL;
}

static sdx_status walk_node(sorter *s, const sdx_node *node) {
    s->to = node->place;
    for (size_t i = 0; i < node->n_inputs; i++)
        depend(s, node->inputs[i]);
    return sdx_node_subgraphs(node, walk_graph, s);
}

static sdx_status walk_all(sorter *s, void (*edge)(sorter *s, size_t from)) {
    s->edge = edge;
    for (const sdx_node *node = s->graph->first; node; node = node->next)
        SDX_TRY(walk_node(s, node));
    return NULL;
}

static void check_edge(sorter *s, size_t from) {
    s->ordered = s->ordered && from < s->to;
    s->n_edges++;
}

static void count_edge(sorter *s, size_t from) {
    s->start[from + 1]++;
    s->missing[s->to]++;
}

/* start[from] moves on to start[from + 1] while the edges of `from` are filled in. */
static void fill_edge(sorter *s, size_t from) { s->edges[s->start[from]++] = s->to; }

static void find_missing(sorter *s, size_t from) {
    if (s->missing[from] > 0) s->found = from;
}

static sdx_status build_edges(sorter *s) {
    SDX_TRY(walk_all(s, count_edge));
    for (size_t i = 0; i < s->n; i++)
        s->start[i + 1] += s->start[i];
    SDX_TRY(walk_all(s, fill_edge));
    memmove(s->start + 1, s->start, s->n * sizeof *s->start);
    s->start[0] = 0;
    return NULL;
}

static void push(sorter *s, size_t place) {
    size_t i = s->n_ready++;
    for (; i > 0 && s->ready[(i - 1) / 2] > place; i = (i - 1) / 2)
        s->ready[i] = s->ready[(i - 1) / 2];
    s->ready[i] = place;
}

static size_t pop(sorter *s) {
    const size_t top = s->ready[0], last = s->ready[--s->n_ready];
    size_t i = 0;
    for (size_t child = 1; child < s->n_ready; child = 2 * i + 1) {
        if (child + 1 < s->n_ready && s->ready[child + 1] < s->ready[child]) child++;
        if (s->ready[child] >= last) break;
        s->ready[i] = s->ready[child];
        i = child;
    }
    s->ready[i] = last;
    return top;
}

/* "'a' needs 'b' needs 'a'" from a node on the cycle; long ones are cut. */
static sdx_status describe_cycle(sorter *s, size_t begin, sdx_buf *text) {
    s->found = begin;
    for (int named = 0; named < CYCLE_NAMES; named++) {
        const sdx_node *node = s->nodes[s->found];
        SDX_TRY(sdx_buf_printf(text, "'%.*s' needs ", SDX_FMT(node->name)));
        SDX_TRY(walk_node(s, node));
        if (s->found == begin) break;
    }
    const sdx_node *last = s->nodes[s->found];
    SDX_TRY(sdx_buf_printf(text, "'%.*s'%s", SDX_FMT(last->name), s->found == begin ? "" : " ..."));
    return sdx_fail(SDX_INVALID_MODEL,
                    "nodes form a cycle (%s), expected none; correct the inputs of one of them",
                    text->ptr);
}

/* Whatever cannot be placed lies on a cycle or depends on one: going back ends in the cycle. */
static sdx_status find_cycle(sorter *s) {
    memset(s->ready, 0, s->n * sizeof *s->ready);
    s->edge = find_missing;
    s->found = 0;
    while (s->missing[s->found] == 0)
        s->found++;
    while (s->ready[s->found] == 0) {
        s->ready[s->found] = 1;
        SDX_TRY(walk_node(s, s->nodes[s->found]));
    }
    sdx_buf text;
    sdx_buf_init(&text, s->graph->ir->arena->heap, 1 << 16);
    const sdx_status status = describe_cycle(s, s->found, &text);
    sdx_buf_deinit(&text);
    return status;
}

/* Puts the places in their new order into `order`; returns how many could be placed. */
static size_t place_nodes(sorter *s, size_t *order) {
    size_t placed = 0;
    for (size_t i = 0; i < s->n; i++)
        if (s->missing[i] == 0) push(s, i);
    while (s->n_ready > 0) {
        const size_t at = pop(s);
        order[placed++] = at;
        for (size_t e = s->start[at]; e < s->start[at + 1]; e++)
            if (--s->missing[s->edges[e]] == 0) push(s, s->edges[e]);
    }
    return placed;
}

static void relink(sdx_graph *graph, sdx_node *const *nodes, const size_t *order, size_t n) {
    graph->first = graph->last = NULL;
    for (size_t i = 0; i < n; i++) {
        sdx_node *node = nodes[order[i]];
        node->prev = graph->last;
        node->next = NULL;
        node->place = (uint32_t)i;
        *(graph->last ? &graph->last->next : &graph->first) = node;
        graph->last = node;
    }
}

static sdx_status sort_with(sorter *s, sdx_graph *graph, size_t *order) {
    size_t i = 0;
    for (sdx_node *node = graph->first; node; node = node->next)
        s->nodes[i++] = node;
    SDX_TRY(build_edges(s));
    if (place_nodes(s, order) < s->n) return find_cycle(s);
    relink(graph, s->nodes, order, s->n);
    return NULL;
}

sdx_status sdx_graph_sort(sdx_graph *graph) {
    sorter s = {.graph = graph, .ordered = true, .n = graph->n_nodes};
    uint32_t place = 0;
    for (sdx_node *node = graph->first; node; node = node->next)
        node->place = place++;
    SDX_TRY(walk_all(&s, check_edge));
    if (s.ordered) return NULL;

    /* one block: nodes, missing[n], start[n + 1], ready[n], order[n], edges */
    size_t n = 0, bytes = 0;
    if (!sdx_mul_size(s.n, 5, &n) || !sdx_add_size(n, s.n_edges + 1, &n) ||
        !sdx_mul_size(n, sizeof(size_t), &bytes))
        return sdx_fail(SDX_LIMIT, "a graph of %zu nodes is too large", s.n);
    sdx_heap *heap = graph->ir->arena->heap;
    void *block;
    SDX_TRY(sdx_heap_calloc(heap, n, sizeof(size_t), &block));
    s.nodes = block;
    s.missing = (size_t *)block + s.n;
    s.start = s.missing + s.n;
    s.ready = s.start + s.n + 1;
    s.edges = s.ready + 2 * s.n;
    const sdx_status status = sort_with(&s, graph, s.ready + s.n);
    sdx_heap_free(heap, block, bytes);
    return status;
}
