/* What program.c and foreign.c share while a program is built; nobody else includes it.
 *
 * Values are numbered by the id of the graph's value and by space: 0 is the host's memory, t + 1
 * that of target t. A value that is read in two places has a number in each, and a copy between
 * them is a step. */
#ifndef SDX_PLAN_BUILD_H
#define SDX_PLAN_BUILD_H

#include "plan/partition.h"

typedef struct sdx_builder {
    sdx_program *program;
    sdx_packer *packer;
    sdx_arena *arena;
    sdx_heap *temporary;
    uint32_t *number; /* by space and sdx_gvalue.id, SDX_NONE: not here; n_spaces * n_ids */
    size_t n_ids;
    uint32_t n_spaces;
    uint32_t cap_values, cap_steps;
    struct sdx_builder *outer;
    sdx_capture *captures; /* temporary; n of program->n_captures */
    uint32_t cap_captures;
    const sdx_partition *partition; /* NULL: all on the CPU */
    const sdx_part *part;           /* of this graph; NULL: all on the CPU */
    sdx_group *group;               /* whose steps alone these are; NULL: a whole graph */
    bool *leaves;      /* by id: made by a group, read elsewhere; NULL without groups */
    uint32_t *copied;  /* by id: the step that brings it to the host; SDX_NONE. In
                          `number`'s block, as `awaited` is */
    uint32_t *awaited; /* by target: the last such step that was waited for */
} sdx_builder;

/* program.c */
sdx_status sdx_build_value(sdx_builder *b, const sdx_gvalue *origin, sdx_place place,
                           uint32_t space, uint32_t *out) SDX_NODISCARD;
/* Its number in the host's memory. */
sdx_status sdx_build_find(sdx_builder *b, const sdx_gvalue *value, uint32_t *out) SDX_NODISCARD;
/* A further step, with room for its lists. The pointer holds until the next. */
sdx_status sdx_build_append(sdx_builder *b, const sdx_node *node, sdx_step_kind kind, uint32_t n_in,
                            uint32_t n_out, sdx_step **out) SDX_NODISCARD;
sdx_status sdx_build_capture(sdx_builder *b, const sdx_gvalue *value, uint32_t outer, uint32_t *out)
    SDX_NODISCARD;
/* The program of a group's steps. */
sdx_status sdx_build_inner(sdx_builder *outer, sdx_group *group, sdx_program **out) SDX_NODISCARD;

static inline uint32_t *sdx_build_number(const sdx_builder *b, uint32_t space,
                                         const sdx_gvalue *value) {
    return &b->number[space * b->n_ids + value->id];
}

/* foreign.c */
sdx_status sdx_build_leaves(sdx_builder *b) SDX_NODISCARD; /* fills `leaves` */
/* The number in `space` of a value that a group reads; copies it there when it is not. */
sdx_status sdx_build_bring(sdx_builder *b, const sdx_gvalue *value, uint32_t space, uint32_t *out)
    SDX_NODISCARD;
sdx_status sdx_build_group(sdx_builder *b, sdx_group *group) SDX_NODISCARD;
/* Waits before a step of the CPU for what it reads. */
sdx_status sdx_build_waits(sdx_builder *b, const sdx_step *cpu_step) SDX_NODISCARD;
sdx_status sdx_build_last_waits(sdx_builder *b) SDX_NODISCARD; /* for all that is on its way */
/* Memory of the host that a stream reads is not given back before the stream has been waited for.
 */
void sdx_build_hold(sdx_program *program);

#endif
