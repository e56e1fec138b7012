/* A frame: a program with memory. One thread at a time (loops inside a step may be shared by a
 * gang).
 *
 * Each value of the program has a cell, each step a state. Planned values lie in the slab at
 * offsets found when shapes were bound; values whose shape is only found during the run are counted
 * values from the context's store, dropped after their last reader. */
#ifndef SDX_EXEC_FRAME_H
#define SDX_EXEC_FRAME_H

#include "ops/adapt.h"
#include "ops/infer.h"
#include "plan/program.h"
#include "plan/slab.h"

typedef struct sdx_frame sdx_frame;

typedef enum sdx_home {
    SDX_HOME_NONE,   /* no memory of its own: constant, input, capture, alias, or not there yet */
    SDX_HOME_SLAB,   /* offset in the slab */
    SDX_HOME_MOVED,  /* was in the slab; an output of its last reader has taken the place over */
    SDX_HOME_OUTPUT, /* an output's buffer, set for each run */
    SDX_HOME_BOUND,  /* a block of its own, filled at binding: content that follows from shapes */
    SDX_HOME_DYNAMIC /* held by `owner` */
} sdx_home;

typedef struct sdx_cell {
    sdx_view view; /* a tensor: type, shape, place */
    sdx_value
        *owner; /* retained: holds the elements, or is the sequence, map or optional; else NULL */
    size_t offset; /* HOME_SLAB: in the slab */
    size_t size;   /* HOME_SLAB: bytes taken there */
    void *block;   /* HOME_BOUND: owned; capacity bytes */
    size_t capacity;
    sdx_home home;
    bool known;         /* its shape is bound */
    bool ready;         /* its elements can be read at binding */
    void *device_block; /* of a value on a device: where it is now; its view has no data */
    size_t device_offset;
} sdx_cell;

/* The form of a tensor that its operator asked for (ops/adapt.h). */
typedef struct sdx_given {
    sdx_view view;
    size_t offset;  /* in the step's scratch */
    sdx_pack *pack; /* of a constant: adapted once for the model */
    bool used;
} sdx_given;

typedef struct sdx_step_state {
    sdx_call call; /* what run is given; its arrays are `in` and `out` */
    sdx_frame *frame;
    const sdx_step *step;
    const sdx_view **in;
    sdx_view **out;
    sdx_given *given;            /* n_in + n_out, owned; NULL until an adapted form is needed */
    void *bound;                 /* of the operator; op->bound_size bytes */
    size_t scratch;              /* bytes: what bind asked for, then adapted forms */
    struct sdx_foreign *foreign; /* of groups, copies and waits (exec/foreign.h); owned */
    sdx_frame **children;        /* by attribute: frames of subgraphs, made when first run; owned */
    const char *how;             /* as bind told; NULL */
    bool is_bound;               /* shapes were known at binding */
} sdx_step_state;

/* A block that lives until the step ends. */
typedef struct sdx_temporary {
    struct sdx_temporary *next;
    sdx_value *value; /* released then; or NULL */
    size_t size;      /* of this block, header included */
} sdx_temporary;

struct sdx_frame {
    struct sdx_context *context;
    const sdx_program *program;
    sdx_frame *outer; /* of the graph around, for captures; NULL: main */
    sdx_heap *heap;
    sdx_cell *cells;
    sdx_step_state *states;
    void *tables; /* one block for all pointer arrays of the states, and the workspace; tables_size
                     bytes */
    size_t tables_size;
    sdx_fact *facts_in, *facts_out; /* workspace of inference: max_in, max_out */
    bool *present;
    const sdx_type **types; /* workspace of type checks: max_in + max_out */
    sdx_dim *dims;
    const sdx_view **bind_in; /* workspace of bind hooks */
    const sdx_view **bind_out;
    sdx_slab_plan plan;
    char *slab; /* owned; slab_size bytes */
    size_t slab_size, slab_need;
    size_t scratch_offset; /* where scratch begins */
    sdx_value **made;      /* by output: made for this run; owned until handed out */
    bool *present_out;     /* by output: workspace */
    sdx_temporary *temporaries;
    size_t n_owned;                   /* cells with an owner */
    struct sdx_space *spaces;         /* by target; NULL: all is on the host */
    const sdx_view *captured;         /* by capture: what stands for it; NULL: the outer cell */
    bool shapes_only;                 /* only to be bound, for shapes: no memory, no bind hooks */
    struct sdx_step_profile *profile; /* by step: of the context's profiler; NULL: not counted */
    bool valid;                       /* the binding fits the shapes in the input cells */
};

