/* See partition.h. */
#include "plan/partition.h"

#include <string.h>

#include "plan/offer.h"

static const char declined[] = "the group was not compiled"; /* where memory for words is short */
static const char too_dear[] = "copies would cost more than the group gains";

sdx_part *sdx_partition_find(const sdx_partition *partition, const sdx_graph *graph) {
    for (sdx_part *part = partition->parts; part != NULL; part = part->next) {
        if (part->cpu->graph == graph) return part;
    }
    return NULL;
}

static sdx_status add_part(sdx_partition *partition, const sdx_program *cpu) {
    sdx_part *part;
    SDX_TRY(SDX_ARENA_NEW(partition->arena, 1, &part));
    part->partition = partition;
    part->cpu = cpu;
    SDX_TRY(SDX_ARENA_NEW(partition->arena, cpu->n_steps + 1, &part->group));
    SDX_TRY(SDX_ARENA_NEW(partition->arena, cpu->n_steps + 1, &part->because));
    part->next = partition->parts;
    partition->parts = part;
    for (uint32_t s = 0; s < cpu->n_steps; s++) {
        const sdx_step *const step = &cpu->steps[s];
        part->because[s] = sdx_step_bound_to_cpu(cpu, step);
        for (size_t g = 0; step->graphs != NULL && g < step->node->n_attrs; g++) {
            if (step->graphs[g] != NULL) SDX_TRY(add_part(partition, step->graphs[g]));
        }
    }
    return NULL;
}

/* ---- what goes in and out of a group */

typedef struct borders {
    const sdx_program *cpu;
    const uint32_t *cluster; /* by step */
    const bool *real;        /* by step: a provider claimed it */
    uint8_t *inside;         /* by value: read by another cluster, or by nobody but ... */
} borders;

enum { READ_OUTSIDE = 1, LISTED = 2 }; /* bits of `inside` */

static void note_read(borders *b, uint32_t value, uint32_t reader) {
    const uint32_t step = value != SDX_NONE ? b->cpu->values[value].step : SDX_NONE;
    if (step != SDX_NONE && (reader == SDX_NONE || b->cluster[step] != b->cluster[reader]))
        b->inside[value] |= READ_OUTSIDE;
}

static void find_reads(borders *b) {
    const sdx_program *const cpu = b->cpu;
    for (uint32_t s = 0; s < cpu->n_steps; s++) {
        const sdx_step *const step = &cpu->steps[s];
        for (uint32_t i = 0; i < step->n_in; i++) {
            note_read(b, step->in[i], s);
        }
        for (size_t g = 0; step->graphs != NULL && g < step->node->n_attrs; g++) {
            for (uint32_t c = 0; step->graphs[g] != NULL && c < step->graphs[g]->n_captures; c++) {
                note_read(b, step->graphs[g]->captures[c].outer, SDX_NONE);
            }
        }
    }
    for (uint32_t i = 0; i < cpu->n_outputs; i++) {
        note_read(b, cpu->outputs[i], SDX_NONE);
    }
}

/* Whether a step that the provider computes makes it, in this cluster. */
static bool made_there(const borders *b, uint32_t value, uint32_t cluster) {
    const uint32_t step = b->cpu->values[value].step;
    return step != SDX_NONE && b->cluster[step] == cluster && b->real[step];
}

static void add_input(borders *b, sdx_group *group, uint32_t value) {
    if (value == SDX_NONE || b->cpu->values[value].place == SDX_PLACE_CONSTANT) return;
    if (made_there(b, value, b->cluster[group->steps[0]]) || (b->inside[value] & LISTED)) return;
    b->inside[value] |= LISTED;
    group->inputs[group->n_inputs++] = value;
}

static void add_output(borders *b, sdx_group *group, uint32_t step, uint32_t value) {
    if (value == SDX_NONE || !(b->inside[value] & READ_OUTSIDE)) return;
    if (b->real[step])
        group->outputs[group->n_outputs++] = value;
    else
        group->exports[group->n_exports++] = value;
}

