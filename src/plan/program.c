/* See program.h. One pass numbers values and steps; one pass backwards and forwards finds
 * lifetimes. */
#include "plan/program.h"

#include <string.h>

/* What is needed while building one program: a table from the model-wide ids of values to this
 * program's numbers. */
typedef struct builder {
    sdx_program *program;
    sdx_packer *packer;
    sdx_arena *arena;
    sdx_heap *temporary;
    uint32_t *number; /* by sdx_gvalue.id, SDX_NONE: not here; n_ids */
    size_t n_ids;
    uint32_t cap_values;
    struct builder *outer;
    sdx_capture *captures; /* temporary; n of program->n_captures */
    uint32_t cap_captures;
} builder;

static sdx_status grow(sdx_heap *heap, void **array, uint32_t *cap, size_t element) {
    const uint32_t old = *cap;
    if (old > UINT32_MAX / 4)
        return sdx_fail(SDX_LIMIT, "found more than %u values in a graph; split the model", old);
    const uint32_t wanted = old == 0 ? 64 : old * 2;
    SDX_TRY(sdx_heap_realloc(heap, array, old * element, wanted * element));
    *cap = wanted;
    return NULL;
}

static bool is_dense(const sdx_gvalue *value) {
    return value->type != NULL && value->type->kind == SDX_TENSOR &&
           value->type->dtype != SDX_STRING && value->type->dtype != SDX_UNDEFINED;
}

static sdx_status add_value(builder *b, const sdx_gvalue *origin, sdx_place place, uint32_t *out) {
    sdx_program *const p = b->program;
    if (p->n_values == b->cap_values)
        SDX_TRY(grow(b->temporary, (void **)&p->values, &b->cap_values, sizeof *p->values));
    p->values[p->n_values] = (sdx_pvalue){.origin = origin,
                                          .place = place,
                                          .root = p->n_values,
                                          .next_alias = SDX_NONE,
                                          .step = SDX_NONE,
                                          .last = SDX_NONE,
                                          .output = SDX_NONE,
                                          .claims = SDX_NONE,
                                          .dense = is_dense(origin)};
    if (place == SDX_PLACE_CONSTANT) p->values[p->n_values].constant = origin->constant;
    b->number[origin->id] = p->n_values;
    *out = p->n_values++;
    return NULL;
}

static sdx_status find_value(builder *b, const sdx_gvalue *value, uint32_t *out);

/* A value of a graph around: each program on the way captures it from the next. */
static sdx_status capture(builder *b, const sdx_gvalue *value, uint32_t *out) {
    if (b->outer == NULL)
        return sdx_fail(SDX_INTERNAL, "value '%.*s': found a use in a graph that cannot see it",
                        SDX_FMT(value->name));
    uint32_t outer;
    SDX_TRY(find_value(b->outer, value, &outer));
    SDX_TRY(add_value(b, value, SDX_PLACE_CAPTURE, out));
    if (b->program->n_captures == b->cap_captures)
        SDX_TRY(grow(b->temporary, (void **)&b->captures, &b->cap_captures, sizeof *b->captures));
    b->captures[b->program->n_captures++] = (sdx_capture){.value = *out, .outer = outer};
    return NULL;
}

static sdx_status find_value(builder *b, const sdx_gvalue *value, uint32_t *out) {
    *out = b->number[value->id];
    if (*out != SDX_NONE) return NULL;
    if (value->constant != NULL) return add_value(b, value, SDX_PLACE_CONSTANT, out);
    return capture(b, value, out);
}

static sdx_status take_list(builder *b, const void *list, size_t n, size_t element, void *out) {
    void *copy = NULL;
    if (n != 0) SDX_TRY(sdx_arena_copy(b->arena, list, n * element, &copy));
    memcpy(out, &copy, sizeof copy);
    return NULL;
}

