/* See program.h. One pass numbers values and steps; one pass backwards and forwards finds
 * lifetimes. */
#include "plan/program.h"

#include <string.h>

#include "plan/build.h"

typedef sdx_builder builder;

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

sdx_status sdx_build_value(builder *b, const sdx_gvalue *origin, sdx_place place, uint32_t space,
                           uint32_t *out) {
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
                                          .space = (uint8_t)space,
                                          .dense = is_dense(origin)};
    if (place == SDX_PLACE_CONSTANT) p->values[p->n_values].constant = origin->constant;
    *sdx_build_number(b, space, origin) = p->n_values;
    *out = p->n_values++;
    return NULL;
}

sdx_status sdx_build_capture(builder *b, const sdx_gvalue *value, uint32_t outer, uint32_t *out) {
    SDX_TRY(sdx_build_value(b, value, SDX_PLACE_CAPTURE, 0, out));
    if (b->program->n_captures == b->cap_captures)
        SDX_TRY(grow(b->temporary, (void **)&b->captures, &b->cap_captures, sizeof *b->captures));
    b->captures[b->program->n_captures++] = (sdx_capture){.value = *out, .outer = outer};
    return NULL;
}

/* A value of a graph around: each program on the way captures it from the next. */
static sdx_status capture(builder *b, const sdx_gvalue *value, uint32_t *out) {
    uint32_t outer;
    if (b->outer == NULL)
        return sdx_fail(SDX_INTERNAL, "value '%.*s': found a use in a graph that cannot see it",
                        SDX_FMT(value->name));
    if (b->group == NULL) {
        SDX_TRY(sdx_build_find(b->outer, value, &outer));
        return sdx_build_capture(b, value, outer, out);
    }
    SDX_TRY(sdx_build_bring(b->outer, value, b->group->target + 1, &outer));
    SDX_TRY(sdx_build_capture(b, value, outer, out));
    b->program->values[*out].shapes_only = b->outer->program->values[outer].shapes_only;
    return NULL;
}

sdx_status sdx_build_find(builder *b, const sdx_gvalue *value, uint32_t *out) {
    *out = *sdx_build_number(b, 0, value);
    if (*out != SDX_NONE) return NULL;
    if (value->constant != NULL) return sdx_build_value(b, value, SDX_PLACE_CONSTANT, 0, out);
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
        SDX_TRY(sdx_build_value(b, value, place, 0, &b->program->inputs[i]));
    }
    return NULL;
}

static sdx_status build_graph(const sdx_graph *graph, const builder *like, builder *outer,
                              sdx_group *group, sdx_program **out);

static sdx_status add_subgraphs(builder *b, sdx_step *step) {
    const sdx_node *const node = step->node;
    for (size_t i = 0; i < node->n_attrs; i++) {
        if (node->attrs[i].kind != SDX_ATTR_GRAPH) continue;
        if (step->graphs == NULL) SDX_TRY(SDX_ARENA_NEW(b->arena, node->n_attrs, &step->graphs));
        SDX_TRY(build_graph(node->attrs[i].graph, b, b, NULL, &step->graphs[i]));
    }
    return NULL;
}

static bool is_typed(const sdx_type *type) {
    return type != NULL && (type->kind != SDX_TENSOR || type->dtype != SDX_UNDEFINED);
}

sdx_status sdx_build_append(builder *b, const sdx_node *node, sdx_step_kind kind, uint32_t n_in,
                            uint32_t n_out, sdx_step **out) {
    sdx_program *const p = b->program;
    if (p->n_steps == b->cap_steps)
        SDX_TRY(grow(b->temporary, (void **)&p->steps, &b->cap_steps, sizeof *p->steps));
    sdx_step *const step = &p->steps[p->n_steps];
    *step = (sdx_step){.node = node, .op = node->op, .n_in = n_in, .n_out = n_out, .kind = kind};
    SDX_TRY(SDX_ARENA_NEW(b->arena, (size_t)n_in + n_out + 1, &step->in));
    step->out = step->in + n_in;
    if (n_in > p->max_in) p->max_in = n_in;
    if (n_out > p->max_out) p->max_out = n_out;
    p->n_steps++;
    *out = step;
    return NULL;
}

static void find_phase(sdx_program *p, sdx_step *step);