static sdx_status list_borders(borders *b, sdx_group *group, sdx_arena *arena) {
    size_t n_in = 0, n_out = 0;
    for (uint32_t i = 0; i < group->n_steps; i++) {
        n_in += b->cpu->steps[group->steps[i]].n_in;
        n_out += b->cpu->steps[group->steps[i]].n_out;
    }
    SDX_TRY(SDX_ARENA_NEW(arena, n_in + 1, &group->inputs));
    SDX_TRY(SDX_ARENA_NEW(arena, n_out + 1, &group->outputs));
    SDX_TRY(SDX_ARENA_NEW(arena, n_out + 1, &group->exports));
    for (uint32_t i = 0; i < group->n_steps; i++) {
        const sdx_step *const step = &b->cpu->steps[group->steps[i]];
        for (uint32_t k = 0; b->real[group->steps[i]] && k < step->n_in; k++) {
            add_input(b, group, step->in[k]);
        }
        for (uint32_t k = 0; k < step->n_out; k++) {
            add_output(b, group, group->steps[i], step->out[k]);
        }
    }
    for (uint32_t i = 0; i < group->n_inputs; i++) {
        b->inside[group->inputs[i]] &= (uint8_t)~LISTED;
    }
    return NULL;
}

/* ---- groups */

static sdx_status name_group(sdx_group *group) {
    const sdx_partition *const partition = group->part->partition;
    const sdx_ep *const ep = partition->targets[group->target].provider->ep;
    sdx_node *node;
    SDX_TRY(SDX_ARENA_NEW(partition->arena, 1, &node));
    SDX_TRY(
        sdx_arena_printf(partition->arena, &node->name, "%s#%u", ep->name, (unsigned)group->index));
    node->origin = node->name;
    node->op_type = SDX_STR("Group");
    node->domain = SDX_STR("sardonyx");
    node->version = 1;
    node->op = partition->ops->group;
    node->graph = (sdx_graph *)(uintptr_t)group->part->cpu->graph;
    node->id = node->graph->ir->n_nodes++;
    group->node = node;
    return NULL;
}

static sdx_status keep_group(sdx_partition *partition, sdx_group *group) {
    if (partition->n_groups == partition->cap_groups) {
        const uint32_t cap = partition->cap_groups * 2 + 16;
        sdx_group **groups;
        SDX_TRY(SDX_ARENA_NEW(partition->arena, cap, &groups));
        if (partition->n_groups != 0)
            memcpy(groups, partition->groups, partition->n_groups * sizeof(*groups));
        partition->groups = groups;
        partition->cap_groups = cap;
    }
    group->index = partition->n_groups;
    partition->groups[partition->n_groups++] = group;
    return name_group(group);
}

/* The steps of the cluster that `first` is in; nodes are those with a claim. */
static sdx_status make_group(sdx_part *part, const sdx_claims *claims, borders *b, uint32_t first,
                             sdx_group **out) {
    sdx_arena *const arena = part->partition->arena;
    const uint32_t n = part->cpu->n_steps, cluster = b->cluster[first];
    sdx_group *group;
    uint32_t n_steps = 0;
    for (uint32_t s = first; s < n; s++) {
        n_steps += b->cluster[s] == cluster;
    }
    SDX_TRY(SDX_ARENA_NEW(arena, 1, &group));
    SDX_TRY(SDX_ARENA_NEW(arena, n_steps, &group->steps));
    SDX_TRY(SDX_ARENA_NEW(arena, n_steps, &group->nodes));
    group->part = part;
    for (uint32_t s = first; s < n; s++) {
        if (b->cluster[s] != cluster) continue;
        group->steps[group->n_steps++] = s;
        if (!b->real[s]) continue;
        group->nodes[group->n_nodes++] = s;
        group->target = claims->sets[claims->set[s]].target;
    }
    SDX_TRY(list_borders(b, group, arena));
    *out = group;
    return NULL;
}

/* A step of its cluster that comes first, where a provider claimed any of them. */
static bool begins_group(const borders *b, uint32_t step, bool *has_real) {
    return b->cluster[step] == step && has_real[step];
}

