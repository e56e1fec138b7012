/* Canonical rewrites: they change a graph into an equal one that is smaller or better, for any
 * target. Each is one file and one line in rules.def. */
#ifndef SDX_OPT_OPT_H
#define SDX_OPT_OPT_H

#include "base/log.h"
#include "graph/graph.h"
#include "kernels/kernels.h"
#include "onnx/settle.h"

typedef struct sdx_opt_options {
    sdx_arena *arena;                /* of the graph */
    sdx_heap *heap;                  /* for what is gone afterwards */
    const sdx_kernel_table *kernels; /* to compute constants with */
    const sdx_op_set *custom;        /* operators beside those of this build; NULL: none */
    const char *disabled; /* names of rules not to use, separated by commas, checked; NULL: none */
    const sdx_logger *logger; /* told how often each rule applied; NULL: silent */
} sdx_opt_options;

/* What a rule works with. */
typedef struct sdx_rewrite {
    sdx_ir *ir;
    sdx_arena *arena;
    sdx_heap *heap;
    sdx_settler *settler;
    const sdx_kernel_table *kernels; /* of the model's policy: folding gives the bits of a run */
    const struct sdx_rule *rule;     /* that is applied */
    size_t n_applied;                /* places that the rule changed so far */
    size_t grown; /* bytes of constants that were made larger than what they come from */
} sdx_rewrite;

/* A rule goes once over a graph (not the graphs inside: the driver brings those) and counts what it
 * changed. */
typedef struct sdx_rule {
    const char *name; /* "fold_constants": reads well behind --disable-rule= */
    const char *help;
    sdx_status (*apply)(sdx_rewrite *r, sdx_graph *graph);
} sdx_rule;

/* Notes that `node` goes: node `into`, else value `value` (both may be NULL) stands for it now. */
sdx_status sdx_rewrite_note(const sdx_rewrite *r, const sdx_node *node, const sdx_node *into,
                            const sdx_gvalue *value) SDX_NODISCARD;

/* Applies n rules in their order, again and again until nothing changes (at most a few rounds). */
sdx_status sdx_opt_apply(sdx_ir *ir, const sdx_opt_options *options, const sdx_rule *const *rules,
                         size_t n) SDX_NODISCARD;
/* The same with the canonical ones. */
sdx_status sdx_opt_run(sdx_ir *ir, const sdx_opt_options *options) SDX_NODISCARD;
const sdx_rule *sdx_opt_rule(size_t index); /* NULL beyond the last */

#endif