static sdx_status add_inputs(builder *b) {
    const sdx_graph *const graph = b->program->graph;
    SDX_TRY(SDX_ARENA_NEW(b->arena, graph->n_inputs + 1, &b->program->inputs));
    b->program->n_inputs = (uint32_t)graph->n_inputs;
    for (size_t i = 0; i < graph->n_inputs; i++) {
        const sdx_gvalue *const value = graph->inputs[i];
        const sdx_place place = value->constant != NULL ? SDX_PLACE_CONSTANT : SDX_PLACE_INPUT;
        SDX_TRY(add_value(b, value, place, &b->program->inputs[i]));
    }
    return NULL;
}

static sdx_status build_graph(const sdx_graph *graph, builder *outer, sdx_packer *packer,
                              sdx_arena *arena, sdx_heap *temporary, sdx_program **out);

static sdx_status add_subgraphs(builder *b, sdx_step *step) {
    const sdx_node *const node = step->node;
    for (size_t i = 0; i < node->n_attrs; i++) {
        if (node->attrs[i].kind != SDX_ATTR_GRAPH) continue;
        if (step->graphs == NULL) SDX_TRY(SDX_ARENA_NEW(b->arena, node->n_attrs, &step->graphs));
        SDX_TRY(build_graph(node->attrs[i].graph, b, b->packer, b->arena, b->temporary,
                            &step->graphs[i]));
    }
    return NULL;
}

static bool is_typed(const sdx_type *type) {
    return type != NULL && (type->kind != SDX_TENSOR || type->dtype != SDX_UNDEFINED);
}

static sdx_status add_step(builder *b, const sdx_node *node, uint32_t index) {
    sdx_program *const p = b->program;
    sdx_step *const step = &p->steps[index];
    *step = (sdx_step){.node = node,
                       .op = node->op,
                       .n_in = (uint32_t)node->n_inputs,
                       .n_out = (uint32_t)node->n_outputs};
    SDX_TRY(SDX_ARENA_NEW(b->arena, node->n_inputs + node->n_outputs + 1, &step->in));
    step->out = step->in + node->n_inputs;
    for (size_t i = 0; i < node->n_inputs; i++) {
        step->in[i] = SDX_NONE;
        if (node->inputs[i] == NULL) continue;
        SDX_TRY(find_value(b, node->inputs[i], &step->in[i]));
        step->untyped = step->untyped || !is_typed(node->inputs[i]->type);
    }
    SDX_TRY(add_subgraphs(b, step)); /* before the outputs: an inner graph cannot see them */
    for (size_t k = 0; k < node->n_outputs; k++) {
        step->out[k] = SDX_NONE;
        if (node->outputs[k] == NULL) continue;
        SDX_TRY(add_value(b, node->outputs[k], SDX_PLACE_STEP, &step->out[k]));
        p->values[step->out[k]].step = index;
    }
    if (step->n_in > p->max_in) p->max_in = step->n_in;
    if (step->n_out > p->max_out) p->max_out = step->n_out;
    return NULL;
}

static bool has_output(const sdx_node *node) {
    for (size_t k = 0; k < node->n_outputs; k++) {
        if (node->outputs[k] != NULL) return true;
    }
    return false;
}

static sdx_status add_steps(builder *b) {
    sdx_program *const p = b->program;
    const sdx_graph *const graph = p->graph;
    SDX_TRY(SDX_ARENA_NEW(b->arena, graph->n_nodes + 1, &p->steps));
    for (const sdx_node *node = graph->first; node != NULL; node = node->next) {
        if (!has_output(node)) continue; /* nothing to compute */
        SDX_TRY(sdx_in_node(add_step(b, node, p->n_steps), node));
        p->n_steps++;
    }
    return NULL;
}

static sdx_status add_outputs(builder *b) {
    sdx_program *const p = b->program;
    SDX_TRY(SDX_ARENA_NEW(b->arena, p->graph->n_outputs + 1, &p->outputs));
    p->n_outputs = (uint32_t)p->graph->n_outputs;
    for (uint32_t i = 0; i < p->n_outputs; i++) {
        SDX_TRY(find_value(b, p->graph->outputs[i], &p->outputs[i]));
        sdx_pvalue *const value = &p->values[p->outputs[i]];
        if (value->output == SDX_NONE) value->output = i;
    }
    return NULL;
}