static sdx_status make_groups(sdx_part *part, const sdx_claims *claims, borders *b,
                              bool *has_real) {
    for (uint32_t s = 0; s < part->cpu->n_steps; s++) {
        if (b->real[s]) has_real[b->cluster[s]] = true;
    }
    find_reads(b);
    for (uint32_t s = 0; s < part->cpu->n_steps; s++) {
        sdx_group *group;
        if (!begins_group(b, s, has_real)) continue;
        SDX_TRY(make_group(part, claims, b, s, &group));
        SDX_TRY(keep_group(part->partition, group));
        for (uint32_t i = 0; i < group->n_steps; i++) {
            part->group[group->steps[i]] = group;
        }
    }
    return NULL;
}

/* ---- what a group is worth */

static void drop(sdx_group *group, const char *because) {
    for (uint32_t i = 0; i < group->n_steps; i++) {
        group->part->group[group->steps[i]] = NULL;
    }
    for (uint32_t i = 0; i < group->n_nodes; i++) {
        group->part->because[group->nodes[i]] = because;
    }
    group->n_steps = 0;
}

/* Whether the device has it already: a group for the same device makes it. */
static bool is_there(const sdx_group *group, uint32_t value) {
    const uint32_t step = group->part->cpu->values[value].step;
    const sdx_group *const maker = step != SDX_NONE ? group->part->group[step] : NULL;
    return maker != NULL && maker->target == group->target;
}

static bool stays_there(const sdx_group *group, uint32_t value) {
    const sdx_program *const cpu = group->part->cpu;
    const sdx_gvalue *const origin = cpu->values[value].origin;
    if (cpu->values[value].output != SDX_NONE) return false;
    for (uint32_t s = cpu->values[value].step; s < cpu->n_steps; s++) {
        const sdx_group *const reader = group->part->group[s];
        if (reader != NULL && reader->target == group->target) continue;
        for (uint32_t i = 0; i < cpu->steps[s].n_in; i++) {
            if (cpu->steps[s].in[i] == value) return false;
        }
    }
    for (size_t i = 0; i < origin->n_users; i++) {
        if (origin->users[i]->graph != cpu->graph) return false;
    }
    return true;
}

static void estimate(sdx_group *group, double speedup) {
    const sdx_program *const cpu = group->part->cpu;
    const sdx_target *const target = &group->part->partition->targets[group->target];
    const sdx_ep_device *const device = &target->provider->devices[target->device];
    sdx_estimate e = {0};
    for (uint32_t i = 0; i < group->n_nodes; i++) {
        e.cpu_ns += sdx_step_estimate(&cpu->steps[group->nodes[i]]).ns;
    }
    e.device_ns = device->launch_ns + e.cpu_ns / speedup;
    for (uint32_t i = 0; i < group->n_inputs; i++) {
        const sdx_pvalue *const value = &cpu->values[group->inputs[i]];
        if (value->shapes_only || is_there(group, group->inputs[i])) continue;
        e.in_bytes += sdx_value_bytes(value->origin);
        e.copy_ns += device->copy_ns + sdx_value_bytes(value->origin) / device->in_bytes_ns;
    }
    for (uint32_t k = 0; k < group->n_outputs; k++) {
        const sdx_pvalue *const value = &cpu->values[group->outputs[k]];
        if (stays_there(group, group->outputs[k])) continue;
        e.out_bytes += sdx_value_bytes(value->origin);
        e.copy_ns += device->copy_ns + sdx_value_bytes(value->origin) / device->out_bytes_ns;
    }
    group->estimate = e;
}

/* Groups that do not pay, until those that are left do: a neighbour's end makes copies. */
static void weigh(sdx_part *part, const sdx_claims *claims, uint32_t first) {
    const sdx_partition *const partition = part->partition;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t g = first; g < partition->n_groups; g++) {
            sdx_group *const group = partition->groups[g];
            if (group->n_steps == 0) continue;
            const sdx_claim *const claim = &claims->sets[claims->set[group->nodes[0]]];
            estimate(group, claim->speedup);
            if (claim->always ||
                group->estimate.cpu_ns > group->estimate.device_ns + group->estimate.copy_ns)
                continue;
            drop(group, too_dear);
            changed = true;
        }
    }
}

