/* Steps of providers in a frame: groups, copies between the host and a device, waits.
 *
 * A context has a site on each device of its model: a stream. A frame has a space there: a block
 * with a plan of its own for the values that are in the device's memory. Work is put into the
 * stream in the order of the steps; the program says where the host has to wait. */
#ifndef SDX_EXEC_FOREIGN_H
#define SDX_EXEC_FOREIGN_H

#include "exec/frame.h"
#include "exec/residence.h"
#include "plan/partition.h"

typedef struct sdx_site {
    const sdx_target *target;
    void *stream; /* owned */
    bool open;
    bool busy; /* something may be in the stream */
} sdx_site;

typedef struct sdx_space {
    sdx_site *site;
    sdx_slab_plan plan;
    void *block; /* owned, on the device; size bytes */
    size_t size;
    size_t workspace; /* the most that a group asks for; it stands behind the plan */
    size_t workspace_offset;
    sdx_residence
        *kept; /* made in this run, each with a reference: the stream may use them still */
} sdx_space;

struct sdx_ep_session {
    struct sdx_foreign *foreign;
};

/* What a step of a provider has in a frame. */
typedef struct sdx_foreign {
    sdx_step_state *state;
    uint64_t mark; /* copies to the host: behind them in the stream */
    bool skipped;  /* copies: not in this run, nobody wants it */
    /* groups: */
    struct sdx_ep_session session;
    sdx_frame *shapes;               /* of the group's program: finds shapes */
    sdx_frame *cpu;                  /* computes what the provider declines; NULL until then */
    sdx_view *captured;              /* by input of the step */
    sdx_ep_tensor *inputs, *outputs; /* as the provider counts them */
    uint32_t *capture; /* by its inputs: the step's input; SDX_NONE: a value of `shapes` */
    void *bound;
    size_t workspace, workspace_offset;
    void *workspace_block;
    bool declined; /* for these shapes */
    size_t size;   /* of this block */
} sdx_foreign;

/* Of a context. */
sdx_status sdx_sites_open(struct sdx_context *context) SDX_NODISCARD;
void sdx_sites_close(struct sdx_context *context);

/* Of a frame: memory and states are there, but for these. */
sdx_status sdx_foreign_build(sdx_frame *frame) SDX_NODISCARD;
void sdx_foreign_destroy(sdx_frame *frame);
void sdx_foreign_trim(sdx_frame *frame);
/* Waits for all streams that the frame uses; afterwards nothing that it made is in use. */
sdx_status sdx_foreign_settle(sdx_frame *frame) SDX_NODISCARD;

/* Binding: a step; blocks, when all offsets are known. */
sdx_status sdx_foreign_bind(sdx_frame *frame, sdx_step_state *state, uint32_t index) SDX_NODISCARD;
void sdx_foreign_bury(sdx_space *space, const sdx_cell *cell); /* gives its place back */
sdx_status sdx_foreign_get_blocks(sdx_frame *frame) SDX_NODISCARD;
void sdx_foreign_reset(sdx_frame *frame); /* before: plans are empty again */
/* Before each run: where values on devices are. */
void sdx_foreign_settle_addresses(sdx_frame *frame);

/* A step whose shapes were not known at binding. */
sdx_status sdx_foreign_late(sdx_frame *frame, sdx_step_state *state) SDX_NODISCARD;
/* A value of this shape, in the cell, on the cell's device. */
sdx_status sdx_foreign_make(sdx_frame *frame, uint32_t value, const sdx_view *shape) SDX_NODISCARD;
/* Shapes of a group's outputs, from what is in the cells of its inputs; `late`: in a run. */
sdx_status sdx_group_infer(sdx_frame *frame, sdx_foreign *foreign, bool late, bool *known)
    SDX_NODISCARD;
/* The provider's bind, for these shapes. */
sdx_status sdx_group_bind(sdx_frame *frame, sdx_foreign *foreign) SDX_NODISCARD;

/* foreign_run.c: rows of the steps, and what a group's provider did not do */
extern const sdx_foreign_ops sdx_exec_foreign_ops;
sdx_status sdx_group_run(sdx_foreign *foreign) SDX_NODISCARD;
/* The CPU computes it, for the reason in `why`, which is taken; an error where that may not be. */
sdx_status sdx_group_decline(sdx_foreign *foreign, sdx_status why) SDX_NODISCARD;
/* What the cell is to its provider, here and now. */
sdx_ep_tensor sdx_cell_tensor(const sdx_frame *frame, uint32_t value);

/* foreign_io.c: inputs and outputs of the main graph that are on devices */
sdx_status sdx_foreign_inputs(sdx_frame *frame) SDX_NODISCARD;
/* Output `i`, whose elements lie at `root`, is made right in the caller's tensor where that can be.
 */
bool sdx_foreign_output(sdx_frame *frame, uint32_t i, uint32_t root, sdx_value *const *outputs);

/* foreign_host.c: what a provider is given */
sdx_ep_host sdx_exec_ep_host(void);

#endif
