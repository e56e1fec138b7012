/* Steps for groups of providers, and for what goes over the borders: copies and waits.
 *
 * A group's inputs are copied to its device where they are first needed there; what leaves it is
 * copied to the host at once, but the host waits for that only before the first step that reads it.
 * All of this stands in the program, so that nothing has to be decided in a run. */
#include <string.h>

#include "plan/build.h"

/* ---- what leaves a device */

static void leave(sdx_builder *b, uint32_t value, const sdx_group *reader) {
    const sdx_pvalue *const values = b->part->cpu->values;
    const uint32_t step = value != SDX_NONE ? values[value].step : SDX_NONE;
    const sdx_group *const maker = step != SDX_NONE ? b->part->group[step] : NULL;
    if (maker != NULL && (reader == NULL || reader->target != maker->target))
        b->leaves[values[value].origin->id] = true;
}

sdx_status sdx_build_leaves(sdx_builder *b) {
    const sdx_program *const cpu = b->part->cpu;
    for (uint32_t s = 0; s < cpu->n_steps; s++) {
        const sdx_step *const step = &cpu->steps[s];
        for (uint32_t i = 0; i < step->n_in; i++) {
            leave(b, step->in[i], b->part->group[s]);
        }
        for (size_t g = 0; step->graphs != NULL && g < step->node->n_attrs; g++) {
            for (uint32_t c = 0; step->graphs[g] != NULL && c < step->graphs[g]->n_captures; c++) {
                leave(b, step->graphs[g]->captures[c].outer, NULL);
            }
        }
    }
    for (uint32_t i = 0; i < cpu->n_outputs; i++) {
        leave(b, cpu->outputs[i], NULL);
    }
    return NULL;
}

/* ---- copies and waits */

static const char *provider_name(const sdx_builder *b, uint32_t target) {
    return b->partition->targets[target].provider->ep->name;
}

/* A node that stands for such a step in errors and profiles. */
static sdx_status add_node(sdx_builder *b, const char *type, const sdx_op *op, sdx_str name,
                           const sdx_node **out) {
    sdx_node *node;
    SDX_TRY(SDX_ARENA_NEW(b->arena, 1, &node));
    node->name = node->origin = name;
    node->op_type = sdx_str_from(type);
    node->domain = SDX_STR("sardonyx");
    node->version = 1;
    node->op = op;
    node->graph = (sdx_graph *)(uintptr_t)b->program->graph;
    node->id = node->graph->ir->n_nodes++;
    *out = node;
    return NULL;
}

static sdx_status add_copy(sdx_builder *b, const sdx_gvalue *value, uint32_t from, uint32_t space,
                           uint32_t target, uint32_t *out) {
    const sdx_node *node;
    sdx_step *step;
    sdx_str name;
    SDX_TRY(sdx_arena_printf(b->arena, &name, "%.*s %s %s", SDX_FMT(value->name),
                             space != 0 ? "to" : "from", provider_name(b, target)));
    SDX_TRY(add_node(b, "Copy", b->partition->ops->copy, name, &node));
    SDX_TRY(sdx_build_append(b, node, SDX_STEP_COPY, 1, 1, &step));
    step->target = target;
    step->in[0] = from;
    SDX_TRY(sdx_build_value(b, value, SDX_PLACE_STEP, space, out));
    step->out[0] = *out;
    b->program->values[*out].step = b->program->n_steps - 1;
    return NULL;
}

static sdx_status add_wait(sdx_builder *b, uint32_t target, uint32_t copy) {
    const sdx_node *node;
    sdx_step *step;
    sdx_str name;
    SDX_TRY(sdx_arena_printf(b->arena, &name, "wait for %s", provider_name(b, target)));
    SDX_TRY(add_node(b, "Wait", b->partition->ops->wait, name, &node));
    SDX_TRY(sdx_build_append(b, node, SDX_STEP_WAIT, 0, 0, &step));
    step->target = target;
    step->await = copy;
    b->awaited[target] = copy;
    return NULL;
}

/* Whether the copy that brings a value to the host may still be on its way. */
static bool is_on_its_way(const sdx_builder *b, uint32_t target, uint32_t copy) {
    return copy != SDX_NONE && (b->awaited[target] == SDX_NONE || copy > b->awaited[target]);
}

static sdx_status await_value(sdx_builder *b, const sdx_gvalue *value) {
    const uint32_t copy = b->copied[value->id];
    if (copy == SDX_NONE) return NULL;
    const uint32_t target = b->program->steps[copy].target;
    return is_on_its_way(b, target, copy) ? add_wait(b, target, copy) : NULL;
}

sdx_status sdx_build_waits(sdx_builder *b, const sdx_step *cpu_step) {
    const sdx_program *const cpu = b->part->cpu;
    for (uint32_t i = 0; i < cpu_step->n_in; i++) {
        if (cpu_step->in[i] != SDX_NONE)
            SDX_TRY(await_value(b, cpu->values[cpu_step->in[i]].origin));
    }
    for (size_t g = 0; cpu_step->graphs != NULL && g < cpu_step->node->n_attrs; g++) {
        const sdx_program *const inner = cpu_step->graphs[g];
        for (uint32_t c = 0; inner != NULL && c < inner->n_captures; c++) {
            SDX_TRY(await_value(b, cpu->values[inner->captures[c].outer].origin));
        }
    }
    return NULL;
}