sdx_status sdx_frame_create(struct sdx_context *context, const sdx_program *program,
                            sdx_frame *outer, sdx_frame **out) SDX_NODISCARD;
void sdx_frame_destroy(sdx_frame *frame);
/* Calls visit for each frame of a subgraph that has run. */
void sdx_frame_each_child(const sdx_frame *frame, void (*visit)(sdx_frame *child, void *arg),
                          void *arg);
void sdx_frame_trim(sdx_frame *frame); /* gives the slab back, of inner frames too */

/* Runs the program. `inputs` has one place for each graph input (NULL: its constant or fallback);
 * `outputs` as in sdx_context_run; wanted NULL: all. */
sdx_status sdx_frame_run(sdx_frame *frame, sdx_value *const *inputs, sdx_value **outputs,
                         const bool *wanted) SDX_NODISCARD;
/* The binding alone. */
sdx_status sdx_frame_bind_inputs(sdx_frame *frame, sdx_value *const *inputs) SDX_NODISCARD;

/* Bytes of a frame and of the frames inside it. */
typedef struct sdx_frame_bytes {
    size_t slab;    /* planned + scratch + room */
    size_t planned; /* where values have a place */
    size_t scratch; /* of the step that needs most */
    size_t bound;   /* the most bytes of planned values alive at once */
    size_t state;   /* the frame itself, cells, states */
    size_t shapes;  /* values that follow from shapes */
} sdx_frame_bytes;

void sdx_frame_memory(const sdx_frame *frame, sdx_frame_bytes *out);

/* bind.c */
/* Where there is nothing: an address all the same, so that operators can add 0 to it. */
void *sdx_nowhere(void);
sdx_status sdx_frame_bind(sdx_frame *frame) SDX_NODISCARD;
/* Facts of a step's inputs and outputs, through its infer hook into the frame's workspace; *known
 * is false when a wanted output is not. */
sdx_status sdx_step_infer(sdx_frame *frame, sdx_step_state *state, bool *known) SDX_NODISCARD;
/* What run will see: adapted forms, bound data, scratch size. The cells of inputs and outputs have
 * their shapes. */
sdx_status sdx_step_bind(sdx_frame *frame, sdx_step_state *state) SDX_NODISCARD;
/* Every alias of a root follows it to where its elements are now. */
void sdx_frame_follow(sdx_frame *frame, uint32_t root);

sdx_status sdx_frame_place(sdx_frame *frame, const sdx_step *step, uint32_t index) SDX_NODISCARD;
/* Memory of its own for a value that follows from shapes. */
sdx_status sdx_cell_own_block(sdx_frame *frame, sdx_cell *cell) SDX_NODISCARD;

/* types.c */
/* Whether a value is of the type that the graph says (NULL: any). */
sdx_status sdx_value_fits(const sdx_value *value, const sdx_type *type) SDX_NODISCARD;
/* Checks the types of a step's inputs against its operator, where the loader did not know them. */
sdx_status sdx_step_check_types(sdx_frame *frame, const sdx_step *step) SDX_NODISCARD;

/* run.c */
sdx_status sdx_step_run(sdx_step_state *state) SDX_NODISCARD; /* adapts, runs, adapts back */
void sdx_cell_drop(sdx_frame *frame, sdx_cell *cell);
void sdx_cell_hold(sdx_frame *frame, sdx_cell *cell, sdx_value *value); /* takes the reference */
void sdx_frame_drop_temporaries(sdx_frame *frame);
sdx_status sdx_frame_temporary(sdx_frame *frame, size_t size, sdx_value *value, void **out)
    SDX_NODISCARD; /* takes value, on failure too */

/* late.c */
sdx_status sdx_step_late(sdx_frame *frame, sdx_step_state *state) SDX_NODISCARD;

/* outputs.c */
sdx_status sdx_frame_place_outputs(sdx_frame *frame, sdx_value **outputs, const bool *wanted)
    SDX_NODISCARD;
sdx_status sdx_frame_take_outputs(sdx_frame *frame, sdx_value **outputs, const bool *wanted)
    SDX_NODISCARD;
void sdx_frame_drop_outputs(sdx_frame *frame);

/* host.c */
extern const sdx_host sdx_exec_host;

#endif
