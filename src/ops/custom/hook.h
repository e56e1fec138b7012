/* One call of a hook of a custom operator: what the library sees, and what stands behind it. */
#ifndef SDX_OPS_CUSTOM_HOOK_H
#define SDX_OPS_CUSTOM_HOOK_H

#include "base/thread.h"
#include "ops/call.h"
#include "ops/custom/custom.h"
#include "ops/infer.h"

enum {
    SDX_CUSTOM_PORTS = 32,   /* of a row, inputs and outputs together */
    SDX_CUSTOM_ATTRS = 64,   /* of a row */
    SDX_CUSTOM_VALUES = 128, /* inputs of a node, and outputs: with variadic ports */
};

/* sdx_op.data of a custom operator. */
typedef struct sdx_custom_row {
    sdx_op_row row;          /* copied; its texts and lists, too */
    const sdx_str **strings; /* by attribute: the default of a list of strings as hooks see it */
    const sdx_logger *logger;
} sdx_custom_row;

typedef enum sdx_stage { SDX_STAGE_INFER, SDX_STAGE_CREATE, SDX_STAGE_RUN } sdx_stage;

typedef struct sdx_hook {
    sdx_op_call face; /* first: the library's pointer is also ours */
    const sdx_custom_row *row;
    const sdx_node *node;
    sdx_stage stage;
    sdx_infer *infer;    /* in INFER */
    const sdx_call *run; /* in RUN */
    sdx_mutex mutex;     /* of `error`: any lane may tell one */
    sdx_status error;    /* the first that was told; owned */
    sdx_op_tensor in[SDX_CUSTOM_VALUES], out[SDX_CUSTOM_VALUES]; /* as far as they are listed */
    const sdx_op_tensor *in_list[SDX_CUSTOM_VALUES], *out_list[SDX_CUSTOM_VALUES];
} sdx_hook;

/* Keeps an error of this hook, unless there is one already; takes it. Returns false. */
bool sdx_hook_note(sdx_hook *hook, sdx_status status);

static inline bool sdx_hook_wanted(const sdx_hook *hook, size_t k) {
    return k < hook->node->n_outputs && hook->node->outputs[k] != NULL;
}

static inline const char *sdx_hook_output_name(const sdx_hook *hook, size_t k) {
    const sdx_port *const port = sdx_op_output_port(hook->node->op, k);
    return port != NULL ? port->name : "?";
}

/* hooks.c: what every custom row has. */
extern const sdx_upgrade_rule sdx_custom_upgrade;
sdx_status sdx_custom_infer(sdx_infer *in) SDX_NODISCARD;
sdx_status sdx_custom_prepare(sdx_prepare *p) SDX_NODISCARD;
void sdx_custom_release(const void *prepared);
sdx_status sdx_custom_run(const sdx_call *c) SDX_NODISCARD;

#endif
