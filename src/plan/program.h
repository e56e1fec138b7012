/* A program: a graph as a flat array of steps over numbered values. Built once, immutable, shared
 * by all contexts of a model.
 *
 * Values that are the same elements under another shape (aliases) share a root: the value whose
 * memory it is. Lifetimes are those of roots: from the step that defines it to the last step that
 * reads any of its aliases. A value whose elements follow from shapes alone (rank 0 or 1) is
 * computed when shapes are bound, by steps of phase BIND, and costs nothing in a run.
 *
 * Where providers take part, their groups are steps, and so is each copy between the host and a
 * device, and each wait of the host for such a copy. A value has a number for each memory it is in.
 */
#ifndef SDX_PLAN_PROGRAM_H
#define SDX_PLAN_PROGRAM_H

#include "ops/call.h"
#include "plan/packer.h"

#define SDX_NONE UINT32_MAX /* no value, no step */

typedef enum sdx_place {
    SDX_PLACE_CONSTANT,
    SDX_PLACE_INPUT,
    SDX_PLACE_CAPTURE,
    SDX_PLACE_STEP
} sdx_place;
typedef enum sdx_phase { SDX_PHASE_RUN, SDX_PHASE_BIND } sdx_phase;
typedef enum sdx_step_kind {
    SDX_STEP_NODE,
    SDX_STEP_GROUP, /* of a provider: put into its stream */
    SDX_STEP_COPY,  /* between the host and a device, in the device's stream */
    SDX_STEP_WAIT   /* until a copy to the host is done */
} sdx_step_kind;

typedef struct sdx_group sdx_group; /* plan/partition.h */

/* A value of a program. */
typedef struct sdx_pvalue {
    const sdx_gvalue *origin;
    const sdx_view *constant; /* its elements; NULL unless place is CONSTANT */
    sdx_place place;
    uint32_t root;       /* whose memory it shares; itself if nobody's */
    uint32_t next_alias; /* of the same root; SDX_NONE: the last. The list begins at the root */
    uint32_t step;       /* that defines it; SDX_NONE for the other places */
    uint32_t last;    /* roots: the last step that reads it; n_steps when it is an output. SDX_NONE:
                         nobody reads it */
    uint32_t output;  /* first place among the program's outputs; SDX_NONE: it is none */
    uint32_t claims;  /* roots: the value of the group, itself or an alias, whose place as an
                         output this memory is; SDX_NONE */
    bool dense;       /* a tensor of a type that may lie in planned memory */
    bool shapes_only; /* its elements follow from shapes alone */
    bool on_host;     /* with providers: a step that is no copy reads it, or an alias of it */
    uint8_t space;    /* whose memory: 0 the host's, t + 1 that of target t */
} sdx_pvalue;

/* A node in the order of execution. */
typedef struct sdx_step {
    const sdx_node *node;
    const sdx_op *op;
    const void *prepared;
    const char *how;    /* as prepare told; NULL */
    const bool *packed; /* n_in: inputs whose elements run does not read; it has a pack of them */
    uint32_t *in, *out; /* values; SDX_NONE: absent */
    uint32_t n_in, n_out;
    uint32_t *dies; /* roots that nobody reads after this step; n_dies */
    uint32_t n_dies;
    sdx_phase phase;
    bool alias;                  /* output 0 has the elements of input 0 */
    bool untyped;                /* the type of an input is not known before the run */
    struct sdx_program **graphs; /* by attribute index: the program of a subgraph, or NULL; n_attrs
                                    of the node; NULL without subgraphs */
    sdx_step_kind kind;
    uint32_t target; /* of groups, copies, waits */
    uint32_t await;  /* waits: the copy; SDX_NONE: all that is in the stream */
    sdx_group *group;
} sdx_step;

typedef struct sdx_capture {
    uint32_t value; /* here */
    uint32_t outer; /* in the program around this one */
} sdx_capture;

typedef struct sdx_program {
    const sdx_graph *graph;
    sdx_packer *packer;        /* of its constants */
    struct sdx_program *outer; /* NULL: main */
    sdx_pvalue *values;
    uint32_t n_values;
    sdx_step *steps;
    uint32_t n_steps;
    uint32_t *inputs, *outputs; /* of the graph, in order */
    uint32_t n_inputs, n_outputs;
    sdx_capture *captures;
    uint32_t n_captures;
    uint32_t max_in, max_out; /* of any step */
    uint32_t n_spaces;        /* 1: the host's memory alone */
} sdx_program;

/* The program of a graph and of all graphs inside, in `arena`. `temporary` is for what is gone
 * afterwards. `partition`: who computes what; NULL: the CPU does all. */
struct sdx_partition;
sdx_status sdx_program_build(const sdx_graph *graph, const struct sdx_partition *partition,
                             sdx_packer *packer, sdx_arena *arena, sdx_heap *temporary,
                             sdx_program **out) SDX_NODISCARD;

/* prepare.c: the prepare hooks of all steps, and copies of misaligned constants that run hooks
 * read. */
sdx_status sdx_program_prepare(sdx_program *program, sdx_packer *packer, sdx_arena *arena)
    SDX_NODISCARD;
/* Calls the release hooks of what was prepared, of the graphs inside too; comes before the end of
 * the arena. NULL is allowed. */
void sdx_program_release(sdx_program *program);

#endif
