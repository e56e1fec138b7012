/* See offer.h. */
#include "plan/offer.h"

#include <stdio.h>
#include <string.h>

/* ---- what can be claimed */

static bool all_dense(const sdx_program *cpu, const uint32_t *values, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        if (values[i] != SDX_NONE && !cpu->values[values[i]].dense) return false;
    }
    return true;
}

const char *sdx_step_bound_to_cpu(const sdx_program *cpu, const sdx_step *step) {
    const unsigned flags = step->op->flags;
    if (step->phase == SDX_PHASE_BIND) return "it follows from shapes alone and costs nothing";
    if (flags & SDX_OP_CONTROL) return "it runs graphs, which are offered by themselves";
    if (flags & SDX_OP_RANDOM) return "it draws random numbers, which are the context's";
    if (!all_dense(cpu, step->in, step->n_in) || !all_dense(cpu, step->out, step->n_out))
        return "it has strings, a sequence, a map, an optional, or a type that only the run shows";
    if ((flags & SDX_OP_VALUES) && !(flags & SDX_OP_ALIAS))
        return "it takes sequences, maps or optionals";
    return NULL;
}

/* ---- views */

static sdx_ep_str text_of(sdx_str text) { return (sdx_ep_str){text.ptr, text.len}; }

static sdx_ep_str graph_name(const sdx_ep_graph *graph) {
    return text_of(graph->part->cpu->graph->name);
}

static uint32_t n_nodes(const sdx_ep_graph *graph) { return graph->part->cpu->n_steps; }
static uint32_t n_values(const sdx_ep_graph *graph) { return graph->part->cpu->n_values; }

static bool node(const sdx_ep_graph *graph, uint32_t number, sdx_ep_node *out) {
    const sdx_program *const cpu = graph->part->cpu;
    if (number >= cpu->n_steps || out == NULL) return false;
    const sdx_step *const step = &cpu->steps[number];
    const char *const because = sdx_step_bound_to_cpu(cpu, step);
    const sdx_step_work work = sdx_step_estimate(step);
    const bool taken = graph->claims != NULL && graph->claims->set[number] != SDX_NONE;
    *out = (sdx_ep_node){.name = text_of(step->node->name),
                         .domain = text_of(sdx_str_from(step->op->domain)),
                         .op = text_of(sdx_str_from(step->op->name)),
                         .version = step->op->newest,
                         .revision = step->node->rev,
                         .inputs = step->in,
                         .outputs = step->out,
                         .n_inputs = step->n_in,
                         .n_outputs = step->n_out,
                         .n_attributes = (uint32_t)step->node->n_attrs,
                         .claimable = because == NULL && !taken,
                         .because = because != NULL ? because
                                    : taken         ? "it has been claimed"
                                                    : "",
                         .flops = work.flops,
                         .bytes = work.bytes};
    return true;
}

static sdx_ep_tensor tensor_of(const sdx_view *view) {
    sdx_ep_tensor tensor = {.dtype = (int32_t)view->dtype,
                            .rank = view->rank,
                            .block = view->data,
                            .size = sdx_view_bytes(view),
                            .on_host = true};
    memcpy(tensor.dims, view->dims, view->rank * sizeof *view->dims);
    return tensor;
}

static sdx_ep_tensor declared(const sdx_gvalue *value) {
    const bool tensor = value->type != NULL && value->type->kind == SDX_TENSOR;
    sdx_ep_tensor out = {.dtype = tensor ? (int32_t)value->type->dtype : 0,
                         .rank = value->shape.rank};
    for (int i = 0; i < value->shape.rank; i++) {
        const sdx_dim dim = value->shape.dims[i];
        out.dims[i] = sdx_dim_is_number(dim) ? dim : -1;
    }
    return out;
}