/* ---- compiling */

static sdx_status compile(sdx_group *group, sdx_ep_graph *graph) {
    const sdx_partition *const partition = group->part->partition;
    const sdx_target *const target = &partition->targets[group->target];
    const sdx_ep_group what = {.graph = graph,
                               .nodes = group->nodes,
                               .n_nodes = group->n_nodes,
                               .inputs = group->inputs,
                               .n_inputs = group->n_inputs,
                               .outputs = group->outputs,
                               .n_outputs = group->n_outputs};
    sdx_ep_why why = {{0}};
    const sdx_ep *const ep = target->provider->ep;
    const int code = ep->compile(ep->self, target->device, &what, &group->compiled, &why);
    if (code != SDX_EP_OK) group->compiled = NULL;
    sdx_status status = sdx_provider_check(target->provider, "compile", code, &why);
    if (sdx_status_code(status) != SDX_UNSUPPORTED) return status;
    sdx_str text;
    sdx_log(partition->logger, SDX_LOG_WARN, "group '%.*s' runs on the CPU: %s",
            SDX_FMT(group->node->name), sdx_status_text(status));
    const sdx_status copied =
        sdx_arena_printf(partition->arena, &text, "%.600s", sdx_status_text(status));
    sdx_status_free(status);
    drop(group, copied == NULL ? text.ptr : declined);
    return copied;
}

static sdx_status compile_groups(sdx_part *part, uint32_t first, sdx_arena *temporary) {
    const sdx_partition *const partition = part->partition;
    for (uint32_t g = first; g < partition->n_groups; g++) {
        sdx_group *const group = partition->groups[g];
        sdx_ep_graph graph = {.part = part, .arena = temporary, .heap = partition->heap};
        graph.target = group->target;
        if (group->n_steps != 0) SDX_TRY(compile(group, &graph));
    }
    return NULL;
}

/* Groups that are left get their numbers. */
static void sweep(sdx_partition *partition, uint32_t first) {
    uint32_t n = first;
    for (uint32_t g = first; g < partition->n_groups; g++) {
        sdx_group *const group = partition->groups[g];
        if (group->n_steps == 0) continue;
        group->index = n;
        partition->groups[n++] = group;
    }
    partition->n_groups = n;
}

/* ---- a graph */

static sdx_status ask(sdx_part *part, sdx_claims *claims, sdx_arena *temporary) {
    const sdx_partition *const partition = part->partition;
    for (uint32_t t = 0; t < partition->n_targets; t++) {
        const sdx_target *const target = &partition->targets[t];
        const sdx_ep *const ep = target->provider->ep;
        sdx_ep_graph graph = {.part = part,
                              .arena = temporary,
                              .heap = partition->heap,
                              .claims = claims,
                              .target = t};
        sdx_ep_why why = {{0}};
        const int code = ep->claim(ep->self, target->device, &graph, &why);
        SDX_TRY(sdx_provider_check(target->provider, "claim", code, &why));
    }
    return NULL;
}

static sdx_status cut(sdx_part *part, sdx_claims *claims, uint32_t *cluster, bool *real,
                      uint8_t *inside, sdx_arena *temporary) {
    sdx_partition *const partition = part->partition;
    const uint32_t n = part->cpu->n_steps, first = partition->n_groups;
    borders b = {.cpu = part->cpu, .cluster = cluster, .real = real, .inside = inside};
    for (uint32_t s = 0; s < n; s++) {
        claims->set[s] = SDX_NONE;
    }
    SDX_TRY(ask(part, claims, temporary));
    SDX_TRY(sdx_groups_find(part->cpu, claims->set, partition->heap, cluster));
    for (uint32_t s = 0; s < n; s++) {
        real[s] = claims->set[s] != SDX_NONE;
    }
    SDX_TRY(make_groups(part, claims, &b, real + n + 1));
    weigh(part, claims, first);
    const sdx_status status = compile_groups(part, first, temporary);
    sweep(partition, first);
    return status;
}

