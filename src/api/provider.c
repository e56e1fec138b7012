/* Providers: loading, which node runs where, tensors on devices. */
#include "sardonyx/provider.h"

#include <string.h>

#include "api/growing.h"
#include "exec/model.h"
#include "exec/residence.h"

sdx_status sdx_runtime_load_provider(sdx_runtime *runtime, const char *path, const char *options,
                                     const char **name) {
    if (runtime == NULL || path == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "provider: found NULL, expected a runtime and the path of a library");
    return sdx_runtime_add_provider(runtime, path, NULL, options, name);
}

sdx_status sdx_runtime_device_memory(sdx_runtime *runtime, const char *device, uint64_t *used,
                                     uint64_t *peak) {
    sdx_target target;
    if (runtime == NULL || device == NULL || used == NULL || peak == NULL)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "device: found NULL, expected a runtime, a name and places for numbers");
    SDX_TRY(sdx_runtime_find_target(runtime, sdx_str_from(device), &target));
    const sdx_ep *const ep = target.provider->ep;
    *used = *peak = 0;
    if (ep->memory != NULL) ep->memory(ep->self, target.device, used, peak);
    sdx_provider_release(target.provider);
    return NULL;
}

/* ---- partition */

static void show_part(const sdx_part *part, sdx_place_fn *fn, void *user) {
    for (uint32_t s = 0; s < part->cpu->n_steps; s++) {
        const sdx_step *const step = &part->cpu->steps[s];
        const sdx_group *const group = part->group[s];
        const char *const because = part->because[s] != NULL ? part->because[s] : "not claimed";
        const sdx_node_place place = {.struct_size = sizeof place,
                                      .graph = part->cpu->graph->name,
                                      .node = step->node->name,
                                      .domain = step->node->domain,
                                      .op = step->node->op_type,
                                      .group = group != NULL ? group->node->name : (sdx_str){0},
                                      .because = sdx_str_from(group != NULL ? "" : because)};
        fn(user, &place);
    }
}

void sdx_model_places_each(const sdx_model *model, sdx_place_fn *fn, void *user) {
    const sdx_partition *const partition = &model->fixed.partition;
    for (const sdx_part *part = partition->parts; part != NULL; part = part->next) {
        show_part(part, fn, user);
    }
}

static void show_edges(const sdx_part *part, size_t first, sdx_edge_fn *fn, void *user) {
    const sdx_program *const cpu = part->cpu;
    for (uint32_t s = 0; s < cpu->n_steps; s++) {
        for (uint32_t i = 0; i < cpu->steps[s].n_in; i++) {
            const uint32_t v = cpu->steps[s].in[i];
            if (v == SDX_NONE || cpu->values[v].place == SDX_PLACE_CONSTANT) continue;
            const uint32_t from = cpu->values[v].step;
            const sdx_group *const maker = from != SDX_NONE ? part->group[from] : NULL;
            const sdx_place_edge edge = {.struct_size = sizeof edge,
                                         .from = from != SDX_NONE ? first + from : SIZE_MAX,
                                         .to = first + s,
                                         .value = cpu->values[v].origin->name,
                                         .bytes = sdx_value_bytes(cpu->values[v].origin),
                                         .crosses = maker != part->group[s]};
            fn(user, &edge);
        }
    }
}

void sdx_model_edges_each(const sdx_model *model, sdx_edge_fn *fn, void *user) {
    const sdx_partition *const partition = &model->fixed.partition;
    size_t first = 0;
    for (const sdx_part *part = partition->parts; part != NULL; part = part->next) {
        show_edges(part, first, fn, user);
        first += part->cpu->n_steps;
    }
}

size_t sdx_model_n_groups(const sdx_model *model) { return model->fixed.partition.n_groups; }

sdx_status sdx_model_group(const sdx_model *model, size_t index, sdx_group_info *out) {
    const sdx_partition *const partition = &model->fixed.partition;
    if (index >= partition->n_groups)
        return sdx_fail(SDX_INVALID_ARGUMENT, "group %zu: expected an index below %u", index,
                        (unsigned)partition->n_groups);
    const sdx_group *const group = partition->groups[index];
    const sdx_target *const target = &partition->targets[group->target];
    const sdx_provider *const provider = target->provider;
    const sdx_group_info own = {.struct_size = sizeof own,
                                .name = group->node->name,
                                .provider = sdx_str_from(provider->ep->name),
                                .device = sdx_str_from(provider->devices[target->device].name),
                                .graph = group->part->cpu->graph->name,
                                .n_nodes = group->n_nodes,
                                .n_inputs = group->n_inputs,
                                .n_outputs = group->n_outputs,
                                .in_bytes = group->estimate.in_bytes,
                                .out_bytes = group->estimate.out_bytes,
                                .cpu_ns = group->estimate.cpu_ns,
                                .device_ns = group->estimate.device_ns,
                                .copy_ns = group->estimate.copy_ns};
    sdx_growing_give(out, &own, sizeof own);
    return NULL;
}

/* ---- devices */

sdx_status sdx_tensor_create_on(sdx_runtime *runtime, const char *device, sdx_dtype dtype,
                                size_t rank, const int64_t *dims, sdx_value **out) {
    sdx_view shape;
    sdx_target target;
    if (runtime == NULL || device == NULL || out == NULL || (rank > 0 && dims == NULL))
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "tensor: found NULL, expected a runtime, a device, dims and a place");
    if (!sdx_dtype_valid((int64_t)dtype) || dtype == SDX_STRING)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "dtype is %d, expected 1 to 26 and no strings, which stay on the host",
                        (int)dtype);
    SDX_TRY(sdx_view_init(&shape, dtype, rank, dims));
    SDX_TRY(sdx_runtime_find_target(runtime, sdx_str_from(device), &target));
    const sdx_status status = sdx_residence_create(target.provider, target.device, &shape, out);
    sdx_provider_release(target.provider);
    return status;
}

const char *sdx_tensor_provider(const sdx_value *tensor) {
    const sdx_residence *const r = sdx_residence_of(tensor);
    return r != NULL ? r->provider->ep->name : NULL;
}

static sdx_status copy_over(const sdx_value *from, sdx_value *to) {
    sdx_value *host;
    SDX_TRY(sdx_value_dense(NULL, &from->view, false, &host));
    sdx_status status = sdx_residence_read(from, &host->view);
    if (status == NULL) status = sdx_residence_write(to, &host->view);
    sdx_value_release(host);
    return status;
}

sdx_status sdx_tensor_copy(const sdx_value *from, sdx_value *to) {
    char a[160], b[160];
    if (from == NULL || to == NULL || from->kind != SDX_TENSOR || to->kind != SDX_TENSOR)
        return sdx_fail(SDX_INVALID_ARGUMENT, "copy: found another kind, expected two tensors");
    if (from->view.dtype != to->view.dtype || !sdx_view_same_shape(&from->view, &to->view) ||
        from->view.dtype == SDX_STRING)
        return sdx_fail(SDX_INVALID_ARGUMENT,
                        "copy: found %s and %s, expected equal types and shapes and no strings",
                        sdx_view_text(&from->view, a, sizeof a),
                        sdx_view_text(&to->view, b, sizeof b));
    const bool from_device = sdx_residence_of(from) != NULL;
    const bool to_device = sdx_residence_of(to) != NULL;
    if (from_device && to_device) return copy_over(from, to);
    if (from_device) return sdx_residence_read(from, &to->view);
    if (to_device) return sdx_residence_write(to, &from->view);
    if (from->view.len != 0) memmove(to->view.data, from->view.data, sdx_view_bytes(&from->view));
    return NULL;
}