static sdx_status add_step(builder *b, const sdx_node *node) {
    sdx_program *const p = b->program;
    sdx_step *step;
    SDX_TRY(sdx_build_append(b, node, SDX_STEP_NODE, (uint32_t)node->n_inputs,
                             (uint32_t)node->n_outputs, &step));
    for (size_t i = 0; i < node->n_inputs; i++) {
        step->in[i] = SDX_NONE;
        if (node->inputs[i] == NULL) continue;
        SDX_TRY(sdx_build_find(b, node->inputs[i], &step->in[i]));
        step->untyped = step->untyped || !is_typed(node->inputs[i]->type);
    }
    SDX_TRY(add_subgraphs(b, step)); /* before the outputs: an inner graph cannot see them */
    for (size_t k = 0; k < node->n_outputs; k++) {
        step->out[k] = SDX_NONE;
        if (node->outputs[k] == NULL) continue;
        SDX_TRY(sdx_build_value(b, node->outputs[k], SDX_PLACE_STEP, 0, &step->out[k]));
        p->values[step->out[k]].step = p->n_steps - 1;
    }
    find_phase(p, step);
    return NULL;
}

static bool has_output(const sdx_node *node) {
    for (size_t k = 0; k < node->n_outputs; k++) {
        if (node->outputs[k] != NULL) return true;
    }
    return false;
}

static sdx_status add_all(builder *b) {
    const sdx_graph *const graph = b->program->graph;
    for (const sdx_node *node = graph->first; node != NULL; node = node->next) {
        if (!has_output(node)) continue; /* nothing to compute */
        SDX_TRY(sdx_in_node(add_step(b, node), node));
    }
    return NULL;
}

static sdx_status add_turns(builder *b) {
    const sdx_part *const part = b->part;
    SDX_TRY(sdx_build_leaves(b));
    for (uint32_t t = 0; t < part->n_turns; t++) {
        const sdx_turn *const turn = &part->turns[t];
        if (turn->group != NULL) {
            SDX_TRY(sdx_in_node(sdx_build_group(b, turn->group), turn->group->node));
            continue;
        }
        const sdx_step *const step = &part->cpu->steps[turn->step];
        SDX_TRY(sdx_build_waits(b, step));
        SDX_TRY(sdx_in_node(add_step(b, step->node), step->node));
    }
    return sdx_build_last_waits(b);
}

static sdx_status add_members(builder *b) {
    const sdx_group *const group = b->group;
    for (uint32_t i = 0; i < group->n_steps; i++) {
        const sdx_node *const node = group->part->cpu->steps[group->steps[i]].node;
        SDX_TRY(sdx_in_node(add_step(b, node), node));
    }
    return NULL;
}

static sdx_status add_output(builder *b, const sdx_gvalue *output) {
    sdx_program *const p = b->program;
    const uint32_t i = p->n_outputs;
    SDX_TRY(sdx_build_find(b, output, &p->outputs[i]));
    sdx_pvalue *const value = &p->values[p->outputs[i]];
    if (value->output == SDX_NONE) value->output = i;
    p->n_outputs++;
    return NULL;
}

static sdx_status add_outputs(builder *b) {
    const sdx_graph *const graph = b->program->graph;
    SDX_TRY(SDX_ARENA_NEW(b->arena, graph->n_outputs + 1, &b->program->outputs));
    for (size_t i = 0; i < graph->n_outputs; i++) {
        SDX_TRY(add_output(b, graph->outputs[i]));
    }
    return NULL;
}