static sdx_status share_out(sdx_part *part) {
    sdx_heap *const heap = part->partition->heap;
    const size_t n = (size_t)part->cpu->n_steps + 1, n_values = (size_t)part->cpu->n_values + 1;
    sdx_claims claims = {0};
    sdx_arena temporary;
    uint32_t *cluster = NULL;
    bool *real = NULL;
    uint8_t *inside = NULL;
    sdx_arena_init(&temporary, heap);
    sdx_status status = SDX_NEW_ARRAY(heap, n, &claims.set);
    if (status == NULL) status = SDX_NEW_ARRAY(heap, n, &cluster);
    if (status == NULL) status = SDX_NEW_ARRAY(heap, 2 * n, &real);
    if (status == NULL) status = SDX_NEW_ARRAY(heap, n_values, &inside);
    if (status == NULL) status = cut(part, &claims, cluster, real, inside, &temporary);
    sdx_heap_free(heap, inside, n_values * sizeof *inside);
    sdx_heap_free(heap, real, 2 * n * sizeof *real);
    sdx_heap_free(heap, cluster, n * sizeof *cluster);
    sdx_heap_free(heap, claims.set, n * sizeof *claims.set);
    sdx_heap_free(heap, claims.sets, claims.cap_sets * sizeof *claims.sets);
    sdx_arena_deinit(&temporary);
    return status;
}

/* ---- all of them */

/* Whether a node that nobody computes but the CPU is one too many. */
static bool should_be_elsewhere(const sdx_part *part, uint32_t step) {
    const sdx_step *const s = &part->cpu->steps[step];
    return part->group[step] == NULL && s->phase != SDX_PHASE_BIND &&
           !(s->op->flags & SDX_OP_CONTROL);
}

static sdx_status check_all_placed(const sdx_partition *partition) {
    enum { MOST = 20 }; /* that are listed */
    sdx_buf text;
    size_t n = 0;
    sdx_buf_init(&text, partition->heap, 1 << 16);
    sdx_status status = NULL;
    for (const sdx_part *part = partition->parts; part != NULL; part = part->next) {
        for (uint32_t s = 0; status == NULL && s < part->cpu->n_steps; s++) {
            const sdx_node *const node = part->cpu->steps[s].node;
            if (!should_be_elsewhere(part, s) || ++n > MOST) continue;
            status = sdx_buf_printf(&text, "%s'%.*s' (%.*s: %s)", n > 1 ? ", " : "",
                                    SDX_FMT(node->name), SDX_FMT(node->op_type),
                                    part->because[s] != NULL ? part->because[s] : "not claimed");
        }
    }
    if (status == NULL && n > 0)
        status = sdx_fail(SDX_UNSUPPORTED,
                          "require_provider: %zu nodes run on the CPU: %.*s%s; leave the option "
                          "out, or name a provider that takes them",
                          n, (int)text.size, text.ptr, n > MOST ? ", ..." : "");
    sdx_buf_deinit(&text);
    return status;
}

sdx_status sdx_partition_make(sdx_partition *partition, const sdx_program *cpu, bool require) {
    SDX_TRY(add_part(partition, cpu));
    for (sdx_part *part = partition->parts; part != NULL; part = part->next) {
        SDX_TRY(share_out(part));
    }
    for (sdx_part *part = partition->parts; part != NULL; part = part->next) {
        SDX_TRY(sdx_part_order(part));
    }
    return require ? check_all_placed(partition) : NULL;
}

void sdx_partition_end(sdx_partition *partition) {
    for (uint32_t g = 0; g < partition->n_groups; g++) {
        sdx_group *const group = partition->groups[g];
        const sdx_ep *const ep = partition->targets[group->target].provider->ep;
        if (group->compiled != NULL) ep->release(ep->self, group->compiled);
        group->compiled = NULL;
    }
}
