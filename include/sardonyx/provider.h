/* Sardonyx: execution providers, for those who use them (who writes one reads ep.h).
 *
 *   loading     a runtime opens the libraries that its models may name
 *   partition   which node of a model runs where, why, and what that is thought to cost
 *   devices     tensors in the memory of a device, so that runs after each other copy nothing
 *
 * Threads. Each section says for its functions which threads may call them. Growth and errors are
 * as sardonyx.h says. Since 0.1.0. */
#ifndef SARDONYX_PROVIDER_H
#define SARDONYX_PROVIDER_H

#include "sardonyx/sardonyx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- loading ---------------------------------------------------------------------------------
 * Threads: any, also at once. */

/* Opens the provider in the shared library at `path`, which is never searched for, with `options`,
 * text that it understands (NULL: none). `name` (may be NULL) receives the name that models call it
 * by, which lives as long as the runtime. The library's code is trusted as the application's own;
 * it is closed with the last runtime, model and tensor that uses it. Errors: SDX_INVALID_ARGUMENT
 * (the name is taken), SDX_NOT_FOUND, SDX_UNSUPPORTED, SDX_LIMIT, SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_runtime_load_provider(sdx_runtime *runtime, const char *path,
                                             const char *options, const char **name);

/* What the provider behind `device` (a name as sdx_tensor_create_on takes it) has in use there:
 * `used` bytes now and `peak` bytes at most so far; 0 where it does not say. Errors:
 * SDX_INVALID_ARGUMENT, SDX_NOT_FOUND. */
SDX_API sdx_status sdx_runtime_device_memory(sdx_runtime *runtime, const char *device,
                                             uint64_t *used, uint64_t *peak);

/* ---- partition -------------------------------------------------------------------------------
 * Threads: any, also at once. What a function lends lives as long as the model. */

/* Where a node runs. */
typedef struct sdx_node_place {
    size_t struct_size;
    sdx_str graph; /* name of the graph that it is in */
    sdx_str node, domain, op;
    sdx_str group;   /* name of the group it is computed in; empty: the CPU */
    sdx_str because; /* why the CPU; empty in a group */
} sdx_node_place;

/* Is shown a node, which lives as long as the model. */
typedef void sdx_place_fn(void *user, const sdx_node_place *place);

/* Shows each node of the optimised graph to `fn`, in order, those of subgraphs as well. Without
 * providers, and for a model that cannot run, there is nothing to show. */
SDX_API void sdx_model_places_each(const sdx_model *model, sdx_place_fn *fn, void *user);

/* A value on its way from a node to another; nodes are counted as sdx_model_places_each shows them.
 */
typedef struct sdx_place_edge {
    size_t struct_size;
    size_t from, to; /* SIZE_MAX: an input of the graph, or a value of the graph around */
    sdx_str value;
    double bytes; /* unknown dims counting as 1 */
    bool crosses; /* between the CPU and a group, or two groups */
} sdx_place_edge;

/* Is shown a value, which lives as long as the model. */
typedef void sdx_edge_fn(void *user, const sdx_place_edge *edge);

/* Shows each such value to `fn`, constants left out. */
SDX_API void sdx_model_edges_each(const sdx_model *model, sdx_edge_fn *fn, void *user);

/* Nodes that run as one step on a device. Nanoseconds and bytes are of one run, as they are thought
 * to be before any shape is known, unknown dims counting as 1. */
typedef struct sdx_group_info {
    size_t struct_size;
    sdx_str name, provider, device;
    sdx_str graph;
    size_t n_nodes;
    size_t n_inputs, n_outputs; /* over its border; constants not counted */
    double in_bytes, out_bytes; /* that are copied from and to the host */
    double cpu_ns;              /* what the CPU would take */
    double device_ns, copy_ns;
} sdx_group_info;

/* How many groups there are. */
SDX_API size_t sdx_model_n_groups(const sdx_model *model);
/* Fills as much of `out` as its struct_size says. Errors: SDX_INVALID_ARGUMENT. */
SDX_API sdx_status sdx_model_group(const sdx_model *model, size_t index, sdx_group_info *out);

/* ---- devices ---------------------------------------------------------------------------------
 * Such a tensor is given to a run like any other, as an input or to be filled as an output. Where
 * the model's own groups make or read it on the same device it is used in place; else it is copied.
 * Its elements cannot be seen: sdx_tensor_data gives NULL. Threads: any; one at a time for a
 * tensor. */

/* A tensor in the memory of `device`, the name of a provider of `runtime` ("cuda"), with '@' and a
 * number for another than its first device ("cuda@1"). Its elements are undefined. `dims` has
 * `rank` sizes; `out` receives a value to own. Errors: SDX_INVALID_ARGUMENT, SDX_NOT_FOUND,
 * SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_tensor_create_on(sdx_runtime *runtime, const char *device, sdx_dtype dtype,
                                        size_t rank, const int64_t *dims, sdx_value **out);
/* Name of the provider whose memory it is in; NULL: the host's. Lives as long as the tensor. */
SDX_API const char *sdx_tensor_provider(const sdx_value *tensor);
/* The elements of `from` to `to`, of equal type and shape, each on the host or on a device; it is
 * done when this returns. Errors: SDX_INVALID_ARGUMENT, SDX_OUT_OF_MEMORY, SDX_INTERNAL (the device
 * failed). */
SDX_API sdx_status sdx_tensor_copy(const sdx_value *from, sdx_value *to);

#ifdef __cplusplus
}
#endif
#endif