/* Of a group: what others read of it. */
static sdx_status add_results(builder *b) {
    const sdx_group *const group = b->group;
    const sdx_pvalue *const values = group->part->cpu->values;
    SDX_TRY(SDX_ARENA_NEW(b->arena, (size_t)group->n_outputs + group->n_exports + 1,
                          &b->program->outputs));
    for (uint32_t k = 0; k < group->n_outputs; k++) {
        SDX_TRY(add_output(b, values[group->outputs[k]].origin));
    }
    for (uint32_t k = 0; k < group->n_exports; k++) {
        SDX_TRY(add_output(b, values[group->exports[k]].origin));
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

static void find_phase(sdx_program *p, sdx_step *step) {
    const unsigned flags = step->op->flags;
    if (flags & (SDX_OP_DATA_SHAPE | SDX_OP_VALUES | SDX_OP_RANDOM | SDX_OP_CONTROL)) return;
    if (!reads_shape_only(step) && !inputs_from_shapes(p, step)) return;
    if (!outputs_are_small(p, step)) return;
    step->phase = SDX_PHASE_BIND;
    for (uint32_t k = 0; k < step->n_out; k++) {
        if (step->out[k] != SDX_NONE) p->values[step->out[k]].shapes_only = true;
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
    if (b->group != NULL) {
        SDX_TRY(add_members(b));
        SDX_TRY(add_results(b));
    } else {
        SDX_TRY(add_inputs(b));
        SDX_TRY(b->part != NULL ? add_turns(b) : add_all(b));
        SDX_TRY(add_outputs(b));
    }
    find_aliases(p);
    find_reads(p);
    if (p->n_spaces > 1) sdx_build_hold(p);
    find_claims(p);
    return list_deaths(b);
}

/* Lists grew in temporary memory; what is kept moves into the arena. */
static sdx_status keep(builder *b) {
    sdx_program *const p = b->program;
    sdx_pvalue *const values = p->values;
    sdx_step *const steps = p->steps;
    SDX_TRY(take_list(b, values, p->n_values, sizeof *values, &p->values));
    sdx_heap_free(b->temporary, values, b->cap_values * sizeof *values);
    b->cap_values = 0;
    SDX_TRY(take_list(b, steps, p->n_steps, sizeof *steps, &p->steps));
    sdx_heap_free(b->temporary, steps, b->cap_steps * sizeof *steps);
    b->cap_steps = 0;
    return take_list(b, b->captures, p->n_captures, sizeof *b->captures, &p->captures);
}

/* Tables of a builder: all SDX_NONE. */
static sdx_status get_tables(builder *b, size_t *n) {
    const size_t n_targets = b->n_spaces - 1;
    *n = (b->n_spaces + 1) * b->n_ids + n_targets + 1;
    SDX_TRY(SDX_NEW_ARRAY(b->temporary, *n, &b->number));
    for (size_t i = 0; i < *n; i++) {
        b->number[i] = SDX_NONE;
    }
    b->copied = b->number + b->n_spaces * b->n_ids;
    b->awaited = b->copied + b->n_ids;
    return b->part != NULL ? SDX_NEW_ARRAY(b->temporary, b->n_ids + 1, &b->leaves) : NULL;
}

static bool has_groups(const sdx_part *part) {
    for (uint32_t t = 0; part != NULL && t < part->n_turns; t++) {
        if (part->turns[t].group != NULL) return true;
    }
    return false;
}

static sdx_status build_graph(const sdx_graph *graph, const builder *like, builder *outer,
                              sdx_group *group, sdx_program **out) {
    builder b = {.packer = like->packer,
                 .arena = like->arena,
                 .temporary = like->temporary,
                 .partition = like->partition,
                 .outer = outer,
                 .group = group,
                 .n_spaces = 1,
                 .n_ids = graph->ir->n_values};
    if (b.partition != NULL && group == NULL) b.part = sdx_partition_find(b.partition, graph);
    if (!has_groups(b.part)) b.part = NULL;
    if (b.part != NULL) b.n_spaces = b.partition->n_targets + 1;
    SDX_TRY(SDX_ARENA_NEW(b.arena, 1, &b.program));
    b.program->graph = graph;
    b.program->packer = b.packer;
    b.program->outer = outer != NULL ? outer->program : NULL;
    b.program->n_spaces = b.n_spaces;
    size_t n_tables = 0;
    sdx_status status = get_tables(&b, &n_tables);
    if (status == NULL) status = fill(&b);
    if (status == NULL) status = keep(&b);
    sdx_heap_free(b.temporary, b.leaves, (b.n_ids + 1) * sizeof *b.leaves);
    if (b.cap_values != 0)
        sdx_heap_free(b.temporary, b.program->values, b.cap_values * sizeof *b.program->values);
    if (b.cap_steps != 0)
        sdx_heap_free(b.temporary, b.program->steps, b.cap_steps * sizeof *b.program->steps);
    sdx_heap_free(b.temporary, b.captures, b.cap_captures * sizeof *b.captures);
    sdx_heap_free(b.temporary, b.number, n_tables * sizeof *b.number);
    if (status == NULL) *out = b.program;
    return status;
}

sdx_status sdx_build_inner(builder *outer, sdx_group *group, sdx_program **out) {
    return build_graph(group->part->cpu->graph, outer, outer, group, out);
}

sdx_status sdx_program_build(const sdx_graph *graph, const struct sdx_partition *partition,
                             sdx_packer *packer, sdx_arena *arena, sdx_heap *temporary,
                             sdx_program **out) {
    const builder like = {
        .packer = packer, .arena = arena, .temporary = temporary, .partition = partition};
    return build_graph(graph, &like, NULL, NULL, out);
}
