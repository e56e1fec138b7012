/* Who computes what: the nodes of each graph, shared out among providers and the CPU.
 *
 * Providers look at a graph (offer.h) and claim sets of nodes. A set is cut into groups that can
 * each run as one step: no way leads out of a group and back into it, and groups do not wait for
 * each other in a circle. A group whose copies would cost more than it gains goes back to the CPU,
 * and so does one that its provider does not compile. Nodes whose results follow from shapes alone
 * are computed when shapes are bound, on the CPU; one that stands between nodes of a group stands
 * in the group for that, and its result is an input of the group that is on the host.
 *
 * Made while loading, immutable afterwards; lives in the model's arena. */
#ifndef SDX_PLAN_PARTITION_H
#define SDX_PLAN_PARTITION_H

#include "ep/provider.h"
#include "plan/program.h"

/* A device that groups may be for; borrowed. */
typedef struct sdx_target {
    sdx_provider *provider;
    uint32_t device;
} sdx_target;

typedef struct sdx_part sdx_part;

/* What a group is thought to cost, in nanoseconds and bytes, unknown dims counting as 1. */
typedef struct sdx_estimate {
    double cpu_ns, device_ns, copy_ns;
    double in_bytes, out_bytes;
} sdx_estimate;

struct sdx_group {
    sdx_part *part;
    uint32_t target, index; /* index: among all groups of the model */
    /* numbers of part->cpu, ascending */
    uint32_t *steps, n_steps;   /* all */
    uint32_t *nodes, n_nodes;   /* those that the provider computes */
    uint32_t *inputs, n_inputs; /* values, as the provider counts them */
    uint32_t *outputs, n_outputs;
    uint32_t *exports, n_exports; /* results of the other steps that are read outside */
    sdx_estimate estimate;
    void *compiled; /* the provider's; released with the partition */
    sdx_node *node; /* stands for all of them in errors and profiles */
    /* set by sdx_program_build: */
    sdx_program *inner; /* its steps as a program of its own: it finds shapes, and it computes what
                           the provider declines. Outputs: outputs, then exports */
    uint32_t *inner_inputs; /* n_inputs: values of `inner` */
};

/* What runs in the order of execution: a step of the CPU's program, or a group. */
typedef struct sdx_turn {
    uint32_t step; /* SDX_NONE: a group */
    sdx_group *group;
} sdx_turn;

/* A graph, shared out. */
struct sdx_part {
    sdx_part *next;
    struct sdx_partition *partition;
    const sdx_program
        *cpu;             /* as if the CPU computed all; its numbers are those that providers see */
    sdx_group **group;    /* by step; NULL: the CPU */
    const char **because; /* by step: why the CPU; NULL: nobody wanted it */
    sdx_turn *turns;
    uint32_t n_turns;
};

/* Rows of the steps that are no nodes (exec/). */
typedef struct sdx_foreign_ops {
    const sdx_op *group, *copy, *wait;
} sdx_foreign_ops;

typedef struct sdx_partition {
    const sdx_target *targets;
    uint32_t n_targets;
    const sdx_foreign_ops *ops;
    sdx_arena *arena;
    sdx_heap *heap;
    const sdx_logger *logger;
    sdx_part *parts;
    sdx_group **groups; /* arena; those that are left, n_groups of cap_groups */
    uint32_t n_groups, cap_groups;
} sdx_partition;

/* Shares out the graph of `cpu` and all inside, after arena, heap, logger, ops and targets are set.
 * `require`: a node that could run elsewhere and does not is an error that lists them. */
sdx_status sdx_partition_make(sdx_partition *partition, const sdx_program *cpu, bool require)
    SDX_NODISCARD;
void sdx_partition_end(sdx_partition *partition); /* releases what providers compiled */
/* The part of a graph. */
sdx_part *sdx_partition_find(const sdx_partition *partition, const sdx_graph *graph);

/* groups.c: cuts claims into groups. `set` has the number of its claim for each step,
 * SDX_NONE: none. Each step gets the number of a step, the same for all that run as one; those
 * that follow from shapes among them, and alone where they belong to no claim. */
sdx_status sdx_groups_find(const sdx_program *cpu, const uint32_t *set, sdx_heap *heap,
                           uint32_t *cluster) SDX_NODISCARD;

/* order.c: turns in an order in which all that a turn reads has been made. */
sdx_status sdx_part_order(sdx_part *part) SDX_NODISCARD;

/* estimate.c */
/* Nanoseconds of a step on one CPU; floating-point operations and bytes of inputs and outputs. */
typedef struct sdx_step_work {
    double ns, flops, bytes;
} sdx_step_work;
sdx_step_work sdx_step_estimate(const sdx_step *step);
double sdx_value_bytes(const sdx_gvalue *value);

#endif