/* Whether the elements of all inputs follow from shapes alone, or the operator looks at shapes
 * only. */
static bool inputs_from_shapes(const sdx_program *p, const sdx_step *step) {
    bool any = false;
    for (uint32_t i = 0; i < step->n_in; i++) {
        if (step->in[i] == SDX_NONE) continue;
        const sdx_pvalue *const value = &p->values[step->in[i]];
        if (!value->shapes_only && value->place != SDX_PLACE_CONSTANT) return false;
        any = any || value->shapes_only;
    }
    return any;
}

static bool reads_shape_only(const sdx_step *step) {
    return step->op->domain[0] == 0 &&
           (strcmp(step->op->name, "Shape") == 0 || strcmp(step->op->name, "Size") == 0);
}

/* Large tensors made of shapes (masks, position tables) stay in the run: they belong in planned
 * memory. */
static bool outputs_are_small(const sdx_program *p, const sdx_step *step) {
    for (uint32_t k = 0; k < step->n_out; k++) {
        if (step->out[k] == SDX_NONE) continue;
        const sdx_pvalue *const value = &p->values[step->out[k]];
        if (!value->dense || value->origin->shape.rank < 0 || value->origin->shape.rank > 1)
            return false;
    }
    return true;
}

static void find_phases(sdx_program *p) {
    for (uint32_t s = 0; s < p->n_steps; s++) {
        sdx_step *const step = &p->steps[s];
        const unsigned flags = step->op->flags;
        if (flags & (SDX_OP_DATA_SHAPE | SDX_OP_VALUES | SDX_OP_RANDOM | SDX_OP_CONTROL)) continue;
        if (!reads_shape_only(step) && !inputs_from_shapes(p, step)) continue;
        if (!outputs_are_small(p, step)) continue;
        step->phase = SDX_PHASE_BIND;
        for (uint32_t k = 0; k < step->n_out; k++) {
            if (step->out[k] != SDX_NONE) p->values[step->out[k]].shapes_only = true;
        }
    }
}

static void find_aliases(sdx_program *p) {
    for (uint32_t s = 0; s < p->n_steps; s++) {
        sdx_step *const step = &p->steps[s];
        if (!(step->op->flags & SDX_OP_ALIAS) || step->n_in == 0 || step->n_out == 0) continue;
        if (step->in[0] == SDX_NONE || step->out[0] == SDX_NONE || step->phase == SDX_PHASE_BIND)
            continue;
        step->alias = true;
        sdx_pvalue *const value = &p->values[step->out[0]];
        value->root = p->values[step->in[0]].root;
        value->next_alias = p->values[value->root].next_alias;
        p->values[value->root].next_alias = step->out[0];
    }
}

static void reads(sdx_program *p, uint32_t value, uint32_t step) {
    sdx_pvalue *const root = &p->values[p->values[value].root];
    if (root->last == SDX_NONE || root->last < step) root->last = step;
}

static void find_reads(sdx_program *p) {
    for (uint32_t s = 0; s < p->n_steps; s++) {
        const sdx_step *const step = &p->steps[s];
        for (uint32_t i = 0; i < step->n_in; i++) {
            if (step->in[i] != SDX_NONE) reads(p, step->in[i], s);
        }
        for (uint32_t k = 0; k < step->n_out; k++) { /* what nobody reads dies where it is made */
            if (step->out[k] != SDX_NONE) reads(p, step->out[k], s);
        }
        for (size_t g = 0; step->graphs != NULL && g < step->node->n_attrs; g++) {
            const sdx_program *const inner = step->graphs[g];
            for (uint32_t c = 0; inner != NULL && c < inner->n_captures; c++) {
                reads(p, inner->captures[c].outer, s);
            }
        }
    }
    for (uint32_t i = 0; i < p->n_outputs; i++) {
        reads(p, p->outputs[i], p->n_steps);
    }
}

