/* Tidying: what a graph needs to be looked at and written, and not to run. Constants are listed by
 * the graph that owns them, and names become unique where they are visible: inlined functions and
 * rewrites repeat some. Inputs and outputs of the main graph keep theirs. */
#include "base/map.h"
#include "graph/graph.h"

/* ---- constants ------------------------------------------------------------------------------- */

typedef struct collector {
    sdx_gvalue **found; /* by id; NULL: not a constant that is used */
} collector;

static void note(const collector *c, sdx_gvalue *const *values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        sdx_gvalue *const value = values[i];
        if (value != NULL && value->constant != NULL && value->producer == NULL)
            c->found[value->id] = value;
    }
}

static sdx_status collect(void *arg, sdx_graph *graph) {
    const collector *const c = arg;
    note(c, graph->inputs, graph->n_inputs);
    note(c, graph->outputs, graph->n_outputs);
    for (sdx_node *node = graph->first; node != NULL; node = node->next) {
        note(c, node->inputs, node->n_inputs);
        SDX_TRY(sdx_node_subgraphs(node, collect, arg));
    }
    graph->constants = NULL;
    graph->n_constants = 0;
    return NULL;
}

/* Once to count, once to fill: in the order of ids, which is that of the file. */
static sdx_status list_constants(sdx_ir *ir, const collector *c) {
    SDX_TRY(collect((void *)(uintptr_t)c, ir->main));
    for (uint32_t id = 0; id < ir->n_values; id++) {
        if (c->found[id] != NULL) c->found[id]->graph->n_constants++;
    }
    for (uint32_t id = 0; id < ir->n_values; id++) {
        if (c->found[id] == NULL) continue;
        sdx_graph *const graph = c->found[id]->graph;
        if (graph->constants == NULL) {
            SDX_TRY(SDX_ARENA_NEW(ir->arena, graph->n_constants, &graph->constants));
            graph->n_constants = 0;
        }
        graph->constants[graph->n_constants++] = c->found[id];
    }
    return NULL;
}

/* ---- names ----------------------------------------------------------------------------------- */

typedef struct names {
    const struct names *outer;
    sdx_map map; /* name -> sdx_gvalue */
} names;

static const sdx_gvalue *find(const names *scope, sdx_str name) {
    for (; scope != NULL; scope = scope->outer) {
        const sdx_gvalue *const value = sdx_map_get(&scope->map, name);
        if (value != NULL) return value;
    }
    return NULL;
}

/* Names with the value's number in it are tried in turn: only a file that has them as well makes
 * that long, and no longer than the file. */
static sdx_status claim(names *scope, sdx_gvalue *value) {
    if (value == NULL) return NULL;
    const sdx_str base = value->name;
    for (unsigned turn = 0;; turn++) {
        const sdx_gvalue *const owner = value->name.len != 0 ? find(scope, value->name) : NULL;
        if (owner == value) return NULL;
        if (owner == NULL && value->name.len != 0) break;
        sdx_arena *const arena = value->graph->ir->arena;
        if (turn == 0)
            SDX_TRY(sdx_arena_printf(arena, &value->name, "%.*s#%u", SDX_FMT(base),
                                     (unsigned)value->id));
        else
            SDX_TRY(sdx_arena_printf(arena, &value->name, "%.*s#%u_%u", SDX_FMT(base),
                                     (unsigned)value->id, turn));
    }
    return sdx_map_put(&scope->map, value->name, value);
}

static sdx_status claim_all(names *scope, const sdx_graph *graph, sdx_gvalue *const *values,
                            size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (values[i] != NULL && values[i]->graph == graph) SDX_TRY(claim(scope, values[i]));
    }
    return NULL;
}

typedef struct naming {
    sdx_heap *heap;
    const names *outer;
} naming;

static sdx_status name_graph(void *arg, sdx_graph *graph);

/* All of a graph are named before those inside, which see them. */
static sdx_status name_values(names *scope, const sdx_graph *graph) {
    SDX_TRY(claim_all(scope, graph, graph->inputs, graph->n_inputs));
    SDX_TRY(claim_all(scope, graph, graph->outputs, graph->n_outputs));
    SDX_TRY(claim_all(scope, graph, graph->constants, graph->n_constants));
    for (const sdx_node *node = graph->first; node != NULL; node = node->next) {
        SDX_TRY(claim_all(scope, graph, node->outputs, node->n_outputs));
    }
    naming inner = {.heap = scope->map.heap, .outer = scope};
    for (const sdx_node *node = graph->first; node != NULL; node = node->next) {
        SDX_TRY(sdx_node_subgraphs(node, name_graph, &inner));
    }
    return NULL;
}

static sdx_status name_graph(void *arg, sdx_graph *graph) {
    const naming *const around = arg;
    names scope = {.outer = around->outer};
    sdx_map_init(&scope.map, around->heap);
    const sdx_status status = name_values(&scope, graph);
    sdx_map_deinit(&scope.map);
    return status;
}

sdx_status sdx_ir_tidy(sdx_ir *ir) {
    sdx_heap *const heap = ir->arena->heap;
    collector c;
    SDX_TRY(SDX_NEW_ARRAY(heap, (size_t)ir->n_values + 1, &c.found));
    sdx_status status = list_constants(ir, &c);
    sdx_heap_free(heap, c.found, ((size_t)ir->n_values + 1) * sizeof *c.found);
    naming all = {.heap = heap};
    if (status == NULL) status = name_graph(&all, ir->main);
    return status;
}
