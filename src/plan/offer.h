/* A graph as providers see it: the functions of sardonyx/ep.h over the CPU's program, and the
 * claims that they make. One thread, while loading. */
#ifndef SDX_PLAN_OFFER_H
#define SDX_PLAN_OFFER_H

#include "plan/partition.h"

/* A set of nodes that a provider could compute together. */
typedef struct sdx_claim {
    double speedup;
    uint32_t target;
    bool always;
} sdx_claim;

typedef struct sdx_claims {
    sdx_claim *sets; /* owned; n_sets of cap_sets */
    uint32_t n_sets, cap_sets;
    uint32_t *set; /* by step: its set; SDX_NONE: nobody claimed it */
} sdx_claims;

struct sdx_ep_graph {
    sdx_part *part;
    sdx_arena *arena; /* for what is made on the way */
    sdx_heap *heap;
    sdx_claims *claims; /* NULL: it is no time to claim */
    uint32_t target;
};

/* Why a step cannot be claimed; NULL when it can. */
const char *sdx_step_bound_to_cpu(const sdx_program *cpu, const sdx_step *step);

/* Sets the functions of the graph in a table for providers. */
void sdx_offer_functions(sdx_ep_host *host);

#endif