static bool value(const sdx_ep_graph *graph, uint32_t number, sdx_ep_value *out) {
    const sdx_program *const cpu = graph->part->cpu;
    if (number >= cpu->n_values || out == NULL) return false;
    const sdx_pvalue *const pvalue = &cpu->values[number];
    *out = (sdx_ep_value){.name = text_of(pvalue->origin->name),
                          .tensor = pvalue->constant != NULL ? tensor_of(pvalue->constant)
                                                             : declared(pvalue->origin),
                          .is_constant = pvalue->constant != NULL,
                          .is_input = pvalue->place == SDX_PLACE_INPUT,
                          .is_output = pvalue->output != SDX_NONE,
                          .from_shapes = pvalue->shapes_only};
    return true;
}

/* The strings of a list in the form of the interface; none where memory is short. */
static const sdx_ep_str *texts_of(const sdx_ep_graph *graph, const sdx_str *strings, size_t n) {
    sdx_ep_str *out;
    const sdx_status status = SDX_ARENA_NEW(graph->arena, n + 1, &out);
    if (status != NULL) {
        sdx_status_free(status);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        out[i] = text_of(strings[i]);
    }
    return out;
}

static const sdx_ep_graph *inner_graph(const sdx_ep_graph *graph, const sdx_graph *inner) {
    sdx_ep_graph *out;
    sdx_part *const part = sdx_partition_find(graph->part->partition, inner);
    if (part == NULL) return NULL;
    const sdx_status status = SDX_ARENA_NEW(graph->arena, 1, &out);
    if (status != NULL) {
        sdx_status_free(status);
        return NULL;
    }
    *out = (sdx_ep_graph){.part = part, .arena = graph->arena, .heap = graph->heap};
    return out;
}

static void fill_attribute(const sdx_ep_graph *graph, const sdx_attr *attr, sdx_ep_attribute *out) {
    switch (attr->kind) { /* the members of a union, one case each */
    case SDX_ATTR_ABSENT: out->kind = SDX_EP_ABSENT; break;
    case SDX_ATTR_FLOAT: out->kind = SDX_EP_FLOAT, out->f = attr->f; break;
    case SDX_ATTR_INT: out->kind = SDX_EP_INT, out->i = attr->i; break;
    case SDX_ATTR_STRING: out->kind = SDX_EP_STRING, out->s = text_of(attr->s); break;
    case SDX_ATTR_TENSOR:
        if (attr->tensor->dtype == SDX_STRING) break; /* other */
        out->kind = SDX_EP_TENSOR, out->tensor = tensor_of(attr->tensor);
        break;
    case SDX_ATTR_GRAPH:
        out->kind = SDX_EP_GRAPH, out->graph = inner_graph(graph, attr->graph);
        break;
    case SDX_ATTR_FLOATS: out->kind = SDX_EP_FLOATS, out->floats = attr->floats; break;
    case SDX_ATTR_INTS: out->kind = SDX_EP_INTS, out->ints = attr->ints; break;
    case SDX_ATTR_STRINGS:
        out->kind = SDX_EP_STRINGS, out->strings = texts_of(graph, attr->strings, attr->n);
        break;
    case SDX_ATTR_TENSORS:
    case SDX_ATTR_GRAPHS:
    case SDX_ATTR_TYPE:
    case SDX_ATTR_TYPES: break;
    }
}

static bool attribute(const sdx_ep_graph *graph, uint32_t number, uint32_t index,
                      sdx_ep_attribute *out) {
    const sdx_program *const cpu = graph->part->cpu;
    if (number >= cpu->n_steps || out == NULL) return false;
    const sdx_step *const step = &cpu->steps[number];
    if (index >= step->node->n_attrs || index >= step->op->n_attrs) return false;
    const sdx_attr *const attr = &step->node->attrs[index];
    *out = (sdx_ep_attribute){.name = text_of(sdx_str_from(step->op->attrs[index].name)),
                              .kind = SDX_EP_OTHER,
                              .n = attr->n};
    fill_attribute(graph, attr, out);
    return true;
}

static bool attribute_named(const sdx_ep_graph *graph, uint32_t number, const char *name,
                            sdx_ep_attribute *out) {
    const sdx_program *const cpu = graph->part->cpu;
    if (number >= cpu->n_steps || name == NULL) return false;
    const sdx_op *const op = cpu->steps[number].op;
    for (uint32_t i = 0; i < op->n_attrs; i++) {
        if (strcmp(op->attrs[i].name, name) == 0) return attribute(graph, number, i, out);
    }
    return false;
}