sdx_status sdx_build_last_waits(sdx_builder *b) {
    bool used[256] = {false};
    for (uint32_t s = 0; s < b->program->n_steps; s++) {
        const sdx_step *const step = &b->program->steps[s];
        if (step->kind != SDX_STEP_NODE) used[step->target] = true;
    }
    for (uint32_t t = 0; t < b->partition->n_targets; t++) {
        if (used[t]) SDX_TRY(add_wait(b, t, SDX_NONE));
    }
    return NULL;
}

/* ---- groups */

sdx_status sdx_build_bring(sdx_builder *b, const sdx_gvalue *value, uint32_t space, uint32_t *out) {
    *out = *sdx_build_number(b, space, value);
    if (*out != SDX_NONE) return NULL;
    uint32_t host;
    SDX_TRY(sdx_build_find(b, value, &host));
    *out = host;
    if (b->program->values[host].shapes_only) return NULL; /* stays on the host */
    SDX_TRY(await_value(b, value));                        /* it comes from another device */
    return add_copy(b, value, host, space, space - 1, out);
}

/* The provider's inputs as values of the inner program. */
static sdx_status list_inputs(sdx_builder *b, sdx_group *group) {
    const sdx_pvalue *const cpu_values = group->part->cpu->values;
    SDX_TRY(SDX_ARENA_NEW(b->arena, group->n_inputs + 1, &group->inner_inputs));
    for (uint32_t i = 0; i < group->n_inputs; i++) {
        const sdx_gvalue *const origin = cpu_values[group->inputs[i]].origin;
        uint32_t v = 0;
        while (v < group->inner->n_values && group->inner->values[v].origin != origin) {
            v++;
        }
        if (v == group->inner->n_values)
            return sdx_fail(SDX_INTERNAL, "input '%.*s' is not in its own program",
                            SDX_FMT(origin->name));
        group->inner_inputs[i] = v;
    }
    return NULL;
}

static sdx_status add_results(sdx_builder *b, const sdx_group *group, sdx_step *step) {
    const uint32_t index = b->program->n_steps - 1;
    const sdx_pvalue *const cpu_values = group->part->cpu->values;
    for (uint32_t k = 0; k < step->n_out; k++) {
        const bool exported = k >= group->n_outputs;
        const sdx_gvalue *const origin =
            cpu_values[exported ? group->exports[k - group->n_outputs] : group->outputs[k]].origin;
        SDX_TRY(sdx_build_value(b, origin, SDX_PLACE_STEP, exported ? 0 : group->target + 1,
                                &step->out[k]));
        b->program->values[step->out[k]].step = index;
        b->program->values[step->out[k]].shapes_only = exported;
    }
    return NULL;
}

sdx_status sdx_build_group(sdx_builder *b, sdx_group *group) {
    const sdx_pvalue *const cpu_values = group->part->cpu->values;
    sdx_step *step;
    SDX_TRY(sdx_build_inner(b, group, &group->inner));
    SDX_TRY(list_inputs(b, group));
    const sdx_program *const inner = group->inner;
    SDX_TRY(sdx_build_append(b, group->node, SDX_STEP_GROUP, inner->n_captures,
                             group->n_outputs + group->n_exports, &step));
    step->group = group;
    step->target = group->target;
    for (uint32_t c = 0; c < inner->n_captures; c++) {
        step->in[c] = inner->captures[c].outer;
    }
    SDX_TRY(add_results(b, group, step));
    for (uint32_t k = 0; k < group->n_outputs; k++) {
        const sdx_gvalue *const origin = cpu_values[group->outputs[k]].origin;
        const uint32_t device = *sdx_build_number(b, group->target + 1, origin);
        uint32_t host;
        if (!b->leaves[origin->id]) continue;
        SDX_TRY(add_copy(b, origin, device, 0, group->target, &host));
        b->copied[origin->id] = b->program->n_steps - 1;
    }
    return NULL;
}

/* ---- lifetimes */

/* The first step after `step` at which all that is in the stream so far is done. */
static uint32_t done_by(const sdx_program *p, uint32_t step) {
    const uint32_t target = p->steps[step].target;
    for (uint32_t s = step + 1; s < p->n_steps; s++) {
        const sdx_step *const wait = &p->steps[s];
        if (wait->kind == SDX_STEP_WAIT && wait->target == target &&
            (wait->await == SDX_NONE || wait->await > step))
            return s;
    }
    return p->n_steps - 1;
}

void sdx_build_hold(sdx_program *p) {
    for (uint32_t s = 0; s < p->n_steps; s++) {
        const sdx_step *const step = &p->steps[s];
        const bool foreign = step->kind != SDX_STEP_NODE;
        const uint32_t end = foreign && step->n_in != 0 ? done_by(p, s) : 0;
        for (uint32_t i = 0; i < step->n_in; i++) {
            if (step->in[i] == SDX_NONE) continue;
            sdx_pvalue *const value = &p->values[step->in[i]];
            sdx_pvalue *const root = &p->values[value->root];
            if (step->kind != SDX_STEP_COPY) value->on_host = root->on_host = true;
            if (foreign && root->space == 0 && root->last < end) root->last = end;
        }
        for (size_t g = 0; step->graphs != NULL && g < step->node->n_attrs; g++) {
            for (uint32_t c = 0; step->graphs[g] != NULL && c < step->graphs[g]->n_captures; c++) {
                p->values[step->graphs[g]->captures[c].outer].on_host = true;
            }
        }
    }
}