/* Memory of a group with an output in it is that output's memory. */
static void find_claims(sdx_program *p) {
    for (uint32_t i = 0; i < p->n_outputs; i++) {
        sdx_pvalue *const root = &p->values[p->values[p->outputs[i]].root];
        if (root->claims == SDX_NONE) root->claims = p->outputs[i];
    }
}

/* For each step the roots that die with it. */
static sdx_status list_deaths(builder *b) {
    sdx_program *const p = b->program;
    uint32_t *all;
    SDX_TRY(SDX_ARENA_NEW(b->arena, p->n_values + 1, &all));
    for (uint32_t v = 0; v < p->n_values; v++) {
        const sdx_pvalue *const value = &p->values[v];
        if (value->root == v && value->place == SDX_PLACE_STEP && value->last < p->n_steps)
            p->steps[value->last].n_dies++;
    }
    for (uint32_t s = 0; s < p->n_steps; s++) {
        p->steps[s].dies = all;
        all += p->steps[s].n_dies;
        p->steps[s].n_dies = 0;
    }
    for (uint32_t v = 0; v < p->n_values; v++) {
        const sdx_pvalue *const value = &p->values[v];
        if (value->root != v || value->place != SDX_PLACE_STEP || value->last >= p->n_steps)
            continue;
        sdx_step *const step = &p->steps[value->last];
        step->dies[step->n_dies++] = v;
    }
    return NULL;
}

static sdx_status fill(builder *b) {
    sdx_program *const p = b->program;
    for (size_t i = 0; i < b->n_ids; i++) {
        b->number[i] = SDX_NONE;
    }
    SDX_TRY(add_inputs(b));
    SDX_TRY(add_steps(b));
    SDX_TRY(add_outputs(b));
    find_phases(p);
    find_aliases(p);
    find_reads(p);
    find_claims(p);
    return list_deaths(b);
}

/* Lists grew in temporary memory; what is kept moves into the arena. */
static sdx_status keep(builder *b) {
    sdx_program *const p = b->program;
    sdx_pvalue *const values = p->values;
    SDX_TRY(take_list(b, values, p->n_values, sizeof *values, &p->values));
    sdx_heap_free(b->temporary, values, b->cap_values * sizeof *values);
    b->cap_values = 0;
    return take_list(b, b->captures, p->n_captures, sizeof *b->captures, &p->captures);
}

static sdx_status build_graph(const sdx_graph *graph, builder *outer, sdx_packer *packer,
                              sdx_arena *arena, sdx_heap *temporary, sdx_program **out) {
    builder b = {.packer = packer,
                 .arena = arena,
                 .temporary = temporary,
                 .outer = outer,
                 .n_ids = graph->ir->n_values};
    SDX_TRY(SDX_ARENA_NEW(arena, 1, &b.program));
    b.program->graph = graph;
    b.program->packer = packer;
    b.program->outer = outer != NULL ? outer->program : NULL;
    SDX_TRY(SDX_NEW_ARRAY(temporary, b.n_ids + 1, &b.number));
    sdx_status status = fill(&b);
    if (status == NULL) status = keep(&b);
    if (b.cap_values != 0)
        sdx_heap_free(temporary, b.program->values, b.cap_values * sizeof *b.program->values);
    sdx_heap_free(temporary, b.captures, b.cap_captures * sizeof *b.captures);
    sdx_heap_free(temporary, b.number, (b.n_ids + 1) * sizeof *b.number);
    if (status == NULL) *out = b.program;
    return status;
}

sdx_status sdx_program_build(const sdx_graph *graph, sdx_packer *packer, sdx_arena *arena,
                             sdx_heap *temporary, sdx_program **out) {
    return build_graph(graph, NULL, packer, arena, temporary, out);
}