/* ---- claims */

static int refuse(sdx_ep_why *why, const char *format, uint32_t number, const char *because) {
    if (why != NULL) snprintf(why->text, sizeof why->text, format, (unsigned)number, because);
    return SDX_EP_FAILED;
}

static int check_nodes(const sdx_ep_graph *graph, const uint32_t *nodes, uint32_t n,
                       sdx_ep_why *why) {
    const sdx_program *const cpu = graph->part->cpu;
    for (uint32_t i = 0; i < n; i++) {
        if (nodes[i] >= cpu->n_steps)
            return refuse(why, "node %u is claimed, %s", nodes[i], "there is no such node");
        const char *const because = sdx_step_bound_to_cpu(cpu, &cpu->steps[nodes[i]]);
        if (because != NULL) return refuse(why, "node %u is claimed, but %s", nodes[i], because);
        if (graph->claims->set[nodes[i]] != SDX_NONE)
            return refuse(why, "node %u is claimed%s", nodes[i], " twice");
    }
    return SDX_EP_OK;
}

static sdx_status grow(sdx_claims *claims, sdx_heap *heap) {
    const uint32_t old = claims->cap_sets, cap = old == 0 ? 16 : old * 2;
    if (claims->n_sets < old) return NULL;
    if (old > UINT32_MAX / 4) return sdx_fail(SDX_LIMIT, "found more than %u claims", old);
    SDX_TRY(sdx_heap_realloc(heap, (void **)&claims->sets, old * sizeof *claims->sets,
                             cap * sizeof *claims->sets));
    claims->cap_sets = cap;
    return NULL;
}

static int claim(const sdx_ep_graph *graph, const uint32_t *nodes, uint32_t n,
                 const sdx_ep_gain *gain, sdx_ep_why *why) {
    sdx_claims *const claims = graph->claims;
    if (claims == NULL) return refuse(why, "%u nodes are claimed %s", n, "outside of claim");
    if (gain == NULL || !(gain->speedup > 0))
        return refuse(why, "%u nodes are claimed %s", n, "for no gain, expected a speedup above 0");
    if (n != 0 && nodes == NULL) return refuse(why, "%u nodes are claimed, %s", n, "found NULL");
    const int code = check_nodes(graph, nodes, n, why);
    if (code != SDX_EP_OK || n == 0) return code;
    const sdx_status status = grow(claims, graph->heap);
    if (status != NULL) {
        sdx_status_free(status);
        return SDX_EP_OUT_OF_MEMORY;
    }
    claims->sets[claims->n_sets] =
        (sdx_claim){.speedup = gain->speedup, .target = graph->target, .always = gain->always};
    for (uint32_t i = 0; i < n; i++) {
        if (claims->set[nodes[i]] != SDX_NONE) /* twice in this very list */
            return refuse(why, "node %u is claimed%s", nodes[i], " twice");
        claims->set[nodes[i]] = claims->n_sets;
    }
    claims->n_sets++;
    return SDX_EP_OK;
}

static void decline(const sdx_ep_graph *graph, uint32_t number, const char *because) {
    sdx_str text;
    if (graph->claims == NULL || number >= graph->part->cpu->n_steps || because == NULL) return;
    const sdx_ep *const ep = graph->part->partition->targets[graph->target].provider->ep;
    const sdx_status status =
        sdx_arena_printf(graph->part->partition->arena, &text, "%s: %.400s", ep->name, because);
    if (status == NULL) graph->part->because[number] = text.ptr;
    sdx_status_free(status); /* a report without a reason, where memory is short */
}

void sdx_offer_functions(sdx_ep_host *host) {
    host->graph_name = graph_name;
    host->n_nodes = n_nodes;
    host->n_values = n_values;
    host->node = node;
    host->value = value;
    host->attribute = attribute;
    host->attribute_named = attribute_named;
    host->claim = claim;
    host->decline = decline;
}
